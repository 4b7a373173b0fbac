use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::auth::Credentials;
use crate::endpoint::{Failure, OutOfDialog};
use crate::message::{Contacts, Header, HeaderName, Method, NameAddr, Response, StatusCode, Uri};
use crate::transport::Flow;

/// Wait after a failure or a passing refusal: doubled each time, from and up to (RFC 5626 §4.5).
const RETRY_MIN: Duration = Duration::from_secs(30);
const RETRY_MAX: Duration = Duration::from_secs(1_800);
/// Wait after a refusal that somebody has to look into: a wrong password sent too often locks an account.
const REFUSED_MIN: Duration = Duration::from_secs(300);
const REFUSED_MAX: Duration = Duration::from_secs(3_600);
/// Renewal, in thousandths of the granted time. The spread keeps many trunks from renewing at once.
const RENEW_MILLI: std::ops::RangeInclusive<u64> = 750..=900;
/// A grant shorter than this would be renewed without pause; it is taken for this.
const GRANT_MIN_S: u32 = 10;
/// A minimum asked for by 423 above this is not obeyed.
const EXPIRES_MAX_S: u32 = 604_800;
/// Answers 423 in a row that are obeyed.
const MAX_TOO_BRIEF: u8 = 2;
/// Numbers that a REGISTER without an answer may have used up in answering challenges.
const CSEQ_STEP: u32 = 8;

/// Our registration at a trunk.
#[derive(Clone, Debug)]
pub struct RegistrantConfig {
    /// Request-URI: the registrar's domain, without user.
    pub registrar: Uri,
    /// Address of record, in From and To.
    pub aor: Uri,
    pub contact: Uri,
    pub target: Flow,
    pub credentials: Option<Credentials>,
    /// Wished for; the registrar grants less or more.
    pub expires_s: u32,
}

/// Where our registration stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RegistrantState {
    Unregistered,
    /// The first REGISTER, or one after a failure, is out.
    Registering,
    /// Calls reach us until then; it is renewed earlier.
    Registered {
        until: Instant,
    },
    /// The registrar said no.
    Refused {
        status: StatusCode,
        retry_at: Instant,
    },
    /// The registrar did not answer.
    Failed {
        failure: Failure,
        retry_at: Instant,
    },
    Unregistering,
}

/// What [`Registrant::poll_output`] gives.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "it is handed on at once and never stored")]
pub enum RegistrantOutput {
    /// Hand it to `Endpoint::request`; give the outcome to [`Registrant::handle_response`].
    Request(OutOfDialog),
    /// The state has changed.
    State(RegistrantState),
    /// Nothing more for now. Call `handle_timeout` at this time, if any.
    Timeout(Option<Instant>),
}

/// What is wished for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Goal {
    Registered,
    Unregistered,
}

/// Which REGISTER is out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum InFlight {
    Nothing,
    Register,
    Unregister,
}

/// Keeps us registered at a trunk: renews, and tries again after a refusal or silence (RFC 3261 §10.2).
#[derive(Debug)]
pub struct Registrant {
    config: RegistrantConfig,
    state: RegistrantState,
    goal: Goal,
    in_flight: InFlight,
    /// When the next REGISTER is due; none while one is out.
    next_at: Option<Instant>,
    /// Until when the registrar holds our Contact.
    held_until: Option<Instant>,
    call_id: String,
    cseq: u32,
    expires_s: u32,
    too_brief: u8,
    failures: u32,
    rng: SmallRng,
    outputs: VecDeque<RegistrantOutput>,
}

impl Registrant {
    /// `seed` makes the Call-ID and the jitter.
    pub fn new(config: RegistrantConfig, seed: [u8; 32]) -> Self {
        let mut rng = SmallRng::from_seed(seed);
        let call_id = format!("{:032x}", rng.random::<u128>());
        Self {
            expires_s: config.expires_s,
            config,
            state: RegistrantState::Unregistered,
            goal: Goal::Unregistered,
            in_flight: InFlight::Nothing,
            next_at: None,
            held_until: None,
            call_id,
            cseq: rng.random_range(1..=10_000),
            too_brief: 0,
            failures: 0,
            rng,
            outputs: VecDeque::new(),
        }
    }

    /// Starts to register, and keeps on until [`unregister`](Self::unregister).
    pub fn register(&mut self, now: Instant) {
        if self.goal == Goal::Registered {
            return;
        }
        self.goal = Goal::Registered;
        self.failures = 0;
        if self.in_flight == InFlight::Nothing {
            self.send_register(now);
        }
    }

