#![expect(dead_code, reason = "each test file uses its own part of this module")]
//! A network in memory with virtual time: endpoints and scripted peers joined by a link that delays, loses
//! and repeats by a seed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use ramal_sip::auth::{Credentials, Secret};
use ramal_sip::endpoint::{
    DialogId, Endpoint, EndpointConfig, Event, OutgoingInvite, Output, Reply, Transmit,
};
use ramal_sip::message::{Message, NameAddr, Request, Response, StatusCode, Uri};
use ramal_sip::transport::{Flow, Transport};

/// What the link does to messages.
#[derive(Clone, Copy)]
pub struct Link {
    /// Lost, in percent.
    pub loss: u32,
    pub delay_min: Duration,
    pub delay_max: Duration,
}

impl Link {
    pub const PERFECT: Self =
        Self { loss: 0, delay_min: Duration::from_millis(1), delay_max: Duration::from_millis(1) };
}

/// Where a scripted peer stands: its messages are looked at by the test.
pub struct Raw {
    pub address: SocketAddr,
    pub inbox: Vec<Message>,
}

/// Takes start line and sender.
type DropIf = Box<dyn FnMut(&str, SocketAddr) -> bool>;

pub struct Network {
    pub now: Instant,
    pub start: Instant,
    pub link: Link,
    pub transport: Transport,
    rng: StdRng,
    order: u64,
    in_flight: BinaryHeap<Reverse<(Instant, u64, usize)>>,
    packets: Vec<Option<(SocketAddr, SocketAddr, Bytes)>>,
    pub endpoints: Vec<(SocketAddr, Endpoint)>,
    pub events: Vec<(usize, Event)>,
    wake: Vec<Option<Instant>>,
    pub raws: Vec<Raw>,
    /// Start lines with their time, in order of sending; for checks of ladders.
    pub sent: Vec<(Duration, SocketAddr, String)>,
    /// Decides of a message whether it is dropped, besides the loss of the link.
    pub drop_if: DropIf,
}

pub fn address(last: u8) -> SocketAddr {
    SocketAddr::from(([198, 51, 100, last], 5060))
}

impl Network {
    pub fn new(seed: u64, link: Link) -> Self {
        let now = Instant::now();
        Self {
            now,
            start: now,
            link,
            transport: Transport::Udp,
            rng: StdRng::seed_from_u64(seed),
            order: 0,
            in_flight: BinaryHeap::new(),
            packets: Vec::new(),
            endpoints: Vec::new(),
            events: Vec::new(),
            wake: Vec::new(),
            raws: Vec::new(),
            sent: Vec::new(),
            drop_if: Box::new(|_, _| false),
        }
    }

    pub fn perfect() -> Self {
        Self::new(1, Link::PERFECT)
    }

    pub fn add(&mut self, last: u8) -> usize {
        self.add_with(last, EndpointConfig::default())
    }

    pub fn add_with(&mut self, last: u8, config: EndpointConfig) -> usize {
        let seed: [u8; 32] = self.rng.random();
        self.endpoints.push((address(last), Endpoint::new(config, seed)));
        self.wake.push(None);
        self.endpoints.len() - 1
    }

    pub fn add_raw(&mut self, address: SocketAddr) -> usize {
        self.raws.push(Raw { address, inbox: Vec::new() });
        self.raws.len() - 1
    }

    pub fn flow(&self, from: usize, to: SocketAddr) -> Flow {
        Flow { transport: self.transport, local: self.endpoints[from].0, remote: to, connection: None }
    }

    /// Acts on an endpoint and sends what comes out.
    pub fn act<T>(&mut self, who: usize, verb: impl FnOnce(&mut Endpoint, Instant) -> T) -> T {
        let result = verb(&mut self.endpoints[who].1, self.now);
        self.drain(who);
        result
    }

    fn drain(&mut self, who: usize) {
        loop {
            match self.endpoints[who].1.poll_output() {
                Output::Transmit(Transmit { flow, bytes }) => self.send(flow.local, flow.remote, bytes),
                Output::Event(event) => self.events.push((who, event)),
                Output::Timeout(at) => {
                    self.wake[who] = at;
                    return;
                }
            }
        }
    }

    fn send(&mut self, from: SocketAddr, to: SocketAddr, bytes: Bytes) {
        let line = String::from_utf8_lossy(bytes.split(|byte| *byte == b'\r').next().unwrap_or_default());
        let line = line.into_owned();
        let dropped = (self.drop_if)(&line, from);
        self.sent.push((self.now - self.start, from, line));
        if dropped || self.rng.random_range(0..100) < self.link.loss {
            return;
        }
        let spread = self.link.delay_max - self.link.delay_min;
        let delay = self.link.delay_min + spread.mul_f64(self.rng.random());
        self.order += 1;
        self.in_flight.push(Reverse((self.now + delay, self.order, self.packets.len())));
        self.packets.push(Some((from, to, bytes)));
    }

