//! Payload types of one session: a number keeps its meaning to the end (RFC 3264 §8.3.2).

use super::Codec;

/// Dynamic numbers (RFC 3551 §3), then those that RFC 5761 §4 leaves free below RTCP.
const DYNAMIC: [std::ops::RangeInclusive<u8>; 2] = [96..=127, 35..=63];

/// The formats we have said we receive, by number.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    /// At most one entry for each of the 128 numbers.
    used: Vec<Codec>,
}

impl Numbering {
    /// The codecs with numbers for our offer. A format keeps the number it had; a number taken by another format is
    /// replaced; where none is free, or a format comes twice, the codec is left out.
    pub(super) fn number(&mut self, codecs: &[Codec]) -> Vec<Codec> {
        let mut numbered: Vec<Codec> = Vec::new();
        for codec in codecs {
            let Some(payload_type) = self.number_for(codec) else { continue };
            if numbered.iter().all(|other| other.payload_type != payload_type) {
                let codec = Codec { payload_type, ..codec.clone() };
                self.remember(std::slice::from_ref(&codec));
                numbered.push(codec);
            }
        }
        numbered
    }

    /// Notes the numbers of an answer of ours.
    pub(super) fn remember(&mut self, codecs: &[Codec]) {
        for codec in codecs {
            match self.used.iter_mut().find(|used| used.payload_type == codec.payload_type) {
                Some(used) => *used = codec.clone(),
                None => self.used.push(codec.clone()),
            }
        }
    }

    fn number_for(&self, codec: &Codec) -> Option<u8> {
        if let Some(used) = self.used.iter().find(|used| used.same_format(codec)) {
            return Some(used.payload_type);
        }
        let free = |number: &u8| self.used.iter().all(|used| used.payload_type != *number);
        let wished = Some(codec.payload_type).filter(|number| *number < 128 && free(number));
        wished.or_else(|| DYNAMIC.into_iter().flatten().find(free))
    }
}
