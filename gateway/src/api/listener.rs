//! The sockets of pages: limits, TLS, one task a connection.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::{Peer, Place, Source};
use crate::forwarded::source;
use crate::signalling::stream::Gate;

/// How long a TLS handshake may take.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// How long the head of a request may take, and how long a connection may stay idle between two.
const HEAD_TIME: Duration = Duration::from_secs(30);
/// Largest head of a request, in bytes.
const HEAD_LIMIT: usize = 16 << 10;
/// How long a listener rests when the system has no more files to give.
const REST: Duration = Duration::from_millis(100);

/// What all connections share.
pub struct Listening {
    pub router: Router,
    pub gate: Arc<Gate>,
    pub tls: Option<TlsAcceptor>,
    pub trusted_proxies: Vec<IpAddr>,
}

/// Accepts until the process ends.
pub async fn accept(listener: TcpListener, listening: Listening) {
    let listening = Arc::new(listening);
    loop {
        match listener.accept().await {
            Ok((stream, remote)) => {
                // At a limit the connection is closed at once.
                let Some(place) = listening.gate.enter(remote.ip()) else { continue };
                tokio::spawn(serve(stream, remote, Arc::clone(&listening), Place(place)));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection of a page could not be accepted");
                tokio::time::sleep(REST).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, remote: SocketAddr, listening: Arc<Listening>, place: Place) {
    let _ = stream.set_nodelay(true);
    let served = match &listening.tls {
        None => speak(stream, remote, &listening, place).await,
        Some(tls) => match timeout(HANDSHAKE_TIME, tls.accept(stream)).await {
            Ok(Ok(stream)) => speak(stream, remote, &listening, place).await,
            Ok(Err(error)) => Err(error),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        },
    };
    if let Err(error) = served {
        tracing::debug!(http.remote = %remote, %error, "connection of a page ended");
    }
}

async fn speak<S>(stream: S, remote: SocketAddr, listening: &Listening, place: Place) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let place = Arc::new(place);
    let router = TowerToHyperService::new(listening.router.clone());
    let service = service_fn(|mut request: Request<Incoming>| {
        let source = source(remote, request.headers(), &listening.trusted_proxies);
        request.extensions_mut().insert(Source(source));
        request.extensions_mut().insert(Peer(remote));
        request.extensions_mut().insert(Arc::clone(&place));
        router.call(request.map(Body::new))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_LIMIT)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    connection.await.map_err(io::Error::other)
}
