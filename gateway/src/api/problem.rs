//! What a request is answered that does not get what it asks for (RFC 9457): one function for each error says its status.

mod code;

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ramal_media::sdp::Fault as SdpFault;
use serde_json::{Map, Value, json};

use crate::call::{EndReason, SeatRefusal};
use crate::chat::SendError;
use crate::people::{PeopleError, password};
use crate::routing::distribution::RoutingError;
use crate::routing::floor::{FloorError, LookError};
use crate::signalling::seats::SeatError;
use crate::signalling::task::Gone;
use crate::store::StoreError;

pub use code::Code;

/// When a node that is full or goes down is asked again, in seconds.
const BUSY_RETRY_S: u64 = 5;

/// The media type of refusals.
const PROBLEM_KIND: &str = "application/problem+json";

/// Who has to change something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Caller,
    Node,
    Peer,
}

/// A refusal.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    fault: Fault,
    title: &'static str,
    detail: String,
    /// The field of the body that is to blame.
    field: Option<String>,
    code: Option<Code>,
    /// What the words of the code have places for.
    parameters: Map<String, Value>,
    more: More,
}

/// A header that a refusal carries.
#[derive(Clone, Copy, Debug)]
enum More {
    Authenticate,
    Nothing,
    RetryAfter { seconds: u64 },
}

impl Problem {
    /// The request has to change.
    pub fn caller(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            fault: Fault::Caller,
            title,
            detail: detail.into(),
            field: None,
            code: None,
            parameters: Map::new(),
            more: More::Nothing,
        }
    }

    /// The node cannot, now or at all.
    pub fn node(title: &'static str, detail: impl Into<String>) -> Self {
        let busy = Self::caller(StatusCode::SERVICE_UNAVAILABLE, title, detail);
        Self { fault: Fault::Node, ..busy.retry_after(BUSY_RETRY_S) }
    }

    /// No token, or one that is worth nothing (RFC 6750 §3).
    pub fn unauthorized(detail: &str) -> Self {
        let problem = Self::caller(StatusCode::UNAUTHORIZED, "Not signed in", detail);
        Self { more: More::Authenticate, ..problem.coded(Code::NotLoggedIn) }
    }

    pub fn too_many(detail: &str, retry_after_s: u64) -> Self {
        let problem = Self::caller(StatusCode::TOO_MANY_REQUESTS, "Too many attempts", detail);
        problem.retry_after(retry_after_s).coded(Code::TooManyRequests)
    }

    /// Signed in, but not allowed.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::caller(StatusCode::FORBIDDEN, "Not allowed", detail)
    }

    /// Not there, or another Organization's, which is the same to whoever asks.
    pub fn not_found(what: &'static str) -> Self {
        let problem = Self::caller(StatusCode::NOT_FOUND, "Not found", format!("There is no such {what}."));
        Self { code: Code::nothing(what), ..problem }
    }

    /// Cannot be done as things are.
    pub fn conflict(title: &'static str, detail: impl Into<String>) -> Self {
        Self::caller(StatusCode::CONFLICT, title, detail)
    }

    /// A field holds what cannot be right.
    pub fn wrong(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::caller(StatusCode::UNPROCESSABLE_ENTITY, "This cannot be right", detail).at(field)
    }

    /// Names the field that is to blame.
    pub fn at(self, field: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    /// Names the cause, for whoever has words of his own for it.
    pub fn coded(self, code: Code) -> Self {
        Self { code: Some(code), ..self }
    }

    /// A value that the words of the code have a place for.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.to_owned(), value.into());
        self
    }

    /// At most so many rows of this kind.
    pub fn too_many_rows(title: &'static str, detail: impl Into<String>, most: impl Into<Value>) -> Self {
        Self::conflict(title, detail).coded(Code::TooManyRows).with("most", most)
    }

    /// A text has another length than is right.
    pub fn length(field: impl Into<String>, (least, most): (usize, usize)) -> Self {
        let problem = Self::wrong(field, format!("{least} to {most} bytes."));
        problem.coded(Code::BytesBetween).with("least", least).with("most", most)
    }

    /// A line of text must not hold what nobody can see.
    ///
    /// # Errors
    /// A control character: a line break, a tab, a NUL.
    pub fn unless_seen(field: &'static str, text: &str) -> Result<(), Self> {
        match text.trim().chars().find(|letter| letter.is_control()) {
            None => Ok(()),
            Some(odd) => {
                let odd = u32::from(odd);
                let detail = format!("It holds a character that nobody can see: U+{odd:04X}. Take it out.");
                Err(Self::wrong(field, detail).coded(Code::Unseen))
            }
        }
    }

    /// Says when it may be tried again.
    pub fn retry_after(self, seconds: u64) -> Self {
        Self { more: More::RetryAfter { seconds }, ..self }
    }
}

