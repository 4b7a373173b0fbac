//! Which hosts a plugin may send requests to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A host by name, all below a name, or the host of a URL among the settings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostPattern(String);

impl HostPattern {
    /// The setting whose host is meant.
    pub fn setting(&self) -> Option<&str> {
        self.0.strip_prefix('{')?.strip_suffix('}')
    }

    /// Whether a host, in lower case, is meant.
    pub fn allows(&self, host: &str, settings: &BTreeMap<String, String>) -> bool {
        if let Some(name) = self.setting() {
            return settings.get(name).and_then(|url| host_of(url)).is_some_and(|named| named == host);
        }
        match self.0.strip_prefix("*.") {
            Some(parent) => {
                host.strip_suffix(parent).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
            None => self.0 == host,
        }
    }

    /// As it stands in the manifest.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for HostPattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let name = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let host = text.strip_prefix("*.").unwrap_or(&text);
        let whole = text.starts_with("*.") && !host.contains('.');
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.:".contains(&byte);
        let right = match name {
            Some(name) => super::is_name(name),
            None => {
                !whole && (1..=253).contains(&host.len()) && host.bytes().all(plain) && !host.starts_with('.')
            }
        };
        if right {
            Ok(Self(text))
        } else {
            Err(format!(
                "`{text}` is no host; right would be `api.example.com`, `*.example.com` or `{{setting}}`"
            ))
        }
    }
}

impl From<HostPattern> for String {
    fn from(pattern: HostPattern) -> Self {
        pattern.0
    }
}

/// The host of an `http:` or `https:` URL, in lower case, without brackets. One with a user name is refused: it is written
/// to deceive.
pub fn host_of(url: &str) -> Option<String> {
    let uri: hyper::Uri = url.parse().ok()?;
    let authority = uri.authority()?;
    let known = matches!(uri.scheme_str(), Some("http" | "https"));
    if !known || authority.as_str().contains('@') || authority.host().is_empty() {
        return None;
    }
    Some(authority.host().trim_matches(['[', ']']).to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(pattern: &str, host: &str) -> bool {
        let settings =
            BTreeMap::from([("gateway".to_owned(), "https://SMS.example.net:8443/send".to_owned())]);
        HostPattern::try_from(pattern.to_owned()).unwrap().allows(host, &settings)
    }

    #[test]
    fn what_each_form_means() {
        assert!(allows("api.example.com", "api.example.com"));
        assert!(!allows("api.example.com", "evil-api.example.com"));
        assert!(allows("*.example.com", "cdn.example.com"));
        assert!(allows("*.example.com", "a.b.example.com"));
        assert!(!allows("*.example.com", "example.com"));
        assert!(!allows("*.example.com", ".example.com"));
        assert!(!allows("*.example.com", "evilexample.com"));
        assert!(allows("{gateway}", "sms.example.net"));
        assert!(!allows("{gateway}", "example.net"));
        assert!(!allows("{other}", ""));
    }

    #[test]
    fn everything_at_once_cannot_be_asked_for() {
        for text in ["*", "*.com", "", "a b", "https://example.com", "API.example.com", ".example.com", "{A}"]
        {
            assert!(HostPattern::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn hosts_of_urls() {
        assert_eq!(host_of("https://Example.com/x").as_deref(), Some("example.com"));
        assert_eq!(host_of("http://[::1]:80/").as_deref(), Some("::1"));
        for url in ["https://good@evil.example/", "ftp://example.com", "example.com", "https:///x", "/x", ""]
        {
            assert_eq!(host_of(url), None, "{url}");
        }
    }
}
