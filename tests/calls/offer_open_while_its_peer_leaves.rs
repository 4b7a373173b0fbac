//! A re-INVITE that waits for the other side's agreement, while that side is replaced: it is answered, and the party may
//! ask again.

use ramal_tests::sdp::G729;
use ramal_tests::talk::established;
use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn it_is_told_to_ask_again() {
    let node = Node::start(Site::acme()).await;
    let (mut a, b) = established(&node, "100", "101").await;
    let carol = node.phone("102").await;
    let narrow = a.rtp.sdp();
    a.call.send_reinvite(&a.rtp.describe(&[G729]).text()).await;
    b.call.expect_request("INVITE").await;
    let rtp = Rtp::new().await;
    let replaces = b.call.replaces();
    let mut taken = carol.invite_with("100", &rtp.sdp(), &[("Replaces", &replaces)]).await;
    rtp.follow(&taken.answered().await.text());
    a.call.expect_status(491).await;
    a.call.reinvite(&narrow).await;
    rtp.speak(880.0);
    tokio::join!(a.rtp.hears(880.0), rtp.hears(440.0));
}