/// What the router refuses under `/api` by itself has the form of all refusals. `Allow` (RFC 9110 §15.5.6) is added after this.
pub async fn in_one_form(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let ours = path == "/api" || path.starts_with("/api/");
    let response = next.run(request).await;
    let kind = response.headers().get(header::CONTENT_TYPE);
    if !ours || kind.is_some_and(|kind| kind == PROBLEM_KIND) {
        return response;
    }
    match response.status() {
        StatusCode::NOT_FOUND => Problem::not_found("endpoint").into_response(),
        StatusCode::METHOD_NOT_ALLOWED => {
            let detail = "The header Allow names the methods that this endpoint takes.";
            Problem::caller(StatusCode::METHOD_NOT_ALLOWED, "Not with this method", detail).into_response()
        }
        _ => response,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let fault = match self.fault {
            Fault::Caller => "caller",
            Fault::Node => "node",
            Fault::Peer => "peer",
        };
        let mut body = json!({
            "type": "about:blank",
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
            "fault": fault,
        });
        if let Some(field) = self.field {
            body["field"] = field.into();
        }
        if let Some(code) = self.code {
            body["code"] = code.as_str().into();
            body["parameters"] = self.parameters.into();
        }
        let kind = (header::CONTENT_TYPE, PROBLEM_KIND);
        let mut response = (self.status, [kind], body.to_string()).into_response();
        let more = match self.more {
            More::Authenticate => Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            More::Nothing => None,
            More::RetryAfter { seconds } => Some((header::RETRY_AFTER, HeaderValue::from(seconds))),
        };
        response.headers_mut().extend(more);
        response
    }
}

impl From<FloorError> for Problem {
    fn from(error: FloorError) -> Self {
        let words = || {
            let words = error.to_string();
            let mut letters = words.chars();
            letters
                .next()
                .map(|first| first.to_uppercase().chain(letters).collect::<String>() + ".")
                .unwrap_or_default()
        };
        let problem = match error {
            FloorError::Away => Self::node("The floor is busy", words()),
            FloorError::Unknown | FloorError::Routing(RoutingError::UnknownInteraction) => {
                Self::not_found("interaction")
            }
            FloorError::Routing(RoutingError::OfferOver) => {
                Self::caller(StatusCode::NOT_FOUND, "The offer is over", words())
            }
            FloorError::Routing(RoutingError::UnknownAgent) => Self::wrong("user", words()),
            FloorError::Routing(RoutingError::UnknownQueue) => Self::wrong("queue", words()),
            FloorError::Routing(RoutingError::NoSuchReason) => Self::wrong("reason_id", words()),
            FloorError::NoSuchDisposition => Self::wrong("disposition_id", words()),
            FloorError::WrongMedium => Self::wrong("queue", words()),
            FloorError::NotYours => Self::forbidden(words()),
            FloorError::TooManyConsoles => Self::too_many("Close a console first.", BUSY_RETRY_S),
            FloorError::CannotTake(_)
            | FloorError::Connecting
            | FloorError::Ended
            | FloorError::NoAudio(_)
            | FloorError::NoPhone
            | FloorError::SameAgent
            | FloorError::Routing(
                RoutingError::Duplicate
                | RoutingError::NoRoom
                | RoutingError::NotAMember
                | RoutingError::NotLoggedIn
                | RoutingError::NotTheirs
                | RoutingError::Taken,
            ) => Self::conflict("Not now", words()),
        };
        problem.coded(error.into())
    }
}

impl From<LookError> for Problem {
    fn from(error: LookError) -> Self {
        match error {
            LookError::Floor(error) => error.into(),
            LookError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken => Self::conflict("Taken already", "Another has this name, address or number.")
                .coded(Code::Taken),
            StoreError::Changed { .. } => {
                Self::conflict("Changed meanwhile", "Somebody else has changed this. Look at it again.")
                    .coded(Code::ChangedMeanwhile)
            }
            error if error.is_transient() => {
                tracing::warn!(%error, "a request found no database");
                Self::node("The database is away", "Nothing was changed. Try again in a moment.")
                    .coded(Code::DatabaseAway)
            }
            error => {
                tracing::error!(%error, "a request failed in the database");
                broken("The database refuses this; the log of the node says why.")
                    .coded(Code::DatabaseRefuses)
            }
        }
    }
}

impl From<PeopleError> for Problem {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::Busy => {
                Self::too_many("Too many people log in at this moment.", BUSY_RETRY_S).coded(Code::LoginsBusy)
            }
            PeopleError::LinkGone => Self::caller(
                StatusCode::NOT_FOUND,
                "The link is over",
                "It is unknown, was used, or is too old. Ask an administrator for a new one.",
            )
            .coded(Code::LinkOver),
            PeopleError::Password(fault) => {
                let (least, most) = (password::LEAST_CHARACTERS, password::MOST_BYTES);
                let problem = Self::wrong("password", format!("{fault}.")).coded(fault.into());
                problem.with("least", least).with("most", most)
            }
            PeopleError::Node(why) => {
                tracing::error!(why, "a request about people failed");
                broken(why)
            }
            PeopleError::Store(error) => error.into(),
        }
    }
}

