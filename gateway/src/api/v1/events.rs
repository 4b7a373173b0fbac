//! What happens, told to a console over a WebSocket: numbered, to be resumed, each sees what he may.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension as Given;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{Instant, interval, timeout};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::Asked;
use super::signed::Signed;
use crate::api::problem::{Code, Problem};
use crate::api::{Place, Web, origin, wall_ms};
use crate::feed::{Reading, Viewer};
use crate::model::{LoginKind, Permission};
use crate::routing::floor::Console;
use crate::signalling::pages::{PageOrder, Watching};

/// Largest message of a page, in bytes: it has nothing to say.
const MESSAGE_LIMIT: usize = 4 << 10;
/// How long a page may take to read one event.
const WRITE_TIME: Duration = Duration::from_secs(10);
/// How often a page is told that all is well, and asked whether it is.
const TICK: Duration = Duration::from_secs(15);
/// A page that answers no ping for so long is gone.
const SILENCE_LIMIT: Duration = Duration::from_secs(40);
/// The log-in is over; of the range for applications (RFC 6455 §7.4.2).
const CLOSE_UNAUTHORIZED: u16 = 4_401;
/// The event after which a socket ends.
pub const SIGNED_OUT: &str = "signed_out";

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(upgrade))
}

/// Where to go on; nothing said, or what is gone: from a snapshot.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct From {
    /// `epoch` of the hello in which the number was seen.
    epoch: Option<String>,
    /// `seq` of the newest event that was seen.
    after: Option<u64>,
}

/// One console.
struct Wire {
    socket: WebSocket,
    web: Web,
    signed: Signed,
    /// As long as it is held its user is here.
    _console: Console,
    /// What happens at the Seat of its user.
    seat: AtSeat,
    /// It counts among the connections.
    _place: Arc<Place>,
}

/// What the pages of a Seat are told (docs/webrtc.md), for the console of its user: of this moment, and never told again.
#[derive(Default)]
struct AtSeat {
    snapshot: Option<Value>,
    events: Option<mpsc::Receiver<Arc<str>>>,
}

impl AtSeat {
    /// Nothing for whom has no extension, or has too many pages open.
    async fn watched(web: &Web, signed: &Signed) -> Self {
        let Some(extension) = signed.extension else { return Self::default() };
        let watching = web.ask(extension, |reply| PageOrder::Watch { reply }).await;
        let Ok(Some(Watching { snapshot, events })) = watching else { return Self::default() };
        Self { snapshot: read(&snapshot), events: Some(events) }
    }

    /// The next event; `None`: the socket has not read for long, and was cut off.
    async fn next(&mut self) -> Option<Value> {
        match &mut self.events {
            Some(events) => read(&events.recv().await?),
            None => std::future::pending().await,
        }
    }
}

