//! The offer/answer state of one leg (RFC 3264).

use super::acceptance::{answered_keys, check_stream};
use super::codec_match::{Matched, match_answer, match_offer};
use super::crypto::{Crypto, PREFERENCE};
use super::description::{Description, MediaDescription, Profile};
use super::numbering::Numbering;
use super::seed::Seed;
use super::write::{self, Audio, Line};
use super::{Agreed, Codec, Direction, LocalMedia, RemoteOffer, SdpError, SrtpKeys, SrtpPolicy};
use crate::srtp::{MasterKey, Suite};

const PLAIN_PROFILE: &str = "RTP/AVP";
const SECURE_PROFILE: &str = "RTP/SAVP";

/// One leg's offer/answer state for the life of its dialog: stream order, `o=` version, pending offer, what was agreed.
pub struct Negotiation {
    local: LocalMedia,
    seed: Seed,
    session_id: u64,
    /// Of the newest description we sent, refused ones included.
    version: u64,
    /// Which of the keys made from the seed are in use.
    key_generation: u32,
    numbering: Numbering,
    /// The description in force.
    current: Option<Described>,
    pending: Pending,
    agreed: Option<Agreed>,
}

/// A description of ours.
#[derive(Clone)]
struct Described {
    version: u64,
    media_lines: String,
    lines: Vec<Line>,
    position: usize,
}

enum Pending {
    Nothing,
    /// Sent, or answered already: another answer may follow from another branch of a forked call (RFC 3261 §13.2.2.4).
    Ours(Box<OurOffer>),
    Theirs(Box<Description>),
}

#[derive(Clone)]
struct OurOffer {
    described: Described,
    codecs: Vec<Codec>,
    direction: Direction,
    crypto: Vec<Crypto>,
    answered: Answered,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Answered {
    NotYet,
    Once,
}

impl Negotiation {
    /// `seed` makes session id and SRTP keys: 32 random bytes, or a number where there is no SRTP.
    pub fn new(local: LocalMedia, seed: impl Into<Seed>) -> Self {
        let seed = seed.into();
        let [a, b, c, d, e, f, g, h, ..] = seed.derive("session id", 0);
        // Some phones keep it in a signed 32-bit number.
        let session_id = u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> 33;
        Self {
            local,
            seed,
            session_id,
            version: 0,
            key_generation: 0,
            numbering: Numbering::default(),
            current: None,
            pending: Pending::Nothing,
            agreed: None,
        }
    }

    /// Our offer. The version rises by one where the description differs from the one in force (RFC 3264 §8).
    /// telephone-event goes in if it is among `codecs`. A payload type that already means another format in this session
    /// is replaced by a free one (RFC 3264 §8.3.2). An offer that was pending is forgotten.
    pub fn offer(&mut self, codecs: &[Codec], direction: Direction) -> Vec<u8> {
        let (lines, position) = self.lines_to_offer();
        let proto = lines.get(position).map_or_else(|| PLAIN_PROFILE.to_owned(), |line| line.proto.clone());
        let codecs = self.numbering.number(codecs);
        let crypto = if proto.to_ascii_uppercase().starts_with(SECURE_PROFILE) {
            self.our_crypto()
        } else {
            Vec::new()
        };
        let rtcp_mux = self.agreed.as_ref().is_some_and(|agreed| agreed.rtcp_mux);
        let audio = Audio { position, proto: &proto, codecs: &codecs, direction, crypto: &crypto, rtcp_mux };
        let described = self.describe(lines, &audio);
        let text = self.render(&described);
        let answered = Answered::NotYet;
        self.pending = Pending::Ours(Box::new(OurOffer { described, codecs, direction, crypto, answered }));
        text
    }

    /// Their answer to our offer. It may come again, from another branch of a forked call or in a later response: the last
    /// one counts.
    ///
    /// # Errors
    /// The offer stays pending until [`Self::discard_offer`].
    pub fn receive_answer(&mut self, sdp: &[u8]) -> Result<Agreed, SdpError> {
        let Pending::Ours(offer) = &self.pending else { return Err(SdpError::OutOfTurn("answer")) };
        let description = Description::parse(sdp)?;
        let (offered, answered) = (offer.described.lines.len(), description.streams.len());
        let stream = description.streams.get(offer.described.position);
        let stream = stream.ok_or(SdpError::StreamCount { offered, answered })?;
        if !stream.is_live_audio() {
            return Err(SdpError::NotAudio);
        }
        let srtp = answered_keys(&offer.crypto, stream)?;
        let matched = match_answer(&offer.codecs, &stream.codecs).ok_or(SdpError::NoCommonCodec)?;
        let mut agreed = agree(stream, matched, offer.direction, srtp)?;
        agreed.remote_direction_hold &= offer.direction.sends();
        let mut offer = offer.clone();
        offer.answered = Answered::Once;
        self.current = Some(offer.described.clone());
        self.pending = Pending::Ours(offer);
        self.agreed = Some(agreed.clone());
        Ok(agreed)
    }

