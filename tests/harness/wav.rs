//! Reading a recording: strict about the header, since others' players are.

use std::path::Path;

use crate::rtp::tone;

/// RIFF, fmt and data, as most programs write them.
const HEAD_BYTES: usize = 44;
/// Sounds are looked for at each of these moments: every 20 ms.
const SLICES_PER_S: usize = 50;
/// How many of them are looked at together: 100 ms.
const WINDOW_SLICES: usize = 5;

/// A PCM WAV in memory.
#[derive(Clone, Debug)]
pub struct Wav {
    pub rate_hz: u32,
    /// One vector of samples a channel.
    pub channels: Vec<Vec<i16>>,
}

impl Wav {
    /// Reads a 16-bit PCM file; panics when its header is wrong or promises more than the file holds.
    pub fn read(path: &Path) -> Wav {
        let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        Wav::parse(&bytes).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
    }

    /// The same from bytes; the error says what is wrong with them.
    pub fn parse(bytes: &[u8]) -> Result<Wav, String> {
        if bytes.len() < 12 || &bytes[..4] != b"RIFF" || &bytes[8..12] != b"WAVE" {
            return Err("no RIFF/WAVE head".to_owned());
        }
        let mut format = None;
        let mut rest = &bytes[12..];
        while rest.len() >= 8 {
            let size = u32::from_le_bytes([rest[4], rest[5], rest[6], rest[7]]) as usize;
            let (kind, body) = (&rest[..4], &rest[8..]);
            if size > body.len() {
                return Err(format!("a chunk of {size} octets where {} are left", body.len()));
            }
            match kind {
                b"fmt " if size >= 16 => format = Some(Format::parse(body)?),
                b"data" => {
                    let format = format.ok_or("data before fmt")?;
                    return Ok(format.split(&body[..size]));
                }
                _ => {}
            }
            rest = body.get(size + size % 2..).unwrap_or_default();
        }
        Err("no data chunk".to_owned())
    }

    /// What is there of a file that is still written, whose head does not say its length yet.
    pub fn parse_unfinished(bytes: &[u8]) -> Option<Wav> {
        let head = bytes.first_chunk::<HEAD_BYTES>()?;
        let format = Format::parse(&head[20..]).ok()?;
        Some(format.split(&bytes[HEAD_BYTES..]))
    }

    /// Length in seconds.
    pub fn seconds(&self) -> f64 {
        self.channels.first().map_or(0, Vec::len) as f64 / f64::from(self.rate_hz)
    }

    /// Samples of a channel between two times in seconds, cut at the end.
    pub fn span(&self, channel: usize, from_s: f64, to_s: f64) -> &[i16] {
        let samples = &self.channels[channel];
        let at = |seconds: f64| ((seconds * f64::from(self.rate_hz)) as usize).min(samples.len());
        &samples[at(from_s)..at(to_s)]
    }

    /// How many seconds of a channel lie in 100 ms that are mostly this tone, wherever those begin.
    pub fn seconds_of_tone(&self, channel: usize, hz: f64) -> f64 {
        self.covered_s(channel, WINDOW_SLICES, |w| tone::share(w, hz, self.rate_hz) > 0.6)
    }

    /// How many seconds of a channel lie in 200 ms that hold each of the first tones and none of the others.
    pub fn seconds_of_mix(&self, channel: usize, present: &[f64], absent: &[f64]) -> f64 {
        self.covered_s(channel, 2 * WINDOW_SLICES, |w| tone::mixed(w, present, absent, self.rate_hz))
    }

    /// The greatest share that a tone has in any 100 ms of a channel.
    pub fn loudest(&self, channel: usize, hz: f64) -> f64 {
        let windows = self.channels[channel].chunks_exact(self.rate_hz as usize / 10);
        windows.map(|window| tone::share(window, hz, self.rate_hz)).fold(0.0, f64::max)
    }

    /// How many seconds of a channel lie in 100 ms of silence.
    pub fn seconds_of_silence(&self, channel: usize) -> f64 {
        self.covered_s(channel, WINDOW_SLICES, |w| tone::rms(w) < 50.0)
    }

