//! What the page of a Seat is shown of its Calls. A Call is compared with what the page was told last, after each event.

use ramal_media::command::{Hears, LegId, Speaks};
use ramal_media::leg::LegStatistics;
use serde::Serialize;
use utoipa::ToSchema;

use super::company::Supervision;
use super::context::Context;
use super::end_reason::EndReason;
use super::leg::{Leg, LegPhase, Party, Side};
use super::overhear::Keys;
use super::state::{Call, EndedBy, Phase, RecordingCause, RecordingState};
use crate::model::{ExtensionId, SoundClipId};

/// One Call, seen from a page.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PageCall {
    pub id: String,
    pub direction: PageDirection,
    pub state: PageState,
    /// The other party has put us on hold.
    pub far_held: bool,
    pub number: String,
    pub name: Option<String>,
    pub dialled: String,
    pub started_at_ms: i64,
    pub answered_at_ms: Option<i64>,
    pub recorded: bool,
    pub recording: PageRecording,
    /// Keys are shown and heard by nobody but the far end.
    pub keys_masked: bool,
    /// Who else is heard in the call: of a three-way call, or a supervisor who speaks.
    pub others: Vec<PageParty>,
    /// The call of one's own that whoever answers this one comes into.
    pub joins: Option<String>,
    /// How one supervises the call of somebody else; `null` in one's own.
    pub supervision: Option<Supervision>,
    /// The sound clip that is being played into it.
    pub clip: Option<SoundClipId>,
    /// The conference that it leads into; `null` in any other call.
    pub conference: Option<PageConference>,
}

/// How one is in a conference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PageConference {
    pub name: String,
    /// It asks for its PIN: what is typed is nobody's to see.
    pub asks_pin: bool,
    /// Whoever looks after the conference has muted one.
    pub muted: bool,
    /// The same, so that one hears nobody.
    pub deaf: bool,
}

/// How the recording of a Call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PageRecording {
    Off,
    /// By a rule: it can be paused, not ended.
    On,
    /// By command: it can be ended as well.
    OnDemand,
    Paused,
}

/// Somebody in a Call beside oneself and the other party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PageParty {
    pub id: u64,
    pub number: String,
    pub name: Option<String>,
    pub role: PageRole,
    /// A supervisor who is heard by the agent alone: the customer does not hear him.
    pub whispers: bool,
    /// Nothing comes of its browser; it leaves when its grace is over.
    pub lost: bool,
}

/// What somebody is in a Call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PageRole {
    /// One of the two who talk.
    Party,
    Supervisor,
    /// Brought in by one of them, who may drop it again.
    Third,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PageDirection {
    Incoming,
    Outgoing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PageState {
    /// Outgoing: it rings there.
    Alerting,
    /// Outgoing: nothing heard of the other end.
    Dialling,
    /// The page holds it.
    Held,
    /// Offered to the page.
    Ringing,
    Talking,
    /// The page has given it away and waits for the outcome.
    Transferring,
}

/// What a page is told.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum PageEvent {
    Call {
        call: PageCall,
    },
    Digit {
        call: String,
        digit: char,
    },
    Ended {
        call: String,
        number: String,
        reason: &'static str,
        by: &'static str,
        sip_status: u16,
    },
    /// What was listened for: `ms` is how long it lasted.
    Noticed {
        call: String,
        what: &'static str,
        ms: Option<u32>,
    },
    Quality {
        call: String,
        sides: Vec<SideQuality>,
    },
    Seat {
        seat: SeatView,
    },
    Transfer {
        call: String,
        state: TransferState,
        reason: Option<&'static str>,
    },
}

/// How a Seat is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum SeatView {
    Connected,
    /// Offer answered; ICE and DTLS are not up yet.
    Connecting {
        until_ms: i64,
    },
    /// Nothing comes from the browser.
    Lost {
        until_ms: i64,
    },
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TransferState {
    Done,
    Failed,
    Ringing,
}

/// The media of one party in the last seconds, for what is the matter now drowns in the figures of a whole call.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SideQuality {
    pub side: SideName,
    pub loss_percent: f32,
    pub jitter_ms: f32,
    pub round_trip_ms: Option<f32>,
    pub mos: Option<f32>,
    pub remote_loss_percent: Option<f32>,
    pub codec: String,
    pub silent_ms: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SideName {
    Far,
    Page,
}