    /// Their offer, held until [`Self::answer`] or [`Self::discard_offer`].
    ///
    /// # Errors
    /// Nothing is held. [`SdpError::OutOfTurn`] while an offer of ours waits for its answer: SIP says 491.
    pub fn receive_offer(&mut self, sdp: &[u8]) -> Result<RemoteOffer, SdpError> {
        if matches!(&self.pending, Pending::Ours(offer) if offer.answered == Answered::NotYet) {
            return Err(SdpError::OutOfTurn("offer"));
        }
        let description = Description::parse(sdp)?;
        let (_, stream) = self.acceptable(&description)?.next().ok_or(SdpError::NotAudio)?;
        let offer = RemoteOffer {
            codecs: stream.codecs.clone(),
            direction: stream.direction(),
            srtp: stream.profile == Profile::Secure,
        };
        self.pending = Pending::Theirs(Box::new(description));
        Ok(offer)
    }

    /// Our answer to their pending offer, with their payload type numbers (RFC 3264 §6.1). `codecs` is what we may accept,
    /// in the order of our wish. The first of their streams that suits is taken, the others are refused with port 0.
    ///
    /// # Errors
    /// The offer stays pending until [`Self::discard_offer`].
    pub fn answer(&mut self, codecs: &[Codec], direction: Direction) -> Result<(Vec<u8>, Agreed), SdpError> {
        let Pending::Theirs(description) = &self.pending else { return Err(SdpError::OutOfTurn("answer")) };
        let matched = self.acceptable(description)?.find_map(|(position, stream)| {
            match_offer(codecs, &stream.codecs).map(|matched| (position, stream.clone(), matched))
        });
        let (position, stream, matched) = matched.ok_or(SdpError::NoCommonCodec)?;
        let lines: Vec<Line> = description.streams.iter().map(line).collect();
        let accepted = stream.crypto.iter().flatten().next().cloned();
        let accepted = accepted.filter(|_| stream.profile == Profile::Secure);
        if let Some(theirs) = &accepted {
            self.renew_keys_with(theirs);
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
        let agreed = agree(&stream, matched, direction, keys)?;
        let (proto, direction, rtcp_mux) = (stream.proto.as_str(), agreed.direction, stream.rtcp_mux);
        let audio = Audio { position, proto, codecs: &answered, direction, crypto: &crypto, rtcp_mux };
        let described = self.describe(lines, &audio);
        let text = self.render(&described);
        self.numbering.remember(&answered);
        self.current = Some(described);
        self.pending = Pending::Nothing;
        self.agreed = Some(agreed.clone());
        Ok((text, agreed))
    }

    /// The pending offer, ours or theirs, was refused: the old agreement stands. Without effect once it was answered.
    pub fn discard_offer(&mut self) {
        self.pending = Pending::Nothing;
    }

    /// What is in force.
    pub fn agreed(&self) -> Option<&Agreed> {
        self.agreed.as_ref()
    }

    /// Our current description again, same version (session refresh, RFC 4028 §7.4). Empty before the first agreement.
    pub fn repeat(&mut self) -> Vec<u8> {
        self.current.as_ref().map_or_else(Vec::new, |described| self.render(described))
    }

    /// The lines of the session so far, ours refreshed; at first one audio line.
    fn lines_to_offer(&self) -> (Vec<Line>, usize) {
        if let Some(current) = &self.current {
            return (current.lines.clone(), current.position);
        }
        let proto = match self.local.srtp {
            SrtpPolicy::Off | SrtpPolicy::Offered => PLAIN_PROFILE,
            SrtpPolicy::Required => SECURE_PROFILE,
        };
        let line = Line { media: "audio".to_owned(), proto: proto.to_owned(), formats: "0".to_owned() };
        (vec![line], 0)
    }

    /// Live audio streams that the policy allows, or why there is none.
    fn acceptable<'a>(
        &self,
        description: &'a Description,
    ) -> Result<impl Iterator<Item = (usize, &'a MediaDescription)> + use<'a>, SdpError> {
        let policy = self.local.srtp;
        let live = || description.streams.iter().enumerate().filter(|(_, stream)| stream.is_live_audio());
        let (_, first) = live().next().ok_or(SdpError::NotAudio)?;
        if !live().any(|(_, stream)| check_stream(policy, stream).is_ok()) {
            check_stream(policy, first)?;
        }
        Ok(live().filter(move |(_, stream)| check_stream(policy, stream).is_ok()))
    }

    fn describe(&mut self, lines: Vec<Line>, audio: &Audio<'_>) -> Described {
        let media_lines = write::media_lines(&self.local, &lines, audio);
        let version = match &self.current {
            Some(current) if current.media_lines == media_lines => current.version,
            _ => {
                self.version += 1;
                self.version
            }
        };
        Described { version, media_lines, lines, position: audio.position }
    }

    fn render(&self, described: &Described) -> Vec<u8> {
        write::description(&self.local, self.session_id, described.version, &described.media_lines)
    }

    /// Their new key means that their end begins anew, perhaps another device: with our old key it could not know our
    /// rollover counter (RFC 3711 §3.3.1), so ours begins anew too.
    fn renew_keys_with(&mut self, theirs: &Crypto) {
        let before = self.agreed.as_ref().and_then(|agreed| agreed.srtp.as_ref());
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

impl std::fmt::Debug for Negotiation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Negotiation")
            .field("local", &self.local)
            .field("agreed", &self.agreed)
            .finish_non_exhaustive()
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
        direction: Direction::new(wish.sends() && theirs.receives(), wish.receives() && theirs.sends()),
        remote_direction_hold: !theirs.receives(),
        ptime_ms: stream.ptime_ms,
        srtp,
        webrtc: None,
    })
}

fn line(stream: &MediaDescription) -> Line {
    Line { media: stream.media.clone(), proto: stream.proto.clone(), formats: stream.formats.clone() }
}
