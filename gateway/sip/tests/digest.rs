//! Digest challenges to our requests, and our own to others', over the endpoint.

mod network;

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use network::{Network, address, answer, credentials, invited, names, ok, requests, uri};
use ramal_sip::auth::{Algorithm, AuthLimits, Challenger, Ha1, Peer, Verdict, ha1};
use ramal_sip::endpoint::{Event, OutOfDialog, Reply};
use ramal_sip::message::{HeaderName, Message, Method, NameAddr, Request, StatusCode};
use ramal_sip::registration::{
    Bindings, Registrant, RegistrantConfig, RegistrantOutput, RegistrantState, RegistrationLimits,
    parse_register,
};

const REALM: &str = "carrier.example";

/// Whom the challenges here are given to.
const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const SEEN: Peer = Peer { address: PEER, is_certain: false };

fn challenger() -> Challenger {
    Challenger::new([3; 32], Duration::from_secs(300), AuthLimits::default())
}

fn secret_of_alice() -> Ha1 {
    Ha1 {
        md5: Some(ha1(Algorithm::Md5, "alice", REALM, "secret")),
        sha256: Some(ha1(Algorithm::Sha256, "alice", REALM, "secret")),
    }
}

fn challenge_line(challenger: &mut Challenger, now: Instant, realm: &str, stale: bool) -> String {
    let values = challenger.challenge(now, realm, PEER, stale);
    values.iter().map(|value| format!("WWW-Authenticate: {}\n", String::from_utf8_lossy(value))).collect()
}

/// A scripted registrar or carrier that challenges each request, and accepts what is right.
fn serve(network: &mut Network, raw: usize, challenger: &mut Challenger, realm: &str) -> Vec<(Method, u16)> {
    let mut served = Vec::new();
    for _ in 0..20 {
        network.run_ms(5);
        let inbox = std::mem::take(&mut network.raws[raw].inbox);
        if inbox.is_empty() {
            break;
        }
        for request in requests(&inbox).into_iter().filter(|request| request.method != Method::Ack) {
            let now = network.now;
            let given = request.headers.get(&HeaderName::Authorization);
            let verdict =
                given.map(|value| challenger.verify(now, &request.method, (value, SEEN), &secret_of_alice()));
            let (code, more) = match verdict {
                Some(Verdict::Ok) => (200, "Contact: <sip:bob@198.51.100.9>\n".to_owned()),
                Some(Verdict::Stale) => (401, challenge_line(challenger, now, realm, true)),
                Some(Verdict::Wrong(_) | Verdict::Malformed) | None => {
                    (401, challenge_line(challenger, now, realm, false))
                }
            };
            served.push((request.method.clone(), code));
            let text = answer(request, code, "raw", &more);
            network.send_raw(raw, address(1), &text);
        }
    }
    served
}

fn caller() -> (Network, usize, usize) {
    let mut network = Network::perfect();
    let a = network.add(1);
    let raw = network.add_raw(address(9));
    (network, a, raw)
}

#[test]
fn invite_reinvite_and_bye_are_sent_again_with_the_answer() {
    let (mut network, a, raw) = caller();
    let mut carrier = challenger();
    let mut invite = network.outgoing(a, address(9), Some("offer"));
    invite.credentials = Some(credentials(Some(REALM)));
    let dialog = network.act(a, |endpoint, now| endpoint.invite(now, invite));
    let served = serve(&mut network, raw, &mut carrier, REALM);
    assert_eq!(served, [(Method::Invite, 401), (Method::Invite, 200)]);
    assert_eq!(names(&network.take_events(a)), ["Answered"]);
    network.act(a, |endpoint, now| endpoint.reinvite(now, dialog, None, Vec::new()));
    assert_eq!(serve(&mut network, raw, &mut carrier, REALM), [(Method::Invite, 401), (Method::Invite, 200)]);
    assert_eq!(names(&network.take_events(a)), ["ReofferAnswered"]);
    network.act(a, |endpoint, now| endpoint.bye(now, dialog, Vec::new()));
    assert_eq!(serve(&mut network, raw, &mut carrier, REALM), [(Method::Bye, 401), (Method::Bye, 200)]);
    assert_eq!(names(&network.take_events(a)), ["Terminated"]);
    network.assert_no_leak();
}

