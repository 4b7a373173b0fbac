//! SIP messages (RFC 3261 §7): raw bytes kept, headers typed when asked for, the unknown preserved.
//!
//! [`Message::parse`] refuses only what cannot be represented; [`Request::validate`] names the
//! status that a peer is owed for the rest.

use bytes::Bytes;

mod cseq;
mod error;
mod headers;
mod limits;
mod method;
mod name;
mod name_addr;
mod params;
mod parse;
mod print;
mod replaces;
mod status;
pub(crate) mod text;
#[cfg(test)]
mod torture;
mod typed;
mod uri;
mod validate;
mod via;

pub use cseq::CSeq;
pub use error::{HeaderError, ParseError, ParseErrorKind, Rejection, ResponseFault, UriError};
pub use headers::{Header, Headers};
pub use limits::Limits;
pub use method::Method;
pub use name::HeaderName;
pub use name_addr::NameAddr;
pub use params::Params;
pub(crate) use parse::declared_length;
pub use replaces::Replaces;
pub use status::StatusCode;
pub use typed::Contacts;
pub use uri::{Scheme, Uri};
pub use via::Via;

/// A request or a response (RFC 3261 §7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    Request(Request),
    Response(Response),
}

/// A request (RFC 3261 §7.1).
///
/// `headers` holds no Content-Length after a parse, and printing writes one from `body`: the
/// length of the body is said in one place only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: Method,
    pub uri: Uri,
    pub headers: Headers,
    pub body: Bytes,
}

/// A response (RFC 3261 §7.2). Content-Length is treated as in [`Request`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub status: StatusCode,
    pub reason: Bytes,
    pub headers: Headers,
    pub body: Bytes,
}

impl Message {
    /// The headers of either kind.
    pub fn headers(&self) -> &Headers {
        match self {
            Self::Request(request) => &request.headers,
            Self::Response(response) => &response.headers,
        }
    }
}