    /// Removes our Contact and stops.
    pub fn unregister(&mut self, now: Instant) {
        self.goal = Goal::Unregistered;
        if self.in_flight == InFlight::Nothing {
            self.send_unregister(now);
        }
    }

    /// Takes the outcome of the request handed out last.
    pub fn handle_response(&mut self, now: Instant, outcome: Result<&Response, Failure>) {
        let was = std::mem::replace(&mut self.in_flight, InFlight::Nothing);
        self.count_cseq(outcome.ok());
        match was {
            InFlight::Nothing => {}
            InFlight::Unregister => {
                self.held_until = None;
                self.enter(RegistrantState::Unregistered);
                if self.goal == Goal::Registered {
                    self.send_register(now);
                }
            }
            InFlight::Register => self.registered_or_not(now, outcome),
        }
        if was == InFlight::Register && self.goal == Goal::Unregistered && self.in_flight == InFlight::Nothing
        {
            self.send_unregister(now);
        }
    }

    /// Takes a new way to the registrar, such as after a look-up of its name.
    pub fn set_target(&mut self, target: Flow) {
        self.config.target = target;
    }

    /// Tries without waiting for its time, such as at another machine after the last one failed: a failure counts once for all of them.
    pub fn try_at_once(&mut self, now: Instant) {
        if self.goal == Goal::Registered && self.in_flight == InFlight::Nothing {
            self.failures = self.failures.saturating_sub(1);
            self.send_register(now);
        }
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        if self.next_at.is_some_and(|at| now >= at) && self.in_flight == InFlight::Nothing {
            self.send_register(now);
        }
    }

    pub fn poll_output(&mut self) -> RegistrantOutput {
        self.outputs.pop_front().unwrap_or(RegistrantOutput::Timeout(self.next_at))
    }

    pub fn state(&self) -> RegistrantState {
        self.state
    }

    fn registered_or_not(&mut self, now: Instant, outcome: Result<&Response, Failure>) {
        match outcome {
            Ok(response) if response.status.is_success() => self.granted(now, response),
            Ok(response) if self.obeys_minimum(response) => self.send_register(now),
            Ok(response) => self.refused(now, response),
            Err(failure) => {
                let retry_at = now + self.back_off(RETRY_MIN, RETRY_MAX);
                self.next_at = Some(retry_at);
                self.enter(RegistrantState::Failed { failure, retry_at });
            }
        }
    }

    fn granted(&mut self, now: Instant, response: &Response) {
        self.failures = 0;
        self.too_brief = 0;
        let granted_s = self.granted_s(response).max(GRANT_MIN_S);
        let granted = Duration::from_secs(u64::from(granted_s));
        let milli = self.rng.random_range(RENEW_MILLI);
        let until = now + granted;
        self.held_until = Some(until);
        self.next_at = Some(now + Duration::from_millis(u64::from(granted_s) * milli));
        self.enter(RegistrantState::Registered { until });
    }

    /// The expiry of our own Contact among those listed, or that of the message (RFC 3261 §10.2.4).
    fn granted_s(&self, response: &Response) -> u32 {
        let contacts = match response.headers.contacts() {
            Ok(Contacts::List(list)) => list,
            Ok(Contacts::Star) | Err(_) => Vec::new(),
        };
        let ours = contacts.iter().find(|contact| contact.uri.is_equivalent(&self.config.contact));
        // A registrar behind a NAT may list our Contact as it saw it; alone it is ours all the same.
        let ours = ours.or(contacts.first().filter(|_| contacts.len() == 1));
        let own = ours.and_then(|contact| contact.params.get("expires")?.parse().ok());
        own.or(response.headers.expires()).unwrap_or(self.expires_s)
    }

    /// 423: takes the registrar's minimum for our wish (RFC 3261 §10.2.8).
    fn obeys_minimum(&mut self, response: &Response) -> bool {
        let Some(min_s) = response.headers.min_expires() else { return false };
        let is_sane = min_s > self.expires_s && min_s <= EXPIRES_MAX_S;
        if response.status != StatusCode::INTERVAL_TOO_BRIEF || !is_sane || self.too_brief >= MAX_TOO_BRIEF {
            return false;
        }
        self.too_brief += 1;
        self.expires_s = min_s;
        true
    }

