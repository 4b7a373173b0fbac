//! Printing: the inverse of parsing, with Content-Length from the body (RFC 3261 §7, §20.14).

use super::{HeaderName, Headers, Message, Request, Response};

impl Message {
    /// Appends the message to `out`.
    pub fn print(&self, out: &mut Vec<u8>) {
        match self {
            Self::Request(request) => request.print(out),
            Self::Response(response) => response.print(out),
        }
    }
}

impl Request {
    /// Appends the message to `out`.
    pub fn print(&self, out: &mut Vec<u8>) {
        let (method, uri) = (self.method.as_bytes(), self.uri.as_bytes());
        out.reserve(method.len() + uri.len() + printed_bytes(&self.headers, &self.body));
        out.extend_from_slice(method);
        out.push(b' ');
        out.extend_from_slice(uri);
        out.extend_from_slice(b" SIP/2.0\r\n");
        print_rest(&self.headers, &self.body, out);
    }
}

impl Response {
    /// Appends the message to `out`.
    pub fn print(&self, out: &mut Vec<u8>) {
        out.reserve(self.reason.len() + printed_bytes(&self.headers, &self.body));
        out.extend_from_slice(b"SIP/2.0 ");
        print_number(usize::from(self.status.as_u16()), out);
        out.push(b' ');
        let start = out.len();
        out.extend_from_slice(&self.reason);
        out[start..].iter_mut().filter(|byte| matches!(byte, b'\r' | b'\n')).for_each(|byte| *byte = b' ');
        out.extend_from_slice(b"\r\n");
        print_rest(&self.headers, &self.body, out);
    }
}

/// Bytes after the start line, with room for the rest of it and for Content-Length.
fn printed_bytes(headers: &Headers, body: &[u8]) -> usize {
    let lines: usize = headers.iter().map(|(name, value)| name.as_bytes().len() + value.len() + 4).sum();
    lines + body.len() + 64
}

fn print_rest(headers: &Headers, body: &[u8], out: &mut Vec<u8>) {
    for (name, value) in headers.iter().filter(|(name, _)| **name != HeaderName::ContentLength) {
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"Content-Length: ");
    print_number(body.len(), out);
    out.extend_from_slice(b"\r\n\r\n");
    out.extend_from_slice(body);
}

fn print_number(number: usize, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = number;
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}
