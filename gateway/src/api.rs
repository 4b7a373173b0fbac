//! HTTP: for machines, metrics and health; for pages, tokens, Seats, calls and events (docs/webrtc.md).

mod body;
mod calls;
mod console;
mod events;
mod hooks;
mod listener;
mod live;
pub mod machines;
mod origin;
mod problem;
mod sound;
mod throttle;
mod token;
mod trial;
mod unreadable;
pub mod v1;
mod whip;

use std::net::{IpAddr, SocketAddr};
use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::Router;
use axum::http::{HeaderMap, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Redirect;
use axum::routing::{get, post};
use ramal_sip::message::Limits;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore, oneshot, watch};
use tokio_rustls::TlsAcceptor;

use crate::chat::Chat;
use crate::config::WebConfig;
use crate::feed::{Audience, Feed};
use crate::model::{Directory, ExtensionId, OrganizationId};
use crate::people::People;
use crate::plugin::Channels;
use crate::recordings::Recordings;
use crate::routing::floor;
use crate::signalling::pages::PageOrder;
use crate::signalling::stream::{Gate, Pass, StreamLimits};
use crate::signalling::task::{Gone, Handle, Order};
use crate::signalling::tls::Tls;
use crate::sounds::Sounds;
use crate::store::{NodeKey, Store};
use listener::Listening;
use problem::Problem;
use throttle::{Guesses, Throttle};
use v1::Secure;

/// Requests in a row of one extension, and how many a second after that: more than a person clicks.
const REQUESTS_BURST: u32 = 100;
const REQUESTS_PER_SECOND: f64 = 20.0;
/// The same of one login of the console or a program.
const DESK_REQUESTS_BURST: u32 = 300;
const DESK_REQUESTS_PER_SECOND: f64 = 100.0;
/// Logins that are none, from one source: a console whose login is over asks a few times more.
const STRANGERS_BURST: u32 = 100;
const STRANGERS_PER_SECOND: f64 = 5.0;
/// Lines of one source: a page that reloads opens one each time.
const LINES_BURST: u32 = 100;
const LINES_PER_SECOND: f64 = 2.0;
/// How long an answer waits for this node to have taken over what it changed.
const FOLLOW_TIME: Duration = Duration::from_secs(2);

/// What serving pages needs.
pub struct WebParts {
    pub config: WebConfig,
    pub signalling: Handle,
    pub directory: watch::Receiver<Arc<Directory>>,
    pub key: Arc<NodeKey>,
    pub tls: Tls,
    pub store: Store,
    pub feed: Feed,
    pub floor: floor::Handle,
    pub chat: Chat,
    /// Wakes whoever follows the directory.
    pub reload: Arc<Notify>,
    pub channels: Channels,
    pub recordings: Recordings,
    pub sounds: Sounds,
}

/// What every request of a page meets.
#[derive(Clone)]
struct Web(Arc<Shared>);

struct Shared {
    config: WebConfig,
    signalling: Handle,
    directory: watch::Receiver<Arc<Directory>>,
    key: Arc<NodeKey>,
    store: Store,
    feed: Feed,
    floor: floor::Handle,
    chat: Chat,
    people: People,
    reload: Arc<Notify>,
    channels: Channels,
    recordings: Recordings,
    sounds: Sounds,
    /// Places in memory for large bodies of providers.
    large_bodies: Semaphore,
    /// Lines that one source opens.
    lines: Throttle,
    guesses: Guesses,
    requests: Throttle,
    desk_requests: Throttle,
    strangers: Throttle,
}

/// Where a request comes from, for limits.
#[derive(Clone, Copy)]
struct Source(IpAddr);

/// The other end of the connection.
#[derive(Clone, Copy)]
struct Peer(SocketAddr);

/// A place among the open connections, given back when dropped.
struct Place(#[expect(dead_code, reason = "held, not looked at")] Pass);

/// Serves pages; the address bound.
///
/// # Errors
/// The address is taken or not ours.
pub async fn start(parts: WebParts) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(parts.config.listen).await?;
    let local = listener.local_addr()?;
    let gate = Gate::new(StreamLimits {
        connections: parts.config.connections as usize,
        connections_per_source: parts.config.connections_per_source as usize,
        // Pages have limits of their own for these; the gate only counts.
        idle: Duration::ZERO,
        message: Duration::ZERO,
        framing: Limits::default(),
    });
    let tls = parts.config.tls.then(|| TlsAcceptor::from(Arc::clone(&parts.tls.server)));
    let trusted_proxies = parts.config.trusted_proxies.clone();
    let web = Web(Arc::new(Shared {
        people: People::new(parts.store.clone(), parts.config.token_h),
        store: parts.store,
        feed: parts.feed,
        floor: parts.floor,
        chat: parts.chat,
        reload: parts.reload,
        channels: parts.channels,
        recordings: parts.recordings,
        sounds: parts.sounds,
        large_bodies: Semaphore::new(hooks::LARGE_BODIES),
        lines: Throttle::new(LINES_BURST, LINES_PER_SECOND),
        config: parts.config,
        signalling: parts.signalling,
        directory: parts.directory,
        key: parts.key,
        guesses: Guesses::default(),
        requests: Throttle::new(REQUESTS_BURST, REQUESTS_PER_SECOND),
        desk_requests: Throttle::new(DESK_REQUESTS_BURST, DESK_REQUESTS_PER_SECOND),
        strangers: Throttle::new(STRANGERS_BURST, STRANGERS_PER_SECOND),
    }));
    let listening = Listening { router: router(web), gate, tls, trusted_proxies };
    tokio::spawn(listener::accept(listener, listening));
    Ok(local)
}

