//! What a situation tries again by itself is named all the same.

use std::fs::OpenOptions;
use std::io::Write;

/// Where `scripts/test` gathers what needed a second try, to print it at its end.
const FILE: &str = "RAMAL_SECOND_TRIES";

/// Notes that the situation which calls this was not well at first and tries again; `why` is what it saw. Nothing is written where
/// nobody has named a file. One write each: situations run side by side and append to one file.
///
/// # Panics
/// Where the file that was named cannot be written.
pub fn note(why: &str) {
    // The thread that runs a test has its name, whichever runner has started it.
    let thread = std::thread::current();
    let line = line_of(thread.name().unwrap_or("a situation"), why);
    eprint!("{line}");
    let Some(path) = std::env::var_os(FILE) else { return };
    let file = OpenOptions::new().create(true).append(true).open(&path);
    let written = file.and_then(|mut file| file.write_all(line.as_bytes()));
    written.unwrap_or_else(|e| panic!("{FILE} names {}, which cannot be written: {e}", path.display()));
}

fn line_of(situation: &str, why: &str) -> String {
    format!("needed a second try: {situation} (within itself: {why}): a defect, mend it first\n")
}

#[cfg(test)]
mod tests {
    use super::line_of;

    #[test]
    fn a_line_names_the_situation_and_what_was_seen() {
        let line = line_of("floods::while_a_page_talks", "share 0.4");
        assert!(
            line.starts_with("needed a second try: floods::while_a_page_talks (within itself: share 0.4)")
        );
        assert!(line.ends_with('\n') && line.lines().count() == 1);
    }
}