    /// A scripted peer sends.
    pub fn send_raw(&mut self, raw: usize, to: SocketAddr, text: &str) {
        let bytes = Bytes::from(text.replace("\r\n", "\n").replace('\n', "\r\n"));
        self.send(self.raws[raw].address, to, bytes);
    }

    fn deliver(&mut self, from: SocketAddr, to: SocketAddr, bytes: Bytes) {
        if let Some(who) = self.endpoints.iter().position(|(address, _)| *address == to) {
            let flow = Flow { transport: self.transport, local: to, remote: from, connection: None };
            self.act(who, |endpoint, now| endpoint.handle_message(now, flow, bytes));
        } else if let Some(raw) = self.raws.iter_mut().find(|raw| raw.address == to) {
            raw.inbox.push(Message::parse(bytes, &Default::default()).expect("endpoints print SIP"));
        }
    }

    /// One step to the next delivery or timer, not beyond `until`; `false`: nothing is left before it.
    fn step(&mut self, until: Instant) -> bool {
        let timer = (0..self.wake.len()).filter_map(|who| self.wake[who].map(|at| (at, who))).min();
        let packet = self.in_flight.peek().map(|Reverse(entry)| *entry);
        match (packet, timer) {
            (Some((at, _, index)), timer) if timer.is_none_or(|(wake, _)| at <= wake) && at <= until => {
                self.in_flight.pop();
                self.now = self.now.max(at);
                if let Some((from, to, bytes)) = self.packets[index].take() {
                    self.deliver(from, to, bytes);
                }
                true
            }
            (_, Some((at, who))) if at <= until => {
                self.now = self.now.max(at);
                self.act(who, |endpoint, now| endpoint.handle_timeout(now));
                true
            }
            (_, _) => false,
        }
    }

    /// Lets time pass until all is quiet, at most `span`.
    pub fn run(&mut self, span: Duration) {
        let until = self.now + span;
        let mut steps = 0;
        while self.step(until) {
            steps += 1;
            assert!(steps < 1_000_000, "the network never comes to rest");
        }
        self.now = until;
    }

    pub fn run_ms(&mut self, ms: u64) {
        self.run(Duration::from_millis(ms));
    }

    /// Steps, answering each event as it comes by `react`.
    pub fn run_with(&mut self, span: Duration, mut react: impl FnMut(&mut Self, usize, Event)) {
        let until = self.now + span;
        let mut steps = 0;
        loop {
            while !self.events.is_empty() {
                let (who, event) = self.events.remove(0);
                react(self, who, event);
            }
            if !self.step(until) {
                break;
            }
            steps += 1;
            assert!(steps < 1_000_000, "the network never comes to rest");
        }
        self.now = until;
    }

    pub fn take_events(&mut self, who: usize) -> Vec<Event> {
        let (mine, others) =
            std::mem::take(&mut self.events).into_iter().partition(|(owner, _)| *owner == who);
        self.events = others;
        let mine: Vec<(usize, Event)> = mine;
        mine.into_iter().map(|(_, event)| event).collect()
    }

    /// Start lines that `last` has sent and that begin with `start`.
    pub fn sent_by(&self, from: SocketAddr, start: &str) -> Vec<Duration> {
        let of = |entry: &&(Duration, SocketAddr, String)| entry.1 == from && entry.2.starts_with(start);
        self.sent.iter().filter(of).map(|entry| entry.0).collect()
    }

    /// After all timers nothing may be left.
    pub fn assert_no_leak(&mut self) {
        self.run(Duration::from_secs(1200));
        for (address, endpoint) in &self.endpoints {
            assert_eq!(endpoint.transaction_count(), 0, "transactions left at {address}");
            assert_eq!(endpoint.dialog_count(), 0, "dialogs left at {address}");
        }
    }

    pub fn invite(&mut self, from: usize, to: SocketAddr, body: Option<&str>) -> DialogId {
        let invite = self.outgoing(from, to, body);
        self.act(from, |endpoint, now| endpoint.invite(now, invite))
    }

