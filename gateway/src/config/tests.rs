use super::Config;

const SHIPPED: &str = include_str!("../../../config/ramal.toml");

fn fault(text: &str) -> String {
    Config::parse("ramal.toml", text).unwrap_err().to_string()
}

#[test]
fn shipped_file_says_what_the_program_does() {
    assert_eq!(Config::parse("ramal.toml", SHIPPED).unwrap(), Config::default());
}

#[test]
fn every_key_stands_in_the_shipped_file() {
    let defaults = toml::Table::try_from(Config::default()).unwrap();
    let shipped: toml::Table = SHIPPED.parse().unwrap();
    assert_eq!(keys("", &defaults), keys("", &shipped));
    for optional in ["url", "public_address", "certificate", "key", "trusted", "folder"] {
        assert!(SHIPPED.contains(&format!("\n# {optional} = ")), "{optional} is not shown");
    }
}

fn keys(prefix: &str, table: &toml::Table) -> std::collections::BTreeSet<String> {
    let mut all = std::collections::BTreeSet::new();
    for (key, value) in table {
        let name = format!("{prefix}.{key}");
        match value {
            toml::Value::Table(inner) => all.extend(keys(&name, inner)),
            _ => {
                all.insert(name);
            }
        }
    }
    all
}

#[test]
fn defaults_listen_on_loopback_only() {
    let config = Config::default();
    assert!(config.sip.listen.iter().all(|listen| listen.address.ip().is_loopback()));
    assert!(config.http.listen.ip().is_loopback() && config.media.address.is_loopback());
    assert!(config.media.webrtc.listen.iter().all(|listen| listen.address.is_loopback()));
}

#[test]
fn unknown_key_is_refused_with_its_line_and_the_nearest_known_one() {
    let text = fault("[media]\nport_min = 20000\nprot_max = 30001\n");
    assert!(text.starts_with("ramal.toml:3:1:") && text.contains("did you mean `port_max`?"), "{text}");
    assert!(fault("[sipp]\n").contains("did you mean `sip`?"));
}

#[test]
fn wrong_word_is_refused_with_the_words_that_are_right() {
    let text = fault("\n[sip]\nlisten = [{ transport = \"upd\", address = \"127.0.0.1:5060\" }]\n");
    assert!(text.starts_with("ramal.toml:3:") && text.contains("did you mean `udp`?"), "{text}");
}

#[test]
fn wrong_kind_of_value_is_refused_with_its_line() {
    assert!(fault("[media]\nworkers = \"two\"\n").starts_with("ramal.toml:2:"));
    assert!(fault("[http]\nlisten = \"8080\"\n").starts_with("ramal.toml:2:"));
    assert!(fault("[media\n").starts_with("ramal.toml:1:"));
}

#[test]
fn value_that_cannot_be_right_is_refused_with_what_would_be() {
    let text = fault("[media]\n\nport_min = 20001\n");
    assert!(text.starts_with("ramal.toml:3:1:") && text.contains("even"), "{text}");
    let text = fault("[sip.timers]\nt1_ms = 1\n");
    assert!(text.starts_with("ramal.toml:2:1:") && text.contains("between 20 and 5000"), "{text}");
    let text = fault("[media]\naddress = \"0.0.0.0\"\n");
    assert!(text.starts_with("ramal.toml:2:1:") && text.contains("public_address"), "{text}");
    assert!(fault("[database]\nurl = \"mysql://x\"\n").contains("postgres://"));
    assert!(fault("[sip.tls]\nkey = \"k.pem\"\n").contains("certificate"));
    assert!(fault("[sip]\nlisten = []\n").starts_with("ramal.toml:2:"));
    assert!(fault("[sip]\nwebsocket_origins = [\"agents.test\"]\n").contains("https://HOST"));
    assert!(fault("[media.webrtc]\nlisten = [{ address = \"::\" }]\n").contains("public_address"));
    assert!(fault("[media.webrtc]\nfirst_port = 25000\n").contains("20000 to 29999"));
    assert!(fault("[media.webrtc]\nfirst_port = 65500\n").contains("256 ports"));
}

#[test]
fn a_value_that_does_not_fit_is_told_what_would() {
    let negative = fault("[sip.limits]\ncalls = -1\n");
    assert!(
        negative.contains("ramal.toml:2:") && negative.contains("a whole number from 0 to 4294967295"),
        "{negative}"
    );
    let text = fault("[sip.limits]\ncalls = \"many\"\n");
    assert!(text.contains("a whole number from 0"), "{text}");
    let portless = fault("[http]\nlisten = \"127.0.0.1\"\n");
    assert!(portless.contains("ramal.toml:2:") && portless.contains("`127.0.0.1:5060`"), "{portless}");
    let named = fault("[media]\naddress = \"localhost\"\n");
    assert!(named.contains("is no IP address; right would be"), "{named}");
}
