//! The record of a Call whose party was brought into another one. The party talks on, so that its record does too: it says when,
//! and how, that party left, and which Call it was in.

use super::calls::Calls;
use super::context::Context;
use super::end_reason::EndReason;
use super::leg::{Leg, LegPhase, Side};
use super::state::{Call, EndedBy};
use crate::model::{CallId, CallRecord};
use crate::store::Fact;

/// How a party that was brought in has left, and the records that end with it.
pub(super) struct Departure {
    records: Vec<CallId>,
    reason: EndReason,
    by: EndedBy,
}

impl Call {
    /// Of those who were brought in and are gone now; told once.
    pub(super) fn take_brought(&mut self) -> Vec<Departure> {
        let gone = |leg: &&mut Leg| leg.phase == LegPhase::Gone && !leg.own_calls.is_empty();
        self.legs.iter_mut().filter(gone).map(departure).collect()
    }
}

fn departure(leg: &mut Leg) -> Departure {
    let reason = leg.outcome.unwrap_or(EndReason::NormalClearing);
    // In its own Call there were itself and the one who has brought it.
    let by = match (leg.left_by_itself, leg.side, reason) {
        (true, Side::Caller, _) | (false, Side::Callee, EndReason::NormalClearing) => EndedBy::Caller,
        (true, Side::Callee, _) | (false, Side::Caller, EndReason::NormalClearing) => EndedBy::Callee,
        (false, _, _) => EndedBy::System,
    };
    Departure { records: std::mem::take(&mut leg.own_calls), reason, by }
}

impl Calls {
    /// Ends the records of parties that have left. One whose Call still awaits its statistics is written with them.
    pub(super) fn end_brought(&mut self, cx: &mut Context<'_>, departures: Vec<Departure>) {
        for Departure { records, reason, by } in departures {
            for id in records {
                if let Some(mut record) = self.brought.remove(&id) {
                    end(&mut record, cx.wall_ms, reason, by);
                    self.write(cx, reason.cdr_text(), record);
                } else if let Some(call) = self.calls.get_mut(&id) {
                    call.goes_on_elsewhere = false;
                    call.end_reason = Some(reason);
                    end(&mut call.record, cx.wall_ms, reason, by);
                }
            }
        }
    }

    /// A Call is over: its CDR goes to the store, or waits until its party has left the Call that it goes on in.
    pub(super) fn close_record(&mut self, cx: &mut Context<'_>, call: Box<Call>) {
        let (id, word, goes_on) = (call.id, call.end_word(), call.goes_on_elsewhere);
        let record = call.into_cdr(cx, &mut self.book);
        if goes_on {
            self.brought.insert(id, record);
        } else {
            self.write(cx, word, record);
        }
    }

    fn write(&mut self, cx: &mut Context<'_>, word: &'static str, record: Box<CallRecord>) {
        *self.ended.entry(word).or_default() += 1;
        cx.facts.push(Fact::CallEnded(record));
    }
}

fn end(record: &mut CallRecord, at_ms: i64, reason: EndReason, by: EndedBy) {
    record.ended_at_ms = Some(at_ms);
    record.end_reason = reason.cdr_text().to_owned();
    record.q850_cause = Some(reason.q850_cause());
    record.ended_by = Some(by);
}
