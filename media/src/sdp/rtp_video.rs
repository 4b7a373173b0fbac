//! Pictures of a phone: which of its video lines will do, and what is agreed of it.

use sdp_types::Attribute;

use super::acceptance::{answered_keys, check_family, check_stream};
use super::crypto::Crypto;
use super::description::{Description, MediaDescription, values};
use super::draft::{Draft, Line, OfferDraft};
use super::webrtc::attributes::{Feedback, feedback_among};
use super::webrtc::video;
use super::{AgreedCodec, Codec, Direction, LocalMedia, RateRequests, Refresh, RtpVideo, SdpError, SrtpKeys};

/// Feedback that we give and follow where a phone does. It stands in our offers of RTP/AVP too: a profile that says it (AVPF,
/// RFC 4585 §3.1) is refused by phones that have none, while an attribute is read over.
pub(super) const FEEDBACK: [&str; 3] = ["nack pli", "ccm fir", "ccm tmmbr"];
/// A phone writes one for each format and kind; what is behind is not read.
const MAX_FEEDBACK: usize = 64;

/// The kinds of [`FEEDBACK`] that a phone knows, of any of its formats.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PhoneFeedback(Vec<&'static str>);

impl PhoneFeedback {
    pub(super) fn read(attributes: &[Attribute]) -> Self {
        let said: Vec<Feedback> = values(attributes.iter(), "rtcp-fb")
            .take(MAX_FEEDBACK)
            .filter_map(|value| feedback_among(value, &FEEDBACK))
            .collect();
        Self(FEEDBACK.into_iter().filter(|kind| said.iter().any(|each| each.kind == *kind)).collect())
    }

    /// In the order of [`FEEDBACK`].
    pub(super) fn kinds(&self) -> &[&'static str] {
        &self.0
    }

    fn has(&self, kind: &str) -> bool {
        self.0.contains(&kind)
    }

    fn refresh(&self) -> Refresh {
        match (self.has("nack pli"), self.has("ccm fir")) {
            (true, _) => Refresh::Pli,
            (false, true) => Refresh::Fir,
            (false, false) => Refresh::Signalling,
        }
    }

    fn rate_requests(&self) -> RateRequests {
        if self.has("ccm tmmbr") { RateRequests::Tmmbr } else { RateRequests::NotTaken }
    }
}

/// Their first video line that policy and address allow.
pub(super) fn acceptable<'a>(
    local: &LocalMedia,
    description: &'a Description,
) -> Option<(usize, &'a MediaDescription)> {
    let mut streams = description.streams.iter().enumerate();
    streams.find(|(_, stream)| description.is_live(stream, "video") && check_stream(local, stream).is_ok())
}

/// What their answer to a video line of ours agrees on; none where they refuse it, or it will not do.
pub(super) fn read_answer(
    local: &LocalMedia,
    offer: &OfferDraft,
    description: &Description,
) -> Option<RtpVideo> {
    let stream = description.streams.get(offer.draft.video_position?)?;
    if !description.is_live(stream, "video") {
        return None;
    }
    let srtp = answered_keys(&offer.video_crypto, stream).ok()?;
    check_family(local, stream.rtp().ok()?).ok()?;
    let formats = agreed_formats(&offer.video, &stream.codecs);
    agree(stream, formats, offer.direction, srtp).ok().filter(|video| !video.formats.is_empty())
}

/// What our own answer agrees on.
pub(super) fn answered(
    stream: &MediaDescription,
    answered: &[Codec],
    wish: Direction,
    srtp: Option<SrtpKeys>,
) -> Result<RtpVideo, SdpError> {
    agree(stream, agreed_formats(answered, answered), wish, srtp)
}

/// Formats that both have: our order, their numbers. Retransmissions are between us and browsers alone.
pub(super) fn match_offer(ours: &[Codec], stream: &MediaDescription) -> Vec<Codec> {
    video::match_offer(ours, &video::formats(&stream.codecs))
}

/// The line of the video that flows; else one that was refused begins anew; else a new one at the end.
pub(super) fn position_to_offer(lines: &mut Vec<Line>, current: Option<&Draft>, proto: &str) -> usize {
    if let Some(position) = current.and_then(|current| current.video_position) {
        return position;
    }
    let line =
        Line { media: "video".to_owned(), proto: proto.to_owned(), formats: "0".to_owned(), mid: None };
    let refused = lines.iter_mut().enumerate().find(|(_, line)| line.media.eq_ignore_ascii_case("video"));
    if let Some((position, old)) = refused {
        *old = line;
        return position;
    }
    lines.push(line);
    lines.len() - 1
}

/// The first usable key of a stream with keys.
pub(super) fn accepted_crypto(stream: &MediaDescription) -> Option<Crypto> {
    let secure = stream.profile == super::description::Profile::Secure;
    stream.crypto.iter().flatten().next().filter(|_| secure).cloned()
}

fn agreed_formats(offered: &[Codec], answered: &[Codec]) -> Vec<AgreedCodec> {
    let matched = video::match_answer(offered, answered).into_iter();
    matched
        .map(|format| AgreedCodec {
            codec: format.codec,
            send_pt: format.send_pt,
            receive_pt: format.receive_pt,
        })
        .collect()
}

fn agree(
    stream: &MediaDescription,
    formats: Vec<AgreedCodec>,
    wish: Direction,
    srtp: Option<SrtpKeys>,
) -> Result<RtpVideo, SdpError> {
    Ok(RtpVideo {
        remote_rtp: stream.rtp()?,
        remote_rtcp: if stream.rtcp_mux { stream.rtp()? } else { stream.rtcp()? },
        rtcp_mux: stream.rtcp_mux,
        formats,
        direction: wish.against(stream.direction()),
        srtp,
        refresh: stream.feedback.refresh(),
        rate_requests: stream.feedback.rate_requests(),
        max_bps: stream.max_bps,
    })
}

#[cfg(test)]
mod tests;
