//! Responses: what they copy from their request, and their printing.

use std::io::Write;

use bytes::{BufMut, Bytes, BytesMut};

use super::event::Reply;
use crate::message::{Header, HeaderName, Headers, Request, StatusCode};

/// The headers that a response copies (RFC 3261 §8.2.6.2), printed, with `to_tag` added where the request
/// had none, and with the route that a dialog is to take (§12.1.1). `request` has its Via stamped already.
pub(crate) fn echo_head(request: &Request, to_tag: Option<&str>) -> Bytes {
    let mut head = BytesMut::with_capacity(512);
    let copied = [
        HeaderName::Via,
        HeaderName::RecordRoute,
        HeaderName::From,
        HeaderName::To,
        HeaderName::CallId,
        HeaderName::CSeq,
    ];
    for name in &copied {
        for value in request.headers.all(name) {
            head.put_slice(name.as_bytes());
            head.put_slice(b": ");
            head.put_slice(value);
            if let (HeaderName::To, Some(tag), None) = (name, to_tag, tag_of(value)) {
                head.put_slice(b";tag=");
                head.put_slice(tag.as_bytes());
            }
            head.put_slice(b"\r\n");
        }
    }
    head.freeze()
}

/// Prints a response.
pub(crate) fn print_response(head: &[u8], reply: &Reply, own: &[Header]) -> Bytes {
    let body = reply.body.as_ref().map_or(&b""[..], |(_, body)| &body[..]);
    let mut out = Vec::with_capacity(head.len() + body.len() + 512);
    let reason = reply.reason.as_deref().unwrap_or_else(|| reply.status.default_reason());
    out.extend_from_slice(b"SIP/2.0 ");
    // Writing to memory cannot fail.
    let _ = write!(out, "{} ", reply.status);
    out.extend(reason.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')));
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(head);
    for header in own {
        let replaced = reply.headers.iter().any(|given| given.name == header.name);
        if !replaced {
            print_header(&header.name, &header.value, &mut out);
        }
    }
    for header in reply.headers.iter().filter(|header| is_free(&header.name)) {
        print_header(&header.name, &header.value, &mut out);
    }
    if let Some((content_type, _)) = &reply.body {
        print_header(&HeaderName::ContentType, content_type.as_bytes(), &mut out);
    }
    let _ = write!(out, "Content-Length: {}\r\n\r\n", body.len());
    out.extend_from_slice(body);
    Bytes::from(out)
}

/// A line break in a value would end the header and let its rest be another one.
fn print_header(name: &HeaderName, value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend(value.iter().map(|byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { *byte }));
    out.extend_from_slice(b"\r\n");
}

/// Adds headers of the layer above to a request: those that make the transaction and the dialog stay the
/// endpoint's, those that can be there once are replaced.
pub(crate) fn add_given(headers: &mut Headers, given: Vec<Header>) {
    for header in given {
        match header.name {
            HeaderName::Via
            | HeaderName::From
            | HeaderName::To
            | HeaderName::CallId
            | HeaderName::CSeq
            | HeaderName::Route
            | HeaderName::RecordRoute
            | HeaderName::ContentLength => {}
            HeaderName::Allow
            | HeaderName::Contact
            | HeaderName::ContentType
            | HeaderName::MaxForwards
            | HeaderName::Supported
            | HeaderName::UserAgent => headers.set(header.name, header.value),
            _ => headers.push_header(header),
        }
    }
}

/// Whether the layer above may put it into a response: not what the response copies from its request.
fn is_free(name: &HeaderName) -> bool {
    !matches!(
        name,
        HeaderName::Via
            | HeaderName::From
            | HeaderName::To
            | HeaderName::CallId
            | HeaderName::CSeq
            | HeaderName::RecordRoute
            | HeaderName::ContentLength
            | HeaderName::ContentType
    )
}

/// A plain refusal.
pub(crate) fn refusal(status: StatusCode) -> Reply {
    Reply::new(status)
}

/// The tag of a From or To value, without reading the whole of it.
pub(crate) fn tag_of(value: &[u8]) -> Option<&[u8]> {
    let start = memchr::memrchr(b'>', value).map_or(0, |at| at + 1);
    for part in value[start..].split(|byte| *byte == b';').skip(1) {
        let part = part.trim_ascii();
        if let Some((name, rest)) = part.split_at_checked(3)
            && name.eq_ignore_ascii_case(b"tag")
        {
            let rest = rest.trim_ascii_start();
            if let Some(tag) = rest.strip_prefix(b"=") {
                return Some(tag.trim_ascii()).filter(|tag| !tag.is_empty());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tag_is_found_after_the_address_only() {
        assert_eq!(tag_of(b"<sip:a@b>;tag=x1"), Some(&b"x1"[..]));
        assert_eq!(tag_of(b"\"A <;tag=no\" <sip:a@b;tag=no>; TAG = x2 ;x=y"), Some(&b"x2"[..]));
        assert_eq!(tag_of(b"sip:a@b;tag=x3"), Some(&b"x3"[..]));
        assert_eq!(tag_of(b"<sip:a@b;tag=no>"), None);
        assert_eq!(tag_of(b"<sip:a@b>;tag="), None);
        assert_eq!(tag_of(b""), None);
    }

    #[test]
    fn line_breaks_cannot_leave_their_header() {
        let reply = Reply { reason: Some("Bad\r\nX: y".to_owned()), ..Reply::new(StatusCode::BAD_REQUEST) };
        let header = Header { name: HeaderName::Warning, value: Bytes::from_static(b"a\r\nX: y") };
        let printed = print_response(b"", &Reply { headers: vec![header], ..reply }, &[]);
        assert!(!printed.windows(4).any(|part| part == b"\r\nX:"));
    }
}
