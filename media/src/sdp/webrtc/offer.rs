//! Our offers to a browser (RFC 8829 §5.2).

use super::attributes::{FEEDBACK, RtcpSize};
use super::write::{BrowserLine, Sources};
use super::{WebRtcSide, counts_packets, speaks_in, video, write};
use crate::sdp::Codec;
use crate::sdp::draft::{Draft, Line, OfferDraft, Wish};
use crate::sdp::numbering::Numbering;
use crate::webrtc::HeaderExtension;

const PROTO: &str = "UDP/TLS/RTP/SAVPF";
/// Of packets that are counted: for the estimate of bandwidth. Audio has no other.
const COUNTS: &str = "transport-cc";
/// Both roles can be ours (RFC 8842 §5.2), in later offers too: who answers then keeps the roles that are.
const SETUP: &str = "actpass";
/// Ids in a session that begins with our offer.
const EXTENSIONS: [(u8, HeaderExtension); 4] = [
    (1, HeaderExtension::AudioLevel),
    (2, HeaderExtension::AbsSendTime),
    (3, HeaderExtension::TransportWideCc),
    (4, HeaderExtension::Mid),
];

impl WebRtcSide {
    pub(in crate::sdp) fn offer(
        &mut self,
        wish: &Wish<'_>,
        current: Option<&Draft>,
        numbering: &mut Numbering,
    ) -> OfferDraft {
        let (mut lines, position) = match current {
            Some(current) => (current.lines.clone(), current.position),
            None => (vec![new_line("audio", &[])], 0),
        };
        let codecs = numbering.number(wish.codecs);
        let mut video = video::number(wish.video, numbering);
        // A stream without a name cannot share its transport (RFC 9143 §7.2).
        if mid_at(&lines, position).is_none() {
            video.clear();
        }
        // Later offers keep to what was agreed: a free id may be one that they gave to an extension we do not speak.
        if current.is_none() && self.extensions.is_empty() {
            let wanted =
                |kind: HeaderExtension| kind != HeaderExtension::TransportWideCc || !video.is_empty();
            self.extensions = EXTENSIONS.into_iter().filter(|(_, kind)| wanted(*kind)).collect();
        }
        let video_position = (!video.is_empty()).then(|| video_position(&mut lines, current));
        let audio = Sources::Audio { ssrc: self.audio_ssrc };
        let mut offered = vec![self.offered_line(&lines, position, wish, &codecs, audio)];
        if let Some(position) = video_position {
            let sources = Sources::Video { ssrc: self.video_ssrc, rtx_ssrc: self.video_rtx_ssrc };
            offered.push(self.offered_line(&lines, position, wish, &video, sources));
        }
        let order = lines.iter().filter_map(|line| line.mid.as_deref());
        let text = write::media(&self.ends(SETUP), &lines, &offered, order);
        let draft = Draft { text, lines, position, video_position };
        OfferDraft {
            draft,
            codecs,
            video,
            crypto: Vec::new(),
            video_crypto: Vec::new(),
            direction: wish.direction,
        }
    }

    fn offered_line(
        &self,
        lines: &[Line],
        position: usize,
        wish: &Wish<'_>,
        codecs: &[Codec],
        sources: Sources,
    ) -> BrowserLine {
        let proto = lines.get(position).map_or_else(|| PROTO.to_owned(), |line| line.proto.clone());
        let extensions = self.extensions.iter().copied();
        BrowserLine {
            position,
            proto,
            mid: mid_at(lines, position),
            codecs: codecs.to_vec(),
            direction: wish.direction,
            extensions: extensions.filter(|&(_, extension)| speaks_in(&sources, extension)).collect(),
            feedback: feedback(codecs, &self.extensions),
            rtcp_size: RtcpSize::Reduced,
            sources,
        }
    }
}

/// Feedback that a format can have (RFC 4585 §4.2).
pub(super) fn feedback(codecs: &[Codec], extensions: &[(u8, HeaderExtension)]) -> Vec<(u8, &'static str)> {
    let mut feedback = Vec::new();
    for codec in codecs {
        if codec.is_video() {
            feedback.extend(FEEDBACK.map(|kind| (codec.payload_type, kind)));
        } else if codec.is_speech() && !codec.is_rtx() {
            feedback.push((codec.payload_type, COUNTS));
        }
    }
    feedback.retain(|(_, kind)| *kind != COUNTS || counts_packets(extensions));
    feedback
}

/// The line of the video that flows; else one that was refused begins anew under another name (RFC 8829 §5.2.2); else a new
/// one at the end.
fn video_position(lines: &mut Vec<Line>, current: Option<&Draft>) -> usize {
    if let Some(position) = current.and_then(|current| current.video_position) {
        return position;
    }
    let line = new_line("video", lines);
    let refused = lines.iter_mut().enumerate().find(|(_, line)| line.media.eq_ignore_ascii_case("video"));
    if let Some((position, old)) = refused {
        *old = line;
        return position;
    }
    lines.push(line);
    lines.len() - 1
}

/// A line with the smallest number that names none of `lines`.
fn new_line(media: &str, lines: &[Line]) -> Line {
    let taken = |mid: &String| lines.iter().any(|line| line.mid.as_ref() == Some(mid));
    let mid = (0..=lines.len()).map(|number| number.to_string()).find(|mid| !taken(mid));
    Line { media: media.to_owned(), proto: PROTO.to_owned(), formats: "0".to_owned(), mid }
}

fn mid_at(lines: &[Line], position: usize) -> Option<String> {
    lines.get(position).and_then(|line| line.mid.clone())
}
