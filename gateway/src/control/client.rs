//! The command line's side of the Unix socket.

use std::path::{Path, PathBuf};

use axum::http::Request;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

/// Why a running node could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    #[error("no node answers at {}: is it running, with the same data_dir, as the same user? ({error})", .path.display())]
    NotRunning { path: PathBuf, error: std::io::Error },
    #[error("{0}")]
    Refused(String),
    #[error("the node's answer broke off: {0}")]
    Broken(String),
}

/// Asks a running node; the body of its answer.
///
/// # Errors
/// No node runs there, or it says no.
pub async fn ask(socket: &Path, method: &str, path: &str) -> Result<String, ControlError> {
    let stream = UnixStream::connect(socket)
        .await
        .map_err(|error| ControlError::NotRunning { path: socket.to_owned(), error })?;
    let broken = |error: hyper::Error| ControlError::Broken(error.to_string());
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "ramal")
        .body(Empty::<bytes::Bytes>::new())
        .map_err(|error| ControlError::Refused(error.to_string()))?;
    let response = sender.send_request(request).await.map_err(broken)?;
    let ok = response.status().is_success();
    let body = response.into_body().collect().await.map_err(broken)?.to_bytes();
    let text = String::from_utf8_lossy(&body).into_owned();
    if ok { Ok(text) } else { Err(ControlError::Refused(text)) }
}
