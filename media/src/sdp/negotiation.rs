//! The offer/answer state of one leg (RFC 3264).

use std::net::{IpAddr, SocketAddr};

use super::description::Description;
use super::draft::{Draft, OfferDraft, Wish};
use super::events::with_events;
use super::numbering::Numbering;
use super::rtp_side::RtpSide;
use super::seed::Seed;
use super::webrtc::WebRtcSide;
use super::{Agreed, Codec, Dialect, Direction, LocalMedia, RemoteOffer, SdpError, write};
use crate::webrtc::WebRtcLocal;

/// One leg's offer/answer state for the life of its dialog: stream order, `o=` version, pending offer, what was agreed.
pub struct Negotiation {
    side: Side,
    /// Video formats that we may take.
    video: Vec<Codec>,
    session_id: u64,
    /// Of the newest description we sent, refused ones included.
    version: u64,
    numbering: Numbering,
    /// The description in force.
    current: Option<Described>,
    pending: Pending,
    agreed: Option<Agreed>,
}

/// What the two dialects do differently.
enum Side {
    Rtp(Box<RtpSide>),
    WebRtc(Box<WebRtcSide>),
}

/// A description of ours.
#[derive(Clone)]
struct Described {
    version: u64,
    draft: Draft,
}

enum Pending {
    Nothing,
    /// Sent, or answered already: another answer may follow from another branch of a forked call (RFC 3261 §13.2.2.4).
    Ours(Box<OurOffer>),
    Theirs(Box<Description>),
}

#[derive(Clone)]
struct OurOffer {
    version: u64,
    offer: OfferDraft,
    answered: Answered,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Answered {
    NotYet,
    Once,
}

impl Negotiation {
    /// A leg with RTP between addresses. `seed` makes session id and SRTP keys: 32 random bytes, or a number where there is
    /// no SRTP.
    pub fn new(local: LocalMedia, seed: impl Into<Seed>) -> Self {
        let seed = seed.into();
        let session_id = session_id(&seed);
        Self::with_side(Side::Rtp(Box::new(RtpSide::new(local, seed))), session_id)
    }

    /// A leg with a browser. `seed` makes session id and synchronization sources.
    pub fn webrtc(local: WebRtcLocal, seed: impl Into<Seed>) -> Self {
        let seed = seed.into();
        let session_id = session_id(&seed);
        Self::with_side(Side::WebRtc(Box::new(WebRtcSide::new(local, &seed))), session_id)
    }

    /// Which one it is.
    pub fn dialect(&self) -> Dialect {
        match &self.side {
            Side::Rtp(_) => Dialect::Rtp,
            Side::WebRtc(_) => Dialect::WebRtc,
        }
    }

    /// Which video formats our next offers and answers may take, the first preferred; none at first, and none of a leg with
    /// [`Dialect::Rtp`] until [`Self::open_video`]. Other formats than VP8, VP9 and H.264 are left out.
    pub fn set_video(&mut self, formats: &[Codec]) {
        self.video = formats.iter().filter(|format| format.is_video()).cloned().collect();
    }

    /// Whether a leg needs ports before it can have video.
    pub fn lacks_video_ports(&self) -> bool {
        matches!(&self.side, Side::Rtp(side) if side.video.is_none())
    }

    /// The ports for the video of a leg with [`Dialect::Rtp`], as they are advertised.
    pub fn open_video(&mut self, rtp: SocketAddr, rtcp: SocketAddr) {
        if let Side::Rtp(side) = &mut self.side {
            side.video = Some(LocalMedia { rtp, rtcp, ..side.local });
        }
    }

