//! Which video formats two lists have in common, each with its retransmissions (RFC 4588).

use crate::sdp::Codec;
use crate::sdp::numbering::Numbering;
use crate::webrtc::VideoFormat;

const RTX_CLOCK_HZ: u32 = 90_000;

/// The formats that carry pictures by themselves.
pub(in crate::sdp) fn formats(codecs: &[Codec]) -> Vec<Codec> {
    codecs.iter().filter(|codec| codec.is_video()).cloned().collect()
}

/// Our answer to their offer: our order, their numbers, retransmissions behind their format.
pub(in crate::sdp) fn match_offer(ours: &[Codec], theirs: &[Codec]) -> Vec<Codec> {
    let mut answered: Vec<Codec> = Vec::new();
    for our in ours {
        let Some(their) = theirs.iter().find(|their| our.agrees_with(their)) else { continue };
        if answered.iter().any(|codec| codec.payload_type == their.payload_type) {
            continue;
        }
        answered.push(Codec { fmtp: our.answered_fmtp(their), ..their.clone() });
        answered
            .extend(retransmission(theirs, their.payload_type).map(|number| rtx(number, their.payload_type)));
    }
    answered
}

/// What our own answer agrees on: both sides use the same numbers.
pub(super) fn agreed_by_answer(answered: &[Codec]) -> Vec<VideoFormat> {
    match_answer(answered, answered)
}

/// What their answer to our offer agrees on: their order. Each side is sent the numbers of its own list.
pub(in crate::sdp) fn match_answer(offered: &[Codec], answered: &[Codec]) -> Vec<VideoFormat> {
    let mut agreed: Vec<VideoFormat> = Vec::new();
    for codec in formats(answered) {
        let send_pt = codec.payload_type;
        let same_number = |our: &&Codec| our.payload_type == send_pt && our.agrees_with(&codec);
        let ours = offered.iter().find(same_number);
        let Some(ours) = ours.or_else(|| offered.iter().find(|our| our.agrees_with(&codec))) else {
            continue;
        };
        let receive_pt = ours.payload_type;
        if agreed.iter().all(|format| format.receive_pt != receive_pt) {
            let rtx = retransmission(answered, send_pt).zip(retransmission(offered, receive_pt));
            agreed.push(VideoFormat { codec, send_pt, receive_pt, rtx });
        }
    }
    agreed
}

/// The formats of an offer of ours with numbers, each with retransmissions.
pub(super) fn number(wish: &[Codec], numbering: &mut Numbering) -> Vec<Codec> {
    let mut numbered: Vec<Codec> = Vec::new();
    for codec in wish {
        let Some(codec) = numbering.number(std::slice::from_ref(codec)).pop() else { continue };
        let payload_type = codec.payload_type;
        if numbered.iter().any(|other| other.payload_type == payload_type) {
            continue;
        }
        numbered.push(codec);
        numbered.extend(numbering.number(&[rtx(payload_type.saturating_add(1), payload_type)]));
    }
    numbered
}

/// The number of a format's retransmissions. One that names itself, or a format that is not there, is nobody's.
fn retransmission(codecs: &[Codec], payload_type: u8) -> Option<u8> {
    let apt = |codec: &&Codec| {
        codec.is_rtx() && codec.payload_type != payload_type && codec.number("apt") == Some(payload_type)
    };
    codecs.iter().find(apt).map(|codec| codec.payload_type)
}

/// RFC 4588 §8.6.
fn rtx(payload_type: u8, associated: u8) -> Codec {
    let (name, fmtp) = ("rtx".to_owned(), Some(format!("apt={associated}")));
    Codec { payload_type, name, clock_hz: RTX_CLOCK_HZ, channels: 1, fmtp }
}
