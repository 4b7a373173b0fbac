//! Arrows between the rooms of the gateway and between crates run one way (ARCHITECTURE.md, "who may import whom").

use crate::source::{files, none, root};

/// Each room, and whom it may import. A room that is not here (`serve`, `cli`) puts others together and may import all.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("telemetry", &["model", "config"]),
    ("config", &["model"]),
    ("store", &["model", "telemetry", "config"]),
    ("cluster", &["store", "model", "telemetry", "config"]),
    ("feed", &["model"]),
    ("forwarded", &[]),
    ("guesses", &[]),
    ("routing", &["cluster", "feed", "store", "model", "telemetry"]),
    ("sounds", &["store", "model", "telemetry", "config"]),
    ("recordings", &["store", "model", "telemetry", "config"]),
    ("people", &["guesses", "feed", "store", "model", "telemetry", "config"]),
    ("call", &["guesses", "routing", "cluster", "store", "model", "telemetry", "config"]),
    ("chat", &["routing", "cluster", "feed", "store", "model", "telemetry", "config"]),
    ("site", &["store", "model", "config", "telemetry"]),
    (
        "signalling",
        &[
            "forwarded",
            "guesses",
            "call",
            "feed",
            "routing",
            "cluster",
            "store",
            "model",
            "telemetry",
            "config",
        ],
    ),
    ("plugin", &["call", "chat", "routing", "cluster", "feed", "store", "model", "telemetry", "config"]),
    // Edges toward people. They ask signalling and plugins through their handles.
    (
        "api",
        &[
            "site",
            "people",
            "plugin",
            "recordings",
            "sounds",
            "signalling",
            "call",
            "chat",
            "routing",
            "cluster",
            "feed",
            "forwarded",
            "guesses",
            "store",
            "model",
            "telemetry",
            "config",
        ],
    ),
    (
        "control",
        &["signalling", "call", "chat", "routing", "cluster", "store", "model", "telemetry", "config"],
    ),
];

/// What no crate below the product may depend on, and what the suites may not share with it.
const NOT_A_DEPENDENCY: &[(&str, &[&str])] = &[
    ("gateway/sip", &["ramal", "ramal-media", "tokio", "sqlx", "axum", "hyper", "rustls"]),
    ("media", &["ramal", "ramal-sip", "tokio", "sqlx", "axum", "hyper", "rustls"]),
    ("tests", &["ramal", "ramal-sip", "ramal-media"]),
];

#[test]
fn no_arrow_runs_up_between_rooms() {
    let mut faults = Vec::new();
    for file in files(&["gateway/src"], &[".rs"]) {
        let room = file
            .path
            .trim_start_matches("gateway/src/")
            .split(['/', '.'])
            .next()
            .unwrap_or_default()
            .to_owned();
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == room) else { continue };
        for (number, line) in file.code() {
            for import in rooms_named(line) {
                let known =
                    MAY_IMPORT.iter().any(|(name, _)| *name == import) || ["serve", "cli"].contains(&import);
                if known && import != room && !allowed.contains(&import) {
                    faults.push(format!("{}:{number}: {room} imports {import}", file.path));
                }
            }
        }
    }
    none("rooms", &faults);
}

#[test]
fn no_arrow_runs_up_between_crates() {
    let mut faults = Vec::new();
    for (folder, forbidden) in NOT_A_DEPENDENCY {
        let text = std::fs::read_to_string(root().join(folder).join("Cargo.toml")).expect("readable");
        let manifest: toml::Table = text.parse().expect("readable");
        let names = manifest
            .get("dependencies")
            .and_then(toml::Value::as_table)
            .into_iter()
            .flat_map(toml::Table::keys);
        faults.extend(
            names.filter(|n| forbidden.contains(&n.as_str())).map(|n| format!("{folder} depends on {n}")),
        );
    }
    none("crates", &faults);
}

fn rooms_named(line: &str) -> Vec<&str> {
    let mut rooms = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let rest = &line[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            rooms.extend(group.split(',').map(|p| first_word(p.trim())));
        } else {
            rooms.push(first_word(rest));
        }
    }
    rooms
}

fn first_word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(text.len());
    &text[..end]
}