    fn refused(&mut self, now: Instant, response: &Response) {
        let status = response.status;
        let is_passing = matches!(status.as_u16(), 408 | 480 | 491 | 500..=599);
        let wait = match is_passing {
            true => self.back_off(RETRY_MIN, RETRY_MAX),
            false => self.back_off(REFUSED_MIN, REFUSED_MAX),
        };
        let asked =
            response.headers.retry_after().map(|s| Duration::from_secs(u64::from(s)).min(REFUSED_MAX));
        let retry_at = now + asked.map_or(wait, |asked| asked.max(Duration::from_secs(1)));
        self.next_at = Some(retry_at);
        if matches!(status.as_u16(), 401 | 403 | 404 | 407) {
            self.held_until = None;
        }
        self.enter(RegistrantState::Refused { status, retry_at });
    }

    /// Between half and all of the doubled wait, so that those who failed together do not come back
    /// together (RFC 5626 §4.5).
    fn back_off(&mut self, min: Duration, max: Duration) -> Duration {
        let wait = min.saturating_mul(1 << self.failures.min(10)).min(max);
        self.failures = self.failures.saturating_add(1);
        wait.mul_f64(self.rng.random_range(0.5..=1.0))
    }

    fn send_register(&mut self, now: Instant) {
        self.next_at = None;
        self.in_flight = InFlight::Register;
        let is_held = self.held_until.is_some_and(|until| until > now);
        if !is_held || !matches!(self.state, RegistrantState::Registered { .. }) {
            self.enter(RegistrantState::Registering);
        }
        self.send(self.expires_s);
    }

    fn send_unregister(&mut self, now: Instant) {
        self.next_at = None;
        if self.held_until.is_none_or(|until| until <= now) {
            return self.enter(RegistrantState::Unregistered);
        }
        self.in_flight = InFlight::Unregister;
        self.enter(RegistrantState::Unregistering);
        self.send(0);
    }

    fn send(&mut self, expires_s: u32) {
        self.cseq += 1;
        let header = |name, value: String| Header::new(name, value);
        let request = OutOfDialog {
            method: Method::Register,
            uri: self.config.registrar.clone(),
            flow: self.config.target,
            from: NameAddr::new(self.config.aor.clone()),
            to: NameAddr::new(self.config.aor.clone()),
            call_id: Some(self.call_id.clone()),
            cseq: Some(self.cseq),
            headers: vec![
                header(HeaderName::Contact, format!("<{}>;expires={expires_s}", self.config.contact)),
                header(HeaderName::Expires, expires_s.to_string()),
            ],
            body: None,
            credentials: self.config.credentials.clone(),
        };
        self.outputs.push_back(RegistrantOutput::Request(request));
    }

    /// The number last used: answering challenges has used some more than were given out here.
    fn count_cseq(&mut self, response: Option<&Response>) {
        let used = response.and_then(|response| response.headers.cseq().ok()).map(|cseq| cseq.number);
        self.cseq = match used {
            Some(used) if used > self.cseq && used - self.cseq <= CSEQ_STEP => used,
            Some(_) => self.cseq,
            None => self.cseq + CSEQ_STEP,
        };
    }

