use crate::sdp::{Codec, Direction, LocalMedia, Negotiation, RateRequests, Refresh, RtpVideo, SrtpPolicy};

fn leg(srtp: SrtpPolicy) -> Negotiation {
    let address = |text: &str| text.parse().expect("address");
    let (rtp, rtcp) = (address("192.0.2.1:30000"), address("192.0.2.1:30001"));
    let mut leg = Negotiation::new(LocalMedia { rtp, rtcp, srtp }, [9; 32]);
    leg.set_video(&[Codec::vp8(), Codec::h264()]);
    leg
}

fn seeing(srtp: SrtpPolicy) -> Negotiation {
    let mut leg = leg(srtp);
    let address = |text: &str| text.parse().expect("address");
    leg.open_video(address("192.0.2.1:30002"), address("192.0.2.1:30003"));
    leg
}

fn description(media: &str) -> Vec<u8> {
    format!("v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n{media}").into_bytes()
}

fn lines(sdp: &[u8], start: &str) -> Vec<String> {
    let text = String::from_utf8(sdp.to_vec()).expect("UTF-8");
    text.lines().filter(|line| line.starts_with(start)).map(str::to_owned).collect()
}

const AUDIO: &str = "m=audio 4000 RTP/AVP 0\r\n";

/// What an offer with this video line is answered with.
fn answered(leg: &mut Negotiation, video: &str) -> (Vec<u8>, Option<RtpVideo>) {
    let offer = leg.receive_offer(&description(&format!("{AUDIO}{video}"))).expect("offer");
    assert!(!offer.video.is_empty(), "{video}");
    let (sdp, agreed) = leg.answer(&[Codec::pcmu()], Direction::SendRecv).expect("answer");
    (sdp, agreed.video.map(|video| *video))
}

#[test]
fn an_offer_has_a_line_for_pictures_once_there_are_ports() {
    let mut blind = leg(SrtpPolicy::Off);
    assert!(blind.lacks_video_ports());
    assert_eq!(lines(&blind.offer(&[Codec::pcmu()], Direction::SendRecv), "m=").len(), 1);
    let mut leg = seeing(SrtpPolicy::Off);
    let offer = leg.offer(&[Codec::pcmu()], Direction::SendRecv);
    assert_eq!(lines(&offer, "m="), ["m=audio 30000 RTP/AVP 0", "m=video 30002 RTP/AVP 96 102"]);
    assert_eq!(
        lines(&offer, "a=rtcp-fb"),
        ["a=rtcp-fb:* nack pli", "a=rtcp-fb:* ccm fir", "a=rtcp-fb:* ccm tmmbr"]
    );
    let answer = "m=video 4002 RTP/AVPF 102\r\nb=AS:384\r\na=rtpmap:102 H264/90000\r\n\
        a=fmtp:102 profile-level-id=42e01f;packetization-mode=1\r\na=rtcp-fb:* ccm fir\r\na=recvonly\r\n";
    let agreed = leg.receive_answer(&description(&format!("{AUDIO}{answer}"))).expect("answer");
    let video = agreed.video.expect("video");
    assert_eq!((video.remote_rtp.port(), video.remote_rtcp.port()), (4002, 4003));
    assert_eq!((video.refresh, video.rate_requests), (Refresh::Fir, RateRequests::NotTaken));
    assert_eq!((video.max_bps, video.direction), (Some(384_000), Direction::SendOnly));
    assert_eq!(video.formats.len(), 1);
    // Without pictures the line keeps its place.
    leg.set_video(&[]);
    let again = leg.offer(&[Codec::pcmu()], Direction::SendRecv);
    assert!(lines(&again, "m=video 0 ").len() == 1, "{again:?}");
}

#[test]
fn a_refused_line_leaves_the_sound() {
    let mut leg = seeing(SrtpPolicy::Off);
    leg.offer(&[Codec::pcmu()], Direction::SendRecv);
    for answer in ["", "m=video 0 RTP/AVP 96\r\n", "m=video 4002 RTP/AVP 34\r\na=rtpmap:34 H263/90000\r\n"] {
        let agreed = leg.receive_answer(&description(&format!("{AUDIO}{answer}"))).expect("answer");
        assert_eq!(agreed.video, None, "{answer}");
    }
}

#[test]
fn an_answer_says_what_both_have() {
    let offer = "m=video 4002 RTP/AVPF 97 98\r\nb=TIAS:500000\r\na=rtpmap:97 H263-1998/90000\r\n\
        a=rtpmap:98 VP8/90000\r\na=rtcp-fb:98 nack\r\na=rtcp-fb:98 nack pli\r\na=rtcp-fb:98 ccm tmmbr\r\n";
    let (sdp, video) = answered(&mut seeing(SrtpPolicy::Off), offer);
    assert_eq!(lines(&sdp, "m=video"), ["m=video 30002 RTP/AVPF 98"]);
    assert_eq!(lines(&sdp, "a=rtcp-fb"), ["a=rtcp-fb:* nack pli", "a=rtcp-fb:* ccm tmmbr"]);
    let video = video.expect("video");
    assert_eq!((video.refresh, video.rate_requests), (Refresh::Pli, RateRequests::Tmmbr));
    assert_eq!(video.max_bps, Some(500_000));
    let plain = "m=video 4002 RTP/AVP 98\r\nb=XX:nonsense\r\na=rtpmap:98 VP8/90000\r\n";
    let (sdp, video) = answered(&mut seeing(SrtpPolicy::Off), plain);
    assert!(lines(&sdp, "a=rtcp-fb").is_empty());
    assert_eq!(video.map(|video| (video.refresh, video.max_bps)), Some((Refresh::Signalling, None)));
    let (sdp, video) = answered(&mut leg(SrtpPolicy::Off), plain);
    assert_eq!((lines(&sdp, "m=video 0 ").len(), video), (1, None), "no ports, no pictures");
}

#[test]
fn pictures_have_keys_of_their_own() {
    let crypto = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd\r\n";
    let offer = format!(
        "m=audio 4000 RTP/SAVP 0\r\n{crypto}m=video 4002 RTP/SAVPF 98\r\n{crypto}a=rtpmap:98 VP8/90000\r\n"
    );
    let mut leg = seeing(SrtpPolicy::Required);
    leg.receive_offer(&description(&offer)).expect("offer");
    let (sdp, agreed) = leg.answer(&[Codec::pcmu()], Direction::SendRecv).expect("answer");
    let keys = lines(&sdp, "a=crypto");
    assert!(keys.len() == 2 && keys[0] != keys[1], "{keys:?}");
    let video = agreed.video.and_then(|video| video.srtp).expect("keys");
    assert_ne!(video.send, agreed.srtp.expect("keys").send);
    // Pictures that would be in the clear are refused where they must not be.
    let mixed =
        format!("m=audio 4000 RTP/SAVP 0\r\n{crypto}m=video 4002 RTP/AVP 98\r\na=rtpmap:98 VP8/90000\r\n");
    leg.receive_offer(&description(&mixed)).expect("offer");
    let (sdp, agreed) = leg.answer(&[Codec::pcmu()], Direction::SendRecv).expect("answer");
    assert_eq!((lines(&sdp, "m=video 0 ").len(), agreed.video), (1, None));
}
