//! Few dependencies, each with its reason in ARCHITECTURE.md.

use crate::source::{none, root};

/// Direct dependencies of the two crates that parse hostile bytes.
const MOST: usize = 15;

fn dependencies(folder: &str, table: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(folder).join("Cargo.toml")).expect("readable");
    let manifest: toml::Table = text.parse().expect("readable");
    manifest
        .get(table)
        .and_then(toml::Value::as_table)
        .map(|t| t.keys().cloned().collect())
        .unwrap_or_default()
}

#[test]
fn the_lower_crates_have_few() {
    for folder in ["gateway/sip", "media"] {
        let names = dependencies(folder, "dependencies");
        assert!(names.len() <= MOST, "{folder}: {} dependencies: {names:?}", names.len());
    }
}

#[test]
fn each_that_ships_has_its_line_in_the_architecture() {
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("readable");
    let named: Vec<&str> = page.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').collect();
    let mut faults = Vec::new();
    for folder in ["gateway", "gateway/sip", "media"] {
        for name in
            dependencies(folder, "dependencies").into_iter().chain(dependencies(folder, "dev-dependencies"))
        {
            if !named.contains(&name.as_str()) {
                faults.push(format!("{folder}: {name}"));
            }
        }
    }
    none("dependencies without a reason in ARCHITECTURE.md", &faults);
}
