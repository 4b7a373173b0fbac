//! What was received, how late and how well it sounds: RFC 3550 appendix A and ITU-T G.107.

use std::time::{Duration, Instant};

use crate::rtcp::ReportBlock;

/// A gap up to this is loss (RFC 3550 A.1, `MAX_DROPOUT`).
const MAX_DROPOUT: u16 = 3_000;
/// A packet up to this far behind is late (RFC 3550 A.1, `MAX_MISORDER`).
const MAX_MISORDER: u16 = 100;
/// A change of transit time above this is a source that set its timestamps anew, not jitter.
const MAX_TRANSIT_CHANGE: Duration = Duration::from_secs(2);
/// The RTCP field has 24 bits with sign (RFC 3550 §6.4.1).
const MAX_CUMULATIVE_LOST: i64 = 0x7F_FFFF;

/// Receiver statistics of one source (RFC 3550 A.1, A.3, A.8).
///
/// There is no probation: who calls this has checked where packets come from.
#[derive(Clone, Debug)]
pub struct ReceiverStats {
    clock_hz: u32,
    sequence: Option<Sequence>,
    /// Counts of the runs before a restart.
    earlier: Totals,
    received_prior: u64,
    expected_prior: u64,
    /// Arrival is counted from here, in timestamp units.
    epoch: Option<Instant>,
    transit: Option<u32>,
    /// Sixteen times the jitter, in timestamp units.
    jitter_scaled: u64,
    last_sender_report: Option<(Instant, u32)>,
}

/// One run of sequence numbers.
#[derive(Clone, Copy, Debug)]
struct Sequence {
    base: u16,
    highest: u16,
    /// Wraps, times 65,536.
    cycles: u64,
    received: u64,
    /// What would follow a packet that was far off.
    suspect_next: Option<u16>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    expected: u64,
    received: u64,
    lost: u64,
}

/// What [`ReceiverStats::receive`] made of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The next one, or after a gap.
    InOrder,
    /// Late, but from the window of the recent ones; or a duplicate (not told apart, RFC 3550 A.1).
    Reordered,
    /// Far from what was expected: not counted unless the next one follows it.
    Suspect,
    /// The second of two that follow each other far away: the source began anew and so does the count.
    Restarted,
}

impl ReceiverStats {
    /// `clock_hz` is the timestamp clock of the payload type.
    pub fn new(clock_hz: u32) -> Self {
        Self {
            clock_hz: clock_hz.max(1),
            sequence: None,
            earlier: Totals::default(),
            received_prior: 0,
            expected_prior: 0,
            epoch: None,
            transit: None,
            jitter_scaled: 0,
            last_sender_report: None,
        }
    }

    /// Counts a packet that arrived at `now`.
    pub fn receive(&mut self, now: Instant, sequence: u16, timestamp: u32) -> Arrival {
        let arrival = self.receive_untimed(sequence);
        match arrival {
            Arrival::InOrder | Arrival::Reordered => self.update_jitter(now, timestamp),
            Arrival::Restarted | Arrival::Suspect => self.transit = None,
        }
        arrival
    }

    /// Counts a packet whose timestamp says nothing of when it was sent, such as a telephone-event, which keeps that of its
    /// beginning (RFC 4733 §2.2).
    pub fn receive_untimed(&mut self, sequence: u16) -> Arrival {
        let Some(run) = &mut self.sequence else {
            self.sequence = Some(Sequence::new(sequence));
            return Arrival::InOrder;
        };
        let arrival = run.receive(sequence);
        if arrival == Arrival::Restarted {
            self.restart(sequence);
        }
        arrival
    }

    /// The clock changes with the payload type; jitter begins anew.
    pub fn set_clock(&mut self, clock_hz: u32) {
        if self.clock_hz != clock_hz.max(1) {
            self.clock_hz = clock_hz.max(1);
            self.transit = None;
            self.jitter_scaled = 0;
        }
    }

    /// Another source took over: its sequence numbers and timestamps have nothing to do with those before. What was counted
    /// stays.
    pub fn set_source(&mut self) {
        self.close_run();
        self.sequence = None;
        self.transit = None;
        self.last_sender_report = None;
    }

