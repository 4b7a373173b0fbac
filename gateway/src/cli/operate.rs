//! `ramal calls`, `registrations`, `trunks`, `trace`, `hang-up`: questions to a running node.

use serde_json::Value;

use crate::cli::CliError;
use crate::config::Config;
use crate::control::client::ask;
use crate::serve::control_socket;

/// Prints a list of the running node.
///
/// # Errors
/// No node runs, or it cannot answer.
pub async fn list(config: &Config, path: &str, json: bool) -> Result<(), CliError> {
    let text = ask(&control_socket(config), "GET", path).await.map_err(CliError::message)?;
    if json {
        println!("{text}");
        return Ok(());
    }
    let rows: Vec<Value> = serde_json::from_str(&text).map_err(CliError::message)?;
    print_table(&rows);
    Ok(())
}

/// Prints the ladder of a call.
///
/// # Errors
/// No node runs, or nothing is kept of the call.
pub async fn trace(config: &Config, call: &str) -> Result<(), CliError> {
    let path = format!("/trace/{}", escape(call));
    println!("{}", ask(&control_socket(config), "GET", &path).await.map_err(CliError::message)?);
    Ok(())
}

/// Ends a running call.
///
/// # Errors
/// No node runs, or it has no such call.
pub async fn hang_up(config: &Config, call: &str) -> Result<(), CliError> {
    let path = format!("/calls/{}/hang-up", escape(call));
    ask(&control_socket(config), "POST", &path).await.map(|_| ()).map_err(CliError::message)
}

fn escape(segment: &str) -> String {
    segment.bytes().fold(String::new(), |mut path, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
        path
    })
}

/// Longest cell of a table, in characters; `--json` has everything.
const CELL_CHARACTERS: usize = 160;

/// What callers send must not steer the operator's terminal, nor push the other columns out of sight.
fn printable(text: &str) -> String {
    let shown: String = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    match shown.char_indices().nth(CELL_CHARACTERS) {
        Some((end, _)) => format!("{}…", shown.get(..end).unwrap_or_default()),
        None => shown,
    }
}

/// Prints objects of one shape as columns.
pub fn print_table(rows: &[Value]) {
    let Some(Value::Object(first)) = rows.first() else {
        return println!("(none)");
    };
    let names: Vec<&String> =
        first.iter().filter(|(_, v)| !v.is_array() && !v.is_object()).map(|(k, _)| k).collect();
    let cell = |row: &Value, name: &str| match row.get(name) {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => printable(text),
        Some(other) => other.to_string(),
    };
    let width = |name: &&String| rows.iter().map(|r| cell(r, name).chars().count()).chain([name.len()]).max();
    let widths: Vec<usize> = names.iter().map(|n| width(n).unwrap_or(0)).collect();
    let line = |cells: Vec<String>| {
        let padded: Vec<String> = cells.iter().zip(&widths).map(|(c, w)| format!("{c:<w$}")).collect();
        println!("{}", padded.join("  ").trim_end());
    };
    line(names.iter().map(|n| n.to_uppercase()).collect());
    for row in rows {
        line(names.iter().map(|n| cell(row, n)).collect());
    }
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn what_callers_send_cannot_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\r\n"), "a\u{fffd}[2Jb\u{fffd}\u{fffd}");
        assert!(printable(&"9".repeat(3_000)).chars().count() <= 161);
    }
}
