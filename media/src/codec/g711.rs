//! G.711, both laws, bit-exact with the ITU-T reference (Recommendation G.711 tables 1 and 2; G.191 for 16-bit samples).
//!
//! All four directions are table look-ups; the tables are computed at compile time.

/// Steps of µ-law: 14-bit samples.
const ULAW_STEPS: usize = 1 << 14;
/// Steps of A-law: 12-bit magnitudes and sign, as the reference does for 16-bit input.
const ALAW_STEPS: usize = 1 << 12;

static ULAW_ENCODE: [u8; ULAW_STEPS] = ulaw_encode_table();
static ALAW_ENCODE: [u8; ALAW_STEPS] = alaw_encode_table();
static ULAW_DECODE: [i16; 256] = ulaw_decode_table();
static ALAW_DECODE: [i16; 256] = alaw_decode_table();

/// What µ-law sends for silence.
pub const ULAW_SILENCE: u8 = 0xFF;
/// What A-law sends for silence.
pub const ALAW_SILENCE: u8 = 0xD5;

/// A µ-law code as a 16-bit sample.
#[inline]
pub fn ulaw_to_linear(code: u8) -> i16 {
    ULAW_DECODE[usize::from(code)]
}

/// An A-law code as a 16-bit sample.
#[inline]
pub fn alaw_to_linear(code: u8) -> i16 {
    ALAW_DECODE[usize::from(code)]
}

/// A 16-bit sample as a µ-law code.
#[inline]
pub fn linear_to_ulaw(sample: i16) -> u8 {
    ULAW_ENCODE[usize::from(sample.cast_unsigned() >> 2)]
}

/// A 16-bit sample as an A-law code.
#[inline]
pub fn linear_to_alaw(sample: i16) -> u8 {
    ALAW_ENCODE[usize::from(sample.cast_unsigned() >> 4)]
}

const fn ulaw_encode_table() -> [u8; ULAW_STEPS] {
    let mut table = [0; ULAW_STEPS];
    let mut step = 0;
    while step < ULAW_STEPS {
        let negative = step >= ULAW_STEPS / 2;
        // The reference takes the one's complement of negative samples, so that -1 is as small as 0.
        let magnitude = if negative { ULAW_STEPS - 1 - step } else { step };
        let biased = if magnitude + 33 > 0x1FFF { 0x1FFF } else { magnitude + 33 };
        let mut segment = 1;
        while biased >> (5 + segment) != 0 {
            segment += 1;
        }
        let code = ((8 - segment) << 4) | (0x0F - ((biased >> segment) & 0x0F));
        table[step] = code as u8 | if negative { 0 } else { 0x80 };
        step += 1;
    }
    table
}

const fn alaw_encode_table() -> [u8; ALAW_STEPS] {
    let mut table = [0; ALAW_STEPS];
    let mut step = 0;
    while step < ALAW_STEPS {
        let negative = step >= ALAW_STEPS / 2;
        let mut mantissa = if negative { ALAW_STEPS - 1 - step } else { step };
        if mantissa > 15 {
            let mut exponent = 1;
            while mantissa > 31 {
                mantissa >>= 1;
                exponent += 1;
            }
            mantissa += (exponent << 4) - 16;
        }
        // G.711 §3.2: even bits are inverted on the line.
        table[step] = (mantissa as u8 | if negative { 0 } else { 0x80 }) ^ 0x55;
        step += 1;
    }
    table
}

const fn ulaw_decode_table() -> [i16; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        let inverted = !(code as u8) as i16;
        let exponent = (inverted >> 4) & 7;
        let magnitude = ((((inverted & 0x0F) << 1) + 33) << exponent) - 33;
        table[code] = if code < 0x80 { -(magnitude << 2) } else { magnitude << 2 };
        code += 1;
    }
    table
}

