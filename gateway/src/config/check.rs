//! What the types cannot say about a configuration.

use ramal_media::io::MAX_BROWSER_ADDRESSES;

use crate::config::fault::{Wrong, wrong};
use crate::config::{BrowserListen, Config};
use crate::model::Transport;

/// Fewest RTP ports that make sense: two legs, RTP and RTCP each.
const MIN_PORTS: u16 = 4;
/// Longest a Worker may gather: more is heard as delay, in microseconds.
const MAX_GATHER_US: u32 = 5_000;

/// Most media threads.
const MAX_WORKERS: u32 = 256;

/// Finds the first value that cannot be right.
pub fn check(config: &Config) -> Result<(), Wrong> {
    node(config)?;
    sip(config)?;
    limits(config)?;
    timers(config)?;
    media(config)?;
    web(config)?;
    recording(config)?;
    desk(config)
}

fn recording(config: &Config) -> Result<(), Wrong> {
    if !(1..=600).contains(&config.speech.timeout_s) {
        return Err(wrong(&["speech", "timeout_s"], "must be 1 to 600 seconds"));
    }
    if config.speech.command.as_ref().is_some_and(|words| words.first().is_none_or(String::is_empty)) {
        return Err(wrong(
            &["speech", "command"],
            "must begin with a program, as `[\"espeak-ng\", \"--stdout\"]`",
        ));
    }
    let Some(s3) = &config.recording.s3 else { return Ok(()) };
    let host = s3.endpoint.strip_prefix("https://").or_else(|| s3.endpoint.strip_prefix("http://"));
    if !host.is_some_and(|host| !host.is_empty() && !host.contains('/')) {
        return Err(wrong(
            &["recording", "s3", "endpoint"],
            "is no origin; right would be `https://s3.example.com`, without a path",
        ));
    }
    for (key, value) in
        [("bucket", &s3.bucket), ("access_key", &s3.access_key), ("secret_key", &s3.secret_key)]
    {
        if value.is_empty() {
            return Err(wrong(&["recording", "s3", key], "must not be empty"));
        }
    }
    Ok(())
}

fn desk(config: &Config) -> Result<(), Wrong> {
    if !(1..=3_600).contains(&config.desk.agent_grace_s) {
        return Err(wrong(&["desk", "agent_grace_s"], "must be 1 to 3600 seconds"));
    }
    if !(1..=3_600).contains(&config.desk.visitor_grace_s) {
        return Err(wrong(&["desk", "visitor_grace_s"], "must be 1 to 3600 seconds"));
    }
    Ok(())
}

fn web(config: &Config) -> Result<(), Wrong> {
    let web = &config.web;
    if !(1..=168).contains(&web.token_h) {
        return Err(wrong(&["web", "token_h"], "must be 1 to 168 hours"));
    }
    if !(1..=600).contains(&web.seat_grace_s) {
        return Err(wrong(&["web", "seat_grace_s"], "must be 1 to 600 seconds"));
    }
    if web.connections == 0 || web.connections_per_source == 0 {
        return Err(wrong(&["web", "connections"], "must be at least 1, and connections_per_source too"));
    }
    let origin = |text: &String| {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        host.is_some_and(|host| !host.is_empty() && !host.contains('/'))
    };
    if !web.public_url.as_ref().is_none_or(origin) {
        return Err(wrong(
            &["web", "public_url"],
            "is no origin; right would be `https://desk.example.com`, without a path",
        ));
    }
    if let Some(odd) = web.allowed_origins.iter().find(|text| !origin(text)) {
        return Err(wrong(
            &["web", "allowed_origins"],
            format!(
                "has `{odd}`, which is no origin; right would be `https://www.example.com`, without a path"
            ),
        ));
    }
    Ok(())
}

