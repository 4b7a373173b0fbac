//! The record of a Call whose party was brought into another one. The party talks on, so that its record does too: it says when,
//! and how, that party left, and which Call it was in.

use super::calls::Calls;
use super::context::Context;
use super::end_reason::EndReason;
use super::ending::leg_record;
use super::leg::{Leg, LegPhase, MediaPhase, Side};
use super::state::{Call, EndedBy};
use crate::model::{CallId, CallRecord, LegRecord};
use crate::store::Fact;

/// Whether the party of a Call is in another one.
pub enum Elsewhere {
    No,
    /// The record waits for it.
    GoesOn,
    /// It has left that one too; the Call's own statistics are awaited.
    Left(Box<Departure>),
}

/// How a party that was brought in has left.
#[derive(Clone)]
pub struct Departure {
    at_ms: i64,
    reason: EndReason,
    by: EndedBy,
    side: Side,
    /// What was counted of it.
    leg: LegRecord,
}

impl Departure {
    fn of(leg: &Leg, at_ms: i64) -> Self {
        let reason = leg.outcome.unwrap_or(EndReason::NormalClearing);
        // In its own Call there were itself and the one who has brought it.
        let by = match (leg.left_by_itself, leg.side, reason) {
            (true, Side::Caller, _) | (false, Side::Callee, EndReason::NormalClearing) => EndedBy::Caller,
            (true, Side::Callee, _) | (false, Side::Caller, EndReason::NormalClearing) => EndedBy::Callee,
            (false, _, _) => EndedBy::System,
        };
        Self { at_ms, reason, by, side: leg.side, leg: leg_record(leg) }
    }

    fn end(self, record: &mut CallRecord) {
        record.ended_at_ms = Some(self.at_ms);
        record.end_reason = self.reason.cdr_text().to_owned();
        record.q850_cause = Some(self.reason.q850_cause());
        record.ended_by = Some(self.by);
        // The caller comes first.
        let place = match self.side {
            Side::Caller => 0,
            Side::Callee => record.legs.len(),
        };
        record.legs.insert(place, self.leg);
    }
}

impl Call {
    /// The records of those who were brought in and are gone now, once their statistics are final; told once.
    pub(super) fn take_departures(&mut self, now_ms: i64) -> Vec<(Vec<CallId>, Departure)> {
        let gone = |leg: &&mut Leg| leg.phase == LegPhase::Gone && !leg.own_calls.is_empty();
        let departed = |leg: &mut Leg| {
            let at_ms = *leg.left_at_ms.get_or_insert(now_ms);
            let complete = leg.media != MediaPhase::Closing;
            complete.then(|| (std::mem::take(&mut leg.own_calls), Departure::of(leg, at_ms)))
        };
        self.legs.iter_mut().filter(gone).filter_map(departed).collect()
    }
}

impl Calls {
    /// Ends the records of parties that have left. One whose Call still awaits its own statistics is written with them.
    pub(super) fn end_brought(&mut self, cx: &mut Context<'_>, departures: Vec<(Vec<CallId>, Departure)>) {
        for (records, departure) in departures {
            for id in records {
                if let Some(record) = self.brought.remove(&id) {
                    self.write_ended(cx, departure.clone(), record);
                } else if let Some(call) = self.calls.get_mut(&id) {
                    call.elsewhere = Elsewhere::Left(Box::new(departure.clone()));
                }
            }
        }
    }

    /// A Call is over: its CDR goes to the store, or waits until its party has left the Call that it goes on in.
    pub(super) fn close_record(&mut self, cx: &mut Context<'_>, mut call: Box<Call>) {
        let (id, word) = (call.id, call.end_word());
        let elsewhere = std::mem::replace(&mut call.elsewhere, Elsewhere::No);
        let record = call.into_cdr(cx, &mut self.book);
        match elsewhere {
            Elsewhere::No => self.write(cx, word, record),
            Elsewhere::GoesOn => drop(self.brought.insert(id, record)),
            Elsewhere::Left(departure) => self.write_ended(cx, *departure, record),
        }
    }

    fn write_ended(&mut self, cx: &mut Context<'_>, departure: Departure, mut record: Box<CallRecord>) {
        let word = departure.reason.cdr_text();
        departure.end(&mut record);
        self.write(cx, word, record);
    }

    fn write(&mut self, cx: &mut Context<'_>, word: &'static str, record: Box<CallRecord>) {
        *self.ended.entry(word).or_default() += 1;
        cx.facts.push(Fact::CallEnded(record));
    }
}
