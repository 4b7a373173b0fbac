//! A page opens its events and never reads them: it is cut off and told why, and nobody else notices.

use std::time::{Duration, Instant};

use ramal_tests::page::events::{Closed, Events};
use ramal_tests::talk::established;
use ramal_tests::{Node, Rtp, Site, WirePage};

const PAGE_HZ: f64 = 500.0;
const PHONE_HZ: f64 = 850.0;
/// Pages that listen, as the gateway counts them.
const LISTENING: &str = "ramal_active{kind=\"pages\"}";
/// Events after which a page that has read none is cut off at the latest: 256 may wait for it, the rest lies in the sockets.
const MOST_EVENTS: usize = 2_000;
/// Changes between two looks at the count.
const CHANGES: usize = 32;
/// A page that reads nothing at all for so long is left without a word: none would reach it.
const WRITE_TIME: Duration = Duration::from_secs(10);

#[tokio::test]
async fn is_cut_off_and_told_why_while_others_are_told_everything() {
    let node = Node::start(Site::acme()).await;
    let (near, far) = established(&node, "101", "102").await;
    let page = WirePage::sign_in(&node, "100").await;
    let seat = page.take_seat().await;
    let (phone, rtp) = (node.phone("103").await, Rtp::new().await);
    let call = page.dial("103").await;
    let at_phone = phone.expect_invite().await;
    rtp.follow(&at_phone.offer());
    at_phone.answer(&rtp.sdp()).await;
    rtp.speak(PHONE_HZ);
    seat.media.speak(PAGE_HZ);
    tokio::join!(rtp.hears(PAGE_HZ), seat.media.hears(PHONE_HZ));
    let mut reader = page.events().await;
    let began = Instant::now();
    let mut deaf = Events::deaf(node.web, page.token()).await;
    let mut told = 0;
    while told == 0 || node.metric(LISTENING).await > 1.0 {
        assert!(told < MOST_EVENTS, "{told} events wait for who reads none");
        for _ in 0..CHANGES {
            for (verb, state) in [("hold", "held"), ("resume", "talking")] {
                page.tell(&call, verb, None).await;
                // Who reads is told of each.
                reader.expect_call(state).await;
                told += 1;
            }
        }
    }
    let in_time = began.elapsed() < WRITE_TIME;
    let (read, closed) = deaf.drain().await;
    assert!(read < told, "{read} of {told}");
    if in_time {
        // 1013: try again later.
        assert_eq!(closed, Closed(Some(1013)));
    }
    // It comes again and begins with what there is.
    assert_eq!(page.events().await.snapshot["extension"], "100");
    tokio::join!(rtp.hears(PAGE_HZ), seat.media.hears(PHONE_HZ));
    tokio::join!(near.rtp.hears(660.0), far.rtp.hears(440.0));
}
