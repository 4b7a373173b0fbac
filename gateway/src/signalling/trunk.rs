//! The trunks at run time: where they are, whether they answer, and our own registrations with them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ramal_sip::auth::{Credentials, Ha1, Secret};
use ramal_sip::endpoint::{ClientTx, Endpoint, Failure, OutOfDialog};
use ramal_sip::message::{Method, NameAddr, Response, Uri};
use ramal_sip::registration::{Registrant, RegistrantConfig, RegistrantOutput, RegistrantState};
use ramal_sip::transport::Flow;
use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};

use super::listeners::Listeners;
use super::registrar::transport_of;
use super::resolve::{Found, NotFound, Wanted};
use crate::model::{Directory, OutboundSecret, SealedSecret, Trunk, TrunkId};

/// A trunk that did not answer OPTIONS is asked again sooner than one that did.
const DOWN_PING: Duration = Duration::from_secs(10);

/// How long an address that did not answer is tried last.
const AVOIDED: Duration = Duration::from_secs(300);

/// Opens the sealed password of a user name with the node's key.
pub type Unseal<'a> = &'a dyn Fn(&str, &SealedSecret) -> Option<String>;

/// Every enabled trunk at run time.
pub struct Trunks {
    states: HashMap<TrunkId, TrunkState>,
    random: StdRng,
}

struct TrunkState {
    trunk: Trunk,
    credentials: Option<Credentials>,
    /// In the order in which they are tried (RFC 3263 §4.3).
    addresses: Vec<SocketAddr>,
    /// SRV records named them.
    by_srv: bool,
    /// The last look-up found nothing.
    is_lost: bool,
    /// Those that did not answer of late, and until when they are tried last; with probes, when they are probed.
    avoided: Vec<(SocketAddr, Instant)>,
    /// Probes in a row that went unanswered, each at another address.
    missed: usize,
    registrant: Option<Registrant>,
    /// Our REGISTER, and where it went.
    register_tx: Option<(ClientTx, SocketAddr)>,
    health: Health,
    /// Our OPTIONS, and where it went.
    ping_tx: Option<(ClientTx, SocketAddr)>,
    /// It went to one that is tried last, to see whether it is back.
    ping_is_extra: bool,
    ping_at: Option<Instant>,
    /// Why the last probe went unanswered.
    unanswered: Option<Trouble>,
}

/// Why a trunk cannot be used now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// Its connection was refused or broke.
    ConnectionFailed,
    /// It does not answer our probes.
    NoAnswer,
    /// None of our sockets speaks its transport over its version of IP: `sip.listen`.
    NoSocket,
    /// No address is known for its name.
    NotResolved,
    /// It does not answer our registration.
    RegistrationNotAnswered,
    /// It refuses our registration, with this status.
    RegistrationRefused(u16),
    /// It says itself that it cannot serve: 503.
    Unavailable,
}

/// What OPTIONS says of a trunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Not asked: no probes are configured, or none was answered yet.
    Unknown,
    Up,
    Down,
}

impl Health {
    /// As listings and the API say it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// One trunk, for operators.
#[derive(Clone, Debug, serde::Serialize)]
pub struct TrunkSummary {
    pub organization: i64,
    pub name: String,
    pub host: String,
    pub addresses: Vec<String>,
    pub registration: String,
    pub health: Health,
    /// Whether it has our registration; none: it gets none of us.
    pub registered: Option<bool>,
    pub trouble: Option<Trouble>,
}

impl Trunks {
    pub fn new(seed: [u8; 32]) -> Self {
        Self { states: HashMap::new(), random: StdRng::from_seed(seed) }
    }