fn node(config: &Config) -> Result<(), Wrong> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if config.node.name.is_empty() || config.node.name.len() > 64 || !config.node.name.bytes().all(plain) {
        return Err(wrong(&["node", "name"], "is not a name of 1 to 64 letters, digits, `-`, `_` or `.`"));
    }
    let known = |url: &String| {
        ["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme))
    };
    if !config.database.url.as_ref().is_none_or(known) {
        return Err(wrong(&["database", "url"], "must start with `sqlite:` or `postgres://`"));
    }
    if config.log.filter.parse::<tracing_subscriber::EnvFilter>().is_err() {
        return Err(wrong(
            &["log", "filter"],
            "is no filter; right would be `info` or `info,ramal::call=debug`",
        ));
    }
    Ok(())
}

fn sip(config: &Config) -> Result<(), Wrong> {
    let sip = &config.sip;
    if sip.listen.is_empty() {
        return Err(wrong(
            &["sip", "listen"],
            "is empty; give at least one `{ transport = \"udp\", address = \"127.0.0.1:5060\" }`",
        ));
    }
    for (index, listen) in sip.listen.iter().enumerate() {
        let twice = |other: &crate::config::Listen| {
            other.address == listen.address
                && listen.address.port() != 0
                && (other.transport == Transport::Udp) == (listen.transport == Transport::Udp)
        };
        if sip.listen.iter().take(index).any(twice) {
            return Err(wrong(
                &["sip", "listen"],
                format!("names {} twice for the same kind of socket", listen.address),
            ));
        }
    }
    if sip.public_address.is_some_and(|address| address.is_unspecified()) {
        return Err(wrong(
            &["sip", "public_address"],
            "must be one address that peers can reach, not all of them",
        ));
    }
    if let Some(origin) = sip.websocket_origins.iter().find(|origin| !is_origin(origin)) {
        return Err(wrong(
            &["sip", "websocket_origins"],
            format!("has `{origin}`; right would be `https://HOST` or `https://HOST:PORT`, without a path"),
        ));
    }
    if sip.digest.is_empty() {
        return Err(wrong(&["sip", "digest"], "must name at least one of md5 and sha-256"));
    }
    if sip.user_agent.is_empty() || sip.user_agent.chars().any(char::is_control) {
        return Err(wrong(&["sip", "user_agent"], "must be one line of text"));
    }
    match (&sip.tls.certificate, &sip.tls.key) {
        (Some(_), None) => Err(wrong(&["sip", "tls", "certificate"], "needs `key` beside it")),
        (None, Some(_)) => Err(wrong(&["sip", "tls", "key"], "needs `certificate` beside it")),
        (Some(_), Some(_)) | (None, None) => Ok(()),
    }
}

