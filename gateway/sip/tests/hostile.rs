//! Bytes that nobody should send: no panic, no growth beyond the limits, and running calls notice nothing.

mod network;

use bytes::Bytes;
use network::{Network, address, names, responses};
use proptest::prelude::{Strategy, any, prop, prop_assert, proptest};
use proptest::test_runner::Config;
use ramal_sip::endpoint::{Endpoint, EndpointConfig, Event, Output, Reply};
use ramal_sip::message::{HeaderName, StatusCode};

const METHODS: [&str; 8] = ["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "UPDATE", "INFO", "REGISTER"];

/// Requests and responses of few values each, so that they hit one another's transactions and dialogs.
fn message() -> impl Strategy<Value = String> {
    (0..12_usize, 0..4_u8, 0..3_u32, 0..4_u8, any::<bool>(), 0..3_u8).prop_map(|(kind, branch, cseq, tag, body, call)| {
        let method = METHODS[kind % METHODS.len()];
        let start = match kind {
            0..8 => format!("{method} sip:bob@198.51.100.2 SIP/2.0"),
            8 => "SIP/2.0 100 Trying".to_owned(),
            9 => "SIP/2.0 180 Ringing".to_owned(),
            10 => "SIP/2.0 200 OK".to_owned(),
            _ => "SIP/2.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"x\", nonce=\"y\"".to_owned(),
        };
        let tag = match tag {
            0 => String::new(),
            1 => ";tag=0123456789abcdef".to_owned(),
            tag => format!(";tag=t{tag}"),
        };
        let body = if body { "v=0" } else { "" };
        format!(
            "{start}\r\nVia: SIP/2.0/UDP 198.51.100.9;branch=z9hG4bK{branch};rport\r\nFrom: <sip:a@b>;tag=1\r\n\
             To: <sip:b@c>{tag}\r\nCall-ID: {call}\r\nCSeq: {cseq} {method}\r\nContact: <sip:a@198.51.100.9>\r\n\
             Max-Forwards: 9\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    })
}

fn drain(endpoint: &mut Endpoint) -> usize {
    let mut outputs = 0;
    while !matches!(endpoint.poll_output(), Output::Timeout(_)) {
        outputs += 1;
    }
    outputs
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::with_cases(200) })]

    #[test]
    fn any_order_of_messages(messages in prop::collection::vec(message(), 1..40)) {
        let mut network = Network::perfect();
        let a = network.add(1);
        let flow = network.flow(a, address(9));
        for text in messages {
            network.act(a, |endpoint, now| endpoint.handle_message(now, flow, Bytes::from(text)));
            network.run_ms(50);
        }
        network.assert_no_leak();
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut network = Network::perfect();
        let a = network.add(1);
        let flow = network.flow(a, address(9));
        network.act(a, |endpoint, now| endpoint.handle_message(now, flow, Bytes::from(bytes)));
        network.assert_no_leak();
    }

    #[test]
    fn any_damage_to_a_message(
        text in message(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let mut bytes = text.into_bytes();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let mut endpoint = Endpoint::new(EndpointConfig::default(), [1; 32]);
        let now = std::time::Instant::now();
        let mut network = Network::perfect();
        let a = network.add(1);
        let flow = network.flow(a, address(9));
        endpoint.handle_message(now, flow, Bytes::from(bytes));
        prop_assert!(drain(&mut endpoint) <= 3);
    }
}

#[test]
fn running_call_notices_no_garbage() {
    let mut network = Network::perfect();
    let (a, b) = (network.add(1), network.add(2));
    let (ours, _) = network.call(a, b);
    let raw = network.add_raw(address(9));
    for index in 0..2_000 {
        network.send_raw(raw, address(2), &format!("garbage {index}\n\n"));
    }
    network.run_ms(10);
    assert!(network.take_events(b).is_empty());
    assert_eq!(network.endpoints[b].1.counters().parse_errors, 2_000);
    network.act(a, |endpoint, now| endpoint.bye(now, ours, Vec::new()));
    network.run_ms(10);
    assert_eq!(names(&network.take_events(b)), ["Terminated"]);
    network.assert_no_leak();
}

#[test]
fn strangers_that_are_refused_fill_no_table() {
    let mut network = Network::perfect();
    let a = network.add(1);
    let flow = network.flow(a, address(9));
    for number in 0..1_000 {
        let text = format!(
            "REGISTER sip:198.51.100.1 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.9;branch=z9hG4bKflood{number};rport\r\n\
             From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: flood{number}\r\nCSeq: 1 REGISTER\r\nMax-Forwards: 9\r\n\
             Content-Length: 0\r\n\r\n"
        );
        network.act(a, |endpoint, now| endpoint.handle_message(now, flow, Bytes::from(text)));
        for event in network.take_events(a) {
            let Event::Request { tx, .. } = event else { panic!("{event:?}") };
            network.act(a, |endpoint, now| endpoint.respond(now, tx, Reply::new(StatusCode::UNAUTHORIZED)));
        }
    }
    assert_eq!(network.endpoints[a].1.transaction_count(), 0);
}

#[test]
fn invites_of_strangers_are_challenged_without_a_trace() {
    let mut network = Network::perfect();
    let a = network.add(1);
    let raw = network.add_raw(address(9));
    let mut tags = Vec::new();
    for number in [1, 2, 2] {
        let text = |method: &str, to: &str| {
            format!(
                "{method} sip:b@198.51.100.1 SIP/2.0\nVia: SIP/2.0/UDP 198.51.100.9;branch=z9hG4bK{number};rport\n\
                 From: <sip:a@b>;tag=1\nTo: <sip:b@b>{to}\nCall-ID: c{number}\nCSeq: 1 {method}\nMax-Forwards: 9\n\
                 Contact: <sip:a@198.51.100.9>\nContent-Length: 0\n\n"
            )
        };
        let flow = network.flow(a, address(9));
        let bytes = Bytes::from(text("INVITE", "").replace('\n', "\r\n"));
        // The layer above answers before it polls on, as the gateway does.
        network.act(a, |endpoint, now| {
            endpoint.handle_message(now, flow, bytes);
            let Output::Event(Event::Invite { dialog, request, .. }) = endpoint.poll_output() else {
                panic!("a new call each time")
            };
            let reply = Reply::new(StatusCode::PROXY_AUTHENTICATION_REQUIRED);
            endpoint.turn_away(now, dialog, &request, &reply);
        });
        assert_eq!(
            (network.endpoints[a].1.transaction_count(), network.endpoints[a].1.dialog_count()),
            (0, 0)
        );
        network.run_ms(10);
        let got = responses(&network.raws[raw].inbox);
        let last = got.last().expect("a challenge");
        assert_eq!(last.status, StatusCode::PROXY_AUTHENTICATION_REQUIRED);
        let tag = last
            .headers
            .get_str(&HeaderName::To)
            .and_then(|to| to.split_once(";tag="))
            .expect("a tag")
            .1
            .to_owned();
        network.send_raw(raw, address(1), &text("ACK", &format!(";tag={tag}")));
        network.run_ms(10);
        tags.push(tag);
    }
    assert_eq!(network.raws[raw].inbox.len(), 3, "no 100, and nothing for an ACK");
    assert_eq!(tags[1], tags[2], "what comes again gets the same answer");
}
