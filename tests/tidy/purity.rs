//! What the shape of the code forbids: clocks and threads inside state machines, shared locks, panics on outside bytes.

use crate::source::{File, none, shipped_sources};

/// `unwrap` and `expect` per thousand lines that ship.
const PANICS_PER_KLOC: f64 = 1.0;
/// RFC sections cited per thousand lines of wire code.
const CITATIONS_PER_KLOC: f64 = 5.0;

/// Folders that step when told and know no clock, and what must not stand there.
const STATE_MACHINES: &[&str] =
    &["gateway/sip/src/", "gateway/src/call/", "gateway/src/model/", "media/src/"];
const OUTSIDE: &[&str] =
    &["Instant::now(", "SystemTime::now(", "thread::spawn(", "thread::Builder", "tokio::"];
/// The rim of the media crate: sockets, threads and clocks live there.
const RIM: &[&str] = &["media/src/io/", "media/src/io.rs", "media/src/recorder/"];

const NO_SHARED_LOCKS: &[&str] =
    &["gateway/sip/src/", "media/src/", "gateway/src/model/", "gateway/src/call/"];

#[test]
fn state_machines_know_no_clock_and_no_thread() {
    let mut faults = Vec::new();
    for file in shipped_sources() {
        let pure = STATE_MACHINES.iter().any(|p| file.path.starts_with(p));
        if !pure || RIM.iter().any(|p| file.path.starts_with(p)) {
            continue;
        }
        faults.extend(matches(&file, OUTSIDE));
    }
    none("inside state machines", &faults);
}

#[test]
fn no_shared_locks_near_media_and_calls() {
    let mut faults = Vec::new();
    for file in shipped_sources() {
        if NO_SHARED_LOCKS.iter().any(|p| file.path.starts_with(p)) {
            faults.extend(matches(&file, &["Arc<Mutex<", "Arc<RwLock<", "Arc<std::sync::Mutex<"]));
        }
    }
    none("shared locks", &faults);
}

#[test]
fn panics_are_rare() {
    for krate in ["gateway/src/", "gateway/sip/src/", "media/src/"] {
        let mut lines = 0;
        let mut found = Vec::new();
        for file in shipped_sources().iter().filter(|f| f.path.starts_with(krate)) {
            lines += file.code().count();
            found.extend(matches(file, &[".unwrap()", ".expect(\""]));
        }
        let allowed = (lines as f64 / 1000.0 * PANICS_PER_KLOC).ceil() as usize;
        assert!(
            found.len() <= allowed,
            "{krate}: {} in {lines} lines, {allowed} allowed\n{}",
            found.len(),
            found.join("\n")
        );
    }
}

#[test]
fn no_lint_is_silenced_without_reason() {
    let faults: Vec<String> =
        shipped_sources().iter().flat_map(|f| matches(f, &["#[allow(", "#![allow("])).collect();
    none("allow attributes", &faults);
}

#[test]
fn wire_code_cites_its_rfcs() {
    for krate in ["gateway/sip/src/", "media/src/"] {
        let files = shipped_sources();
        let ours: Vec<&File> = files.iter().filter(|f| f.path.starts_with(krate)).collect();
        let lines: usize = ours.iter().map(|f| f.shipped().count()).sum();
        let citations: usize = ours.iter().map(|f| f.text.matches('§').count()).sum();
        let per_kloc = citations as f64 / lines.max(1) as f64 * 1000.0;
        assert!(per_kloc >= CITATIONS_PER_KLOC, "{krate}: {per_kloc:.1} sections cited per 1,000 lines");
    }
}

fn matches(file: &File, needles: &[&str]) -> Vec<String> {
    let hit = |(_, line): &(usize, &str)| needles.iter().any(|n| line.contains(n));
    file.code().filter(hit).map(|(n, l)| format!("{}:{n}: {}", file.path, l.trim())).collect()
}
