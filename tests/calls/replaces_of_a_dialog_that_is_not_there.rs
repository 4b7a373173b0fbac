//! An INVITE with Replaces that names no dialog of ours is refused, and leaves its record.

use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn it_is_refused_and_recorded() {
    let node = Node::start(Site::acme()).await;
    let carol = node.phone("102").await;
    let replaces = "nobody@192.0.2.1;to-tag=one;from-tag=two";
    let mut call = carol.invite_with("100", &Rtp::new().await.sdp(), &[("Replaces", replaces)]).await;
    call.expect_status(481).await;
    assert_eq!(node.expect_cdr().await["end_reason"], "no_such_dialog");
}
