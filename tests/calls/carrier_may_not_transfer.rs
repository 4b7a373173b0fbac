//! A carrier's REFER is refused: it must not connect calls at the organization's cost.

use ramal_tests::node::{carrier_address, carrier_of};
use ramal_tests::{Call, Node, Rtp, Site, Ua};

#[tokio::test]
async fn neither_to_a_number_nor_to_another_call_of_its_own() {
    let address = carrier_address().await;
    let site = Site::acme()
        .trunk("carrier", address, "")
        .trunk_number("carrier", "551140000000", "100")
        .trunk_number("carrier", "551140000001", "101");
    let node = Node::start(site).await;
    let carrier = carrier_of(&node, address).await;
    let mut first = call(&carrier, "551140000000", &node.phone("100").await).await;
    let second = call(&carrier, "551140000001", &node.phone("101").await).await;
    let blind = first.request("REFER", &[("Refer-To", "<sip:102@acme.test>")], None).await;
    assert_eq!(blind.status(), Some(403), "{}", blind.dump());
    let replaces = second.replaces().replace(';', "%3B").replace('=', "%3D").replace('@', "%40");
    let refer_to = format!("<sip:101@acme.test?Replaces={replaces}>");
    let attended = first.request("REFER", &[("Refer-To", &refer_to)], None).await;
    assert_eq!(attended.status(), Some(403), "{}", attended.dump());
}

async fn call(carrier: &Ua, number: &str, phone: &Ua) -> Call {
    let rtp = Rtp::new().await;
    let mut call = carrier.invite(number, &rtp.sdp()).await;
    let other = phone.expect_invite().await;
    let answer = rtp.sdp();
    tokio::join!(other.answer(&answer), call.answered());
    call
}
