//! What browsers ask of signalling: to take a Seat, to call from it, to be told what happens.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use ramal_media::command::{Command, LegId};
use ramal_media::event::Event as MediaEvent;
use ramal_media::webrtc::WebRtcLocal;
use serde::Serialize;

use super::seats::{self, Attached, IfMatch, Patched, SeatEnd, SeatError, Taken};
use super::state::{Admission, Now, Signalling, with_calls};
use crate::call::{
    BrowserState, Context, MediaPlane, PageCall, SeatCommand, SeatDial, SeatRefusal, SeatView,
};
use crate::model::{CallId, ExtensionId};
use crate::signalling::reach::Reachable;

/// All that a page needs to know when it begins to listen.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename = "snapshot")]
pub struct PageSnapshot {
    pub extension: String,
    pub seat: SeatView,
    pub calls: Vec<PageCall>,
    pub now_ms: i64,
}

impl<M: MediaPlane> Signalling<M> {
    /// A browser takes the Seat of an extension. If there is one already its Calls stay: the old browser is replaced.
    ///
    /// # Errors
    /// Nothing was changed.
    pub fn attach_seat(
        &mut self,
        now: Now,
        extension: ExtensionId,
        offer: &[u8],
        remote: SocketAddr,
    ) -> Result<Attached, SeatError> {
        let directory = Arc::clone(&self.directory);
        let extension = directory.extension_by_id(extension).filter(|e| e.enabled);
        let extension = extension.ok_or(SeatError::ExtensionGone)?;
        let known = self.seats.media_of(extension.id);
        if self.admission == Admission::Closed || (known.is_none() && self.seats.is_full()) {
            return Err(SeatError::Full);
        }
        let worker = self.media.home_of(extension.organization);
        let face = self.media.browser_face(worker).ok_or(SeatError::WebRtcOff)?;
        let ice = self.calls.ice_credentials();
        let local =
            WebRtcLocal { ice: ice.clone(), fingerprint: face.fingerprint, candidates: face.candidates };
        let (answer, agreed) = seats::negotiate(local, self.calls.seed(), offer)?;
        let media = known.unwrap_or_else(|| self.calls.next_leg());
        if known.is_none() {
            self.media.send(worker, Command::AddBrowserLeg { leg: media, ice });
        }
        self.media.send(worker, seats::configure(media, &agreed));
        let (agreed, attachment, etag) =
            (Arc::new(agreed), seats::name(&self.calls.seed()), seats::name(&self.calls.seed()));
        let (name, tag) = (attachment.clone(), etag.clone());
        self.calls.change_seat(media, &agreed);
        self.seats.attach(now, extension, Taken { media, worker, agreed, attachment, etag, remote });
        self.tell_seat(extension.id);
        self.drain(now);
        Ok(Attached { attachment: name, etag: tag, answer })
    }

    /// Takes a fragment of trickle ICE: candidates, or an ICE restart.
    ///
    /// # Errors
    /// Nothing was changed.
    pub fn patch_seat(
        &mut self,
        now: Now,
        extension: ExtensionId,
        attachment: &str,
        if_match: &IfMatch,
        fragment: &str,
    ) -> Result<Patched, SeatError> {
        let etag = seats::name(&self.calls.seed());
        let ice = self.calls.ice_credentials();
        let seat = self.seats.attached(extension, attachment)?;
        let patched = seat.patch(if_match, fragment, (etag, ice))?;
        if matches!(patched, Patched::Restarted { .. }) {
            let (worker, command) = seat.configure();
            self.media.send(worker, command);
        }
        self.drain(now);
        Ok(patched)
    }

    /// A page logs out.
    ///
    /// # Errors
    /// Another browser has the Seat: nothing was changed.
    pub fn detach_seat(
        &mut self,
        now: Now,
        extension: ExtensionId,
        attachment: &str,
    ) -> Result<(), SeatError> {
        self.seats.attached(extension, attachment)?;
        self.end_seat(now, extension, SeatEnd::LoggedOut);
        self.drain(now);
        Ok(())
    }

