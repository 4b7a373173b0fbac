//! One party of a Call: how it is reached, and its media leg.

use std::net::SocketAddr;
use std::time::Instant;

use ramal_media::command::LegId;
use ramal_media::leg::{LegSettings, LegStatistics};
use ramal_media::sdp::{Agreed, Codec, Dialect, Direction, Negotiation, SdpError};
use ramal_sip::endpoint::{ClientTx, DialogId};

use super::codecs::{self, Taker, with_events};
use super::context::Target;
use super::end_reason::EndReason;
use super::seat::{BrowserState, Ear, SeatLine};
use crate::model::{CallId, DtmfMethod, ExtensionId, TrunkId};
use crate::routing::dial_plan::Dialler;

/// Who is at the other end of a Leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Party {
    Extension { id: ExtensionId, number: String },
    Trunk { id: TrunkId, name: String, number: String },
}

impl Party {
    /// The number this party is known by.
    pub fn number(&self) -> &str {
        match self {
            Self::Extension { number, .. } | Self::Trunk { number, .. } => number,
        }
    }

    /// Who this party is to the dial plan.
    pub fn dialler(&self) -> Dialler {
        match self {
            Self::Extension { id, .. } => Dialler::Extension(*id),
            Self::Trunk { id, .. } => Dialler::Trunk(*id),
        }
    }

    /// For the CDR: `extension:101` or `trunk:carrier`.
    pub fn label(&self) -> String {
        match self {
            Self::Extension { number, .. } => format!("extension:{number}"),
            Self::Trunk { name, .. } => format!("trunk:{name}"),
        }
    }
}

/// Which side opened the dialog of this Leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The party called us.
    Caller,
    /// We called the party.
    Callee,
}

/// How far a Leg has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegPhase {
    /// INVITE sent or received, nothing heard of the other end.
    Trying,
    /// A 180 or 183 went by.
    Ringing,
    /// 2xx sent or received.
    Up,
    /// It is over.
    Gone,
}

/// How a party sends and takes DTMF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DtmfWay {
    /// Events in RTP (RFC 4733).
    Event,
    /// INFO requests with `application/dtmf-relay`.
    Info,
}

impl From<DtmfMethod> for DtmfWay {
    fn from(method: DtmfMethod) -> Self {
        match method {
            DtmfMethod::Info => Self::Info,
            DtmfMethod::Rfc4733 => Self::Event,
        }
    }
}

/// Whether the worker has this Leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaPhase {
    /// Statistics that come are of the moment.
    Placed,
    /// `RemoveLeg` was sent and its final statistics have not come back.
    Closing,
    /// The statistics kept are final, or will never come.
    Freed,
}

/// An offer or answer that the SIP side has yet to complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outstanding {
    None,
    /// The party sent an INVITE without an offer: ours goes in the 200, its answer comes in the ACK.
    AnswerInAck,
    /// Our re-INVITE waits for its answer.
    Reinvite,
    /// The party's re-INVITE waits until the peer has agreed to its codecs.
    PeerAgreement,
}

/// How a party is reached.
pub enum Line {
    Sip(Box<SipLine>),
    Seat(Box<SeatLine>),
}

/// A dialog, with the offer/answer state of the media leg that it brought.
pub struct SipLine {
    pub dialog: DialogId,
    pub call_id: String,
    pub negotiation: Negotiation,
    /// Signalling address of the party.
    pub remote: SocketAddr,
}

