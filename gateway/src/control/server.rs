//! Answers operators over the Unix socket. Who can open the socket file may do everything here.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use tokio::net::UnixListener;
use tokio::sync::Notify;

use crate::model::CallId;
use crate::signalling::task::{Gone, Handle, Order};

#[derive(Clone)]
struct Door {
    signalling: Handle,
    /// Wakes the one who follows the directory.
    reload: Arc<Notify>,
}

/// Serves until the process ends.
///
/// # Errors
/// The socket cannot be made; a node that still runs there is reported as such.
pub fn start(path: &Path, signalling: Handle, reload: Arc<Notify>) -> io::Result<()> {
    if path.exists() {
        if std::os::unix::net::UnixStream::connect(path).is_ok() {
            let text = format!("another node runs with this data_dir: {} answers", path.display());
            return Err(io::Error::new(io::ErrorKind::AddrInUse, text));
        }
        std::fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    let router = Router::new()
        .route("/calls", get(calls))
        .route("/calls/{id}/hang-up", post(hang_up))
        .route("/registrations", get(registrations))
        .route("/trunks", get(trunks))
        .route("/trace/{id}", get(trace))
        .route("/reload", post(reload_directory))
        .with_state(Door { signalling, reload });
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(())
}

async fn calls(State(door): State<Door>) -> Response {
    json(door.signalling.ask(Order::Calls).await)
}

async fn registrations(State(door): State<Door>) -> Response {
    json(door.signalling.ask(Order::Registrations).await)
}

async fn trunks(State(door): State<Door>) -> Response {
    json(door.signalling.ask(Order::Trunks).await)
}

async fn trace(State(door): State<Door>, UrlPath(id): UrlPath<String>) -> Response {
    match door.signalling.ask(|reply| Order::Trace(id, reply)).await {
        Ok(Some(ladder)) => ladder.into_response(),
        Ok(None) => {
            let text = "nothing is kept of this call: it is unknown, or so old that it was overwritten";
            (StatusCode::NOT_FOUND, text).into_response()
        }
        Err(gone) => (StatusCode::SERVICE_UNAVAILABLE, gone.to_string()).into_response(),
    }
}

async fn hang_up(State(door): State<Door>, UrlPath(id): UrlPath<String>) -> Response {
    let Ok(call) = id.parse::<CallId>() else {
        return (StatusCode::BAD_REQUEST, "this is not a call id; `ramal calls` lists them").into_response();
    };
    match door.signalling.ask(|reply| Order::HangUp(call, reply)).await {
        Ok(true) => StatusCode::NO_CONTENT.into_response(),
        Ok(false) => (StatusCode::NOT_FOUND, "no such call is running").into_response(),
        Err(gone) => (StatusCode::SERVICE_UNAVAILABLE, gone.to_string()).into_response(),
    }
}

async fn reload_directory(State(door): State<Door>) -> StatusCode {
    door.reload.notify_one();
    StatusCode::NO_CONTENT
}

fn json<T: serde::Serialize>(answer: Result<T, Gone>) -> Response {
    match answer {
        Ok(value) => Json(value).into_response(),
        Err(gone) => (StatusCode::SERVICE_UNAVAILABLE, gone.to_string()).into_response(),
    }
}
