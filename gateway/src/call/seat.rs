//! A party in a browser: one lasting media leg that the Calls of an Extension share, one of them heard at a time.

use std::net::SocketAddr;
use std::sync::Arc;

use ramal_media::command::{Command, LegId, Source};
use ramal_media::dtmf::Dtmf;
use ramal_media::ears::ListenFor;
use ramal_media::event::Event as MediaEvent;
use ramal_media::leg::LegStatistics;
use ramal_media::sdp::Agreed;

use super::calls::{Book, Calls};
use super::clip::Clip;
use super::context::Context;
use super::end_reason::EndReason;
use super::leg::{DtmfWay, Leg, LegPhase, Line, MediaPhase, Party, Side};
use super::overhear::Keys;
use super::page::PageCall;
use super::recording::RecordingCommand;
use super::state::{Call, EndedBy, Phase};
use crate::model::{CallId, EventRow, OrganizationId, QueueId};
use crate::routing::floor::voice::Purpose;
use crate::store::Fact;

/// Which of its Calls a Seat listens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ear {
    /// Not to this one: it rings, or it is held.
    Away,
    Here,
}

/// One Call's part in a Seat.
pub struct SeatLine {
    /// The lasting Leg on its Worker.
    pub media: LegId,
    pub agreed: Arc<Agreed>,
    pub ear: Ear,
    /// What the lasting Leg had counted when it joined this Call.
    pub before: Option<LegStatistics>,
    /// What the page was told last.
    pub shown: Option<PageCall>,
    pub remote: SocketAddr,
    pub browser: BrowserState,
}

/// Whether anything comes of the browser of a Seat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BrowserState {
    #[default]
    Here,
    /// Silence, until it is back or its grace is over.
    Lost,
}

/// A Seat as a Call needs to know it.
#[derive(Clone, Debug)]
pub struct SeatPlace {
    pub organization: OrganizationId,
    pub party: Party,
    pub media: LegId,
    pub worker: usize,
    pub agreed: Arc<Agreed>,
    /// Where its page speaks from.
    pub remote: SocketAddr,
}

/// What a page asks of one of its Calls.
#[derive(Clone, Debug, PartialEq)]
pub enum SeatCommand {
    Answer,
    Clip(Clip),
    Dtmf {
        digits: Vec<Dtmf>,
        duration_ms: u32,
    },
    HangUp,
    Hold,
    /// In what the other party says.
    Listen(ListenFor),
    Mask(Keys),
    /// Everybody of the Call is hung up, also who would go on without us.
    End,
    /// A third party that the Seat has brought in is hung up.
    Drop(LegId),
    /// Brings the other party of another Call of the Seat into this one: all three hear each other.
    Merge(CallId),
    /// Joins the other parties of two Calls and leaves both.
    Join(CallId),
    Record(RecordingCommand),
    Reject(EndReason),
    Resume,
    StopClip,
    /// To a number, without asking there first.
    Transfer(String),
    /// To a queue, where the other party waits.
    TransferToQueue(QueueId),
}

/// What a page dials.
#[derive(Clone, Copy, Debug)]
pub struct SeatDial<'a> {
    pub to: &'a str,
    pub purpose: Purpose,
    /// A Call of the Seat that whoever answers comes into as a third.
    pub into: Option<CallId>,
}

/// Why a page does not get what it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeatRefusal {
    /// The Call it asked for came to nothing at once.
    #[error("{}", .0.cdr_text())]
    Ended(EndReason),
    /// The disk is full, or does not answer.
    #[error("the recording cannot begin")]
    NotRecorded,
    #[error("no such call of this seat")]
    NoSuchCall,
    #[error("the call is not in the state for this")]
    WrongState,
}

impl SeatPlace {
    fn line(&self, ear: Ear) -> Line {
        Line::Seat(Box::new(SeatLine {
            media: self.media,
            agreed: Arc::clone(&self.agreed),
            ear,
            before: None,
            shown: None,
            remote: self.remote,
            browser: BrowserState::Here,
        }))
    }
}

impl Calls {
    /// The Calls of a Seat as its page sees them.
    pub fn seat_calls(&self, cx: &Context<'_>, media: LegId) -> Vec<PageCall> {
        let calls = self.book.calls_of_seat(media);
        let view = |id: &CallId| {
            let call = self.calls.get(id)?;
            call.page_call(cx, call.seat_leg(media)?)
        };
        calls.iter().filter_map(view).collect()
    }