pub struct Leg {
    pub id: LegId,
    pub line: Line,
    pub party: Party,
    pub side: Side,
    pub phase: LegPhase,
    pub outstanding: Outstanding,
    pub dtmf: DtmfWay,
    /// Some media has arrived since the leg was made.
    pub media_seen: bool,
    /// A local description was sent (183 or 200) and must be repeated, not renegotiated.
    pub described: bool,
    /// To be tried once more, with the other kind of media encryption, if this one is refused for its media.
    pub retry: Option<Box<Target>>,
    /// The same party at its next address.
    pub elsewhere: Option<Box<Target>>,
    /// When the party was sent its INVITE; none: it sent us one.
    pub asked_at: Option<Instant>,
    /// The codecs of the party's last offer, audio before video.
    pub offered: Vec<Codec>,
    pub probe: Option<ClientTx>,
    pub outcome: Option<EndReason>,
    /// It was not we who ended it.
    pub left_by_itself: bool,
    /// Of one that was brought in: when it left.
    pub left_at_ms: Option<i64>,
    /// Calls of its own that it has left to be brought into another: their records end when it does.
    pub own_calls: Vec<CallId>,
    pub statistics: Option<LegStatistics>,
    pub media: MediaPhase,
    /// Our INFO requests that the party has not answered.
    pub infos: Vec<ClientTx>,
    /// The one among them that asks for a whole picture.
    pub refresh: Option<ClientTx>,
}

impl Leg {
    /// A new one: nothing is agreed, nothing heard of the party.
    pub fn new(id: LegId, line: Line, party: Party, side: Side, dtmf: DtmfWay) -> Self {
        let media = match line {
            Line::Sip(_) => MediaPhase::Placed,
            Line::Seat(_) => MediaPhase::Freed, // Nothing is counted for this Call before it is answered.
        };
        Self {
            id,
            line,
            party,
            side,
            phase: LegPhase::Trying,
            outstanding: Outstanding::None,
            dtmf,
            media_seen: false,
            described: false,
            offered: Vec::new(),
            retry: None,
            elsewhere: None,
            asked_at: None,
            probe: None,
            outcome: None,
            left_by_itself: false,
            left_at_ms: None,
            own_calls: Vec::new(),
            statistics: None,
            media,
            infos: Vec::new(),
            refresh: None,
        }
    }

    /// The dialog, if the party has one.
    pub fn dialog(&self) -> Option<DialogId> {
        match &self.line {
            Line::Sip(line) => Some(line.dialog),
            Line::Seat(_) => None,
        }
    }

    /// Call-ID of the dialog; empty for a Seat.
    pub fn sip_call_id(&self) -> &str {
        match &self.line {
            Line::Sip(line) => &line.call_id,
            Line::Seat(_) => "",
        }
    }

    /// Signalling address of the party.
    pub fn remote(&self) -> SocketAddr {
        match &self.line {
            Line::Sip(line) => line.remote,
            Line::Seat(seat) => seat.remote,
        }
    }

    /// The offer/answer state, where this Call has one to negotiate with.
    pub fn negotiation(&mut self) -> Option<&mut Negotiation> {
        match &mut self.line {
            Line::Sip(line) => Some(&mut line.negotiation),
            Line::Seat(_) => None,
        }
    }

    /// The offer that was open is given up; what was agreed before stands.
    pub fn discard_offer(&mut self) {
        self.outstanding = Outstanding::None;
        if let Some(negotiation) = self.negotiation() {
            negotiation.discard_offer();
        }
    }

    /// The Leg that the Worker knows: a Seat's is the same in all its Calls.
    pub fn on_worker(&self) -> LegId {
        match &self.line {
            Line::Sip(_) => self.id,
            Line::Seat(seat) => seat.media,
        }
    }

    pub fn seat(&self) -> Option<&SeatLine> {
        match &self.line {
            Line::Sip(_) => None,
            Line::Seat(seat) => Some(seat),
        }
    }

    pub fn seat_mut(&mut self) -> Option<&mut SeatLine> {
        match &mut self.line {
            Line::Sip(_) => None,
            Line::Seat(seat) => Some(seat),
        }
    }

    /// False while a Seat listens to another of its Calls.
    pub fn listens(&self) -> bool {
        self.seat().is_none_or(|seat| seat.ear == Ear::Here)
    }

    /// True while nothing comes of the browser of a Seat.
    pub fn is_lost(&self) -> bool {
        self.seat().is_some_and(|seat| seat.browser == BrowserState::Lost)
    }

    pub fn agreed(&self) -> Option<&Agreed> {
        match &self.line {
            Line::Sip(line) => line.negotiation.agreed(),
            Line::Seat(seat) => Some(&seat.agreed),
        }
    }

