//! `log`: lines of plugins, bounded in length and number.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::plugin::guest::Guest;
use crate::plugin::limits::{LOG_BURST, LOG_LINES_PER_S, MAX_LOG_LINE_BYTES};
use crate::plugin::wit::log::{Host, Level};

/// Longest place of a panic that is kept, in bytes.
const MAX_PLACE_BYTES: usize = 200;

impl Host for Guest {
    fn write(&mut self, level: Level, line: String) {
        if let (Level::Error, Some(place)) = (level, panic_place(&line)) {
            self.panicked_at = Some(place.to_owned());
        }
        let verdict = self.log.ask(Instant::now());
        if let Verdict::Write { dropped } = verdict
            && dropped > 0
        {
            tracing::warn!(plugin = %self.plugin, owner = %self.placement.owner, dropped, "the plugin logs too much: lines were dropped");
        }
        if let Verdict::FirstDropped = verdict {
            tracing::warn!(plugin = %self.plugin, owner = %self.placement.owner, "the plugin logs too much: lines are dropped");
        }
        if !matches!(verdict, Verdict::Write { .. }) {
            return;
        }
        // What a stranger's code writes may hold what customers wrote: whatever it calls it, it stays at DEBUG.
        let line = one_line(&line);
        let level = match level {
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        };
        tracing::debug!(plugin = %self.plugin, owner = %self.placement.owner, plugin.level = level, "{line}");
    }
}

/// `src/lib.rs:12:5` of the line by which the SDK tells of a panic. Nothing that a customer wrote has this form.
fn panic_place(line: &str) -> Option<&str> {
    let place = line.strip_prefix("panicked at ")?;
    let mut parts = place.rsplitn(3, ':');
    let number = |part: Option<&str>| part?.parse::<u32>().ok();
    number(parts.next())?;
    number(parts.next())?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "/\\._-+@".contains(c);
    let path = parts.next()?;
    (place.len() <= MAX_PLACE_BYTES && path.ends_with(".rs") && path.chars().all(plain)).then_some(place)
}

/// The beginning of a line, without what could forge another one.
fn one_line(line: &str) -> String {
    let end = line.floor_char_boundary(MAX_LOG_LINE_BYTES);
    line.get(..end).unwrap_or_default().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Counts the lines of one inbox or rule over all its calls.
#[derive(Debug)]
pub struct LogGate(Mutex<Bucket>);

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    filled_at: Instant,
    dropped: u64,
}

/// What becomes of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    /// Written, after so many that were not.
    Write {
        dropped: u64,
    },
    FirstDropped,
    Dropped,
}

impl LogGate {
    pub fn new(now: Instant) -> Self {
        Self(Mutex::new(Bucket { tokens: f64::from(LOG_BURST), filled_at: now, dropped: 0 }))
    }

    fn ask(&self, now: Instant) -> Verdict {
        let mut bucket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed_s = now.saturating_duration_since(bucket.filled_at).as_secs_f64();
        bucket.tokens = (bucket.tokens + elapsed_s * f64::from(LOG_LINES_PER_S)).min(f64::from(LOG_BURST));
        bucket.filled_at = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Verdict::Write { dropped: std::mem::take(&mut bucket.dropped) };
        }
        bucket.dropped += 1;
        if bucket.dropped == 1 { Verdict::FirstDropped } else { Verdict::Dropped }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_flood_is_counted_and_ends() {
        let start = Instant::now();
        let gate = LogGate::new(start);
        for _ in 0..LOG_BURST {
            assert_eq!(gate.ask(start), Verdict::Write { dropped: 0 });
        }
        assert_eq!(gate.ask(start), Verdict::FirstDropped);
        for _ in 0..999 {
            assert_eq!(gate.ask(start), Verdict::Dropped);
        }
        assert_eq!(gate.ask(start + Duration::from_secs(1)), Verdict::Write { dropped: 1_000 });
    }

    #[test]
    fn only_the_place_of_a_panic_is_taken_from_a_line() {
        assert_eq!(panic_place("panicked at src/lib.rs:33:23"), Some("src/lib.rs:33:23"));
        for line in
            ["src/lib.rs:1:2", "panicked at Ana Souza:1:2", "panicked at src/lib.rs:1", "panicked at :1:2"]
        {
            assert_eq!(panic_place(line), None, "{line}");
        }
    }

    #[test]
    fn a_line_cannot_forge_another() {
        assert_eq!(one_line("a\nERROR b\u{1b}[31m"), "a ERROR b [31m");
        assert_eq!(one_line(&"é".repeat(1_000)).len(), MAX_LOG_LINE_BYTES);
    }
}