    /// Remembers a sender report for the LSR and DLSR of our reports.
    pub fn receive_sender_report(&mut self, now: Instant, ntp: u64) {
        self.last_sender_report = Some((now, (ntp >> 16) as u32));
    }

    /// The block for our next report; the fraction lost counts from the last call (RFC 3550 A.3).
    pub fn report_block(&mut self, now: Instant, ssrc: u32) -> ReportBlock {
        let (expected, received) = self.run_counts();
        let expected_interval = expected.saturating_sub(self.expected_prior);
        let received_interval = received.saturating_sub(self.received_prior);
        (self.expected_prior, self.received_prior) = (expected, received);
        let lost_interval = expected_interval.saturating_sub(received_interval);
        let fraction = (lost_interval << 8).checked_div(expected_interval).unwrap_or(0);
        let cumulative = expected.cast_signed() - received.cast_signed();
        let (last_sr, delay_since_last_sr) = match self.last_sender_report {
            Some((at, middle)) => (middle, ntp_short(now.saturating_duration_since(at))),
            None => (0, 0),
        };
        ReportBlock {
            ssrc,
            fraction_lost: fraction.min(255) as u8,
            cumulative_lost: cumulative.clamp(-MAX_CUMULATIVE_LOST, MAX_CUMULATIVE_LOST) as i32,
            extended_highest_sequence: self.sequence.map_or(0, |run| run.extended_highest() as u32),
            jitter: self.jitter(),
            last_sr,
            delay_since_last_sr,
        }
    }

    /// Packets counted, late and duplicate ones included.
    pub fn received(&self) -> u64 {
        self.earlier.received + self.run_counts().1
    }

    /// Packets expected and not received; never below 0.
    pub fn lost(&self) -> u64 {
        let (expected, received) = self.run_counts();
        self.earlier.lost + expected.saturating_sub(received)
    }

    /// Lost of expected, 0 to 100.
    pub fn loss_percent(&self) -> f32 {
        let expected = self.earlier.expected + self.run_counts().0;
        if expected == 0 { 0.0 } else { self.lost() as f32 * 100.0 / expected as f32 }
    }

    /// Interarrival jitter in timestamp units (RFC 3550 A.8).
    pub fn jitter(&self) -> u32 {
        u32::try_from(self.jitter_scaled >> 4).unwrap_or(u32::MAX)
    }

    /// Interarrival jitter in milliseconds.
    pub fn jitter_ms(&self) -> f32 {
        self.jitter_scaled as f32 / 16.0 * 1_000.0 / self.clock_hz as f32
    }

    fn update_jitter(&mut self, now: Instant, timestamp: u32) {
        let since = now.saturating_duration_since(*self.epoch.get_or_insert(now));
        let arrival = units(since, self.clock_hz) as u32;
        let transit = arrival.wrapping_sub(timestamp);
        let change = self.transit.map(|before| transit.wrapping_sub(before).cast_signed().unsigned_abs());
        self.transit = Some(transit);
        if let Some(change) =
            change.map(u64::from).filter(|&change| change <= units(MAX_TRANSIT_CHANGE, self.clock_hz))
        {
            self.jitter_scaled = (self.jitter_scaled + change).saturating_sub((self.jitter_scaled + 8) >> 4);
        }
    }

    fn restart(&mut self, sequence: u16) {
        self.close_run();
        self.sequence = Some(Sequence::new(sequence));
    }

    fn close_run(&mut self) {
        let (expected, received) = self.run_counts();
        self.earlier.expected += expected;
        self.earlier.received += received;
        self.earlier.lost += expected.saturating_sub(received);
        (self.expected_prior, self.received_prior) = (0, 0);
        self.sequence = None;
    }

    /// Expected and received of the present run.
    fn run_counts(&self) -> (u64, u64) {
        self.sequence.map_or((0, 0), |run| (run.extended_highest() - u64::from(run.base) + 1, run.received))
    }
}

