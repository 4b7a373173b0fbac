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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<Header>);

impl Headers {
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn with_capacity(headers: usize) -> Self {
        Self(Vec::with_capacity(headers))
    }

    /// Adds a header whose value is known to be clean.
    pub(crate) fn push_clean(&mut self, name: HeaderName, value: Bytes) {
        self.0.push(Header { name, value });
    }

    /// Adds at the end. A line break in the value becomes a space.
    pub fn push(&mut self, name: HeaderName, value: impl Into<Bytes>) {
        self.0.push(Header::new(name, value));
    }

    /// Adds at the end.
    pub fn push_header(&mut self, header: Header) {
        self.push(header.name, header.value);
    }

    /// Adds before all others, as a Via is.
    pub fn push_front(&mut self, name: HeaderName, value: impl Into<Bytes>) {
        self.0.insert(0, Header::new(name, value));
    }

    /// The first value of that name.
    pub fn get(&self, name: &HeaderName) -> Option<&[u8]> {
        self.0.iter().find(|header| header.name == *name).map(|header| &header.value[..])
    }

    /// The first value of that name when it is UTF-8.
    pub fn get_str(&self, name: &HeaderName) -> Option<&str> {
        std::str::from_utf8(self.get(name)?).ok()
    }

    pub fn contains(&self, name: &HeaderName) -> bool {
        self.get(name).is_some()
    }

    /// Every value of that name, a header each, commas left alone.
    pub fn all<'a>(&'a self, name: &'a HeaderName) -> impl Iterator<Item = &'a [u8]> {
        self.0.iter().filter(move |header| header.name == *name).map(|header| &header.value[..])
    }

    /// Every element of that name: headers in order, each cut at its commas (RFC 3261 §7.3.1).
    /// Commas in quotes and angle brackets do not cut; empty elements are left out.
    pub fn values<'a>(&'a self, name: &'a HeaderName) -> impl Iterator<Item = &'a [u8]> {
        self.all(name).flat_map(super::text::elements)
    }

    /// Puts one value in the place of all of that name; at the end when there was none.
    pub fn set(&mut self, name: HeaderName, value: impl Into<Bytes>) {
        let header = Header::new(name, value);
        let Some(at) = self.0.iter().position(|old| old.name == header.name) else {
            self.0.push(header);
            return;
        };
        let name = header.name.clone();
        self.0[at] = header;
        let mut index = 0;
        self.0.retain(|old| {
            index += 1;
            old.name != name || index == at + 1
        });
    }

    /// Puts `value` in the place of the first element of that name; the rest of its header stays.
    /// Returns whether there was one.
    pub fn replace_first_element(&mut self, name: &HeaderName, value: &str) -> bool {
        let Some(header) = self.0.iter_mut().find(|header| header.name == *name) else { return false };
        let rest = super::text::find_outside(&header.value, b',').map_or(&b""[..], |at| &header.value[at..]);
        let whole = [value.as_bytes(), rest].concat();
        header.value = clean(Bytes::from(whole));
        true
    }

    /// Removes all of that name; returns how many there were.
    pub fn remove(&mut self, name: &HeaderName) -> usize {
        let before = self.0.len();
        self.0.retain(|header| header.name != *name);
        before - self.0.len()
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Header> {
        self.0.iter()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> IntoIterator for &'a Headers {
    type Item = &'a Header;
    type IntoIter = std::slice::Iter<'a, Header>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromIterator<Header> for Headers {
    fn from_iter<I: IntoIterator<Item = Header>>(headers: I) -> Self {
        let mut all = Self::new();
        headers.into_iter().for_each(|header| all.push_header(header));
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
        let names: Vec<_> = headers.iter().map(|header| header.name.to_string()).collect();
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
