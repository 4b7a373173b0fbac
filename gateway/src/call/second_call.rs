//! A Call that a Seat begins while it may have others: they make room once it has come about, and never before.

use std::cell::RefCell;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use ramal_media::command::{Command, LegId};
use ramal_media::io::{LegSockets, WebRtcFace};
use ramal_media::player::Prompt;

use super::calls::{Book, Calls};
use super::context::{Context, MediaPlane};
use super::end_reason::EndReason;
use super::incoming::{Beginning, MAX_FORWARDS};
use super::leg::{Party, Side};
use super::page::PageCall;
use super::seat::{Ear, SeatCommand, SeatDial, SeatPlace, SeatRefusal};
use super::state::{Call, Dial, EndedBy, Phase};
use crate::model::{Announcement, Organization, OrganizationId};
use crate::store::Fact;

impl Calls {
    /// Begins a Call from a Seat; its other Calls are held, unless nothing comes of this one. One CDR is left in any case.
    ///
    /// # Errors
    /// The Call is over already, and why: the others of the Seat are as they were.
    pub fn dial_from_seat(
        &mut self,
        cx: &mut Context<'_>,
        place: &SeatPlace,
        dial: SeatDial<'_>,
    ) -> Result<PageCall, SeatRefusal> {
        let SeatDial { to, purpose, into } = dial;
        if let Some(first) = into {
            let own = self.calls.get(&first).and_then(|call| Some((call, call.seat_leg(place.media)?)));
            let (call, leg) = own.ok_or(SeatRefusal::NoSuchCall)?;
            if !call.allows(leg, &SeatCommand::Merge(first)) {
                return Err(SeatRefusal::WrongState);
            }
        }
        let name = match &place.party {
            Party::Extension { id, .. } => {
                cx.directory.extension_by_id(*id).and_then(|e| e.display_name.clone())
            }
            Party::Trunk { .. } => None,
        };
        let beginning = Beginning {
            organization: place.organization,
            party: &place.party,
            name,
            dialled: to,
            max_forwards: MAX_FORWARDS,
            worker: place.worker,
        };
        let full = self.is_at_limit();
        let mut call = Box::new(self.begun(cx, beginning));
        call.purpose = purpose;
        call.merge_into = into;
        let id = call.id;
        cx.facts.push(Fact::CallBegan(Box::new(call.record.clone())));
        let full = full || self.trunk_full(cx, place.organization, &place.party, to);
        let orders = call.begin_at_seat(cx, &mut self.book, place, full);
        let outcome = match (&call.end_reason, call.seat_leg(place.media)) {
            (None, Some(leg)) => call.page_call(cx, leg).ok_or(SeatRefusal::NoSuchCall),
            (reason, _) => Err(SeatRefusal::Ended(reason.unwrap_or(EndReason::NormalClearing))),
        };
        let came_about = outcome.is_ok();
        if came_about {
            self.turn_away(cx, place.media, Some(id));
        }
        for order in orders {
            if came_about || !order.is_heard_by(place.media) {
                order.give(cx.media);
            }
        }
        self.calls.insert(id, call);
        self.retire(cx, id);
        outcome
    }
}

impl Call {
    /// Begins at a Seat that may still listen to another Call: what the Workers are to do is given back, in order.
    fn begin_at_seat(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        place: &SeatPlace,
        full: bool,
    ) -> Vec<Order> {
        let later = HeldBack { media: cx.media, orders: RefCell::default() };
        let mut cx = Context {
            now: cx.now,
            wall_ms: cx.wall_ms,
            endpoint: cx.endpoint,
            directory: cx.directory,
            reach: cx.reach,
            media: &later,
            settings: cx.settings,
            facts: cx.facts,
            pages: cx.pages,
            voice: cx.voice,
            queues: cx.queues,
        };
        let caller = self.sit(book, place, Side::Caller, Ear::Here);
        self.phase = Phase::Ringing(Dial::new(caller, cx.now));
        if full {
            self.end(&mut cx, book, EndReason::Overloaded, EndedBy::System);
        } else {
            self.follow_route(&mut cx, book, caller, place.organization, &place.party);
        }
        later.orders.into_inner()
    }
}

/// What a Worker is to do later.
enum Order {
    Command { worker: usize, command: Command },
    MoveLeg { leg: LegId, from: usize, to: usize },
}

impl Order {
    /// Whether it says what that Leg hears.
    fn is_heard_by(&self, listener: LegId) -> bool {
        matches!(self, Self::Command { command: Command::Hear { leg, .. }, .. } if *leg == listener)
    }

    fn give(self, media: &dyn MediaPlane) {
        match self {
            Self::Command { worker, command } => media.send(worker, command),
            Self::MoveLeg { leg, from, to } => media.move_leg(leg, from, to),
        }
    }
}

/// The media plane, but that what Workers are told waits: a Seat must not hear a Call before it has left the other.
struct HeldBack<'a> {
    media: &'a dyn MediaPlane,
    /// As many as one step of one Call gives.
    orders: RefCell<Vec<Order>>,
}

impl MediaPlane for HeldBack<'_> {
    fn allocate(&self) -> io::Result<LegSockets> {
        self.media.allocate()
    }

    fn pick(&self) -> usize {
        self.media.pick()
    }

    fn home_of(&self, organization: OrganizationId) -> usize {
        self.media.home_of(organization)
    }

    fn browser_face(&self, worker: usize) -> Option<WebRtcFace> {
        self.media.browser_face(worker)
    }

    fn send(&self, worker: usize, command: Command) {
        self.orders.borrow_mut().push(Order::Command { worker, command });
    }

    fn move_leg(&self, leg: LegId, from: usize, to: usize) {
        self.orders.borrow_mut().push(Order::MoveLeg { leg, from, to });
    }

    fn recording_path(&self, organization: &str, name: &str, started_ms: i64) -> Result<PathBuf, String> {
        self.media.recording_path(organization, name, started_ms)
    }

    fn hold_music(&self) -> Arc<Prompt> {
        self.media.hold_music()
    }

    fn announcement(&self, organization: Option<&Organization>, name: &Announcement) -> Option<Arc<Prompt>> {
        self.media.announcement(organization, name)
    }
}
