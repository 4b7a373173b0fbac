//! What was received, how late and how well it sounds: RFC 3550 appendix A and ITU-T G.107.

use std::time::Instant;

use crate::rtcp::ReportBlock;

/// Receiver statistics of one source (RFC 3550 A.1, A.3, A.8).
#[derive(Clone, Debug)]
pub struct ReceiverStats {
    clock_hz: u32,
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
        Self { clock_hz }
    }

    /// Counts a packet that arrived at `now`.
    pub fn receive(&mut self, now: Instant, sequence: u16, timestamp: u32) -> Arrival {
        let _ = (now, sequence, timestamp);
        Arrival::InOrder
    }

    /// The clock changes with the payload type; jitter begins anew.
    pub fn set_clock(&mut self, clock_hz: u32) {
        self.clock_hz = clock_hz;
    }

    /// Remembers a sender report for the LSR and DLSR of our reports.
    pub fn receive_sender_report(&mut self, now: Instant, ntp: u64) {
        let _ = (now, ntp);
    }

    /// The block for our next report; the fraction lost counts from the last call.
    pub fn report_block(&mut self, now: Instant, ssrc: u32) -> ReportBlock {
        let _ = now;
        ReportBlock { ssrc, ..ReportBlock::default() }
    }

    /// Packets counted, late and duplicate ones included.
    pub fn received(&self) -> u64 {
        0
    }

    /// Packets expected and not received; never below 0.
    pub fn lost(&self) -> u64 {
        0
    }

    /// Lost of expected, 0 to 100.
    pub fn loss_percent(&self) -> f32 {
        0.0
    }

    /// Interarrival jitter in milliseconds.
    pub fn jitter_ms(&self) -> f32 {
        0.0
    }
}

/// Round trip from a report block about our own stream (RFC 3550 §6.4.1): `now_ntp` is the middle 32 bits of the time of
/// arrival, as in our SR. None without LSR, or where the sum is negative.
pub fn round_trip_ms(now_ntp_middle: u32, last_sr: u32, delay_since_last_sr: u32) -> Option<f32> {
    let _ = (now_ntp_middle, last_sr, delay_since_last_sr);
    None
}

/// Mean opinion score, 1.0 to 4.5, by the simplified E-model of ITU-T G.107. `codec` is the name in SDP; None for a codec
/// whose impairment is not known.
pub fn mos(loss_percent: f32, jitter_ms: f32, round_trip_ms: Option<f32>, codec: &str) -> Option<f32> {
    let _ = (loss_percent, jitter_ms, round_trip_ms, codec);
    None
}
