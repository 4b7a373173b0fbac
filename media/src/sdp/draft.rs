//! A description of ours before it has its version.

use super::crypto::Crypto;
use super::description::{Description, MediaDescription};
use super::{Codec, Direction, SdpError};

/// What call control wants of an offer or answer.
pub(super) struct Wish<'a> {
    /// In the order of our wish.
    pub codecs: &'a [Codec],
    /// Empty: no video.
    pub video: &'a [Codec],
    pub direction: Direction,
}

/// A place in the order of media lines, which lasts as long as the session (RFC 3264 §8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub media: String,
    pub proto: String,
    pub formats: String,
    pub mid: Option<String>,
}

/// All below the session's times, and where in it we take part.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub text: String,
    pub lines: Vec<Line>,
    pub position: usize,
    pub video_position: Option<usize>,
}

/// An offer of ours with what its answer is read by.
#[derive(Clone, Debug)]
pub(super) struct OfferDraft {
    pub draft: Draft,
    pub codecs: Vec<Codec>,
    /// Retransmission formats included.
    pub video: Vec<Codec>,
    pub crypto: Vec<Crypto>,
    pub video_crypto: Vec<Crypto>,
    pub direction: Direction,
}

impl Line {
    pub(super) fn of(stream: &MediaDescription) -> Self {
        let (media, proto) = (stream.media.clone(), stream.proto.clone());
        Self { media, proto, formats: stream.formats.clone(), mid: stream.mid.clone() }
    }
}

impl OfferDraft {
    /// The stream that answers our audio.
    pub(super) fn answered_audio<'a>(
        &self,
        description: &'a Description,
    ) -> Result<&'a MediaDescription, SdpError> {
        let (offered, answered) = (self.draft.lines.len(), description.streams.len());
        let stream = description.streams.get(self.draft.position);
        let stream = stream.ok_or(SdpError::StreamCount { offered, answered })?;
        if description.is_live(stream, "audio") { Ok(stream) } else { Err(SdpError::NotAudio) }
    }
}
