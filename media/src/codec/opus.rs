//! Opus for speech (RFC 6716, RFC 7587): one channel, at any of the rates that libopus takes, so that nothing has to be
//! resampled on the way to G.711 or G.722.

use opusic_c::{Application, Bitrate, Channels, InbandFec, SampleRate, Signal};

/// Timestamp units a second, whatever the audio (RFC 7587 §4.1).
pub const CLOCK_HZ: u32 = 48_000;
/// A packet above this is not Opus (RFC 6716 §3.4, R5).
const MAX_PACKET_MS: u32 = 120;
/// Bytes a frame of ours may take: far above what the bit rate needs.
const MAX_FRAME_BYTES: usize = 400;
/// libopus needs 5 of 10 for speech that nobody tells from 10; a third of the time.
const COMPLEXITY: u8 = 5;
/// Of recordings: a third of the time again, and speech is as clear.
const RECORDING_COMPLEXITY: u8 = 1;
/// Bits a second up to 16 kHz, and above.
const WIDE_BITRATE: u32 = 24_000;
const FULL_BITRATE: u32 = 32_000;
/// A payload up to this length says that the talker is silent (DTX).
const MAX_SILENCE_BYTES: usize = 2;

/// Whether silence is left out of what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dtx {
    Off,
    On,
}

/// The nearest rate above or at `wish_hz` that libopus takes.
pub const fn rate_hz(wish_hz: u32) -> u32 {
    match wish_hz {
        0..=8_000 => 8_000,
        8_001..=12_000 => 12_000,
        12_001..=16_000 => 16_000,
        16_001..=24_000 => 24_000,
        _ => 48_000,
    }
}

const fn sample_rate(rate_hz: u32) -> SampleRate {
    match rate_hz {
        0..=8_000 => SampleRate::Hz8000,
        8_001..=12_000 => SampleRate::Hz12000,
        12_001..=16_000 => SampleRate::Hz16000,
        16_001..=24_000 => SampleRate::Hz24000,
        _ => SampleRate::Hz48000,
    }
}

/// Whether a payload says nothing but that the talker is silent.
pub fn is_silence(payload: &[u8]) -> bool {
    payload.len() <= MAX_SILENCE_BYTES
}

/// Timestamp units of a packet (RFC 6716 §3.1, table 2); 0 for what is no packet.
pub fn duration_ticks(payload: &[u8]) -> u32 {
    let Some(&toc) = payload.first() else { return 0 };
    let frame = match toc >> 3 {
        config @ 0..=11 => [480, 960, 1_920, 2_880][usize::from(config & 3)],
        config @ 12..=15 => [480, 960][usize::from(config & 1)],
        config => [120, 240, 480, 960][usize::from(config & 3)],
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => payload.get(1).map_or(0, |count| u32::from(count & 0x3F)),
    };
    let ticks = frame * frames;
    if ticks > MAX_PACKET_MS * CLOCK_HZ / 1_000 { 0 } else { ticks }
}

/// One direction of decoding. Two channels become one.
pub struct Decoder {
    /// None where libopus got no memory: nothing is heard then.
    inner: Option<opusic_c::Decoder>,
    rate_hz: u32,
    room: Vec<u16>,
}

impl Decoder {
    /// Samples come at [`rate_hz`] of `wish_hz`.
    pub fn new(wish_hz: u32) -> Self {
        let rate_hz = rate_hz(wish_hz);
        let inner = opusic_c::Decoder::new(Channels::Mono, sample_rate(rate_hz)).ok();
        Self { inner, rate_hz, room: vec![0; (rate_hz / 1_000 * MAX_PACKET_MS) as usize] }
    }

    /// Samples a second.
    pub fn sample_rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// Appends the samples of a packet; nothing for what is no packet.
    pub fn decode(&mut self, payload: &[u8], samples: &mut Vec<i16>) {
        if !payload.is_empty() {
            self.run(payload, self.room.len(), false, samples);
        }
    }

