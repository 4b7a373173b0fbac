//! The end of a dialog, from either side (RFC 3261 §15).

use std::time::Instant;

use super::route::{fallback, next_flow};
use super::state::Stage;
use crate::endpoint::client::{Draft, Purpose};
use crate::endpoint::echo::{add_given, refusal};
use crate::endpoint::{DialogId, Endpoint, Event, Failure, ServerTx, TerminationCause};
use crate::message::{Header, HeaderName, Method, Request, StatusCode};

impl Endpoint {
    pub(crate) fn start_bye(&mut self, now: Instant, id: DialogId, headers: Vec<Header>) {
        let Some(usage) = self.usages.get_mut(&id.0) else { return };
        match &usage.stage {
            Stage::Calling(_) => {
                let reason = headers
                    .into_iter()
                    .find(|header| header.name == HeaderName::Reason)
                    .map(|header| header.value);
                self.start_cancel(now, id, reason);
            }
            Stage::RingingHere(ringing) => {
                let tx = ringing.tx;
                let mut reply = refusal(StatusCode::TEMPORARILY_UNAVAILABLE);
                reply.headers = headers;
                self.answer(now, tx, &reply, None);
                self.remove_usage(now, id.0);
                self.event(Event::Terminated { dialog: id, cause: TerminationCause::ByeSent });
            }
            // The callee must not send BYE before the ACK has come or is given up (RFC 3261 §15).
            Stage::Confirmed if usage.awaits_first_ack() => usage.bye_after_ack = Some(headers),
            Stage::Confirmed => self.send_bye(now, id, headers),
            Stage::Terminating => {}
        }
    }

    pub(crate) fn send_bye(&mut self, now: Instant, id: DialogId, headers: Vec<Header>) {
        let Some(usage) = self.usages.get_mut(&id.0) else { return };
        usage.own_offer = None;
        usage.awaiting = None;
        self.send_owed_ack(now, id, None);
        self.refuse_pending(now, id);
        let Some(usage) = self.usages.get_mut(&id.0) else { return };
        usage.stage = Stage::Terminating;
        let cseq = usage.dialog.next_cseq();
        let mut request = usage.dialog.request(Method::Bye, cseq);
        request.headers.push(HeaderName::UserAgent, self.identity.agent.clone());
        add_given(&mut request.headers, headers);
        let draft = Draft {
            request,
            flow: next_flow(&usage.dialog),
            fallback: fallback(&usage.dialog),
            purpose: Purpose::Bye(id),
            credentials: usage.credentials.clone(),
        };
        self.start_client(now, draft);
    }

    /// Our BYE was answered. Whatever the answer, the dialog is over (RFC 3261 §15.1.1).
    pub(crate) fn bye_answered(&mut self, now: Instant, id: DialogId) {
        if self.remove_usage(now, id.0) {
            self.event(Event::Terminated { dialog: id, cause: TerminationCause::ByeSent });
        }
    }

    pub(crate) fn bye_failed(&mut self, now: Instant, id: DialogId, failure: Failure) {
        if self.remove_usage(now, id.0) {
            self.event(Event::Terminated { dialog: id, cause: TerminationCause::ByeUnanswered { failure } });
        }
    }

    /// The peer's BYE, in a transaction already: 200, and 487 to what else of the peer waits (RFC 3261
    /// §15.1.2).
    pub(crate) fn receive_bye(&mut self, now: Instant, id: DialogId, tx: ServerTx, request: Request) {
        let early = match self.usages.get(&id.0).map(|usage| &usage.stage) {
            // A callee must not end an early dialog with BYE; our INVITE still waits for its final response
            // (RFC 3261 §15).
            Some(Stage::Calling(_)) | None => {
                self.answer(now, tx, &refusal(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST), None);
                return;
            }
            Some(Stage::RingingHere(ringing)) => Some(ringing.tx),
            Some(Stage::Confirmed | Stage::Terminating) => None,
        };
        self.answer(now, tx, &refusal(StatusCode::OK), None);
        if let Some(invite) = early {
            self.answer(now, invite, &refusal(StatusCode::REQUEST_TERMINATED), None);
        }
        self.remove_usage(now, id.0);
        self.event(Event::Terminated {
            dialog: id,
            cause: TerminationCause::ByeReceived { headers: request.headers },
        });
    }

    /// The peer does not know the dialog, or is gone. A BYE is sent all the same where it might be heard
    /// (RFC 3261 §12.2.1.2).
    pub(crate) fn dialog_gone(&mut self, now: Instant, id: DialogId, status: Option<StatusCode>) {
        let Some(usage) = self.usages.get_mut(&id.0) else { return };
        if !matches!(usage.stage, Stage::Confirmed) {
            return;
        }
        if status != Some(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST) {
            let cseq = usage.dialog.next_cseq();
            let draft = Draft {
                request: usage.dialog.request(Method::Bye, cseq),
                flow: next_flow(&usage.dialog),
                fallback: fallback(&usage.dialog),
                purpose: Purpose::Nobody,
                credentials: usage.credentials.clone(),
            };
            self.start_client(now, draft);
        }
        self.remove_usage(now, id.0);
        self.event(Event::Terminated { dialog: id, cause: TerminationCause::Gone { status } });
    }
}
