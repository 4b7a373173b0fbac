//! What a dialog (RFC 3261 §12) and an INVITE usage (RFC 5057 §3) remember. Kept small: a held call costs
//! this and nothing else.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use crate::auth::Credentials;
use crate::endpoint::echo::tag_of;
use crate::endpoint::timers::Armed;
use crate::endpoint::{Body, DialogState, ServerTx};
use crate::message::{Contacts, Header, HeaderName, Headers, Method, Request, Response, Uri};
use crate::transaction::timer::{Repeat, earlier};
use crate::transport::Flow;

/// RFC 3261 §8.1.1.6.
const MAX_FORWARDS: &str = "70";

/// The state of RFC 3261 §12. Every part is a copy of its own, so that no received message is kept alive by
/// it.
#[derive(Clone, Debug)]
pub(crate) struct Dialog {
    pub call_id: Bytes,
    /// Value of From in our requests, with our tag.
    pub local: Bytes,
    /// Value of To in our requests.
    pub remote: Bytes,
    /// Empty while it is not known.
    pub remote_tag: Bytes,
    /// The remote target.
    pub target: Uri,
    /// The route set, our next hop first, each in angle brackets.
    pub routes: Vec<Bytes>,
    /// The way the peer's last message came.
    pub flow: Flow,
    pub local_cseq: u32,
    /// `None` before the peer's first request.
    pub remote_cseq: Option<u32>,
}

impl Dialog {
    /// The callee's side of an INVITE with a Contact (§12.1.1); `None` without one.
    pub fn incoming(request: &Request, flow: Flow, local_tag: &str, local_cseq: u32) -> Option<Self> {
        let to = request.headers.get(&HeaderName::To)?;
        let from = request.headers.get(&HeaderName::From)?;
        Some(Self {
            call_id: copy(request.headers.get(&HeaderName::CallId)?),
            local: [to, b";tag=", local_tag.as_bytes()].concat().into(),
            remote: copy(from),
            remote_tag: tag_of(from).map(copy).unwrap_or_default(),
            target: contact_of(&request.headers)?,
            routes: request.headers.values(&HeaderName::RecordRoute).map(copy).collect(),
            flow,
            local_cseq,
            remote_cseq: request.headers.cseq().ok().map(|cseq| cseq.number),
        })
    }

    /// The caller's side: our request and a response to it (§12.1.2).
    pub fn outgoing(request: &Request, response: &Response, flow: Flow) -> Option<Self> {
        let mut dialog = Self {
            call_id: copy(request.headers.get(&HeaderName::CallId)?),
            local: copy(request.headers.get(&HeaderName::From)?),
            remote: Bytes::new(),
            remote_tag: Bytes::new(),
            target: copy_uri(&request.uri),
            routes: Vec::new(),
            flow,
            local_cseq: request.headers.cseq().ok()?.number,
            remote_cseq: None,
        };
        dialog.learn(response, flow);
        Some(dialog)
    }

    /// Takes tag, remote target and route set from a response to the INVITE that makes the dialog (§12.1.2,
    /// §13.2.2.4).
    pub fn learn(&mut self, response: &Response, flow: Flow) {
        if let Some(to) = response.headers.get(&HeaderName::To) {
            self.remote = copy(to);
            self.remote_tag = tag_of(to).map(copy).unwrap_or_default();
        }
        self.routes = response.headers.values(&HeaderName::RecordRoute).map(copy).collect();
        self.routes.reverse();
        self.refresh_target(&response.headers, flow);
    }

    /// Takes a new remote target from a Contact, if there is one (§12.2.1.2, §12.2.2).
    pub fn refresh_target(&mut self, headers: &Headers, flow: Flow) {
        self.flow = flow;
        if let Some(target) = contact_of(headers) {
            self.target = target;
        }
    }

