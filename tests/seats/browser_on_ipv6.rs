//! A browser that has IPv6 alone, and a phone that has IPv4 alone.

use std::net::{IpAddr, Ipv6Addr};

use ramal_tests::page::media::PageMedia;
use ramal_tests::{Node, Rtp, Site, WirePage};

#[tokio::test]
async fn talks_with_a_phone_on_ipv4() {
    let listen = r#"#media.webrtc.listen = [{ address = "127.0.0.1" }, { address = "::1" }]"#;
    let node = Node::start_with(Site::acme(), listen).await;
    let page = WirePage::sign_in(&node, "100").await;
    let (media, offer) = PageMedia::offer_at(IpAddr::V6(Ipv6Addr::LOCALHOST)).await;
    assert!(offer.contains(" ::1 ") && !offer.contains(" 127.0.0.1 "), "{offer}");
    let seat = page.attach_by(media, &offer).await;
    for family in [" 127.0.0.1 ", " ::1 "] {
        let told = seat.answer.lines().any(|line| line.starts_with("a=candidate:") && line.contains(family));
        assert!(told, "no candidate at{family}in {}", seat.answer);
    }
    seat.media.connected().await;
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
