use std::fmt;
use std::ops::Range;

use bytes::Bytes;

use super::HeaderName;

/// One header: a name and its value, unfolded and without white space at its ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub name: HeaderName,
    pub value: Bytes,
}

impl Header {
    /// A header; a line break in `value` becomes a space, so that no value can end its own line.
    pub fn new(name: HeaderName, value: impl Into<Bytes>) -> Self {
        Self { name, value: clean(value.into()) }
    }
}

/// The headers of a message in their order (RFC 3261 §7.3).
///
/// Values that came in one piece stay where they came: one shared text, and a place in it for each, since a
/// counted slice for each header costs more than reading it.
#[derive(Clone, Default)]
pub struct Headers {
    text: Bytes,
    entries: Vec<Entry>,
}

/// Small, for a message has many.
#[derive(Clone)]
enum Entry {
    /// A known header whose value is a part of the message's text.
    Came {
        name: &'static HeaderName,
        start: u32,
        end: u32,
    },
    Own(Box<Header>),
}

impl Entry {
    fn name(&self) -> &HeaderName {
        match self {
            Self::Came { name, .. } => name,
            Self::Own(header) => &header.name,
        }
    }

    fn value<'a>(&'a self, text: &'a [u8]) -> &'a [u8] {
        match self {
            Self::Came { start, end, .. } => text.get(*start as usize..*end as usize).unwrap_or_default(),
            Self::Own(header) => &header.value,
        }
    }
}

impl From<Header> for Entry {
    fn from(Header { name, value }: Header) -> Self {
        Self::Own(Box::new(Header { name, value: clean(value) }))
    }
}

impl Headers {
    pub fn new() -> Self {
        Self::default()
    }

    /// Of a message that came as `text`, with room for some headers.
    pub(crate) fn of(text: Bytes, headers: usize) -> Self {
        Self { text, entries: Vec::with_capacity(headers) }
    }

    /// Adds a header whose value is a part of the text and known to be clean.
    #[inline]
    pub(crate) fn push_place(&mut self, name: &'static HeaderName, value: Range<usize>) {
        match (u32::try_from(value.start), u32::try_from(value.end)) {
            (Ok(start), Ok(end)) => self.entries.push(Entry::Came { name, start, end }),
            _ => self.push(name.clone(), self.text.slice(value)),
        }
    }

    /// Adds at the end. A line break in the value becomes a space.
    pub fn push(&mut self, name: HeaderName, value: impl Into<Bytes>) {
        self.push_header(Header { name, value: value.into() });
    }

    /// Adds at the end. A line break in the value becomes a space.
    pub fn push_header(&mut self, header: Header) {
        self.entries.push(header.into());
    }

    /// Adds before all others, as a Via is.
    pub fn push_front(&mut self, name: HeaderName, value: impl Into<Bytes>) {
        self.entries.insert(0, Header { name, value: value.into() }.into());
    }

    /// The first value of that name.
    pub fn get(&self, name: &HeaderName) -> Option<&[u8]> {
        self.all(name).next()
    }

    /// The first value of that name when it is UTF-8.
    pub fn get_str(&self, name: &HeaderName) -> Option<&str> {
        std::str::from_utf8(self.get(name)?).ok()
    }

    pub fn contains(&self, name: &HeaderName) -> bool {
        self.get(name).is_some()
    }

