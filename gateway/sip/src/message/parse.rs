//! Parsing: lines by `memchr`, values as slices of what came (RFC 3261 §7).

use bytes::Bytes;

use super::{
    HeaderName, Headers, Limits, Message, Method, ParseError, ParseErrorKind, Request, Response, StatusCode,
    Uri, text,
};

/// Room for the headers of a usual INVITE, so that the list grows at most once.
const USUAL_HEADERS: usize = 24;

impl Message {
    /// Reads one datagram, or one message that a [`crate::transport::Framer`] cut from a stream.
    ///
    /// Compact names, folding, white space before a colon, bare LF and bytes that are not UTF-8 are
    /// taken. Without Content-Length the rest of the datagram is the body; bytes beyond it are left
    /// (RFC 3261 §18.3).
    ///
    /// # Errors
    /// What cannot be represented, is cut short or is over a limit. The error holds the request as
    /// far as it could be read, so that it can be refused.
    pub fn parse(datagram: Bytes, limits: &Limits) -> Result<Self, ParseError> {
        let mut lines = Lines::new(&datagram, limits);
        let start = lines.start_line()?;
        let mut head = Head::new();
        head.read(&datagram, &mut lines, limits);
        let body = head.body(&datagram, lines.at, limits);
        start.finish(&datagram, head, body)
    }
}

/// The Content-Length of a whole head, by the same rules as [`Message::parse`]; `Err` when it is not
/// one number. Faults in other headers are left for the parse.
pub(crate) fn declared_length(head: &[u8]) -> Result<Option<usize>, ()> {
    const UNLIMITED: Limits = Limits {
        head_bytes: usize::MAX,
        line_bytes: usize::MAX,
        headers: usize::MAX,
        body_bytes: usize::MAX,
    };
    let mut lines = Lines::new(head, &UNLIMITED);
    let mut found = Head::new();
    let _start = lines.line();
    while let Ok(Some((line, _))) = lines.header() {
        let Some(colon) = memchr::memchr(b':', line) else { continue };
        if HeaderName::known(line[..colon].trim_ascii_end()) == Some(HeaderName::ContentLength) {
            found.take_content_length(&line[colon + 1..]);
        }
    }
    if found.fault.is_some() { Err(()) } else { Ok(found.content_length) }
}

/// The first line.
enum Start<'a> {
    Request { method: Method, uri: &'a [u8], version: &'a [u8] },
    Response { status: StatusCode, reason: &'a [u8] },
}

impl Start<'_> {
    fn read(line: &[u8]) -> Result<Start<'_>, ParseErrorKind> {
        let line = text::trim(line);
        if memchr::memchr(b'\r', line).is_some() {
            return Err(ParseErrorKind::NotSip);
        }
        if line.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"SIP/")) {
            read_status_line(line)
        } else {
            read_request_line(line)
        }
    }

    fn finish(self, datagram: &Bytes, head: Head, body: Bytes) -> Result<Message, ParseError> {
        let Head { headers, mut fault, .. } = head;
        match self {
            Start::Response { status, reason } => match fault {
                Some(kind) => Err(ParseError { kind, request: None }),
                None => Ok(Message::Response(Response {
                    status,
                    reason: datagram.slice_ref(reason),
                    headers,
                    body,
                })),
            },
            Start::Request { method, uri, version } => {
                if !version.eq_ignore_ascii_case(b"SIP/2.0") {
                    fault = Some(ParseErrorKind::Version);
                }
                let request = Request { method, uri: Uri::lenient(datagram.slice_ref(uri)), headers, body };
                match fault {
                    Some(kind) => Err(ParseError { kind, request: Some(Box::new(request)) }),
                    None => Ok(Message::Request(request)),
                }
            }
        }
    }
}

/// RFC 3261 §7.2. A phrase may be empty, and its space may be missing.
fn read_status_line(line: &[u8]) -> Result<Start<'_>, ParseErrorKind> {
    let rest = match line.split_at_checked(7) {
        Some((version, rest)) if version.eq_ignore_ascii_case(b"SIP/2.0") => rest,
        _ => return Err(ParseErrorKind::Version),
    };
    let rest = rest.strip_prefix(b" ").ok_or(ParseErrorKind::NotSip)?;
    let end = memchr::memchr(b' ', rest).unwrap_or(rest.len());
    let status = text::number(&rest[..end])
        .filter(|_| end == 3)
        .and_then(|code| StatusCode::new(u16::try_from(code).ok()?))
        .ok_or(ParseErrorKind::StatusCode)?;
    Ok(Start::Response { status, reason: text::trim(&rest[end..]) })
}

/// RFC 3261 §7.1. Whatever stands between method and version is taken as the URI.
fn read_request_line(line: &[u8]) -> Result<Start<'_>, ParseErrorKind> {
    let first = memchr::memchr(b' ', line).ok_or(ParseErrorKind::NotSip)?;
    let last = memchr::memrchr(b' ', line).filter(|&last| last > first).ok_or(ParseErrorKind::NotSip)?;
    let method = Method::parse(&line[..first]).ok_or(ParseErrorKind::NotSip)?;
    let version = &line[last + 1..];
    match version.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"SIP/")) {
        true => Ok(Start::Request { method, uri: &line[first + 1..last], version }),
        false => Err(ParseErrorKind::NotSip),
    }
}

