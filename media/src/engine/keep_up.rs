//! What a member of a room is sent that is sent nothing else: it keeps the path through a NAT open (RFC 6263 §4), and no peer takes
//! the line for dead.
//!
//! Silence is the same for everybody, so nobody asks the room for it: a room in which nobody speaks has no deadline at all.

use std::sync::LazyLock;
use std::time::Instant;

use super::output::Exit;
use super::party::Hear;
use super::timeout::{Own, send_own};
use super::{Engine, LegIndex};
use crate::bridge::Step;
use crate::codec::comfort_noise::ComfortNoise;
use crate::codec::opus::Dtx;
use crate::codec::{Encoder, KnownCodec};
use crate::mixer::MemberPlan;

/// How loud a room is in which nobody speaks (RFC 3389 §3.1).
static COMFORT: LazyLock<[u8; 1]> = LazyLock::new(|| ComfortNoise::default().payload());
/// 20 ms of zeros from an encoder that begins.
static G722: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut payload = Vec::new();
    Encoder::beside(KnownCodec::G722, 16_000, Dtx::Off).encode(&[0; 320], &mut payload);
    payload
});
/// A CELT frame of one channel in which nothing is coded (RFC 6716 §3.1, §4.3).
const OPUS: &[u8] = &[0xF8, 0xFF, 0xFE];

/// How silence is said to one member.
#[derive(Clone, Copy)]
pub(super) struct KeepUp {
    payload_type: u8,
    clock_hz: u32,
    payload: &'static [u8],
}

impl KeepUp {
    /// Comfort noise where it was agreed (RFC 3389), otherwise a frame in its codec.
    pub fn new(plan: &MemberPlan) -> Self {
        let (codec, speech) = plan.sent();
        let (payload_type, payload) = match (plan.comfort(), codec) {
            (Some(comfort), _) => (comfort, COMFORT.as_slice()),
            (None, KnownCodec::G722) => (speech, G722.as_slice()),
            (None, KnownCodec::Opus) => (speech, OPUS),
            (None, KnownCodec::Pcma) => (speech, [0xD5; 160].as_slice()),
            (None, KnownCodec::Pcmu) => (speech, [0xFF; 160].as_slice()),
        };
        Self { payload_type, clock_hz: codec.clock_hz(), payload }
    }
}

impl Engine {
    /// Asked with each report: a member that was sent nothing since the last one gets a packet with it.
    pub(super) fn keep_up(&mut self, now: Instant, index: LegIndex) {
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        let outgoing = &party.outgoing;
        let (Hear::Room(_), Some(silence)) = (&outgoing.hear, outgoing.keep_up) else { return };
        let sent = outgoing.packets != outgoing.packets_at_last_report;
        if sent || !party.may_send() || outgoing.dtmf.is_sending() {
            return;
        }
        party.outgoing.clock_hz = silence.clock_hz;
        let step = Step::Splice { clock_hz: silence.clock_hz };
        let own = Own { payload_type: silence.payload_type, step, payload: silence.payload };
        let mut exit = Exit { outputs: &mut self.outputs, timers: &mut self.timers };
        if let Some(header) = send_own(party, &mut exit, now, index, &own) {
            self.recordings.tap_own(party, now, &header, own.payload);
        }
    }
}