fn router(web: Web) -> Router {
    Router::new()
        .route("/api/token", post(token::grant))
        .route("/api/events", get(events::upgrade))
        .route("/api/calls", get(calls::list).post(calls::dial))
        .route("/api/calls/{id}", axum::routing::delete(calls::hang_up))
        .route("/api/calls/{id}/answer", post(calls::answer))
        .route("/api/calls/{id}/reject", post(calls::reject))
        .route("/api/calls/{id}/hold", post(calls::hold))
        .route("/api/calls/{id}/resume", post(calls::resume))
        .route("/api/calls/{id}/dtmf", post(calls::dtmf))
        .route("/api/calls/{id}/transfer", post(calls::transfer))
        .route("/whip", post(whip::attach).options(whip::options))
        .route("/whip/{attachment}", axum::routing::patch(whip::patch).delete(whip::detach))
        .route_layer(from_fn(v1::none_known))
        .merge(v1::mounted(&web))
        .route("/trial", get(async || Redirect::permanent("/trial/")))
        .route("/trial/", get(trial::index))
        .route("/trial/node.json", get(trial::node))
        .route("/trial/{file}", get(trial::file))
        .fallback(console::file)
        .layer(from_fn(problem::in_one_form))
        .layer(from_fn_with_state(web.clone(), origin::check))
        // Of other origins: providers, and pages with a widget.
        .merge(hooks::routes())
        .merge(live::routes())
        .with_state(web)
}

impl Deref for Web {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Shared {
    fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.directory.borrow())
    }

    /// Something that lies in the directory was changed: this node looks at once, others within seconds.
    fn wake(&self) {
        self.reload.notify_one();
    }

    /// Wakes, and waits until this node has taken over the revision, so that what was just made works.
    async fn followed(&self, revision: i64) {
        self.wake();
        let mut directory = self.directory.clone();
        let taken = directory.wait_for(|directory| directory.revision() >= revision);
        let _ = tokio::time::timeout(FOLLOW_TIME, taken).await;
    }

    /// Every console of the organization hears that this kind of row was changed.
    fn tell_changed(&self, organization: OrganizationId, what: &'static str) {
        self.feed.publish(organization, Audience::Everybody, "changed", json!({ "what": what }));
    }

    /// Where whoever asks reaches this node, without a slash at its end.
    fn own_url(&self, headers: &HeaderMap) -> String {
        if let Some(url) = &self.config.public_url {
            return url.clone();
        }
        let told = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        // It decides nothing but what is shown: whoever lies about it deceives himself.
        let secure = self.config.tls || told("x-forwarded-proto") == Some("https");
        let scheme = if secure { "https" } else { "http" };
        match told("host") {
            Some(host) => format!("{scheme}://{host}"),
            None => format!("{scheme}://{}", self.config.listen),
        }
    }

    /// The address of the console's page for a link, as whoever asks reaches this node.
    fn link(&self, secure: Secure, headers: &HeaderMap, token: &str) -> String {
        let asked = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let here = || match (secure, asked) {
            (Secure::Https, Some(host)) => format!("https://{host}"),
            (Secure::Plain, Some(host)) => format!("http://{host}"),
            (Secure::Https | Secure::Plain, None) => format!("http://{}", self.config.listen),
        };
        link(&self.config.public_url.clone().unwrap_or_else(here), token)
    }

    /// Asks signalling for an extension.
    async fn ask<T>(
        &self,
        extension: ExtensionId,
        order: impl FnOnce(oneshot::Sender<T>) -> PageOrder,
    ) -> Result<T, Gone> {
        self.signalling.ask(|reply| Order::Page(extension, order(reply))).await
    }

    /// # Errors
    /// The extension asks for more than a person does.
    fn limit(&self, extension: ExtensionId) -> Result<(), Problem> {
        match self.requests.count(Instant::now(), &extension) {
            0 => Ok(()),
            wait_s => Err(Problem::too_many("This page asks too often.", wait_s)),
        }
    }
}

/// Where the console takes a link.
pub fn link(node: &str, token: &str) -> String {
    format!("{node}/#/link/{token}")
}

fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
