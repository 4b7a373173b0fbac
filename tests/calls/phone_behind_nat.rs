//! A phone whose Contact, Via and SDP name an address that nobody can reach.

use ramal_tests::sdp::{Description, PCMU};
use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn it_is_called_and_talks_by_where_its_packets_come_from() {
    let node = Node::start(Site::acme()).await;
    let alice = node.phone("100").await;
    let bob = node.unregistered("101").await.claiming(([192, 168, 77, 5], 5060).into());
    bob.register().await;
    let (ear, mouth) = (Rtp::new().await, Rtp::new().await);
    let mut call = alice.invite("101", &ear.sdp()).await;
    let mut other = bob.expect_invite().await;
    mouth.follow(&other.offer());
    let hidden = Description::new(([192, 168, 77, 5], 4000).into(), &[PCMU]).text();
    let (_, answered) = tokio::join!(other.answer(&hidden), call.answered());
    ear.follow(&answered.text());
    ear.speak(440.0);
    mouth.speak(660.0);
    tokio::join!(ear.hears(660.0), mouth.hears(440.0));
    tokio::join!(other.bye(), call.expect_bye());
}