    /// The codecs agreed on with this party, audio before video and telephone-event last, as an offer to somebody else may list them.
    pub fn agreed_codecs(&self) -> Vec<Codec> {
        let Some(agreed) = self.agreed() else { return Vec::new() };
        let mut codecs: Vec<Codec> = agreed.codecs.iter().map(|c| c.codec.clone()).collect();
        let video = agreed.webrtc.as_ref().and_then(|webrtc| webrtc.video.as_ref());
        codecs.extend(video.into_iter().flat_map(|video| &video.formats).map(|format| format.codec.clone()));
        let shown = agreed.video.iter().flat_map(|video| &video.formats);
        codecs.extend(shown.map(|format| format.codec.clone()));
        if let Some(event) = &agreed.dtmf {
            codecs.push(Codec::telephone_event(event.receive_pt, event.codec.clock_hz));
        }
        codecs
    }

    /// What somebody who talks with this party may be offered or answered: its codecs, and telephone-event in any case.
    /// A peer's events reach a party that takes none as INFO.
    pub fn codecs_for_peer(&self) -> Vec<Codec> {
        with_events(self.agreed_codecs())
    }

    /// Offers the party what it needs to understand one who speaks these. A Seat has agreed on everything already.
    pub fn offer_for(&mut self, spoken: &[Codec]) -> Vec<u8> {
        let codecs = codecs::to_offer(spoken, self.taker());
        self.negotiation().map(|negotiation| codecs::offer(negotiation, &codecs)).unwrap_or_default()
    }

    /// Who reads our offers to it.
    pub fn taker(&self) -> Taker {
        match &self.line {
            Line::Sip(line) if line.negotiation.dialect() == Dialect::Rtp => Taker::Phone,
            Line::Sip(_) | Line::Seat(_) => Taker::Browser,
        }
    }

    /// How the media is encrypted: the suite of its keys, or that DTLS makes them (RFC 5764).
    pub fn encryption(&self) -> Option<&'static str> {
        let agreed = self.agreed()?;
        let dtls = agreed.webrtc.as_ref().map(|_| "DTLS-SRTP");
        dtls.or_else(|| agreed.srtp.as_ref().map(|keys| keys.suite.name()))
    }

    /// True where the party and we exchange pictures.
    pub fn has_video(&self) -> bool {
        self.agreed_codecs().iter().any(Codec::is_video)
    }

    /// Answers the party's pending offer so that it understands one who speaks these. A Seat needs no answer.
    pub fn answer_for(&mut self, spoken: &[Codec]) -> Result<Vec<u8>, SdpError> {
        match &mut self.line {
            Line::Sip(line) => codecs::answer(&mut line.negotiation, &self.offered, spoken),
            Line::Seat(_) => Ok(Vec::new()),
        }
    }

    /// For logs, which name no numbers.
    pub fn side_name(&self) -> &'static str {
        match self.side {
            Side::Caller => "caller",
            Side::Callee => "callee",
        }
    }

    /// True when the party has put us on hold: it does not want to hear.
    pub fn holds(&self) -> bool {
        !self.listens()
            || self.agreed().is_some_and(|a| matches!(a.direction, Direction::RecvOnly | Direction::Inactive))
    }

    /// True when the party may send although it does not want to hear (`sendonly`, RFC 3264 §8.4).
    pub fn sends(&self) -> bool {
        self.listens()
            && self.agreed().is_some_and(|a| matches!(a.direction, Direction::SendRecv | Direction::RecvOnly))
    }

    pub fn takes_dtmf_events(&self) -> bool {
        self.dtmf == DtmfWay::Event && self.agreed().is_some_and(|a| a.dtmf.is_some())
    }

    /// The settings that the media engine follows, once something is agreed.
    pub fn settings(&self, media_timeout_ms: u32) -> Option<Box<LegSettings>> {
        self.agreed().map(|agreed| {
            let mut settings = LegSettings::from(agreed);
            settings.media_timeout_ms = media_timeout_ms;
            Box::new(settings)
        })
    }
}
