//! Words that hide what a thing is are not names of types or files.

use crate::source::{none, shipped_sources};

const HIDING: &[&str] =
    &["Manager", "Helper", "Helpers", "Util", "Utils", "Common", "Base", "Service", "Handler"];
const BARE: &[&str] = &["Session", "Connection", "Stream"];

/// Names that stay, each with its reason.
const EXCEPTIONS: &[(&str, &str)] =
    &[("Service", "in the dial plan it is the trade's word for a built-in number: echo, tone, announcement")];

#[test]
fn types_say_what_they_are() {
    let mut faults = Vec::new();
    for file in shipped_sources() {
        for (number, line) in file.code() {
            let Some(name) = type_name(line) else { continue };
            let hides = HIDING.iter().any(|w| name.ends_with(w)) || BARE.contains(&name);
            if hides && !EXCEPTIONS.iter().any(|(n, _)| *n == name) {
                faults.push(format!("{}:{number}: {name}", file.path));
            }
        }
    }
    none("type names", &faults);
}

#[test]
fn files_say_what_they_are() {
    let mut faults = Vec::new();
    for file in shipped_sources() {
        let stem = file.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
        let hides = HIDING.iter().any(|w| w.eq_ignore_ascii_case(stem));
        if hides && !EXCEPTIONS.iter().any(|(n, _)| n.eq_ignore_ascii_case(stem)) {
            faults.push(file.path.clone());
        }
    }
    none("file names", &faults);
}

fn type_name(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace().filter(|w| !w.starts_with("pub"));
    let kind = words.next()?;
    if !["struct", "enum", "trait", "type", "union"].contains(&kind) {
        return None;
    }
    let name = words.next()?;
    let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
    Some(&name[..end])
}
