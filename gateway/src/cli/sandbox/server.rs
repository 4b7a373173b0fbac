//! The sandbox over HTTP: the Bot API, the page, and what the page asks.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Sandbox;
use super::bot::{Answer, Faults};

const PAGE: &str = include_str!("page.html");

pub fn router(sandbox: Sandbox) -> Router {
    Router::new()
        .route("/", get(async || Html(PAGE)))
        .route("/chats", get(chats))
        .route("/chats/{chat}/messages", post(write))
        .route("/faults", get(faults).put(set_faults))
        .route("/{bot}/{method}", any(method))
        .with_state(sandbox)
}

#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    name: String,
    text: String,
}

/// The Bot API: `/bot42:abc/getMe`.
async fn method(
    State(sandbox): State<Sandbox>,
    Path((bot, method)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let Some(token) = bot.strip_prefix("bot") else { return StatusCode::NOT_FOUND.into_response() };
    let arguments: Value = serde_json::from_slice(&body).unwrap_or_default();
    let answer = sandbox.bot().call(token, &method, &arguments, wall_ms());
    if method == "setWebhook" {
        sandbox.0.news.notify_one();
    }
    match answer {
        Answer::Done(result) => Json(json!({ "ok": true, "result": result })).into_response(),
        Answer::Refused { code, description, retry_after } => {
            let mut body = json!({ "ok": false, "error_code": code, "description": description });
            if let Some(seconds) = retry_after {
                body["parameters"] = json!({ "retry_after": seconds });
            }
            let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, Json(body)).into_response()
        }
        // What a proxy on the way says whose other side is gone.
        Answer::Lost => {
            (StatusCode::BAD_GATEWAY, [(header::CONTENT_TYPE, "text/html")], "<html>").into_response()
        }
    }
}

async fn chats(State(sandbox): State<Sandbox>) -> Json<Value> {
    Json(sandbox.bot().chats())
}

async fn write(
    State(sandbox): State<Sandbox>,
    Path(chat): Path<i64>,
    Json(written): Json<Written>,
) -> Response {
    let name = if written.name.is_empty() { format!("Customer {chat}") } else { written.name };
    let heard = sandbox.bot().hear(chat, &name, &written.text, wall_ms());
    sandbox.0.news.notify_one();
    match heard {
        Some((message, update)) => {
            Json(json!({ "message_id": message, "update_id": update })).into_response()
        }
        None => (StatusCode::INSUFFICIENT_STORAGE, "the sandbox is full").into_response(),
    }
}

async fn faults(State(sandbox): State<Sandbox>) -> Json<Faults> {
    Json(sandbox.bot().faults())
}

async fn set_faults(State(sandbox): State<Sandbox>, Json(faults): Json<Faults>) -> StatusCode {
    sandbox.bot().set_faults(faults);
    StatusCode::NO_CONTENT
}

fn wall_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
