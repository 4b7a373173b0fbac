//! Sound files of others: WAV, MP3, Ogg/Opus, told apart by how they begin. Nothing in them is believed before it was compared
//! with what is there.

use std::io::Cursor;

use super::prompt::{MAX_PROMPT_SECONDS, PromptError};
use super::{mp3, ogg};

/// Channels of a file that is read.
pub const MAX_CHANNELS: u16 = 8;
/// Rates of a file that is read.
pub const RATES_HZ: std::ops::RangeInclusive<u32> = 4_000..=192_000;

/// Samples mixed to one channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Sound {
    pub samples: Vec<i16>,
    pub rate_hz: u32,
}

/// Reads a file of any of the three kinds.
///
/// # Errors
/// It is none of them, is not what it says it is, or is too long: with the reason and the limit.
pub fn read(bytes: &[u8]) -> Result<Sound, PromptError> {
    match bytes {
        [b'R', b'I', b'F', b'F', ..] => read_wav(bytes),
        [b'O', b'g', b'g', b'S', ..] => ogg::read(bytes),
        // A tag, or eleven bits that begin a frame (ISO 11172-3 §2.4.1.2).
        [b'I', b'D', b'3', ..] => mp3::read(bytes),
        [0xFF, second, ..] if second & 0xE0 == 0xE0 => mp3::read(bytes),
        _ => Err(PromptError::UnknownKind),
    }
}

/// Puts right the header of a WAV that a program wrote into a pipe: it could not know how long it is.
pub fn mend_piped_wav(bytes: &mut [u8]) {
    let whole = bytes.len();
    let data = chunks(bytes).find(|chunk| chunk.kind == *b"data");
    if let Some(data) = data {
        for (end, from) in [(data.begin, data.begin), (8, 8)] {
            let length = u32::try_from(whole - from).unwrap_or(u32::MAX);
            if let Some(place) = bytes.get_mut(end - 4..end) {
                place.copy_from_slice(&length.to_le_bytes());
            }
        }
    }
}

/// Whether more than a prompt may last has been read.
pub(super) fn is_too_long(samples: usize, rate_hz: u32) -> bool {
    samples as u64 > u64::from(MAX_PROMPT_SECONDS) * u64::from(rate_hz)
}

/// Mixes interleaved samples of full scale 1 to one channel.
pub(super) fn mix(interleaved: &[f32], channels: usize, out: &mut Vec<i16>) {
    let frames = interleaved.chunks_exact(channels.max(1));
    out.extend(frames.map(|frame| (frame.iter().sum::<f32>() / frame.len() as f32 * 32_767.0) as i16));
}

/// One part of a RIFF file.
struct Chunk {
    kind: [u8; 4],
    begin: usize,
    /// As its header says.
    bytes: usize,
}

/// The parts, as far as their headers lead.
fn chunks(bytes: &[u8]) -> impl Iterator<Item = Chunk> {
    let mut at = 12;
    std::iter::from_fn(move || {
        let kind = bytes.get(at..at + 4)?.try_into().ok()?;
        let length = bytes.get(at + 4..at + 8)?.try_into().map(u32::from_le_bytes).ok()? as usize;
        let begin = at + 8;
        at = begin.saturating_add(length).saturating_add(length % 2);
        Some(Chunk { kind, begin, bytes: length })
    })
}

