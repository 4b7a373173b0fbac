use std::fmt;

use bytes::Bytes;

/// A request method (RFC 3261 §7.1). Methods are compared with regard to case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    Ack,
    Bye,
    Cancel,
    Info,
    Invite,
    Message,
    Notify,
    Options,
    Prack,
    Publish,
    Refer,
    Register,
    Subscribe,
    Update,
    /// A method that is not known here, as it came.
    Other(Bytes),
}

impl Method {
    /// The known method of that name, or `None`.
    pub fn known(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"ACK" => Self::Ack,
            b"BYE" => Self::Bye,
            b"CANCEL" => Self::Cancel,
            b"INFO" => Self::Info,
            b"INVITE" => Self::Invite,
            b"MESSAGE" => Self::Message,
            b"NOTIFY" => Self::Notify,
            b"OPTIONS" => Self::Options,
            b"PRACK" => Self::Prack,
            b"PUBLISH" => Self::Publish,
            b"REFER" => Self::Refer,
            b"REGISTER" => Self::Register,
            b"SUBSCRIBE" => Self::Subscribe,
            b"UPDATE" => Self::Update,
            _ => return None,
        })
    }

    /// Reads a method name; `None` when it is no token (RFC 3261 §25.1).
    pub fn parse(name: &[u8]) -> Option<Self> {
        Self::known(name)
            .or_else(|| super::text::is_token(name).then(|| Self::Other(Bytes::copy_from_slice(name))))
    }

    /// True for what says nothing outside a dialog: BYE (RFC 3261 §15), UPDATE (RFC 3311), INFO (RFC 6086), PRACK
    /// (RFC 3262), NOTIFY (RFC 6665 §4.1.3: only with a subscription), and REFER, which is taken only from a party of
    /// a call.
    pub fn needs_dialog(&self) -> bool {
        matches!(self, Self::Bye | Self::Info | Self::Notify | Self::Prack | Self::Refer | Self::Update)
    }

    /// The name as it stands in a request line.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Ack => b"ACK",
            Self::Bye => b"BYE",
            Self::Cancel => b"CANCEL",
            Self::Info => b"INFO",
            Self::Invite => b"INVITE",
            Self::Message => b"MESSAGE",
            Self::Notify => b"NOTIFY",
            Self::Options => b"OPTIONS",
            Self::Prack => b"PRACK",
            Self::Publish => b"PUBLISH",
            Self::Refer => b"REFER",
            Self::Register => b"REGISTER",
            Self::Subscribe => b"SUBSCRIBE",
            Self::Update => b"UPDATE",
            Self::Other(name) => name,
        }
    }

    /// The name as text. A token is ASCII, so nothing is lost.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or("")
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
