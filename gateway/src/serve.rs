//! A node from start to stop.

mod channels;
mod music;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ramal_media::event::Event as MediaEvent;
use ramal_media::io::WebRtcConfig as BrowserSockets;
use ramal_media::io::{BrowserAddress, IceTcp, PortPool, WorkerConfig, Workers};
use ramal_media::player::Country;
use ramal_media::recorder::wav::StoreOpener;
use ramal_media::recorder::{Format, RecordingKeys, SEALED_SUFFIX};
use ramal_media::webrtc::CandidateTransport;
use ramal_media::webrtc::certificate::DtlsCertificate;
use ramal_sip::auth::{Algorithm, AuthLimits, Challenger};
use ramal_sip::endpoint::{Endpoint, EndpointConfig, EndpointLimits};
use ramal_sip::message::Limits;
use ramal_sip::registration::RegistrationLimits;
use ramal_sip::transport::Transport;
use rand::TryRngCore;
use tokio::sync::{Notify, mpsc, watch};

use crate::api::WebParts;
use crate::call::{CallLimits, CallSettings, Calls};
use crate::chat::Chat;
use crate::config::{BrowserListen, Config, DigestAlgorithm, RecordingFormat, WebRtcConfig};
use crate::feed::Feed;
use crate::model::{CallRecord, Directory, RecordingRow, RecordingState, SealedSecret};
use crate::recordings::Recordings;
use crate::routing::floor;
use crate::routing::floor::voice::{VOICE_EVENTS_LIMIT, VOICE_ORDERS_LIMIT};
use crate::signalling::datagrams::Datagrams;
use crate::signalling::listener::{Bound, Door, accept_streams, bind};
use crate::signalling::listeners::Listeners;
use crate::signalling::media::{Media, RecordingPlace};
use crate::signalling::registrar::{Registrar, transport_of};
use crate::signalling::seats::Seats;
use crate::signalling::state::{Parts, Signalling};
use crate::signalling::stirred::Stirred;
use crate::signalling::stream::{Gate, Inbound, StreamLimits};
use crate::signalling::task::{self, Handle, INBOUND_LIMIT, Order, Shell};
use crate::signalling::tls::Tls;
use crate::signalling::trunk::Trunks;
use crate::signalling::voice::Voice;
use crate::sounds::{Music, Sounds};
use crate::store::{Fact, NodeKey, Store, Writer, WriterOptions};
use crate::telemetry::metrics::Metrics;
use channels::Ground;

/// Events of the media workers that may wait for signalling.
const MEDIA_EVENTS_LIMIT: usize = 65_536;
/// How often the database is asked whether an administrator has changed something.
const DIRECTORY_POLL: Duration = Duration::from_secs(2);
/// How often logins and links that are over are deleted; they are worth nothing before that.
const FORGET_INTERVAL: Duration = Duration::from_secs(600);
/// How long a status waits for the message that it speaks of: a day, in milliseconds.
const EARLY_STATUS_LIFETIME_MS: i64 = 86_400_000;
/// How long a silent party may stay silent between two questions whether it is still there.
const PROBE_INTERVAL: Duration = Duration::from_secs(30);
/// How long a trunk may ring; carriers give up earlier.
const TRUNK_RING: Duration = Duration::from_secs(120);