fn read_wav(bytes: &[u8]) -> Result<Sound, PromptError> {
    let malformed = |error: hound::Error| PromptError::Malformed { kind: "WAV", reason: error.to_string() };
    if let Some(data) = chunks(bytes).find(|chunk| chunk.kind == *b"data")
        && data.bytes > bytes.len() - data.begin
    {
        let reason = format!(
            "its header promises {} bytes of sound, and {} are there",
            data.bytes,
            bytes.len() - data.begin
        );
        return Err(PromptError::Malformed { kind: "WAV", reason });
    }
    let mut reader = hound::WavReader::new(Cursor::new(bytes)).map_err(malformed)?;
    let spec = reader.spec();
    if !RATES_HZ.contains(&spec.sample_rate) || spec.channels == 0 || spec.channels > MAX_CHANNELS {
        let reason = format!("{} Hz, {} channels", spec.sample_rate, spec.channels);
        return Err(PromptError::Malformed { kind: "WAV", reason });
    }
    if is_too_long(reader.duration() as usize, spec.sample_rate) {
        return Err(PromptError::TooLong);
    }
    let interleaved: Vec<f32> = match spec.sample_format {
        hound::SampleFormat::Float => reader.samples::<f32>().collect::<Result<_, _>>().map_err(malformed)?,
        hound::SampleFormat::Int => {
            let scale = (1_i64 << (spec.bits_per_sample.clamp(1, 32) - 1)) as f32;
            let samples: Vec<i32> = reader.samples().collect::<Result<_, _>>().map_err(malformed)?;
            samples.into_iter().map(|sample| sample as f32 / scale).collect()
        }
    };
    let mut samples = Vec::new();
    mix(&interleaved, usize::from(spec.channels), &mut samples);
    Ok(Sound { samples, rate_hz: spec.sample_rate })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(seconds: u32) -> Vec<u8> {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 8_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut bytes = Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
        (0..seconds * 8_000).for_each(|n| writer.write_sample((n % 100) as i16 * 100).unwrap());
        writer.finalize().unwrap();
        bytes.into_inner()
    }

    fn refused(bytes: &[u8]) -> String {
        read(bytes).unwrap_err().to_string()
    }

    #[test]
    fn a_header_that_lies_is_refused_with_what_it_says_and_what_is_there() {
        let mut bytes = wav(1);
        bytes[40..44].copy_from_slice(&4_000_000_u32.to_le_bytes());
        assert_eq!(
            refused(&bytes),
            "not a WAV file that can be played: its header promises 4000000 bytes of sound, and 16000 are there"
        );
        for rate_hz in [3_u32, 1_000_000] {
            let mut bytes = wav(1);
            bytes[24..28].copy_from_slice(&rate_hz.to_le_bytes());
            // Octets a second, which have to fit.
            bytes[28..32].copy_from_slice(&(rate_hz * 2).to_le_bytes());
            assert!(refused(&bytes).contains(&format!("{rate_hz} Hz")), "{}", refused(&bytes));
        }
        // A program that writes into a pipe cannot know better.
        let mut piped = wav(1);
        piped[40..44].copy_from_slice(&0x7FFF_F000_u32.to_le_bytes());
        mend_piped_wav(&mut piped);
        assert_eq!(piped, wav(1));
    }

    #[test]
    fn two_hours_are_refused_with_the_limit() {
        assert_eq!(refused(&wav(7_200)), "the sound is longer than 600 s, which is the most that is played");
    }

    #[test]
    fn what_is_no_sound_is_refused() {
        for bytes in [b"".as_slice(), b"<html>", b"RIF", b"\x00\x01\x02\x03", &[0xFF]] {
            assert!(matches!(read(bytes), Err(PromptError::UnknownKind)), "{bytes:?}");
        }
        let not_mp3 = [b"ID3\x04\0\0\0\0\0\x10".as_slice(), &[7; 5_000]].concat();
        assert!(refused(&not_mp3).starts_with("not an MP3 file that can be played"), "{}", refused(&not_mp3));
        let not_mp3 = [[0xFF, 0xFB].as_slice(), &[0; 5_000]].concat();
        assert!(refused(&not_mp3).starts_with("not an MP3 file that can be played"), "{}", refused(&not_mp3));
        let vorbis = [b"OggS\0\x02".as_slice(), &[0; 20], &[1, 7], b"\x01vorbis"].concat();
        assert!(
            refused(&vorbis).starts_with("not an Ogg/Opus file that can be played"),
            "{}",
            refused(&vorbis)
        );
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(kind in 0..4_usize, rest in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..600)) {
            let begin: [&[u8]; 4] = [b"RIFF", b"OggS", b"ID3", &[0xFF, 0xFB]];
            let _ = read(&[begin[kind], &rest].concat());
            let mut wav = wav(1);
            for (place, byte) in wav[4..44].iter_mut().zip(&rest) {
                *place = *byte;
            }
            let _ = read(&wav);
            mend_piped_wav(&mut wav);
        }
    }
}