impl Sequence {
    fn new(first: u16) -> Self {
        Self { base: first, highest: first, cycles: 0, received: 1, suspect_next: None }
    }

    fn extended_highest(&self) -> u64 {
        self.cycles + u64::from(self.highest)
    }

    /// `update_seq` of RFC 3550 A.1.
    fn receive(&mut self, sequence: u16) -> Arrival {
        let ahead = sequence.wrapping_sub(self.highest);
        let arrival = if ahead == 0 {
            Arrival::Reordered
        } else if ahead < MAX_DROPOUT {
            if sequence < self.highest {
                self.cycles += 0x1_0000;
            }
            self.highest = sequence;
            self.suspect_next = None;
            Arrival::InOrder
        } else if ahead <= 0xFFFF - MAX_MISORDER + 1 {
            let restarted = self.suspect_next == Some(sequence);
            self.suspect_next = Some(sequence.wrapping_add(1));
            return if restarted { Arrival::Restarted } else { Arrival::Suspect };
        } else {
            Arrival::Reordered
        };
        self.received += 1;
        arrival
    }
}

/// Round trip from a report block about our own stream (RFC 3550 §6.4.1): `now_ntp_middle` is the middle 32 bits of the time
/// of arrival, on the clock of our SR. None without LSR, or where the sum is negative.
pub fn round_trip_ms(now_ntp_middle: u32, last_sr: u32, delay_since_last_sr: u32) -> Option<f32> {
    if last_sr == 0 {
        return None;
    }
    let elapsed = now_ntp_middle.wrapping_sub(last_sr).wrapping_sub(delay_since_last_sr).cast_signed();
    (elapsed >= 0).then_some(elapsed as f32 * 1_000.0 / 65_536.0)
}

/// A duration in 1/65536 s, as DLSR has it.
fn ntp_short(duration: Duration) -> u32 {
    u32::try_from(units(duration, 65_536)).unwrap_or(u32::MAX)
}

fn units(duration: Duration, clock_hz: u32) -> u64 {
    duration.as_secs() * u64::from(clock_hz)
        + u64::from(duration.subsec_nanos()) * u64::from(clock_hz) / 1_000_000_000
}

/// Rating without any impairment: the defaults of ITU-T G.107 table 2.
const BASE_RATING: f32 = 93.2;
/// Above this one-way delay, talkers begin to interrupt each other (G.107's curve, simplified to two lines).
const NOTICED_DELAY_MS: f32 = 177.3;
/// A frame is collected before it is sent.
const PACKETIZATION_MS: f32 = 20.0;
/// How deep a jitter buffer must be for a given jitter.
const BUFFER_PER_JITTER: f32 = 2.0;

/// Mean opinion score, 1.0 to 4.5, by the simplified E-model of ITU-T G.107. `codec` is the name in SDP; None for a codec
/// whose impairment is not known. Without a round trip the way is taken to be instant.
pub fn mos(loss_percent: f32, jitter_ms: f32, round_trip_ms: Option<f32>, codec: &str) -> Option<f32> {
    let (impairment, robustness) = equipment(codec)?;
    let not_negative = |value: f32| if value.is_finite() { value.max(0.0) } else { 0.0 };
    let loss = not_negative(loss_percent).min(100.0);
    let way_ms = not_negative(round_trip_ms.unwrap_or(0.0)) / 2.0;
    let delay_ms = way_ms + BUFFER_PER_JITTER * not_negative(jitter_ms) + PACKETIZATION_MS;
    let delay_impairment = 0.024 * delay_ms + 0.11 * (delay_ms - NOTICED_DELAY_MS).max(0.0);
    // G.107 §7.4 with random loss (BurstR = 1).
    let loss_impairment = impairment + (95.0 - impairment) * loss / (loss + robustness);
    let rating = (BASE_RATING - delay_impairment - loss_impairment).clamp(0.0, 100.0);
    // G.107 annex B.
    let score = 1.0 + 0.035 * rating + rating * (rating - 60.0) * (100.0 - rating) * 7e-6;
    Some(score.clamp(1.0, 4.5))
}