/// Why a node did not start, or did not stop well.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("{what}: {error}")]
    Io { what: String, error: std::io::Error },
    #[error("database: {0}")]
    Store(#[from] crate::store::StoreError),
    #[error(transparent)]
    Spool(#[from] crate::store::SpoolError),
    #[error(transparent)]
    Key(#[from] crate::store::NodeKeyError),
    #[error(transparent)]
    Tls(#[from] crate::signalling::tls::TlsError),
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
    #[error("{0}")]
    Other(String),
}

fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> ServeError {
    let what = what.into();
    move |error| ServeError::Io { what, error }
}

/// Where a running node listens.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Ready {
    pub ready: bool,
    /// Transport to address, the first of each kind.
    pub sip: HashMap<&'static str, String>,
    /// Every SIP socket as `transport address`, in the order of the configuration.
    pub listeners: Vec<String>,
    /// Where browsers' media comes in, as candidates name it, Worker by Worker.
    pub browsers: Vec<String>,
    pub http: String,
    /// Where pages are served.
    pub web: String,
    /// How people reach them.
    pub pages: String,
    pub control: String,
    pub recordings: String,
    /// How many phones could register.
    pub extensions: usize,
    /// Where the first administrator sets his password, while nobody could log in.
    pub setup_link: Option<String>,
}

/// The operator's socket of a node.
pub fn control_socket(config: &Config) -> PathBuf {
    config.node.data_dir.join("control.sock")
}

/// Runs a node until SIGINT or SIGTERM; `announce` is told when it is ready.
///
/// # Errors
/// What kept it from starting, with what to do about it.
pub async fn serve(config: Config, announce: impl FnOnce(&Ready)) -> Result<(), ServeError> {
    raise_file_limit();
    let data_dir = config.node.data_dir.clone();
    make_private_folder("node.data_dir", &data_dir)?;
    let _lock = lock(&data_dir)?;
    let key = Arc::new(NodeKey::load_or_create(&config.node.key_file())?);
    let store = Store::connect(&config.database.url(&data_dir)).await?;
    store.migrate().await?;
    // Looked for before there is a writer: it closes at once what it finds open, and what is closed nobody repairs.
    let cut_off = store.unfinished_calls(&config.node.name).await?;
    let rows = recordings_to_repair(&store, &config.node.name, &cut_off).await?;
    let options = WriterOptions::new(&config.node.name, config.node.spool_folder());
    let writer = Writer::start(store.clone(), options)?;
    repair_recordings(rows, &recording_keys(&config)?, &writer);
    if !cut_off.is_empty() {
        tracing::warn!(calls = cut_off.len(), "calls that the last stop cut off are closed");
    }
    let setup = first_administrator(&store).await;
    let started = start(&config, &store, writer.clone(), key).await?;
    let ready = Ready {
        setup_link: setup.map(|token| crate::api::link(&config.web.address(started.web), &token)),
        ..started.ready
    };
    tokio::spawn(forget_what_is_over(store.clone()));
    announce(&ready);
    wait_for_signal().await?;
    tracing::info!("stopping: running calls are ended");
    let _ = started.signalling.ask(Order::ShutDown).await;
    let _ = started.task.await;
    writer.close().await;
    let _ = std::fs::remove_file(control_socket(&config));
    Ok(())
}

/// Holds the folder for this process: a second node in it would take the first one's calls for cut off.
fn lock(data_dir: &Path) -> Result<std::fs::File, ServeError> {
    let path = data_dir.join("node.lock");
    let what = format!("node.data_dir: {}", path.display());
    let file = std::fs::File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(io(what.clone()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(ServeError::Other(format!(
            "another node runs with node.data_dir = {}: stop it first, or give this one a folder of its own",
            data_dir.display()
        ))),
        Err(std::fs::TryLockError::Error(error)) => Err(io(what)(error)),
    }
}

struct Started {
    signalling: Handle,
    task: tokio::task::JoinHandle<()>,
    ready: Ready,
    web: SocketAddr,
}

/// Who could log in at first. Calls do not depend on it.
async fn first_administrator(store: &Store) -> Option<String> {
    match crate::people::first_administrator(store, wall_ms()).await {
        Ok(token) => token,
        Err(error) => {
            tracing::error!(%error, "nobody can log in, and no link could be made: see ramal user");
            None
        }
    }
}

/// Deletes logins, links and answers whose time is over.
async fn forget_what_is_over(store: Store) {
    let mut tick = tokio::time::interval(FORGET_INTERVAL);
    loop {
        tick.tick().await;
        if let Err(error) = crate::people::forget_what_is_over(&store, wall_ms()).await {
            tracing::debug!(%error, "what is over could not be deleted: next time");
        }
        if let Err(error) = store.forget_early_statuses(wall_ms() - EARLY_STATUS_LIFETIME_MS).await {
            tracing::debug!(%error, "what is over could not be deleted: next time");
        }
    }
}

async fn start(
    config: &Config,
    store: &Store,
    writer: Writer,
    key: Arc<NodeKey>,
) -> Result<Started, ServeError> {
    let tls = Tls::load(&config.sip.tls, &config.node.data_dir, certificate_names(config))?;
    let sockets = Sockets::bind(config).await?;
    let (media_events, media_receiver) = mpsc::channel(MEDIA_EVENTS_LIMIT);
    let (voice_events, heard) = mpsc::channel(VOICE_EVENTS_LIMIT);
    let (ordering, voice_orders) = mpsc::channel(VOICE_ORDERS_LIMIT);
    let keys = recording_keys(config)?;
    let at_hand = Music::default();
    let media = start_media(config, &keys, media_events, Arc::clone(&at_hand))?;
    let folder = media.recordings.clone();
    let recordings = keep_recordings(config, &folder, keys, store)?;
    let (browsers, shelf) = (browser_addresses(&media), media.shelf());
    let mut signalling = Signalling::new(parts(config, sockets.listeners.clone(), media)?);
    let bindings = store.load_bindings(wall_ms()).await?;
    let directory = Arc::new(store.load_directory().await?);
    let revision = directory.revision();
    let phones = extensions(&directory);
    let open = |user: &str, sealed: &SealedSecret| key.open(user, sealed).ok();
    signalling.handle_directory(task::now(), Arc::clone(&directory), &open);
    signalling.registrar.restore(&bindings, &sockets.listeners);
    let gate = Gate::new(stream_limits(config));
    let (inbound_sender, inbound) = mpsc::channel(INBOUND_LIMIT);
    let (ready_sip, listening) = (sockets.addresses(), sockets.named());
    let door = door_of(config, &gate, &tls, &inbound_sender);
    let datagrams = sockets.read(&door);
    let feed = Feed::new(epoch()?);
    let shell = Shell {
        signalling,
        datagrams,
        gate,
        tls: tls.clone(),
        writer,
        key: Arc::clone(&key),
        inbound,
        inbound_sender,
        media_events: media_receiver,
        voice: Voice::new(voice_events, voice_orders),
        stirred: Stirred::new(feed.clone()),
        dns_servers: config.sip.dns_servers.clone().into(),
    };
    let (signalling, task) = task::start(shell);
    let reload = Arc::new(Notify::new());
    let (newest, directory) = watch::channel(directory);
    let floor = floor::start(floor::Parts {
        store: store.clone(),
        feed: feed.clone(),
        directory: directory.clone(),
        settings: floor_settings(config),
        voice_events: heard,
        voice_orders: ordering,
    })
    .await;
    let chat = Chat::new(store.clone(), feed.clone(), floor.clone());
    let ground =
        Ground { config, store, key: &key, feed: &feed, floor: &floor, chat: &chat, directory: &directory };
    let channels = channels::start(ground).await;
    let followed = Followed { signalling: signalling.clone(), pages: newest, seen: revision };
    tokio::spawn(follow_directory(store.clone(), Arc::clone(&reload), followed));
    let (socket, http) = for_operators(config, &signalling, store, &reload).await?;
    let sounds = Sounds::new(&config.speech, store.clone(), at_hand);
    tokio::spawn(music::keep(directory.clone(), sounds.clone()));
    tokio::spawn(music::lay_files(directory.clone(), shelf));
    let parts = WebParts {
        config: config.web.clone(),
        signalling: signalling.clone(),
        directory,
        key,
        tls,
        store: store.clone(),
        chat,
        feed,
        floor,
        reload: Arc::clone(&reload),
        channels,
        recordings,
        sounds,
    };
    let web = crate::api::start(parts).await.map_err(io(format!("web.listen {}", config.web.listen)))?;
    let ready = Ready {
        ready: true,
        sip: ready_sip,
        listeners: listening,
        browsers,
        http: http.to_string(),
        web: web.to_string(),
        pages: config.web.address(web),
        extensions: phones,
        setup_link: None,
        control: socket.display().to_string(),
        recordings: folder.display().to_string(),
    };
    Ok(Started { signalling, task, ready, web })
}

/// What every way in needs.
fn door_of(config: &Config, gate: &Arc<Gate>, tls: &Tls, inbound: &mpsc::Sender<Inbound>) -> Door {
    Door {
        gate: Arc::clone(gate),
        tls: tls.clone(),
        origins: config.sip.websocket_origins.clone().into(),
        trusted_proxies: config.web.trusted_proxies.clone().into(),
        inbound: inbound.clone(),
    }
}

/// The operator's socket, and the port of metrics and health: where both are.
async fn for_operators(
    config: &Config,
    signalling: &Handle,
    store: &Store,
    reload: &Arc<Notify>,
) -> Result<(PathBuf, SocketAddr), ServeError> {
    let socket = control_socket(config);
    crate::control::server::start(&socket, signalling.clone(), Arc::clone(reload))
        .map_err(io("control socket"))?;
    let metrics = Arc::new(Metrics::new()?);
    let http = crate::api::machines::start(config.http.listen, signalling.clone(), store.clone(), metrics)
        .await
        .map_err(io(format!("http.listen {}", config.http.listen)))?;
    Ok((socket, http))
}

fn floor_settings(config: &Config) -> floor::Settings {
    floor::Settings {
        agent_grace: Duration::from_secs(u64::from(config.desk.agent_grace_s)),
        visitor_grace_ms: i64::from(config.desk.visitor_grace_s) * 1_000,
    }
}

/// Extensions of all organizations.
fn extensions(directory: &Directory) -> usize {
    directory.organizations().iter().map(|one| directory.extensions(one.id).count()).sum()
}

fn parts(config: &Config, listeners: Listeners, media: Media) -> Result<Parts<Media>, ServeError> {
    let limits = &config.sip.limits;
    let timers = &config.sip.timers;
    let nonce_life = Duration::from_secs(u64::from(timers.nonce_s));
    Ok(Parts {
        endpoint: Endpoint::new(endpoint_config(config, &listeners), seed()?),
        calls: Calls::new(seed()?, CallLimits { calls: limits.calls as usize }),
        registrar: Registrar::new(RegistrationLimits {
            min_expires_s: limits.min_expires_s,
            max_expires_s: limits.max_expires_s,
            ..RegistrationLimits::default()
        }),
        trunks: Trunks::new(seed()?),
        listeners,
        media,
        challenger: Challenger::new(seed()?, nonce_life, AuthLimits::default())
            .with_algorithms(config.sip.digest.iter().map(|a| algorithm(*a)).collect()),
        settings: CallSettings {
            node: config.node.name.clone(),
            media_timeout_ms: config.media.timeout_s.saturating_mul(1000),
            probe_interval: PROBE_INTERVAL,
            trunk_ring_timeout: TRUNK_RING,
            max_call: Duration::from_secs(u64::from(timers.max_call_s)),
            country: Country::default(),
        },
        seats: Seats::new(Duration::from_secs(u64::from(config.web.seat_grace_s))),
    })
}

fn algorithm(configured: DigestAlgorithm) -> Algorithm {
    match configured {
        DigestAlgorithm::Md5 => Algorithm::Md5,
        DigestAlgorithm::Sha256 => Algorithm::Sha256,
    }
}

fn endpoint_config(config: &Config, listeners: &Listeners) -> EndpointConfig {
    let limits = &config.sip.limits;
    let timers = &config.sip.timers;
    let milliseconds = |ms: u32| Duration::from_millis(u64::from(ms));
    EndpointConfig {
        user_agent: config.sip.user_agent.clone(),
        advertised: listeners.iter().map(|l| (l.local, l.advertised)).collect(),
        t1: milliseconds(timers.t1_ms),
        t2: milliseconds(timers.t2_ms),
        t4: milliseconds(timers.t4_ms),
        limits: EndpointLimits {
            transactions: limits.transactions as usize,
            // Two dialogs a call, and as many again for phones that ring in parallel.
            dialogs: limits.calls as usize * 4,
            invites_per_second: limits.invites_per_source_per_s,
            invite_burst: limits.invites_per_source_per_s.saturating_mul(2),
            message: message_limits(config),
            ..EndpointLimits::default()
        },
        ..EndpointConfig::default()
    }
}

fn message_limits(config: &Config) -> Limits {
    let limits = &config.sip.limits;
    Limits {
        head_bytes: limits.head_bytes as usize,
        body_bytes: limits.body_bytes as usize,
        ..Limits::default()
    }
}

fn stream_limits(config: &Config) -> StreamLimits {
    StreamLimits {
        connections: config.sip.limits.connections as usize,
        connections_per_source: config.sip.limits.connections_per_source as usize,
        idle: Duration::from_secs(u64::from(config.sip.timers.connection_idle_s)),
        message: Duration::from_secs(u64::from(config.sip.timers.message_s)),
        framing: message_limits(config),
    }
}

/// Keeps what is recorded in a folder from now on.
fn keep_recordings(
    config: &Config,
    folder: &Path,
    keys: RecordingKeys,
    store: &Store,
) -> Result<Recordings, ServeError> {
    let (node, recording) = (&config.node.name, &config.recording);
    let recordings = Recordings::new(node, recording, folder.to_owned(), keys, store.clone());
    let recordings = recordings.map_err(ServeError::Other)?;
    recordings.keep();
    Ok(recordings)
}

/// The keys of recordings; none where they lie in the clear.
fn recording_keys(config: &Config) -> Result<RecordingKeys, ServeError> {
    let read = config.recording.key_file.as_deref().map(crate::recordings::read_keys);
    read.transpose().map(Option::unwrap_or_default).map_err(ServeError::Other)
}

fn start_media(
    config: &Config,
    keys: &RecordingKeys,
    events: mpsc::Sender<MediaEvent>,
    music: Music,
) -> Result<Media, ServeError> {
    let media = &config.media;
    let ports = PortPool::new(media.address, media.public_address, media.port_min..=media.port_max)
        .map_err(io("media.port_min..port_max"))?;
    let mut seed_bytes = [0; 8];
    seed_bytes.copy_from_slice(&seed()?[..8]);
    let ports =
        ports.starting_at(u32::from_le_bytes([seed_bytes[0], seed_bytes[1], seed_bytes[2], seed_bytes[3]]));
    let worker_config = WorkerConfig {
        gather_us: media.gather_us,
        seed: u64::from_le_bytes(seed_bytes),
        ..WorkerConfig::default()
    };
    let webrtc = browser_sockets(&media.webrtc)?;
    let store = keys.0.first().cloned().map(StoreOpener::sealing).unwrap_or_default();
    let worker_config = WorkerConfig { webrtc, store, ..worker_config };
    let count = match media.workers {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        count => count as usize,
    };
    let workers = Workers::start(count, worker_config, move |_, event| {
        // A full mailbox means that signalling has stalled; the CDR then goes without these figures.
        let _ = events.try_send(event);
    })
    .map_err(io("media workers, with media.webrtc.listen and first_port"))?;
    let folder = config.recording.folder(&config.node.data_dir);
    make_private_folder("recording.folder", &folder)?;
    let format = match config.recording.format {
        RecordingFormat::Opus => Format::OggOpus,
        RecordingFormat::Wav => Format::Wav,
    };
    let recordings = RecordingPlace {
        folder,
        min_free_bytes: u64::from(config.recording.min_free_mib) << 20,
        suffix: format!(".{}{}", format.extension(), if keys.0.is_empty() { "" } else { SEALED_SUFFIX }),
    };
    Media::new(workers, ports, recordings, music).map_err(io("thread for the disk"))
}

/// Where browsers reach the Workers, with a certificate for this run: descriptions carry its fingerprint.
fn browser_sockets(webrtc: &WebRtcConfig) -> Result<Option<BrowserSockets>, ServeError> {
    if webrtc.listen.is_empty() {
        return Ok(None);
    }
    let address = |at: &BrowserListen| BrowserAddress { bind: at.address, advertise: at.public_address };
    let certificate = DtlsCertificate::generate()
        .map_err(|error| ServeError::Other(format!("certificate for DTLS: {error}")))?;
    Ok(Some(BrowserSockets {
        addresses: webrtc.listen.iter().map(address).collect(),
        first_port: webrtc.first_port,
        tcp: if webrtc.ice_tcp { IceTcp::Listen } else { IceTcp::Off },
        certificate,
    }))
}

fn browser_addresses(media: &Media) -> Vec<String> {
    let faces = media.workers.handles().iter().filter_map(|handle| handle.webrtc());
    let candidates = faces.flat_map(|face| &face.candidates);
    candidates.filter(|c| c.transport == CandidateTransport::Udp).map(|c| c.address.to_string()).collect()
}

/// The bound SIP sockets, in the order of the configuration.
struct Sockets {
    bound: Vec<(Bound, SocketAddr)>,
    listeners: Listeners,
}

impl Sockets {
    async fn bind(config: &Config) -> Result<Self, ServeError> {
        let mut bound = Vec::new();
        for listen in &config.sip.listen {
            let transport = transport_of(listen.transport);
            let what = format!("sip.listen {} {}", listen.transport, listen.address);
            bound.push(bind(transport, listen.address).await.map_err(io(what))?);
        }
        let listeners = Listeners::new(
            bound.iter().map(|(socket, local)| (transport_of_bound(socket), *local)),
            config.sip.public_address,
        )
        .named(names_of(config));
        Ok(Self { bound, listeners })
    }

    fn addresses(&self) -> HashMap<&'static str, String> {
        let mut addresses = HashMap::new();
        for (socket, local) in &self.bound {
            addresses.entry(transport_of_bound(socket).name()).or_insert_with(|| local.to_string());
        }
        addresses
    }

    fn named(&self) -> Vec<String> {
        let name =
            |(socket, local): &(Bound, SocketAddr)| format!("{} {local}", transport_of_bound(socket).name());
        self.bound.iter().map(name).collect()
    }

    /// Starts to accept streams; the UDP sockets, which the signalling task reads itself.
    fn read(self, door: &Door) -> Datagrams {
        let mut udp = Vec::new();
        for (socket, local) in self.bound {
            match socket {
                Bound::Udp(socket) => {
                    udp.push((local, socket));
                }
                Bound::Stream(listener, transport) => {
                    tokio::spawn(accept_streams(listener, transport, local, door.clone()));
                }
            }
        }
        Datagrams::new(udp)
    }
}

/// Names of this node that requests may be addressed to beside the domains of its organizations.
fn names_of(config: &Config) -> Vec<String> {
    let here = config.sip.listen.iter().map(|listen| listen.address.ip());
    let local =
        here.filter(|ip| ip.is_loopback() || ip.is_unspecified()).map(|_| "localhost".to_owned()).take(1);
    let public = config.web.public_url.as_ref().and_then(|url| url.parse::<hyper::Uri>().ok());
    local.chain(public.and_then(|url| url.host().map(str::to_owned))).collect()
}

fn transport_of_bound(socket: &Bound) -> Transport {
    match socket {
        Bound::Udp(_) => Transport::Udp,
        Bound::Stream(_, transport) => *transport,
    }
}

/// Who learns of a new revision of the directory.
struct Followed {
    signalling: Handle,
    pages: watch::Sender<Arc<Directory>>,
    seen: i64,
}

/// Hands every new revision of the directory to signalling and to the API.
async fn follow_directory(store: Store, reload: Arc<Notify>, mut followed: Followed) {
    loop {
        let _ = tokio::time::timeout(DIRECTORY_POLL, reload.notified()).await;
        let revision = match store.revision().await {
            Ok(revision) if revision != followed.seen => revision,
            Ok(_) | Err(_) => continue,
        };
        match store.load_directory().await {
            Ok(directory) => {
                followed.seen = revision;
                let directory = Arc::new(directory);
                if followed.signalling.tell(Order::Directory(Arc::clone(&directory))).await.is_err() {
                    return;
                }
                // Last, so that whoever waits for a revision here finds signalling told.
                followed.pages.send_replace(directory);
                tracing::info!(revision, "configuration of the organizations taken over");
            }
            Err(error) => tracing::warn!(%error, "the directory cannot be read: the last one stays in force"),
        }
    }
}

/// The recordings that a crash has left open: their rows say so, or only those of their calls, if they did not come through.
async fn recordings_to_repair(
    store: &Store,
    node: &str,
    cut_off: &[CallRecord],
) -> Result<Vec<RecordingRow>, ServeError> {
    let open = store.unfinished_recordings(node).await?;
    let mut rows: Vec<RecordingRow> = open.into_iter().map(|kept| kept.row).collect();
    for call in cut_off {
        let (Some(path), Some(organization)) = (&call.recording, call.organization) else { continue };
        let known = store.recordings_of_call(organization, call.id).await?;
        if known.iter().all(|kept| kept.row.path != *path) {
            rows.push(RecordingRow {
                call: call.id,
                organization,
                path: path.clone(),
                part: 1,
                started_at_ms: call.answered_at_ms.unwrap_or(call.started_at_ms),
                seconds: 0.0,
                state: RecordingState::Writing,
                pauses: Vec::new(),
                peaks: None,
            });
        }
    }
    Ok(rows)
}

/// Makes the recordings of calls that a crash cut off playable to their last second. The calls themselves are closed by
/// the writer.
fn repair_recordings(rows: Vec<RecordingRow>, keys: &RecordingKeys, writer: &Writer) {
    for mut row in rows {
        (row.state, row.seconds) = match ramal_media::recorder::repair(Path::new(&row.path), keys) {
            Ok(seconds) => (RecordingState::Sealed, seconds),
            Err(error) => (RecordingState::Failed(error.to_string()), 0.0),
        };
        writer.record(Fact::RecordingEnded(row));
    }
}

fn certificate_names(config: &Config) -> Vec<String> {
    let mut names = vec!["localhost".to_owned()];
    let addresses = config.sip.listen.iter().map(|l| l.address.ip()).chain(config.sip.public_address);
    for ip in addresses.map(|ip| ip.to_string()) {
        if !names.contains(&ip) {
            names.push(ip);
        }
    }
    names
}

fn make_private_folder(key: &str, path: &Path) -> Result<(), ServeError> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::AlreadyExists | std::io::ErrorKind::NotADirectory => {
                "is a file, or lies below one: name a folder".to_owned()
            }
            _ => format!("cannot be made: {error}; name a folder that the user who runs ramal may write"),
        };
        ServeError::Other(format!("{key} = {} {why}", path.display()))
    })
}

/// Every call takes four sockets, six while both parties speak: the soft limit of open files is raised to the hard one.
fn raise_file_limit() {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both calls get a valid pointer to a struct that lives through them.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
        }
    }
}

/// What tells the events of this run from those of another.
fn epoch() -> Result<String, ServeError> {
    Ok(seed()?.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

fn seed() -> Result<[u8; 32], ServeError> {
    let mut seed = [0; 32];
    rand::rngs::OsRng
        .try_fill_bytes(&mut seed)
        .map_err(|e| ServeError::Other(format!("no randomness: {e}")))?;
    Ok(seed)
}

fn wall_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

async fn wait_for_signal() -> Result<(), ServeError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).map_err(io("SIGTERM"))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(io("SIGINT"))?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
