//! Replies and headers that call control prints, and the way from an SDP error to an EndReason.

use bytes::Bytes;
use ramal_media::sdp::SdpError;
use ramal_sip::endpoint::Reply;
use ramal_sip::message::{Header, HeaderName, StatusCode};

use super::end_reason::EndReason;

pub const SDP: &str = "application/sdp";

/// A reply with a status alone.
pub fn status(code: u16) -> Reply {
    Reply {
        status: StatusCode::new(code).unwrap_or(StatusCode::SERVER_INTERNAL_ERROR),
        reason: None,
        headers: Vec::new(),
        body: None,
    }
}

/// A final refusal that carries its Q.850 cause (RFC 3326, RFC 6432). What ends a conversation in good order ends
/// one that only rings with 487: a refusal is never a success.
pub fn refusal(reason: EndReason) -> Reply {
    let mut reply = match reason.sip_status() {
        200..=299 => status(487),
        code => status(code),
    };
    reply.headers.push(reason_header(reason));
    reply.headers.extend(reason.warning().map(|warning| header(HeaderName::Warning, warning)));
    if reply.status.as_u16() == 503 {
        reply.headers.push(header(HeaderName::RetryAfter, "5"));
    }
    reply
}

pub fn with_sdp(code: u16, sdp: Vec<u8>) -> Reply {
    let mut reply = status(code);
    reply.body = Some((SDP.to_owned(), Bytes::from(sdp)));
    reply
}

pub fn header(name: HeaderName, value: &str) -> Header {
    Header { name, value: Bytes::copy_from_slice(value.as_bytes()) }
}

pub fn reason_header(reason: EndReason) -> Header {
    header(HeaderName::Reason, &reason.reason_header())
}

/// What an unusable session description means for the Call.
pub fn end_reason_of(error: &SdpError) -> EndReason {
    match error {
        SdpError::AddressFamily { .. } => EndReason::NetworkIncompatible,
        SdpError::Malformed { .. } => EndReason::Malformed,
        _ => EndReason::MediaIncompatible,
    }
}

/// True if the body of a message is a session description.
pub fn is_sdp(content_type: Option<&str>, body: &[u8]) -> bool {
    let sdp_type = content_type.is_none_or(|t| {
        let media_type = t.split(';').next().unwrap_or_default().trim();
        media_type.eq_ignore_ascii_case(SDP)
    });
    sdp_type && !body.is_empty()
}
