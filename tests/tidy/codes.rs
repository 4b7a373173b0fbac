//! What the gateway tells by a word has words for people in each of the console's languages.

use std::collections::BTreeSet;

use crate::source::{none, root};

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect("readable")
}

/// `word` of each `Name = "word",` between two lines.
fn told(path: &str, from: &str, to: &str) -> BTreeSet<String> {
    let text = read(path);
    let block = text.split(from).nth(1).and_then(|rest| rest.split(to).next()).expect("the list");
    let word = |line: &str| Some(line.split(" = \"").nth(1)?.split('"').next()?.to_owned());
    block.lines().filter_map(word).collect()
}

/// The keys of both languages of a catalogue, English first; they part where the Portuguese begins.
fn keys(path: &str, portuguese: &str) -> [BTreeSet<String>; 2] {
    let text = read(path);
    let (english, portuguese) = text.split_once(portuguese).expect("two languages");
    [english, portuguese].map(|half| half.lines().filter_map(key).collect())
}

fn key(line: &str) -> Option<String> {
    let (key, rest) = line.trim_start().split_once(": ")?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (key.chars().all(plain) && rest.starts_with(['\'', '{', '"'])).then(|| key.to_owned())
}

#[test]
fn every_cause_of_a_refusal_has_words() {
    let codes = told("gateway/src/api/problem/code.rs", "codes! {", "\n}");
    assert!(codes.len() > 50, "{} codes were found", codes.len());
    let mut faults = Vec::new();
    for (language, known) in
        ["English", "Portuguese"].iter().zip(keys("web-console/src/ui/problem-words.ts", "const pt"))
    {
        faults.extend(codes.difference(&known).map(|code| format!("{code} has no {language} words")));
        faults.extend(known.difference(&codes).map(|word| format!("{word} is no code ({language})")));
    }
    none("causes", &faults);
}

#[test]
fn everything_that_ails_an_inbox_or_a_rule_has_words() {
    let codes = told("gateway/src/model/placement_fault.rs", "FaultCode {", "\n    }");
    assert!(codes.contains("token_refused") && codes.len() > 15, "{codes:?}");
    let mut faults = Vec::new();
    for (language, known) in
        ["English", "Portuguese"].iter().zip(keys("web-console/src/admin/faults/words.ts", "\n  },\n  {"))
    {
        faults.extend(codes.difference(&known).map(|code| format!("{code} has no {language} words")));
        faults.extend(known.difference(&codes).map(|word| format!("{word} is no code ({language})")));
    }
    none("faults", &faults);
}

#[test]
fn everything_that_happens_to_an_interaction_has_words() {
    let kinds = told("gateway/src/model/interaction.rs", "InteractionEventKind {", "\n}");
    assert!(kinds.contains("customer_left"), "{kinds:?}");
    let mut faults = Vec::new();
    for (language, known) in ["English", "Portuguese"]
        .iter()
        .zip(keys("web-console/src/history/words.ts", "\n  {\n    abandoned: 'O"))
    {
        // The first key of the second language is where they are parted.
        let missing = kinds.difference(&known).filter(|kind| *kind != "abandoned");
        faults.extend(missing.map(|kind| format!("{kind} has no {language} words")));
    }
    none("events", &faults);
}
