//! Streams that break: a request is sent once more over a new connection.

mod network;

use std::time::Duration;

use bytes::Bytes;
use network::{Network, address, names};
use ramal_sip::endpoint::{Event, Failure, Output};
use ramal_sip::transport::{ConnectionId, Flow, Transport};

#[test]
fn bye_over_a_dead_connection_is_sent_over_a_new_one() {
    let mut network = Network::perfect();
    network.transport = Transport::Tcp;
    let (a, b) = (network.add(1), network.add(2));
    let (ours, _) = network.call(a, b);
    let endpoint = &mut network.endpoints[a].1;
    // The peer's last message came over connection 7, which the shell knows to be gone.
    let flow = Flow {
        transport: Transport::Tcp,
        local: address(1),
        remote: address(2),
        connection: Some(ConnectionId(7)),
    };
    let info = "OPTIONS sip:alice@198.51.100.1 SIP/2.0\r\nVia: SIP/2.0/TCP 198.51.100.2;branch=z9hG4bKx\r\n";
    let told = endpoint.dialog_info(ours).expect("dialog");
    let text = format!(
        "{info}From: <sip:bob@example.com>;tag={}\r\nTo: <sip:alice@example.com>;tag={}\r\nCall-ID: {}\r\n\
         CSeq: 99999 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
        told.remote_tag.expect("tag"),
        told.local_tag,
        told.call_id
    );
    let now = network.now;
    endpoint.handle_message(now, flow, Bytes::from(text));
    while !matches!(endpoint.poll_output(), Output::Timeout(_)) {}
    endpoint.bye(now, ours, Vec::new());
    let Output::Transmit(first) = endpoint.poll_output() else { panic!("BYE") };
    let mut sent = vec![first];
    while let Output::Transmit(next) = endpoint.poll_output() {
        sent.push(next);
    }
    assert_eq!(sent.last().expect("BYE").flow.connection, Some(ConnectionId(7)));
    endpoint.handle_flow_failed(now, &flow);
    let Output::Transmit(again) = endpoint.poll_output() else { panic!("BYE again") };
    assert_eq!((again.flow.connection, again.flow.remote), (None, address(2)));
    assert!(again.bytes.starts_with(b"BYE"));
    endpoint.handle_flow_failed(now, &again.flow);
    let Output::Event(event) = endpoint.poll_output() else { panic!("the end") };
    assert!(matches!(event, Event::Terminated { .. }), "{event:?}");
}

#[test]
fn connect_that_fails_refuses_the_call_at_once() {
    let mut network = Network::perfect();
    network.transport = Transport::Tls;
    let a = network.add(1);
    network.invite(a, address(9), Some("offer"));
    let flow = network.flow(a, address(9));
    network.act(a, |endpoint, now| endpoint.handle_flow_failed(now, &flow));
    let events = network.take_events(a);
    assert!(matches!(&events[..], [Event::Rejected { failure: Some(Failure::Transport), .. }]), "{events:?}");
    network.assert_no_leak();
}

#[test]
fn nothing_is_repeated_over_a_stream_but_the_2xx_to_invite() {
    let mut network = Network::perfect();
    network.transport = Transport::Tcp;
    let a = network.add(1);
    network.invite(a, address(9), Some("offer"));
    network.run(Duration::from_secs(33));
    assert_eq!(network.sent_by(address(1), "INVITE").len(), 1);
    assert_eq!(names(&network.take_events(a)), ["Rejected"]);
}