    /// Seconds that lie in any window of so many slices that fits. Windows overlap, so that it does not count where a sound
    /// begins: 200 ms of it are 200 ms, or one slice less.
    fn covered_s(&self, channel: usize, slices: usize, fits: impl Fn(&[i16]) -> bool) -> f64 {
        let slice = self.rate_hz as usize / SLICES_PER_S;
        let samples = &self.channels[channel];
        let mut covered = vec![false; samples.len() / slice];
        for (at, window) in samples.windows(slice * slices).step_by(slice).enumerate() {
            if fits(window) {
                covered[at..at + slices].fill(true);
            }
        }
        covered.iter().filter(|is| **is).count() as f64 / SLICES_PER_S as f64
    }
}

#[derive(Clone, Copy)]
struct Format {
    channels: usize,
    rate_hz: u32,
}

impl Format {
    fn parse(body: &[u8]) -> Result<Format, String> {
        let word = |at: usize| u16::from_le_bytes([body[at], body[at + 1]]);
        if word(0) != 1 || word(14) != 16 || word(2) == 0 {
            return Err(format!(
                "format {}, {} bits, {} channels: not 16-bit PCM",
                word(0),
                word(14),
                word(2)
            ));
        }
        let rate_hz = u32::from_le_bytes([body[4], body[5], body[6], body[7]]);
        Ok(Format { channels: usize::from(word(2)), rate_hz })
    }

    fn split(self, data: &[u8]) -> Wav {
        let mut channels = vec![Vec::new(); self.channels];
        for (at, sample) in data.chunks_exact(2).enumerate() {
            channels[at % self.channels].push(i16::from_le_bytes([sample[0], sample[1]]));
        }
        Wav { rate_hz: self.rate_hz, channels }
    }
}

/// Writes mono 16-bit PCM, for phones that speak a file.
pub fn write_mono(path: &Path, rate_hz: u32, samples: &[i16]) {
    let data = samples.len() as u32 * 2;
    let mut out = Vec::with_capacity(44 + data as usize);
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&(36 + data).to_le_bytes());
    out.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    out.extend_from_slice(&rate_hz.to_le_bytes());
    out.extend_from_slice(&(rate_hz * 2).to_le_bytes());
    out.extend_from_slice(b"\x02\0\x10\0data");
    out.extend_from_slice(&data.to_le_bytes());
    samples.iter().for_each(|s| out.extend_from_slice(&s.to_le_bytes()));
    std::fs::write(path, out).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
}

#[cfg(test)]
mod tests {
    use super::{Wav, write_mono};
    use crate::rtp::tone;

    #[test]
    fn a_written_tone_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tone.wav");
        let mut samples = tone::sine(440.0, 8000, 0, 8000);
        samples.extend([0; 4000]);
        write_mono(&path, 8000, &samples);
        let wav = Wav::read(&path);
        assert_eq!(wav.channels, [samples]);
        assert!((1.0..1.1).contains(&wav.seconds_of_tone(0, 440.0)));
        assert_eq!(wav.seconds_of_silence(0), 0.5);
        assert_eq!(wav.seconds(), 1.5);
    }

    #[test]
    fn a_short_tone_counts_wherever_it_begins() {
        for from in (0..800).step_by(100) {
            let samples = [vec![0; 1_600 + from], tone::sine(440.0, 8000, 0, 1_600), vec![0; 1_600]].concat();
            let wav = Wav { rate_hz: 8000, channels: vec![samples] };
            let seconds = wav.seconds_of_tone(0, 440.0);
            // A window that holds more of the tone than of silence is mostly the tone.
            assert!((0.18..0.32).contains(&seconds), "{seconds} s from sample {from}");
            assert_eq!(wav.seconds_of_tone(0, 660.0), 0.0);
        }
    }

    #[test]
    fn a_header_that_promises_too_much_is_refused() {
        let mut bytes = b"RIFF\0\0\0\0WAVEdata".to_vec();
        bytes.extend_from_slice(&100u32.to_le_bytes());
        assert!(Wav::parse(&bytes).is_err());
    }
}