    /// Follows a new directory: what is gone is unregistered, what is reached in another way starts anew.
    pub fn follow(
        &mut self,
        now: Instant,
        directory: &Directory,
        unseal: Unseal<'_>,
        endpoint: &mut Endpoint,
    ) {
        let gone: Vec<TrunkId> = self
            .states
            .iter()
            .filter(|(id, state)| {
                directory.trunk(**id).is_none_or(|is| !is.enabled || !is_reached_alike(is, &state.trunk))
            })
            .map(|(id, _)| *id)
            .collect();
        for id in gone {
            if let Some(mut state) = self.states.remove(&id)
                && let Some(registrant) = &mut state.registrant
            {
                registrant.unregister(now);
                drain(now, registrant, endpoint);
            }
        }
        for trunk in directory.all_trunks().iter().filter(|t| t.enabled) {
            let state = self.states.entry(trunk.id).or_insert_with(|| TrunkState {
                trunk: trunk.clone(),
                credentials: credentials(trunk, unseal),
                addresses: trunk.host.parse().map(|ip| vec![address(trunk, ip)]).unwrap_or_default(),
                by_srv: false,
                is_lost: false,
                avoided: Vec::new(),
                missed: 0,
                registrant: None,
                register_tx: None,
                health: Health::Unknown,
                ping_tx: None,
                ping_is_extra: false,
                ping_at: trunk.options_ping_s.map(|_| now),
                unanswered: None,
            });
            state.trunk.clone_from(trunk);
        }
    }

    /// Hosts that have to be looked up.
    pub fn names(&self) -> Vec<Wanted> {
        let by_name = |(id, state): (&TrunkId, &TrunkState)| {
            let trunk = &state.trunk;
            let is_name = trunk.host.parse::<std::net::IpAddr>().is_err();
            is_name.then(|| Wanted {
                trunk: *id,
                host: trunk.host.clone(),
                port: trunk.port,
                transport: transport_of(trunk.transport),
                by_srv: state.by_srv,
            })
        };
        self.states.iter().filter_map(by_name).collect()
    }

    /// The name a TLS peer at that address has to show.
    pub fn server_name(&self, remote: SocketAddr) -> Option<&str> {
        self.states.values().find(|s| s.addresses.contains(&remote)).map(|s| s.trunk.host.as_str())
    }

    /// Takes the outcome of a look-up. What is known stays where nothing is found.
    pub fn resolved(&mut self, now: Instant, id: TrunkId, found: Result<Found, NotFound>) {
        let Some(state) = self.states.get_mut(&id) else { return };
        let was_lost = std::mem::replace(&mut state.is_lost, found.is_err());
        match found {
            Ok(Found { addresses, by_srv }) => {
                if was_lost {
                    tracing::info!(trunk.name = %state.trunk.name, trunk.host = %state.trunk.host, "trunk name resolved again");
                }
                (state.addresses, state.by_srv) = (addresses, by_srv);
                state.forget_avoided(now);
                state.order();
            }
            Err(reason) if !was_lost => {
                tracing::warn!(
                    trunk.name = %state.trunk.name, trunk.host = %state.trunk.host, %reason,
                    "trunk name not resolved: the last known addresses stay in use"
                );
            }
            Err(_) => {}
        }
    }

    /// An address of a trunk did not answer: others are tried before it for a while.
    pub fn unreachable(&mut self, now: Instant, id: TrunkId, address: SocketAddr) {
        if let Some(state) = self.states.get_mut(&id) {
            state.avoid(now, address);
        }
    }

    /// The ways to a trunk in the order in which they are tried; none while its name is not resolved or no socket fits.
    pub fn flows(&self, trunk: &Trunk, listeners: &Listeners) -> Vec<Flow> {
        let Some(state) = self.states.get(&trunk.id) else { return Vec::new() };
        let transport = transport_of(trunk.transport);
        state.addresses.iter().filter_map(|remote| listeners.flow_to(transport, *remote)).collect()
    }

    pub fn credentials(&self, id: TrunkId) -> Option<Credentials> {
        self.states.get(&id).and_then(|s| s.credentials.clone())
    }

    /// Sends what is due: registrations and probes.
    pub fn handle_timeout(&mut self, now: Instant, endpoint: &mut Endpoint, listeners: &Listeners) {
        let random = &mut self.random;
        for state in self.states.values_mut() {
            state.start_registration(now, listeners, random);
            if let Some(registrant) = &mut state.registrant {
                registrant.handle_timeout(now);
                if let Some(tx) = drain(now, registrant, endpoint) {
                    state.register_tx = Some(tx);
                }
            }
            if state.ping_at.is_some_and(|at| at <= now) && state.ping_tx.is_none() {
                state.ping(now, endpoint, listeners);
            }
        }
    }

    /// When something is due next.
    pub fn next_timeout(&mut self) -> Option<Instant> {
        let due = |state: &mut TrunkState| {
            let registration = state.registrant.as_mut().and_then(next_of);
            let ping = state.ping_at.filter(|_| state.ping_tx.is_none());
            registration.into_iter().chain(ping).min()
        };
        self.states.values_mut().filter_map(due).min()
    }

