//! A phone sends its call on: 301 or 302 (RFC 3261 §8.1.3.4), inside its own Organization and within its own rights.

use std::time::Duration;

use ramal_media::command::LegId;
use ramal_sip::endpoint::DialogId;
use ramal_sip::message::{Contacts, NameAddr, Response};

use super::calls::{Book, Calls};
use super::context::{Context, Place};
use super::incoming::ring_time;
use super::leg::Party;
use super::state::{Call, Dial, Phase};
use super::transfer::number_of;
use crate::routing::dial_plan::{self, Route};

/// Times that one call is sent on, however often and by whom: two phones that point at each other end here.
const MAX_REDIRECTIONS: u8 = 5;

impl Calls {
    /// True for a redirection that would lead out by a trunk which carries all that it may.
    pub(super) fn is_redirection_over_limit(
        &self,
        cx: &Context<'_>,
        call: &Call,
        dialog: DialogId,
        response: &Response,
    ) -> bool {
        let leg = call.leg_of(dialog).and_then(|leg| call.leg(leg));
        let route = leg.and_then(|leg| route_of(cx, call, &leg.party, response));
        matches!(route, Some(Route::Trunk { trunk, .. }) if self.is_full(trunk))
    }
}

impl Call {
    /// Rings where a phone that refused says that its calls go. What cannot be followed stays a refusal.
    pub(super) fn follow_redirection(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        leg: LegId,
        response: &Response,
    ) {
        let Some(party) = self.leg(leg).map(|l| l.party.clone()) else { return };
        if self.redirections >= MAX_REDIRECTIONS {
            return;
        }
        let Some(route) = route_of(cx, self, &party, response) else { return };
        self.redirections += 1;
        match route {
            Route::Extension(extension) => {
                self.record.destination = Some(format!("extension:{}", extension.number));
                let targets = cx.reach.extension(extension);
                self.ring_also(cx, book, targets, ring_time(cx, extension));
            }
            Route::Trunk { trunk, number } => {
                let Ok(target) = cx.reach.trunk(trunk, &number) else { return };
                self.record.destination = Some(format!("trunk:{}", trunk.name));
                self.record.trunk.get_or_insert_with(|| trunk.name.clone());
                let place = Place::Phone(Box::new(target));
                self.ring_also(cx, book, vec![place], cx.settings.trunk_ring_timeout);
            }
            // Another phone that still rings may yet be answered by a person.
            Route::Queue(_) | Route::Service(_) if self.branches() != 1 => {}
            Route::Queue(queue) => match self.phase {
                Phase::Ringing(Dial { waiting, .. }) => self.wait(cx, book, waiting, queue),
                Phase::Transferring { by, stays, .. } => {
                    self.transfer_to_queue(cx, book, by, stays, queue);
                }
                _ => {}
            },
            Route::Service(service) => match self.phase {
                Phase::Ringing(Dial { waiting, .. }) => self.serve(cx, book, waiting, service),
                Phase::Transferring { by, stays, .. } => {
                    self.transfer_to_service(cx, book, by, stays, service);
                }
                _ => {}
            },
            Route::Refused(_) => {}
        }
    }

    /// How many ring.
    fn branches(&self) -> usize {
        match &self.phase {
            Phase::Ringing(dial) | Phase::Transferring { dial, .. } => dial.branches.len(),
            _ => 0,
        }
    }

    /// Adds branches to the dial that goes on.
    fn ring_also(&mut self, cx: &mut Context<'_>, book: &mut Book, targets: Vec<Place>, ring: Duration) {
        let (Phase::Ringing(dial) | Phase::Transferring { dial, .. }) = &self.phase else { return };
        let waiting = dial.waiting;
        let Ok(more) = self.ring_targets(cx, book, waiting, targets, ring) else { return };
        if let Phase::Ringing(dial) | Phase::Transferring { dial, .. } = &mut self.phase {
            dial.branches.extend(more.branches);
            (dial.token, dial.until) = (more.token, more.until);
        }
        self.tell_of_seats(cx, waiting);
    }
}

/// Where a redirection leads by the dial plan; `None`: it is none, or not to be followed. A carrier is not: it would
/// place calls at the Organization's cost. 305 is not: it would choose the proxy that our requests go by.
fn route_of<'d>(cx: &Context<'d>, call: &Call, party: &Party, response: &Response) -> Option<Route<'d>> {
    let is_followed =
        matches!(response.status.as_u16(), 301 | 302) && matches!(party, Party::Extension { .. });
    let number =
        is_followed.then(|| preferred(response)).flatten().and_then(|contact| number_of(&contact.uri))?;
    Some(dial_plan::route(cx.directory, call.record.organization?, party.dialler(), &number))
}

/// The Contact of highest preference (RFC 3261 §20.10, q), the first of equals.
fn preferred(response: &Response) -> Option<NameAddr> {
    let Ok(Contacts::List(contacts)) = response.headers.contacts() else { return None };
    let q = |contact: &NameAddr| contact.params.get("q").and_then(|q| q.parse::<f32>().ok()).unwrap_or(1.0);
    contacts.into_iter().rev().max_by(|a, b| q(a).total_cmp(&q(b)))
}