impl Call {
    /// Tells each page what has changed.
    pub(super) fn show(&mut self, cx: &mut Context<'_>) {
        let seats: Vec<LegId> = self.legs.iter().filter(|l| l.seat().is_some()).map(|l| l.id).collect();
        for leg in seats {
            let view = self.page_call(cx, leg);
            let Some(party) = self.leg_mut(leg) else { continue };
            let (extension, outcome) = (extension_of(&party.party), party.outcome);
            let Some(seat) = party.seat_mut() else { continue };
            if seat.shown == view {
                continue;
            }
            let before = std::mem::replace(&mut seat.shown, view.clone());
            // A Leg that has gone over into another Call: the page knows the one that it left, and must forget it.
            let left = before.as_ref().filter(|old| view.as_ref().is_some_and(|new| new.id != old.id));
            let left = left.map(|old| PageEvent::Ended {
                call: old.id.clone(),
                number: old.number.clone(),
                reason: EndReason::Transferred.cdr_text(),
                by: EndedBy::System.as_str(),
                sip_status: EndReason::Transferred.sip_status(),
            });
            let event = match (view, before) {
                (Some(call), _) => PageEvent::Call { call },
                (None, Some(before)) => self.ended_event(before, outcome),
                (None, None) => continue,
            };
            let told = left.into_iter().chain([event]);
            if let Some(extension) = extension {
                cx.pages.extend(told.map(|event| (extension, event)));
            }
        }
    }

    /// The Call as the page of this Leg sees it; `None` once it has left.
    pub(super) fn page_call(&self, cx: &Context<'_>, leg: LegId) -> Option<PageCall> {
        let party = self.leg(leg).filter(|l| l.phase != LegPhase::Gone)?;
        let far = self.far_of(leg).and_then(|far| self.leg(far));
        let number = far.map_or(self.record.callee.as_str(), |far| far.party.number());
        Some(PageCall {
            id: self.id.to_string(),
            direction: match party.side {
                Side::Callee => PageDirection::Incoming,
                Side::Caller => PageDirection::Outgoing,
            },
            state: self.page_state(party),
            far_held: far.is_some_and(|far| far.phase == LegPhase::Up && far.holds()),
            number: number.to_owned(),
            name: far.and_then(|far| self.name_of(cx, far)),
            dialled: self.record.callee.clone(),
            started_at_ms: self.record.started_at_ms,
            answered_at_ms: self.record.answered_at_ms.filter(|_| party.phase == LegPhase::Up),
            recorded: self.recording.is_some(),
            recording: self.page_recording(),
            keys_masked: self.keys == Keys::Masked,
            others: self.others(cx, leg),
            joins: self.joins().map(|call| call.to_string()),
            supervision: self.supervises(leg),
            clip: self.clip_shown(),
            conference: self.page_conference(),
        })
    }

    pub(super) fn page_recording(&self) -> PageRecording {
        let Some(recording) = &self.recording else { return PageRecording::Off };
        match (&recording.state, recording.cause) {
            (RecordingState::Paused, _) => PageRecording::Paused,
            (RecordingState::Writing, RecordingCause::Command) => PageRecording::OnDemand,
            (RecordingState::Writing, RecordingCause::Rule) => PageRecording::On,
            (RecordingState::Failed { .. } | RecordingState::Sealed { .. } | RecordingState::Stopping, _) => {
                PageRecording::Off
            }
        }
    }

    fn page_conference(&self) -> Option<PageConference> {
        let Phase::Conferring(conferring) = &self.phase else { return None };
        let part = conferring.member().map(|member| member.part);
        Some(PageConference {
            name: conferring.name().to_owned(),
            asks_pin: part.is_none(),
            muted: part.is_some_and(|part| part.speaks == Speaks::Nobody),
            deaf: part.is_some_and(|part| part.hears == Hears::Nothing),
        })
    }

    /// Those whom the page hears beside the other party. Of a supervisor who only listens nobody is told.
    fn others(&self, cx: &Context<'_>, leg: LegId) -> Vec<PageParty> {
        let far = self.far_of(leg);
        let pair = match self.phase {
            Phase::Talking { a, b } if self.is_guest(leg) => vec![a, b],
            _ => Vec::new(),
        };
        let pair = pair.into_iter().filter(|party| Some(*party) != far);
        let pair = pair.map(|party| (party, PageRole::Party, false));
        let thirds = self.thirds().map(|third| (third, PageRole::Third, false));
        let speaks = |how: Supervision| match how {
            Supervision::Listen => false,
            Supervision::Whisper => self.advised() == Some(leg),
            Supervision::Barge => true,
        };
        let watchers = self
            .watchers()
            .filter(|(_, how)| speaks(*how))
            .map(|(watcher, how)| (watcher, PageRole::Supervisor, how == Supervision::Whisper));
        let all = pair.chain(thirds).chain(watchers).filter(|(party, ..)| *party != leg);
        all.filter_map(|(party, role, whispers)| {
            let known = self.leg(party)?;
            let (number, name) = (known.party.number().to_owned(), self.name_of_party(cx, known));
            Some(PageParty { id: party.0, number, name, role, whispers, lost: known.is_lost() })
        })
        .collect()
    }

