use std::time::Instant;

use bytes::Bytes;

use crate::auth::Credentials;
use crate::message::{Header, HeaderName, Headers, Method, NameAddr, Request, Response, StatusCode, Uri};
use crate::transport::Flow;

/// Content type and body.
pub type Body = (String, Bytes);

/// One INVITE usage (RFC 5057 §3), from its INVITE to its end; on the caller's side it holds all dialogs of
/// a fork.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct DialogId(pub(crate) u64);

/// A request of ours that the layer above waits for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct ClientTx(pub(crate) u64);

/// A request of the peer that the layer above has to answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct ServerTx(pub(crate) u64);

/// One early dialog of a forked INVITE, counted from 0 in order of arrival.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct EarlyId(pub u8);

/// A response as the layer above describes it; the endpoint adds what RFC 3261 §8.2.6 asks for.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: StatusCode,
    /// `None`: the reason phrase of the RFC.
    pub reason: Option<String>,
    /// Added as they are. A `Contact` here replaces the endpoint's own.
    pub headers: Vec<Header>,
    pub body: Option<Body>,
}

impl Reply {
    pub fn new(status: StatusCode) -> Self {
        Self { status, reason: None, headers: Vec::new(), body: None }
    }

    #[must_use]
    pub fn with_body(mut self, content_type: impl Into<String>, body: impl Into<Bytes>) -> Self {
        self.body = Some((content_type.into(), body.into()));
        self
    }

    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: impl Into<Bytes>) -> Self {
        self.headers.push(Header { name, value: value.into() });
        self
    }
}

/// A request outside any dialog (RFC 3261 §8.1).
#[derive(Clone, Debug)]
pub struct OutOfDialog {
    pub method: Method,
    pub uri: Uri,
    pub flow: Flow,
    /// A tag is added if there is none.
    pub from: NameAddr,
    pub to: NameAddr,
    /// `None`: a new one.
    pub call_id: Option<String>,
    /// `None`: a random one. A challenge that is answered adds one each time.
    pub cseq: Option<u32>,
    pub headers: Vec<Header>,
    pub body: Option<Body>,
    /// Answers digest challenges.
    pub credentials: Option<Credentials>,
}

/// A call to make (RFC 3261 §13.2).
#[derive(Clone, Debug)]
pub struct OutgoingInvite {
    pub uri: Uri,
    pub flow: Flow,
    /// A preloaded route set, first hop first; usually empty.
    pub routes: Vec<Uri>,
    /// The tag is added.
    pub from: NameAddr,
    pub to: NameAddr,
    pub contact: Uri,
    pub headers: Vec<Header>,
    /// `None`: the offer is asked of the peer; its 2xx then waits for
    /// [`acknowledge`](super::Endpoint::acknowledge).
    pub body: Option<Body>,
    /// Answers digest challenges, also of later requests in the dialog.
    pub credentials: Option<Credentials>,
}

/// Why a request of ours has no response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// Nothing came for 64*T1 (RFC 3261 timers B and F).
    Timeout,
    /// The shell reported that the flow failed.
    Transport,
    /// The endpoint was at its limit of transactions or dialogs.
    Limit,
    /// There is no such dialog, or it is not in a state for this request.
    NoDialog,
}

/// Why a confirmed dialog is over.
#[derive(Clone, Debug)]
pub enum TerminationCause {
    /// The peer sent BYE; its headers, of which `Reason` (RFC 3326) tells why.
    ByeReceived { headers: Headers },
    /// Our BYE was answered.
    ByeSent,
    /// Our BYE found no answer; the peer may be gone.
    ByeUnanswered { failure: Failure },
    /// The peer does not know the dialog: 481 or 408 to a request in it, or no answer (RFC 3261 §12.2.1.2).
    Gone { status: Option<StatusCode> },
    /// A 2xx crossed our CANCEL; it has been acknowledged and a BYE has been sent (RFC 3261 §9.1).
    AnsweredAfterCancel { response: Box<Response> },
    /// A call was ringing for longer than the limit; the peer has been told.
    RungTooLong,
}