    /// A page dials.
    ///
    /// # Errors
    /// There is no Seat to call from, or the Call is over already.
    pub fn dial_from_seat(
        &mut self,
        now: Now,
        extension: ExtensionId,
        dial: SeatDial<'_>,
    ) -> Result<PageCall, SeatError> {
        let place = self.seats.place(extension).ok_or(SeatError::NoSeat)?;
        if self.admission == Admission::Closed {
            return Err(SeatError::Full);
        }
        let dialled = with_calls!(self, now, |calls, cx| calls.dial_from_seat(cx, &place, dial));
        self.drain(now);
        Ok(dialled?)
    }

    /// A page asks something of one of its Calls.
    ///
    /// # Errors
    /// Nothing was changed.
    pub fn seat_command(
        &mut self,
        now: Now,
        extension: ExtensionId,
        call: CallId,
        command: SeatCommand,
    ) -> Result<(), SeatError> {
        // Without a Seat there are no calls of it.
        let media = self.seats.media_of(extension).ok_or(SeatRefusal::NoSuchCall)?;
        let done = with_calls!(self, now, |calls, cx| calls.seat_command(cx, media, call, command));
        self.drain(now);
        Ok(done?)
    }

    /// What a page is shown when it begins to listen; `None` when there is no such extension any more.
    pub fn page_snapshot(&mut self, now: Now, extension: ExtensionId) -> Option<PageSnapshot> {
        let number = self.directory.extension_by_id(extension)?.number.clone();
        let media = self.seats.media_of(extension);
        let calls = with_calls!(self, now, |calls, cx| {
            media.map(|media| calls.seat_calls(cx, media)).unwrap_or_default()
        });
        Some(PageSnapshot { extension: number, seat: self.seats.view(extension), calls, now_ms: now.wall_ms })
    }

    /// Takes a worker's event if it is about whether a Seat's browser is there.
    pub(super) fn seat_media(&mut self, now: Now, event: &MediaEvent) -> bool {
        let (leg, here): (LegId, bool) = match event {
            MediaEvent::BrowserConnected { leg } => (*leg, true),
            MediaEvent::BrowserClosed { leg } | MediaEvent::BrowserLost { leg } => (*leg, false),
            _ => return false,
        };
        let Some(extension) = self.seats.of_media(leg) else { return false };
        let news = if here { self.seats.connected(extension) } else { self.seats.lost(now, extension) };
        if news {
            let state = if here { BrowserState::Here } else { BrowserState::Lost };
            with_calls!(self, now, |calls, cx| calls.browser_is(cx, leg, state));
            self.tell_seat(extension);
        }
        true
    }

    /// Ends the Seats whose browser did not come back in time.
    pub(super) fn end_overdue_seats(&mut self, now: Now) {
        for extension in self.seats.overdue(now.instant) {
            self.end_seat(now, extension, SeatEnd::GraceOver);
        }
    }

    /// Ends the Seats of extensions that are gone or switched off.
    pub(super) fn end_orphaned_seats(&mut self, now: Now) {
        for extension in self.seats.extensions() {
            if self.directory.extension_by_id(extension).is_none_or(|e| !e.enabled) {
                self.end_seat(now, extension, SeatEnd::LoggedOut);
            }
        }
    }

    pub(super) fn next_seat_timeout(&self) -> Option<Instant> {
        self.seats.next_timeout()
    }

    fn end_seat(&mut self, now: Now, extension: ExtensionId, end: SeatEnd) {
        let Some(removed) = self.seats.remove(extension) else { return };
        with_calls!(self, now, |calls, cx| calls.end_seat(cx, removed.media, end.reason()));
        self.media.send(removed.worker, Command::RemoveLeg { leg: removed.media });
        self.tell_seat(extension);
    }

    fn tell_seat(&mut self, extension: ExtensionId) {
        self.pages.push((extension, seats::told(self.seats.view(extension))));
    }
}
