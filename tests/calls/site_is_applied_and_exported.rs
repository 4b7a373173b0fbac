//! What an administrator owns as a file: applied, compared, written back; no secret comes out.

use ramal_tests::{Node, Site};

#[tokio::test]
async fn applying_twice_changes_nothing_and_an_export_applies_again() {
    let node = Node::start(Site::acme()).await;
    let file = node.folder().join("exported.toml");
    let exported = node.run(&["export"]).await;
    assert!(!exported.contains(&ramal_tests::site::password("100")));
    std::fs::write(&file, &exported).unwrap();
    let difference = node.run(&["apply", &file.to_string_lossy(), "--dry-run"]).await;
    let changes = difference.lines().filter(|l| l.trim_start().starts_with(['+', '-', '~']));
    assert_eq!(changes.count(), 0, "{difference}");
}

#[tokio::test]
async fn a_dry_run_prints_the_difference_and_changes_nothing() {
    let node = Node::start(Site::acme()).await;
    let file = node.folder().join("more.toml");
    std::fs::write(&file, Site::acme().extension("199", "").toml()).unwrap();
    let difference = node.run(&["apply", &file.to_string_lossy(), "--dry-run"]).await;
    assert!(difference.lines().any(|l| l.trim_start().starts_with('+') && l.contains("199")), "{difference}");
    assert!(!node.run(&["export"]).await.contains("199"));
}

#[tokio::test]
async fn a_new_extension_registers_without_a_restart() {
    let node = Node::start(Site::acme()).await;
    node.apply(&Site::acme().extension("199", "")).await;
    let phone = node.unregistered("199").await;
    ramal_tests::deadline::until_async("the new extension", async || {
        (phone.register_for(3600).await.status() == Some(200)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_wrong_key_is_refused_with_file_and_line() {
    let node = Node::start(Site::acme()).await;
    let file = node.folder().join("wrong.toml");
    std::fs::write(&file, Site::acme().toml().replace("sip_domain", "sip_domian")).unwrap();
    let (good, _, fault) = node.try_run(&["apply", &file.to_string_lossy()]).await;
    assert!(!good);
    assert!(fault.contains("wrong.toml") && fault.contains("sip_domain"), "{fault}");
}

/// As after a mishap: the database is empty, and the export is all there is.
#[tokio::test]
async fn an_export_with_secrets_makes_the_same_in_an_empty_database() {
    let site = Site::acme().rule("dial = \"*71\"\nconference = \"closed\"\npin = \"471199\"");
    let digest = "digest_in = { username = \"pbx\", password = \"a password of tests\" }\n\
        credentials_out = { username = \"us\", password = \"another of tests\", realm = \"pbx.test\" }";
    let node = Node::start(site.trunk("pbx", "127.0.0.9:5060".parse().unwrap(), digest)).await;
    let plain = node.run(&["export"]).await;
    let exported = node.run(&["export", "--secrets"]).await;
    for secret in [ramal_tests::site::password("100").as_str(), "a password of tests", "another of tests"] {
        assert!(!exported.contains(secret) && !plain.contains(secret));
    }
    assert!(exported.contains("ha1 = { of = \"100@acme.test\"") && !plain.contains("ha1"), "{exported}");
    assert!(exported.contains("471199") && !plain.contains("471199"));
    let other = Node::start_empty().await;
    // What a node makes at its first start goes, by name.
    other.apply_text(&format!("delete_organizations = [\"ramal\"]\n{exported}")).await;
    assert_eq!(other.run(&["export", "--secrets"]).await, exported);
    let phone = other.unregistered("100").await;
    ramal_tests::deadline::until_async("the restored extension", async || {
        (phone.register_for(3600).await.status() == Some(200)).then_some(())
    })
    .await;
    // Hashes hold for one number and one domain, and say so.
    let file = other.folder().join("moved.toml");
    std::fs::write(&file, exported.replace("number = \"100\"", "number = \"109\"")).unwrap();
    let (good, _, fault) = other.try_run(&["apply", &file.to_string_lossy()]).await;
    assert!(!good && fault.contains("`100@acme.test`") && fault.contains("`109@acme.test`"), "{fault}");
}

#[tokio::test]
async fn a_rule_that_no_call_would_reach_is_refused_with_its_line() {
    let node = Node::start(Site::acme()).await;
    let file = node.folder().join("twice.toml");
    let echo = |dial: &str| format!("dial = \"{dial}\"\nservice = \"echo\"");
    for (dial, told) in [("*44", "stands in rule 2 already"), ("102", "is an extension")] {
        let text = Site::acme().rule(&echo(dial)).toml();
        let line = text
            .lines()
            .collect::<Vec<_>>()
            .iter()
            .rposition(|line| line.contains(&format!("\"{dial}\"")))
            .unwrap();
        std::fs::write(&file, &text).unwrap();
        let (good, _, fault) = node.try_run(&["apply", &file.to_string_lossy()]).await;
        assert!(!good && fault.contains(told), "{fault}");
        assert!(fault.contains(&format!("twice.toml:{}:", line + 1)), "line {} in {fault}", line + 1);
    }
}
