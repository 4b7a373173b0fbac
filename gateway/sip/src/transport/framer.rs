use bytes::{Buf, Bytes, BytesMut};

use crate::message::{Limits, declared_length};

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
///
/// A message without Content-Length has no body here: RFC 3261 §20.14 demands it on streams.
#[derive(Debug)]
pub struct Framer {
    limits: Limits,
    buffer: BytesMut,
    /// Start of the line that was not complete yet: what is before it is not searched again.
    line: usize,
    /// Length of head and body, once the head is complete.
    wanted: Option<usize>,
}

impl Framer {
    /// The longest piece that [`Framer::push`] takes beside one unfinished message, in bytes.
    pub const MAX_CHUNK_BYTES: usize = 65_536;

    pub fn new(limits: Limits) -> Self {
        Self { limits, buffer: BytesMut::new(), line: 0, wanted: None }
    }

    /// Takes bytes of the stream. Drain with [`Framer::next_frame`] after each.
    ///
    /// # Errors
    /// The buffer would pass its limit.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), FramingError> {
        let limit = self
            .limits
            .head_bytes
            .saturating_add(self.limits.body_bytes)
            .saturating_add(Self::MAX_CHUNK_BYTES);
        if self.buffer.len().saturating_add(bytes.len()) > limit {
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
        if self.line == 0
            && self.wanted.is_none()
            && let Some(keep_alive) = self.keep_alive()
        {
            return Ok(Some(keep_alive));
        }
        let wanted = match self.wanted {
            Some(wanted) => wanted,
            None => match self.head_end()? {
                Some(head) => self.measure(head)?,
                None => return Ok(None),
            },
        };
        self.wanted = Some(wanted);
        if self.buffer.len() < wanted {
            return Ok(None);
        }
        // A copy of its own: a header that is kept for the life of a call must not pin the buffer.
        let message = Bytes::copy_from_slice(&self.buffer[..wanted]);
        self.buffer.advance(wanted);
        (self.line, self.wanted) = (0, None);
        Ok(Some(Framed::Message(message)))
    }

    /// Whether nothing of a message is waiting for its rest.
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// Line ends between messages (RFC 3261 §7.5, RFC 5626 §3.5.1). A ping that is cut in two shows
    /// as two pongs: held back until more comes, a lone pong would never be seen.
    fn keep_alive(&mut self) -> Option<Framed> {
        loop {
            let (length, frame) = match &self.buffer[..] {
                [b'\r', b'\n', b'\r', b'\n', ..] => (4, Some(Framed::Ping)),
                [b'\r', b'\n', ..] => (2, Some(Framed::Pong)),
                [b'\n', ..] | [b'\r', _, ..] => (1, None),
                _ => return None,
            };
            self.buffer.advance(length);
            if frame.is_some() {
                return frame;
            }
        }
    }

    /// Where the head ends, after its empty line.
    fn head_end(&mut self) -> Result<Option<usize>, FramingError> {
        let limit = self.limits.head_bytes;
        while let Some(found) = memchr::memchr(b'\n', &self.buffer[self.line..]) {
            let line = &self.buffer[self.line..self.line + found];
            let empty = matches!(line, b"" | b"\r");
            self.line += found + 1;
            if self.line > limit {
                return Err(FramingError::HeadTooLong { limit });
            }
            if empty {
                return Ok(Some(self.line));
            }
        }
        if self.buffer.len() > limit { Err(FramingError::HeadTooLong { limit }) } else { Ok(None) }
    }

    /// Length of the message whose head ends at `head`.
    fn measure(&self, head: usize) -> Result<usize, FramingError> {
        let length = declared_length(&self.buffer[..head]).map_err(|()| FramingError::ContentLength)?;
        let length = length.unwrap_or(0);
        match length > self.limits.body_bytes {
            true => Err(FramingError::BodyTooLong { limit: self.limits.body_bytes }),
            false => Ok(head + length),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::Message;

    const ONE: &[u8] =
        b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP c;branch=z9hG4bK1\r\nContent-Length : 5\r\n\r\nhello";
    const TWO: &[u8] = b"SIP/2.0 200 OK\r\nl:\r\n 0\r\n\r\n";

    fn drain(framer: &mut Framer) -> Vec<Framed> {
        std::iter::from_fn(|| framer.next_frame().unwrap()).collect()
    }

    #[test]
    fn messages_are_cut_wherever_the_pieces_end() {
        let stream = [ONE, b"\r\n\r\n", TWO, ONE].concat();
        let whole = [ONE, TWO, ONE].map(|one| Framed::Message(Bytes::from_static(one)));
        for size in 1..stream.len() {
            let mut framer = Framer::new(Limits::default());
            let mut frames = Vec::new();
            for piece in stream.chunks(size) {
                framer.push(piece).unwrap();
                frames.extend(drain(&mut framer));
            }
            frames.retain(|frame| matches!(frame, Framed::Message(_)));
            assert_eq!(frames, whole, "pieces of {size}");
            assert!(framer.is_empty());
        }
    }

    #[test]
    fn keep_alives_between_messages() {
        let mut framer = Framer::new(Limits::default());
        framer.push(b"\r\n\r\n").unwrap();
        assert_eq!(drain(&mut framer), [Framed::Ping]);
        framer.push(b"\r\n").unwrap();
        assert_eq!(drain(&mut framer), [Framed::Pong]);
        framer.push(&[b"\r\n\r\n", TWO].concat()).unwrap();
        assert_eq!(drain(&mut framer), [Framed::Ping, Framed::Message(Bytes::from_static(TWO))]);
    }

    #[test]
    fn a_message_without_content_length_ends_with_its_head() {
        let mut framer = Framer::new(Limits::default());
        framer.push(b"OPTIONS sip:a SIP/2.0\r\nA: b\r\n\r\n").unwrap();
        assert_eq!(drain(&mut framer).len(), 1);
        assert!(framer.is_empty());
    }

    #[test]
    fn what_is_too_long_ends_the_stream() {
        let limits = Limits { head_bytes: 64, body_bytes: 10, ..Limits::default() };
        let mut endless = Framer::new(limits);
        endless.push(&[b'a'; 65]).unwrap();
        assert_eq!(endless.next_frame(), Err(FramingError::HeadTooLong { limit: 64 }));
        let mut large = Framer::new(limits);
        large.push(b"BYE sip:a SIP/2.0\r\nl: 11\r\n\r\n").unwrap();
        assert_eq!(large.next_frame(), Err(FramingError::BodyTooLong { limit: 10 }));
        let mut full = Framer::new(limits);
        assert!(full.push(&[0; 100_000]).is_err());
    }

    #[test]
    fn lengths_that_cannot_be_trusted_end_the_stream() {
        for lengths in ["l: -1", "l: 1\r\nContent-Length: 2", "l: x", "l: 99999999999999999999"] {
            let mut framer = Framer::new(Limits::default());
            framer.push(format!("BYE sip:a SIP/2.0\r\n{lengths}\r\n\r\n").as_bytes()).unwrap();
            assert_eq!(framer.next_frame(), Err(FramingError::ContentLength), "{lengths}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_grow(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..40)) {
            let limits = Limits { head_bytes: 500, body_bytes: 100, ..Limits::default() };
            let mut framer = Framer::new(limits);
            for piece in pieces {
                if framer.push(&piece).is_err() { break }
                while let Ok(Some(frame)) = framer.next_frame() {
                    if let Framed::Message(bytes) = frame {
                        let _ = Message::parse(bytes, &limits);
                    }
                }
            }
        }
    }
}
