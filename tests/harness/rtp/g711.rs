//! G.711 by its formulas, no tables: slow, and independent of the product's.

/// Decodes one octet of µ-law (ITU-T G.711 §3, segments of a biased magnitude).
pub fn ulaw_to_linear(octet: u8) -> i16 {
    let value = !octet;
    let exponent = u32::from((value >> 4) & 0x07);
    let magnitude = (((i32::from(value & 0x0f) << 3) + 0x84) << exponent) - 0x84;
    (if value & 0x80 != 0 { -magnitude } else { magnitude }) as i16
}

/// Decodes one octet of A-law.
pub fn alaw_to_linear(octet: u8) -> i16 {
    let value = octet ^ 0x55;
    let exponent = (value >> 4) & 0x07;
    let mantissa = i32::from(value & 0x0f) << 4;
    let magnitude = if exponent == 0 { mantissa + 8 } else { (mantissa + 0x108) << (exponent - 1) };
    (if value & 0x80 != 0 { magnitude } else { -magnitude }) as i16
}

/// Encodes to µ-law.
pub fn linear_to_ulaw(sample: i16) -> u8 {
    nearest(sample, ulaw_to_linear)
}

/// Encodes to A-law.
pub fn linear_to_alaw(sample: i16) -> u8 {
    nearest(sample, alaw_to_linear)
}

// The code whose value is nearest: what quantizing means, and no second formula to get wrong.
fn nearest(sample: i16, decode: fn(u8) -> i16) -> u8 {
    let distance = |octet: &u8| (i32::from(decode(*octet)) - i32::from(sample)).abs();
    (0..=255u8).min_by_key(distance).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{alaw_to_linear, linear_to_alaw, linear_to_ulaw, ulaw_to_linear};

    #[test]
    fn known_values() {
        assert_eq!(ulaw_to_linear(0xff), 0);
        assert_eq!(ulaw_to_linear(0x80), 32_124);
        assert_eq!(ulaw_to_linear(0x00), -32_124);
        assert_eq!(alaw_to_linear(0xd5), 8);
        assert_eq!(alaw_to_linear(0xaa), 32_256);
    }

    #[test]
    fn codes_come_back() {
        for octet in 0..=255u8 {
            assert_eq!(ulaw_to_linear(linear_to_ulaw(ulaw_to_linear(octet))), ulaw_to_linear(octet));
            assert_eq!(linear_to_alaw(alaw_to_linear(octet)), octet);
        }
    }
}
