//! A phone with two calls joins them: REFER with Replaces, then the other two talk.

use ramal_tests::talk::{connect, established};
use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn the_two_others_talk() {
    let node = Node::start(Site::acme()).await;
    let (a, mut b) = established(&node, "100", "101").await;
    let carol = node.phone("102").await;
    let (consult, c) = connect(b.ua.clone(), Rtp::new().await, carol, Rtp::new().await, "102").await;
    // As the target of the INVITE will see it: to-tag is the gateway's in the consultation, from-tag ours.
    let replaces = consult.call.replaces().replace(';', "%3B").replace('=', "%3D").replace('@', "%40");
    let refer_to = format!("<sip:102@acme.test?Replaces={replaces}>");
    let response = b.call.request("REFER", &[("Refer-To", &refer_to)], None).await;
    assert_eq!(response.status(), Some(202), "{}", response.dump());
    loop {
        if b.call.expect_and_accept("NOTIFY").await.text().contains(" 200 ") {
            break;
        }
    }
    a.rtp.speak(440.0);
    c.rtp.speak(880.0);
    tokio::join!(a.rtp.hears(880.0), c.rtp.hears(440.0));
    let mut call = a.call;
    tokio::join!(call.bye(), c.call.expect_bye());
    node.expect_idle().await;
}
