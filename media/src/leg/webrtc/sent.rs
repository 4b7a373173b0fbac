//! Sequence numbers of one stream to one browser, extended to 48 bits as SRTP counts them (RFC 3711 §3.3.1).

/// The highest sent so far. Begins anew with each SRTP context, whose rollover counter is zero then.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sent {
    highest: Option<u64>,
}

impl Sent {
    /// None for a packet from before the first one of this context.
    pub fn extend(&mut self, sequence: u16) -> Option<u64> {
        let Some(highest) = self.highest else {
            self.highest = Some(u64::from(sequence));
            return self.highest;
        };
        let ahead = i64::from(sequence.wrapping_sub(highest as u16).cast_signed());
        let extended = highest.checked_add_signed(ahead)?;
        self.highest = Some(extended.max(highest));
        Some(extended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_roll_over_and_late_ones_do_not() {
        let mut sent = Sent::default();
        assert_eq!(sent.extend(65_534), Some(65_534));
        assert_eq!(sent.extend(1), Some(65_537));
        assert_eq!(sent.extend(65_535), Some(65_535));
        assert_eq!(sent.extend(2), Some(65_538));
    }

    #[test]
    fn what_is_older_than_the_beginning_cannot_be_sealed() {
        let mut sent = Sent::default();
        assert_eq!(sent.extend(1), Some(1));
        assert_eq!(sent.extend(65_535), None);
    }
}
