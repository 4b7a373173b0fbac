//! Name of a call: 128 bits that sort by time.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TEXT_LENGTH: usize = 26;
const RANDOM_BITS: u32 = 80;

/// Name of a call: 48 bits of Unix milliseconds, 80 random bits. As text 26 characters of Crockford's base 32, which sort as the number does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(u128);

/// The text is no [`CallId`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a call id is 26 characters out of 0-9 and A-Z without I, L, O and U")]
pub struct CallIdError;

impl CallId {
    /// A new id out of Unix milliseconds and 80 random bits.
    pub fn new(now_ms: i64, random: [u8; 10]) -> Self {
        let time = u128::from(now_ms.max(0).unsigned_abs() & 0xFFFF_FFFF_FFFF);
        let random = random.iter().fold(0_u128, |sum, byte| sum << 8 | u128::from(*byte));
        Self(time << RANDOM_BITS | random)
    }

    /// The 128 bits.
    pub const fn bits(self) -> u128 {
        self.0
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(TEXT_LENGTH);
        for position in (0..TEXT_LENGTH).rev() {
            let digit = usize::try_from(self.0 >> (5 * position) & 0x1F).unwrap_or(0);
            text.push(char::from(ALPHABET[digit]));
        }
        f.pad(&text)
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallId({self})")
    }
}

impl FromStr for CallId {
    type Err = CallIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != TEXT_LENGTH || text.as_bytes().first() > Some(&b'7') {
            return Err(CallIdError);
        }
        let digit = |byte: u8| {
            ALPHABET.iter().position(|known| *known == byte.to_ascii_uppercase()).ok_or(CallIdError)
        };
        let bits = text.bytes().try_fold(0_u128, |sum, byte| Ok(sum << 5 | digit(byte)? as u128))?;
        Ok(Self(bits))
    }
}

impl Serialize for CallId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CallId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for id in [
            CallId::new(0, [0; 10]),
            CallId::new(1_795_000_000_000, [0xA5; 10]),
            CallId::new(i64::MAX, [0xFF; 10]),
        ] {
            let text = id.to_string();
            assert_eq!(text.len(), 26);
            assert_eq!(text.parse(), Ok(id));
            assert_eq!(text.to_lowercase().parse(), Ok(id));
        }
    }

    #[test]
    fn later_ids_sort_later_as_text() {
        let earlier = CallId::new(1_000, [0xFF; 10]).to_string();
        let later = CallId::new(1_001, [0; 10]).to_string();
        assert!(earlier < later);
    }

    #[test]
    fn anything_else_is_refused() {
        for text in
            ["", "0", "ZZZZZZZZZZZZZZZZZZZZZZZZZZ", "0000000000000000000000000U", "é000000000000000000000000"]
        {
            assert_eq!(text.parse::<CallId>(), Err(CallIdError));
        }
    }
}
