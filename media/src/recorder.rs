//! Recording: a bounded tap on the Worker, a timeline for each side, a WAV that is playable at every moment.

pub mod ring;
pub mod take;
pub mod timeline;
pub mod wav;

pub use wav::repair;

/// Which channel of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    Left,
    Right,
}