/// A walk over the lines of a head.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the head must have ended.
    limit: usize,
    limits: &'a Limits,
}

impl<'a> Lines<'a> {
    /// Line ends before the start line are skipped (RFC 3261 §7.5).
    fn new(bytes: &'a [u8], limits: &'a Limits) -> Self {
        let at = bytes.iter().position(|&byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(bytes.len());
        Self { bytes, at, limit: at.saturating_add(limits.head_bytes), limits }
    }

    fn start_line(&mut self) -> Result<Start<'a>, ParseError> {
        let refused = |kind| ParseError { kind, request: None };
        let line = self.line().map_err(refused)?;
        Start::read(line).map_err(refused)
    }

    /// The next line without its end.
    fn line(&mut self) -> Result<&'a [u8], ParseErrorKind> {
        let rest = &self.bytes[self.at..];
        let end = memchr::memchr(b'\n', rest).ok_or(ParseErrorKind::HeadIncomplete)?;
        self.at += end + 1;
        if self.at > self.limit {
            return Err(ParseErrorKind::HeadTooLong { limit: self.limits.head_bytes });
        }
        if end >= self.limits.line_bytes {
            return Err(ParseErrorKind::LineTooLong { limit: self.limits.line_bytes });
        }
        let line = &rest[..end];
        Ok(line.strip_suffix(b"\r").unwrap_or(line))
    }

    /// The next header with its folded lines; `None` at the empty line.
    fn header(&mut self) -> Result<Option<(&'a [u8], Folded)>, ParseErrorKind> {
        let start = self.at;
        let mut line = self.line()?;
        if line.is_empty() {
            return Ok(None);
        }
        let mut folded = Folded::No;
        while let Some(b' ' | b'\t') = self.bytes.get(self.at) {
            self.line()?;
            if self.at - start > self.limits.line_bytes {
                return Err(ParseErrorKind::LineTooLong { limit: self.limits.line_bytes });
            }
            line = &self.bytes[start..self.at];
            folded = Folded::Yes;
        }
        Ok(Some((line, folded)))
    }
}

/// Whether a header goes over several lines.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Folded {
    Yes,
    No,
}

/// What the header lines give: the first fault is kept and reading goes on where it can, so that
/// the refusal can copy Via, From, To, Call-ID and CSeq (RFC 3261 §8.2.6.2).
struct Head {
    headers: Headers,
    content_length: Option<usize>,
    fault: Option<ParseErrorKind>,
}

impl Head {
    fn new() -> Self {
        Self { headers: Headers::with_capacity(USUAL_HEADERS), content_length: None, fault: None }
    }

    fn read(&mut self, datagram: &Bytes, lines: &mut Lines<'_>, limits: &Limits) {
        loop {
            let (line, folded) = match lines.header() {
                Ok(Some(header)) => header,
                Ok(None) => return,
                Err(kind) => return self.blame(kind),
            };
            if self.headers.len() == limits.headers {
                return self.blame(ParseErrorKind::TooManyHeaders { limit: limits.headers });
            }
            self.take(datagram, line, folded);
        }
    }

    fn blame(&mut self, kind: ParseErrorKind) {
        self.fault.get_or_insert(kind);
    }

    fn take(&mut self, datagram: &Bytes, line: &[u8], folded: Folded) {
        let Some(colon) = memchr::memchr(b':', line) else {
            return self.blame(ParseErrorKind::HeaderLine);
        };
        let name = line[..colon].trim_ascii_end();
        let name = match HeaderName::known(name) {
            Some(HeaderName::ContentLength) => return self.take_content_length(&line[colon + 1..]),
            Some(known) => known,
            None if text::is_token(name) => HeaderName::Other(datagram.slice_ref(name)),
            None => return self.blame(ParseErrorKind::HeaderLine),
        };
        let value = text::trim(&line[colon + 1..]);
        // A CR alone is no line end here, but could be one to whoever gets a copy.
        let value = match folded == Folded::Yes || memchr::memchr(b'\r', value).is_some() {
            true => Bytes::from(text::unfold(value)),
            false => datagram.slice_ref(value),
        };
        self.headers.push_clean(name, value);
    }

    /// Two that differ are refused: which one counts is how requests are smuggled (RFC 4475 §3.3.9).
    fn take_content_length(&mut self, value: &[u8]) {
        let length = text::number(text::trim(value)).and_then(|length| usize::try_from(length).ok());
        match (length, self.content_length) {
            (Some(length), None) => self.content_length = Some(length),
            (Some(length), Some(before)) if length == before => {}
            _ => self.blame(ParseErrorKind::ContentLength),
        }
    }

    fn body(&mut self, datagram: &Bytes, start: usize, limits: &Limits) -> Bytes {
        let present = datagram.len().saturating_sub(start);
        let declared = self.content_length.unwrap_or(present);
        if declared > present {
            self.blame(ParseErrorKind::BodyIncomplete { declared, present });
        }
        if declared > limits.body_bytes {
            self.blame(ParseErrorKind::BodyTooLong { limit: limits.body_bytes });
        }
        match self.fault {
            Some(_) => Bytes::new(),
            None => datagram.slice(start..start + declared),
        }
    }
}
