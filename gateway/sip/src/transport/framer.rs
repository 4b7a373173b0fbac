use bytes::{Bytes, BytesMut};

use crate::message::Limits;

/// What a stream gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Framed {
    /// One whole message.
    Message(Bytes),
    /// A double CRLF between messages: answer with one CRLF (RFC 5626 §4.4.1).
    Ping,
    /// A single CRLF between messages: the answer to our ping.
    Pong,
}

/// Why a stream cannot be read any further. The connection has to be closed: the start of the next
/// message is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FramingError {
    #[error("head longer than {limit} bytes")]
    HeadTooLong { limit: usize },
    #[error("body longer than {limit} bytes")]
    BodyTooLong { limit: usize },
    #[error("Content-Length is not one number")]
    ContentLength,
    #[error("more than {limit} bytes unread")]
    BufferFull { limit: usize },
}

/// Cuts a stream into messages by Content-Length (RFC 3261 §18.3).
#[derive(Debug)]
pub struct Framer {
    limits: Limits,
    buffer: BytesMut,
}

impl Framer {
    /// The longest piece that [`Framer::push`] takes beside one unfinished message, in bytes.
    pub const MAX_CHUNK_BYTES: usize = 65_536;

    pub fn new(limits: Limits) -> Self {
        Self { limits, buffer: BytesMut::new() }
    }

    /// Takes bytes of the stream. Drain with [`Framer::next_frame`] after each.
    ///
    /// # Errors
    /// The buffer would pass its limit.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), FramingError> {
        let limit = self.limits.head_bytes + self.limits.body_bytes + Self::MAX_CHUNK_BYTES;
        if self.buffer.len() + bytes.len() > limit {
            return Err(FramingError::BufferFull { limit });
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// The next message or keep-alive; `None` when more bytes are needed.
    ///
    /// # Errors
    /// The stream cannot be read any further.
    pub fn next_frame(&mut self) -> Result<Option<Framed>, FramingError> {
        Ok(None)
    }
}