    /// Takes the outcome of a request. True if it was one of ours.
    pub fn handle_response(
        &mut self,
        now: Instant,
        tx: ClientTx,
        outcome: &Result<Response, Failure>,
        endpoint: &mut Endpoint,
        listeners: &Listeners,
    ) -> bool {
        let random = &mut self.random;
        let at =
            |sent: Option<(ClientTx, SocketAddr)>| sent.filter(|(known, _)| *known == tx).map(|(_, at)| at);
        for state in self.states.values_mut() {
            if let Some(remote) = at(state.register_tx) {
                state.registered(now, outcome, remote, listeners);
                state.register_tx = state.registrant.as_mut().and_then(|r| drain(now, r, endpoint));
                return true;
            }
            if let Some(remote) = at(state.ping_tx) {
                state.pinged(now, outcome, remote, random);
                return true;
            }
        }
        false
    }

    /// Gives up our registrations: the node goes down in order.
    pub fn unregister_all(&mut self, now: Instant, endpoint: &mut Endpoint) {
        for state in self.states.values_mut() {
            if let Some(registrant) = &mut state.registrant {
                registrant.unregister(now);
                state.register_tx = drain(now, registrant, endpoint).or(state.register_tx);
            }
        }
    }

    /// True while a carrier has not answered our last REGISTER.
    pub fn awaits_registrars(&self) -> bool {
        self.states.values().any(|state| state.register_tx.is_some())
    }

    pub fn summaries(&self, now: Instant, listeners: &Listeners) -> Vec<TrunkSummary> {
        let summary = |state: &TrunkState| TrunkSummary {
            organization: state.trunk.organization.0,
            name: state.trunk.name.clone(),
            host: state.trunk.host.clone(),
            addresses: state.addresses.iter().map(ToString::to_string).collect(),
            registration: state.registrant.as_ref().map_or("none".to_owned(), |r| words(r.state(), now)),
            health: state.health,
            registered: state.trunk.register.as_ref().map(|_| {
                matches!(
                    state.registrant.as_ref().map(Registrant::state),
                    Some(RegistrantState::Registered { .. })
                )
            }),
            trouble: state.trouble(listeners),
        };
        let mut all: Vec<TrunkSummary> = self.states.values().map(summary).collect();
        all.sort_by(|a, b| (a.organization, &a.name).cmp(&(b.organization, &b.name)));
        all
    }
}

impl TrunkState {
    /// Takes the outcome of a REGISTER. Where that machine does not serve, the next one that has not failed of late is asked at once
    /// (RFC 3263 §4.3).
    fn registered(
        &mut self,
        now: Instant,
        outcome: &Result<Response, Failure>,
        remote: SocketAddr,
        listeners: &Listeners,
    ) {
        if let Some(registrant) = &mut self.registrant {
            registrant.handle_response(now, outcome.as_ref().map_err(|f| *f));
        }
        if !is_unreachable(outcome) {
            return;
        }
        self.avoid(now, remote);
        let next = self.way(listeners).filter(|flow| flow.remote != remote && !self.is_avoided(flow.remote));
        if let (Some(next), Some(registrant)) = (next, &mut self.registrant) {
            registrant.set_target(next);
            registrant.try_at_once(now);
        }
    }

    fn is_avoided(&self, address: SocketAddr) -> bool {
        self.avoided.iter().any(|(known, _)| *known == address)
    }

    /// The first choice among the ways to it.
    fn way(&self, listeners: &Listeners) -> Option<Flow> {
        let transport = transport_of(self.trunk.transport);
        self.addresses.iter().find_map(|remote| listeners.flow_to(transport, *remote))
    }

    /// Where probes are sent only an answer to one shows that a machine serves again; elsewhere time has to do.
    fn forget_avoided(&mut self, now: Instant) {
        let probes = self.trunk.options_ping_s.is_some();
        let addresses = &self.addresses;
        self.avoided.retain(|(known, until)| addresses.contains(known) && (probes || now < *until));
    }

    fn avoid(&mut self, now: Instant, address: SocketAddr) {
        if self.addresses.len() < 2 || !self.addresses.contains(&address) {
            return;
        }
        self.forget_avoided(now);
        self.avoided.retain(|(known, _)| *known != address);
        self.avoided.push((address, now + AVOIDED));
        self.order();
    }