    /// A request inside the dialog (§12.2.1.1), without Via, Contact and body.
    pub fn request(&self, method: Method, cseq: u32) -> Request {
        let mut headers = Headers::new();
        let (uri, routes) = super::route::uri_and_routes(self);
        for route in routes {
            headers.push(HeaderName::Route, route);
        }
        headers.push(HeaderName::MaxForwards, MAX_FORWARDS);
        headers.push(HeaderName::From, self.local.clone());
        headers.push(HeaderName::To, self.remote.clone());
        headers.push(HeaderName::CallId, self.call_id.clone());
        headers.push(HeaderName::CSeq, format!("{cseq} {method}"));
        Request { method, uri, headers, body: Bytes::new() }
    }

    /// The number of our next request.
    pub fn next_cseq(&mut self) -> u32 {
        // 2^31 requests in one dialog do not happen; the number must not leave its range all the same
        // (§8.1.1.5).
        self.local_cseq = (self.local_cseq + 1) & 0x7fff_ffff;
        self.local_cseq
    }
}

/// Who sent the INVITE, which is who made the Call-ID (RFC 3261 §14.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    Caller,
    Callee,
}

/// How far our wish to cancel has come.
#[derive(Clone, Debug)]
pub(crate) enum Cancel {
    No,
    /// Kept until a provisional response; the value of Reason.
    Wanted(Option<Bytes>),
    Sent,
}

/// Our INVITE before its final response.
#[derive(Debug)]
pub(crate) struct Calling {
    /// Its client transaction.
    pub tx: u64,
    pub cancel: Cancel,
    /// Tags of the early dialogs in order of arrival.
    pub earlies: Vec<Bytes>,
    /// When to give up: the limit of ringing, then 64*T1 after a CANCEL.
    pub give_up_at: Instant,
}

/// The peer's INVITE before its final response.
#[derive(Debug)]
pub(crate) struct RingingHere {
    pub tx: ServerTx,
    pub give_up_at: Instant,
    /// When the last provisional response is sent again, so that no proxy on the way gives up (RFC 3261
    /// §13.3.1.1).
    pub refresh_at: Option<Instant>,
}

#[derive(Debug)]
pub(crate) enum Stage {
    Calling(Box<Calling>),
    RingingHere(Box<RingingHere>),
    Confirmed,
    /// Our BYE is out.
    Terminating,
}

/// Which INVITE our 2xx answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Answered {
    Initial,
    Modification,
}

/// Our 2xx that waits for its ACK (RFC 3261 §13.3.1.4, §14.2).
#[derive(Debug)]
pub(crate) struct AwaitingAck {
    pub answered: Answered,
    pub cseq: u32,
    pub flow: Flow,
    pub bytes: Bytes,
    pub repeat: Repeat,
    pub ends_at: Instant,
}

/// Our re-INVITE.
#[derive(Debug)]
pub(crate) struct OwnOffer {
    pub body: Option<Body>,
    pub headers: Vec<Header>,
    /// Answers 491 so far.
    pub collisions: u8,
    pub progress: OfferProgress,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OfferProgress {
    /// Until the other transaction in the dialog is over (RFC 3261 §14.1).
    Queued,
    /// Until the interval after a 491 is over (§14.1).
    WaitingUntil(Instant),
    /// In its client transaction.
    Sent,
}

/// The peer's re-INVITE or UPDATE that waits for our answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PeerOffer {
    pub tx: ServerTx,
    pub cseq: u32,
    pub kind: OfferKind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OfferKind {
    Reinvite,
    Update,
}

/// An ACK that waits for the answer to an offer in a 2xx.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwedAck {
    pub tx: u64,
    pub cseq: u32,
}

/// One INVITE usage.
#[derive(Debug)]
pub(crate) struct Usage {
    pub role: Role,
    pub stage: Stage,
    pub dialog: Dialog,
    /// Value of our Contact.
    pub contact: Bytes,
    pub credentials: Option<Arc<Credentials>>,
    pub own_offer: Option<Box<OwnOffer>>,
    pub peer_offer: Option<PeerOffer>,
    pub awaiting: Option<Box<AwaitingAck>>,
    pub owed_ack: Option<OwedAck>,
    /// Headers of a BYE that has to wait for the ACK (RFC 3261 §15).
    pub bye_after_ack: Option<Vec<Header>>,
    /// Requests of the peer that wait for an answer.
    pub pending: Vec<ServerTx>,
    pub armed: Armed,
}

