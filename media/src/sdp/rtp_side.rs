//! Offer and answer of a leg with RTP between addresses: phones and trunks.

use super::acceptance::{answered_keys, check_family, check_stream};
use super::codec_match::{Matched, match_answer, match_offer};
use super::crypto::{Crypto, PREFERENCE};
use super::description::{Description, MediaDescription, Profile};
use super::draft::{Draft, Line, OfferDraft, Wish};
use super::numbering::Numbering;
use super::rtp_video;
use super::seed::Seed;
use super::webrtc::video;
use super::write::{self, Kind, MediaLine};
use super::{
    Agreed, Codec, Dialect, Direction, LocalMedia, RemoteOffer, RtpVideo, SdpError, SrtpKeys, SrtpPolicy,
};
use crate::srtp::{MasterKey, Suite};

const PLAIN_PROFILE: &str = "RTP/AVP";
const SECURE_PROFILE: &str = "RTP/SAVP";

/// Our end of such a leg.
pub(super) struct RtpSide {
    pub local: LocalMedia,
    /// Our end of its pictures, once it has one.
    pub video: Option<LocalMedia>,
    seed: Seed,
    /// Which of the keys made from the seed are in use.
    key_generation: u32,
}

impl RtpSide {
    pub(super) fn new(local: LocalMedia, seed: Seed) -> Self {
        Self { local, video: None, seed, key_generation: 0 }
    }

    pub(super) fn offer(
        &self,
        wish: &Wish<'_>,
        current: Option<&Draft>,
        agreed: Option<&Agreed>,
        numbering: &mut Numbering,
    ) -> OfferDraft {
        let (mut lines, position) = self.lines_to_offer(current);
        let codecs = numbering.number(wish.codecs);
        let direction = wish.direction;
        let video = if self.video.is_some() { numbering.number(wish.video) } else { Vec::new() };
        let video_position = (!video.is_empty())
            .then(|| rtp_video::position_to_offer(&mut lines, current, self.first_profile()));
        let proto = profile_at(&lines, position);
        let crypto = self.crypto_for(&proto, Medium::Audio);
        let rtcp_mux = agreed.is_some_and(|agreed| agreed.rtcp_mux);
        let audio = MediaLine {
            kind: Kind::Audio,
            position,
            local: &self.local,
            proto: &proto,
            codecs: &codecs,
            direction,
            crypto: &crypto,
            rtcp_mux,
        };
        let mut streams = vec![audio];
        let video_proto = video_position.map_or_else(String::new, |position| profile_at(&lines, position));
        let video_crypto = self.crypto_for(&video_proto, Medium::Video);
        if let (Some(position), Some(local)) = (video_position, &self.video) {
            let mux = agreed.and_then(|agreed| agreed.video.as_ref()).is_some_and(|video| video.rtcp_mux);
            streams.push(MediaLine {
                kind: Kind::Video(&rtp_video::FEEDBACK),
                position,
                local,
                proto: &video_proto,
                codecs: &video,
                direction,
                crypto: &video_crypto,
                rtcp_mux: mux,
            });
        }
        let text = write::media_lines(&lines, &streams);
        let draft = Draft { text, lines, position, video_position };
        OfferDraft { draft, codecs, video, crypto, video_crypto, direction }
    }

    pub(super) fn read_answer(
        &self,
        offer: &OfferDraft,
        description: &Description,
    ) -> Result<Agreed, SdpError> {
        let stream = offer.answered_audio(description)?;
        let srtp = answered_keys(&offer.crypto, stream)?;
        check_family(&self.local, stream.rtp()?)?;
        let matched = match_answer(&offer.codecs, &stream.codecs).ok_or(SdpError::NoCommonCodec)?;
        let video = rtp_video::read_answer(&self.local, offer, description);
        Ok(Agreed { video: video.map(Box::new), ..agree(stream, matched, offer.direction, srtp)? })
    }