    /// Appends what stands for so many lost samples; a multiple of 2.5 ms is made of them.
    pub fn conceal(&mut self, count: usize, samples: &mut Vec<i16>) {
        self.run(&[], self.whole(count), false, samples);
    }

    /// Appends the lost samples before `next` from the redundancy that it carries (RFC 6716 §2.1.7); concealed where it
    /// carries none.
    pub fn recover(&mut self, next: &[u8], count: usize, samples: &mut Vec<i16>) {
        self.run(next, self.whole(count), true, samples);
    }

    fn whole(&self, count: usize) -> usize {
        count.next_multiple_of((self.rate_hz / 400) as usize).min(self.room.len())
    }

    fn run(&mut self, payload: &[u8], count: usize, redundancy: bool, samples: &mut Vec<i16>) {
        let (Some(decoder), Some(room)) = (&mut self.inner, self.room.get_mut(..count)) else { return };
        let written = decoder.decode_to_slice(payload, room, redundancy).unwrap_or(0);
        samples.extend(room.iter().take(written).map(|sample| sample.cast_signed()));
    }
}

/// One direction of encoding.
pub struct Encoder {
    /// None where libopus got no memory: nothing is sent then.
    inner: Option<opusic_c::Encoder>,
    rate_hz: u32,
    loss_percent: u8,
    room: Vec<u16>,
}

impl Encoder {
    /// Samples are given at [`rate_hz`] of `wish_hz`.
    pub fn new(wish_hz: u32, dtx: Dtx) -> Self {
        let rate_hz = rate_hz(wish_hz);
        let inner = opusic_c::Encoder::new(Channels::Mono, sample_rate(rate_hz), Application::Voip)
            .and_then(|mut encoder| {
                let bitrate = if rate_hz > 16_000 { FULL_BITRATE } else { WIDE_BITRATE };
                encoder.set_bitrate(Bitrate::Value(bitrate))?;
                encoder.set_complexity(COMPLEXITY)?;
                encoder.set_signal(Signal::Voice)?;
                encoder.set_inband_fec(InbandFec::Mode1)?;
                encoder.set_dtx(dtx == Dtx::On)?;
                Ok(encoder)
            })
            .ok();
        Self { inner, rate_hz, loss_percent: 0, room: Vec::new() }
    }

    /// For a file: nothing is lost on the way, and many are written at once.
    pub fn for_recording(wish_hz: u32) -> Self {
        let mut encoder = Self::new(wish_hz, Dtx::Off);
        if let Some(inner) = &mut encoder.inner {
            // An encoder that refuses goes on with more work.
            let _ = inner.set_complexity(RECORDING_COMPLEXITY);
            let _ = inner.set_inband_fec(InbandFec::Off);
        }
        encoder
    }

    /// How far it looks ahead, in ticks of [`CLOCK_HZ`].
    pub fn look_ahead_ticks(&mut self) -> u16 {
        let samples = self.inner.as_mut().and_then(|inner| inner.get_look_ahead().ok()).unwrap_or(0);
        (samples * (CLOCK_HZ / self.rate_hz)).min(CLOCK_HZ / 10) as u16
    }

    /// Samples a second.
    pub fn sample_rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// What the peer reports of our packets: decides how much redundancy they carry.
    pub fn expect_loss(&mut self, percent: u8) {
        let percent = percent.min(100);
        if percent != self.loss_percent
            && let Some(encoder) = &mut self.inner
        {
            self.loss_percent = percent;
            // An encoder that refuses goes on with less redundancy.
            let _ = encoder.set_packet_loss(percent);
        }
    }

