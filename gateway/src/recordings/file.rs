//! What is read out of the file of a complete recording.

use std::io;
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use ramal_media::recorder::peaks::PeakMeter;
use ramal_media::recorder::wav::HEADER_BYTES;
use ramal_media::recorder::{Format, RecordingKeys, SoundFile};

use crate::model::RecordingPeaks;
use crate::store::ReadRecording;

/// Bytes that are read at once: whole frames behind the header of a WAV.
const PIECE_BYTES: u64 = 256 << 10;

/// Reads the whole file. The outline is made where nobody has it: a crash took it with it.
///
/// # Errors
/// The file cannot be read.
pub fn read(path: &Path, keys: &RecordingKeys, outline: Outline) -> io::Result<ReadRecording> {
    let sound = SoundFile::open(path, keys)?;
    let mut sum = Context::new(&SHA256);
    let head = sound.read(0..HEADER_BYTES)?;
    sum.update(&head);
    let rate_hz = head.get(24..28).and_then(|rate| rate.try_into().ok()).map_or(0, u32::from_le_bytes);
    let wanted = outline == Outline::Wanted && Format::of(path) == Format::Wav && rate_hz > 0;
    let mut meter = wanted.then(|| PeakMeter::new(rate_hz));
    let mut at = HEADER_BYTES;
    while at < sound.bytes() {
        let piece = sound.read(at..at + PIECE_BYTES)?;
        if piece.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        sum.update(&piece);
        if let Some(meter) = &mut meter {
            let side = |first: usize| -> Vec<i16> {
                let frames = piece.chunks_exact(4);
                frames.map(|frame| i16::from_le_bytes([frame[first], frame[first + 1]])).collect()
            };
            meter.measure(&side(0), &side(2));
        }
        at += piece.len() as u64;
    }
    let sha256 = sum.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let peaks = meter.map(PeakMeter::finish).map(|peaks| RecordingPeaks {
        interval_ms: peaks.interval_ms,
        left: peaks.left,
        right: peaks.right,
    });
    Ok(ReadRecording { bytes: sound.bytes(), sha256, peaks })
}

/// Whether the outline is still to be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outline {
    There,
    Wanted,
}
