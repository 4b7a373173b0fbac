//! INVITE with Replaces of an early dialog: of one that we ring, the newcomer answers in its place; of a caller who
//! waits, it rings on for the newcomer.

use ramal_tests::{Call, Node, Rtp, Site, Ua};

struct Scene {
    node: Node,
    caller: Call,
    ear: Rtp,
    at_bob: Call,
    carol: Ua,
}

/// 100 has called 101, which rings; 102 is there.
async fn ringing() -> Scene {
    let node = Node::start(Site::acme()).await;
    let (alice, bob, carol) = (node.phone("100").await, node.phone("101").await, node.phone("102").await);
    let ear = Rtp::new().await;
    let mut caller = alice.invite("101", &ear.sdp()).await;
    let at_bob = bob.expect_invite().await;
    at_bob.ring().await;
    caller.expect_status(180).await;
    Scene { node, caller, ear, at_bob, carol }
}

async fn converse(node: &Node, (mut one, ear): (Call, Rtp), (other, rtp): (Call, Rtp)) {
    ear.speak(440.0);
    rtp.speak(880.0);
    tokio::join!(ear.hears(880.0), rtp.hears(440.0));
    tokio::join!(one.bye(), other.expect_bye());
    node.expect_idle().await;
}

#[tokio::test]
async fn a_colleague_picks_the_call_up() {
    let Scene { node, mut caller, ear, at_bob, carol } = ringing().await;
    let rtp = Rtp::new().await;
    let replaces = format!("{};early-only", at_bob.replaces());
    let mut taken = carol.invite_with("101", &rtp.sdp(), &[("Replaces", &replaces)]).await;
    let (_, to_carol, to_alice) = tokio::join!(at_bob.expect_cancel(), taken.answered(), caller.answered());
    rtp.follow(&to_carol.text());
    ear.follow(&to_alice.text());
    converse(&node, (caller, ear), (taken, rtp)).await;
    assert_eq!(node.expect_cdr().await["end_reason"], "normal_clearing");
}

#[tokio::test]
async fn a_colleague_picks_the_call_up_without_an_offer() {
    let Scene { node, mut caller, ear, at_bob, carol } = ringing().await;
    let rtp = Rtp::new().await;
    let mut taken = carol.invite_with("101", "", &[("Replaces", &at_bob.replaces())]).await;
    let (_, offered, to_alice) =
        tokio::join!(at_bob.expect_cancel(), taken.expect_status(200), caller.answered());
    rtp.follow(&offered.text());
    taken.ack_with(&rtp.sdp()).await;
    ear.follow(&to_alice.text());
    converse(&node, (caller, ear), (taken, rtp)).await;
}

#[tokio::test]
async fn it_rings_on_for_who_takes_the_callers_place() {
    let Scene { node, mut caller, at_bob, carol, .. } = ringing().await;
    let ear = Rtp::new().await;
    let mut waits = carol.invite_with("101", &ear.sdp(), &[("Replaces", &caller.replaces())]).await;
    caller.expect_status(487).await;
    waits.expect_status(180).await;
    let rtp = Rtp::new().await;
    rtp.follow(&at_bob.offer());
    let answer = rtp.sdp();
    let (_, answered) = tokio::join!(at_bob.answer(&answer), waits.answered());
    ear.follow(&answered.text());
    converse(&node, (waits, ear), (at_bob, rtp)).await;
}

#[tokio::test]
async fn an_operator_ends_a_call_that_rings() {
    let Scene { node, mut caller, at_bob, .. } = ringing().await;
    let id = node.calls().await[0]["id"].as_str().unwrap().to_owned();
    node.run(&["hang-up", &id]).await;
    tokio::join!(caller.expect_status(487), at_bob.expect_cancel());
    node.expect_idle().await;
}
