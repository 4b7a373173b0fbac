//! What a stream of a browser says beyond its transport: header extensions, feedback, sources.

use sdp_types::Attribute;

use crate::sdp::description::values;
use crate::webrtc::HeaderExtension;

/// Ids of the one-byte form (RFC 8285 §4.2); others would need the two-byte form, which few of our peers speak.
const EXTENSION_IDS: std::ops::RangeInclusive<u8> = 1..=14;
/// A browser writes about a hundred; what is behind is not read.
const MAX_FEEDBACK: usize = 512;

const EXTENSION_URIS: [(HeaderExtension, &str); 4] = [
    (HeaderExtension::Mid, "urn:ietf:params:rtp-hdrext:sdes:mid"),
    (
        HeaderExtension::TransportWideCc,
        "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    ),
    (HeaderExtension::AbsSendTime, "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"),
    (HeaderExtension::AudioLevel, "urn:ietf:params:rtp-hdrext:ssrc-audio-level"),
];

/// RTCP feedback that we give and follow (RFC 4585 §4.2).
pub(in crate::sdp) const FEEDBACK: [&str; 5] = ["goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"];

/// One rtcp-fb attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sdp) struct Feedback {
    /// `None`: of every format.
    pub payload_type: Option<u8>,
    pub kind: &'static str,
}

/// Whether a stream of theirs takes RTCP of reduced size (RFC 5506 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sdp) enum RtcpSize {
    Compound,
    Reduced,
}

/// Everything of one stream.
#[derive(Clone, Debug)]
pub(in crate::sdp) struct BrowserAttributes {
    pub extensions: Vec<(u8, HeaderExtension)>,
    pub feedback: Vec<Feedback>,
    pub rtcp_size: RtcpSize,
    pub ssrc: Option<u32>,
    pub rtx_ssrc: Option<u32>,
}

impl BrowserAttributes {
    pub(in crate::sdp) fn read(attributes: &[Attribute]) -> Self {
        let flag = |name: &str| attributes.iter().any(|attribute| attribute.attribute == name);
        let pair = values(attributes.iter(), "ssrc-group").find_map(flow_identification);
        let first = values(attributes.iter(), "ssrc").find_map(|value| ssrc(value.split(' ').next()?));
        Self {
            extensions: extensions(attributes),
            feedback: values(attributes.iter(), "rtcp-fb").take(MAX_FEEDBACK).filter_map(feedback).collect(),
            rtcp_size: if flag("rtcp-rsize") { RtcpSize::Reduced } else { RtcpSize::Compound },
            ssrc: pair.map(|(primary, _)| primary).or(first),
            rtx_ssrc: pair.map(|(_, retransmission)| retransmission),
        }
    }

    /// Whether they give and follow this feedback for a format.
    pub(in crate::sdp) fn has_feedback(&self, payload_type: u8, kind: &str) -> bool {
        self.feedback
            .iter()
            .any(|said| said.kind == kind && said.payload_type.is_none_or(|number| number == payload_type))
    }
}

/// The URI that names an extension.
pub(in crate::sdp) fn uri(extension: HeaderExtension) -> &'static str {
    EXTENSION_URIS.iter().find(|known| known.0 == extension).map_or("", |known| known.1)
}

/// Those we speak, each once, by ids that mean one thing.
fn extensions(attributes: &[Attribute]) -> Vec<(u8, HeaderExtension)> {
    let mut found: Vec<(u8, HeaderExtension)> = Vec::new();
    for (id, extension) in values(attributes.iter(), "extmap").filter_map(extmap) {
        if found.iter().all(|known| known.0 != id && known.1 != extension) {
            found.push((id, extension));
        }
    }
    found
}

/// `4/sendonly urn:… parameters` (RFC 8285 §8). One that is said for one direction only is left out.
fn extmap(value: &str) -> Option<(u8, HeaderExtension)> {
    let mut words = value.split_ascii_whitespace();
    let id = words.next()?.parse().ok().filter(|id| EXTENSION_IDS.contains(id))?;
    let name = words.next()?;
    EXTENSION_URIS.iter().find(|known| known.1 == name).map(|known| (id, known.0))
}

/// `96 nack pli` (RFC 4585 §4.2).
fn feedback(value: &str) -> Option<Feedback> {
    feedback_among(value, &FEEDBACK)
}

/// One of these kinds.
pub(in crate::sdp) fn feedback_among(value: &str, kinds: &[&'static str]) -> Option<Feedback> {
    let (number, said) = value.trim().split_once(' ')?;
    let payload_type = if number == "*" { None } else { Some(number.parse().ok()?) };
    let kind = kinds.iter().find(|kind| said.trim().eq_ignore_ascii_case(kind))?;
    Some(Feedback { payload_type, kind })
}

/// `FID 11 22`: a source and its retransmissions (RFC 5576 §4.2).
fn flow_identification(value: &str) -> Option<(u32, u32)> {
    let mut words = value.split_ascii_whitespace();
    words.next().filter(|semantics| *semantics == "FID")?;
    let (primary, retransmission) = (ssrc(words.next()?)?, ssrc(words.next()?)?);
    (primary != retransmission).then_some((primary, retransmission))
}

fn ssrc(text: &str) -> Option<u32> {
    text.parse().ok().filter(|&ssrc| ssrc != 0)
}
