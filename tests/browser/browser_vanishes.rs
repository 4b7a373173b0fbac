//! kill -9 of a browser in a call: no goodbye of any kind. The far side keeps its call for the grace period, then it ends
//! with a reason; everybody else talks on.

use std::time::Duration;

use ramal_tests::talk::established;
use ramal_tests::{Browser, Node, Rtp, Site};
use tokio::time::timeout;

use crate::trial::{dial, signed_in};

/// A browser is lost when it was silent for 15 s; then the grace period begins.
const PATIENCE: Duration = Duration::from_secs(100);

#[tokio::test]
async fn its_call_ends_after_the_grace_period_and_others_go_on() {
    let node = Node::start_with(Site::acme(), "#web.seat_grace_s = 5").await;
    let (a, b) = established(&node, "102", "103").await;
    let browser = Browser::speaking(440.0).await;
    let page = signed_in(&browser, &node, "100").await;
    let bob = node.phone("101").await;
    dial(&page, "101").await;
    let call = bob.expect_invite().await;
    let rtp = Rtp::new().await;
    rtp.follow(&call.offer());
    call.answer(&rtp.sdp()).await;
    rtp.speak(660.0);
    tokio::join!(page.hears(660.0), rtp.hears(440.0));
    browser.vanish();
    // First the silence is noticed, then the grace period goes by.
    let bye = timeout(PATIENCE, call.ua.inbox.next(|m| m.method() == Some("BYE"))).await;
    call.respond(&bye.expect("the end of the call"), 200, &[], None).await;
    tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
    // The other call still runs: its record is open.
    let records = node.expect_cdrs(1).await;
    let ended = records.iter().find(|r| !r["ended_at_ms"].is_null()).expect("a finished record");
    assert_eq!(ended["end_reason"], "browser_lost", "{ended:#}");
}