    fn enter(&mut self, state: RegistrantState) {
        if self.state != state {
            self.state = state;
            self.outputs.push_back(RegistrantOutput::State(state));
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::message::Headers;
    use crate::transport::Transport;

    fn registrant() -> (Registrant, Instant) {
        let address = std::net::SocketAddr::from(([192, 0, 2, 1], 5060));
        let uri = |text: &str| text.parse::<Uri>().expect("uri");
        let config = RegistrantConfig {
            registrar: uri("sip:carrier.example"),
            aor: uri("sip:trunk@carrier.example"),
            contact: uri("sip:trunk@192.0.2.1"),
            target: Flow { transport: Transport::Udp, local: address, remote: address, connection: None },
            credentials: None,
            expires_s: 600,
        };
        let mut registrant = Registrant::new(config, [7; 32]);
        let now = Instant::now();
        registrant.register(now);
        (registrant, now)
    }

    fn response(code: u16, headers: &[(HeaderName, &'static str)]) -> Response {
        let mut all = Headers::new();
        headers.iter().for_each(|(name, value)| all.push(name.clone(), *value));
        Response {
            status: StatusCode::new(code).expect("status"),
            reason: Bytes::new(),
            headers: all,
            body: Bytes::new(),
        }
    }

    /// The request that comes out next, and when the one after it is due.
    fn drain(registrant: &mut Registrant) -> (Vec<OutOfDialog>, Option<Instant>) {
        let mut requests = Vec::new();
        loop {
            match registrant.poll_output() {
                RegistrantOutput::Request(request) => requests.push(request),
                RegistrantOutput::State(_) => {}
                RegistrantOutput::Timeout(at) => return (requests, at),
            }
        }
    }

    fn expires(request: &OutOfDialog) -> &[u8] {
        &request.headers.iter().find(|header| header.name == HeaderName::Expires).expect("Expires").value
    }

    #[test]
    fn granted_time_decides_the_renewal() {
        let (mut registrant, now) = registrant();
        assert_eq!(drain(&mut registrant).0.len(), 1);
        let contact = "<sip:other@192.0.2.9>;expires=9999, <sip:trunk@192.0.2.1>;expires=100";
        registrant.handle_response(now, Ok(&response(200, &[(HeaderName::Contact, contact)])));
        assert_eq!(registrant.state(), RegistrantState::Registered { until: now + Duration::from_secs(100) });
        let (requests, at) = drain(&mut registrant);
        let at = at.expect("renewal");
        assert!(requests.is_empty());
        assert!((now + Duration::from_secs(75)..=now + Duration::from_secs(90)).contains(&at));
        registrant.handle_timeout(at);
        let (requests, _) = drain(&mut registrant);
        assert_eq!(requests.len(), 1);
        assert!(matches!(registrant.state(), RegistrantState::Registered { .. }), "renewing is no outage");
    }

    #[test]
    fn refusal_waits_longer_each_time() {
        let (mut registrant, mut now) = registrant();
        let mut waits = Vec::new();
        for _ in 0..6 {
            drain(&mut registrant);
            registrant.handle_response(now, Ok(&response(403, &[])));
            let RegistrantState::Refused { retry_at, .. } = registrant.state() else { panic!("refused") };
            waits.push((retry_at - now).as_secs());
            now = retry_at;
            registrant.handle_timeout(now);
        }
        assert!(waits[0] >= 150 && waits[0] <= 300, "{waits:?}");
        assert!(waits[5] >= 1800 && waits[5] <= 3600, "{waits:?}");
    }

    #[test]
    fn silence_waits_less_than_a_refusal_and_retry_after_is_obeyed() {
        let (mut registrant, now) = registrant();
        registrant.handle_response(now, Err(Failure::Timeout));
        let RegistrantState::Failed { retry_at, .. } = registrant.state() else { panic!("failed") };
        assert!((15..=30).contains(&(retry_at - now).as_secs()));
        registrant.handle_timeout(retry_at);
        registrant.handle_response(retry_at, Ok(&response(503, &[(HeaderName::RetryAfter, "77")])));
        let RegistrantState::Refused { retry_at: later, .. } = registrant.state() else { panic!("refused") };
        assert_eq!((later - retry_at).as_secs(), 77);
    }

    #[test]
    fn minimum_of_423_is_obeyed_at_once_but_not_for_ever() {
        let (mut registrant, now) = registrant();
        drain(&mut registrant);
        registrant.handle_response(now, Ok(&response(423, &[(HeaderName::MinExpires, "1800")])));
        let (requests, _) = drain(&mut registrant);
        assert_eq!(expires(&requests[0]), b"1800");
        registrant.handle_response(now, Ok(&response(423, &[(HeaderName::MinExpires, "1800")])));
        assert!(matches!(registrant.state(), RegistrantState::Refused { .. }));
        assert!(drain(&mut registrant).0.is_empty());
    }

    #[test]
    fn unregistering_removes_the_contact_and_stops() {
        let (mut registrant, now) = registrant();
        drain(&mut registrant);
        registrant.handle_response(now, Ok(&response(200, &[(HeaderName::Expires, "300")])));
        registrant.unregister(now);
        let (requests, at) = drain(&mut registrant);
        assert_eq!((expires(&requests[0]), at), (&b"0"[..], None));
        registrant.handle_response(now, Err(Failure::Timeout));
        assert_eq!(registrant.state(), RegistrantState::Unregistered);
        assert!(drain(&mut registrant).1.is_none());
    }

    #[test]
    fn unregistering_while_a_register_is_out_waits_for_its_answer() {
        let (mut registrant, now) = registrant();
        drain(&mut registrant);
        registrant.unregister(now);
        assert!(drain(&mut registrant).0.is_empty());
        registrant.handle_response(now, Ok(&response(200, &[])));
        let (requests, _) = drain(&mut registrant);
        assert_eq!(expires(&requests[0]), b"0");
    }

    #[test]
    fn numbers_grow_past_those_used_in_challenges() {
        let (mut registrant, now) = registrant();
        let first = drain(&mut registrant).0[0].cseq.expect("cseq");
        let used = format!("{} REGISTER", first + 1);
        let mut answered = response(200, &[]);
        answered.headers.push(HeaderName::CSeq, used);
        registrant.handle_response(now, Ok(&answered));
        registrant.unregister(now);
        assert_eq!(drain(&mut registrant).0[0].cseq, Some(first + 2));
    }
}
