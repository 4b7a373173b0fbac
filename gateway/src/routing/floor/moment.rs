//! One moment on both clocks: the one that timers run by, and the one that rows and people read.

use std::time::{Duration, Instant, SystemTime};

/// See the module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    pub instant: Instant,
    /// Unix time.
    pub wall_ms: i64,
}

impl Moment {
    /// Now.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { instant: Instant::now(), wall_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX) }
    }

    /// What the wall shows when the other clock is at `instant`.
    pub fn wall_of(self, instant: Instant) -> i64 {
        let ahead = instant.saturating_duration_since(self.instant).as_millis();
        let behind = self.instant.saturating_duration_since(instant).as_millis();
        let ms = |value: u128| i64::try_from(value).unwrap_or(i64::MAX);
        self.wall_ms.saturating_add(ms(ahead)).saturating_sub(ms(behind))
    }

    /// When the wall will show `wall_ms`; now, if that is over.
    pub fn instant_of(self, wall_ms: i64) -> Instant {
        let ahead = wall_ms.saturating_sub(self.wall_ms).max(0).unsigned_abs();
        self.instant + Duration::from_millis(ahead)
    }
}
