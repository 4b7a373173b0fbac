//! What must not stand in any file: paths of somebody's machine, work that was put off.

use crate::source::{files, none};

const FORBIDDEN: &[&str] = &[
    // In two pieces each, so that this list is not found by its own search.
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/tmp", "/t-"),
    "C:\\",
    concat!("FIX", "ME"),
    concat!("HA", "CK"),
    concat!("TO", "DO"),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
];

/// Files that hold such words for a reason.
const EXCEPTIONS: &[(&str, &str)] = &[("tests/tidy/words.rs", "the list itself")];

#[test]
fn no_machine_paths_and_nothing_put_off() {
    let folders = [
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "Cargo.toml",
        "Makefile",
        "README.md",
        "benches",
        "config",
        "docs",
        "gateway",
        "media",
        "plugin-sdk",
        "plugins",
        "scripts",
        "tests",
        "web-console",
        "clippy.toml",
        "deny.toml",
    ];
    let mut faults = Vec::new();
    for file in files(&folders, &[""]) {
        if EXCEPTIONS.iter().any(|(path, _)| *path == file.path) || file.path.contains("/testdata/") {
            continue;
        }
        for (number, line) in file.text.lines().enumerate() {
            for word in FORBIDDEN.iter().filter(|w| line.contains(**w)) {
                faults.push(format!("{}:{}: {word}", file.path, number + 1));
            }
        }
    }
    none("forbidden words", &faults);
}
