//! How long packets are under way beyond the fastest of them, and so how long to wait for the others.

/// Packets that are looked back on: five seconds of speech. A burst is forgotten, and a slower way accepted, after so many.
const WINDOW: usize = 256;
/// Of those so many may come too late: one in a hundred.
const MAY_BE_LATE: usize = 2;
/// Packets between two looks, unless one was later than expected.
const LOOK_INTERVAL: u32 = 8;
/// Until so many packets have come, nothing below [`FIRST_TARGET_US`] is trusted.
const TRUSTED: usize = 32;
const FIRST_TARGET_US: i64 = 40_000;
/// Added to what was seen: half a tick.
const MARGIN_US: i64 = 10_000;
/// Longest wait: above, losing packets is better than talking at such a distance.
pub const MAX_TARGET_US: i64 = 400_000;
/// After so long without a packet the clocks have moved apart: what was seen before counts no more.
const FORGET_AFTER_US: i64 = 4_000_000;

/// Transit times are arrival minus timestamp, in microseconds of two clocks that have nothing to do with each other: only
/// their differences mean something.
pub struct Delay {
    transits_us: Box<[i64; WINDOW]>,
    count: usize,
    place: usize,
    fastest_us: i64,
    target_us: i64,
    unseen: u32,
    last_arrival_us: i64,
}

impl Default for Delay {
    fn default() -> Self {
        Self {
            transits_us: Box::new([0; WINDOW]),
            count: 0,
            place: 0,
            fastest_us: 0,
            target_us: FIRST_TARGET_US,
            unseen: 0,
            last_arrival_us: 0,
        }
    }
}

impl Delay {
    /// One packet has come.
    pub fn observe(&mut self, arrival_us: i64, transit_us: i64) {
        if arrival_us - self.last_arrival_us > FORGET_AFTER_US {
            self.count = 0;
            self.place = 0;
        }
        self.last_arrival_us = arrival_us;
        if let Some(place) = self.transits_us.get_mut(self.place) {
            *place = transit_us;
        }
        self.place = (self.place + 1) % WINDOW;
        self.count = (self.count + 1).min(WINDOW);
        self.unseen += 1;
        let surprising =
            self.count == 1 || transit_us < self.fastest_us || self.lateness_us(transit_us) > self.target_us;
        if surprising || self.unseen >= LOOK_INTERVAL {
            self.look();
        }
    }

    /// The transit of the fastest packet in the window.
    pub fn fastest_us(&self) -> i64 {
        self.fastest_us
    }

    /// How long after the fastest a packet should be played.
    pub fn target_us(&self) -> i64 {
        self.target_us
    }

    /// Whether any packet was seen.
    pub fn is_known(&self) -> bool {
        self.count > 0
    }

    fn lateness_us(&self, transit_us: i64) -> i64 {
        transit_us - self.fastest_us
    }

    fn look(&mut self) {
        self.unseen = 0;
        let mut sorted = [0; WINDOW];
        sorted.copy_from_slice(self.transits_us.as_slice());
        let Some(seen) = sorted.get_mut(..self.count) else { return };
        self.fastest_us = seen.iter().copied().min().unwrap_or(0);
        let place = self.count.saturating_sub(1 + MAY_BE_LATE * self.count / WINDOW);
        let (_, late_us, _) = seen.select_nth_unstable(place);
        let floor_us = if self.count < TRUSTED { FIRST_TARGET_US } else { 0 };
        self.target_us = (*late_us - self.fastest_us + MARGIN_US).clamp(floor_us, MAX_TARGET_US);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_follows_the_jitter_up_and_comes_back() {
        let mut delay = Delay::default();
        let mut arrive = |packets: std::ops::Range<i64>, jitter_us: i64| {
            packets.for_each(|n| delay.observe(n * 20_000, 5_000_000 + (n % 5) * jitter_us / 4));
            delay.target_us()
        };
        assert_eq!(arrive(0..100, 0), MARGIN_US);
        assert_eq!(arrive(100..200, 40_000), 40_000 + MARGIN_US);
        assert_eq!(arrive(200..500, 0), MARGIN_US);
    }

    #[test]
    fn a_way_that_became_longer_is_accepted_after_the_window() {
        let mut delay = Delay::default();
        (0..300).for_each(|n| delay.observe(n * 20_000, 0));
        (300..400).for_each(|n| delay.observe(n * 20_000, 150_000));
        assert_eq!((delay.fastest_us(), delay.target_us()), (0, 150_000 + MARGIN_US));
        (400..600).for_each(|n| delay.observe(n * 20_000, 150_000));
        assert_eq!((delay.fastest_us(), delay.target_us()), (150_000, MARGIN_US));
    }
}
