//! Whatever the link loses, both sides end in agreement and nothing is left behind.

mod network;

use std::collections::HashMap;
use std::time::Duration;

use network::{Link, Network, address, ok};
use ramal_sip::endpoint::{DialogId, Event, Reply};
use ramal_sip::message::{Method, StatusCode};
use ramal_sip::transport::Transport;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// What one side knows of its dialogs.
#[derive(Default)]
struct Side {
    up: HashMap<DialogId, &'static str>,
    ended: usize,
}

impl Side {
    fn begin(&mut self, dialog: DialogId) {
        assert!(self.up.insert(dialog, "early").is_none(), "a dialog begins once");
    }

    fn end(&mut self, dialog: DialogId) {
        assert!(self.up.remove(&dialog).is_some(), "a dialog ends once");
        self.ended += 1;
    }

    fn knows(&self, dialog: DialogId) {
        assert!(self.up.contains_key(&dialog), "no event after the end of a dialog");
    }
}

fn body() -> Option<(String, bytes::Bytes)> {
    Some(("application/sdp".to_owned(), bytes::Bytes::from_static(b"offer")))
}

/// Callees answer, ring, refuse and modify at random; callers cancel, modify and hang up at random.
fn play(seed: u64, link: Link, transport: Transport) {
    let mut network = Network::new(seed, link);
    network.transport = transport;
    let mut rng = StdRng::seed_from_u64(seed ^ 0x5eed);
    network.add(1);
    network.add(2);
    let mut sides = [Side::default(), Side::default()];
    for _ in 0..6 {
        let from = rng.random_range(0..2);
        let to = network.endpoints[1 - from].0;
        let with_offer = rng.random_range(0..4) > 0;
        let dialog = network.invite(from, to, with_offer.then_some("offer"));
        sides[from].begin(dialog);
        let span = Duration::from_millis(rng.random_range(10..3_000));
        network.run_with(span, |network, who, event| react(network, &mut sides, &mut rng, who, event));
        meddle(&mut network, &sides, &mut rng);
    }
    let mut rounds = 0;
    while sides.iter().any(|side| !side.up.is_empty()) {
        network.run_with(Duration::from_secs(60), |network, who, event| {
            react(network, &mut sides, &mut rng, who, event);
        });
        for (who, side) in sides.iter().enumerate() {
            let left: Vec<DialogId> = side.up.keys().copied().collect();
            for dialog in left {
                network.act(who, |endpoint, now| endpoint.bye(now, dialog, Vec::new()));
            }
        }
        rounds += 1;
        assert!(rounds < 20, "seed {seed}: dialogs never end: {:?} {:?}", sides[0].up, sides[1].up);
    }
    network.assert_no_leak();
    assert!(
        network.events.iter().all(|(_, event)| matches!(event, Event::Response { .. })),
        "{:?}",
        network.events
    );
}

fn meddle(network: &mut Network, sides: &[Side; 2], rng: &mut StdRng) {
    for (who, side) in sides.iter().enumerate() {
        let mut dialogs: Vec<DialogId> = side.up.keys().copied().collect();
        dialogs.sort();
        for dialog in dialogs {
            match rng.random_range(0..6) {
                0 => network.act(who, |endpoint, now| endpoint.cancel(now, dialog, None)),
                1 => network.act(who, |endpoint, now| endpoint.bye(now, dialog, Vec::new())),
                2 | 3 => {
                    network.act(who, |endpoint, now| endpoint.reinvite(now, dialog, body(), Vec::new()));
                }
                4 => {
                    network.act(who, |endpoint, now| {
                        endpoint.request_in_dialog(now, dialog, Method::Info, Vec::new(), None)
                    });
                }
                _ => {}
            }
        }
    }
}

