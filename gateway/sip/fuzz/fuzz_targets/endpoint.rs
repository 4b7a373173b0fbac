//! Datagrams in any order at an endpoint whose layer above answers what it is asked: nothing is left in the end.
#![no_main]

use std::time::{Duration, Instant};

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use ramal_sip::endpoint::{Endpoint, EndpointConfig, Event, Output, Reply};
use ramal_sip::message::StatusCode;
use ramal_sip::transport::{Flow, Transport};

/// What separates datagrams in the input.
const CUT: &[u8] = b"\x00\x00";
/// Timers that may fire after the last datagram; more would be a loop.
const MOST_TIMERS: usize = 100_000;

fn drain(endpoint: &mut Endpoint, now: Instant, turn: &mut u8) -> Option<Instant> {
    loop {
        match endpoint.poll_output() {
            Output::Transmit(_) => {}
            Output::Event(event) => answer(endpoint, now, event, turn),
            Output::Timeout(at) => return at,
        }
    }
}

fn answer(endpoint: &mut Endpoint, now: Instant, event: Event, turn: &mut u8) {
    *turn = turn.wrapping_add(1);
    match event {
        Event::Invite { dialog, request, .. } => match *turn % 4 {
            0 => endpoint.reject(now, dialog, Reply::new(StatusCode::NOT_FOUND)),
            1 => endpoint.turn_away(now, dialog, &request, &Reply::new(StatusCode::PROXY_AUTHENTICATION_REQUIRED)),
            2 => endpoint.ring(now, dialog, Reply::new(StatusCode::RINGING)),
            _ => endpoint.accept(now, dialog, Reply::new(StatusCode::OK).with_body("application/sdp", "v=0")),
        },
        Event::Request { tx, .. } | Event::DialogRequest { tx, .. } => {
            endpoint.respond(now, tx, Reply::new(StatusCode::OK));
        }
        Event::Reoffer { dialog, .. } => endpoint.answer_reinvite(now, dialog, Reply::new(StatusCode::OK)),
        Event::AckTimeout { dialog } | Event::Confirmed { dialog, .. } => endpoint.bye(now, dialog, Vec::new()),
        _ => {}
    }
}

fuzz_target!(|data: &[u8]| {
    let mut endpoint = Endpoint::new(EndpointConfig::default(), [7; 32]);
    let mut now = Instant::now();
    let mut turn = 0;
    let flow = Flow {
        transport: Transport::Udp,
        local: "198.51.100.1:5060".parse().expect("an address"),
        remote: "198.51.100.9:5060".parse().expect("an address"),
        connection: None,
    };
    let mut rest = data;
    while !rest.is_empty() {
        let at = rest.windows(CUT.len()).position(|w| w == CUT).unwrap_or(rest.len());
        endpoint.handle_message(now, flow, Bytes::copy_from_slice(&rest[..at]));
        drain(&mut endpoint, now, &mut turn);
        rest = rest.get(at + CUT.len()..).unwrap_or_default();
        now += Duration::from_millis(10);
    }
    let mut timers = 0;
    while let Some(at) = drain(&mut endpoint, now, &mut turn) {
        now = now.max(at);
        endpoint.handle_timeout(now);
        timers += 1;
        assert!(timers < MOST_TIMERS, "the endpoint never comes to rest");
    }
    assert_eq!(endpoint.transaction_count(), 0);
});
