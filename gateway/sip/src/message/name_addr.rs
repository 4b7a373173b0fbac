use std::fmt;

use super::{Params, Uri, text};

/// A name-addr or addr-spec with its header parameters (RFC 3261 §20.10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameAddr {
    /// Display name without quotes; bytes that are not UTF-8 become U+FFFD.
    pub display: Option<String>,
    pub uri: Uri,
    pub params: Params,
}

impl NameAddr {
    pub fn new(uri: Uri) -> Self {
        Self { display: None, uri, params: Params::new() }
    }

    /// Reads one element, without the commas between several. `None` when it is malformed.
    ///
    /// Without angle brackets the parameters belong to the header, not to the URI.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let value = text::trim(value);
        let (display, rest) = match value.first()? {
            b'"' => {
                let end = text::quoted_length(value)?;
                let display = String::from_utf8_lossy(&value[..end]);
                (text::unquote(&display).into_owned(), text::trim(&value[end..]))
            }
            _ => match memchr::memchr(b'<', value) {
                Some(at) => (bare_display(&value[..at])?, &value[at..]),
                None => return Self::parse_bare(value),
            },
        };
        let inner = rest.strip_prefix(b"<")?;
        let end = memchr::memchr(b'>', inner)?;
        let params = text::trim(&inner[end + 1..]);
        if !params.is_empty() && !params.starts_with(b";") {
            return None;
        }
        Some(Self {
            display: (!display.is_empty()).then_some(display),
            uri: Uri::parse(text::trim(&inner[..end])).ok()?,
            params: Params::parse(params),
        })
    }

    /// A URI with a comma or question mark must stand in brackets (RFC 3261 §20.10).
    fn parse_bare(value: &[u8]) -> Option<Self> {
        let end = memchr::memchr(b';', value).unwrap_or(value.len());
        let uri = text::trim(&value[..end]);
        if memchr::memchr2(b',', b'?', uri).is_some() {
            return None;
        }
        let (uri, params) = (Uri::parse(uri).ok()?, Params::parse(&value[end..]));
        Some(Self { display: None, uri, params })
    }

    pub fn tag(&self) -> Option<&str> {
        self.params.get("tag").filter(|tag| !tag.is_empty())
    }

    pub fn set_tag(&mut self, tag: impl Into<String>) {
        self.params.set("tag", tag);
    }
}

/// A display name without quotes: tokens with white space between, and what the field puts there,
/// but no comma: that would cut the header in two (RFC 4475 §3.1.2.15).
fn bare_display(raw: &[u8]) -> Option<String> {
    let raw = text::trim(raw);
    if memchr::memchr3(b',', b'"', b';', raw).is_some() {
        return None;
    }
    Some(String::from_utf8_lossy(raw).into_owned())
}

impl fmt::Display for NameAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(display) = &self.display {
            write!(f, "{} ", text::quote(display))?;
        }
        write!(f, "<{}>{}", self.uri, self.params)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Option<NameAddr> {
        NameAddr::parse(text.as_bytes())
    }

    #[test]
    fn without_brackets_the_parameters_are_the_headers() {
        let bare = parse("sip:a@b;user=phone;tag=1").unwrap();
        assert_eq!((bare.uri.to_string().as_str(), bare.tag()), ("sip:a@b", Some("1")));
        let bracketed = parse("<sip:a@b;user=phone>;tag=1").unwrap();
        assert_eq!((bracketed.uri.param("user"), bracketed.tag()), (Some("phone"), Some("1")));
    }

    #[test]
    fn contacts_of_phones_with_instance_and_methods() {
        let contact = parse(
            "<sip:1001@10.0.0.2:5062;ob>;reg-id=1;+sip.instance=\"<urn:uuid:1-2>\";methods=\"INVITE, ACK\";flag",
        )
        .unwrap();
        assert_eq!(contact.params.get_unquoted("+SIP.instance").as_deref(), Some("<urn:uuid:1-2>"));
        assert_eq!(contact.params.get("methods"), Some("\"INVITE, ACK\""));
        assert!(contact.params.contains("flag") && contact.uri.param("ob").is_some());
    }

    #[test]
    fn what_cannot_be_read_is_none() {
        for wrong in
            ["", "<sip:a@b", "\"a <sip:a@b>", "a, b <sip:a@b>", "<sip:a@b> x", "a", "sip:a@b?x=y", "<>"]
        {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_tag_is_set_once_and_quoted_when_it_must_be() {
        let mut to = parse("<sip:a@b>;tag=old").unwrap();
        to.set_tag("new");
        to.params.set("x", "a;b\r\nc");
        assert_eq!(to.to_string(), "<sip:a@b>;tag=new;x=\"a;b  c\"");
    }

    proptest! {
        #[test]
        fn display_names_survive_printing(display in "[^\r\n]{1,20}") {
            let mut name = NameAddr::new(Uri::sip(Some("u"), "h", None));
            name.display = Some(display);
            prop_assert_eq!(NameAddr::parse(name.to_string().as_bytes()), Some(name));
        }

        #[test]
        fn no_bytes_make_it_panic(value in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = NameAddr::parse(&value);
        }
    }
}
