//! The one entry: bytes and verbs in, bytes and events out.

mod config;
mod counters;
mod event;

pub use config::{EndpointConfig, EndpointLimits};
pub use counters::Counters;
pub use event::{
    Body, ClientTx, DialogId, DialogInfo, DialogState, EarlyId, Event, Failure, OutOfDialog, OutgoingInvite,
    Output, Reply, ServerTx, TerminationCause, Transmit,
};

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;

use crate::message::{Header, Method, Replaces};
use crate::transport::Flow;

/// SIP over any number of flows: transactions (RFC 3261 §17, RFC 6026), dialogs and INVITE usages (RFC 3261 §12 to §15).
///
/// **One change, then drain**: after each verb call [`poll_output`](Self::poll_output) until it gives a timeout.
pub struct Endpoint {
    config: EndpointConfig,
    counters: Counters,
    outputs: VecDeque<Output>,
}

impl Endpoint {
    /// `seed` makes tags, branches and intervals; it has to be unguessable.
    pub fn new(config: EndpointConfig, seed: [u8; 32]) -> Self {
        let _ = seed;
        Self { config, counters: Counters::default(), outputs: VecDeque::new() }
    }

    /// Takes one datagram or one framed message.
    pub fn handle_message(&mut self, now: Instant, flow: Flow, bytes: Bytes) {
        let _ = (now, flow, bytes);
    }

    /// Takes the news that `flow` cannot send: connect or send failed, or the connection was closed.
    pub fn handle_flow_failed(&mut self, now: Instant, flow: &Flow) {
        let _ = (now, flow);
    }

    /// Takes the passing of time.
    pub fn handle_timeout(&mut self, now: Instant) {
        let _ = now;
    }

    /// Gives the next thing to do; drain until [`Output::Timeout`].
    pub fn poll_output(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or(Output::Timeout(None))
    }

    /// Answers [`Event::Request`] and [`Event::DialogRequest`]. Nothing happens if the peer has given up in between.
    pub fn respond(&mut self, now: Instant, tx: ServerTx, response: Reply) {
        let _ = (now, tx, response);
    }

    /// Sends a request outside dialogs; [`Event::Response`] brings its outcome.
    pub fn request(&mut self, now: Instant, request: OutOfDialog) -> ClientTx {
        let _ = (now, request);
        ClientTx(0)
    }

    /// Makes a call; [`Event::Progress`], [`Event::Answered`] or [`Event::Rejected`] follow.
    pub fn invite(&mut self, now: Instant, invite: OutgoingInvite) -> DialogId {
        let _ = (now, invite);
        DialogId(0)
    }

    /// Answers a call provisionally, 101 to 199.
    pub fn ring(&mut self, now: Instant, dialog: DialogId, reply: Reply) {
        let _ = (now, dialog, reply);
    }

    /// Answers a call with 2xx, repeated until the ACK comes or [`Event::AckTimeout`] (RFC 3261 §13.3.1.4).
    pub fn accept(&mut self, now: Instant, dialog: DialogId, reply: Reply) {
        let _ = (now, dialog, reply);
    }

    /// Answers a call with 300 to 699; the dialog is over, no event follows.
    pub fn reject(&mut self, now: Instant, dialog: DialogId, reply: Reply) {
        let _ = (now, dialog, reply);
    }

    /// Takes our INVITE back before its final response. The CANCEL waits for a provisional response (RFC 3261 §9.1).
    pub fn cancel(&mut self, now: Instant, dialog: DialogId, reason: Option<Bytes>) {
        let _ = (now, dialog, reason);
    }

    /// Sends the ACK with the answer, where our INVITE or re-INVITE had no body and the 2xx brought the offer.
    pub fn acknowledge(&mut self, now: Instant, dialog: DialogId, body: Option<Body>) {
        let _ = (now, dialog, body);
    }

    /// Sends a re-INVITE (RFC 3261 §14.1). It waits while another one runs, and is repeated by itself after a 491.
    pub fn reinvite(&mut self, now: Instant, dialog: DialogId, body: Option<Body>, headers: Vec<Header>) {
        let _ = (now, dialog, body, headers);
    }

    /// Answers [`Event::Reoffer`], 200 to 699.
    pub fn answer_reinvite(&mut self, now: Instant, dialog: DialogId, reply: Reply) {
        let _ = (now, dialog, reply);
    }

    /// Ends a dialog in whatever state it is: BYE, or CANCEL or 603 where it is early. `headers` may tell the `Reason` (RFC 3326).
    pub fn bye(&mut self, now: Instant, dialog: DialogId, headers: Vec<Header>) {
        let _ = (now, dialog, headers);
    }

    /// Sends INFO, OPTIONS, NOTIFY, REFER, MESSAGE or UPDATE inside a dialog; [`Event::Response`] brings its outcome.
    pub fn request_in_dialog(
        &mut self,
        now: Instant,
        dialog: DialogId,
        method: Method,
        headers: Vec<Header>,
        body: Option<Body>,
    ) -> ClientTx {
        let _ = (now, dialog, method, headers, body);
        ClientTx(0)
    }

    pub fn dialog_info(&self, dialog: DialogId) -> Option<DialogInfo> {
        let _ = dialog;
        None
    }

    /// The dialog that a `Replaces` header names (RFC 3891 §3); `None` also where `early-only` forbids it.
    pub fn find_dialog(&self, replaces: &Replaces) -> Option<DialogId> {
        let _ = replaces;
        None
    }

    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Transactions, of both sides, that are alive.
    pub fn transaction_count(&self) -> usize {
        0
    }

    /// INVITE usages that are alive.
    pub fn dialog_count(&self) -> usize {
        0
    }

    pub fn config(&self) -> &EndpointConfig {
        &self.config
    }
}
