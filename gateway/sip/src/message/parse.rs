//! Parsing: lines by `memchr`, values as slices of what came (RFC 3261 §7).

use std::ops::Range;

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
        let mut head = Head::new(Headers::of(datagram.clone(), USUAL_HEADERS));
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
    let mut found = Head::new(Headers::new());
    let _start = lines.line();
    while let Ok(Some((place, _))) = lines.header() {
        let line = &head[place];
        let Some(colon) = memchr::memchr(b':', line) else { continue };
        if HeaderName::known(written_name(&line[..colon])) == Some(&HeaderName::ContentLength) {
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
        let (line, _) = self.line().map_err(refused)?;
        Start::read(&self.bytes[line]).map_err(refused)
    }

    /// The next line without its end, and whether a CR alone stands in it: that is no line end
    /// here, but could be one to whoever gets a copy.
    #[inline]
    fn line(&mut self) -> Result<(Range<usize>, Breaks), ParseErrorKind> {
        let start = self.at;
        let rest = &self.bytes[self.at..];
        let first = memchr::memchr2(b'\r', b'\n', rest).ok_or(ParseErrorKind::HeadIncomplete)?;
        let (end, next, breaks) = match &rest[first..] {
            [b'\n', ..] => (first, first + 1, Breaks::None),
            [b'\r', b'\n', ..] => (first, first + 2, Breaks::None),
            tail => {
                let end = first + memchr::memchr(b'\n', tail).ok_or(ParseErrorKind::HeadIncomplete)?;
                (end, end + 1, Breaks::Inside)
            }
        };
        self.at += next;
        if self.at > self.limit {
            return Err(ParseErrorKind::HeadTooLong { limit: self.limits.head_bytes });
        }
        if end >= self.limits.line_bytes {
            return Err(ParseErrorKind::LineTooLong { limit: self.limits.line_bytes });
        }
        Ok((start..start + end, breaks))
    }

    /// The next header with its folded lines; `None` at the empty line.
    #[inline]
    fn header(&mut self) -> Result<Option<(Range<usize>, Breaks)>, ParseErrorKind> {
        let start = self.at;
        let (mut line, mut breaks) = self.line()?;
        if line.is_empty() {
            return Ok(None);
        }
        while let Some(b' ' | b'\t') = self.bytes.get(self.at) {
            self.line()?;
            if self.at - start > self.limits.line_bytes {
                return Err(ParseErrorKind::LineTooLong { limit: self.limits.line_bytes });
            }
            line = start..self.at;
            breaks = Breaks::Inside;
        }
        Ok(Some((line, breaks)))
    }
}

/// The name before a colon. Only SP and HTAB may stand between (RFC 3261 §25.1, HCOLON).
fn written_name(before_colon: &[u8]) -> &[u8] {
    let end = before_colon.iter().rposition(|byte| !matches!(byte, b' ' | b'\t'));
    &before_colon[..end.map_or(0, |last| last + 1)]
}

/// Whether line breaks stand inside a header: by folding (RFC 3261 §7.3.1), or a CR alone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Breaks {
    None,
    Inside,
}

/// What the header lines give: the first fault is kept and reading goes on where it can, so that
/// the refusal can copy Via, From, To, Call-ID and CSeq (RFC 3261 §8.2.6.2).
struct Head {
    headers: Headers,
    content_length: Option<usize>,
    fault: Option<ParseErrorKind>,
}

impl Head {
    fn new(headers: Headers) -> Self {
        Self { headers, content_length: None, fault: None }
    }

    fn read(&mut self, datagram: &Bytes, lines: &mut Lines<'_>, limits: &Limits) {
        loop {
            let (line, breaks) = match lines.header() {
                Ok(Some(header)) => header,
                Ok(None) => return,
                Err(kind) => return self.blame(kind),
            };
            if self.headers.len() == limits.headers {
                return self.blame(ParseErrorKind::TooManyHeaders { limit: limits.headers });
            }
            self.take(datagram, line, breaks);
        }
    }

    fn blame(&mut self, kind: ParseErrorKind) {
        self.fault.get_or_insert(kind);
    }