    pub fn outgoing(&self, from: usize, to: SocketAddr, body: Option<&str>) -> OutgoingInvite {
        let own = self.endpoints[from].0;
        OutgoingInvite {
            uri: uri(&format!("sip:bob@{to}")),
            flow: self.flow(from, to),
            routes: Vec::new(),
            from: NameAddr::new(uri("sip:alice@example.com")),
            to: NameAddr::new(uri("sip:bob@example.com")),
            contact: uri(&format!("sip:alice@{own}")),
            headers: Vec::new(),
            body: body.map(|body| ("application/sdp".to_owned(), Bytes::copy_from_slice(body.as_bytes()))),
            credentials: None,
        }
    }

    /// A call that is up: dialogs of caller and callee.
    pub fn call(&mut self, caller: usize, callee: usize) -> (DialogId, DialogId) {
        let to = self.endpoints[callee].0;
        let ours = self.invite(caller, to, Some("offer"));
        self.run_ms(10);
        let theirs = invited(&self.take_events(callee)).expect("INVITE arrived");
        self.act(callee, |endpoint, now| endpoint.accept(now, theirs, ok("answer")));
        self.run_ms(10);
        self.events.clear();
        (ours, theirs)
    }
}

pub fn uri(text: &str) -> Uri {
    text.parse().expect("a URI")
}

pub fn status(code: u16) -> StatusCode {
    StatusCode::new(code).expect("a status")
}

pub fn ok(body: &'static str) -> Reply {
    Reply::new(StatusCode::OK).with_body("application/sdp", body)
}

pub fn invited(events: &[Event]) -> Option<DialogId> {
    events.iter().find_map(|event| match event {
        Event::Invite { dialog, .. } => Some(*dialog),
        _ => None,
    })
}

pub fn credentials(realm: Option<&str>) -> Credentials {
    Credentials {
        realm: realm.map(str::to_owned),
        username: "alice".to_owned(),
        secret: Secret::Password("secret".to_owned()),
    }
}

/// The event's name, for checks of order.
pub fn name(event: &Event) -> String {
    let text = format!("{event:?}");
    text.split([' ', '{']).next().unwrap_or_default().to_owned()
}

pub fn names(events: &[Event]) -> Vec<String> {
    events.iter().map(name).collect()
}

pub fn requests(inbox: &[Message]) -> Vec<&Request> {
    inbox
        .iter()
        .filter_map(|message| match message {
            Message::Request(request) => Some(request),
            Message::Response(_) => None,
        })
        .collect()
}

pub fn responses(inbox: &[Message]) -> Vec<&Response> {
    inbox
        .iter()
        .filter_map(|message| match message {
            Message::Response(response) => Some(response),
            Message::Request(_) => None,
        })
        .collect()
}

/// A response of a scripted peer to a request it got, with a tag and more header lines.
pub fn answer(request: &Request, code: u16, tag: &str, more: &str) -> String {
    use ramal_sip::message::HeaderName;
    let mut text = format!("SIP/2.0 {code} x\n");
    for name in [HeaderName::Via, HeaderName::From, HeaderName::CallId, HeaderName::CSeq] {
        let value = String::from_utf8_lossy(request.headers.get(&name).expect("header")).into_owned();
        text += &format!("{name}: {value}\n");
    }
    let to = String::from_utf8_lossy(request.headers.get(&HeaderName::To).expect("To")).into_owned();
    let to = if to.contains("tag=") || tag.is_empty() { to } else { format!("{to};tag={tag}") };
    text += &format!("To: {to}\n");
    text += more;
    if !more.contains("Content-Length") {
        text += "Content-Length: 0\n\n";
    }
    text
}

/// A request of the scripted peer outside dialogs.
pub fn out_of_dialog(method: &str, branch: &str, cseq: u32) -> String {
    format!(
        "{method} sip:bob@198.51.100.2 SIP/2.0\n\
         Via: SIP/2.0/UDP 198.51.100.9:5060;branch=z9hG4bK{branch};rport\n\
         Max-Forwards: 70\n\
         From: <sip:alice@example.com>;tag=raw\n\
         To: <sip:bob@example.com>\n\
         Call-ID: call-of-raw\n\
         CSeq: {cseq} {method}\n\
         Contact: <sip:alice@198.51.100.9>\n\
         Content-Length: 0\n\n"
    )
}

/// A request of the scripted peer inside its dialog.
pub fn in_dialog(method: &str, cseq: u32, branch: &str, to_tag: &str, body: &str) -> String {
    let tag = format!("To: <sip:bob@example.com>;tag={to_tag}\n");
    let length = format!("Content-Length: {}\n\n{body}", body.len());
    out_of_dialog(method, branch, cseq)
        .replace("To: <sip:bob@example.com>\n", &tag)
        .replace("Content-Length: 0\n\n", &length)
}
