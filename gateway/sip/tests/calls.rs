//! Calls between two endpoints, or an endpoint and a scripted peer, in the situations that go wrong in the
//! field.

mod network;

use std::time::Duration;

use network::{
    Network, address, answer, in_dialog, invited, name, names, ok, out_of_dialog, requests, responses, status,
};
use ramal_sip::endpoint::{DialogState, EndpointConfig, Event, Failure, Reply, TerminationCause};
use ramal_sip::message::{HeaderName, Method, StatusCode};

fn pair() -> (Network, usize, usize) {
    let mut network = Network::perfect();
    let (a, b) = (network.add(1), network.add(2));
    (network, a, b)
}

#[test]
fn call_is_made_answered_and_ended_by_the_caller() {
    let (mut network, a, b) = pair();
    let ours = network.invite(a, address(2), Some("offer"));
    network.run_ms(10);
    let theirs = invited(&network.take_events(b)).expect("INVITE");
    network.act(b, |endpoint, now| endpoint.ring(now, theirs, Reply::new(StatusCode::RINGING)));
    network.run_ms(10);
    assert_eq!(names(&network.take_events(a)), ["Progress"]);
    network.act(b, |endpoint, now| endpoint.accept(now, theirs, ok("answer")));
    network.run_ms(10);
    let events = network.take_events(a);
    let [Event::Answered { response, .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(&response.body[..], b"answer");
    assert_eq!(names(&network.take_events(b)), ["Confirmed"]);
    assert_eq!(network.endpoints[a].1.dialog_info(ours).expect("dialog").state, DialogState::Confirmed);
    network.act(a, |endpoint, now| endpoint.bye(now, ours, Vec::new()));
    network.run_ms(10);
    let events = network.take_events(a);
    assert!(
        matches!(&events[..], [Event::Terminated { cause: TerminationCause::ByeSent, .. }]),
        "{events:?}"
    );
    let events = network.take_events(b);
    assert!(matches!(&events[..], [Event::Terminated { cause: TerminationCause::ByeReceived { .. }, .. }]));
    assert_eq!(network.endpoints[b].1.counters().retransmissions_received, 0);
    network.assert_no_leak();
}

#[test]
fn both_say_bye_at_once() {
    let (mut network, a, b) = pair();
    let (ours, theirs) = network.call(a, b);
    network.act(a, |endpoint, now| endpoint.bye(now, ours, Vec::new()));
    network.act(b, |endpoint, now| endpoint.bye(now, theirs, Vec::new()));
    network.run_ms(10);
    assert_eq!(names(&network.take_events(a)), ["Terminated"]);
    assert_eq!(names(&network.take_events(b)), ["Terminated"]);
    network.assert_no_leak();
}

#[test]
fn call_is_refused() {
    let (mut network, a, b) = pair();
    network.invite(a, address(2), Some("offer"));
    network.run_ms(10);
    let theirs = invited(&network.take_events(b)).expect("INVITE");
    network.act(b, |endpoint, now| endpoint.reject(now, theirs, Reply::new(StatusCode::BUSY_HERE)));
    network.run_ms(10);
    let events = network.take_events(a);
    let [Event::Rejected { response: Some(response), .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(response.status, StatusCode::BUSY_HERE);
    assert_eq!(network.sent_by(address(1), "ACK").len(), 1);
    assert_eq!(network.sent_by(address(2), "SIP/2.0 486").len(), 1);
    network.assert_no_leak();
}

#[test]
fn caller_hangs_up_while_ringing() {
    let (mut network, a, b) = pair();
    let ours = network.invite(a, address(2), Some("offer"));
    network.run_ms(10);
    let theirs = invited(&network.take_events(b)).expect("INVITE");
    network.act(b, |endpoint, now| endpoint.ring(now, theirs, Reply::new(StatusCode::RINGING)));
    network.run_ms(10);
    network.take_events(a);
    let reason = bytes::Bytes::from_static(b"SIP;cause=200;text=\"Call completed elsewhere\"");
    network.act(a, |endpoint, now| endpoint.cancel(now, ours, Some(reason.clone())));
    network.run_ms(10);
    let events = network.take_events(b);
    let [Event::Cancelled { reason: told, .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(told.as_ref(), Some(&reason));
    let events = network.take_events(a);
    let [Event::Rejected { response: Some(response), .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(response.status, StatusCode::REQUEST_TERMINATED);
    network.assert_no_leak();
}

#[test]
fn cancel_waits_for_a_provisional_response() {
    let mut network = Network::perfect();
    let a = network.add(1);
    let raw = network.add_raw(address(9));
    let ours = network.invite(a, address(9), Some("offer"));
    network.act(a, |endpoint, now| endpoint.cancel(now, ours, None));
    network.run_ms(400);
    assert!(network.sent_by(address(1), "CANCEL").is_empty());
    let invite = requests(&network.raws[raw].inbox)[0].clone();
    network.send_raw(raw, address(1), &answer(&invite, 100, "", ""));
    network.run_ms(100);
    assert_eq!(network.sent_by(address(1), "CANCEL").len(), 1);
    let cancel = requests(&network.raws[raw].inbox).last().copied().expect("CANCEL").clone();
    let branch = |request: &ramal_sip::message::Request| {
        request.headers.via().expect("Via").branch().map(str::to_owned)
    };
    assert_eq!(branch(&cancel), branch(&invite));
    network.send_raw(raw, address(1), &answer(&cancel, 200, "t", ""));
    network.send_raw(raw, address(1), &answer(&invite, 487, "t", ""));
    network.run_ms(100);
    assert_eq!(names(&network.take_events(a)), ["Rejected"]);
    network.assert_no_leak();
}

#[test]
fn cancel_without_a_final_response_gives_up_after_64_t1() {
    let mut network = Network::perfect();
    let a = network.add(1);
    let raw = network.add_raw(address(9));
    let ours = network.invite(a, address(9), Some("offer"));
    network.run_ms(10);
    let invite = requests(&network.raws[raw].inbox)[0].clone();
    network.send_raw(raw, address(1), &answer(&invite, 180, "t", ""));
    network.run_ms(10);
    network.act(a, |endpoint, now| endpoint.cancel(now, ours, None));
    network.run(Duration::from_secs(31));
    assert_eq!(names(&network.take_events(a)), ["Progress"]);
    network.run(Duration::from_secs(2));
    let events = network.take_events(a);
    assert!(matches!(&events[..], [Event::Rejected { failure: Some(Failure::Timeout), .. }]), "{events:?}");
    network.assert_no_leak();
}

#[test]
fn peer_that_rings_for_ever_is_cancelled_at_the_limit() {
    let mut network = Network::perfect();
    let a = network.add(1);
    let raw = network.add_raw(address(9));
    network.invite(a, address(9), Some("offer"));
    network.run_ms(10);
    let invite = requests(&network.raws[raw].inbox)[0].clone();
    network.send_raw(raw, address(1), &answer(&invite, 180, "t", ""));
    network.run(Duration::from_secs(599));
    assert!(network.sent_by(address(1), "CANCEL").is_empty());
    network.run(Duration::from_secs(2));
    assert!(!network.sent_by(address(1), "CANCEL").is_empty());
    network.run(Duration::from_secs(40));
    assert_eq!(names(&network.take_events(a)), ["Progress", "Rejected"]);
    network.assert_no_leak();
}

#[test]
fn bye_ends_a_dialog_in_any_state() {
    let (mut network, a, b) = pair();
    let ours = network.invite(a, address(2), Some("offer"));
    network.run_ms(10);
    let theirs = invited(&network.take_events(b)).expect("INVITE");
    network.act(b, |endpoint, now| endpoint.bye(now, theirs, Vec::new()));
    network.run_ms(10);
    assert_eq!(names(&network.take_events(b)), ["Terminated"]);
    let events = network.take_events(a);
    let [Event::Rejected { response: Some(response), .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(response.status, status(480));
    network.act(a, |endpoint, now| endpoint.bye(now, ours, Vec::new()));
    let ours = network.invite(a, address(2), Some("offer"));
    network.run_ms(10);
    network.act(a, |endpoint, now| endpoint.bye(now, ours, Vec::new()));
    network.run_ms(10);
    assert_eq!(names(&network.take_events(a)), ["Rejected"]);
    assert_eq!(names(&network.take_events(b)), ["Invite", "Cancelled"]);
    network.assert_no_leak();
}

#[test]
fn verbs_that_do_not_fit_the_state_do_nothing() {
    let (mut network, a, b) = pair();
    let (ours, theirs) = network.call(a, b);
    let before = network.sent.len();
    network.act(a, |endpoint, now| {
        endpoint.ring(now, ours, Reply::new(StatusCode::RINGING));
        endpoint.accept(now, ours, ok("x"));
        endpoint.reject(now, ours, Reply::new(StatusCode::BUSY_HERE));
        endpoint.cancel(now, ours, None);
        endpoint.acknowledge(now, ours, None);
        endpoint.answer_reinvite(now, ours, ok("x"));
    });
    network.act(b, |endpoint, now| endpoint.accept(now, theirs, ok("again")));
    assert_eq!(network.sent.len(), before);
    network.act(a, |endpoint, now| endpoint.request_in_dialog(now, ours, Method::Invite, Vec::new(), None));
    assert_eq!(names(&network.take_events(a)), ["Response"]);
    network.act(a, |endpoint, now| endpoint.bye(now, ours, Vec::new()));
    network.assert_no_leak();
}

#[test]
fn headers_of_the_layer_above_cannot_break_the_transaction() {
    let mut network = Network::perfect();
    let a = network.add(1);
    let raw = network.add_raw(address(9));
    let mut invite = network.outgoing(a, address(9), Some("offer"));
    for (name, value) in [
        (HeaderName::Via, "SIP/2.0/UDP evil"),
        (HeaderName::CSeq, "1 BYE"),
        (HeaderName::MaxForwards, "12"),
        (HeaderName::Subject, "one\r\nRoute: <sip:evil>"),
    ] {
        invite
            .headers
            .push(ramal_sip::message::Header { name, value: bytes::Bytes::from_static(value.as_bytes()) });
    }
    network.act(a, |endpoint, now| endpoint.invite(now, invite));
    network.run_ms(10);
    let got = requests(&network.raws[raw].inbox)[0].clone();
    assert_eq!(got.headers.all(&HeaderName::Via).count(), 1);
    assert_eq!(got.headers.all(&HeaderName::CSeq).count(), 1);
    assert_eq!(got.headers.max_forwards(), Ok(Some(12)));
    assert_eq!(got.headers.all(&HeaderName::Route).count(), 0);
}

#[test]
fn peers_are_told_the_advertised_address() {
    let mut network = Network::perfect();
    let public = std::net::SocketAddr::from(([203, 0, 113, 1], 5060));
    let b = network
        .add_with(2, EndpointConfig { advertised: vec![(address(2), public)], ..EndpointConfig::default() });
    let raw = network.add_raw(address(9));
    network.send_raw(raw, address(2), &out_of_dialog("INVITE", "adv", 1));
    network.run_ms(10);
    let theirs = invited(&network.take_events(b)).expect("INVITE");
    network.act(b, |endpoint, now| endpoint.accept(now, theirs, ok("answer")));
    network.run_ms(10);
    let answered = responses(&network.raws[raw].inbox).last().copied().expect("200").clone();
    assert_eq!(answered.headers.contact().expect("Contact").uri.to_string(), "sip:bob@203.0.113.1:5060");
    network.invite(b, address(9), Some("offer"));
    network.run_ms(10);
    let via = requests(&network.raws[raw].inbox)[0].headers.via().expect("Via");
    assert_eq!((via.host.as_str(), via.port), ("203.0.113.1", Some(5060)));
}

#[test]
fn ok_crosses_cancel() {
    let (mut network, a, b) = pair();
    let ours = network.invite(a, address(2), Some("offer"));
    network.run_ms(10);
    let theirs = invited(&network.take_events(b)).expect("INVITE");
    network.act(b, |endpoint, now| endpoint.accept(now, theirs, ok("answer")));
    network.act(a, |endpoint, now| endpoint.cancel(now, ours, None));
    network.run_ms(20);
    let events = network.take_events(a);
    let [Event::Terminated { cause: TerminationCause::AnsweredAfterCancel { .. }, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(names(&network.take_events(b)), ["Confirmed", "Terminated"]);
    network.assert_no_leak();
}

#[test]
fn lost_ack_is_reported_after_64_t1_and_the_call_can_be_kept() {
    let (mut network, a, b) = pair();
    let ours = network.invite(a, address(2), Some("offer"));
    network.run_ms(10);
    let theirs = invited(&network.take_events(b)).expect("INVITE");
    network.drop_if = Box::new(|line, _| line.starts_with("ACK"));
    network.act(b, |endpoint, now| endpoint.accept(now, theirs, ok("answer")));
    network.run(Duration::from_secs(33));
    assert_eq!(names(&network.take_events(b)), ["AckTimeout"]);
    let oks = network.sent_by(address(2), "SIP/2.0 200");
    let gaps: Vec<u128> = oks.windows(2).map(|pair| (pair[1] - pair[0]).as_millis()).collect();
    assert_eq!(gaps, [500, 1000, 2000, 4000, 4000, 4000, 4000, 4000, 4000, 4000]);
    assert_eq!(network.sent_by(address(1), "ACK").len(), oks.len());
    assert_eq!(network.endpoints[b].1.dialog_count(), 1);
    network.drop_if = Box::new(|_, _| false);
    network.act(a, |endpoint, now| endpoint.bye(now, ours, Vec::new()));
    network.run_ms(10);
    assert_eq!(names(&network.take_events(b)), ["Terminated"]);
    network.assert_no_leak();
}

#[test]
fn callee_hangs_up_before_the_ack_and_its_bye_waits() {
    let (mut network, a, b) = pair();
    network.invite(a, address(2), Some("offer"));
    network.run_ms(10);
    let theirs = invited(&network.take_events(b)).expect("INVITE");
    network.act(b, |endpoint, now| endpoint.accept(now, theirs, ok("answer")));
    network.act(b, |endpoint, now| endpoint.bye(now, theirs, Vec::new()));
    assert!(network.sent_by(address(2), "BYE").is_empty());
    network.run_ms(20);
    assert_eq!(names(&network.take_events(a)), ["Answered", "Terminated"]);
    assert_eq!(names(&network.take_events(b)), ["Confirmed", "Terminated"]);
    network.assert_no_leak();
}

#[test]
fn lost_bye_is_repeated_and_an_unanswered_one_ends_the_dialog_all_the_same() {
    let (mut network, a, b) = pair();
    let (ours, _) = network.call(a, b);
    let mut byes = 0;
    network.drop_if = Box::new(move |line, _| {
        byes += usize::from(line.starts_with("BYE"));
        line.starts_with("BYE") && byes < 4
    });
    network.act(a, |endpoint, now| endpoint.bye(now, ours, Vec::new()));
    network.run(Duration::from_secs(5));
    assert_eq!(names(&network.take_events(b)), ["Terminated"]);
    let (ours, _) = network.call(a, b);
    network.drop_if = Box::new(|_, _| true);
    network.act(a, |endpoint, now| endpoint.bye(now, ours, Vec::new()));
    network.run(Duration::from_secs(33));
    let events = network.take_events(a);
    let [Event::Terminated { cause: TerminationCause::ByeUnanswered { failure: Failure::Timeout }, .. }] =
        &events[..]
    else {
        panic!("{events:?}")
    };
    network.endpoints.remove(b);
}

#[test]
fn silent_peer_is_given_up_by_timer_b() {
    let mut network = Network::perfect();
    let a = network.add(1);
    network.invite(a, address(99), Some("offer"));
    network.run(Duration::from_secs(33));
    let events = network.take_events(a);
    assert!(matches!(&events[..], [Event::Rejected { failure: Some(Failure::Timeout), .. }]), "{events:?}");
    assert_eq!(network.sent_by(address(1), "INVITE").len(), 7);
    network.assert_no_leak();
}

#[test]
fn reinvite_glare_is_refused_on_both_sides_and_repeated_after_the_interval() {
    let (mut network, a, b) = pair();
    let (ours, theirs) = network.call(a, b);
    let body = || Some(("application/sdp".to_owned(), bytes::Bytes::from_static(b"hold")));
    network.act(a, |endpoint, now| endpoint.reinvite(now, ours, body(), Vec::new()));
    network.act(b, |endpoint, now| endpoint.reinvite(now, theirs, body(), Vec::new()));
    let began = network.now - network.start;
    let mut done = Vec::new();
    network.run_with(Duration::from_secs(10), |network, who, event| match event {
        Event::Reoffer { dialog, .. } => {
            network.act(who, |endpoint, now| endpoint.answer_reinvite(now, dialog, ok("held")));
        }
        Event::ReofferAnswered { .. } => done.push((who, network.now - network.start - began)),
        Event::ReofferConfirmed { .. } => {}
        other => panic!("{other:?}"),
    });
    assert_eq!(network.sent_by(address(1), "SIP/2.0 491").len(), 1);
    assert_eq!(network.sent_by(address(2), "SIP/2.0 491").len(), 1);
    let after = |who: usize| done.iter().find(|(owner, _)| *owner == who).expect("answered").1.as_millis();
    assert!((2100..4100).contains(&after(a)), "the owner of the Call-ID waits 2.1 to 4 s: {done:?}");
    assert!(after(b) <= 2100, "the other waits 0 to 2 s: {done:?}");
    network.act(a, |endpoint, now| endpoint.bye(now, ours, Vec::new()));
    network.assert_no_leak();
}

#[test]
fn second_reinvite_before_the_answer_to_the_first_gets_500_and_retry_after() {
    let mut network = Network::perfect();
    let b = network.add(2);
    let raw = network.add_raw(address(9));
    let (dialog, tag) = raw_call(&mut network, raw, b);
    network.send_raw(raw, address(2), &in_dialog("INVITE", 2, "r2", &tag, "offer"));
    network.send_raw(raw, address(2), &in_dialog("INVITE", 3, "r3", &tag, "offer"));
    network.run_ms(10);
    let last = responses(&network.raws[raw].inbox).last().copied().expect("response").clone();
    assert_eq!(last.status, StatusCode::SERVER_INTERNAL_ERROR);
    assert!(last.headers.retry_after().expect("Retry-After") <= 10);
    assert_eq!(names(&network.take_events(b)), ["Reoffer"]);
    network.send_raw(raw, address(2), &in_dialog("ACK", 3, "r3", &tag, ""));
    // An older CSeq is out of order.
    network.send_raw(raw, address(2), &in_dialog("INFO", 1, "r4", &tag, ""));
    network.run_ms(10);
    let last = responses(&network.raws[raw].inbox).last().copied().expect("response").clone();
    assert_eq!(last.status, StatusCode::SERVER_INTERNAL_ERROR);
    // CANCEL takes the first one back.
    network.send_raw(raw, address(2), &in_dialog("CANCEL", 2, "r2", &tag, ""));
    network.run_ms(10);
    assert_eq!(names(&network.take_events(b)), ["ReofferCancelled"]);
    let codes: Vec<u16> =
        responses(&network.raws[raw].inbox).iter().rev().take(2).map(|r| r.status.as_u16()).collect();
    assert_eq!(codes, [487, 200]);
    network.send_raw(raw, address(2), &in_dialog("ACK", 2, "r2", &tag, ""));
    network.send_raw(raw, address(2), &in_dialog("BYE", 4, "r5", &tag, ""));
    network.run_ms(10);
    let events = network.take_events(b);
    assert!(
        matches!(&events[..], [Event::Terminated { dialog: ended, .. }] if *ended == dialog),
        "{events:?}"
    );
    network.assert_no_leak();
}

#[test]
fn delayed_offer_is_answered_in_the_ack() {
    let (mut network, a, b) = pair();
    let ours = network.invite(a, address(2), None);
    network.run_ms(10);
    let theirs = invited(&network.take_events(b)).expect("INVITE");
    network.act(b, |endpoint, now| endpoint.accept(now, theirs, ok("offer in 200")));
    network.run_ms(700);
    assert!(network.sent_by(address(1), "ACK").is_empty());
    assert_eq!(names(&network.take_events(a)), ["Answered"]);
    let body = ("application/sdp".to_owned(), bytes::Bytes::from_static(b"answer in ACK"));
    network.act(a, |endpoint, now| endpoint.acknowledge(now, ours, Some(body)));
    network.run_ms(700);
    let events = network.take_events(b);
    let [Event::Confirmed { body: Some(body), .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(&body[..], b"answer in ACK");
    network.act(b, |endpoint, now| endpoint.bye(now, theirs, Vec::new()));
    network.assert_no_leak();
}

#[test]
fn fork_rings_twice_and_the_second_ok_is_acknowledged_and_hung_up() {
    let mut network = Network::perfect();
    let a = network.add(1);
    let raw = network.add_raw(address(9));
    network.invite(a, address(9), Some("offer"));
    network.run_ms(10);
    let invite = requests(&network.raws[raw].inbox)[0].clone();
    let contact = "Contact: <sip:bob@198.51.100.9>\n";
    for (code, tag) in [(180, "one"), (183, "two"), (200, "two"), (200, "one"), (200, "two")] {
        network.send_raw(raw, address(1), &answer(&invite, code, tag, contact));
        network.run_ms(10);
    }
    let events = network.take_events(a);
    let early: Vec<(String, u8)> = events
        .iter()
        .map(|event| match event {
            Event::Progress { early, .. } | Event::Answered { early, .. } => (name(event), early.0),
            _ => (name(event), 99),
        })
        .collect();
    assert_eq!(early, [("Progress".to_owned(), 0), ("Progress".to_owned(), 1), ("Answered".to_owned(), 1)]);
    let inbox = requests(&network.raws[raw].inbox);
    let tags: Vec<(String, String)> = inbox[1..]
        .iter()
        .map(|request| {
            (request.method.to_string(), request.headers.to().expect("To").tag().unwrap_or("").to_owned())
        })
        .collect();
    let expected = [("ACK", "two"), ("ACK", "one"), ("BYE", "one"), ("ACK", "two")];
    assert_eq!(tags, expected.map(|(method, tag)| (method.to_owned(), tag.to_owned())));
}

#[test]
fn retransmissions_are_absorbed_and_answered_again() {
    let mut network = Network::perfect();
    let b = network.add(2);
    let raw = network.add_raw(address(9));
    let options = out_of_dialog("OPTIONS", "o1", 1);
    network.send_raw(raw, address(2), &options);
    network.send_raw(raw, address(2), &options);
    network.run_ms(10);
    let events = network.take_events(b);
    let [Event::Request { tx, .. }] = &events[..] else { panic!("{events:?}") };
    let tx = *tx;
    network.act(b, |endpoint, now| endpoint.respond(now, tx, Reply::new(StatusCode::OK)));
    network.send_raw(raw, address(2), &options);
    network.run_ms(10);
    assert_eq!(responses(&network.raws[raw].inbox).len(), 2);
    let allow =
        responses(&network.raws[raw].inbox)[0].headers.get_str(&HeaderName::Allow).expect("Allow").to_owned();
    assert!(allow.contains("INVITE") && !allow.contains("SUBSCRIBE"), "{allow}");
    let invite = out_of_dialog("INVITE", "i1", 1);
    network.send_raw(raw, address(2), &invite);
    network.send_raw(raw, address(2), &invite);
    network.run_ms(10);
    assert_eq!(names(&network.take_events(b)), ["Invite"]);
    assert_eq!(network.endpoints[b].1.counters().retransmissions_received, 3);
}

#[test]
fn limits_of_dialogs_and_transactions_hold_while_running_calls_go_on() {
    let mut network = Network::perfect();
    let mut config = EndpointConfig::default();
    config.limits.dialogs = 3;
    config.limits.transactions = 20;
    let b = network.add_with(2, config);
    let raw = network.add_raw(address(9));
    let (_, tag) = raw_call(&mut network, raw, b);
    for index in 0..10 {
        network.send_raw(raw, address(2), &out_of_dialog("INVITE", &format!("d{index}"), index + 10));
    }
    for index in 0..40 {
        network.send_raw(raw, address(2), &out_of_dialog("OPTIONS", &format!("t{index}"), index + 100));
    }
    network.run_ms(10);
    let counters = *network.endpoints[b].1.counters();
    assert_eq!(counters.dialog_limit_hits, 8);
    assert_eq!(network.endpoints[b].1.transaction_count(), 20);
    assert!(counters.transaction_limit_hits > 0);
    network.events.clear();
    network.send_raw(raw, address(2), &in_dialog("BYE", 2, "bye", &tag, ""));
    network.run_ms(10);
    assert_eq!(names(&network.take_events(b)), ["Terminated"]);
}

#[test]
fn response_follows_rport_and_requests_reach_a_phone_behind_nat() {
    let mut network = Network::perfect();
    let b = network.add(2);
    let nat = std::net::SocketAddr::from(([203, 0, 113, 5], 41_000));
    let raw = network.add_raw(nat);
    let invite = out_of_dialog("INVITE", "n1", 1).replace("198.51.100.9", "192.168.1.10");
    network.send_raw(raw, address(2), &invite);
    network.run_ms(10);
    let via = responses(&network.raws[raw].inbox)[0].headers.via().expect("Via");
    assert_eq!((via.received(), via.rport()), (Some(nat.ip()), Some(41_000)));
    let theirs = invited(&network.take_events(b)).expect("INVITE");
    network.act(b, |endpoint, now| endpoint.accept(now, theirs, ok("answer")));
    network.run_ms(10);
    let tag = last_tag(&network, raw);
    network.send_raw(
        raw,
        address(2),
        &in_dialog("ACK", 1, "n2", &tag, "").replace("198.51.100.9", "192.168.1.10"),
    );
    network.run_ms(10);
    network.act(b, |endpoint, now| endpoint.bye(now, theirs, Vec::new()));
    network.run_ms(10);
    let bye = requests(&network.raws[raw].inbox).last().copied().expect("BYE came through the NAT").clone();
    assert_eq!((bye.method.clone(), bye.uri.host()), (Method::Bye, "192.168.1.10"));
    network.send_raw(raw, address(2), &answer(&bye, 200, "", ""));
    network.assert_no_leak();
}

#[test]
fn requests_in_a_dialog_follow_record_route() {
    let mut network = Network::perfect();
    let b = network.add(2);
    let proxy = network.add_raw(address(20));
    let routes = "Record-Route: <sip:198.51.100.20;lr>, <sip:198.51.100.21;lr>\nMax-Forwards";
    network.send_raw(proxy, address(2), &out_of_dialog("INVITE", "rr", 1).replace("Max-Forwards", routes));
    network.run_ms(10);
    let theirs = invited(&network.take_events(b)).expect("INVITE");
    network.act(b, |endpoint, now| endpoint.accept(now, theirs, ok("answer")));
    network.run_ms(10);
    let answered = responses(&network.raws[proxy].inbox).last().copied().expect("200").clone();
    assert_eq!(answered.headers.values(&HeaderName::RecordRoute).count(), 2);
    let tag = last_tag(&network, proxy);
    network.send_raw(proxy, address(2), &in_dialog("ACK", 1, "rr2", &tag, ""));
    network.run_ms(10);
    network.act(b, |endpoint, now| endpoint.request_in_dialog(now, theirs, Method::Info, Vec::new(), None));
    network.run_ms(10);
    let info = requests(&network.raws[proxy].inbox)[0].clone();
    let routes: Vec<String> = info
        .headers
        .values(&HeaderName::Route)
        .map(|route| String::from_utf8_lossy(route).into_owned())
        .collect();
    assert_eq!(routes, ["<sip:198.51.100.20;lr>", "<sip:198.51.100.21;lr>"]);
    assert_eq!(info.uri.to_string(), "sip:alice@198.51.100.9");
}

#[test]
fn requests_inside_a_dialog_pass_and_481_ends_it() {
    let (mut network, a, b) = pair();
    let (ours, theirs) = network.call(a, b);
    let tx = network.act(a, |endpoint, now| {
        let body = ("application/dtmf-relay".to_owned(), bytes::Bytes::from_static(b"Signal=5"));
        endpoint.request_in_dialog(now, ours, Method::Info, Vec::new(), Some(body))
    });
    network.run_ms(10);
    let events = network.take_events(b);
    let [Event::DialogRequest { tx: asked, request, .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(&request.body[..], b"Signal=5");
    let asked = *asked;
    network.act(b, |endpoint, now| endpoint.respond(now, asked, Reply::new(StatusCode::OK)));
    network.run_ms(10);
    let events = network.take_events(a);
    assert!(
        matches!(&events[..], [Event::Response { tx: told, outcome: Ok(_) }] if *told == tx),
        "{events:?}"
    );
    // The peer forgets the dialog.
    network.drop_if = Box::new(|_, from| from == address(2));
    network.act(b, |endpoint, now| endpoint.bye(now, theirs, Vec::new()));
    network.run(Duration::from_secs(40));
    network.events.clear();
    network.drop_if = Box::new(|_, _| false);
    network.act(a, |endpoint, now| endpoint.request_in_dialog(now, ours, Method::Info, Vec::new(), None));
    network.run_ms(10);
    let events = network.take_events(a);
    assert_eq!(names(&events), ["Response", "Terminated"]);
    network.assert_no_leak();
}

#[test]
fn reinvite_to_a_peer_that_forgot_the_dialog_ends_it() {
    let (mut network, a, b) = pair();
    let (ours, theirs) = network.call(a, b);
    network.drop_if = Box::new(|_, _| true);
    network.act(b, |endpoint, now| endpoint.bye(now, theirs, Vec::new()));
    network.run(Duration::from_secs(40));
    network.events.clear();
    network.drop_if = Box::new(|_, _| false);
    network.act(a, |endpoint, now| endpoint.reinvite(now, ours, None, Vec::new()));
    network.run_ms(10);
    let events = network.take_events(a);
    assert_eq!(names(&events), ["ReofferRefused", "Terminated"]);
    let Some(Event::Terminated { cause: TerminationCause::Gone { status: Some(code) }, .. }) = events.last()
    else {
        panic!("{events:?}")
    };
    assert_eq!(*code, status(481));
    network.assert_no_leak();
}

#[test]
fn replaces_names_a_dialog() {
    let (mut network, a, b) = pair();
    let (ours, theirs) = network.call(a, b);
    let info = network.endpoints[b].1.dialog_info(theirs).expect("dialog");
    let mut replaces = ramal_sip::message::Replaces {
        call_id: info.call_id,
        to_tag: info.local_tag,
        from_tag: info.remote_tag.expect("tag"),
        early_only: false,
    };
    assert_eq!(network.endpoints[b].1.find_dialog(&replaces), Some(theirs));
    replaces.early_only = true;
    assert_eq!(network.endpoints[b].1.find_dialog(&replaces), None);
    replaces.early_only = false;
    replaces.from_tag = "other".to_owned();
    assert_eq!(network.endpoints[b].1.find_dialog(&replaces), None);
    network.act(a, |endpoint, now| endpoint.bye(now, ours, Vec::new()));
    network.assert_no_leak();
}

fn last_tag(network: &Network, raw: usize) -> String {
    let last = responses(&network.raws[raw].inbox).last().copied().expect("response");
    last.headers.to().expect("To").tag().expect("tag").to_owned()
}

/// The scripted peer calls and is answered; gives the dialog and its tag.
fn raw_call(network: &mut Network, raw: usize, callee: usize) -> (ramal_sip::endpoint::DialogId, String) {
    network.send_raw(raw, address(2), &out_of_dialog("INVITE", "first", 1));
    network.run_ms(10);
    let dialog = invited(&network.take_events(callee)).expect("INVITE");
    network.act(callee, |endpoint, now| endpoint.accept(now, dialog, ok("answer")));
    network.run_ms(10);
    let tag = last_tag(network, raw);
    network.send_raw(raw, address(2), &in_dialog("ACK", 1, "first-ack", &tag, ""));
    network.run_ms(10);
    network.events.clear();
    network.raws[raw].inbox.clear();
    (dialog, tag)
}

#[test]
fn peer_of_rfc_2543_without_a_magic_cookie_is_served() {
    let mut network = Network::perfect();
    let b = network.add(2);
    let raw = network.add_raw(address(9));
    let old = |text: String| text.replace(";branch=z9hG4bKold;rport", ";branch=1");
    let invite = old(out_of_dialog("INVITE", "old", 1));
    network.send_raw(raw, address(2), &invite);
    network.send_raw(raw, address(2), &invite);
    network.run_ms(10);
    let theirs = invited(&network.take_events(b)).expect("one INVITE");
    network.act(b, |endpoint, now| endpoint.reject(now, theirs, Reply::new(StatusCode::BUSY_HERE)));
    network.run_ms(10);
    let tag = last_tag(&network, raw);
    network.send_raw(raw, address(2), &old(in_dialog("ACK", 1, "old", &tag, "")));
    network.run(Duration::from_secs(3));
    assert_eq!(network.sent_by(address(2), "SIP/2.0 486").len(), 1, "the ACK was matched");
    assert_eq!(network.endpoints[b].1.counters().stray_acks, 0);
    network.assert_no_leak();
}

#[test]
fn cancelled_fork_that_is_answered_on_two_branches_is_hung_up_on_both() {
    let mut network = Network::perfect();
    let a = network.add(1);
    let raw = network.add_raw(address(9));
    let ours = network.invite(a, address(9), Some("offer"));
    network.run_ms(10);
    let invite = requests(&network.raws[raw].inbox)[0].clone();
    network.send_raw(raw, address(1), &answer(&invite, 180, "one", ""));
    network.run_ms(10);
    network.act(a, |endpoint, now| endpoint.cancel(now, ours, None));
    let contact = "Contact: <sip:bob@198.51.100.9>\n";
    for tag in ["one", "two", "one"] {
        network.send_raw(raw, address(1), &answer(&invite, 200, tag, contact));
    }
    network.run_ms(10);
    assert_eq!(names(&network.take_events(a)), ["Progress", "Terminated"]);
    assert_eq!(network.sent_by(address(1), "BYE").len(), 2);
    assert_eq!(network.sent_by(address(1), "ACK").len(), 3);
    network.assert_no_leak();
}
