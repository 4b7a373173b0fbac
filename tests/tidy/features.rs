//! docs/features.md: each row once, each `done` with a test that exists.

use std::collections::HashMap;

use crate::source::{none, root};

const LAST_FEATURE: u32 = 282;
const LAST_BEYOND: u32 = 20;

struct Row {
    number: String,
    state: String,
    tests: Vec<String>,
}

fn rows() -> Vec<Row> {
    let text = std::fs::read_to_string(root().join("docs/features.md")).expect("readable");
    text.lines().filter_map(row).collect()
}

fn row(line: &str) -> Option<Row> {
    let cells: Vec<&str> =
        line.strip_prefix("| ")?.trim_end().trim_end_matches('|').split(" |").map(str::trim).collect();
    let number = (*cells.first()?).to_owned();
    let (letter, digits) = number.split_at_checked(1)?;
    if !["B", "F", "V", "Z"].contains(&letter) || digits.parse::<u32>().is_err() {
        return None;
    }
    let tests = cells.get(3).unwrap_or(&"").split(',').map(|t| t.trim().trim_matches('`').to_owned());
    Some(Row { state: (*cells.get(2)?).to_owned(), tests: tests.filter(|t| !t.is_empty()).collect(), number })
}

#[test]
fn each_row_stands_exactly_once() {
    let mut counts: HashMap<String, u32> = HashMap::new();
    for row in rows() {
        *counts.entry(row.number).or_default() += 1;
    }
    let wanted =
        (1..=LAST_FEATURE).map(|n| format!("F{n:03}")).chain((1..=LAST_BEYOND).map(|n| format!("B{n:02}")));
    let mut faults: Vec<String> =
        wanted.filter(|n| !counts.contains_key(n)).map(|n| format!("{n} is missing")).collect();
    faults.extend(counts.iter().filter(|(_, c)| **c != 1).map(|(n, c)| format!("{n} stands {c} times")));
    none("rows", &faults);
}

#[test]
fn states_are_known_and_done_rows_have_their_test() {
    let mut faults = Vec::new();
    for row in rows() {
        if !["done", "part", "open"].contains(&row.state.as_str()) {
            faults.push(format!("{}: state {}", row.number, row.state));
        }
        if row.state == "done" && row.tests.is_empty() {
            faults.push(format!("{}: done, and no test", row.number));
        }
        let missing = row.tests.iter().filter(|t| !exists(t));
        faults.extend(missing.map(|t| format!("{}: no test {t}", row.number)));
    }
    none("states and tests", &faults);
}

/// `calls::hold` is `tests/calls/hold.rs`.
fn exists(test: &str) -> bool {
    test.split_once("::").is_some_and(|(suite, situation)| {
        root()
            .join("tests")
            .join(suite)
            .join(situation.split("::").next().unwrap_or_default())
            .with_extension("rs")
            .exists()
    })
}