/// Scheme, host and port, as browsers write them (RFC 6454 §6.1).
fn is_origin(text: &str) -> bool {
    let host = ["https://", "http://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    host.is_some_and(|host| !host.is_empty() && host.bytes().all(plain))
}

fn limits(config: &Config) -> Result<(), Wrong> {
    let limits = &config.sip.limits;
    let positive = [
        ("calls", limits.calls),
        ("transactions", limits.transactions),
        ("invites_per_source_per_s", limits.invites_per_source_per_s),
        ("connections", limits.connections),
        ("connections_per_source", limits.connections_per_source),
        ("min_expires_s", limits.min_expires_s),
    ];
    if let Some((key, _)) = positive.iter().find(|(_, value)| *value == 0) {
        return Err(wrong(&["sip", "limits", key], "must be at least 1; nothing could happen otherwise"));
    }
    if !(1_024..=1_048_576).contains(&limits.head_bytes) {
        return Err(wrong(&["sip", "limits", "head_bytes"], "must be between 1024 and 1048576 bytes"));
    }
    if !(1_024..=1_048_576).contains(&limits.body_bytes) {
        return Err(wrong(&["sip", "limits", "body_bytes"], "must be between 1024 and 1048576 bytes"));
    }
    if limits.max_expires_s < limits.min_expires_s {
        return Err(wrong(
            &["sip", "limits", "max_expires_s"],
            format!("must be at least min_expires_s, which is {}", limits.min_expires_s),
        ));
    }
    Ok(())
}

fn timers(config: &Config) -> Result<(), Wrong> {
    let timers = &config.sip.timers;
    if !(20..=5_000).contains(&timers.t1_ms) {
        return Err(wrong(
            &["sip", "timers", "t1_ms"],
            "must be between 20 and 5000 ms; 500 is what RFC 3261 recommends",
        ));
    }
    if timers.t2_ms < timers.t1_ms {
        return Err(wrong(
            &["sip", "timers", "t2_ms"],
            format!("must be at least t1_ms, which is {}", timers.t1_ms),
        ));
    }
    let positive = [
        ("t4_ms", timers.t4_ms),
        ("nonce_s", timers.nonce_s),
        ("connection_idle_s", timers.connection_idle_s),
        ("message_s", timers.message_s),
        ("max_call_s", timers.max_call_s),
    ];
    match positive.iter().find(|(_, value)| *value == 0) {
        Some((key, _)) => Err(wrong(&["sip", "timers", key], "must be at least 1")),
        None => Ok(()),
    }
}

fn media(config: &Config) -> Result<(), Wrong> {
    let media = &config.media;
    if media.port_min < 1_024 || !media.port_min.is_multiple_of(2) {
        return Err(wrong(
            &["media", "port_min"],
            "must be even and at least 1024: RTP takes even ports (RFC 3550 §11)",
        ));
    }
    if media.port_max < media.port_min.saturating_add(MIN_PORTS - 1) {
        let least = u32::from(media.port_min) + u32::from(MIN_PORTS) - 1;
        return Err(wrong(
            &["media", "port_max"],
            format!("must be at least {least}, four ports from port_min on"),
        ));
    }
    if media.public_address.is_some_and(|address| address.is_unspecified()) {
        return Err(wrong(
            &["media", "public_address"],
            "must be one address that peers can reach, not all of them",
        ));
    }
    if media.address.is_unspecified() && media.public_address.is_none() {
        return Err(wrong(
            &["media", "address"],
            "is every address; SDP needs one: name it here, or in public_address",
        ));
    }
    if media.workers > MAX_WORKERS {
        return Err(wrong(
            &["media", "workers"],
            format!("must be at most {MAX_WORKERS}; 0 means one a processor"),
        ));
    }
    if media.gather_us > MAX_GATHER_US {
        return Err(wrong(
            &["media", "gather_us"],
            format!("must be at most {MAX_GATHER_US} µs: more is heard as delay"),
        ));
    }
    webrtc(config)
}

fn webrtc(config: &Config) -> Result<(), Wrong> {
    let (media, webrtc) = (&config.media, &config.media.webrtc);
    if webrtc.listen.len() > MAX_BROWSER_ADDRESSES {
        return Err(wrong(
            &["media", "webrtc", "listen"],
            format!("has more than {MAX_BROWSER_ADDRESSES} addresses"),
        ));
    }
    let nameless = |at: &&BrowserListen| at.public_address.unwrap_or(at.address).is_unspecified();
    if let Some(at) = webrtc.listen.iter().find(nameless) {
        return Err(wrong(
            &["media", "webrtc", "listen"],
            format!("has {}, which is every address; SDP needs one: name it in public_address", at.address),
        ));
    }
    let threads = if media.workers == 0 { MAX_WORKERS } else { media.workers };
    let last = u32::from(webrtc.first_port) + threads - 1;
    if webrtc.first_port != 0 && (webrtc.first_port < 1_024 || last > u32::from(u16::MAX)) {
        return Err(wrong(
            &["media", "webrtc", "first_port"],
            format!("must be 0, or at least 1024 with {threads} ports from there on, one a media thread"),
        ));
    }
    let overlaps = webrtc.first_port <= media.port_max && last >= u32::from(media.port_min);
    if webrtc.first_port != 0 && overlaps {
        return Err(wrong(
            &["media", "webrtc", "first_port"],
            format!(
                "with {threads} ports from there on lies among those of RTP, {} to {}",
                media.port_min, media.port_max
            ),
        ));
    }
    Ok(())
}
