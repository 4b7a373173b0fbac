//! What the endpoint refuses by itself, without keeping anything.

mod network;

use std::time::Duration;

use network::{Network, address, in_dialog, out_of_dialog, responses};
use ramal_sip::endpoint::EndpointConfig;
use ramal_sip::message::{HeaderName, StatusCode};

#[test]
fn what_is_not_served_is_refused_with_what_is() {
    let mut network = Network::perfect();
    let b = network.add(2);
    let raw = network.add_raw(address(9));
    let require =
        out_of_dialog("INVITE", "q1", 1).replace("Max-Forwards", "Require: replaces, 100rel\nMax-Forwards");
    network.send_raw(raw, address(2), &require);
    network.send_raw(raw, address(2), &out_of_dialog("PUBLISH", "q2", 2));
    network.send_raw(raw, address(2), &in_dialog("BYE", 5, "q3", "0123456789abcdef", ""));
    network.send_raw(raw, address(2), &out_of_dialog("CANCEL", "q4", 4));
    network.run_ms(10);
    let got = responses(&network.raws[raw].inbox);
    let codes: Vec<u16> = got.iter().map(|response| response.status.as_u16()).collect();
    assert_eq!(codes, [420, 405, 481, 481]);
    assert_eq!(got[0].headers.get_str(&HeaderName::Unsupported), Some("100rel"));
    assert!(got[1].headers.get_str(&HeaderName::Allow).is_some());
    assert!(network.take_events(b).is_empty());
    network.assert_no_leak();
}

#[test]
fn what_means_something_only_in_a_dialog_is_481_outside_of_one() {
    let mut network = Network::perfect();
    let b = network.add(2);
    let raw = network.add_raw(address(9));
    for (number, method) in (1..).zip(["BYE", "REFER", "UPDATE", "NOTIFY", "INFO"]) {
        network.send_raw(raw, address(2), &out_of_dialog(method, &format!("s{number}"), number));
        network.send_raw(
            raw,
            address(2),
            &in_dialog(method, 5, &format!("t{number}"), "0123456789abcdef", ""),
        );
    }
    network.send_raw(raw, address(2), &in_dialog("INVITE", 5, "u", "0123456789abcdef", ""));
    network.run_ms(10);
    let got = responses(&network.raws[raw].inbox);
    let codes: Vec<u16> = got.iter().map(|response| response.status.as_u16()).collect();
    assert_eq!(codes, [481; 11]);
    assert!(network.take_events(b).is_empty());
    network.assert_no_leak();
}

#[test]
fn merged_request_is_a_loop() {
    let mut network = Network::perfect();
    network.add(2);
    let raw = network.add_raw(address(9));
    network.send_raw(raw, address(2), &out_of_dialog("INVITE", "m1", 7));
    network.send_raw(raw, address(2), &out_of_dialog("INVITE", "m2", 7));
    network.run_ms(10);
    let codes: Vec<u16> =
        responses(&network.raws[raw].inbox).iter().map(|response| response.status.as_u16()).collect();
    assert_eq!(codes, [100, 482]);
}

#[test]
fn flood_of_invites_is_answered_503_with_retry_after() {
    let mut network = Network::perfect();
    let mut config = EndpointConfig::default();
    config.limits.invites_per_second = 10;
    config.limits.invite_burst = 20;
    let b = network.add_with(2, config);
    let raw = network.add_raw(address(9));
    for index in 0..100 {
        network.send_raw(raw, address(2), &out_of_dialog("INVITE", &format!("f{index}"), index + 1));
    }
    network.run_ms(10);
    let counters = *network.endpoints[b].1.counters();
    assert_eq!(counters.invite_rate_limit_hits, 80);
    assert_eq!(network.take_events(b).len(), 20);
    let refused = network.raws[raw].inbox.clone();
    let refused = responses(&refused);
    let refused: Vec<_> =
        refused.iter().filter(|response| response.status == StatusCode::SERVICE_UNAVAILABLE).collect();
    assert_eq!(refused.len(), 80);
    assert!(refused.iter().all(|response| response.headers.retry_after() == Some(5)));
    assert_eq!(network.endpoints[b].1.dialog_count(), 20);
    network.run(Duration::from_secs(1000));
    assert_eq!(network.endpoints[b].1.dialog_count(), 0, "ringing has a limit");
}

#[test]
fn challenged_calls_reach_the_whole_rate_of_their_source() {
    let mut network = Network::perfect();
    let mut config = EndpointConfig::default();
    config.limits.invites_per_second = 10;
    config.limits.invite_burst = 20;
    let b = network.add_with(2, config);
    let raw = network.add_raw(address(9));
    for index in 0..21 {
        network.send_raw(raw, address(2), &out_of_dialog("INVITE", &format!("c{index}"), index + 1));
        let answer = out_of_dialog("INVITE", &format!("d{index}"), index + 101)
            .replace("Max-Forwards", "Proxy-Authorization: Digest username=\"a\"\nMax-Forwards");
        network.send_raw(raw, address(2), &answer);
    }
    network.run_ms(10);
    assert_eq!(network.take_events(b).len(), 40);
    assert_eq!(network.endpoints[b].1.counters().invite_rate_limit_hits, 2);
}
