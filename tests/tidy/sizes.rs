//! Files and functions that a reader can hold in mind.

use crate::source::{File, files, none, shipped_sources};

/// Lines of a file without its tests.
const FILE_LINES: usize = 800;
/// A function above this is named in the report; a flat match table may pass.
const FUNCTION_LINES_REPORTED: usize = 70;
/// Above this it fails.
const FUNCTION_LINES: usize = 100;

#[test]
fn files_are_short() {
    let sources = files(&["gateway", "media", "plugin-sdk", "tests", "benches"], &[".rs"]);
    let long = sources.iter().map(|f| (f, f.shipped().count())).filter(|(_, n)| *n > FILE_LINES);
    let faults: Vec<String> = long.map(|(f, n)| format!("{}: {n} lines", f.path)).collect();
    none("lines of a file", &faults);
}

#[test]
fn functions_are_short() {
    let mut lengths = Vec::new();
    let mut faults = Vec::new();
    for file in shipped_sources() {
        for (number, name, length) in functions(&file) {
            lengths.push(length);
            if length > FUNCTION_LINES_REPORTED {
                println!("{}:{number}: {name} has {length} lines", file.path);
            }
            if length > FUNCTION_LINES {
                faults.push(format!("{}:{number}: {name} has {length} lines", file.path));
            }
        }
    }
    lengths.sort_unstable();
    let at = |share: usize| lengths.get(lengths.len() * share / 100).copied().unwrap_or(0);
    println!("{} functions, median {} lines, 90 % within {}", lengths.len(), at(50), at(90));
    none("lines of a function", &faults);
}

/// Line number, name and length of each function; formatted code closes a function at the indent it opened at.
fn functions(file: &File) -> Vec<(usize, String, usize)> {
    let lines: Vec<&str> = file.shipped().map(|(_, l)| l).collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let body = line.trim_start();
        let words = body.split(' ').take_while(|w| *w != "fn");
        let prefix_ok = words
            .clone()
            .all(|w| w.starts_with("pub") || ["const", "async", "unsafe", "extern", "\"C\""].contains(&w));
        let Some(name) = body.split(' ').skip_while(|w| *w != "fn").nth(1).filter(|_| prefix_ok) else {
            continue;
        };
        if body.ends_with('}') || body.ends_with(';') {
            continue;
        }
        let indent = &line[..line.len() - body.len()];
        let close = format!("{indent}}}");
        if let Some(length) = lines[at..].iter().position(|l| *l == close) {
            let name = name.split(['(', '<']).next().unwrap_or_default().to_owned();
            found.push((at + 1, name, length + 1));
        }
    }
    found
}