    pub(super) fn read_offer(&self, description: &Description) -> Result<RemoteOffer, SdpError> {
        let (_, stream) = self.acceptable(description)?.next().ok_or(SdpError::NotAudio)?;
        Ok(RemoteOffer {
            codecs: stream.codecs.clone(),
            direction: stream.direction(),
            srtp: stream.profile == Profile::Secure,
            dialect: Dialect::Rtp,
            video: rtp_video::acceptable(&self.local, description)
                .map_or_else(Vec::new, |(_, video)| video::formats(&video.codecs)),
        })
    }

    pub(super) fn answer(
        &mut self,
        wish: &Wish<'_>,
        description: &Description,
        before: Option<&Agreed>,
        numbering: &mut Numbering,
    ) -> Result<(Draft, Agreed), SdpError> {
        let matched = self.acceptable(description)?.find_map(|(position, stream)| {
            match_offer(wish.codecs, &stream.codecs).map(|matched| (position, stream, matched))
        });
        let (position, stream, matched) = matched.ok_or(SdpError::NoCommonCodec)?;
        let lines: Vec<Line> = description.streams.iter().map(Line::of).collect();
        let accepted = rtp_video::accepted_crypto(stream);
        if let Some(theirs) = &accepted {
            self.renew_keys_with(theirs, before);
        }
        let (crypto, keys) = self.answer_keys(accepted, Medium::Audio);
        let answered = matched.answered.clone();
        let video = self.answer_video(wish, description);
        let mut agreed = agree(stream, matched, wish.direction, keys)?;
        let audio = MediaLine {
            kind: Kind::Audio,
            position,
            local: &self.local,
            proto: &stream.proto,
            codecs: &answered,
            direction: agreed.direction,
            crypto: &crypto,
            rtcp_mux: stream.rtcp_mux,
        };
        let mut streams = vec![audio];
        if let (Some(video), Some(local)) = (&video, &self.video) {
            streams.push(MediaLine {
                kind: Kind::Video(video.stream.feedback.kinds()),
                position: video.position,
                local,
                proto: &video.stream.proto,
                codecs: &video.answered,
                direction: video.agreed.direction,
                crypto: &video.crypto,
                rtcp_mux: video.stream.rtcp_mux,
            });
        }
        let text = write::media_lines(&lines, &streams);
        streams.iter().for_each(|stream| numbering.remember(stream.codecs));
        let video_position = video.as_ref().map(|video| video.position);
        agreed.video = video.map(|video| Box::new(video.agreed));
        Ok((Draft { text, lines, position, video_position }, agreed))
    }

    /// How we answer their pictures; none where there are none, or none that we could show.
    fn answer_video<'a>(&self, wish: &Wish<'_>, description: &'a Description) -> Option<VideoAnswer<'a>> {
        let local = self.video.as_ref()?;
        let (position, stream) = rtp_video::acceptable(local, description)?;
        let answered = rtp_video::match_offer(wish.video, stream);
        if answered.is_empty() {
            return None;
        }
        let (crypto, keys) = self.answer_keys(rtp_video::accepted_crypto(stream), Medium::Video);
        let agreed = rtp_video::answered(stream, &answered, wish.direction, keys).ok()?;
        Some(VideoAnswer { position, stream, answered, crypto, agreed })
    }

    /// Our key beside theirs: as it is written, and as it is used.
    fn answer_keys(&self, theirs: Option<Crypto>, medium: Medium) -> (Vec<Crypto>, Option<SrtpKeys>) {
        let Some(theirs) = theirs else { return (Vec::new(), None) };
        let ours = Crypto { key: self.our_key(theirs.suite, medium), ..theirs.clone() };
        let keys = SrtpKeys { send: ours.key.clone(), receive: theirs.key, suite: ours.suite };
        (vec![ours], Some(keys))
    }

