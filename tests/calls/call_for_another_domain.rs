//! We are no proxy: a call for somebody outside is none for the same number here (RFC 3261 §8.2.2.1, §16.3).

use ramal_tests::node::{carrier_address, carrier_of};
use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn a_phone_calls_inside_its_organization_by_whichever_name_of_ours() {
    let node = Node::start(Site::acme()).await;
    let (phone, called) = (node.phone("100").await, node.phone("101").await);
    let offer = Rtp::new().await.sdp();
    for elsewhere in ["other.test", "acme.test.evil.example"] {
        let mut call = phone.invite_uri(&format!("sip:101@{elsewhere}"), &offer, &[]).await;
        call.expect_status(404).await;
    }
    // Behind a translated address nobody here knows which one phones dial.
    let ours =
        ["acme.test", "ACME.Test", "localhost", "192.0.2.77", &node.udp.to_string()].map(str::to_owned);
    for host in &ours {
        let mut call = phone.invite_uri(&format!("sip:101@{host}"), &offer, &[]).await;
        called.expect_invite().await.reject(486).await;
        call.expect_status(486).await;
    }
    let records = node.expect_cdrs(2 + ours.len()).await;
    let outside: Vec<_> = records.iter().filter(|record| record["end_reason"] == "number_unknown").collect();
    assert_eq!(outside.len(), 2, "{records:#?}");
    assert!(outside.iter().any(|record| record["callee"] == "101@other.test"), "{outside:#?}");
}

#[tokio::test]
async fn a_carrier_may_know_us_by_a_name_that_we_do_not() {
    let address = carrier_address().await;
    let site = Site::acme().trunk("carrier", address, "").trunk_number("carrier", "600", "101");
    let node = Node::start(site).await;
    let (called, carrier) = (node.phone("101").await, carrier_of(&node, address).await);
    let offer = Rtp::new().await.sdp();
    for host in ["sbc.acme.example", "198.51.100.7", "acme.test", &node.udp.to_string()] {
        let mut call = carrier.invite_uri(&format!("sip:600@{host}"), &offer, &[]).await;
        called.expect_invite().await.reject(486).await;
        call.expect_status(486).await;
    }
}
