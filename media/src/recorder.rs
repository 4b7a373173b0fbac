//! Recording: a bounded tap on the Worker, a timeline for each side, a file that is playable at every moment.

pub mod gap;
pub mod ogg_opus;
pub mod peaks;
pub mod ring;
pub mod sealed;
pub mod sound_file;
pub mod take;
pub mod timeline;
pub mod wav;

use std::io;
use std::path::Path;

pub use gap::Gap;
pub use peaks::Peaks;
pub use sealed::{RecordingKey, RecordingKeys};
pub use sound_file::{SoundFile, repair};

/// Which channel of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    Left,
    Right,
}

/// End of the name of a file that is sealed with a [`RecordingKey`].
pub const SEALED_SUFFIX: &str = ".sealed";

/// How the sound lies in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    OggOpus,
    Wav,
}

impl Format {
    /// By the name of the file, sealed or not: `.opus`, and everything else is WAV.
    pub fn of(path: &Path) -> Self {
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        if name.strip_suffix(SEALED_SUFFIX).unwrap_or(&name).ends_with(".opus") {
            Self::OggOpus
        } else {
            Self::Wav
        }
    }

    /// Bytes at the beginning that change while the rest is appended.
    pub fn head_bytes(self) -> u16 {
        match self {
            Self::OggOpus => 0,
            Self::Wav => wav::HEADER_BYTES as u16,
        }
    }

    /// What a browser calls it.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::OggOpus => "audio/ogg",
            Self::Wav => "audio/wav",
        }
    }

    /// End of the name of a file.
    pub fn extension(self) -> &'static str {
        match self {
            Self::OggOpus => "opus",
            Self::Wav => "wav",
        }
    }
}

/// One file being written, of two channels.
pub trait Sink: Send {
    /// Samples a second of each side.
    fn rate_hz(&self) -> u32;
    /// Frames taken so far.
    fn frames(&self) -> u64;
    /// Appends both sides; the shorter ends with silence. What was appended is playable afterwards, but for less than 20 ms.
    fn append(&mut self, left: &[i16], right: &[i16]) -> io::Result<()>;
    /// Writes what is left.
    fn finish(&mut self) -> io::Result<()>;
}
