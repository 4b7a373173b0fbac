//! The gateway stands behind a router that gives it a public address: browsers are told that one and no other.

use std::net::{IpAddr, SocketAddr};

use ramal_tests::throttle::Throttle;
use ramal_tests::{Node, Rtp, Site, WirePage};

/// The router's outside; all of 127/8 is local.
const PUBLIC: [u8; 4] = [127, 0, 0, 77];

#[tokio::test]
async fn sound_crosses_by_the_public_address() {
    let listen = r#"#media.webrtc.listen = [{ address = "127.0.0.1", public_address = "127.0.0.77" }]"#;
    let node = Node::start_with(Site::acme(), listen).await;
    let public = SocketAddr::new(IpAddr::from(PUBLIC), node.browsers.port());
    let inside = SocketAddr::from(([127, 0, 0, 1], node.browsers.port()));
    let _router = Throttle::at(public, inside).await;
    let page = WirePage::sign_in(&node, "100").await;
    let seat = page.take_seat().await;
    let candidates: Vec<&str> = seat.answer.lines().filter(|l| l.starts_with("a=candidate:")).collect();
    assert!(!candidates.is_empty(), "{}", seat.answer);
    assert!(candidates.iter().all(|line| line.contains(" 127.0.0.77 ")), "{candidates:?}");
    assert!(!seat.answer.contains("127.0.0.1"), "{}", seat.answer);
    let phone = node.phone("101").await;
    let call = page.dial("101").await;
    let other = phone.expect_invite().await;
    let mouth = Rtp::new().await;
    mouth.follow(&other.offer());
    other.answer(&mouth.sdp()).await;
    seat.media.speak(440.0);
    mouth.speak(660.0);
    tokio::join!(seat.media.hears(660.0), mouth.hears(440.0));
    tokio::join!(page.hang_up(&call), other.expect_bye());
}
