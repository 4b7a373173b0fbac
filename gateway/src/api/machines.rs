//! HTTP for machines: metrics and health.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use tokio::net::TcpListener;

use crate::signalling::task::{Handle, Order};
use crate::store::Store;
use crate::telemetry::metrics::Metrics;

/// How long readiness waits for the database.
const DATABASE_WAIT: Duration = Duration::from_secs(2);

#[derive(Clone)]
struct Node {
    signalling: Handle,
    store: Store,
    metrics: Arc<Metrics>,
}

/// Serves `/metrics`, `/healthz` and `/readyz`; the address bound.
///
/// # Errors
/// The address is taken or not ours.
pub async fn start(
    listen: SocketAddr,
    signalling: Handle,
    store: Store,
    metrics: Arc<Metrics>,
) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(listen).await?;
    let local = listener.local_addr()?;
    let router = Router::new()
        .route("/metrics", get(scrape))
        .route("/healthz", get(healthy))
        .route("/readyz", get(ready))
        .with_state(Node { signalling, store, metrics });
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(local)
}

async fn scrape(State(node): State<Node>) -> Response {
    match node.signalling.ask(Order::Snapshot).await {
        Ok(snapshot) => {
            let kind = (header::CONTENT_TYPE, "text/plain; version=0.0.4");
            ([kind], node.metrics.render(&snapshot)).into_response()
        }
        Err(gone) => (StatusCode::SERVICE_UNAVAILABLE, gone.to_string()).into_response(),
    }
}

/// Alive: signalling takes orders.
async fn healthy(State(node): State<Node>) -> Response {
    match node.signalling.ask(Order::Snapshot).await {
        Ok(_) => "ok".into_response(),
        Err(gone) => (StatusCode::SERVICE_UNAVAILABLE, gone.to_string()).into_response(),
    }
}

/// Ready for calls. Without its database a node still is: calls go on and their records wait on disk.
async fn ready(State(node): State<Node>) -> Response {
    let signalling = node.signalling.ask(Order::Snapshot).await.is_ok();
    let ping = tokio::time::timeout(DATABASE_WAIT, node.store.ping()).await;
    let database = if matches!(ping, Ok(Ok(()))) { "ok" } else { "away: records wait on disk" };
    let code = if signalling { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(json!({ "signalling": signalling, "database": database }))).into_response()
}
