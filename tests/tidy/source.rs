//! The files of the repository, and the part of a Rust file that ships.

use std::path::{Path, PathBuf};

/// One text file.
pub struct File {
    /// From the root of the repository, with `/`.
    pub path: String,
    pub text: String,
}

impl File {
    /// The lines that ship: those before the tests at the bottom, with their numbers from 1.
    pub fn shipped(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines: Vec<&str> = self.text.lines().collect();
        let tests = lines.windows(2).position(|w| w[0] == "#[cfg(test)]" && w[1].ends_with('{'));
        let end = tests.unwrap_or(lines.len());
        lines.into_iter().take(end).enumerate().map(|(n, l)| (n + 1, l))
    }

    /// The shipped lines that are neither comment nor blank.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.shipped().filter(|(_, l)| {
            let line = l.trim_start();
            !line.is_empty() && !line.starts_with("//")
        })
    }
}

/// Root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a root").to_owned()
}

/// Files with one of these endings below some folders, in order. Build output and dependencies are not ours.
pub fn files(folders: &[&str], endings: &[&str]) -> Vec<File> {
    let root = root();
    let mut found = Vec::new();
    for folder in folders {
        collect(&root.join(folder), endings, &mut found);
    }
    found.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let relative = path.strip_prefix(&root).expect("below the root").to_string_lossy().replace('\\', "/");
        File { path: relative, text }
    };
    found.into_iter().map(read).collect()
}

/// Rust sources that ship.
pub fn shipped_sources() -> Vec<File> {
    let mut files = files(&["gateway/src", "gateway/sip/src", "media/src", "plugin-sdk/rust/src"], &[".rs"]);
    let tests: Vec<String> = files.iter().flat_map(test_files).collect();
    let folders: Vec<String> = tests.iter().map(|path| path.replace(".rs", "/")).collect();
    files.retain(|f| !tests.contains(&f.path) && !folders.iter().any(|folder| f.path.starts_with(folder)));
    files
}

/// Files that a module declares for tests only.
fn test_files(file: &File) -> Vec<String> {
    let folder =
        file.path.trim_end_matches(".rs").trim_end_matches("/lib").trim_end_matches("/mod").to_owned();
    let lines: Vec<&str> = file.text.lines().collect();
    let declared = lines.windows(2).filter(|w| w[0] == "#[cfg(test)]" && w[1].ends_with(';'));
    let names = declared.filter_map(|w| w[1].strip_prefix("mod ")).map(|n| n.trim_end_matches(';'));
    names.map(|n| format!("{folder}/{n}.rs")).collect()
}

/// Fails with all faults at once, so that one run shows everything.
pub fn none(rule: &str, faults: &[String]) {
    assert!(faults.is_empty(), "{rule}: {} faults\n{}", faults.len(), faults.join("\n"));
}

fn collect(path: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
    if path.is_file() {
        if endings.iter().any(|e| path.to_string_lossy().ends_with(e)) {
            found.push(path.to_owned());
        }
        return;
    }
    let Ok(entries) = std::fs::read_dir(path) else { return };
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with("target") && name != "node_modules" && name != ".git" {
            collect(&entry.path(), endings, found);
        }
    }
}
