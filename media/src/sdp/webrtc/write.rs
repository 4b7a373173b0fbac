//! Descriptions for a browser as text (RFC 8829 §5.2).

use std::net::SocketAddr;

use super::attributes::{RtcpSize, uri};
use super::transport::fingerprint_value;
use crate::sdp::draft::Line;
use crate::sdp::write::{PTIME_MS, formats, numbers, push};
use crate::sdp::{Codec, Direction};
use crate::webrtc::{Candidate, CandidateTransport, HeaderExtension, WebRtcLocal};

/// Type preference of a host candidate over UDP (RFC 8445 §5.1.2.2), and below it over TCP (RFC 6544 §4.2).
const UDP_TYPE_PREFERENCE: u32 = 126;
const TCP_TYPE_PREFERENCE: u32 = 90;
/// Direction preference of a passive host candidate in the upper three bits (RFC 6544 §4.2).
const PASSIVE_PREFERENCE: u32 = 4 << 13;

/// Our end, the same for all lines.
pub(super) struct Ends<'a> {
    pub local: &'a WebRtcLocal,
    pub default_address: SocketAddr,
    /// Names our media stream and our sources.
    pub stream: &'a str,
    pub setup: &'a str,
}

/// A stream that we take part in.
pub(super) struct BrowserLine {
    pub position: usize,
    pub proto: String,
    pub mid: Option<String>,
    pub codecs: Vec<Codec>,
    pub direction: Direction,
    pub extensions: Vec<(u8, HeaderExtension)>,
    pub feedback: Vec<(u8, &'static str)>,
    pub rtcp_size: RtcpSize,
    pub sources: Sources,
}

/// The sources of a stream of ours.
pub(super) enum Sources {
    Audio { ssrc: u32 },
    Video { ssrc: u32, rtx_ssrc: u32 },
}

/// Everything below the session's times. `bundle` is the order of mids in the bundle; those not taken are left out of it.
pub(super) fn media<'a>(
    ends: &Ends<'_>,
    lines: &[Line],
    taken: &[BrowserLine],
    bundle: impl Iterator<Item = &'a str>,
) -> String {
    let mut out = String::new();
    session_lines(&mut out, ends);
    let is_taken = |mid: &&str| taken.iter().any(|line| line.mid.as_deref() == Some(mid));
    let bundled: Vec<&str> = bundle.filter(is_taken).collect();
    if !bundled.is_empty() {
        push(&mut out, format_args!("a=group:BUNDLE {}", bundled.join(" ")));
    }
    for (position, line) in lines.iter().enumerate() {
        match taken.iter().find(|taken| taken.position == position) {
            Some(taken) => stream_lines(&mut out, ends, taken),
            None => refused_lines(&mut out, line),
        }
    }
    out
}

/// Credentials stand here once for all lines, the refused ones included, without which some refuse to read those.
fn session_lines(out: &mut String, ends: &Ends<'_>) {
    let ice = &ends.local.ice;
    push(out, format_args!("a=ice-lite"));
    push(out, format_args!("a=ice-options:ice2"));
    push(out, format_args!("a=ice-ufrag:{}", ice.ufrag));
    push(out, format_args!("a=ice-pwd:{}", ice.pwd));
    push(out, format_args!("a=fingerprint:{}", fingerprint_value(&ends.local.fingerprint)));
    push(out, format_args!("a=setup:{}", ends.setup));
}

fn stream_lines(out: &mut String, ends: &Ends<'_>, line: &BrowserLine) {
    let media = line.sources.media();
    let port = ends.default_address.port();
    push(out, format_args!("m={media} {port} {}{}", line.proto, numbers(&line.codecs)));
    if let Some(mid) = &line.mid {
        push(out, format_args!("a=mid:{mid}"));
    }
    // Some look for it here only.
    push(out, format_args!("a=setup:{}", ends.setup));
    push(out, format_args!("a=rtcp-mux"));
    if line.rtcp_size == RtcpSize::Reduced {
        push(out, format_args!("a=rtcp-rsize"));
    }
    formats(out, &line.codecs);
    for (payload_type, kind) in &line.feedback {
        push(out, format_args!("a=rtcp-fb:{payload_type} {kind}"));
    }
    for (id, extension) in &line.extensions {
        push(out, format_args!("a=extmap:{id} {}", uri(*extension)));
    }
    if matches!(line.sources, Sources::Audio { .. }) {
        push(out, format_args!("a=ptime:{PTIME_MS}"));
    }
    push(out, format_args!("a={}", line.direction.name()));
    push(out, format_args!("a=msid:{0} {0}-{media}", ends.stream));
    source_lines(out, ends.stream, &line.sources);
    for (index, candidate) in ends.local.candidates.iter().enumerate() {
        candidate_line(out, index, candidate);
    }
    push(out, format_args!("a=end-of-candidates"));
}

fn source_lines(out: &mut String, cname: &str, sources: &Sources) {
    match *sources {
        Sources::Audio { ssrc } => push(out, format_args!("a=ssrc:{ssrc} cname:{cname}")),
        Sources::Video { ssrc, rtx_ssrc } => {
            push(out, format_args!("a=ssrc-group:FID {ssrc} {rtx_ssrc}"));
            push(out, format_args!("a=ssrc:{ssrc} cname:{cname}"));
            push(out, format_args!("a=ssrc:{rtx_ssrc} cname:{cname}"));
        }
    }
}

/// RFC 8839 §5.1, RFC 6544 §4.5. The earlier of two candidates is preferred.
fn candidate_line(out: &mut String, index: usize, candidate: &Candidate) {
    let (ip, port, foundation) = (candidate.address.ip(), candidate.address.port(), index + 1);
    let rank = u32::try_from(index).unwrap_or(u32::MAX);
    let priority = |kind: u32, local: u32| kind << 24 | local << 8 | 0xFF;
    match candidate.transport {
        CandidateTransport::Udp => {
            let priority = priority(UDP_TYPE_PREFERENCE, 0xFFFF_u32.saturating_sub(rank));
            push(out, format_args!("a=candidate:{foundation} 1 udp {priority} {ip} {port} typ host"));
        }
        CandidateTransport::Tcp => {
            let local = PASSIVE_PREFERENCE + 0x1FFF_u32.saturating_sub(rank);
            let priority = priority(TCP_TYPE_PREFERENCE, local);
            push(
                out,
                format_args!(
                    "a=candidate:{foundation} 1 tcp {priority} {ip} {port} typ host tcptype passive"
                ),
            );
        }
    }
}

/// RFC 3264 §6: refused with port 0, in its place, with at least one format. It keeps its name (RFC 8829 §5.3.1).
fn refused_lines(out: &mut String, line: &Line) {
    // Which one is of no matter, but some look for the rtpmap of every number that needs one: 0 needs none.
    let is_rtp = line.proto.to_ascii_uppercase().contains("RTP/");
    let formats = if is_rtp { "0" } else { &line.formats };
    push(out, format_args!("m={} 0 {} {formats}", line.media, line.proto));
    if let Some(mid) = &line.mid {
        push(out, format_args!("a=mid:{mid}"));
    }
    push(out, format_args!("a=inactive"));
}

impl Sources {
    fn media(&self) -> &'static str {
        match self {
            Self::Audio { .. } => "audio",
            Self::Video { .. } => "video",
        }
    }
}
