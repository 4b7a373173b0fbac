//! The browser is replaced while the call goes on.

use ramal_tests::{Node, Rtp, Site, WirePage};

#[tokio::test]
async fn the_far_side_is_never_told_and_tones_cross_again() {
    let node = Node::start(Site::acme()).await;
    let (phone, page) = (node.phone("101").await, WirePage::sign_in(&node, "100").await);
    let seat = page.take_seat().await;
    let call = page.dial("101").await;
    let other = phone.expect_invite().await;
    let mouth = Rtp::new().await;
    mouth.follow(&other.offer());
    other.answer(&mouth.sdp()).await;
    seat.media.speak(440.0);
    mouth.speak(660.0);
    tokio::join!(seat.media.hears(660.0), mouth.hears(440.0));
    let old = seat.location.clone();
    drop(seat);
    let seat = page.take_seat().await;
    let events = page.events().await;
    assert_eq!(events.snapshot["calls"][0]["id"], call.as_str());
    assert_eq!(events.snapshot["calls"][0]["state"], "talking");
    seat.media.speak(550.0);
    tokio::join!(seat.media.hears(660.0), mouth.hears(550.0));
    let late = page.ask("DELETE", &old, &[], &[]).await;
    assert_eq!(late.status, 404, "the old page has nothing to say any more");
    tokio::join!(page.hang_up(&call), other.expect_bye());
    assert_eq!(node.expect_cdr().await["end_reason"], "normal_clearing");
}