impl Usage {
    pub fn new(
        role: Role,
        stage: Stage,
        dialog: Dialog,
        contact: Bytes,
        credentials: Option<Arc<Credentials>>,
    ) -> Self {
        Self {
            role,
            stage,
            dialog,
            contact,
            credentials,
            own_offer: None,
            peer_offer: None,
            awaiting: None,
            owed_ack: None,
            bye_after_ack: None,
            pending: Vec::new(),
            armed: None,
        }
    }

    /// When it has to be woken.
    pub fn deadline(&self) -> Option<Instant> {
        let stage = match &self.stage {
            Stage::Calling(calling) => Some(calling.give_up_at),
            Stage::RingingHere(ringing) => earlier(Some(ringing.give_up_at), ringing.refresh_at),
            Stage::Confirmed | Stage::Terminating => None,
        };
        let awaiting = self.awaiting.as_ref().map(|awaiting| awaiting.repeat.at().min(awaiting.ends_at));
        let offer = match self.own_offer.as_ref().map(|offer| offer.progress) {
            Some(OfferProgress::WaitingUntil(at)) => Some(at),
            Some(OfferProgress::Queued | OfferProgress::Sent) | None => None,
        };
        earlier(stage, earlier(awaiting, offer))
    }

    /// Whether no INVITE transaction of either side runs in the dialog, so that ours may start (RFC 3261
    /// §14.1).
    pub fn is_quiet(&self) -> bool {
        let own_is_out = self.own_offer.as_ref().is_some_and(|offer| offer.progress == OfferProgress::Sent);
        matches!(self.stage, Stage::Confirmed)
            && !own_is_out
            && self.peer_offer.is_none()
            && self.awaiting.is_none()
            && self.owed_ack.is_none()
            && self.bye_after_ack.is_none()
    }

    /// Whether a tag of the peer is of this usage.
    pub fn has_remote_tag(&self, tag: &[u8]) -> bool {
        match &self.stage {
            Stage::Calling(calling) => calling.earlies.iter().any(|early| early == tag),
            Stage::RingingHere(_) | Stage::Confirmed | Stage::Terminating => self.dialog.remote_tag == tag,
        }
    }

    /// Whether our 2xx to the INVITE that made the dialog has no ACK yet.
    pub fn awaits_first_ack(&self) -> bool {
        self.awaiting.as_ref().is_some_and(|awaiting| awaiting.answered == Answered::Initial)
    }

    pub fn state(&self) -> DialogState {
        let awaits_first_ack = self.awaits_first_ack();
        match &self.stage {
            Stage::Calling(calling) if calling.earlies.is_empty() => DialogState::Calling,
            Stage::Calling(_) => DialogState::RingingThere,
            Stage::RingingHere(_) => DialogState::RingingHere,
            Stage::Confirmed if self.bye_after_ack.is_some() => DialogState::Terminating,
            Stage::Confirmed if awaits_first_ack => DialogState::AwaitingAck,
            Stage::Confirmed => DialogState::Confirmed,
            Stage::Terminating => DialogState::Terminating,
        }
    }
}

/// The tag that names a usage.
pub(crate) fn tag_text(id: u64) -> String {
    format!("{id:016x}")
}

/// The usage that a tag of ours names.
pub(crate) fn tag_id(tag: &[u8]) -> Option<u64> {
    if tag.len() != 16 {
        return None;
    }
    u64::from_str_radix(std::str::from_utf8(tag).ok()?, 16).ok()
}

fn copy(value: &[u8]) -> Bytes {
    Bytes::copy_from_slice(value)
}

fn copy_uri(uri: &Uri) -> Uri {
    Uri::parse(uri.as_bytes()).unwrap_or_else(|_| uri.clone())
}

/// The address of the only Contact.
fn contact_of(headers: &Headers) -> Option<Uri> {
    match headers.contacts().ok()? {
        Contacts::Star => None,
        Contacts::List(list) => list.into_iter().next().map(|contact| contact.uri),
    }
}
