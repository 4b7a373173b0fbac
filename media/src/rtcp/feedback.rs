//! What a receiver of pictures asks of their sender: a whole picture (RFC 4585 §6.3.1, RFC 5104 §4.3.1), fewer bits (RFC 5104
//! §4.2.1, draft-alvestrand-rmcat-remb §2).

use super::split_packet;

const TRANSPORT: u8 = 205;
const PAYLOAD: u8 = 206;
/// Formats of [`TRANSPORT`].
const TMMBR: u8 = 3;
const TMMBN: u8 = 4;
/// Formats of [`PAYLOAD`].
const PLI: u8 = 1;
const FIR: u8 = 4;
const APPLICATION: u8 = 15;
/// Packets of one compound that are read.
const MAX_PACKETS: usize = 16;
/// Bits of the mantissa of a rate in TMMBR.
const MANTISSA_BITS: u32 = 17;
/// What IP and UDP add to a packet, in bytes: rates of TMMBR are counted with it (RFC 5104 §4.2.1.1).
const OVERHEAD_BYTES: u32 = 28;

/// The longest packet that [`Feedback::write`] makes.
pub const MAX_FEEDBACK_BYTES: usize = 20;

/// One wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feedback {
    /// Picture Loss Indication.
    PictureLoss,
    /// Full Intra Request with its number.
    FullIntra(u8),
    /// Send no more than this, in bit/s. To be confirmed by [`Self::MaxRateNoted`].
    MaxRate(u64),
    /// A limit that was taken over.
    MaxRateNoted(u64),
    /// The estimate of the receiver, in bit/s (REMB).
    Estimate(u64),
}

/// The wishes of a compound packet. Which stream each is about is not looked at: there is one of a kind, and some phones name
/// another.
pub fn read(compound: &[u8]) -> impl Iterator<Item = Feedback> + '_ {
    let mut rest = compound;
    let packets = std::iter::from_fn(move || {
        let packet = split_packet(rest).ok().filter(|_| !rest.is_empty())?;
        rest = packet.rest;
        Some((packet.packet_type, packet.count, packet.body))
    });
    packets.take(MAX_PACKETS).filter_map(|(packet_type, format, body)| {
        // Behind the SSRC of the sender and that of the stream (RFC 4585 §6.1).
        let information = body.get(8..)?;
        match (packet_type, format) {
            (PAYLOAD, PLI) => Some(Feedback::PictureLoss),
            (PAYLOAD, FIR) => Some(Feedback::FullIntra(*information.get(4)?)),
            (PAYLOAD, APPLICATION) => estimate(information),
            (TRANSPORT, TMMBR) => Some(Feedback::MaxRate(rate(information, MANTISSA_BITS, 9)?)),
            (TRANSPORT, TMMBN) => Some(Feedback::MaxRateNoted(rate(information, MANTISSA_BITS, 9)?)),
            _ => None,
        }
    })
}

impl Feedback {
    /// The packet that says it, about the stream `media`. Its length is the second value.
    pub fn write(self, sender: u32, media: u32) -> ([u8; MAX_FEEDBACK_BYTES], usize) {
        let (packet_type, format, word) = match self {
            Self::PictureLoss => (PAYLOAD, PLI, None),
            Self::FullIntra(number) => (PAYLOAD, FIR, Some(u32::from(number) << 24)),
            Self::MaxRate(bps) => (TRANSPORT, TMMBR, Some(limit(bps))),
            Self::MaxRateNoted(bps) => (TRANSPORT, TMMBN, Some(limit(bps))),
            // We count packets by TWCC or TMMBR: a peer that knows REMB alone is not told.
            Self::Estimate(_) => return ([0; MAX_FEEDBACK_BYTES], 0),
        };
        let words: u8 = if word.is_some() { 4 } else { 2 };
        let mut out = [0; MAX_FEEDBACK_BYTES];
        // With an entry for a stream, the field before is 0 (RFC 5104 §4.2.1.1, §4.3.1.1).
        let named = if word.is_some() { 0 } else { media };
        let head = u32::from_be_bytes([0x80 | format, packet_type, 0, words]);
        let all = [head, sender, named, media, word.unwrap_or(0)];
        for (place, word) in out.as_chunks_mut::<4>().0.iter_mut().zip(all) {
            *place = word.to_be_bytes();
        }
        (out, 4 * (1 + usize::from(words)))
    }
}

