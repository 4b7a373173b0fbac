//! A trunk that carries all that it may takes no call more, neither dialled nor transferred.

use ramal_tests::node::{carrier_address, carrier_of};
use ramal_tests::talk::{connect, established};
use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn a_second_call_is_refused_and_so_is_a_transfer() {
    let address = carrier_address().await;
    let site = Site::acme().extension("104", "").trunk("carrier", address, "max_calls = 1");
    let node = Node::start(site).await;
    let carrier = carrier_of(&node, address).await;
    let (mut a, mut b) = established(&node, "102", "103").await;
    connect(node.phone("100").await, Rtp::new().await, carrier, Rtp::new().await, "01155512345").await;
    let mut second = node.phone("104").await.invite("01155512346", &Rtp::new().await.sdp()).await;
    second.expect_status(503).await;
    let transfer = b.call.request("REFER", &[("Refer-To", "<sip:01155512347@acme.test>")], None).await;
    assert_eq!(transfer.status(), Some(503), "{}", transfer.dump());
    tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
    tokio::join!(a.call.bye(), b.call.expect_bye());
}