    /// Does what a page asks. Other Calls of the Seat make room where it turns to this one.
    ///
    /// # Errors
    /// The Call is not one of this Seat, or not in the state for it: nothing was changed.
    pub fn seat_command(
        &mut self,
        cx: &mut Context<'_>,
        media: LegId,
        id: CallId,
        command: SeatCommand,
    ) -> Result<(), SeatRefusal> {
        let call = self.calls.get(&id).ok_or(SeatRefusal::NoSuchCall)?;
        let leg = call.seat_leg(media).ok_or(SeatRefusal::NoSuchCall)?;
        if !call.allows(leg, &command) {
            return Err(SeatRefusal::WrongState);
        }
        match command {
            SeatCommand::Answer | SeatCommand::Resume => self.turn_away(cx, media, Some(id)),
            SeatCommand::Join(other) => {
                let join = self.seat_join(media, id, other).ok_or(SeatRefusal::WrongState)?;
                self.join(cx, &join);
                return Ok(());
            }
            SeatCommand::Merge(other) => return self.merge(cx, media, id, other),
            SeatCommand::Transfer(ref number) if self.is_full_for(cx, id, leg, number) => {
                return Err(SeatRefusal::Ended(EndReason::Overloaded));
            }
            SeatCommand::Record(command) => {
                let mut outcome = Err(SeatRefusal::NoSuchCall);
                self.with(cx, id, |call, cx, book| outcome = call.command_recording(cx, book, command));
                return outcome;
            }
            SeatCommand::Clip(clip) => {
                let mut outcome = Err(SeatRefusal::NoSuchCall);
                self.with(cx, id, |call, cx, book| outcome = call.play_clip(cx, book, leg, &clip));
                return outcome;
            }
            SeatCommand::Listen(wanted) => {
                let mut outcome = Err(SeatRefusal::NoSuchCall);
                self.with(cx, id, |call, cx, _| outcome = call.listen_for(cx, leg, wanted));
                return outcome;
            }
            SeatCommand::Mask(keys) => {
                self.with(cx, id, |call, cx, _| call.mask_keys(cx, keys));
                return Ok(());
            }
            SeatCommand::StopClip => {
                let mut outcome = Err(SeatRefusal::NoSuchCall);
                self.with(cx, id, |call, cx, book| outcome = call.stop_clip(cx, book));
                return outcome;
            }
            SeatCommand::Drop(_)
            | SeatCommand::Dtmf { .. }
            | SeatCommand::End
            | SeatCommand::HangUp
            | SeatCommand::Hold
            | SeatCommand::Reject(_)
            | SeatCommand::Transfer(_)
            | SeatCommand::TransferToQueue(_) => {}
        }
        self.with(cx, id, |call, cx, book| call.seat_command(cx, book, leg, command));
        Ok(())
    }

    /// Every other Call of the Seat is held; a number of our own that it listens to is left.
    pub(super) fn turn_away(&mut self, cx: &mut Context<'_>, media: LegId, but: Option<CallId>) {
        for id in self.book.calls_of_seat(media) {
            if Some(id) == but {
                continue;
            }
            self.with(cx, id, |call, cx, book| {
                let Some(leg) = call.seat_leg(media).filter(|leg| call.leg(*leg).is_some_and(Leg::listens))
                else {
                    return;
                };
                match call.phase {
                    Phase::Serving { .. } | Phase::Waiting { .. } => {
                        call.end(cx, book, EndReason::NormalClearing, EndedBy::Caller);
                    }
                    _ => call.hold(cx, leg),
                }
            });
        }
    }

    /// Ends what the Calls of a Seat have with it.
    pub fn end_seat(&mut self, cx: &mut Context<'_>, media: LegId, reason: EndReason) {
        for id in self.book.calls_of_seat(media) {
            self.with(cx, id, |call, cx, book| {
                if let Some(leg) = call.seat_leg(media) {
                    call.leave(cx, book, leg, reason);
                }
            });
        }
    }

    /// Nothing comes of a Seat's browser any more, or it is back: those who are in a room with it are told.
    pub fn browser_is(&mut self, cx: &mut Context<'_>, media: LegId, state: BrowserState) {
        for id in self.book.calls_of_seat(media) {
            self.with(cx, id, |call, cx, _| call.browser_is(cx, media, state));
        }
    }