    /// Those that did not answer come last, the one that was tried last at the end; the order of all others stays.
    fn order(&mut self) {
        let avoided = &self.avoided;
        let rank = |address: &SocketAddr| {
            avoided.iter().position(|(known, _)| known == address).map_or(0, |at| at + 1)
        };
        self.addresses.sort_by_key(rank);
    }

    fn start_registration(&mut self, now: Instant, listeners: &Listeners, random: &mut StdRng) {
        let Some(register) = &self.trunk.register else { return };
        let Some(target) = self.way(listeners) else { return };
        if let Some(registrant) = &mut self.registrant {
            return registrant.set_target(target);
        }
        let Ok(aor) = Uri::parse(register.aor.as_bytes()) else { return };
        let config = RegistrantConfig {
            registrar: Uri::sip(None, &self.trunk.host, self.trunk.port),
            aor,
            contact: listeners.contact(&target, &register.contact_user),
            target,
            credentials: self.credentials.clone(),
            expires_s: register.expires_s,
        };
        let mut seed = [0; 32];
        random.fill_bytes(&mut seed);
        let mut registrant = Registrant::new(config, seed);
        registrant.register(now);
        self.registrant = Some(registrant);
    }

    /// What has to be mended first.
    fn trouble(&self, listeners: &Listeners) -> Option<Trouble> {
        let transport = transport_of(self.trunk.transport);
        if self.addresses.is_empty() {
            return Some(Trouble::NotResolved);
        }
        if self.addresses.iter().all(|remote| listeners.flow_to(transport, *remote).is_none()) {
            return Some(Trouble::NoSocket);
        }
        let registration = match self.registrant.as_ref().map(Registrant::state) {
            Some(RegistrantState::Refused { status, .. }) => {
                Some(Trouble::RegistrationRefused(status.as_u16()))
            }
            Some(RegistrantState::Failed { failure: Failure::Transport, .. }) => {
                Some(Trouble::ConnectionFailed)
            }
            Some(RegistrantState::Failed { .. }) => Some(Trouble::RegistrationNotAnswered),
            Some(
                RegistrantState::Registered { .. }
                | RegistrantState::Registering
                | RegistrantState::Unregistered
                | RegistrantState::Unregistering,
            )
            | None => None,
        };
        self.unanswered.or(registration)
    }

    /// Probes the first choice, or one that did not answer, once it was left alone long enough.
    fn ping(&mut self, now: Instant, endpoint: &mut Endpoint, listeners: &Listeners) {
        let transport = transport_of(self.trunk.transport);
        let due = self.avoided.iter().filter(|(_, at)| *at <= now);
        let back = due.into_iter().find_map(|(remote, _)| listeners.flow_to(transport, *remote));
        let way = self.way(listeners);
        self.ping_is_extra = back.is_some_and(|back| way.is_some_and(|way| way.remote != back.remote));
        let Some(flow) = back.or(way) else {
            self.ping_at = Some(now + DOWN_PING);
            return;
        };
        let uri = Uri::sip(None, &self.trunk.host, self.trunk.port);
        let tx = endpoint.request(
            now,
            OutOfDialog {
                method: Method::Options,
                uri: uri.clone(),
                flow,
                from: NameAddr::new(listeners.contact(&flow, "")),
                to: NameAddr::new(uri),
                call_id: None,
                cseq: None,
                headers: Vec::new(),
                body: None,
                credentials: self.credentials.clone(),
            },
        );
        self.ping_tx = Some((tx, flow.remote));
    }