const fn alaw_decode_table() -> [i16; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        let bits = (code as i16 ^ 0x55) & 0x7F;
        let exponent = bits >> 4;
        let mantissa = ((bits & 0x0F) << 4) + 8;
        let magnitude = if exponent == 0 { mantissa } else { (mantissa + 0x100) << (exponent - 1) };
        table[code] = if code < 0x80 { -magnitude } else { magnitude };
        code += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `ulaw_compress` of ITU-T G.191, word for word.
    fn reference_ulaw(sample: i16) -> u8 {
        let sample = i32::from(sample);
        let magnitude = ((if sample < 0 { !sample } else { sample } >> 2) + 33).min(0x1FFF);
        let (mut segment, mut rest) = (1, magnitude >> 6);
        while rest != 0 {
            segment += 1;
            rest >>= 1;
        }
        let code = ((8 - segment) << 4) | (0x0F - ((magnitude >> segment) & 0x0F));
        (code | if sample >= 0 { 0x80 } else { 0 }) as u8
    }

    /// `ulaw_expand` of ITU-T G.191.
    fn reference_ulaw_expand(code: u8) -> i16 {
        let mantissa = !i32::from(code);
        let exponent = (mantissa >> 4) & 7;
        let step = 4 << (exponent + 1);
        let magnitude = (0x80 << exponent) + step * (mantissa & 0x0F) + step / 2 - 4 * 33;
        (if code < 0x80 { -magnitude } else { magnitude }) as i16
    }

    /// `alaw_compress` of ITU-T G.191.
    fn reference_alaw(sample: i16) -> u8 {
        let sample = i32::from(sample);
        let mut code = if sample < 0 { !sample } else { sample } >> 4;
        if code > 15 {
            let mut exponent = 1;
            while code > 16 + 15 {
                code >>= 1;
                exponent += 1;
            }
            code += (exponent << 4) - 16;
        }
        ((code | if sample >= 0 { 0x80 } else { 0 }) ^ 0x55) as u8
    }

    /// `alaw_expand` of ITU-T G.191.
    fn reference_alaw_expand(code: u8) -> i16 {
        let bits = i32::from(code ^ 0x55) & 0x7F;
        let exponent = bits >> 4;
        let mut mantissa = bits & 0x0F;
        if exponent > 0 {
            mantissa += 16;
        }
        mantissa = (mantissa << 4) + 8;
        if exponent > 1 {
            mantissa <<= exponent - 1;
        }
        (if code > 127 { mantissa } else { -mantissa }) as i16
    }

    #[test]
    fn all_samples_encode_as_the_reference() {
        for sample in i16::MIN..=i16::MAX {
            assert_eq!(linear_to_ulaw(sample), reference_ulaw(sample), "{sample}");
            assert_eq!(linear_to_alaw(sample), reference_alaw(sample), "{sample}");
        }
    }

    #[test]
    fn all_codes_decode_as_the_reference_and_come_back() {
        for code in 0..=255 {
            assert_eq!(ulaw_to_linear(code), reference_ulaw_expand(code), "{code}");
            assert_eq!(alaw_to_linear(code), reference_alaw_expand(code), "{code}");
            assert_eq!(linear_to_alaw(alaw_to_linear(code)), code);
            // µ-law has two zeros; the negative one comes back as the positive.
            let expected = if code == 0x7F { 0xFF } else { code };
            assert_eq!(linear_to_ulaw(ulaw_to_linear(code)), expected);
        }
    }

    #[test]
    fn known_values_of_the_recommendation() {
        assert_eq!([0x00, 0x80, 0xFF, 0x7F].map(ulaw_to_linear), [-32_124, 32_124, 0, 0]);
        assert_eq!([0x2A, 0xAA, 0xD5, 0x55].map(alaw_to_linear), [-32_256, 32_256, 8, -8]);
        assert_eq!((linear_to_ulaw(0), linear_to_alaw(0)), (ULAW_SILENCE, ALAW_SILENCE));
    }
}
