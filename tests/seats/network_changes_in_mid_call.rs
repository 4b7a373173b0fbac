//! A page goes to another network in a call: ICE is restarted, nothing else begins anew.

use ramal_tests::{Node, Rtp, Site, WirePage};

#[tokio::test]
async fn sound_crosses_before_and_after_the_restart_of_ice() {
    let node = Node::start(Site::acme()).await;
    let (phone, page) = (node.phone("101").await, WirePage::sign_in(&node, "100").await);
    let mut seat = page.take_seat().await;
    let call = page.dial("101").await;
    let other = phone.expect_invite().await;
    let mouth = Rtp::new().await;
    mouth.follow(&other.offer());
    other.answer(&mouth.sdp()).await;
    seat.media.speak(440.0);
    mouth.speak(660.0);
    tokio::join!(seat.media.hears(660.0), mouth.hears(440.0));
    for _ in 0..2 {
        let before = (seat.media.address(), seat.etag.clone());
        page.move_away(&mut seat).await;
        assert!(before.0 != seat.media.address() && before.1 != seat.etag);
        tokio::join!(seat.media.hears(660.0), mouth.hears(440.0));
    }
    // The browser is the one it was: the far side heard one stream, and the page was never lost.
    let events = page.events().await;
    assert_eq!(events.snapshot["seat"]["state"], "connected");
    tokio::join!(page.hang_up(&call), other.expect_bye());
    assert_eq!(node.expect_cdr().await["end_reason"], "normal_clearing");
}
