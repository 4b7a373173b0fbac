//! `/live/{key}`: lasting lines of browsers to one inbox. What their frames mean is its plugin's matter.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{FromRequestParts as _, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension as Given, Router};
use tokio::time::{Instant, interval, timeout};

use super::hooks::{asked, key_and_rest};
use super::problem::Problem;
use super::{Place, Source, Web};
use crate::plugin::limits::MAX_FRAME_BYTES;
use crate::plugin::{HookRefusal, OpenLine};

/// Frames of a browser that are taken at once, and how many a second after that.
const FRAMES_BURST: f64 = 20.0;
const FRAMES_PER_SECOND: f64 = 5.0;
/// How long a browser may take to read a frame.
const WRITE_TIME: Duration = Duration::from_secs(10);
const PING_INTERVAL: Duration = Duration::from_secs(20);
/// A browser that answers no ping for so long is gone.
const SILENCE_LIMIT: Duration = Duration::from_secs(60);

/// The routes.
pub fn routes() -> Router<Web> {
    Router::new().route("/live/{key}", get(upgrade))
}

async fn upgrade(State(web): State<Web>, Given(place): Given<Arc<Place>>, request: Request) -> Response {
    match open(&web, request).await {
        Ok((upgrade, line)) => upgrade
            .max_message_size(MAX_FRAME_BYTES)
            .max_frame_size(MAX_FRAME_BYTES)
            .on_upgrade(move |socket| serve(socket, line, place)),
        Err(problem) => problem.into_response(),
    }
}

async fn open(web: &Web, request: Request) -> Result<(WebSocketUpgrade, OpenLine), Problem> {
    let (mut parts, _) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let (key, rest) = key_and_rest(&path);
    let asked = asked(web, &parts, rest);
    // Lines cost more than requests: whoever opens them is counted whether or not they are let in.
    web.open_line(&parts.extensions)?;
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, web)
        .await
        .map_err(|error| Problem::caller(error.status(), "No WebSocket", error.body_text()))?;
    let inbox = match web.channels.inbox_of_key(key).await {
        Err(HookRefusal::NotThere) => {
            web.knock(&parts.extensions)?;
            return Err(HookRefusal::NotThere.into());
        }
        outcome => outcome?,
    };
    Ok((upgrade, web.channels.open_line(inbox, asked).await?))
}

/// `_place` is held as long as the socket is open, so that it counts among the connections.
async fn serve(mut socket: WebSocket, mut line: OpenLine, _place: Arc<Place>) {
    let (code, reason) = talk(&mut socket, &mut line).await;
    // First, so that a page which closed and came back is not said to be gone after it came.
    line.close().await;
    let frame = CloseFrame { code, reason: reason.into() };
    send(&mut socket, Message::Close(Some(frame))).await;
}

async fn talk(socket: &mut WebSocket, line: &mut OpenLine) -> (u16, &'static str) {
    let mut ping = interval(PING_INTERVAL);
    let mut heard = Instant::now();
    let mut bucket = Bucket { level: 0.0, at: Instant::now() };
    loop {
        tokio::select! {
            frame = line.next() => match frame {
                Some(frame) if send(socket, Message::text(frame.as_ref())).await => {}
                Some(_) => return (close_code::AWAY, ""),
                None => return (close_code::AGAIN, "too slow: connect again"),
            },
            _ = ping.tick() => {
                let gone = heard.elapsed() > SILENCE_LIMIT;
                if gone || !send(socket, Message::Ping(Default::default())).await {
                    return (close_code::AWAY, "");
                }
            }
            message = socket.recv() => {
                heard = Instant::now();
                match message {
                    Some(Ok(Message::Text(text))) => {
                        if !bucket.take(heard) {
                            return (close_code::POLICY, "too many frames");
                        }
                        if let Err(refusal) = line.hear(text.as_str().to_owned()).await {
                            return closing(&refusal);
                        }
                    }
                    Some(Ok(Message::Binary(_))) => return (close_code::UNSUPPORTED, "frames are text"),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return (close_code::NORMAL, ""),
                }
            }
        }
    }
}

impl Web {
    /// # Errors
    /// That source opens too many lines.
    fn open_line(&self, extensions: &axum::http::Extensions) -> Result<(), Problem> {
        let Some(Source(source)) = extensions.get::<Source>() else { return Ok(()) };
        match self.lines.count(std::time::Instant::now(), source) {
            0 => Ok(()),
            wait_s => Err(Problem::too_many("Too many lines are opened from there.", wait_s)),
        }
    }
}

fn closing(refusal: &HookRefusal) -> (u16, &'static str) {
    match refusal {
        HookRefusal::Later { .. } => (close_code::AGAIN, "not now: connect again"),
        HookRefusal::Malformed(_) | HookRefusal::Unauthentic => (close_code::POLICY, "this is not taken"),
        HookRefusal::NotThere => (close_code::AWAY, "the inbox is gone"),
    }
}

/// Frames of one line, leaking.
struct Bucket {
    level: f64,
    at: Instant,
}

impl Bucket {
    fn take(&mut self, now: Instant) -> bool {
        let leaked = now.duration_since(self.at).as_secs_f64() * FRAMES_PER_SECOND;
        self.level = (self.level - leaked).max(0.0) + 1.0;
        self.at = now;
        self.level <= FRAMES_BURST
    }
}

async fn send(socket: &mut WebSocket, message: Message) -> bool {
    matches!(timeout(WRITE_TIME, socket.send(message)).await, Ok(Ok(())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_frames_at_once_and_then_five_a_second() {
        let now = Instant::now();
        let mut bucket = Bucket { level: 0.0, at: now };
        assert_eq!((0..25).filter(|_| bucket.take(now)).count(), 20);
        let mut later = Bucket { level: FRAMES_BURST, at: now };
        assert!(later.take(now + Duration::from_millis(250)));
    }
}
