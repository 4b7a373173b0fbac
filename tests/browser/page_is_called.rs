//! The trial page is called: it answers, mutes, holds, sends digits, transfers and refuses.

use ramal_tests::{Browser, Node, Rtp, Site};
use serde_json::json;

use crate::trial::signed_in;

#[tokio::test]
async fn by_a_phone_and_answers_with_a_key() {
    let node = Node::start(Site::acme()).await;
    let browser = Browser::speaking(440.0).await;
    let page = signed_in(&browser, &node, "100").await;
    let bob = node.phone("101").await;
    let rtp = Rtp::new().await;
    let mut call = bob.invite("100", &rtp.sdp()).await;
    call.expect_status(180).await;
    page.sees("#offer", "101").await;
    page.screenshot("ringing").await;
    page.ask("press", json!({ "key": "a" })).await;
    rtp.follow(&call.answered().await.text());
    rtp.speak(660.0);
    tokio::join!(page.hears(660.0), rtp.hears(440.0));
    page.sees_no("#offer").await;

    page.click("#mute").await;
    rtp.hears_no(440.0).await;
    page.click("#mute").await;
    rtp.hears(440.0).await;

    page.click("[data-verb=hold]").await;
    page.sees(".call[data-state=held]", "101").await;
    tokio::join!(page.hears_no(660.0), rtp.hears_no(440.0));
    page.click("[data-verb=resume]").await;
    tokio::join!(page.hears(660.0), rtp.hears(440.0));

    page.click("#keypad button:nth-child(5)").await;
    assert_eq!(rtp.expect_digit().await.0, '5');

    let carol = node.phone("102").await;
    page.fill("[data-verb=transfer_to]", "102").await;
    page.click("[data-verb=transfer]").await;
    let at_carol = carol.expect_invite().await;
    let carols = Rtp::new().await;
    carols.follow(&at_carol.offer());
    at_carol.answer(&carols.sdp()).await;
    carols.speak(880.0);
    tokio::join!(rtp.hears(880.0), carols.hears(660.0));
    page.sees("#no-calls", "No call").await;
    tokio::join!(call.bye(), at_carol.expect_bye());
}

#[tokio::test]
async fn and_refuses_while_the_desk_phone_rings_on() {
    let node = Node::start(Site::acme()).await;
    let browser = Browser::speaking(440.0).await;
    let page = signed_in(&browser, &node, "100").await;
    let desk = node.phone("100").await;
    let bob = node.phone("101").await;
    let rtp = Rtp::new().await;
    let mut call = bob.invite("100", &rtp.sdp()).await;
    let at_desk = desk.expect_invite().await;
    page.sees("#offer", "101").await;
    page.click("#reject").await;
    page.sees_no("#offer").await;
    let desks = Rtp::new().await;
    desks.follow(&at_desk.offer());
    at_desk.answer(&desks.sdp()).await;
    rtp.follow(&call.answered().await.text());
    rtp.speak(660.0);
    desks.hears(660.0).await;
    tokio::join!(call.bye(), at_desk.expect_bye());
}
