//! Audio decoded once, encoded once for each codec, replayed by changing headers.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use thiserror::Error;

use super::resample::resample;
use super::sound;
use crate::codec::comfort_noise::ComfortNoise;
use crate::codec::opus::Dtx;
use crate::codec::{Encoder, KnownCodec};

/// Longest prompt that is read: keeps one file from taking the memory.
pub const MAX_PROMPT_SECONDS: u32 = 600;
/// Largest file that is read: ten minutes of a WAV of CD quality.
pub const MAX_PROMPT_BYTES: u64 = 106 << 20;
/// Payload of 20 ms: 64 kbit/s in G.711 and G.722.
const FRAME_BYTES: usize = 160;
const WIDE_HZ: u32 = 16_000;
const NARROW_HZ: u32 = 8_000;

/// A recorded announcement or hold music, kept as payloads of 20 ms in every codec that can be encoded.
#[derive(Debug, Default)]
pub struct Prompt {
    g722: Vec<u8>,
    opus: Vec<u8>,
    /// Where each frame of Opus ends.
    opus_ends: Vec<usize>,
    pcma: Vec<u8>,
    pcmu: Vec<u8>,
}

/// Why a file is no prompt. The administrator's fault, except `Unreadable`.
#[derive(Debug, Error)]
pub enum PromptError {
    #[error("cannot read the prompt: {0}")]
    Unreadable(#[from] std::io::Error),
    #[error("not {} {kind} file that can be played: {reason}", article(.kind))]
    Malformed { kind: &'static str, reason: String },
    #[error("the sound is longer than {MAX_PROMPT_SECONDS} s, which is the most that is played")]
    TooLong,
    #[error("the file has {0} bytes, and at most {MAX_PROMPT_BYTES} are read")]
    TooLarge(u64),
    #[error("not a sound file that can be played: WAV, MP3 and Ogg/Opus are")]
    UnknownKind,
    #[error("there is no sound in it")]
    Empty,
}

fn article(kind: &str) -> &'static str {
    if kind.starts_with(['O', 'M']) { "an" } else { "a" }
}

impl Prompt {
    /// Reads a file: WAV of any rate, 8 to 32 bits or float, MP3, or Ogg/Opus; several channels are mixed to one. Encodes it
    /// as well: call it where half a second a minute of audio does not hurt.
    pub fn from_file(path: &Path) -> Result<Arc<Self>, PromptError> {
        let bytes = std::fs::metadata(path)?.len();
        if bytes > MAX_PROMPT_BYTES {
            return Err(PromptError::TooLarge(bytes));
        }
        Self::from_bytes(&std::fs::read(path)?)
    }

    /// The same from bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Arc<Self>, PromptError> {
        let sound = sound::read(bytes)?;
        Self::from_samples(&sound.samples, sound.rate_hz)
    }

    /// From samples of one channel. The end is filled up with silence to whole frames of 20 ms.
    pub fn from_samples(samples: &[i16], rate_hz: u32) -> Result<Arc<Self>, PromptError> {
        if samples.is_empty() {
            return Err(PromptError::Empty);
        }
        if samples.len() as u64 > u64::from(MAX_PROMPT_SECONDS) * u64::from(rate_hz) {
            return Err(PromptError::TooLong);
        }
        let narrow = resample(samples, rate_hz, NARROW_HZ);
        let wide = resample(samples, rate_hz, WIDE_HZ);
        let (opus, opus_ends) = encode_opus(&wide);
        Ok(Arc::new(Self {
            g722: encode(KnownCodec::G722, wide),
            opus,
            opus_ends,
            pcma: encode(KnownCodec::Pcma, narrow.clone()),
            pcmu: encode(KnownCodec::Pcmu, narrow),
        }))
    }

    /// Quiet music, made by the program: no file and no licence is needed. Ends where it begins.
    pub fn hold_music() -> Arc<Self> {
        static MUSIC: LazyLock<Arc<Prompt>> = LazyLock::new(|| {
            Prompt::from_samples(&super::tone::hold_music_samples(NARROW_HZ), NARROW_HZ)
                .unwrap_or_else(|_| Arc::new(Prompt::default()))
        });
        MUSIC.clone()
    }