    #[inline]
    fn take(&mut self, datagram: &Bytes, place: Range<usize>, breaks: Breaks) {
        let line = &datagram[place.clone()];
        let Some(colon) = text::find_near(line, b':') else {
            return self.blame(ParseErrorKind::HeaderLine);
        };
        let name = written_name(&line[..colon]);
        let known = HeaderName::known(name);
        let value = &line[colon + 1..];
        match (known, breaks) {
            (Some(HeaderName::ContentLength), _) => self.take_content_length(value),
            (Some(known), Breaks::None) => {
                let (start, value) = (place.start + colon + 1, text::trimmed(value));
                self.headers.push_place(known, start + value.start..start + value.end);
            }
            (Some(known), Breaks::Inside) => self.headers.push(known.clone(), Bytes::copy_from_slice(value)),
            (None, _) if text::is_token(name) => {
                self.headers.push(HeaderName::Other(datagram.slice_ref(name)), datagram.slice_ref(value));
            }
            (None, _) => self.blame(ParseErrorKind::HeaderLine),
        }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: &str = "OPTIONS sip:a@b SIP/2.0\r\n";

    fn parse(text: impl Into<Vec<u8>>) -> Result<Message, ParseError> {
        Message::parse(Bytes::from(text.into()), &Limits::default())
    }

    fn kind(text: impl Into<Vec<u8>>) -> ParseErrorKind {
        parse(text).unwrap_err().kind
    }

    #[test]
    fn a_datagram_without_content_length_is_body_to_its_end() {
        let message = parse(format!("\r\n\r\n{START}A: b\r\n\r\nhello")).unwrap();
        let Message::Request(request) = message else { panic!("a request") };
        assert_eq!(&request.body[..], b"hello");
    }

    #[test]
    fn white_space_before_a_colon_and_bare_line_feeds_are_taken() {
        let message = parse("OPTIONS sip:a@b SIP/2.0\nContent-Length \t: 2\nX-Y: z\n\nhello").unwrap();
        let Message::Request(request) = message else { panic!("a request") };
        assert_eq!(&request.body[..], b"he");
        assert_eq!(request.headers.get(&HeaderName::Other("x-y".into())), Some(&b"z"[..]));
        assert_eq!(request.headers.len(), 1);
    }

    #[test]
    fn header_values_that_are_not_utf8_are_kept_with_all_that_follow() {
        let text = [START.as_bytes(), b"Subject: \xff\xfe\r\nTo: <sip:x>\r\n\r\n"].concat();
        let message = parse(text).unwrap();
        assert_eq!(message.headers().get(&HeaderName::Subject), Some(&b"\xff\xfe"[..]));
        assert_eq!(message.headers().get_str(&HeaderName::Subject), None);
        assert!(message.headers().to().is_ok());
    }

    #[test]
    fn line_breaks_inside_a_value_become_spaces() {
        let message = parse(format!("{START}Subject: a\rTo: b\r\n c\r\n\r\n")).unwrap();
        assert_eq!(message.headers().get(&HeaderName::Subject), Some(&b"a To: b c"[..]));
        assert_eq!(message.headers().len(), 1);
    }

    #[test]
    fn what_is_not_sip_is_refused() {
        for text in [
            "",
            "\r\n\r\n",
            "\0\0\0\0",
            "GET / HTTP/1.1\r\n\r\n",
            "INVITE\r\n\r\n",
            "(x) y SIP/2.0\r\n\r\n",
            "A b\rc SIP/2.0\r\n\r\n",
        ] {
            let error = parse(text).unwrap_err();
            assert!(
                matches!(error.kind, ParseErrorKind::NotSip | ParseErrorKind::HeadIncomplete),
                "{text:?}"
            );
            assert_eq!(error.request, None);
        }
    }

    #[test]
    fn a_faulty_request_can_still_be_answered() {
        let error =
            parse(format!("{START}Via: SIP/2.0/UDP h;branch=1\r\nno colon\r\nCSeq: 1 OPTIONS\r\n\r\n"))
                .unwrap_err();
        assert_eq!((error.kind, error.status()), (ParseErrorKind::HeaderLine, StatusCode::BAD_REQUEST));
        let request = error.request.unwrap();
        assert!(request.headers.via().is_ok() && request.headers.cseq().is_ok());
    }

    #[test]
    fn every_limit_refuses() {
        let limits = Limits { head_bytes: 100, line_bytes: 40, headers: 2, body_bytes: 4 };
        let kind = |text: String| Message::parse(Bytes::from(text), &limits).unwrap_err().kind;
        let long = "x".repeat(30);
        assert_eq!(
            kind(format!("{START}A: {long}{long}\r\n\r\n")),
            ParseErrorKind::LineTooLong { limit: 40 }
        );
        assert_eq!(
            kind(format!("{START}A: {long}\r\n {long}\r\n\r\n")),
            ParseErrorKind::LineTooLong { limit: 40 }
        );
        assert_eq!(
            kind(format!("{START}A: 1\r\nB: 2\r\nC: 3\r\n\r\n")),
            ParseErrorKind::TooManyHeaders { limit: 2 }
        );
        assert_eq!(
            kind(format!("{START}A: {long}\r\nB: {long}\r\nC: {long}\r\n\r\n")),
            ParseErrorKind::HeadTooLong { limit: 100 }
        );
        assert_eq!(kind(format!("{START}\r\nhello")), ParseErrorKind::BodyTooLong { limit: 4 });
    }

    #[test]
    fn lengths_of_bodies() {
        assert_eq!(
            kind(format!("{START}l: 9\r\n\r\nhello")),
            ParseErrorKind::BodyIncomplete { declared: 9, present: 5 }
        );
        assert!(parse(format!("{START}l: 5\r\nContent-Length: 5\r\n\r\nhello")).is_ok());
        assert_eq!(
            kind(format!("{START}l: 5\r\nContent-Length: 4\r\n\r\nhello")),
            ParseErrorKind::ContentLength
        );
        assert_eq!(kind(format!("{START}l:\r\n\r\nhello")), ParseErrorKind::ContentLength);
    }

    #[test]
    fn status_lines() {
        let Ok(Message::Response(response)) = parse("SIP/2.0 486 Busy Here\r\n\r\n") else {
            panic!("a response")
        };
        assert_eq!((response.status, &response.reason[..]), (StatusCode::BUSY_HERE, &b"Busy Here"[..]));
        assert!(parse("SIP/2.0 200\r\n\r\n").is_ok());
        for code in ["99", "700", "0200", "+20", "abc", ""] {
            assert_eq!(kind(format!("SIP/2.0 {code} x\r\n\r\n")), ParseErrorKind::StatusCode, "{code}");
        }
        assert_eq!(kind("SIP/3.0 200 OK\r\n\r\n"), ParseErrorKind::Version);
    }

    fn headers() -> impl Strategy<Value = Headers> {
        let known = HeaderName::all_known().into_iter().map(|(name, _)| name);
        let known = known.filter(|name| *name != HeaderName::ContentLength).collect::<Vec<_>>();
        let other = "[a-zA-Z][a-zA-Z0-9.!%*_+`'~-]{0,12}"
            .prop_map(|name| HeaderName::parse(name.as_bytes()).unwrap())
            .prop_filter("the length is of the body", |name| *name != HeaderName::ContentLength);
        let name = prop_oneof![prop::sample::select(known), other];
        let header = (name, prop::collection::vec(any::<u8>(), 0..60));
        prop::collection::vec(header, 0..30).prop_map(|all| {
            let mut headers = Headers::new();
            all.into_iter().for_each(|(name, value)| headers.push(name, value));
            headers
        })
    }

    fn body() -> impl Strategy<Value = Bytes> {
        prop::collection::vec(any::<u8>(), 0..200).prop_map(Bytes::from)
    }

    fn printed(message: &Message) -> Bytes {
        let mut out = Vec::new();
        message.print(&mut out);
        Bytes::from(out)
    }

    proptest! {
        #[test]
        fn a_printed_request_is_parsed_back(
            method in "[A-Z]{1,12}", user in "\\PC{1,12}", headers in headers(), body in body(),
        ) {
            let method = Method::parse(method.as_bytes()).unwrap();
            let request = Message::Request(Request { method, uri: Uri::sip(Some(&user), "h", None), headers, body });
            prop_assert_eq!(parse(printed(&request)), Ok(request));
        }

        #[test]
        fn a_printed_response_is_parsed_back(code in 100u16..700, reason in "([!-~ä][ -~ä]{0,20}[!-~])?", headers in headers(), body in body()) {
            let status = StatusCode::new(code).unwrap();
            let response = Message::Response(Response { status, reason: Bytes::from(reason), headers, body });
            prop_assert_eq!(parse(printed(&response)), Ok(response));
        }

        #[test]
        fn no_bytes_make_it_panic_and_what_is_taken_comes_back(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(message) = parse(bytes) {
                prop_assert_eq!(parse(printed(&message)), Ok(message));
            }
        }

        #[test]
        fn no_mangled_message_makes_it_panic(
            name in prop::sample::select(vec!["wsinv", "intmeth", "esc01", "longreq", "badinv01", "inv2543", "scalarlg"]),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut bytes = crate::message::torture::bytes(name).to_vec();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes.truncate(cut.index(bytes.len()).max(bytes.len() / 2));
            match parse(bytes) {
                Ok(Message::Request(request)) => {
                    let _ = (request.validate(), request.headers.routes(), request.headers.replaces());
                    let message = Message::Request(request);
                    prop_assert_eq!(parse(printed(&message)), Ok(message));
                }
                Ok(Message::Response(response)) => {
                    let _ = response.validate();
                }
                Err(error) => {
                    let _ = error.status();
                }
            }
        }
    }
}
