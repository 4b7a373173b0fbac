//! Making URIs and changing parts of them; what is not changed stays as it came.

use super::escape::escape;
use super::{Bytes, Scheme, Uri};

/// Characters that a user part holds without an escape (RFC 3261 §25.1, user-unreserved).
/// `;` and `?` are allowed there too, but enough software cuts at them to escape them.
const USER_PLAIN: &[u8] = b"&=+$,/";
/// RFC 3261 §25.1, param-unreserved.
const PARAM_PLAIN: &[u8] = b"[]/:&+$";
/// RFC 3261 §25.1, hnv-unreserved.
const HEADER_PLAIN: &[u8] = b"[]/?:+$";

impl Uri {
    /// `sip:user@host:port`. The user is escaped as needed; an IPv6 address gets its brackets.
    /// A host with other characters than a host may have gives `invalid.`, never another URI.
    pub fn sip(user: Option<&str>, host: &str, port: Option<u16>) -> Self {
        Self::assemble(Scheme::Sip, user, host, port)
    }

    /// `sips:user@host:port`, as [`Uri::sip`].
    pub fn sips(user: Option<&str>, host: &str, port: Option<u16>) -> Self {
        Self::assemble(Scheme::Sips, user, host, port)
    }

    fn assemble(scheme: Scheme, user: Option<&str>, host: &str, port: Option<u16>) -> Self {
        let name = if scheme == Scheme::Sips { "sips" } else { "sip" };
        let user = user.map(|user| escape(user, USER_PLAIN) + "@").unwrap_or_default();
        let host = host_text(host);
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        Self::trusted(format!("{name}:{user}{host}{port}"))
    }

    /// With another user, or none.
    #[must_use]
    pub fn with_user(&self, user: Option<&str>) -> Self {
        if !self.is_sip() {
            return self.clone();
        }
        let user = user.map(|user| escape(user, USER_PLAIN) + "@").unwrap_or_default();
        let (before, after) = (self.text(0..self.rest), self.text(self.host.start..self.raw.len()));
        Self::trusted(format!("{before}{user}{after}"))
    }

    /// With another host and port.
    #[must_use]
    pub fn with_host_port(&self, host: &str, port: Option<u16>) -> Self {
        if !self.is_sip() {
            return self.clone();
        }
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let (before, after) = (self.text(0..self.host.start), self.text(self.params..self.raw.len()));
        Self::trusted(format!("{before}{}{port}{after}", host_text(host)))
    }

    /// With a parameter set, at its place or at the end; `None` for one without a value.
    #[must_use]
    pub fn with_param(&self, name: &str, value: Option<&str>) -> Self {
        let name = escape(name, PARAM_PLAIN);
        let new = match value {
            Some(value) => format!(";{name}={}", escape(value, PARAM_PLAIN)),
            None => format!(";{name}"),
        };
        let mut text = self.text(0..self.params).to_owned();
        let mut found = false;
        for (known, value) in self.params() {
            if known.eq_ignore_ascii_case(&name) {
                if !found {
                    text += &new;
                }
                found = true;
            } else {
                push_param(&mut text, known, value);
            }
        }
        if !found {
            text += &new;
        }
        Self::trusted(text + self.text(self.headers..self.raw.len()))
    }

    /// Without a parameter.
    #[must_use]
    pub fn without_param(&self, name: &str) -> Self {
        let mut text = self.text(0..self.params).to_owned();
        for (known, value) in self.params().filter(|(known, _)| !known.eq_ignore_ascii_case(name)) {
            push_param(&mut text, known, value);
        }
        Self::trusted(text + self.text(self.headers..self.raw.len()))
    }

    /// Without parameters and headers.
    #[must_use]
    pub fn without_params(&self) -> Self {
        Self::trusted(self.text(0..self.params).to_owned())
    }

    /// Without the headers after `?`.
    #[must_use]
    pub fn without_headers(&self) -> Self {
        Self::trusted(self.text(0..self.headers).to_owned())
    }

    /// With one more header after `?`.
    #[must_use]
    pub fn with_header(&self, name: &str, value: &str) -> Self {
        let mark = if self.headers == self.raw.len() { '?' } else { '&' };
        let (name, value) = (escape(name, HEADER_PLAIN), escape(value, HEADER_PLAIN));
        Self::trusted(format!("{self}{mark}{name}={value}"))
    }

    /// Text put together from checked parts; should it be no URI after all it is kept as malformed.
    fn trusted(text: String) -> Self {
        Self::lenient(Bytes::from(text))
    }
}

fn push_param(text: &mut String, name: &str, value: Option<&str>) {
    text.push(';');
    text.push_str(name);
    if let Some(value) = value {
        text.push('=');
        text.push_str(value);
    }
}

fn host_text(host: &str) -> String {
    if super::host_length(host.as_bytes()) == Some(host.len()) {
        return host.to_owned();
    }
    match host.parse::<std::net::Ipv6Addr>() {
        Ok(address) => format!("[{address}]"),
        Err(_) => "invalid.".to_owned(),
    }
}