    /// Any answer at all shows that the trunk is there; a 503 says that it cannot serve (RFC 3261 §21.5.4).
    fn pinged(
        &mut self,
        now: Instant,
        outcome: &Result<Response, Failure>,
        remote: SocketAddr,
        random: &mut StdRng,
    ) {
        self.ping_tx = None;
        if is_unreachable(outcome) {
            self.avoid(now, remote);
            if self.ping_is_extra {
                // Still not there: that says nothing of the machine that serves, which is probed next.
                self.ping_at = Some(now);
                return;
            }
            self.missed += 1;
            if self.missed < self.addresses.len() {
                // Another machine of the carrier may be there.
                self.ping_at = Some(now);
                return;
            }
        }
        if !is_unreachable(outcome) {
            self.avoided.retain(|(known, _)| *known != remote);
            self.order();
        }
        self.missed = 0;
        let health = match outcome {
            Ok(response) if response.status.as_u16() != 503 => Health::Up,
            Ok(_) | Err(_) => Health::Down,
        };
        self.unanswered = match outcome {
            Ok(_) if health == Health::Up => None,
            Ok(_) => Some(Trouble::Unavailable),
            Err(Failure::Transport) => Some(Trouble::ConnectionFailed),
            Err(Failure::Timeout | Failure::Limit | Failure::NoDialog) => Some(Trouble::NoAnswer),
        };
        if health != self.health {
            tracing::info!(trunk.name = %self.trunk.name, ?health, "trunk health changed");
        }
        self.health = health;
        let interval = Duration::from_secs(u64::from(self.trunk.options_ping_s.unwrap_or(60)));
        let interval = if health == Health::Up { interval } else { interval.min(DOWN_PING) };
        self.ping_at = Some(now + interval.mul_f64(random.random_range(0.9..1.1)));
    }
}

/// Whether another address is worth a try (RFC 3263 §4.3).
fn is_unreachable(outcome: &Result<Response, Failure>) -> bool {
    match outcome {
        Ok(response) => response.status.as_u16() == 503,
        Err(failure) => matches!(failure, Failure::Transport | Failure::Timeout),
    }
}

/// Performs what a registration asks for; the request that was sent, if any, and where it went.
fn drain(
    now: Instant,
    registrant: &mut Registrant,
    endpoint: &mut Endpoint,
) -> Option<(ClientTx, SocketAddr)> {
    let mut sent = None;
    loop {
        match registrant.poll_output() {
            RegistrantOutput::Request(request) => {
                let remote = request.flow.remote;
                sent = Some((endpoint.request(now, request), remote));
            }
            RegistrantOutput::State(state) => {
                tracing::info!(state = %words(state, now), "trunk registration")
            }
            RegistrantOutput::Timeout(_) => return sent,
        }
    }
}

fn next_of(registrant: &mut Registrant) -> Option<Instant> {
    match registrant.poll_output() {
        RegistrantOutput::Timeout(at) => at,
        RegistrantOutput::Request(_) | RegistrantOutput::State(_) => None,
    }
}

fn words(state: RegistrantState, now: Instant) -> String {
    let seconds = |at: Instant| at.saturating_duration_since(now).as_secs();
    match state {
        RegistrantState::Unregistered => "unregistered".to_owned(),
        RegistrantState::Registering => "registering".to_owned(),
        RegistrantState::Registered { until } => format!("registered, {} s left", seconds(until)),
        RegistrantState::Refused { status, retry_at } => {
            format!("refused with {}, next try in {} s", status.as_u16(), seconds(retry_at))
        }
        RegistrantState::Failed { failure, retry_at } => {
            format!("failed ({failure:?}), next try in {} s", seconds(retry_at))
        }
        RegistrantState::Unregistering => "unregistering".to_owned(),
    }
}

fn credentials(trunk: &Trunk, unseal: Unseal<'_>) -> Option<Credentials> {
    let kept = trunk.credentials_out.as_ref()?;
    let (realm, secret) = match &kept.secret {
        OutboundSecret::Ha1 { realm, ha1 } => {
            let ha1 = Ha1 { md5: Some(ha1.md5.clone()), sha256: Some(ha1.sha256.clone()) };
            (Some(realm.clone()), Secret::Ha1(ha1))
        }
        OutboundSecret::Sealed(sealed) => (None, Secret::Password(unseal(&kept.username, sealed)?)),
    };
    Some(Credentials { realm, username: kept.username.clone(), secret })
}

/// Whether address, registration and probes of a trunk are as they were.
fn is_reached_alike(is: &Trunk, was: &Trunk) -> bool {
    let place = |t: &Trunk| (t.host.clone(), t.port, t.transport, t.options_ping_s);
    place(is) == place(was) && is.register == was.register && is.credentials_out == was.credentials_out
}

fn port(trunk: &Trunk) -> u16 {
    trunk.port.unwrap_or_else(|| transport_of(trunk.transport).default_port())
}

fn address(trunk: &Trunk, ip: std::net::IpAddr) -> SocketAddr {
    SocketAddr::new(ip, port(trunk))
}
