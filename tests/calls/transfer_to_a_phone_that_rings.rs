//! The transferor does not wait for the answer: REFER with Replaces of a call that still rings. It rings on, for the
//! party that is left behind, and nobody is lost.

use ramal_tests::talk::{Side, established};
use ramal_tests::{Call, Node, Rtp, Site};

/// A talks with B, B has called C, C rings, B has sent its REFER.
struct Scene {
    node: Node,
    a: Side,
    b: Side,
    at_carol: Call,
}

async fn referred() -> Scene {
    let node = Node::start(Site::acme()).await;
    let (a, mut b) = established(&node, "100", "101").await;
    let carol = node.phone("102").await;
    let mut consult = b.ua.invite("102", &Rtp::new().await.sdp()).await;
    let at_carol = carol.expect_invite().await;
    at_carol.ring().await;
    consult.expect_status(180).await;
    let replaces = consult.replaces().replace(';', "%3B").replace('=', "%3D").replace('@', "%40");
    let refer_to = format!("<sip:102@acme.test?Replaces={replaces}>");
    let response = b.call.request("REFER", &[("Refer-To", &refer_to)], None).await;
    assert_eq!(response.status(), Some(202), "{}", response.dump());
    consult.expect_status(487).await;
    Scene { node, a, b, at_carol }
}

async fn expect_outcome(b: &Side, status: &str) {
    while !b.call.expect_and_accept("NOTIFY").await.text().contains(status) {}
}

async fn answered_by(at_carol: &Call) -> Rtp {
    let rtp = Rtp::new().await;
    rtp.follow(&at_carol.offer());
    at_carol.answer(&rtp.sdp()).await;
    rtp.speak(880.0);
    rtp
}

#[tokio::test]
async fn it_rings_on_and_the_one_left_behind_is_connected() {
    let Scene { node, a, b, at_carol } = referred().await;
    let rtp = answered_by(&at_carol).await;
    expect_outcome(&b, " 200 ").await;
    b.call.expect_bye().await;
    tokio::join!(a.rtp.hears(880.0), rtp.hears(440.0));
    let mut call = a.call;
    tokio::join!(call.bye(), at_carol.expect_bye());
    node.expect_idle().await;
    assert_eq!(node.expect_cdrs(2).await.len(), 2);
}

#[tokio::test]
async fn the_transferor_may_leave_before_the_answer() {
    let Scene { node, a, mut b, at_carol } = referred().await;
    b.call.bye().await;
    let rtp = answered_by(&at_carol).await;
    tokio::join!(a.rtp.hears(880.0), rtp.hears(440.0));
    let mut call = a.call;
    tokio::join!(call.bye(), at_carol.expect_bye());
    node.expect_idle().await;
}

#[tokio::test]
async fn a_refusal_leaves_the_two_talking() {
    let Scene { node, a, mut b, at_carol } = referred().await;
    at_carol.reject(486).await;
    expect_outcome(&b, " 486 ").await;
    tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
    tokio::join!(b.call.bye(), a.call.expect_bye());
    node.expect_idle().await;
}

#[tokio::test]
async fn the_one_left_behind_may_give_up() {
    let Scene { node, mut a, b, at_carol } = referred().await;
    tokio::join!(a.call.bye(), b.call.expect_bye(), at_carol.expect_cancel());
    node.expect_idle().await;
}