fn read(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// Why a socket ends.
enum End {
    /// The page has closed it, or is gone.
    Gone,
    SignedOut,
    /// The page reads slower than things happen.
    TooSlow,
    /// The node cannot go on.
    Away,
}

/// Live events, as frames `{type, seq, at_ms, data}`: first `hello`, then `snapshot` unless it was resumed, then what happens.
#[utoipa::path(get, path = "/events", tag = "desk", params(From), responses((status = 101, description = "A WebSocket")))]
pub async fn upgrade(
    State(web): State<Web>,
    signed: Signed,
    headers: HeaderMap,
    Asked(from): Asked<From>,
    Given(place): Given<Arc<Place>>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    signed.may(Permission::Attend)?;
    // A page of another site could open a socket with the browser's cookie.
    if signed.login.kind == LoginKind::Browser && !origin::is_from_own_page(&web, &headers) {
        return Err(
            Problem::forbidden("A page must come from this node's own origin.").coded(Code::OtherOrigin)
        );
    }
    let console = web.floor.connected(signed.organization, signed.user).await?;
    let upgrade = upgrade.max_message_size(MESSAGE_LIMIT).max_frame_size(MESSAGE_LIMIT);
    Ok(upgrade.on_upgrade(move |socket| async move {
        let seat = AtSeat::watched(&web, &signed).await;
        let mut wire = Wire { socket, web, signed, _console: console, seat, _place: place };
        let end = match wire.serve(from).await {
            Ok(()) | Err(End::Gone) => return,
            Err(end) => end,
        };
        let (code, reason) = match end {
            End::SignedOut => (CLOSE_UNAUTHORIZED, "logged out"),
            End::TooSlow => (close_code::AGAIN, "too slow: connect again"),
            End::Away | End::Gone => (close_code::AWAY, "the node cannot go on: connect again"),
        };
        let _ = wire.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await;
    }))
}

impl Wire {
    async fn serve(&mut self, from: From) -> Result<(), End> {
        let organization = self.signed.organization;
        let feed = self.web.feed.clone();
        let resumed =
            from.epoch.zip(from.after).and_then(|(epoch, after)| feed.resume(organization, &epoch, after));
        let hello = json!({ "epoch": feed.epoch(), "resumed": resumed.is_some() });
        let reading = match resumed {
            Some(reading) => {
                self.tell("hello", reading.seen(), hello).await?;
                reading
            }
            None => {
                // Read from before the snapshot is taken: what happens meanwhile may be told twice, and nothing is missing.
                let reading = feed.read(organization);
                self.tell("hello", reading.seen(), hello).await?;
                let desk = self.web.floor.desk(organization, self.signed.user).await;
                let (_, desk) = desk.map_err(|_| End::Away)?;
                self.tell("snapshot", reading.seen(), json!({ "desk": desk })).await?;
                reading
            }
        };
        self.follow(reading).await
    }

    async fn follow(&mut self, mut reading: Reading) -> Result<(), End> {
        if let Some(snapshot) = self.seat.snapshot.take() {
            self.tell("call", reading.seen(), snapshot).await?;
        }
        let mut tick = interval(TICK);
        tick.reset();
        let mut heard = Instant::now();
        loop {
            tokio::select! {
                events = reading.next() => {
                    for event in events.map_err(|_| End::TooSlow)? {
                        if !event.audience.reaches(&self.viewer(&self.web.directory())) {
                            continue;
                        }
                        self.send(Message::text(event.frame.as_str())).await?;
                        if event.kind == SIGNED_OUT {
                            return Err(End::SignedOut);
                        }
                    }
                }
                told = self.seat.next() => {
                    let told = told.ok_or(End::TooSlow)?;
                    self.tell("call", reading.seen(), told).await?;
                }
                _ = tick.tick() => {
                    let directory = self.web.directory();
                    let login = (self.signed.organization, self.signed.login.id);
                    let counts = self.web.store.login_counts(login).await.unwrap_or(true);
                    if !counts || !self.viewer(&directory).may(Permission::Attend) {
                        return Err(End::SignedOut);
                    }
                    if heard.elapsed() > SILENCE_LIMIT {
                        return Err(End::Gone);
                    }
                    self.tell("tick", reading.seen(), json!({ "server_time_ms": wall_ms() })).await?;
                    self.send(Message::Ping(Default::default())).await?;
                }
                message = self.socket.recv() => match message {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(End::Gone),
                    Some(Ok(_)) => heard = Instant::now(),
                },
            }
        }
    }

    fn viewer<'a>(&self, directory: &'a crate::model::Directory) -> Viewer<'a> {
        Viewer {
            directory,
            organization: self.signed.organization,
            user: self.signed.user,
            login: self.signed.login.id.0,
        }
    }

    async fn tell(&mut self, kind: &'static str, seq: u64, data: impl Serialize) -> Result<(), End> {
        let frame = json!({ "type": kind, "seq": seq, "at_ms": wall_ms(), "data": data });
        self.send(Message::text(frame.to_string())).await
    }

    async fn send(&mut self, message: Message) -> Result<(), End> {
        match timeout(WRITE_TIME, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(End::TooSlow),
        }
    }
}