/// What the layer above has to know.
#[derive(Clone, Debug)]
pub enum Event {
    /// A request outside dialogs, neither INVITE, ACK nor CANCEL. Answer with
    /// [`respond`](super::Endpoint::respond).
    Request { tx: ServerTx, request: Request, flow: Flow },
    /// The final response to a request of ours; digest challenges are already answered.
    Response { tx: ClientTx, outcome: Result<Response, Failure> },
    /// A new call; 100 is sent unless it is answered before the next poll. `Replaces` is untouched: see
    /// [`find_dialog`](super::Endpoint::find_dialog).
    Invite { dialog: DialogId, request: Request, flow: Flow },
    /// The caller gave up; 200 and 487 are sent, the dialog is over. `reason` is the value of `Reason` (RFC
    /// 3326).
    Cancelled { dialog: DialogId, reason: Option<Bytes> },
    /// 101 to 199, with or without body.
    Progress { dialog: DialogId, early: EarlyId, response: Response },
    /// A 2xx to our INVITE. The ACK is sent already, unless the INVITE had no body and the 2xx brings the
    /// offer.
    Answered { dialog: DialogId, early: EarlyId, response: Response },
    /// Our INVITE failed; the dialog is over. One of the two is there.
    Rejected { dialog: DialogId, response: Option<Response>, failure: Option<Failure> },
    /// The ACK of our 2xx came; the body answers a delayed offer.
    Confirmed { dialog: DialogId, body: Option<Bytes> },
    /// No ACK for 64*T1 (RFC 3261 §13.3.1.4). Media may flow all the same: the layer above says `bye` or
    /// keeps the call.
    AckTimeout { dialog: DialogId },
    /// The peer sent a re-INVITE, or an UPDATE with a body. Answer with
    /// [`answer_reinvite`](super::Endpoint::answer_reinvite).
    Reoffer { dialog: DialogId, request: Request },
    /// The peer took its re-INVITE back; 487 is sent. Nothing is left to answer.
    ReofferCancelled { dialog: DialogId },
    /// The ACK of our 2xx to a re-INVITE came; the body answers a delayed offer.
    ReofferConfirmed { dialog: DialogId, body: Option<Bytes> },
    /// The 2xx to our re-INVITE; the ACK is sent, unless the re-INVITE had no body and the 2xx brings the
    /// offer.
    ReofferAnswered { dialog: DialogId, response: Response },
    /// Our re-INVITE was refused; the dialog goes on as it was (RFC 3261 §14.1). One of the two is there.
    ReofferRefused { dialog: DialogId, response: Option<Response>, failure: Option<Failure> },
    /// INFO, REFER, NOTIFY, OPTIONS, MESSAGE inside the dialog. Answer with
    /// [`respond`](super::Endpoint::respond).
    DialogRequest { dialog: DialogId, tx: ServerTx, request: Request },
    /// The dialog is over.
    Terminated { dialog: DialogId, cause: TerminationCause },
}

/// Bytes to send, whole as they are.
#[derive(Clone, Debug)]
pub struct Transmit {
    /// If `connection` is gone, report [`handle_flow_failed`](super::Endpoint::handle_flow_failed): a
    /// request is then tried once more over a new one.
    pub flow: Flow,
    pub bytes: Bytes,
}

/// What [`poll_output`](super::Endpoint::poll_output) gives.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "lives for one step: boxing would cost an allocation a message"
)]
pub enum Output {
    Transmit(Transmit),
    Event(Event),
    /// Nothing more for now. Call `handle_timeout` at this time, if any.
    Timeout(Option<Instant>),
}

/// Where an INVITE usage stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DialogState {
    /// Our INVITE is out, no provisional response with a tag yet.
    Calling,
    /// Our INVITE rings.
    RingingThere,
    /// The peer's INVITE has no final response yet.
    RingingHere,
    /// Our 2xx waits for its ACK.
    AwaitingAck,
    Confirmed,
    /// Our BYE waits for its answer, or for the ACK that has to come before it.
    Terminating,
}

/// What `dialog_info` tells.
#[derive(Clone, Debug)]
pub struct DialogInfo {
    pub call_id: String,
    pub local_tag: String,
    /// `None` before the first response with a tag.
    pub remote_tag: Option<String>,
    /// The peer's Contact (the remote target, RFC 3261 §12.1), or the Request-URI before it is known.
    pub remote_uri: Uri,
    pub flow: Flow,
    pub state: DialogState,
}