    /// Two seconds of the sound of a quiet room.
    pub fn comfort() -> Arc<Self> {
        static ROOM: LazyLock<Arc<Prompt>> = LazyLock::new(|| {
            let mut samples = Vec::new();
            ComfortNoise::default().fill(2 * NARROW_HZ as usize, &mut samples);
            Prompt::from_samples(&samples, NARROW_HZ).unwrap_or_else(|_| Arc::new(Prompt::default()))
        });
        ROOM.clone()
    }

    /// Length in milliseconds, in steps of 20.
    pub fn duration_ms(&self) -> u64 {
        self.frames() as u64 * 20
    }

    /// Packets of 20 ms.
    pub fn frames(&self) -> usize {
        self.pcmu.len() / FRAME_BYTES
    }

    /// The payload of one packet; empty behind the end.
    pub fn frame(&self, codec: KnownCodec, index: usize) -> &[u8] {
        let track = match codec {
            KnownCodec::G722 => &self.g722,
            KnownCodec::Opus => return self.opus_frame(index),
            KnownCodec::Pcma => &self.pcma,
            KnownCodec::Pcmu => &self.pcmu,
        };
        track.get(index * FRAME_BYTES..(index + 1) * FRAME_BYTES).unwrap_or(&[])
    }

    fn opus_frame(&self, index: usize) -> &[u8] {
        let begin = index.checked_sub(1).and_then(|before| self.opus_ends.get(before)).copied().unwrap_or(0);
        let end = self.opus_ends.get(index).copied().unwrap_or(begin);
        self.opus.get(begin..end).unwrap_or(&[])
    }
}

/// The frames one behind the other, and where each ends.
fn encode_opus(wide: &[i16]) -> (Vec<u8>, Vec<usize>) {
    let mut encoder = Encoder::beside(KnownCodec::Opus, WIDE_HZ, Dtx::Off);
    let (mut track, mut ends, mut last) = (Vec::new(), Vec::new(), Vec::new());
    for frame in wide.chunks(WIDE_HZ as usize / 50) {
        last.clear();
        last.extend_from_slice(frame);
        last.resize(WIDE_HZ as usize / 50, 0);
        encoder.encode(&last, &mut track);
        ends.push(track.len());
    }
    (track, ends)
}

fn encode(codec: KnownCodec, mut samples: Vec<i16>) -> Vec<u8> {
    let frame = codec.sample_rate_hz() as usize / 50;
    samples.resize(samples.len().next_multiple_of(frame), 0);
    let mut encoder = Encoder::new(codec);
    let mut track = Vec::with_capacity(samples.len() / frame * FRAME_BYTES);
    samples.chunks_exact(frame).for_each(|samples| encoder.encode(samples, &mut track));
    track
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::codec::{Decoder, goertzel};

    fn wav(spec: hound::WavSpec, seconds: f64) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
        for n in 0..(f64::from(spec.sample_rate) * seconds) as u32 {
            let phase = f64::from(n) * 1_000.0 / f64::from(spec.sample_rate) * std::f64::consts::TAU;
            for _ in 0..spec.channels {
                writer.write_sample((phase.sin() * 10_000.0) as i16).unwrap();
            }
        }
        writer.finalize().unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_cd_quality_file_becomes_every_codec_and_keeps_its_pitch() {
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: 44_100,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let prompt = Prompt::from_bytes(&wav(spec, 0.51)).unwrap();
        assert_eq!(prompt.frames(), 26);
        for codec in [KnownCodec::Pcmu, KnownCodec::Pcma, KnownCodec::G722, KnownCodec::Opus] {
            let (mut decoder, mut samples) = (Decoder::new(codec), Vec::new());
            (0..25).for_each(|index| decoder.decode(prompt.frame(codec, index), &mut samples));
            let power = goertzel(&samples, codec.sample_rate_hz(), 1_000.0);
            assert!(power.sqrt() > 8_000.0, "{codec:?}: {}", power.sqrt());
            assert!(goertzel(&samples, codec.sample_rate_hz(), 1_400.0).sqrt() < 400.0);
        }
    }

    #[test]
    fn garbage_empty_and_endless_files_are_refused() {
        assert!(matches!(Prompt::from_bytes(b"RIFF"), Err(PromptError::Malformed { .. })));
        assert!(matches!(Prompt::from_samples(&[], 8_000), Err(PromptError::Empty)));
        assert!(matches!(Prompt::from_samples(&vec![0; 8_000 * 601], 8_000), Err(PromptError::TooLong)));
        assert!(Prompt::hold_music().duration_ms() >= 4_000);
    }
}
