//! Server transactions with their messages.

use std::time::Instant;

use bytes::Bytes;

use super::echo::print_response;
use super::event::{DialogId, Reply, ServerTx};
use super::timers::{Armed, TimerKey};
use super::{Endpoint, reliability};
use crate::message::{Header, HeaderName, Method, StatusCode};
use crate::transaction::server::Server;
use crate::transaction::server_invite::ServerInvite;
use crate::transaction::timer::TimerAction;
use crate::transport::Flow;

pub(crate) enum ServerMachine {
    Invite(ServerInvite),
    Other(Server),
}

/// Who answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Owner {
    Nobody,
    /// An INVITE that makes a dialog.
    Invite(DialogId),
    /// A re-INVITE or UPDATE.
    Modification(DialogId),
    /// Any other request in a dialog.
    InDialog(DialogId),
}

pub(crate) struct ServerTransaction {
    pub machine: ServerMachine,
    /// Where responses go.
    pub flow: Flow,
    pub head: Bytes,
    pub last: Option<Bytes>,
    pub owner: Owner,
    pub method: Method,
    /// Key of merged requests, where the request had no To tag.
    pub merged: Option<u64>,
    pub armed: Armed,
}

impl ServerTransaction {
    pub fn deadline(&self) -> Option<Instant> {
        match &self.machine {
            ServerMachine::Invite(machine) => machine.deadline(),
            ServerMachine::Other(machine) => machine.deadline(),
        }
    }

    pub fn is_waiting(&self) -> bool {
        match &self.machine {
            ServerMachine::Invite(machine) => machine.is_waiting(),
            ServerMachine::Other(machine) => machine.is_waiting(),
        }
    }

    /// Whether the last response answers a request that comes again.
    pub fn repeats_response(&self) -> bool {
        match &self.machine {
            ServerMachine::Invite(machine) => machine.repeats_response(),
            ServerMachine::Other(machine) => machine.repeats_response(),
        }
    }
}

impl Endpoint {
    pub(crate) fn insert_server(&mut self, id: u64, mut transaction: ServerTransaction) {
        let deadline = transaction.deadline();
        self.timers.arm(&mut transaction.armed, deadline, TimerKey::Server(id));
        if let Some(merged) = transaction.merged {
            self.merged.insert(merged, id);
        }
        self.servers.insert(id, transaction);
    }

    pub(crate) fn remove_server(&mut self, id: u64) {
        let Some(transaction) = self.servers.remove(&id) else { return };
        if let Some(merged) = transaction.merged
            && self.merged.get(&merged) == Some(&id)
        {
            self.merged.remove(&merged);
        }
        if let Owner::InDialog(dialog) = transaction.owner {
            self.forget_pending(dialog, ServerTx(id));
        }
    }

    pub(crate) fn rearm_server(&mut self, id: u64) {
        if let Some(transaction) = self.servers.get_mut(&id) {
            let deadline = transaction.deadline();
            self.timers.arm(&mut transaction.armed, deadline, TimerKey::Server(id));
        }
    }

    /// Answers in a transaction. Returns the bytes sent and where to; `None` if there is nothing to answer
    /// any more.
    pub(crate) fn answer(
        &mut self,
        now: Instant,
        tx: ServerTx,
        reply: &Reply,
        contact: Option<&Bytes>,
    ) -> Option<(Flow, Bytes)> {
        let transaction = self.servers.get_mut(&tx.0)?;
        let (flow, timing) = (transaction.flow, self.timing);
        let sent = match &mut transaction.machine {
            ServerMachine::Invite(machine) => machine.respond(now, reply.status, &timing, reliability(&flow)),
            ServerMachine::Other(machine) => machine.respond(now, reply.status, &timing, reliability(&flow)),
        };
        if !sent {
            return None;
        }
        let own = own_headers(&self.identity, &transaction.method, reply.status, contact);
        let bytes = print_response(&transaction.head, reply, &own);
        let is_invite_success = transaction.method == Method::Invite && reply.status.is_success();
        // A 2xx to INVITE is the dialog's to repeat, and a final response leaves the head without use.
        transaction.last = (!is_invite_success).then(|| bytes.clone());
        if reply.status.is_final() {
            transaction.head = Bytes::new();
        }
        self.transmit(flow, bytes.clone());
        self.rearm_server(tx.0);
        Some((flow, bytes))
    }

    pub(crate) fn server_timeout(&mut self, now: Instant, id: u64) {
        let Some(transaction) = self.servers.get_mut(&id) else { return };
        let action = match &mut transaction.machine {
            ServerMachine::Invite(machine) => machine.handle_timeout(now),
            ServerMachine::Other(machine) => machine.handle_timeout(now),
        };
        match action {
            TimerAction::Nothing => self.rearm_server(id),
            TimerAction::Retransmit => {
                if let Some(last) = transaction.last.clone() {
                    let flow = transaction.flow;
                    self.counters.retransmissions_sent += 1;
                    self.transmit(flow, last);
                }
                self.rearm_server(id);
            }
            TimerAction::TimedOut | TimerAction::Terminated => self.remove_server(id),
        }
    }
}

/// What the endpoint says about itself, printed once.
pub(crate) struct Identity {
    pub agent: Bytes,
    pub allow: Bytes,
    pub supported: Bytes,
}

/// Headers of ours in a response: Contact where it makes or refreshes a dialog (RFC 3261 §12.1.1), Allow
/// and Supported where §20 asks for them.
fn own_headers(
    identity: &Identity,
    method: &Method,
    status: StatusCode,
    contact: Option<&Bytes>,
) -> Vec<Header> {
    let header = |name, value: &Bytes| Header { name, value: value.clone() };
    let mut own = vec![header(HeaderName::Server, &identity.agent)];
    let makes_dialog = status.is_success() || (status.is_provisional() && status != StatusCode::TRYING);
    if let (Some(contact), true) = (contact, makes_dialog) {
        own.push(header(HeaderName::Contact, contact));
    }
    let tells = status.is_success() && matches!(method, Method::Invite | Method::Options | Method::Update);
    if tells || status == StatusCode::METHOD_NOT_ALLOWED {
        own.push(header(HeaderName::Allow, &identity.allow));
    }
    if tells && !identity.supported.is_empty() {
        own.push(header(HeaderName::Supported, &identity.supported));
    }
    own
}
