//! One-way audio: a call in which one side speaks and nothing is ever heard of the other.

use std::time::{Duration, Instant};

use super::party::{Format, Hear};
use super::receive::Accepted;
use super::{Engine, LegIndex};
use crate::codec::{Decoder, KnownCodec, g711};
use crate::event::Event;
use crate::leg::AudioFlow;

/// One of so many packets is listened to: one a second or so.
const SAMPLED: u16 = 64;
/// A side of which nothing was heard for so long, while the other was, is named.
pub const ONE_WAY_AFTER: Duration = Duration::from_secs(10);
/// Quieter than this peak, -54 dBov, nobody speaks.
const AUDIBLE_PEAK: u16 = 64;

/// What was heard of a Leg since another began to hear it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Audibility {
    since: Option<Instant>,
    last: Option<Instant>,
    pub flow: AudioFlow,
}

impl Audibility {
    /// Another Leg hears this one from now on.
    pub fn begin(&mut self, now: Instant) {
        *self = Self { since: Some(now), last: None, flow: self.flow };
    }

    fn heard_lately(&self, now: Instant) -> bool {
        self.last.is_some_and(|last| now.saturating_duration_since(last) < ONE_WAY_AFTER)
    }

    fn is_mute(&self, now: Instant) -> bool {
        let long = self.since.is_some_and(|since| now.saturating_duration_since(since) >= ONE_WAY_AFTER);
        long && self.last.is_none()
    }
}

impl Engine {
    /// Listens to one of many packets.
    pub(super) fn sample_audio(&mut self, now: Instant, index: LegIndex, accepted: &Accepted, packet: &[u8]) {
        if !accepted.header.sequence.is_multiple_of(SAMPLED) {
            return;
        }
        let Format::Audio { codec, .. } = accepted.format else { return };
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        if is_audible(codec, accepted.header.payload(packet)) {
            party.incoming.audibility.last = Some(now);
            party.incoming.audibility.flow = AudioFlow::Heard;
        }
    }

    /// Names a Leg that is never heard although the other one of its pair is. Asked with each report.
    pub(super) fn check_one_way(&mut self, now: Instant, index: LegIndex) {
        let Some(Some(party)) = self.parties.get(index as usize) else { return };
        let Hear::Leg { from, .. } = &party.outgoing.hear else { return };
        let Some(Some(other)) = self.parties.get(*from as usize) else { return };
        let audibility = party.incoming.audibility;
        let both = matches!(other.outgoing.hear, Hear::Leg { from, .. } if from == index);
        let expected = both && *from != index && party.may_receive() && other.may_receive();
        let named = audibility.flow == AudioFlow::OneWay;
        if !expected || named || !audibility.is_mute(now) || !other.incoming.audibility.heard_lately(now) {
            return;
        }
        let leg = party.id;
        if let Some(Some(party)) = self.parties.get_mut(index as usize) {
            party.incoming.audibility.flow = AudioFlow::OneWay;
        }
        self.outputs.event(Event::OneWayAudio { leg });
    }
}

/// Whether somebody may be speaking in a payload. What cannot be decoded may be speech.
fn is_audible(codec: Option<KnownCodec>, payload: &[u8]) -> bool {
    let loud = |sample: i16| sample.unsigned_abs() > AUDIBLE_PEAK;
    match codec {
        None => true,
        Some(KnownCodec::Pcma) => payload.iter().any(|&code| loud(g711::alaw_to_linear(code))),
        Some(KnownCodec::Pcmu) => payload.iter().any(|&code| loud(g711::ulaw_to_linear(code))),
        Some(codec @ (KnownCodec::G722 | KnownCodec::Opus)) => {
            // One packet a second: it may have a decoder of its own, whose filters take a moment to settle.
            let mut samples = Vec::new();
            Decoder::beside(codec, 8_000).decode(payload, &mut samples);
            samples.iter().skip(32).any(|&sample| loud(sample))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Encoder, tone::Oscillator};

    #[test]
    fn silence_is_told_from_a_voice_in_every_codec() {
        for codec in [KnownCodec::G722, KnownCodec::Opus, KnownCodec::Pcma, KnownCodec::Pcmu] {
            for (amplitude, audible) in [(0.0, false), (3_000.0, true)] {
                let rate_hz = codec.sample_rate_hz();
                let mut oscillator = Oscillator::new(&[200.0, 400.0, 1_200.0], rate_hz, amplitude);
                let (mut encoder, mut payload) = (Encoder::new(codec), Vec::new());
                for _ in 0..50 {
                    let mut samples = vec![0; rate_hz as usize / 50];
                    oscillator.fill(&mut samples);
                    payload.clear();
                    encoder.encode(&samples, &mut payload);
                }
                assert_eq!(is_audible(Some(codec), &payload), audible, "{codec:?} {}", payload.len());
            }
        }
        assert!(is_audible(None, &[]));
    }
}