    /// Appends the payload of one frame of 10, 20, 40 or 60 ms; nothing for another length.
    pub fn encode(&mut self, samples: &[i16], payload: &mut Vec<u8>) {
        let Some(encoder) = &mut self.inner else { return };
        self.room.clear();
        self.room.extend(samples.iter().map(|sample| sample.cast_unsigned()));
        let start = payload.len();
        payload.resize(start + MAX_FRAME_BYTES, 0);
        let written = payload
            .get_mut(start..)
            .and_then(|room| encoder.encode_to_slice(&self.room, room).ok())
            .unwrap_or(0);
        payload.truncate(start + written);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{goertzel, tone::Oscillator};

    /// A tone at 48 kHz, decoded at another rate.
    fn through(frequency_hz: f64, rate_hz: u32) -> Vec<i16> {
        let mut oscillator = Oscillator::new(&[frequency_hz], 48_000, 10_000.0);
        let (mut encoder, mut decoder) = (Encoder::new(48_000, Dtx::Off), Decoder::new(rate_hz));
        let (mut frame, mut payload, mut samples) = (vec![0; 960], Vec::new(), Vec::new());
        for _ in 0..100 {
            oscillator.fill(&mut frame);
            payload.clear();
            encoder.encode(&frame, &mut payload);
            assert_eq!(duration_ticks(&payload), 960);
            decoder.decode(&payload, &mut samples);
        }
        samples.split_off(rate_hz as usize / 2)
    }

    #[test]
    fn what_a_lower_rate_cannot_carry_does_not_fold_over() {
        let samples = through(6_000.0, 8_000);
        let alias = goertzel(&samples, 8_000, 2_000.0).sqrt();
        assert!(alias < 10.0, "an alias of {alias}, more than -60 dB");
        let samples = through(6_000.0, 16_000);
        assert!(goertzel(&samples, 16_000, 6_000.0).sqrt() > 5_000.0);
    }

    #[test]
    fn redundancy_brings_a_lost_frame_back_better_than_concealment() {
        let (mut encoder, mut clear) = (Encoder::new(16_000, Dtx::Off), Decoder::new(16_000));
        encoder.expect_loss(20);
        let (mut fec, mut plc) = (Decoder::new(16_000), Decoder::new(16_000));
        let (mut phase, mut errors) = (0.0_f64, [0.0_f64; 2]);
        let mut packets = Vec::new();
        for frame in 0..150 {
            // A voice that glides: what came before does not tell what follows.
            let hz = 150.0 + 100.0 * (f64::from(frame) / 4.0).sin();
            let samples: Vec<i16> = (0..320)
                .map(|_| {
                    phase = (phase + hz / 16_000.0) % 1.0;
                    (1..10)
                        .map(|n| (phase * f64::from(n) * std::f64::consts::TAU).sin() * 1_500.0)
                        .sum::<f64>() as i16
                })
                .collect();
            let mut payload = Vec::new();
            encoder.encode(&samples, &mut payload);
            packets.push(payload);
        }
        for (place, payload) in packets.iter().enumerate() {
            let (mut expected, mut by_fec, mut by_plc) = (Vec::new(), Vec::new(), Vec::new());
            clear.decode(payload, &mut expected);
            match packets.get(place + 1) {
                Some(next) if place % 10 == 9 => {
                    fec.recover(next, 320, &mut by_fec);
                    plc.conceal(320, &mut by_plc);
                    for (error, samples) in errors.iter_mut().zip([&by_fec, &by_plc]) {
                        let difference = expected.iter().zip(samples).map(|(a, b)| f64::from(a - b).powi(2));
                        *error += difference.sum::<f64>();
                    }
                }
                _ => {
                    fec.decode(payload, &mut by_fec);
                    plc.decode(payload, &mut by_plc);
                }
            }
        }
        assert!(errors[0] * 2.0 < errors[1], "{errors:?}");
    }

    #[test]
    fn silence_is_left_out_where_it_may_be() {
        let mut encoder = Encoder::new(16_000, Dtx::On);
        let mut sent = 0;
        for _ in 0..100 {
            let mut payload = Vec::new();
            encoder.encode(&[0; 320], &mut payload);
            sent += usize::from(!is_silence(&payload));
        }
        assert!(sent < 40, "{sent} of 100");
    }

    #[test]
    fn packets_tell_their_length() {
        assert_eq!([&[0x08, 1][..], &[0xF8], &[0xFC | 3, 6]].map(duration_ticks), [960, 960, 5_760]);
        assert_eq!([&[0xFF, 63][..], &[], &[0x03]].map(duration_ticks), [0, 0, 0]);
    }
}
