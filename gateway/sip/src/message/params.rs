use std::borrow::Cow;
use std::fmt;

use super::text;

/// Parameters after a header value (RFC 3261 §7.3.1): ordered, names without regard to case.
///
/// A value keeps its quotes, so that what came is printed as it came. They are kept as one text,
/// `;name=value;flag` without white space, since most messages are asked for one of them at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(String);

impl Params {
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads `;name=value;flag`, with or without the first semicolon. Bytes that are not UTF-8
    /// become U+FFFD.
    pub fn parse(raw: &[u8]) -> Self {
        let mut params = Self(String::with_capacity(raw.len() + 1));
        for part in text::split_outside(raw, b';') {
            let part = text::trim(part);
            if part.is_empty() {
                continue;
            }
            let (name, value) = match memchr::memchr(b'=', part) {
                Some(at) => (text::trim(&part[..at]), Some(text::trim(&part[at + 1..]))),
                None => (part, None),
            };
            let value = value.map(String::from_utf8_lossy);
            params.append(&String::from_utf8_lossy(name), value.as_deref());
        }
        params
    }

    fn append(&mut self, name: &str, value: Option<&str>) {
        self.0.push(';');
        self.0.push_str(name);
        if let Some(value) = value {
            self.0.push('=');
            self.0.push_str(value);
        }
    }

    /// The value as it stands, quotes included; `""` for a flag.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut named = self.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.unwrap_or(""))
    }

    /// The value without quotes and their escapes.
    pub fn get_unquoted(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(name).map(text::unquote)
    }

    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Sets or replaces. A value that is neither a token, a host nor quoted is put in quotes.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        let value = if text::is_param_value(&value) { value } else { text::quote(&value) };
        self.put(name, Some(&value));
    }

    /// Sets a parameter without a value, such as `lr`.
    pub fn set_flag(&mut self, name: &str) {
        self.put(name, None);
    }

    fn put(&mut self, name: &str, value: Option<&str>) {
        let before = std::mem::take(self);
        let mut placed = false;
        for (known, old) in before.iter() {
            let replaced = !placed && known.eq_ignore_ascii_case(name);
            self.append(known, if replaced { value } else { old });
            placed |= replaced;
        }
        if !placed {
            self.append(name, value);
        }
    }

    /// Removes; returns whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        if !self.contains(name) {
            return false;
        }
        let before = std::mem::take(self);
        let others = before.iter().filter(|(known, _)| !known.eq_ignore_ascii_case(name));
        others.for_each(|(known, value)| self.append(known, value));
        true
    }

    /// Name and value of each, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let parts = text::split_outside(self.0.as_bytes(), b';');
        // Cut at ASCII, so that each part is UTF-8 again.
        let texts = parts.filter_map(|part| std::str::from_utf8(part).ok());
        texts.filter(|part| !part.is_empty()).map(|part| match part.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (part, None),
        })
    }

    pub fn len(&self) -> usize {
        self.iter().count()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_and_empty_parts_go_and_quotes_stay() {
        let params = Params::parse(b" ; a = 1 ;; B ; c = \"x; y\" ;");
        assert_eq!(params.to_string(), ";a=1;B;c=\"x; y\"");
        let all: Vec<_> = params.iter().collect();
        assert_eq!(all, [("a", Some("1")), ("B", None), ("c", Some("\"x; y\""))]);
        assert_eq!((params.get("b"), params.len()), (Some(""), 3));
        assert_eq!(params.get_unquoted("C").as_deref(), Some("x; y"));
    }

    #[test]
    fn changes_keep_the_order() {
        let mut params = Params::parse(b"a=1;b;c=3");
        params.set("B", "[::1]:5");
        params.set_flag("lr");
        assert!(params.remove("A") && !params.remove("a"));
        params.set("d", "");
        assert_eq!(params.to_string(), ";b=[::1]:5;c=3;lr;d=\"\"");
    }

    #[test]
    fn a_value_cannot_bring_parameters_along() {
        let mut params = Params::new();
        params.set("tag", "x;evil=1");
        assert_eq!((params.get("evil"), params.len()), (None, 1));
    }
}