    /// The Seat has another browser, which may speak other codecs.
    pub fn change_seat(&mut self, media: LegId, agreed: &Arc<Agreed>) {
        for id in self.book.calls_of_seat(media) {
            let legs = self.calls.get_mut(&id).into_iter().flat_map(|call| &mut call.legs);
            for seat in legs.filter_map(Leg::seat_mut).filter(|seat| seat.media == media) {
                seat.agreed = Arc::clone(agreed);
            }
        }
    }

    /// A worker's event of a lasting Leg, for each Call that it concerns.
    pub(super) fn seat_media(&mut self, cx: &mut Context<'_>, media: LegId, event: &MediaEvent) {
        for id in self.book.calls_of_seat(media) {
            self.with(cx, id, |call, cx, book| call.seat_media(cx, book, media, event));
        }
    }
}

impl Call {
    /// This Call's part in the Seat with that lasting Leg, while it has one.
    pub(super) fn seat_leg(&self, media: LegId) -> Option<LegId> {
        let here = |leg: &&Leg| leg.phase != LegPhase::Gone && leg.seat().is_some_and(|s| s.media == media);
        self.legs.iter().find(here).map(|leg| leg.id)
    }

    pub(super) fn allows(&self, leg: LegId, command: &SeatCommand) -> bool {
        let Some(party) = self.leg(leg) else { return false };
        let up = party.phase == LegPhase::Up;
        let rings = party.side == Side::Callee && !up;
        match command {
            SeatCommand::Answer | SeatCommand::Reject(_) => rings,
            SeatCommand::HangUp => true,
            SeatCommand::End => up && self.peer_of(leg).is_some(),
            SeatCommand::Drop(guest) => up && self.is_third(*guest),
            SeatCommand::Dtmf { .. } => up && party.listens(),
            SeatCommand::Hold => self.may_be_held(leg) && up && party.listens(),
            SeatCommand::Resume => self.may_be_held(leg) && up && !party.listens(),
            SeatCommand::Clip(_)
            | SeatCommand::Listen(_)
            | SeatCommand::Mask(_)
            | SeatCommand::Merge(_)
            | SeatCommand::Record(_)
            | SeatCommand::StopClip => {
                // A supervisor changes nothing in the Call of another.
                up && matches!(self.phase, Phase::Talking { .. }) && self.supervises(leg).is_none()
            }
            SeatCommand::Join(_) | SeatCommand::Transfer(_) | SeatCommand::TransferToQueue(_) => {
                up && matches!(self.phase, Phase::Talking { .. }) && !self.has_third() && !self.is_guest(leg)
            }
        }
    }

    /// Whether there is somebody from whom a party may turn away.
    fn may_be_held(&self, leg: LegId) -> bool {
        self.peer_of(leg).is_some() || self.is_guest(leg) || matches!(self.phase, Phase::Conferring(_))
    }

    fn seat_command(&mut self, cx: &mut Context<'_>, book: &mut Book, leg: LegId, command: SeatCommand) {
        match command {
            SeatCommand::Drop(guest) => {
                self.drop_leg(cx, guest, EndReason::NormalClearing);
                self.guest_left(cx, guest);
            }
            SeatCommand::End => {
                self.note_hangup(leg);
                let by = match self.leg(leg).map(|party| party.side) {
                    Some(Side::Caller) => EndedBy::Caller,
                    Some(Side::Callee) | None => EndedBy::Callee,
                };
                self.end(cx, book, EndReason::NormalClearing, by);
            }
            SeatCommand::Answer => self.picked_up(cx, book, leg),
            SeatCommand::Dtmf { digits, duration_ms } => {
                for digit in digits {
                    self.pass_digit(cx, book, leg, digit, duration_ms);
                }
            }
            SeatCommand::HangUp => self.leave(cx, book, leg, EndReason::NormalClearing),
            SeatCommand::Hold => self.hold(cx, leg),
            SeatCommand::Join(_) | SeatCommand::Merge(_) => {} // Concerns two Calls.
            SeatCommand::Clip(_)
            | SeatCommand::Listen(_)
            | SeatCommand::Mask(_)
            | SeatCommand::Record(_)
            | SeatCommand::StopClip => {} // Answered before.
            SeatCommand::Reject(reason) => self.leave(cx, book, leg, reason),
            SeatCommand::Resume => self.listen(cx, leg),
            SeatCommand::Transfer(number) => self.transfer_from_seat(cx, book, leg, &number),
            SeatCommand::TransferToQueue(queue) => self.queue_from_seat(cx, book, leg, queue),
        }
    }

