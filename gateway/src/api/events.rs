//! What happens to an extension, told to its pages over a WebSocket.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension as Given;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use serde::Deserialize;
use tokio::time::{Instant, interval, timeout};

use super::token::bearer;
use super::{Place, Web, wall_ms};
use crate::model::ExtensionId;
use crate::signalling::pages::{PageOrder, Watching};

/// Largest message of a page, in bytes: it has nothing to say but its token.
const MESSAGE_LIMIT: usize = 4 << 10;
/// How long a page may take to say who it is.
const TOKEN_TIME: Duration = Duration::from_secs(10);
/// How long a page may take to read one event.
const WRITE_TIME: Duration = Duration::from_secs(10);
const PING_INTERVAL: Duration = Duration::from_secs(20);
/// A page that answers no ping for so long is gone.
const SILENCE_LIMIT: Duration = Duration::from_secs(60);
/// The token is worth nothing; of the range for applications (RFC 6455 §7.4.2).
const CLOSE_UNAUTHORIZED: u16 = 4_401;

#[derive(Deserialize)]
struct Greeting {
    token: String,
}

/// `GET /api/events`
pub async fn upgrade(
    State(web): State<Web>,
    Given(place): Given<Arc<Place>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade
        .max_message_size(MESSAGE_LIMIT)
        .max_frame_size(MESSAGE_LIMIT)
        .on_upgrade(move |socket| serve(socket, web, place))
}

/// `_place` is held as long as the socket is open, so that it counts among the connections.
async fn serve(mut socket: WebSocket, web: Web, _place: Arc<Place>) {
    let Some(extension) = greeted(&mut socket, &web).await else {
        return close(socket, CLOSE_UNAUTHORIZED, "the token is wrong or over").await;
    };
    match web.ask(extension, |reply| PageOrder::Watch { reply }).await {
        Ok(Some(watching)) => tell(socket, watching).await,
        Ok(None) => close(socket, close_code::AGAIN, "too many pages of this extension").await,
        Err(_) => close(socket, close_code::AWAY, "the node goes down").await,
    }
}

async fn greeted(socket: &mut WebSocket, web: &Web) -> Option<ExtensionId> {
    let first = timeout(TOKEN_TIME, socket.recv()).await.ok()??.ok()?;
    let greeting: Greeting = serde_json::from_str(first.to_text().ok()?).ok()?;
    bearer(&web.key, &web.directory(), &greeting.token, wall_ms())
}

async fn tell(mut socket: WebSocket, mut watching: Watching) {
    if !send(&mut socket, Message::text(watching.snapshot.as_ref())).await {
        return;
    }
    let mut ping = interval(PING_INTERVAL);
    let mut heard = Instant::now();
    loop {
        tokio::select! {
            event = watching.events.recv() => match event {
                Some(text) => {
                    if !send(&mut socket, Message::text(text.as_ref())).await {
                        return;
                    }
                }
                None => return close(socket, close_code::AGAIN, "too slow: connect again").await,
            },
            _ = ping.tick() => {
                let gone = heard.elapsed() > SILENCE_LIMIT;
                if gone || !send(&mut socket, Message::Ping(Default::default())).await {
                    return;
                }
            }
            message = socket.recv() => match message {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => heard = Instant::now(),
            },
        }
    }
}

async fn send(socket: &mut WebSocket, message: Message) -> bool {
    matches!(timeout(WRITE_TIME, socket.send(message)).await, Ok(Ok(())))
}

async fn close(mut socket: WebSocket, code: u16, reason: &'static str) {
    let frame = CloseFrame { code, reason: reason.into() };
    send(&mut socket, Message::Close(Some(frame))).await;
}
