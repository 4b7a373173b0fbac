//! Whose fault a message is, and what the peer is owed for it.

use std::borrow::Cow;

use super::{Header, HeaderName, Request, StatusCode};

/// Why bytes are not a message.
///
/// `request` is what could still be read of a request, so that a refusal can be addressed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct ParseError {
    pub kind: ParseErrorKind,
    pub request: Option<Box<Request>>,
}

/// What made bytes unfit to be a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseErrorKind {
    #[error("no start line of SIP")]
    NotSip,
    #[error("SIP version is not 2.0")]
    Version,
    #[error("status code outside 100 to 699")]
    StatusCode,
    #[error("no empty line after the headers")]
    HeadIncomplete,
    #[error("a header line without a name or a colon")]
    HeaderLine,
    #[error("Content-Length is not one number")]
    ContentLength,
    #[error("Content-Length {declared} but {present} bytes of body")]
    BodyIncomplete { declared: usize, present: usize },
    #[error("head longer than {limit} bytes")]
    HeadTooLong { limit: usize },
    #[error("header line longer than {limit} bytes")]
    LineTooLong { limit: usize },
    #[error("more than {limit} headers")]
    TooManyHeaders { limit: usize },
    #[error("body longer than {limit} bytes")]
    BodyTooLong { limit: usize },
}

impl ParseError {
    /// The status a peer is owed, when a request can be answered at all (RFC 3261 §21.4, §21.5).
    pub fn status(&self) -> StatusCode {
        match self.kind {
            ParseErrorKind::Version => StatusCode::VERSION_NOT_SUPPORTED,
            ParseErrorKind::BodyTooLong { .. } => StatusCode::REQUEST_ENTITY_TOO_LARGE,
            ParseErrorKind::HeadTooLong { .. }
            | ParseErrorKind::LineTooLong { .. }
            | ParseErrorKind::TooManyHeaders { .. } => StatusCode::MESSAGE_TOO_LARGE,
            ParseErrorKind::NotSip
            | ParseErrorKind::StatusCode
            | ParseErrorKind::HeadIncomplete
            | ParseErrorKind::HeaderLine
            | ParseErrorKind::ContentLength
            | ParseErrorKind::BodyIncomplete { .. } => StatusCode::BAD_REQUEST,
        }
    }
}

/// A typed header that cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    #[error("{0} is missing")]
    Missing(HeaderName),
    #[error("{0} is malformed")]
    Malformed(HeaderName),
}

/// A URI that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UriError {
    #[error("no scheme")]
    Scheme,
    #[error("a byte that a URI cannot hold")]
    Character,
    #[error("no host or a malformed one")]
    Host,
    #[error("port outside 1 to 65535")]
    Port,
}

/// A request that is refused, with everything its response needs beyond the copied headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    pub status: StatusCode,
    /// Reason phrase.
    pub reason: Cow<'static, str>,
    /// Headers that the status asks for, such as Min-Expires or Unsupported.
    pub headers: Vec<Header>,
}

impl Rejection {
    /// A refusal with the standard reason phrase.
    pub fn new(status: StatusCode) -> Self {
        Self::because(status, status.default_reason())
    }

    /// A refusal that says what is wrong in its reason phrase.
    pub fn because(status: StatusCode, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { status, reason: reason.into(), headers: Vec::new() }
    }

    /// Adds a header to the response.
    pub fn with(mut self, header: Header) -> Self {
        self.headers.push(header);
        self
    }
}

/// Why a response must be dropped (RFC 3261 §8.1.3.3, §16.7). Nobody is told: responses have no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResponseFault {
    #[error(transparent)]
    Header(#[from] HeaderError),
    #[error("more than one {0}")]
    Repeated(HeaderName),
}
