//! The trial page's network goes away in a call and comes back: the other party stays, and both are heard again.

use ramal_tests::throttle::Throttle;
use ramal_tests::{Browser, Node, Rtp, Site};

use crate::trial::{dial, open, sign_in};

#[tokio::test]
async fn and_finds_it_again() {
    let node = Node::start(Site::acme()).await;
    let browser = Browser::speaking(440.0).await;
    let page = open(&browser, &node, "100").await;
    let link = Throttle::before(node.browsers).await;
    page.detour(node.browsers.port(), link.address.port()).await;
    sign_in(&page, "100", &node.site.domain, &ramal_tests::site::password("100")).await;
    page.sees("#state[data-state=connected]", "100").await;
    let bob = node.phone("101").await;
    dial(&page, "101").await;
    let mut call = bob.expect_invite().await;
    let rtp = Rtp::new().await;
    rtp.follow(&call.offer());
    call.answer(&rtp.sdp()).await;
    rtp.speak(660.0);
    tokio::join!(page.hears(660.0), rtp.hears(440.0));

    link.cut();
    tokio::join!(page.sees("#state[data-state=lost]", "lost"), rtp.hears_no(440.0));
    link.limit(0);
    page.sees("#state[data-state=connected]", "100").await;
    tokio::join!(page.hears(660.0), rtp.hears(440.0));
    call.bye().await;
    page.sees("#no-calls", "No call").await;
}
