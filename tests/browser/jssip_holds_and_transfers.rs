//! What a JsSIP phone does in a call: hold and resume from both sides, digits both ways and in both forms, a transfer.

use ramal_tests::sdp::{EVENTS, PCMU};
use ramal_tests::talk::Side;
use ramal_tests::{Browser, Node, Page, Rtp, Site, Ua};
use serde_json::json;

use crate::phones::register;

/// The page, as 100, has called this phone; both speak and hear: the page 440 Hz, the phone 660 Hz.
async fn established(page: &Page, bob: Ua) -> Side {
    page.phone("dial", json!([bob.identity.user])).await;
    let call = bob.expect_invite().await;
    let rtp = Rtp::new().await;
    rtp.follow(&call.offer());
    call.answer(&rtp.sdp()).await;
    page.expect("confirmed").await;
    rtp.speak(660.0);
    tokio::join!(page.hears(660.0), rtp.hears(440.0));
    Side { ua: bob, call, rtp }
}

#[tokio::test]
async fn the_page_holds_and_resumes() {
    let node = Node::start(Site::acme()).await;
    let browser = Browser::speaking(440.0).await;
    let page = browser.phone("100").await;
    register(&page, &node, "100").await;
    let bob = established(&page, node.phone("101").await).await;
    page.phone("hold", json!([])).await;
    page.hears_no(660.0).await;
    page.phone("resume", json!([])).await;
    tokio::join!(page.hears(660.0), bob.rtp.hears(440.0));
    page.phone("hangUp", json!([])).await;
    bob.call.expect_bye().await;
    node.expect_idle().await;
}

#[tokio::test]
async fn the_other_side_holds_and_resumes() {
    let node = Node::start(Site::acme()).await;
    let browser = Browser::speaking(440.0).await;
    let page = browser.phone("100").await;
    register(&page, &node, "100").await;
    let mut bob = established(&page, node.phone("101").await).await;
    let hold = bob.rtp.describe(&[PCMU, EVENTS]).direction("sendonly");
    bob.rtp.hush();
    bob.call.reinvite(&hold.text()).await;
    page.hears_no(660.0).await;
    let mut resume = hold.direction("sendrecv");
    resume.version += 1;
    let answer = bob.call.reinvite(&resume.text()).await;
    bob.rtp.follow(&answer.text());
    bob.rtp.speak(660.0);
    tokio::join!(page.hears(660.0), bob.rtp.hears(440.0));
    bob.call.bye().await;
    page.expect("ended").await;
}

#[tokio::test]
async fn digits_cross_in_both_forms() {
    let node = Node::start(Site::acme()).await;
    let browser = Browser::speaking(440.0).await;
    let page = browser.phone("100").await;
    register(&page, &node, "100").await;
    let bob = established(&page, node.phone("101").await).await;
    page.phone("digit", json!(["5", "RFC2833"])).await;
    assert_eq!(bob.rtp.expect_digit().await.0, '5');
    page.phone("digit", json!(["7", "INFO"])).await;
    assert_eq!(bob.rtp.expect_digit().await.0, '7');
    page.phone("hangUp", json!([])).await;
    bob.call.expect_bye().await;
}

#[tokio::test]
async fn the_page_sends_its_caller_on() {
    let node = Node::start(Site::acme()).await;
    let browser = Browser::speaking(440.0).await;
    let page = browser.phone("100").await;
    register(&page, &node, "100").await;
    let bob = established(&page, node.phone("101").await).await;
    let carol = node.phone("102").await;
    let rtp = Rtp::new().await;
    let (outcome, at_carol) = tokio::join!(page.phone("refer", json!(["102"])), async {
        let call = carol.expect_invite().await;
        rtp.follow(&call.offer());
        call.ring().await;
        call.answer(&rtp.sdp()).await;
        call
    });
    assert_eq!(outcome, "accepted");
    rtp.speak(880.0);
    tokio::join!(bob.rtp.hears(880.0), rtp.hears(660.0));
    let mut call = bob.call;
    tokio::join!(call.bye(), at_carol.expect_bye());
    node.expect_idle().await;
}
