use std::borrow::Cow;
use std::fmt;

use super::text;

/// Parameters after a header value (RFC 3261 §7.3.1): ordered, names without regard to case.
///
/// A value keeps its quotes, so that what came is printed as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, Option<String>)>);

impl Params {
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads `;name=value;flag`, with or without the first semicolon. Bytes that are not UTF-8 become U+FFFD.
    pub fn parse(raw: &[u8]) -> Self {
        let mut params = Self::new();
        for part in text::split_outside(raw, b';') {
            let part = text::trim(part);
            if part.is_empty() {
                continue;
            }
            let (name, value) = match memchr::memchr(b'=', part) {
                Some(at) => (text::trim(&part[..at]), Some(text::trim(&part[at + 1..]))),
                None => (part, None),
            };
            params.0.push((lossy(name), value.map(lossy)));
        }
        params
    }

    /// The value as it stands, quotes included; `""` for a flag.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_deref().unwrap_or(""))
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
        self.put(name, Some(value));
    }

    /// Sets a parameter without a value, such as `lr`.
    pub fn set_flag(&mut self, name: &str) {
        self.put(name, None);
    }

    fn put(&mut self, name: &str, value: Option<String>) {
        match self.0.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// Removes; returns whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        before != self.0.len()
    }

    /// Name and value of each, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_deref()))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|(name, value)| match value {
            Some(value) => write!(f, ";{name}={value}"),
            None => write!(f, ";{name}"),
        })
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
