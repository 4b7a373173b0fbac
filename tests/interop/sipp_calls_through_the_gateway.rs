//! sipp, an impartial caller, as a carrier in front of a phone of ours.

use ramal_tests::node::carrier_address;
use ramal_tests::{Node, Rtp, Sipp, Site};

#[tokio::test]
async fn its_call_reaches_an_extension_and_ends() {
    let address = carrier_address().await;
    let site = Site::acme().trunk("carrier", address, "").trunk_number("carrier", "5511400", "100");
    let node = Node::start(site).await;
    let phone = node.phone("100").await;
    let sipp = Sipp::run("call_and_hang_up.xml", node.udp, address, &["-m", "1", "-s", "5511400"]);
    let call = phone.expect_invite().await;
    call.ring().await;
    call.answer(&Rtp::new().await.sdp()).await;
    call.expect_bye().await;
    sipp.succeeded().await;
    assert_eq!(node.expect_cdr().await["end_reason"], "normal_clearing");
}