    fn page_state(&self, party: &Leg) -> PageState {
        match (party.side, party.phase) {
            (_, LegPhase::Up | LegPhase::Gone) => match self.phase {
                Phase::Transferring { by, .. } if by == party.id => PageState::Transferring,
                _ if party.listens() => PageState::Talking,
                _ => PageState::Held,
            },
            (Side::Callee, _) => PageState::Ringing,
            (Side::Caller, LegPhase::Trying) => PageState::Dialling,
            (Side::Caller, LegPhase::Ringing) => PageState::Alerting,
        }
    }

    /// Who is, or would be, at the other end.
    fn far_of(&self, leg: LegId) -> Option<LegId> {
        let beside = || self.outsider().filter(|_| self.is_guest(leg));
        self.peer_of(leg).or_else(beside).or_else(|| match &self.phase {
            Phase::Ringing(dial) | Phase::Transferring { dial, .. } if dial.branches.contains(&leg) => {
                Some(dial.waiting)
            }
            _ => None,
        })
    }

    /// Whose extension it is, or else as [`Self::name_of`].
    pub(super) fn name_of_party(&self, cx: &Context<'_>, leg: &Leg) -> Option<String> {
        let user = extension_of(&leg.party).zip(self.record.organization).and_then(|(extension, house)| {
            cx.directory.agents(house).find(|agent| agent.extension == Some(extension))
        });
        user.map(|user| user.name.clone()).or_else(|| self.name_of(cx, leg))
    }

    fn name_of(&self, cx: &Context<'_>, far: &Leg) -> Option<String> {
        let known = match &far.party {
            Party::Extension { id, .. } => {
                cx.directory.extension_by_id(*id).and_then(|e| e.display_name.clone())
            }
            Party::Trunk { .. } => None,
        };
        let told = || self.caller_name.clone().filter(|_| far.side == Side::Caller);
        known.or_else(told)
    }

    fn ended_event(&self, before: PageCall, outcome: Option<EndReason>) -> PageEvent {
        let reason = outcome.or(self.end_reason).unwrap_or(EndReason::NormalClearing);
        // Rang here, and somebody else took it.
        let elsewhere = before.state == PageState::Ringing && matches!(self.phase, Phase::Talking { .. });
        PageEvent::Ended {
            call: before.id,
            number: before.number,
            reason: if elsewhere { "answered_elsewhere" } else { reason.cdr_text() },
            by: self.record.ended_by.unwrap_or(EndedBy::System).as_str(),
            sip_status: reason.sip_status(),
        }
    }

    /// How both sides of the Call that the page listens to are heard here.
    pub(super) fn show_quality(&self, cx: &mut Context<'_>, leg: LegId, counted: &LegStatistics) {
        let Some(extension) = self.leg(leg).and_then(|l| extension_of(&l.party)) else { return };
        let far = self.peer_of(leg).and_then(|far| self.leg(far)?.statistics.as_ref());
        let mut sides = vec![side(SideName::Page, counted)];
        sides.extend(far.map(|far| side(SideName::Far, far)));
        cx.pages.push((extension, PageEvent::Quality { call: self.id.to_string(), sides }));
    }

    /// Tells the page of a Seat something of this Call that is no state.
    pub(super) fn tell_page(&self, cx: &mut Context<'_>, leg: LegId, event: PageEvent) {
        let seat = self.leg(leg).filter(|l| l.seat().is_some());
        cx.pages.extend(seat.and_then(|l| extension_of(&l.party)).map(|extension| (extension, event)));
    }
}

fn extension_of(party: &Party) -> Option<ExtensionId> {
    match party {
        Party::Extension { id, .. } => Some(*id),
        Party::Trunk { .. } => None,
    }
}

fn side(side: SideName, counted: &LegStatistics) -> SideQuality {
    SideQuality {
        side,
        loss_percent: counted.recent_loss_percent,
        jitter_ms: counted.jitter_ms,
        round_trip_ms: counted.round_trip_ms,
        mos: counted.recent_mos,
        remote_loss_percent: counted.remote_loss_percent,
        codec: counted.codec.to_string(),
        silent_ms: counted.last_received_ms_ago,
    }
}
