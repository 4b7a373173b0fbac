//! Keys of a telephone as RFC 4733 events.

pub mod receiver;
pub mod sender;
pub mod tones;

use std::fmt;

/// A key: 0-9, *, #, A-D (RFC 4733 §3.2 table 3).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dtmf(u8);

impl Dtmf {
    /// The key of an event code; none for codes above 15, which are not keys.
    pub const fn from_event_code(code: u8) -> Option<Self> {
        if code < 16 { Some(Self(code)) } else { None }
    }

    /// The key written as a character, in either case.
    pub fn from_char(key: char) -> Option<Self> {
        let upper = u8::try_from(key.to_ascii_uppercase()).ok()?;
        let code = KEYS.iter().position(|&candidate| candidate == upper)?;
        u8::try_from(code).ok().map(Self)
    }

    /// The event code on the wire, 0 to 15.
    pub const fn event_code(self) -> u8 {
        self.0
    }

    /// The key as a character.
    pub fn as_char(self) -> char {
        KEYS.get(usize::from(self.0)).map_or('?', |&key| char::from(key))
    }
}

impl fmt::Debug for Dtmf {
    /// Keys may be a card number: they never get into a log by accident.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dtmf(_)")
    }
}

/// In the order of their event codes.
const KEYS: [u8; 16] = *b"0123456789*#ABCD";