    /// Offers the Call to a Seat; its page is told with the others. `None` when the Seat is the waiting party itself.
    pub(super) fn ring_seat(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        place: &SeatPlace,
    ) -> Result<LegId, EndReason> {
        if self.seat_leg(place.media).is_some() {
            return Err(EndReason::InCallAlready);
        }
        self.go_home(cx, place.worker)?;
        let id = self.sit(book, place, Side::Callee, Ear::Away);
        if self.record.ringing_at_ms.or(self.record.answered_at_ms).is_none() {
            self.record.ringing_at_ms = Some(cx.wall_ms);
        }
        Ok(id)
    }

    pub(super) fn sit(&mut self, book: &mut Book, place: &SeatPlace, side: Side, ear: Ear) -> LegId {
        let id = book.next_leg();
        book.sit(place.media, self.id);
        self.legs.push(Leg::new(id, place.line(ear), place.party.clone(), side, DtmfWay::Event));
        id
    }

    /// The Seat listens to this Call from now on.
    pub(super) fn take_ear(&mut self, leg: LegId) {
        if let Some(seat) = self.leg_mut(leg).and_then(Leg::seat_mut) {
            seat.ear = Ear::Here;
        }
    }

    /// What the lasting Leg sends and receives counts for this Call from now on.
    pub(super) fn count_seat(&mut self, cx: &Context<'_>, leg: LegId) {
        let Some(party) = self.leg_mut(leg).filter(|party| party.media == MediaPhase::Freed) else { return };
        let Some(seat) = party.seat() else { return };
        let media = seat.media;
        party.media = MediaPhase::Placed;
        self.command(cx, Command::Report { leg: media });
    }

    /// The Seat listens to this Call no longer. Whoever it listens to next says so afterwards.
    fn give_up_ear(&mut self, cx: &Context<'_>, leg: LegId) {
        self.hear(cx, leg, Source::Silence);
        if let Some(seat) = self.leg_mut(leg).and_then(Leg::seat_mut) {
            seat.ear = Ear::Away;
        }
    }

    /// The page takes a Call that rings: one order to the Worker for each side.
    fn picked_up(&mut self, cx: &mut Context<'_>, book: &mut Book, leg: LegId) {
        if let Some(party) = self.leg_mut(leg) {
            party.phase = LegPhase::Up;
        }
        self.take_ear(leg);
        self.count_seat(cx, leg);
        self.taken(cx, book, leg);
    }

    fn hold(&mut self, cx: &Context<'_>, leg: LegId) {
        self.give_up_ear(cx, leg);
        self.connect(cx);
        self.retap(cx);
    }

    fn listen(&mut self, cx: &Context<'_>, leg: LegId) {
        self.take_ear(leg);
        self.connect(cx);
        self.retap(cx);
    }

    /// The lasting Leg stays; this Call's part in it is over once its count has come.
    pub(super) fn leave_seat(&mut self, cx: &Context<'_>, leg: LegId) {
        self.give_up_ear(cx, leg);
        let Some(party) = self.leg_mut(leg).filter(|party| party.media == MediaPhase::Placed) else { return };
        party.media = MediaPhase::Closing;
        let media = party.on_worker();
        self.command(cx, Command::Report { leg: media });
    }

    fn browser_is(&mut self, cx: &mut Context<'_>, media: LegId, state: BrowserState) {
        let Some(leg) = self.seat_leg(media) else { return };
        let Some(seat) = self.leg_mut(leg).and_then(Leg::seat_mut) else { return };
        if std::mem::replace(&mut seat.browser, state) != state {
            self.note_in_room(
                cx,
                leg,
                if state == BrowserState::Lost { "room.member_lost" } else { "room.member_back" },
            );
        }
    }

    /// An event of somebody in a room.
    fn note_in_room(&self, cx: &mut Context<'_>, leg: LegId, kind: &str) {
        let Some(party) = self.leg(leg).filter(|leg| leg.listens() && leg.phase == LegPhase::Up) else {
            return;
        };
        if self.company.is_some() || matches!(self.phase, Phase::Conferring(_)) {
            cx.facts.push(Fact::Event(EventRow {
                at_ms: cx.wall_ms,
                organization: self.record.organization,
                kind: kind.to_owned(),
                call: Some(self.id),
                detail: party.party.label(),
            }));
        }
    }

