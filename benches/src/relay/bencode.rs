//! The little of bencoding that rtpengine's NG protocol needs: dictionaries of strings, lists of strings.

use std::collections::HashMap;

/// Nesting that is read; an answer of rtpengine has less.
const MAX_DEPTH: usize = 8;

/// What is sent.
pub enum Value<'a> {
    Text(&'a str),
    List(&'a [&'a str]),
}

/// A dictionary. Keys are sorted, as bencoding wants them.
pub fn dictionary(pairs: &[(&str, Value<'_>)]) -> Vec<u8> {
    let mut pairs: Vec<_> = pairs.iter().collect();
    pairs.sort_by_key(|(key, _)| *key);
    let mut out = b"d".to_vec();
    for (key, value) in pairs {
        text(&mut out, key);
        match value {
            Value::Text(value) => text(&mut out, value),
            Value::List(items) => {
                out.push(b'l');
                items.iter().for_each(|item| text(&mut out, item));
                out.push(b'e');
            }
        }
    }
    out.push(b'e');
    out
}

/// The texts of a dictionary by their keys; values of other kinds are passed over. None: not bencoded.
pub fn texts(bytes: &[u8]) -> Option<HashMap<String, String>> {
    let mut rest = bytes.strip_prefix(b"d")?;
    let mut found = HashMap::new();
    while !rest.starts_with(b"e") {
        let (key, after) = string(rest)?;
        if after.first()?.is_ascii_digit() {
            let (value, after) = string(after)?;
            found.insert(utf8(key), utf8(value));
            rest = after;
        } else {
            rest = skip(after, 0)?;
        }
    }
    Some(found)
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(format!("{}:{text}", text.len()).as_bytes());
}

fn utf8(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = bytes.iter().position(|&byte| byte == b':')?;
    let length: usize = std::str::from_utf8(&bytes[..colon]).ok()?.parse().ok()?;
    bytes.get(colon + 1..)?.split_at_checked(length)
}

fn skip(bytes: &[u8], depth: usize) -> Option<&[u8]> {
    match bytes.first()? {
        b'i' => bytes.iter().position(|&byte| byte == b'e').and_then(|end| bytes.get(end + 1..)),
        b'l' | b'd' if depth < MAX_DEPTH => {
            let mut rest = bytes.get(1..)?;
            while !rest.starts_with(b"e") {
                rest = skip(rest, depth + 1)?;
            }
            rest.get(1..)
        }
        _ => string(bytes).map(|(_, rest)| rest),
    }
}

#[cfg(test)]
mod tests {
    use super::{Value, dictionary, texts};

    #[test]
    fn keys_are_sorted_and_lists_are_lists() {
        let bytes = dictionary(&[("sdp", Value::Text("v=0")), ("flags", Value::List(&["a", "bc"]))]);
        assert_eq!(bytes, b"d5:flagsl1:a2:bce3:sdp3:v=0e");
    }

    #[test]
    fn texts_are_found_between_other_values() {
        let found = texts(b"d1:ai5e1:bd1:cl1:xi1eee6:result2:oke").expect("bencoded");
        assert_eq!(found.get("result").map(String::as_str), Some("ok"));
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        for end in 0..24 {
            assert!(texts(&b"d1:al1:xe6:result5:helloe"[..end]).is_none(), "{end}");
        }
    }
}