    /// Our offer. The version rises by one where the description differs from the one in force (RFC 3264 §8).
    /// telephone-event goes in if it is among `codecs`, for each clock of theirs (RFC 4733 §2.1). A payload type that already
    /// means another format in this session is replaced by a free one (RFC 3264 §8.3.2). An offer that was pending is
    /// forgotten.
    pub fn offer(&mut self, codecs: &[Codec], direction: Direction) -> Vec<u8> {
        let wish = Wish { codecs: &with_events(codecs), video: &self.video, direction };
        let current = self.current.as_ref().map(|current| &current.draft);
        let (agreed, numbering) = (self.agreed.as_ref(), &mut self.numbering);
        let offer = match &mut self.side {
            Side::Rtp(side) => side.offer(&wish, current, agreed, numbering),
            Side::WebRtc(side) => side.offer(&wish, current, numbering),
        };
        let version = self.version_for(&offer.draft);
        let text = self.render(version, &offer.draft);
        self.pending = Pending::Ours(Box::new(OurOffer { version, offer, answered: Answered::NotYet }));
        text
    }

    /// Their answer to our offer. It may come again, from another branch of a forked call or in a later response: the last
    /// one counts.
    ///
    /// # Errors
    /// The offer stays pending until [`Self::discard_offer`].
    pub fn receive_answer(&mut self, sdp: &[u8]) -> Result<Agreed, SdpError> {
        let Pending::Ours(ours) = &mut self.pending else { return Err(SdpError::OutOfTurn("answer")) };
        let description = Description::parse(sdp)?;
        let mut agreed = match &self.side {
            Side::Rtp(side) => side.read_answer(&ours.offer, &description)?,
            Side::WebRtc(side) => side.read_answer(&ours.offer, &description)?,
        };
        agreed.remote_direction_hold &= ours.offer.direction.sends();
        ours.answered = Answered::Once;
        self.current = Some(Described { version: ours.version, draft: ours.offer.draft.clone() });
        self.agreed = Some(agreed.clone());
        Ok(agreed)
    }

    /// Their offer, held until [`Self::answer`] or [`Self::discard_offer`].
    ///
    /// # Errors
    /// Nothing is held. [`SdpError::OutOfTurn`] while an offer of ours waits for its answer: SIP says 491.
    pub fn receive_offer(&mut self, sdp: &[u8]) -> Result<RemoteOffer, SdpError> {
        if matches!(&self.pending, Pending::Ours(ours) if ours.answered == Answered::NotYet) {
            return Err(SdpError::OutOfTurn("offer"));
        }
        let description = Description::parse(sdp)?;
        let offer = match &self.side {
            Side::Rtp(side) => side.read_offer(&description)?,
            Side::WebRtc(side) => side.read_offer(&description)?,
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
        let wish = Wish { codecs: &with_events(codecs), video: &self.video, direction };
        let (before, numbering) = (self.agreed.as_ref(), &mut self.numbering);
        let (draft, agreed) = match &mut self.side {
            Side::Rtp(side) => side.answer(&wish, description, before, numbering)?,
            Side::WebRtc(side) => side.answer(&wish, description, before, numbering)?,
        };
        let version = self.version_for(&draft);
        let text = self.render(version, &draft);
        self.current = Some(Described { version, draft });
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
        let current = self.current.as_ref();
        current.map_or_else(Vec::new, |described| self.render(described.version, &described.draft))
    }

    fn with_side(side: Side, session_id: u64) -> Self {
        Self {
            side,
            video: Vec::new(),
            session_id,
            version: 0,
            numbering: Numbering::default(),
            current: None,
            pending: Pending::Nothing,
            agreed: None,
        }
    }

    fn version_for(&mut self, draft: &Draft) -> u64 {
        match &self.current {
            Some(current) if current.draft.text == draft.text => current.version,
            _ => {
                self.version += 1;
                self.version
            }
        }
    }

    fn render(&self, version: u64, draft: &Draft) -> Vec<u8> {
        write::description(self.address(), self.session_id, version, &draft.text)
    }

    fn address(&self) -> IpAddr {
        match &self.side {
            Side::Rtp(side) => side.local.rtp.ip(),
            Side::WebRtc(side) => side.default_address().ip(),
        }
    }
}

impl std::fmt::Debug for Negotiation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Negotiation")
            .field("dialect", &self.dialect())
            .field("agreed", &self.agreed)
            .finish_non_exhaustive()
    }
}

/// Some phones keep it in a signed 32-bit number.
fn session_id(seed: &Seed) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = seed.derive("session id", 0);
    u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> 33
}