    /// The lines of the session so far, ours refreshed; at first one audio line.
    fn lines_to_offer(&self, current: Option<&Draft>) -> (Vec<Line>, usize) {
        if let Some(current) = current {
            return (current.lines.clone(), current.position);
        }
        let (media, proto) = ("audio".to_owned(), self.first_profile().to_owned());
        (vec![Line { media, proto, formats: "0".to_owned(), mid: None }], 0)
    }

    /// That of a line which we add.
    fn first_profile(&self) -> &'static str {
        match self.local.srtp {
            SrtpPolicy::Off | SrtpPolicy::Offered => PLAIN_PROFILE,
            SrtpPolicy::Required => SECURE_PROFILE,
        }
    }

    /// Live audio streams that policy and address allow, or why there is none.
    fn acceptable<'a>(
        &self,
        description: &'a Description,
    ) -> Result<impl Iterator<Item = (usize, &'a MediaDescription)> + use<'a>, SdpError> {
        let local = self.local;
        let live = || {
            let streams = description.streams.iter().enumerate();
            streams.filter(|(_, stream)| description.is_live(stream, "audio"))
        };
        let (_, first) = live().next().ok_or(SdpError::NotAudio)?;
        if !live().any(|(_, stream)| check_stream(&local, stream).is_ok()) {
            check_stream(&local, first)?;
        }
        Ok(live().filter(move |(_, stream)| check_stream(&local, stream).is_ok()))
    }

    /// Their new key means that their end begins anew, perhaps another device: with our old key it could not know our
    /// rollover counter (RFC 3711 §3.3.1), so ours begins anew too.
    fn renew_keys_with(&mut self, theirs: &Crypto, before: Option<&Agreed>) {
        let before = before.and_then(|agreed| agreed.srtp.as_ref());
        if before.is_some_and(|keys| keys.receive != theirs.key || keys.suite != theirs.suite) {
            self.key_generation += 1;
        }
    }

    fn crypto_for(&self, proto: &str, medium: Medium) -> Vec<Crypto> {
        if !proto.to_ascii_uppercase().starts_with(SECURE_PROFILE) {
            return Vec::new();
        }
        let numbered = (1..).zip(PREFERENCE);
        numbered.map(|(tag, suite)| Crypto { tag, suite, key: self.our_key(suite, medium) }).collect()
    }

    /// Each stream has its own (RFC 4568 §6.1).
    fn our_key(&self, suite: Suite, medium: Medium) -> MasterKey {
        let bytes = match medium {
            Medium::Audio => self.seed.derive(suite.name(), self.key_generation),
            Medium::Video => self.seed.derive(&format!("video {}", suite.name()), self.key_generation),
        };
        MasterKey::from_random(suite, &bytes)
    }
}

/// Which stream a key is for.
#[derive(Clone, Copy)]
enum Medium {
    Audio,
    Video,
}

/// Our answer to a video line.
struct VideoAnswer<'a> {
    position: usize,
    stream: &'a MediaDescription,
    answered: Vec<Codec>,
    crypto: Vec<Crypto>,
    agreed: RtpVideo,
}

fn profile_at(lines: &[Line], position: usize) -> String {
    lines.get(position).map_or_else(|| PLAIN_PROFILE.to_owned(), |line| line.proto.clone())
}

fn agree(
    stream: &MediaDescription,
    matched: Matched,
    wish: Direction,
    srtp: Option<SrtpKeys>,
) -> Result<Agreed, SdpError> {
    let theirs = stream.direction();
    Ok(Agreed {
        remote_rtp: stream.rtp()?,
        remote_rtcp: if stream.rtcp_mux { stream.rtp()? } else { stream.rtcp()? },
        rtcp_mux: stream.rtcp_mux,
        codecs: matched.codecs,
        dtmf: matched.dtmf,
        direction: wish.against(theirs),
        remote_direction_hold: !theirs.receives(),
        ptime_ms: stream.ptime_ms,
        srtp,
        webrtc: None,
        video: None,
    })
}
