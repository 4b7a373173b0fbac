//! The characters of RFC 3261 §25.1.

use std::borrow::Cow;
use std::ops::Range;

/// Whether `bytes` is a non-empty token (RFC 3261 §25.1).
pub fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| is_token_byte(byte))
}

/// Whether `byte` may stand in a token (RFC 3261 §25.1).
pub fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~')
}

/// White space inside a line and the line breaks of folding (RFC 3261 §25.1, LWS).
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Where `wanted` first stands, for places that are nearly always close: eight bytes at a time, without a call.
#[inline(always)]
pub fn find_near(bytes: &[u8], wanted: u8) -> Option<usize> {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let mut at = 0;
    while let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        // A byte that is zero borrows from its highest bit; those above it may be wrong, the lowest is right.
        let differs = u64::from_le_bytes(*word) ^ (LOW * wanted as u64);
        let zeros = differs.wrapping_sub(LOW) & !differs & HIGH;
        if zeros != 0 {
            return Some(at + zeros.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let rest = bytes.get(at..)?.iter().position(|&byte| byte == wanted)?;
    Some(at + rest)
}

/// Without white space at either end.
pub fn trim(bytes: &[u8]) -> &[u8] {
    &bytes[trimmed(bytes)]
}

/// Where the text without white space at either end stands.
#[inline]
pub fn trimmed(bytes: &[u8]) -> Range<usize> {
    let mut place = 0..bytes.len();
    while let Some(first) = bytes[place.clone()].first()
        && is_space(*first)
    {
        place.start += 1;
    }
    while let Some(last) = bytes[place.clone()].last()
        && is_space(*last)
    {
        place.end -= 1;
    }
    place
}

/// Each run of white space that holds a line break becomes one space (RFC 3261 §7.3.1).
pub fn unfold(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = memchr::memchr2(b'\r', b'\n', rest) {
        let (before, after) = rest.split_at(at);
        let kept = before.iter().rposition(|&byte| !is_space(byte)).map_or(0, |last| last + 1);
        out.extend_from_slice(&before[..kept]);
        out.push(b' ');
        let skipped = after.iter().position(|&byte| !is_space(byte)).unwrap_or(after.len());
        rest = &after[skipped..];
    }
    out.extend_from_slice(rest);
    out
}

/// Cuts at the commas that stand outside quotes and angle brackets; empty elements are left out.
pub fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    split_outside(value, b',').map(trim).filter(|element| !element.is_empty())
}

/// Cuts at each `separator` that stands outside quotes and angle brackets.
pub fn split_outside(value: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(value);
    std::iter::from_fn(move || {
        let whole = rest?;
        match find_outside(whole, separator) {
            Some(at) => {
                rest = Some(&whole[at + 1..]);
                Some(&whole[..at])
            }
            None => rest.take(),
        }
    })
}

/// Where `wanted` first stands outside quotes (with their escapes) and angle brackets.
pub fn find_outside(value: &[u8], wanted: u8) -> Option<usize> {
    let first = memchr::memchr(wanted, value)?;
    match memchr::memchr2(b'"', b'<', &value[..first]) {
        None => Some(first),
        Some(start) => scan_outside(value, start, wanted),
    }
}

fn scan_outside(value: &[u8], start: usize, wanted: u8) -> Option<usize> {
    let mut quoted = false;
    let mut angled = false;
    let mut escaped = false;
    for (at, &byte) in value.iter().enumerate().skip(start) {
        if escaped {
            escaped = false;
        } else if quoted {
            match byte {
                b'\\' => escaped = true,
                b'"' => quoted = false,
                _ => {}
            }
        } else if byte == wanted && !angled {
            return Some(at);
        } else {
            match byte {
                b'"' if !angled => quoted = true,
                b'<' => angled = true,
                b'>' => angled = false,
                _ => {}
            }
        }
    }
    None
}

/// Whether a parameter value can stand without quotes, or stands in them already (RFC 3261 §25.1, gen-value).
pub fn is_param_value(value: &str) -> bool {
    let bytes = value.as_bytes();
    let bare = |byte: &u8| is_token_byte(*byte) || matches!(byte, b'[' | b']' | b':');
    (!bytes.is_empty() && bytes.iter().all(bare)) || is_quoted(bytes)
}

/// Whether `bytes` is one whole quoted string.
pub fn is_quoted(bytes: &[u8]) -> bool {
    let [b'"', inner @ .., b'"'] = bytes else { return false };
    let mut escaped = false;
    for &byte in inner {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return false,
            _ => {}
        }
    }
    !escaped
}

/// Puts text in quotes (RFC 3261 §25.1, quoted-string). Line breaks become spaces.
pub fn quote(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    for character in value.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\r' | '\n' => out.push(' '),
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}

/// Takes quotes and their escapes off; text without quotes stays as it is.
pub fn unquote(value: &str) -> Cow<'_, str> {
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return Cow::Borrowed(value);
    };
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut out = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => out.extend(characters.next()),
            _ => out.push(character),
        }
    }
    Cow::Owned(out)
}

/// A number of decimal digits only; `None` when it does not fit.
pub fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u32, |number, &byte| {
        byte.is_ascii_digit().then_some(())?;
        number.checked_mul(10)?.checked_add(u32::from(byte - b'0'))
    })
}

/// Length of the quoted string at the start of `bytes`, with both quotes.
pub fn quoted_length(bytes: &[u8]) -> Option<usize> {
    let mut escaped = false;
    for (at, &byte) in bytes.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_bytes_are_found_wherever_they_stand() {
        for length in 0..40 {
            let mut bytes = vec![b';'; length];
            assert_eq!(find_near(&bytes, b':'), None);
            for at in (0..length).rev() {
                bytes[at] = b':';
                assert_eq!(find_near(&bytes, b':'), Some(at), "{length}");
            }
        }
        assert_eq!(find_near(b"\x3b\x39\xba\x00:", b':'), Some(4));
    }

    #[test]
    fn commas_in_quotes_and_brackets_do_not_cut() {
        let value = br#""a,\",b" <sip:x,y>;p="q,r", , sip:z"#;
        let parts: Vec<_> = elements(value).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
        assert_eq!(parts, [r#""a,\",b" <sip:x,y>;p="q,r""#, "sip:z"]);
    }

    #[test]
    fn folding_becomes_one_space() {
        assert_eq!(unfold(b"a \r\n\t b\r\n c"), b"a b c");
        assert_eq!(unfold(b"a\rb"), b"a b");
        assert_eq!(unfold(b"\r\n"), b" ");
    }

    #[test]
    fn quoting_can_be_undone() {
        for text in ["", "plain", "a \"b\" \\ c", "\\"] {
            assert_eq!(unquote(&quote(text)), text);
            assert!(is_quoted(quote(text).as_bytes()));
        }
        assert_eq!(quote("a\r\nb"), "\"a  b\"");
        assert!(!is_quoted(br#""a"b""#) && !is_quoted(br#""a\""#));
    }

    #[test]
    fn numbers_that_do_not_fit_are_none() {
        assert_eq!(number(b"0068"), Some(68));
        assert_eq!(number(b"4294967295"), Some(u32::MAX));
        for wrong in [&b"4294967296"[..], b"", b"-1", b"+1", b"1 "] {
            assert_eq!(number(wrong), None);
        }
    }
}