    /// Every value of that name, a header each, commas left alone.
    pub fn all<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
        self.entries.iter().filter(move |entry| entry.name() == name).map(|entry| entry.value(&self.text))
    }

    /// Every element of that name: headers in order, each cut at its commas (RFC 3261 §7.3.1).
    /// Commas in quotes and angle brackets do not cut; empty elements are left out.
    pub fn values<'a>(&'a self, name: &'a HeaderName) -> impl Iterator<Item = &'a [u8]> {
        self.all(name).flat_map(super::text::elements)
    }

    /// Puts one value in the place of all of that name; at the end when there was none.
    pub fn set(&mut self, name: HeaderName, value: impl Into<Bytes>) {
        let Some(at) = self.entries.iter().position(|old| *old.name() == name) else {
            return self.push(name, value);
        };
        let mut index = 0;
        self.entries.retain(|old| {
            index += 1;
            *old.name() != name || index == at + 1
        });
        self.entries[at] = Header { name, value: value.into() }.into();
    }

    /// Puts `value` in the place of the first element of that name; the rest of its header stays.
    /// Returns whether there was one.
    pub fn replace_first_element(&mut self, name: &HeaderName, value: &str) -> bool {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.name() == name) else { return false };
        let old = entry.value(&self.text);
        let rest = super::text::find_outside(old, b',').map_or(&b""[..], |at| &old[at..]);
        let whole = [value.as_bytes(), rest].concat();
        *entry = Header { name: name.clone(), value: Bytes::from(whole) }.into();
        true
    }

    /// Removes all of that name; returns how many there were.
    pub fn remove(&mut self, name: &HeaderName) -> usize {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.name() != name);
        before - self.entries.len()
    }

    /// Names with their values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&HeaderName, &[u8])> {
        self.entries.iter().map(|entry| (entry.name(), entry.value(&self.text)))
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl PartialEq for Headers {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Headers {}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.iter().map(|(name, value)| (name, value.escape_ascii().to_string())))
            .finish()
    }
}

impl FromIterator<Header> for Headers {
    fn from_iter<I: IntoIterator<Item = Header>>(headers: I) -> Self {
        let mut all = Self::new();
        all.extend(headers);
        all
    }
}

impl Extend<Header> for Headers {
    fn extend<I: IntoIterator<Item = Header>>(&mut self, headers: I) {
        headers.into_iter().for_each(|header| self.push_header(header));
    }
}

/// Line breaks become spaces and white space at the ends goes.
fn clean(value: Bytes) -> Bytes {
    let trimmed = super::text::trim(&value);
    if memchr::memchr2(b'\r', b'\n', trimmed).is_some() {
        return Bytes::from(super::text::unfold(trimmed));
    }
    if trimmed.len() == value.len() { value } else { value.slice_ref(trimmed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vias() -> Headers {
        let mut headers = Headers::new();
        headers.push(HeaderName::Via, "a, b");
        headers.push(HeaderName::To, "<sip:x>");
        headers.push(HeaderName::Via, "c");
        headers
    }

    fn text<'a>(values: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
        values.map(|value| String::from_utf8_lossy(value).into_owned()).collect()
    }

    #[test]
    fn values_go_over_headers_and_commas_in_order() {
        assert_eq!(text(vias().values(&HeaderName::Via)), ["a", "b", "c"]);
        assert_eq!(text(vias().all(&HeaderName::Via)), ["a, b", "c"]);
    }

    #[test]
    fn a_value_cannot_end_its_own_line() {
        let mut headers = Headers::new();
        headers.push(HeaderName::Subject, " hi\r\nContact: <sip:evil>\r\n\r\nbody ");
        assert_eq!(headers.get_str(&HeaderName::Subject), Some("hi Contact: <sip:evil> body"));
    }

    #[test]
    fn set_leaves_one_at_the_place_of_the_first() {
        let mut headers = vias();
        headers.set(HeaderName::Via, "z");
        let names: Vec<_> = headers.iter().map(|(name, _)| name.to_string()).collect();
        assert_eq!(names, ["Via", "To"]);
        assert_eq!(headers.get_str(&HeaderName::Via), Some("z"));
        headers.set(HeaderName::From, "f");
        assert_eq!(headers.len(), 3);
    }

    #[test]
    fn the_first_element_is_replaced_alone() {
        let mut headers = vias();
        assert!(headers.replace_first_element(&HeaderName::Via, "new"));
        assert_eq!(text(headers.values(&HeaderName::Via)), ["new", "b", "c"]);
        assert!(!headers.replace_first_element(&HeaderName::From, "new"));
    }

    #[test]
    fn remove_takes_all_of_a_name() {
        let mut headers = vias();
        assert_eq!(headers.remove(&HeaderName::Via), 2);
        assert_eq!(headers.len(), 1);
    }
}
