//! What every bench is: a name, a run, figures.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::{BenchError, Outcome};

/// Length of one measurement unless `SECONDS` says otherwise.
const DEFAULT_SECONDS: f64 = 10.0;

/// One bench. It runs everything it compares in one sitting, in turns.
pub struct Bench {
    /// As in `ONLY=name` and `target/bench/name.json`.
    pub name: &'static str,
    pub about: &'static str,
    pub run: fn(&Options) -> Outcome<Vec<Figure>>,
}

/// How to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Length of one measurement.
    pub window: Duration,
    /// Numbers of calls, where a bench takes some.
    pub calls: Option<Vec<usize>>,
    /// Where `NAME.json` goes.
    pub folder: PathBuf,
}

/// One number with all that is needed to judge it.
#[derive(Clone, Debug)]
pub struct Figure {
    pub name: String,
    pub unit: &'static str,
    pub value: f64,
    /// The least that it can cost, from the same run.
    pub floor: Option<f64>,
    /// Somebody else's, from the same run.
    pub peer: Option<Peer>,
    pub aim: Option<Aim>,
}

/// Who was measured beside us.
#[derive(Clone, Debug)]
pub struct Peer {
    pub name: String,
    pub value: f64,
}

/// What we want.
#[derive(Clone, Copy, Debug)]
pub enum Aim {
    AtLeast(f64),
    AtMost(f64),
    /// At most so many times the peer's figure.
    OfPeer(f64),
}

impl Options {
    /// From `BENCH_SECONDS`, `BENCH_CALLS` (comma-separated) and `BENCH_FOLDER`.
    ///
    /// # Errors
    /// A value that is no number.
    pub fn from_environment() -> Outcome<Self> {
        let seconds = match std::env::var("BENCH_SECONDS") {
            Ok(text) => number(&text)?,
            Err(_) => DEFAULT_SECONDS,
        };
        let calls = std::env::var("BENCH_CALLS").ok().map(|text| {
            text.split(',').map(|part| number(part).map(|calls| calls as usize)).collect::<Outcome<Vec<_>>>()
        });
        let folder =
            std::env::var_os("BENCH_FOLDER").map_or_else(|| PathBuf::from("target/bench"), PathBuf::from);
        Ok(Self { window: Duration::from_secs_f64(seconds), calls: calls.transpose()?, folder })
    }
}

impl Figure {
    /// A figure alone; the rest is put in by [`Self::floor`], [`Self::peer`], [`Self::aim`].
    pub fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { name: name.into(), unit, value, floor: None, peer: None, aim: None }
    }

    #[must_use]
    pub fn floor(self, floor: f64) -> Self {
        Self { floor: Some(floor), ..self }
    }

    #[must_use]
    pub fn peer(self, name: &str, value: f64) -> Self {
        Self { peer: Some(Peer { name: name.to_owned(), value }), ..self }
    }

    #[must_use]
    pub fn aim(self, aim: Aim) -> Self {
        Self { aim: Some(aim), ..self }
    }

    /// Ours divided by the peer's.
    pub fn ratio(&self) -> Option<f64> {
        self.peer.as_ref().filter(|peer| peer.value > 0.0).map(|peer| self.value / peer.value)
    }

    /// Whether the aim is met; none without an aim, or where the peer is missing.
    pub fn is_met(&self) -> Option<bool> {
        match self.aim? {
            Aim::AtLeast(least) => Some(self.value >= least),
            Aim::AtMost(most) => Some(self.value <= most),
            Aim::OfPeer(most) => self.ratio().map(|ratio| ratio <= most),
        }
    }
}

fn number(text: &str) -> Outcome<f64> {
    let number = text.trim().parse::<f64>().ok().filter(|number| *number > 0.0);
    number.ok_or_else(|| BenchError::usage(format!("`{text}` is not a number above 0")))
}

#[cfg(test)]
mod tests {
    use super::{Aim, Figure};

    #[test]
    fn an_aim_is_met_by_the_ratio_to_the_peer() {
        let figure = Figure::new("cost", 4.0, "µs").peer("other", 8.0).aim(Aim::OfPeer(0.5));
        assert_eq!(figure.is_met(), Some(true));
        assert_eq!(Figure { value: 4.1, ..figure }.is_met(), Some(false));
    }

    #[test]
    fn without_a_peer_there_is_no_verdict() {
        assert_eq!(Figure::new("cost", 4.0, "µs").aim(Aim::OfPeer(0.5)).is_met(), None);
    }
}
