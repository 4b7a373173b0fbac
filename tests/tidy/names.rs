//! Words that hide what a thing is are not names of types or files.

use std::collections::HashMap;

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

/// Two types of one name would share an entry of the API's document: one of both would be told wrong.
#[test]
fn schemas_have_names_of_their_own() {
    let mut places: HashMap<String, Vec<String>> = HashMap::new();
    for file in shipped_sources() {
        let (mut told, mut renamed) = (false, None);
        for (_, line) in file.code() {
            let line = line.trim();
            if line.starts_with("#[derive(") {
                (told, renamed) = (line.contains("ToSchema"), None);
            } else if let Some(name) = line.strip_prefix("#[schema(as = ") {
                renamed = name.split([')', ',']).next().map(str::to_owned);
            } else if let Some(name) = type_name(line)
                && std::mem::take(&mut told)
            {
                places.entry(renamed.take().unwrap_or(name.to_owned())).or_default().push(file.path.clone());
            }
        }
    }
    let shared = places.into_iter().filter(|(_, files)| files.len() > 1);
    none(
        "names of schemas",
        &shared.map(|(name, files)| format!("{name}: {}", files.join(", "))).collect::<Vec<_>>(),
    );
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