    /// A Seat leaves the Call, whatever its phase: the page said so, or is gone.
    fn leave(&mut self, cx: &mut Context<'_>, book: &mut Book, leg: LegId, reason: EndReason) {
        let Some(party) = self.leg(leg) else { return };
        let (phase, side) = (party.phase, party.side);
        if reason == EndReason::BrowserLost {
            self.note_in_room(cx, leg, "room.member_left");
        }
        match (phase, side) {
            (LegPhase::Gone, _) => {}
            (LegPhase::Up, _) => self.left(cx, book, leg, reason),
            (_, Side::Caller) if reason == EndReason::NormalClearing => self.cancelled(cx, book, leg),
            (_, Side::Caller) => self.end(cx, book, reason, EndedBy::System),
            (_, Side::Callee) => {
                let reason = if reason == EndReason::NormalClearing { EndReason::Declined } else { reason };
                self.drop_leg(cx, leg, reason);
                self.branch_failed(cx, book, leg, reason);
            }
        }
    }

    fn seat_media(&mut self, cx: &mut Context<'_>, book: &mut Book, media: LegId, event: &MediaEvent) {
        // A Seat that left and came back has two parts here: the count of the first is still awaited.
        let here = |leg: &&Leg| leg.seat().is_some_and(|seat| seat.media == media);
        let parts: Vec<LegId> = self.legs.iter().filter(here).map(|leg| leg.id).collect();
        for leg in parts {
            self.seat_part_media(cx, book, leg, event);
        }
    }

    fn seat_part_media(&mut self, cx: &mut Context<'_>, book: &mut Book, leg: LegId, event: &MediaEvent) {
        let listens = self.leg(leg).is_some_and(Leg::listens);
        match event {
            MediaEvent::Dtmf { digit, duration_ms, .. } if listens => {
                self.dtmf_event(cx, book, leg, *digit, *duration_ms);
            }
            MediaEvent::Noticed { noticed, .. } if listens => self.noticed(cx, leg, *noticed),
            MediaEvent::PlayFinished { .. } if listens => self.play_finished(cx, book, leg),
            MediaEvent::Talk { talk, .. } if listens => self.note_talk(leg, *talk),
            MediaEvent::Quality { statistics, .. } => {
                self.seat_counted(leg, statistics);
                if listens {
                    self.show_quality(cx, leg, statistics);
                }
            }
            MediaEvent::LegRemoved { statistics, .. } => {
                self.seat_counted(leg, statistics);
                if let Some(party) = self.leg_mut(leg) {
                    party.media = MediaPhase::Freed;
                }
            }
            _ => {}
        }
    }

    fn seat_counted(&mut self, leg: LegId, counted: &LegStatistics) {
        let Some(party) = self.leg_mut(leg).filter(|party| party.media != MediaPhase::Freed) else { return };
        let Some(seat) = party.seat_mut() else { return };
        match &seat.before {
            None => seat.before = Some(counted.clone()),
            Some(before) => {
                party.statistics = Some(since(counted, before));
                if party.media == MediaPhase::Closing {
                    party.media = MediaPhase::Freed;
                }
            }
        }
    }
}

/// What was counted after `before`. Jitter, round trip, MOS and what is recent are those of the moment.
fn since(counted: &LegStatistics, before: &LegStatistics) -> LegStatistics {
    let packets_received = counted.packets_received.saturating_sub(before.packets_received);
    let packets_lost = counted.packets_lost.saturating_sub(before.packets_lost);
    let expected = packets_received + packets_lost;
    LegStatistics {
        packets_received,
        packets_lost,
        bytes_received: counted.bytes_received.saturating_sub(before.bytes_received),
        packets_sent: counted.packets_sent.saturating_sub(before.packets_sent),
        bytes_sent: counted.bytes_sent.saturating_sub(before.bytes_sent),
        packets_discarded: counted.packets_discarded.saturating_sub(before.packets_discarded),
        wrong_source: counted.wrong_source.saturating_sub(before.wrong_source),
        authentication_failed: counted.authentication_failed.saturating_sub(before.authentication_failed),
        loss_percent: if expected == 0 { 0.0 } else { packets_lost as f32 * 100.0 / expected as f32 },
        ..counted.clone()
    }
}
