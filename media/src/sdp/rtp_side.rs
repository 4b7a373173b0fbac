//! Offer and answer of a leg with RTP between addresses: phones and trunks.

use super::acceptance::{answered_keys, check_family, check_stream};
use super::codec_match::{Matched, match_answer, match_offer};
use super::crypto::{Crypto, PREFERENCE};
use super::description::{Description, MediaDescription, Profile};
use super::draft::{Draft, Line, OfferDraft, Wish};
use super::numbering::Numbering;
use super::seed::Seed;
use super::write::{self, Audio};
use super::{Agreed, Dialect, Direction, LocalMedia, RemoteOffer, SdpError, SrtpKeys, SrtpPolicy};
use crate::srtp::{MasterKey, Suite};

const PLAIN_PROFILE: &str = "RTP/AVP";
const SECURE_PROFILE: &str = "RTP/SAVP";

/// Our end of such a leg.
pub(super) struct RtpSide {
    pub local: LocalMedia,
    seed: Seed,
    /// Which of the keys made from the seed are in use.
    key_generation: u32,
}

impl RtpSide {
    pub(super) fn new(local: LocalMedia, seed: Seed) -> Self {
        Self { local, seed, key_generation: 0 }
    }

    pub(super) fn offer(
        &self,
        wish: &Wish<'_>,
        current: Option<&Draft>,
        agreed: Option<&Agreed>,
        numbering: &mut Numbering,
    ) -> OfferDraft {
        let (lines, position) = self.lines_to_offer(current);
        let proto = lines.get(position).map_or_else(|| PLAIN_PROFILE.to_owned(), |line| line.proto.clone());
        let codecs = numbering.number(wish.codecs);
        let crypto = if proto.to_ascii_uppercase().starts_with(SECURE_PROFILE) {
            self.our_crypto()
        } else {
            Vec::new()
        };
        let rtcp_mux = agreed.is_some_and(|agreed| agreed.rtcp_mux);
        let direction = wish.direction;
        let audio = Audio { position, proto: &proto, codecs: &codecs, direction, crypto: &crypto, rtcp_mux };
        let text = write::media_lines(&self.local, &lines, &audio);
        let draft = Draft { text, lines, position, video_position: None };
        OfferDraft { draft, codecs, video: Vec::new(), crypto, direction }
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
        agree(stream, matched, offer.direction, srtp)
    }

    pub(super) fn read_offer(&self, description: &Description) -> Result<RemoteOffer, SdpError> {
        let (_, stream) = self.acceptable(description)?.next().ok_or(SdpError::NotAudio)?;
        Ok(RemoteOffer {
            codecs: stream.codecs.clone(),
            direction: stream.direction(),
            srtp: stream.profile == Profile::Secure,
            dialect: Dialect::Rtp,
            video: Vec::new(),
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
        let accepted = stream.crypto.iter().flatten().next().cloned();
        let accepted = accepted.filter(|_| stream.profile == Profile::Secure);
        if let Some(theirs) = &accepted {
            self.renew_keys_with(theirs, before);
        }
        let crypto: Vec<_> = accepted
            .iter()
            .map(|theirs| Crypto { key: self.our_key(theirs.suite), ..theirs.clone() })
            .collect();
        let keys = accepted.zip(crypto.first()).map(|(theirs, ours)| SrtpKeys {
            send: ours.key.clone(),
            receive: theirs.key,
            suite: ours.suite,
        });
        let answered = matched.answered.clone();
        let agreed = agree(stream, matched, wish.direction, keys)?;
        let (proto, direction, rtcp_mux) = (stream.proto.as_str(), agreed.direction, stream.rtcp_mux);
        let audio = Audio { position, proto, codecs: &answered, direction, crypto: &crypto, rtcp_mux };
        let text = write::media_lines(&self.local, &lines, &audio);
        numbering.remember(&answered);
        Ok((Draft { text, lines, position, video_position: None }, agreed))
    }

    /// The lines of the session so far, ours refreshed; at first one audio line.
    fn lines_to_offer(&self, current: Option<&Draft>) -> (Vec<Line>, usize) {
        if let Some(current) = current {
            return (current.lines.clone(), current.position);
        }
        let proto = match self.local.srtp {
            SrtpPolicy::Off | SrtpPolicy::Offered => PLAIN_PROFILE,
            SrtpPolicy::Required => SECURE_PROFILE,
        };
        let (media, proto) = ("audio".to_owned(), proto.to_owned());
        (vec![Line { media, proto, formats: "0".to_owned(), mid: None }], 0)
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

    fn our_crypto(&self) -> Vec<Crypto> {
        let numbered = (1..).zip(PREFERENCE);
        numbered.map(|(tag, suite)| Crypto { tag, suite, key: self.our_key(suite) }).collect()
    }

    fn our_key(&self, suite: Suite) -> MasterKey {
        let bytes = self.seed.derive(suite.name(), self.key_generation);
        MasterKey::from_random(suite, &bytes)
    }
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
    })
}
