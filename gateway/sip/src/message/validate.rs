//! What a peer is owed for a message that can be read but must not be acted on (RFC 3261 §8.2).

use super::{
    HeaderError, HeaderName, Headers, Method, Rejection, Request, Response, ResponseFault, Scheme,
    StatusCode, Via,
};

/// Headers of which a message has one (RFC 3261 §7.3.1, §20).
const SINGLE: [HeaderName; 5] =
    [HeaderName::From, HeaderName::To, HeaderName::CallId, HeaderName::CSeq, HeaderName::MaxForwards];

impl Request {
    /// Checks what every request needs: request line, Via, From, To, Call-ID, CSeq, Max-Forwards, and
    /// that its Contacts can be read.
    ///
    /// # Errors
    /// The refusal owed: 400, 416 for a foreign scheme, 483 for a request that has no hop left.
    /// An ACK cannot be refused: drop it.
    pub fn validate(&self) -> Result<(), Rejection> {
        check_common(&self.headers).map_err(bad_request)?;
        let cseq = self.headers.cseq().map_err(|error| bad_request(error.into()))?;
        if cseq.method != self.method {
            return Err(Rejection::because(StatusCode::BAD_REQUEST, "CSeq Method Differs"));
        }
        match self.uri.scheme() {
            Scheme::Sip | Scheme::Sips | Scheme::Tel => {}
            Scheme::Other => return Err(Rejection::new(StatusCode::UNSUPPORTED_URI_SCHEME)),
            Scheme::Malformed => {
                return Err(Rejection::because(StatusCode::BAD_REQUEST, "Malformed Request-URI"));
            }
        }
        if self.uri.has_headers() {
            return Err(Rejection::because(StatusCode::BAD_REQUEST, "Request-URI With Headers"));
        }
        self.headers.contacts().map_err(|error| bad_request(error.into()))?;
        let hops = self.headers.max_forwards().map_err(|error| bad_request(error.into()))?;
        match hops {
            Some(0) if self.needs_a_hop() => Err(Rejection::new(StatusCode::TOO_MANY_HOPS)),
            _ => Ok(()),
        }
    }

    /// Whether the request would travel on from a B2BUA (RFC 7332 §3). OPTIONS with 0 asks this very
    /// hop (RFC 3261 §16.3), and what ends a call must never be refused.
    fn needs_a_hop(&self) -> bool {
        !matches!(self.method, Method::Ack | Method::Bye | Method::Cancel | Method::Options)
    }
}

impl Response {
    /// Checks what a response needs to be matched (RFC 3261 §17.1.3).
    ///
    /// # Errors
    /// Why it must be dropped.
    pub fn validate(&self) -> Result<(), ResponseFault> {
        check_common(&self.headers)
    }
}

fn check_common(headers: &Headers) -> Result<(), ResponseFault> {
    for name in SINGLE {
        if headers.all(&name).nth(1).is_some() {
            return Err(ResponseFault::Repeated(name));
        }
    }
    check_vias(headers)?;
    headers.from()?;
    headers.to()?;
    headers.cseq()?;
    match headers.call_id() {
        Some(_) => Ok(()),
        None => Err(HeaderError::Missing(HeaderName::CallId).into()),
    }
}

/// All of them: the lower ones are copied into responses (RFC 3261 §8.2.6.2).
fn check_vias(headers: &Headers) -> Result<(), HeaderError> {
    let mut vias = headers.values(&HeaderName::Via).peekable();
    if vias.peek().is_none() {
        return Err(HeaderError::Missing(HeaderName::Via));
    }
    match vias.all(|element| Via::parse(element).is_some()) {
        true => Ok(()),
        false => Err(HeaderError::Malformed(HeaderName::Via)),
    }
}

fn bad_request(fault: ResponseFault) -> Rejection {
    let reason = match fault {
        ResponseFault::Header(HeaderError::Missing(name)) => format!("Missing {name}"),
        ResponseFault::Header(HeaderError::Malformed(name)) => format!("Malformed {name}"),
        ResponseFault::Repeated(name) => format!("Repeated {name}"),
    };
    Rejection::because(StatusCode::BAD_REQUEST, reason)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use crate::message::{Limits, Message};

    fn owed(method: &str, hops: &str) -> Option<(u16, String)> {
        let text = format!(
            "{method} sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=1\r\nFrom: <sip:x>;tag=1\r\nTo: <sip:y>\r\n\
             Call-ID: 1\r\nCSeq: 1 {method}\r\nMax-Forwards: {hops}\r\n\r\n"
        );
        match Message::parse(Bytes::from(text), &Limits::default()) {
            Ok(Message::Request(request)) => {
                request.validate().err().map(|refusal| (refusal.status.as_u16(), refusal.reason.into_owned()))
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_request_without_hops_left_goes_no_further() {
        assert_eq!(owed("INVITE", "0"), Some((483, "Too Many Hops".into())));
        for last in ["ACK", "BYE", "CANCEL", "OPTIONS"] {
            assert_eq!(owed(last, "0"), None, "{last}");
        }
        assert_eq!(owed("INVITE", "1"), None);
    }

    #[test]
    fn a_refusal_names_the_header() {
        assert_eq!(owed("INVITE", "x"), Some((400, "Malformed Max-Forwards".into())));
    }
}