/// Exponent, mantissa and overhead in one word.
fn limit(bps: u64) -> u32 {
    let bits = u64::BITS - bps.leading_zeros();
    let exponent = bits.saturating_sub(MANTISSA_BITS);
    let mantissa = (bps >> exponent) as u32;
    exponent << 26 | mantissa << 9 | OVERHEAD_BYTES
}

/// The rate in the second word of an entry: six bits of exponent, the mantissa, and what stands behind it.
fn rate(entry: &[u8], mantissa_bits: u32, behind_bits: u32) -> Option<u64> {
    let word = u32::from_be_bytes(*entry.get(4..)?.first_chunk()?);
    let mantissa = u64::from(word >> behind_bits & ((1 << mantissa_bits) - 1));
    Some(scaled(mantissa, word >> 26))
}

/// Whoever names more than there are bits wants no limit.
fn scaled(mantissa: u64, exponent: u32) -> u64 {
    if mantissa.leading_zeros() < exponent { u64::MAX } else { mantissa << exponent }
}

/// `REMB`, the number of streams, exponent and mantissa of 18 bits.
fn estimate(information: &[u8]) -> Option<Feedback> {
    let entry = information.strip_prefix(b"REMB")?;
    let &[_, high, middle, low] = entry.first_chunk()?;
    let mantissa = u64::from(high & 3) << 16 | u64::from(middle) << 8 | u64::from(low);
    Some(Feedback::Estimate(scaled(mantissa, u32::from(high >> 2))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_written_is_read() {
        let mut compound = vec![0x80, 201, 0, 1, 0, 0, 0, 9];
        let said = [
            Feedback::PictureLoss,
            Feedback::FullIntra(7),
            Feedback::MaxRate(200_000),
            Feedback::MaxRateNoted(1_000_000_000),
        ];
        for feedback in said {
            let (packet, length) = feedback.write(9, 5);
            compound.extend(&packet[..length]);
        }
        let heard: Vec<_> = read(&compound).collect();
        assert_eq!(heard[..3], said[..3]);
        // Seventeen bits of it are kept.
        assert!(matches!(heard[3], Feedback::MaxRateNoted(bps) if bps.abs_diff(1_000_000_000) < 16_384));
    }

    #[test]
    fn an_estimate_is_read() {
        let mut packet = vec![0x8F, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0];
        packet.extend(b"REMB");
        packet.extend([1, 2 << 2 | 1, 0x86, 0xA0, 0, 0, 0, 5]);
        assert_eq!(read(&packet).collect::<Vec<_>>(), [Feedback::Estimate(400_000)]);
    }

    proptest! {
        #[test]
        fn nothing_panics_on_any_bytes(bytes: Vec<u8>, format in 0_u8..32, packet_type in 205_u8..=206) {
            let mut bytes = bytes;
            let _ = read(&bytes).count();
            if let [first, second, high, low, ..] = bytes.as_mut_slice() {
                (*first, *second, *high, *low) = (0x80 | format, packet_type, 0, 3);
            }
            let _ = read(&bytes).count();
        }

        #[test]
        fn any_rate_can_be_written(bps: u64) {
            let (packet, length) = Feedback::MaxRate(bps).write(1, 2);
            let read: Vec<_> = read(&packet[..length]).collect();
            prop_assert!(matches!(read[..], [Feedback::MaxRate(got)] if got <= bps && bps - got <= bps >> 16));
        }
    }
}