/// Ie and Bpl of ITU-T G.113 appendix I, for receivers that conceal losses, as phones and browsers do. G.722 is put on the
/// narrow-band scale beside G.711.
fn equipment(codec: &str) -> Option<(f32, f32)> {
    Some(match codec.to_ascii_uppercase().as_str() {
        "AMR" => (5.0, 10.0),
        // Opus has no values of the ITU; it stands no loss worse than G.711 with concealment.
        "G722" | "OPUS" | "PCMA" | "PCMU" => (0.0, 25.1),
        "G723" => (15.0, 16.1),
        "G729" => (11.0, 19.0),
        "GSM" => (20.0, 10.0),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn receive_all(stats: &mut ReceiverStats, sequences: impl IntoIterator<Item = u16>) {
        let now = Instant::now();
        for (step, sequence) in (0..).zip(sequences) {
            stats.receive(now + Duration::from_millis(20 * step), sequence, 160 * step as u32);
        }
    }

    #[test]
    fn steady_stream_has_no_loss_and_no_jitter() {
        let mut stats = ReceiverStats::new(8_000);
        receive_all(&mut stats, 1_000..2_000);
        assert_eq!((stats.received(), stats.lost(), stats.jitter()), (1_000, 0, 0));
        assert_eq!(stats.report_block(Instant::now(), 5).extended_highest_sequence, 1_999);
    }

    #[test]
    fn wrap_counts_a_cycle() {
        let mut stats = ReceiverStats::new(8_000);
        receive_all(&mut stats, (0..200).map(|step: u16| step.wrapping_add(65_500)));
        assert_eq!((stats.received(), stats.lost()), (200, 0));
        assert_eq!(stats.report_block(Instant::now(), 5).extended_highest_sequence, 65_536 + 163);
    }

    #[test]
    fn loss_is_counted_and_reported_as_a_fraction_of_the_interval() {
        let mut stats = ReceiverStats::new(8_000);
        receive_all(&mut stats, (0..1_000).filter(|sequence| sequence % 4 != 1));
        let block = stats.report_block(Instant::now(), 5);
        assert_eq!((stats.lost(), block.cumulative_lost, block.fraction_lost), (250, 250, 64));
        assert!((stats.loss_percent() - 25.0).abs() < 0.01);
        receive_all(&mut stats, 1_000..1_100);
        let block = stats.report_block(Instant::now(), 5);
        assert_eq!((block.cumulative_lost, block.fraction_lost), (250, 0));
    }

    #[test]
    fn duplicates_make_the_cumulative_loss_negative_and_ours_zero() {
        let mut stats = ReceiverStats::new(8_000);
        receive_all(&mut stats, [1, 2, 2, 3, 3, 4]);
        let block = stats.report_block(Instant::now(), 5);
        assert_eq!((stats.received(), stats.lost()), (6, 0));
        assert_eq!((block.cumulative_lost, block.fraction_lost), (-2, 0));
    }

    #[test]
    fn reordering_is_no_loss_also_across_the_wrap() {
        let mut stats = ReceiverStats::new(8_000);
        receive_all(&mut stats, [65_533, 65_535, 0, 65_534, 2, 1, 3]);
        assert_eq!((stats.received(), stats.lost()), (7, 0));
    }

    #[test]
    fn one_stray_packet_changes_nothing_and_a_restart_begins_anew() {
        let mut stats = ReceiverStats::new(8_000);
        let now = Instant::now();
        receive_all(&mut stats, 100..200);
        assert_eq!(stats.receive(now, 30_000, 0), Arrival::Suspect);
        assert_eq!(stats.receive(now, 200, 0), Arrival::InOrder);
        assert_eq!(stats.receive(now, 40_000, 0), Arrival::Suspect);
        assert_eq!(stats.receive(now, 40_001, 160), Arrival::Restarted);
        assert_eq!(stats.receive(now, 40_002, 320), Arrival::InOrder);
        assert_eq!((stats.received(), stats.lost()), (103, 0));
        assert_eq!(stats.report_block(now, 5).cumulative_lost, 0);
    }

    #[test]
    fn jitter_follows_the_formula_of_a_8() {
        let mut stats = ReceiverStats::new(8_000);
        let now = Instant::now();
        let mut expected = 0.0_f64;
        for step in 0..500_u32 {
            let late_ms = u64::from(step % 2) * 10;
            stats.receive(
                now + Duration::from_millis(20 * u64::from(step) + late_ms),
                step as u16,
                160 * step,
            );
            if step > 0 {
                expected += (80.0 - expected) / 16.0;
            }
        }
        assert!((f64::from(stats.jitter()) - expected).abs() < 1.0, "{} {expected}", stats.jitter());
        assert!((stats.jitter_ms() - 10.0).abs() < 0.2);
    }

    #[test]
    fn a_jump_of_the_timestamp_is_no_jitter() {
        let mut stats = ReceiverStats::new(8_000);
        let now = Instant::now();
        for step in 0..100_u32 {
            let timestamp = if step < 50 { 160 * step } else { (160 * step).wrapping_sub(0x9000_0000) };
            stats.receive(now + Duration::from_millis(20 * u64::from(step)), step as u16, timestamp);
        }
        assert_eq!(stats.jitter(), 0);
    }

    #[test]
    fn round_trip_is_what_is_left_of_the_delay() {
        assert_eq!(round_trip_ms(0x0001_8000, 0x0001_0000, 0x4000), Some(250.0));
        assert_eq!(round_trip_ms(0x0000_0800, 0xFFFF_F800, 0), Some(62.5));
        assert_eq!(round_trip_ms(1, 0, 0), None);
        assert_eq!(round_trip_ms(0x0001_0000, 0x0001_0000, 0x10), None);
    }

    #[test]
    fn sender_report_comes_back_with_its_delay() {
        let mut stats = ReceiverStats::new(8_000);
        let now = Instant::now();
        stats.receive_sender_report(now, 0x0011_2233_4455_6677);
        let block = stats.report_block(now + Duration::from_millis(1_500), 9);
        assert_eq!((block.last_sr, block.delay_since_last_sr), (0x2233_4455, 98_304));
    }

    #[test]
    fn mos_is_what_the_tables_say() {
        let score =
            |loss, jitter, round_trip, codec| mos(loss, jitter, round_trip, codec).expect("known codec");
        assert!((score(0.0, 0.0, None, "PCMU") - 4.4).abs() < 0.02);
        assert!((score(0.0, 0.0, None, "G729") - 4.1).abs() < 0.1);
        assert!((4.2..4.4).contains(&score(1.0, 0.0, None, "PCMA")));
        assert!((3.7..4.1).contains(&score(5.0, 0.0, None, "PCMA")));
        assert!(score(20.0, 0.0, None, "PCMA") < 2.7);
        assert!(score(5.0, 0.0, None, "G729") < score(5.0, 0.0, None, "PCMA"));
        assert!(score(0.0, 0.0, Some(600.0), "PCMA") < 3.9);
        assert!(score(0.0, 60.0, Some(100.0), "PCMA") < score(0.0, 5.0, Some(100.0), "PCMA"));
        assert!(score(100.0, 0.0, Some(9_000.0), "PCMA") < 1.01);
        assert_eq!(mos(0.0, 0.0, None, "speex"), None);
    }

    proptest! {
        #[test]
        fn mos_stays_on_its_scale(loss: f32, jitter: f32, round_trip: Option<f32>) {
            let score = mos(loss, jitter, round_trip, "PCMU").expect("known codec");
            prop_assert!((1.0..=4.5).contains(&score));
        }

        #[test]
        fn nothing_panics_on_any_packets(packets: Vec<(u16, u32, u16)>) {
            let mut stats = ReceiverStats::new(8_000);
            let mut now = Instant::now();
            for (sequence, timestamp, ms) in packets {
                now += Duration::from_millis(u64::from(ms));
                stats.receive(now, sequence, timestamp);
                let _ = (stats.lost(), stats.report_block(now, 1));
            }
            prop_assert!((0.0..=100.0).contains(&stats.loss_percent()));
        }
    }
}
