//! Phone numbers, addresses of people, credentials and message text are never logged above DEBUG.

use crate::source::{none, shipped_sources};

const LOUD: &[&str] = &["info!(", "warn!(", "error!("];
const PRIVATE: &[&str] = &[
    "aor",
    "authorization",
    "body",
    "callee",
    "caller",
    "contact",
    "digits",
    "display_name",
    "from",
    "number",
    "password",
    "remote_uri",
    "request",
    "response",
    "secret",
    "text",
    "to",
    "uri",
    "user",
    "username",
];

#[test]
fn loud_lines_carry_nothing_private() {
    let mut faults = Vec::new();
    for file in shipped_sources() {
        let code: Vec<(usize, &str)> = file.code().collect();
        for (at, (number, line)) in code.iter().enumerate() {
            if !LOUD.iter().any(|l| line.contains(l)) {
                continue;
            }
            let statement = statement(&code[at..]);
            for word in PRIVATE.iter().filter(|w| logs_field(&statement, w)) {
                faults.push(format!("{}:{number}: {word} in {}", file.path, line.trim()));
            }
        }
    }
    none("private fields in loud log lines", &faults);
}

fn statement(lines: &[(usize, &str)]) -> String {
    let mut out = String::new();
    for (_, line) in lines {
        out.push_str(line);
        out.push('\n');
        if line.trim_end().ends_with(';') {
            break;
        }
    }
    out
}

/// Whether a field with this last name is logged: `call.number = %x`, `%x.number`, `?number`, `{number}`.
fn logs_field(statement: &str, word: &str) -> bool {
    statement.match_indices(word).any(|(at, _)| {
        let before = statement[..at].chars().next_back().unwrap_or(' ');
        let after = &statement[at + word.len()..];
        if after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') || after.starts_with('(') {
            return false;
        }
        let assigned = after.trim_start().starts_with('=') && [' ', '.', '(', '\n'].contains(&before);
        let valued = ['%', '?', '{'].contains(&before);
        let member = before == '.' && after.trim_start().starts_with([',', ')']);
        assigned || valued || member
    })
}

#[test]
fn the_rule_sees_what_it_should() {
    assert!(logs_field("info!(caller = %call.caller);", "caller"));
    assert!(logs_field("info!(call.number = 3);", "number"));
    assert!(logs_field("warn!(\"{number} is busy\");", "number"));
    assert!(!logs_field("info!(call.id = %call.id, \"a call to a number\");", "number"));
}