#[test]
fn numbers_of_a_dialog_never_repeat_through_challenges() {
    let (mut network, a, raw) = caller();
    let mut invite = network.outgoing(a, address(9), Some("offer"));
    invite.credentials = Some(credentials(None));
    let mut carrier = challenger();
    let dialog = network.act(a, |endpoint, now| endpoint.invite(now, invite));
    serve(&mut network, raw, &mut carrier, REALM);
    network.act(a, |endpoint, now| {
        endpoint.request_in_dialog(now, dialog, Method::Info, Vec::new(), None);
        endpoint.request_in_dialog(now, dialog, Method::Info, Vec::new(), None);
    });
    network.run_ms(2);
    let mut numbers = Vec::new();
    for _ in 0..4 {
        let inbox = std::mem::take(&mut network.raws[raw].inbox);
        for request in requests(&inbox) {
            numbers.push(request.headers.cseq().expect("CSeq").number);
            let more = challenge_line(&mut carrier, network.now, REALM, false);
            network.send_raw(raw, address(1), &answer(request, 401, "raw", &more));
        }
        network.run_ms(4);
    }
    let mut unique = numbers.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!((numbers.len(), unique.len()), (4, 4), "{numbers:?}");
}

#[test]
fn stale_nonce_is_answered_again_but_a_wrong_secret_is_not() {
    let (mut network, a, raw) = caller();
    let mut carrier = challenger();
    let mut invite = network.outgoing(a, address(9), Some("offer"));
    invite.credentials = Some(credentials(Some(REALM)));
    network.act(a, |endpoint, now| endpoint.invite(now, invite));
    let mut sent = 0;
    for stale in [false, true, true, false] {
        network.run_ms(5);
        let inbox = std::mem::take(&mut network.raws[raw].inbox);
        for request in requests(&inbox).into_iter().filter(|request| request.method == Method::Invite) {
            sent += 1;
            let more = challenge_line(&mut carrier, network.now, REALM, stale);
            network.send_raw(raw, address(1), &answer(request, 401, "raw", &more));
        }
    }
    network.run_ms(5);
    assert_eq!(sent, 4);
    let events = network.take_events(a);
    let [Event::Rejected { response: Some(response), .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(response.status, StatusCode::UNAUTHORIZED);
    assert_eq!(network.endpoints[a].1.counters().challenges_declined, 1);
    network.assert_no_leak();
}

#[test]
fn endless_stale_challenges_end() {
    let (mut network, a, raw) = caller();
    let mut carrier = challenger();
    let mut invite = network.outgoing(a, address(9), Some("offer"));
    invite.credentials = Some(credentials(Some(REALM)));
    network.act(a, |endpoint, now| endpoint.invite(now, invite));
    for _ in 0..50 {
        network.run_ms(5);
        let inbox = std::mem::take(&mut network.raws[raw].inbox);
        for request in requests(&inbox).into_iter().filter(|request| request.method == Method::Invite) {
            let more = challenge_line(&mut carrier, network.now, REALM, true);
            network.send_raw(raw, address(1), &answer(request, 401, "raw", &more));
        }
    }
    assert_eq!(names(&network.take_events(a)), ["Rejected"]);
    assert_eq!(network.endpoints[a].1.counters().challenges_answered, 4);
}

#[test]
fn foreign_realm_gets_no_answer() {
    let (mut network, a, raw) = caller();
    let mut thief = challenger();
    let mut invite = network.outgoing(a, address(9), Some("offer"));
    invite.credentials = Some(credentials(Some(REALM)));
    network.act(a, |endpoint, now| endpoint.invite(now, invite));
    let served = serve(&mut network, raw, &mut thief, "thief.example");
    assert_eq!(served, [(Method::Invite, 401)]);
    assert_eq!(names(&network.take_events(a)), ["Rejected"]);
    assert_eq!(network.endpoints[a].1.counters().challenges_declined, 1);
    network.assert_no_leak();
}

#[test]
fn cancel_wanted_before_the_challenge_stops_the_call() {
    let (mut network, a, raw) = caller();
    let mut carrier = challenger();
    let mut invite = network.outgoing(a, address(9), Some("offer"));
    invite.credentials = Some(credentials(Some(REALM)));
    let dialog = network.act(a, |endpoint, now| endpoint.invite(now, invite));
    network.act(a, |endpoint, now| endpoint.cancel(now, dialog, None));
    assert_eq!(serve(&mut network, raw, &mut carrier, REALM), [(Method::Invite, 401)]);
    assert_eq!(names(&network.take_events(a)), ["Rejected"]);
    network.assert_no_leak();
}

/// A registrar and a trunk of ours, both endpoints; gives the states that the registration went through.
struct Registrar {
    network: Network,
    ours: usize,
    theirs: usize,
    challenger: Challenger,
    bindings: Bindings,
    limits: RegistrationLimits,
    registrant: Registrant,
    states: Vec<RegistrantState>,
}

impl Registrar {
    fn new() -> Self {
        let mut network = Network::perfect();
        let (ours, theirs) = (network.add(1), network.add(2));
        let config = RegistrantConfig {
            registrar: uri("sip:198.51.100.2"),
            aor: uri("sip:alice@carrier.example"),
            contact: uri("sip:alice@198.51.100.1"),
            target: network.flow(ours, address(2)),
            credentials: Some(credentials(Some(REALM))),
            expires_s: 30,
        };
        let limits = RegistrationLimits { min_expires_s: 60, ..RegistrationLimits::default() };
        let registrant = Registrant::new(config, [9; 32]);
        let (challenger, bindings) = (challenger(), Bindings::new());
        Self { network, ours, theirs, challenger, bindings, limits, registrant, states: Vec::new() }
    }

    fn now_ms(&self) -> u64 {
        (self.network.now - self.network.start).as_millis() as u64
    }

    /// Lets time pass, second by second, with both sides at work.
    fn run(&mut self, seconds: u64) {
        for _ in 0..seconds * 10 {
            self.registrant.handle_timeout(self.network.now);
            self.drain_registrant();
            self.network.run_ms(100);
            for event in self.network.take_events(self.theirs) {
                if let Event::Request { tx, request, .. } = event {
                    let reply = self.decide(&request);
                    self.network.act(self.theirs, |endpoint, now| endpoint.respond(now, tx, reply));
                }
            }
            for event in self.network.take_events(self.ours) {
                if let Event::Response { outcome, .. } = event {
                    let outcome = outcome.as_ref().map_err(|failure| *failure);
                    self.registrant.handle_response(self.network.now, outcome);
                    self.drain_registrant();
                }
            }
        }
    }

    fn drain_registrant(&mut self) {
        loop {
            match self.registrant.poll_output() {
                RegistrantOutput::Request(request) => {
                    self.network.act(self.ours, |endpoint, now| endpoint.request(now, request));
                }
                RegistrantOutput::State(state) => self.states.push(state),
                RegistrantOutput::Timeout(_) => return,
            }
        }
    }

    fn decide(&mut self, request: &Request) -> Reply {
        let given = request.headers.get(&HeaderName::Authorization);
        let verdict = given.map(|value| {
            self.challenger.verify(self.network.now, &request.method, (value, SEEN), &secret_of_alice())
        });
        if verdict != Some(Verdict::Ok) {
            let stale = verdict == Some(Verdict::Stale);
            let challenges = self.challenger.challenge(self.network.now, REALM, PEER, stale);
            let unauthorized = Reply::new(StatusCode::UNAUTHORIZED);
            return challenges
                .into_iter()
                .fold(unauthorized, |reply, value| reply.with_header(HeaderName::WwwAuthenticate, value));
        }
        let flow = self.network.flow(self.theirs, address(1));
        let now_ms = self.now_ms();
        let applied = parse_register(request, &self.limits)
            .and_then(|registration| self.bindings.apply(now_ms, &registration, flow, &self.limits));
        match applied {
            Ok(_) => {
                let values = self.bindings.contact_values(now_ms).into_iter();
                values.fold(Reply::new(StatusCode::OK), |reply, value| {
                    reply.with_header(HeaderName::Contact, value)
                })
            }
            Err(rejection) => Reply { headers: rejection.headers, ..Reply::new(rejection.status) },
        }
    }
}

#[test]
fn registration_is_challenged_raised_to_the_minimum_renewed_and_removed() {
    let mut both = Registrar::new();
    both.registrant.register(both.network.now);
    both.run(2);
    assert!(matches!(both.registrant.state(), RegistrantState::Registered { .. }), "{:?}", both.states);
    assert_eq!(both.bindings.active(both.now_ms()).count(), 1);
    let first_expiry = both.bindings.next_expiry_ms();
    for _ in 0..10 {
        both.run(60);
        assert_eq!(both.bindings.active(both.now_ms()).count(), 1, "renewed before it expires");
    }
    assert!(both.bindings.next_expiry_ms() > first_expiry);
    both.registrant.unregister(both.network.now);
    both.run(2);
    assert_eq!(both.registrant.state(), RegistrantState::Unregistered);
    assert_eq!(both.bindings.active(both.now_ms()).count(), 0);
    both.network.assert_no_leak();
}

#[test]
fn registrar_goes_away_and_comes_back() {
    let mut both = Registrar::new();
    both.registrant.register(both.network.now);
    both.run(2);
    both.network.drop_if = Box::new(|_, _| true);
    both.run(150);
    assert!(matches!(both.registrant.state(), RegistrantState::Failed { .. } | RegistrantState::Registering));
    assert_eq!(both.bindings.active(both.now_ms()).count(), 0, "expired at the registrar");
    both.network.drop_if = Box::new(|_, _| false);
    both.run(240);
    assert!(matches!(both.registrant.state(), RegistrantState::Registered { .. }), "{:?}", both.states);
    assert_eq!(both.bindings.active(both.now_ms()).count(), 1);
}

#[test]
fn request_without_credentials_hands_the_challenge_up() {
    let (mut network, a, raw) = caller();
    let mut carrier = challenger();
    let request = OutOfDialog {
        method: Method::Options,
        uri: uri("sip:198.51.100.9"),
        flow: network.flow(a, address(9)),
        from: NameAddr::new(uri("sip:alice@example.com")),
        to: NameAddr::new(uri("sip:198.51.100.9")),
        call_id: None,
        cseq: None,
        headers: Vec::new(),
        body: None,
        credentials: None,
    };
    let tx = network.act(a, |endpoint, now| endpoint.request(now, request));
    assert_eq!(serve(&mut network, raw, &mut carrier, REALM), [(Method::Options, 401)]);
    let events = network.take_events(a);
    let [Event::Response { tx: told, outcome: Ok(response) }] = &events[..] else { panic!("{events:?}") };
    assert_eq!((*told, response.status), (tx, StatusCode::UNAUTHORIZED));
    network.assert_no_leak();
}

#[test]
fn dialog_answered_by_an_endpoint_is_challenged_by_the_layer_above() {
    let mut network = Network::perfect();
    let (a, b) = (network.add(1), network.add(2));
    let mut pbx = challenger();
    let mut invite = network.outgoing(a, address(2), Some("offer"));
    invite.credentials = Some(credentials(Some(REALM)));
    network.act(a, |endpoint, now| endpoint.invite(now, invite));
    network.run_ms(10);
    let first = invited(&network.take_events(b)).expect("INVITE");
    let value = pbx.challenge(network.now, REALM, PEER, false).remove(0);
    let reply = Reply::new(StatusCode::PROXY_AUTHENTICATION_REQUIRED)
        .with_header(HeaderName::ProxyAuthenticate, value);
    network.act(b, |endpoint, now| endpoint.reject(now, first, reply));
    network.run_ms(10);
    let events = network.take_events(b);
    let [Event::Invite { dialog, request, .. }] = &events[..] else { panic!("{events:?}") };
    let given = request.headers.get(&HeaderName::ProxyAuthorization).expect("answer");
    assert_eq!(pbx.verify(network.now, &Method::Invite, (given, SEEN), &secret_of_alice()), Verdict::Ok);
    let dialog = *dialog;
    network.act(b, |endpoint, now| endpoint.accept(now, dialog, ok("answer")));
    network.run_ms(10);
    assert_eq!(names(&network.take_events(a)), ["Answered"]);
    assert_eq!(names(&network.take_events(b)), ["Confirmed"]);
    network.act(b, |endpoint, now| endpoint.bye(now, dialog, Vec::new()));
    network.assert_no_leak();
}

#[test]
fn message_parses_back() {
    // What the endpoint prints is what scripted peers of these tests read.
    let (mut network, a, raw) = caller();
    network.invite(a, address(9), Some("offer"));
    network.run_ms(5);
    assert!(
        matches!(&network.raws[raw].inbox[..], [Message::Request(request)] if &request.body[..] == b"offer")
    );
}
