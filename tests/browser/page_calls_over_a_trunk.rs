//! The trial page on a trunk that speaks G.711: tones both ways, and a reload in mid-call that the carrier never notices.

use ramal_tests::node::{carrier_address, carrier_of};
use ramal_tests::sdp::PCMA;
use ramal_tests::talk::Side;
use ramal_tests::{Browser, Node, Page, Rtp, Site, Ua};

use crate::trial::{dial, signed_in};

/// The page has called out; both speak and hear: the page 440 Hz, the carrier 660 Hz.
async fn established(page: &Page, carrier: Ua) -> Side {
    dial(page, "0551140042022").await;
    let call = carrier.expect_invite().await;
    call.ring().await;
    page.sees(".call", "Ringing there").await;
    let rtp = Rtp::new().await;
    rtp.follow(&call.offer());
    call.answer(&rtp.describe(&[PCMA]).text()).await;
    page.sees(".call[data-state=talking]", "551140042022").await;
    rtp.speak(660.0);
    tokio::join!(page.hears(660.0), rtp.hears(440.0));
    Side { ua: carrier, call, rtp }
}

#[tokio::test]
async fn tones_cross_both_ways() {
    let address = carrier_address().await;
    let node = Node::start(Site::acme().trunk("carrier", address, "codecs = [\"PCMA\"]")).await;
    let carrier = carrier_of(&node, address).await;
    let browser = Browser::speaking(440.0).await;
    let page = signed_in(&browser, &node, "100").await;
    let side = established(&page, carrier).await;
    page.sees("#quality", "PCMA").await;
    page.screenshot("in_a_call").await;
    page.click("[data-verb=hang_up]").await;
    side.call.expect_bye().await;
    page.sees("#log", "ended").await;
    let cdr = node.expect_cdr().await;
    assert_eq!(cdr["end_reason"], "normal_clearing", "{cdr:#}");
}

#[tokio::test]
async fn a_reload_in_mid_call_leaves_the_carrier_in_the_call() {
    let address = carrier_address().await;
    let node = Node::start(Site::acme().trunk("carrier", address, "codecs = [\"PCMA\"]")).await;
    let carrier = carrier_of(&node, address).await;
    let browser = Browser::speaking(440.0).await;
    let page = signed_in(&browser, &node, "100").await;
    let mut side = established(&page, carrier).await;
    let began = std::time::Instant::now();
    tokio::join!(
        async {
            page.reload().await;
            page.hears(660.0).await;
            println!("page: audio back {} ms after the reload", began.elapsed().as_millis());
        },
        async {
            side.rtp.hears_no(440.0).await;
            println!("carrier: the page is gone {} ms after the reload", began.elapsed().as_millis());
            side.rtp.hears(440.0).await;
            println!("carrier: audio back {} ms after the reload", began.elapsed().as_millis());
        }
    );
    page.sees(".call[data-state=talking]", "551140042022").await;
    // The carrier's dialog is the one it was, and alive: no BYE came, or this would be answered 481.
    side.call.bye().await;
    page.sees("#log", "ended").await;
}
