//! A page opens its events and never reads them: it is cut off, and nobody else notices.

use ramal_tests::deadline::until_async;
use ramal_tests::page::events::Events;
use ramal_tests::sdp::{PCMA, PCMU};
use ramal_tests::{Node, Rtp, Site, WirePage};

const PAGE_HZ: f64 = 440.0;
const PHONE_HZ: f64 = 660.0;
/// Pages that listen, as the gateway counts them.
const LISTENING: &str = "ramal_active{kind=\"pages\"}";
/// Events after which a page that has read none is cut off at the latest: 256 may wait for it, the rest lies in the sockets.
const MOST_EVENTS: u32 = 2_000;
/// Between two looks at the count.
const EVENTS: u32 = 64;

#[tokio::test]
async fn is_cut_off_while_others_are_told_everything() {
    let node = Node::start(Site::acme()).await;
    let page = WirePage::sign_in(&node, "100").await;
    let (seat, phone, rtp) = (page.take_seat().await, node.phone("101").await, Rtp::new().await);
    seat.media.speak(PAGE_HZ);
    let call = page.dial("101").await;
    let mut far = phone.expect_invite().await;
    rtp.follow(&far.offer());
    far.answer(&rtp.sdp()).await;
    rtp.speak(PHONE_HZ);
    tokio::join!(seat.media.hears(PHONE_HZ), rtp.hears(PAGE_HZ));
    let mut reader = page.events().await;
    let mut deaf = Events::deaf(node.web, page.token()).await;
    until_async("two pages that listen", || async { (node.metric(LISTENING).await > 1.0).then_some(()) })
        .await;
    let hold = |direction| rtp.describe(&[PCMU, PCMA]).direction(direction);
    let mut told = 0;
    while node.metric(LISTENING).await > 1.0 {
        assert!(told < MOST_EVENTS, "{told} events wait for who reads none");
        for _ in 0..EVENTS / 2 {
            for (direction, is_held) in [("sendonly", true), ("sendrecv", false)] {
                let mut description = hold(direction);
                told += 1;
                description.version = told + 1;
                far.reinvite(&description.text()).await;
                assert_eq!(reader.next_call().await["far_held"], is_held, "of {told} events");
            }
        }
    }
    let read = deaf.drain().await;
    assert!(read < told as usize, "{read} of {told}");
    // It comes again and begins with what there is.
    assert_eq!(page.events().await.snapshot["calls"][0]["state"], "talking");
    tokio::join!(seat.media.hears(PHONE_HZ), rtp.hears(PAGE_HZ));
}