impl From<SendError> for Problem {
    fn from(error: SendError) -> Self {
        let words = format!("{error}.");
        let code = Code::of_send(&error);
        let parameters = match &error {
            SendError::TooLong { has, limit } => json!({ "has": has, "most": limit }),
            SendError::WindowClosed { hours } => json!({ "hours": hours }),
            _ => json!({}),
        };
        let problem: Self = match error {
            SendError::Away(error) => error.into(),
            SendError::NoInteraction => Self::not_found("interaction"),
            SendError::NotYours => Self::forbidden(words),
            SendError::Empty | SendError::TooLong { .. } => Self::wrong("text", words),
            SendError::CannotQuote | SendError::NoSuchQuote => Self::wrong("reply_to", words),
            SendError::Closed
            | SendError::CustomerEnded
            | SendError::CustomerFirst
            | SendError::NoConversation
            | SendError::NoInbox
            | SendError::WindowClosed { .. } => Self::conflict("It cannot be sent", words),
            SendError::Stopped => Self::node("The node goes down", words),
        };
        let problem = Self { code: code.or(problem.code), ..problem };
        parameters
            .as_object()
            .into_iter()
            .flatten()
            .fold(problem, |problem, (name, value)| problem.with(name, value.clone()))
    }
}

/// A fault of this program or its machine.
fn broken(detail: &str) -> Problem {
    let problem = Problem::caller(StatusCode::INTERNAL_SERVER_ERROR, "The node failed", detail);
    Problem { fault: Fault::Node, ..problem }
}

impl From<Gone> for Problem {
    fn from(gone: Gone) -> Self {
        Self::node("The node goes down", gone.to_string()).coded(Code::NodeStops)
    }
}

impl From<SeatError> for Problem {
    fn from(error: SeatError) -> Self {
        match error {
            SeatError::Call(refusal) => refusal.into(),
            SeatError::ExtensionGone => {
                Self::unauthorized("The extension was deleted or switched off.").coded(Code::NoPhone)
            }
            SeatError::Full => {
                Self::node("No seat is free", "The node is full, or goes down. Try again later.")
                    .coded(Code::SeatsFull)
            }
            SeatError::Fragment => Self::caller(
                StatusCode::BAD_REQUEST,
                "No ICE credentials",
                "An ICE restart (If-Match: *) needs a=ice-ufrag and a=ice-pwd (RFC 8840).",
            ),
            SeatError::NoPrecondition => Self::caller(
                StatusCode::PRECONDITION_REQUIRED,
                "If-Match is missing",
                "Send the ETag of the session, or * for an ICE restart (RFC 9725 §4.3).",
            ),
            SeatError::NoSeat => {
                Self::caller(StatusCode::CONFLICT, "No seat", "Take one first: POST /whip with an offer.")
                    .coded(Code::NoSeat)
            }
            SeatError::NotThisBrowser => Self::caller(
                StatusCode::NOT_FOUND,
                "No such seat",
                "It has ended, or another browser has taken it.",
            )
            .coded(Code::OtherBrowser),
            SeatError::Offer(error) => {
                let status = match error.fault() {
                    SdpFault::Malformed => StatusCode::BAD_REQUEST,
                    SdpFault::NotAcceptable => StatusCode::UNPROCESSABLE_ENTITY,
                    SdpFault::Misuse => StatusCode::CONFLICT,
                };
                Self::caller(status, "The offer cannot be answered", error.to_string())
            }
            SeatError::Precondition => Self::caller(
                StatusCode::PRECONDITION_FAILED,
                "Another ICE session",
                "The ETag is not the current one: the session was restarted since.",
            ),
            SeatError::WebRtcOff => Self::node(
                "No browsers here",
                "This node listens for no browsers: the administrator has to set media.webrtc.",
            )
            .coded(Code::BrowsersOff),
        }
    }
}

impl From<SeatRefusal> for Problem {
    fn from(refusal: SeatRefusal) -> Self {
        let code = Code::of_seat(&refusal);
        let problem = match refusal {
            SeatRefusal::Ended(reason) => ended(reason),
            SeatRefusal::NoSuchCall => Self::caller(
                StatusCode::NOT_FOUND,
                "No such call",
                "It is over, or it is not one of this page. GET /api/calls lists those that are.",
            ),
            SeatRefusal::NotRecorded => Self::node(
                "The recording cannot begin",
                "The disk is full, or does not answer: the events of the node say which. The call goes on.",
            ),
            SeatRefusal::WrongState => Self::caller(
                StatusCode::CONFLICT,
                "Not in this state",
                "The call is not in the state for this. The events say which one it is in.",
            ),
        };
        problem.coded(code)
    }
}

/// A call that came to nothing at once; its record says the same word.
fn ended(reason: EndReason) -> Problem {
    let detail = format!("The call ended at once: {}.", reason.cdr_text());
    let (status, fault) = match reason.sip_status() {
        403 => (StatusCode::FORBIDDEN, Fault::Caller),
        404 => (StatusCode::NOT_FOUND, Fault::Caller),
        503 => return Problem::node("The call cannot be placed", detail),
        _ => (StatusCode::CONFLICT, Fault::Peer),
    };
    Problem { fault, ..Problem::caller(status, "The call cannot be placed", detail) }
}