fn react(network: &mut Network, sides: &mut [Side; 2], rng: &mut StdRng, who: usize, event: Event) {
    match event {
        Event::Invite { dialog, .. } => {
            sides[who].begin(dialog);
            if rng.random_range(0..2) == 0 {
                network.act(who, |endpoint, now| endpoint.ring(now, dialog, Reply::new(StatusCode::RINGING)));
            }
            match rng.random_range(0..5) {
                0 => {
                    let busy = Reply::new(StatusCode::BUSY_HERE);
                    network.act(who, |endpoint, now| endpoint.reject(now, dialog, busy));
                    sides[who].end(dialog);
                }
                1 => {}
                _ => network.act(who, |endpoint, now| endpoint.accept(now, dialog, ok("sdp"))),
            }
        }
        Event::Answered { dialog, .. } | Event::ReofferAnswered { dialog, .. } => {
            sides[who].knows(dialog);
            network.act(who, |endpoint, now| endpoint.acknowledge(now, dialog, body()));
        }
        Event::Reoffer { dialog, .. } => {
            sides[who].knows(dialog);
            if rng.random_range(0..3) > 0 {
                network.act(who, |endpoint, now| endpoint.answer_reinvite(now, dialog, ok("sdp")));
            } else {
                let no = Reply::new(StatusCode::NOT_ACCEPTABLE_HERE);
                network.act(who, |endpoint, now| endpoint.answer_reinvite(now, dialog, no));
            }
        }
        Event::DialogRequest { dialog, tx, .. } => {
            sides[who].knows(dialog);
            network.act(who, |endpoint, now| endpoint.respond(now, tx, Reply::new(StatusCode::OK)));
        }
        Event::AckTimeout { dialog } => {
            sides[who].knows(dialog);
            network.act(who, |endpoint, now| endpoint.bye(now, dialog, Vec::new()));
        }
        Event::Progress { dialog, .. }
        | Event::Confirmed { dialog, .. }
        | Event::ReofferCancelled { dialog }
        | Event::ReofferConfirmed { dialog, .. } => sides[who].knows(dialog),
        Event::Cancelled { dialog, .. }
        | Event::Rejected { dialog, .. }
        | Event::Terminated { dialog, .. } => {
            sides[who].end(dialog);
        }
        Event::ReofferRefused { .. } | Event::Response { .. } => {}
        Event::Request { .. } => panic!("nobody asks outside dialogs"),
    }
}

#[test]
fn half_of_all_messages_lost() {
    let link = Link { loss: 50, delay_min: Duration::from_millis(5), delay_max: Duration::from_millis(300) };
    for seed in 0..300 {
        play(seed, link, Transport::Udp);
    }
}

#[test]
fn a_tenth_lost_and_the_rest_out_of_order() {
    let link =
        Link { loss: 10, delay_min: Duration::from_millis(1), delay_max: Duration::from_millis(1_500) };
    for seed in 1_000..1_200 {
        play(seed, link, Transport::Udp);
    }
}

#[test]
fn nearly_all_lost() {
    let link = Link { loss: 95, delay_min: Duration::from_millis(5), delay_max: Duration::from_millis(20) };
    for seed in 2_000..2_100 {
        play(seed, link, Transport::Udp);
    }
}

#[test]
fn nothing_lost_on_a_stream() {
    let link = Link { loss: 0, delay_min: Duration::from_millis(20), delay_max: Duration::from_millis(20) };
    for seed in 3_000..3_200 {
        play(seed, link, Transport::Tcp);
    }
}

#[test]
fn lossy_link_keeps_the_callers_patience() {
    let link = Link { loss: 30, delay_min: Duration::from_millis(5), delay_max: Duration::from_millis(80) };
    let mut network = Network::new(5, link);
    let (a, b) = (network.add(1), network.add(2));
    network.invite(a, address(2), Some("offer"));
    let mut confirmed = 0;
    network.run_with(Duration::from_secs(30), |network, who, event| match event {
        Event::Invite { dialog, .. } => {
            network.act(who, |endpoint, now| endpoint.accept(now, dialog, ok("answer")))
        }
        Event::Confirmed { .. } => confirmed += 1,
        _ => {}
    });
    assert_eq!(confirmed, 1);
    assert_eq!(network.endpoints[b].1.dialog_count(), 1);
}
