//! Our session descriptions as text (RFC 8866 §5).

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

use super::crypto::Crypto;
use super::draft::Line;
use super::{Codec, Direction, LocalMedia};

/// What our media line promises to send, and takes (RFC 8866 §6.4).
pub(super) const PTIME_MS: u32 = 20;

/// A stream we take part in.
pub(super) struct MediaLine<'a> {
    pub kind: Kind<'a>,
    pub position: usize,
    pub local: &'a LocalMedia,
    pub proto: &'a str,
    pub codecs: &'a [Codec],
    pub direction: Direction,
    pub crypto: &'a [Crypto],
    pub rtcp_mux: bool,
}

/// What only one kind of stream says.
pub(super) enum Kind<'a> {
    Audio,
    /// With the feedback that we give and follow (RFC 4585 §4.2).
    Video(&'a [&'static str]),
}

/// Everything but the origin, which carries the version.
pub(super) fn media_lines(lines: &[Line], streams: &[MediaLine<'_>]) -> String {
    let mut out = String::new();
    for (position, line) in lines.iter().enumerate() {
        match streams.iter().find(|stream| stream.position == position) {
            Some(stream) => stream_line(&mut out, stream),
            // RFC 3264 §6: refused with port 0, in its place, with at least one format.
            None => push(&mut out, format_args!("m={} 0 {} {}", line.media, line.proto, line.formats)),
        }
    }
    out
}

/// A whole description.
pub(super) fn description(address: IpAddr, session_id: u64, version: u64, media_lines: &str) -> Vec<u8> {
    let address = network(address);
    let head =
        format!("v=0\r\no=- {session_id} {version} IN {address}\r\ns=-\r\nc=IN {address}\r\nt=0 0\r\n");
    (head + media_lines).into_bytes()
}

/// The rtpmap and fmtp of each format.
pub(super) fn formats(out: &mut String, codecs: &[Codec]) {
    for codec in codecs {
        let channels = if codec.channels > 1 { format!("/{}", codec.channels) } else { String::new() };
        let (number, name, clock_hz) = (codec.payload_type, &codec.name, codec.clock_hz);
        push(out, format_args!("a=rtpmap:{number} {name}/{clock_hz}{channels}"));
        if let Some(fmtp) = &codec.fmtp {
            push(out, format_args!("a=fmtp:{number} {fmtp}"));
        }
    }
}

/// The numbers of a media line, each behind a space.
pub(super) fn numbers(codecs: &[Codec]) -> String {
    codecs.iter().map(|codec| format!(" {}", codec.payload_type)).collect()
}

fn stream_line(out: &mut String, stream: &MediaLine<'_>) {
    let (local, proto) = (stream.local, stream.proto);
    let media = match stream.kind {
        Kind::Audio => "audio",
        Kind::Video(_) => "video",
    };
    push(out, format_args!("m={media} {} {proto}{}", local.rtp.port(), numbers(stream.codecs)));
    formats(out, stream.codecs);
    match stream.kind {
        Kind::Audio => push(out, format_args!("a=ptime:{PTIME_MS}")),
        Kind::Video(feedback) => {
            feedback.iter().for_each(|kind| push(out, format_args!("a=rtcp-fb:* {kind}")));
        }
    }
    push(out, format_args!("a={}", stream.direction.name()));
    if stream.rtcp_mux {
        push(out, format_args!("a=rtcp-mux"));
    } else if local.rtcp != SocketAddr::new(local.rtp.ip(), local.rtp.port().wrapping_add(1)) {
        push(out, format_args!("a=rtcp:{} IN {}", local.rtcp.port(), network(local.rtcp.ip())));
    }
    for crypto in stream.crypto {
        push(out, format_args!("a=crypto:{}", crypto.value()));
    }
}

/// Address with its type.
pub(super) fn network(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("IP4 {address}"),
        IpAddr::V6(address) => format!("IP6 {address}"),
    }
}

pub(super) fn push(out: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a String does not fail.
    let _ = write!(out, "{line}\r\n");
}
