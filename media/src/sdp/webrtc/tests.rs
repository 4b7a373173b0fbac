use proptest::prelude::*;

use crate::sdp::{Agreed, Codec, Dialect, Direction, Fault, LocalMedia, Negotiation, SdpError, SrtpPolicy};
use crate::webrtc::{
    Candidate, CandidateTransport, DtlsRole, Fingerprint, HeaderExtension, IceCredentials, WebRtcAgreed,
    WebRtcLocal,
};

const AIORTC: &str = include_str!("../../../testdata/sdp/aiortc.sdp");
const CHROME: &str = include_str!("../../../testdata/sdp/chrome.sdp");
const FIREFOX: &str = include_str!("../../../testdata/sdp/firefox.sdp");
const JSSIP: &str = include_str!("../../../testdata/sdp/jssip.sdp");
const SAFARI: &str = include_str!("../../../testdata/sdp/safari.sdp");
const WEBRTC_RS: &str = include_str!("../../../testdata/sdp/webrtc_rs.sdp");
const FIELD: [&str; 6] = [AIORTC, CHROME, FIREFOX, JSSIP, SAFARI, WEBRTC_RS];

fn local(name: &str) -> WebRtcLocal {
    let candidate =
        |transport, address: &str| Candidate { transport, address: address.parse().expect("address") };
    WebRtcLocal {
        ice: IceCredentials { ufrag: format!("ufrag{name}"), pwd: format!("password{:0>22}", name) },
        fingerprint: Fingerprint([0xAB; 32]),
        candidates: vec![
            candidate(CandidateTransport::Udp, "192.0.2.1:40000"),
            candidate(CandidateTransport::Udp, "[2001:db8::1]:40000"),
            candidate(CandidateTransport::Tcp, "192.0.2.1:40000"),
        ],
    }
}

fn leg() -> Negotiation {
    Negotiation::webrtc(local("A"), [7; 32])
}

fn audio() -> Vec<Codec> {
    let comfort_noise = Codec::from_static(13).expect("static");
    let event = Codec::telephone_event(101, 8_000);
    vec![Codec::opus(111), Codec::g722(), Codec::pcmu(), Codec::pcma(), comfort_noise, event]
}

fn video() -> Vec<Codec> {
    vec![Codec::vp8(), Codec::vp9(), Codec::h264()]
}

fn text(sdp: &[u8]) -> String {
    String::from_utf8(sdp.to_vec()).expect("UTF-8")
}

fn lines<'a>(sdp: &'a str, start: &str) -> Vec<&'a str> {
    sdp.lines().filter(|line| line.starts_with(start)).collect()
}

fn answered(offer: &str, formats: &[Codec]) -> (String, Agreed) {
    let mut leg = leg();
    leg.set_video(formats);
    leg.receive_offer(offer.as_bytes()).expect("offer");
    let (sdp, agreed) = leg.answer(&audio(), Direction::SendRecv).expect("answer");
    (text(&sdp), agreed)
}

fn webrtc(agreed: &Agreed) -> &WebRtcAgreed {
    agreed.webrtc.as_deref().expect("WebRTC leg")
}

fn refused(offer: &str) -> SdpError {
    leg().receive_offer(offer.as_bytes()).expect_err("refused")
}

/// What a browser makes of our description: its own, as answer.
fn browser_answer(offer: &str, setup: &str) -> String {
    let kept = |line: &&str| {
        let ours = ["a=ice-", "a=candidate", "a=end-of", "a=fingerprint", "a=setup", "a=ssrc", "a=msid"];
        !ours.iter().any(|start| line.starts_with(start))
    };
    let mut sdp: String = offer.lines().filter(kept).map(|line| format!("{line}\r\n")).collect();
    let transport = format!(
        "t=0 0\r\na=ice-ufrag:Bro1\r\na=ice-pwd:browserbrowserbrowser1\r\na=fingerprint:sha-256 {}\r\na=setup:{setup}\r\n",
        ["1F"; 32].join(":")
    );
    sdp = sdp.replace("t=0 0\r\n", &transport);
    sdp
}

fn event_number(agreed: &Agreed) -> Option<u8> {
    agreed.dtmf.as_ref().map(|event| event.receive_pt)
}

#[test]
fn offers_of_the_field_speak_webrtc_and_are_answered() {
    for offer in FIELD {
        assert_eq!(Dialect::of_offer(offer.as_bytes()), Dialect::WebRtc);
        let (sdp, agreed) = answered(offer, &[]);
        assert_eq!(agreed.codecs[0].codec.name, "opus", "{sdp}");
        assert_eq!(agreed.direction, Direction::SendRecv);
        let all = webrtc(&agreed);
        assert_eq!(all.dtls_role, DtlsRole::Passive);
        assert!(all.audio.remote_ssrc.is_some());
        assert!(all.remote_ice.ufrag.len() >= 4);
        assert_eq!(all.audio.mid, "0");
        assert!(sdp.contains("a=group:BUNDLE 0\r\n"), "{sdp}");
        assert!(sdp.contains("a=setup:passive\r\n") && sdp.contains("a=ice-lite\r\n"), "{sdp}");
        assert_eq!(lines(&sdp, "a=rtcp-mux").len(), 1, "{sdp}");
        assert_eq!(lines(&sdp, "a=end-of-candidates").len(), 1, "{sdp}");
        // Ours can be read by such as we are.
        assert_eq!(Dialect::of_offer(sdp.as_bytes()), Dialect::WebRtc);
    }
}

#[test]
fn the_answer_to_chrome_is_whole() {
    let (sdp, agreed) = answered(CHROME, &[]);
    assert!(sdp.contains("m=audio 40000 UDP/TLS/RTP/SAVPF 111 9 0 8 13 126 110\r\n"), "{sdp}");
    assert!(sdp.contains("a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n"));
    // With sound alone nobody counts packets of a transport.
    assert!(!sdp.contains("a=rtcp-fb:") && !sdp.contains("transport-wide-cc"), "{sdp}");
    assert_eq!(lines(&sdp, "c="), ["c=IN IP4 192.0.2.1"]);
    assert_eq!(lines(&sdp, "a=ice-ufrag"), ["a=ice-ufrag:ufragA"]);
    assert_eq!(lines(&sdp, "a=fingerprint"), [format!("a=fingerprint:sha-256 {}", ["AB"; 32].join(":"))]);
    assert_eq!(
        lines(&sdp, "a=candidate"),
        [
            "a=candidate:1 1 udp 2130706431 192.0.2.1 40000 typ host",
            "a=candidate:2 1 udp 2130706175 2001:db8::1 40000 typ host",
            "a=candidate:3 1 tcp 1520434687 192.0.2.1 40000 typ host tcptype passive",
        ]
    );
    let refused = ["m=video 0 UDP/TLS/RTP/SAVPF 0", "m=application 0 UDP/DTLS/SCTP webrtc-datachannel"];
    assert_eq!(lines(&sdp, "m=")[1..], refused);
    assert_eq!(lines(&sdp, "a=mid"), ["a=mid:0", "a=mid:1", "a=mid:2"]);
    // Events on the clock of Opus.
    assert_eq!(event_number(&agreed), Some(110));
    let all = webrtc(&agreed);
    assert_eq!(all.local_ice, local("A").ice);
    assert_eq!(all.remote_ice.pwd, "AtfcWxgSAZFQHXWm8OO2AzQ0");
    assert_eq!(all.remote_fingerprint.0[..3], [0x7B, 0x8B, 0xF0]);
    assert_eq!(all.audio.remote_ssrc, Some(3_570_614_608));
    assert!(sdp.contains(&format!("a=ssrc:{} cname:", all.audio.local_ssrc)));
    assert_eq!(
        all.extensions,
        [(1, HeaderExtension::AudioLevel), (2, HeaderExtension::AbsSendTime), (4, HeaderExtension::Mid),]
    );
}

#[test]
fn packets_of_a_transport_are_counted_where_pictures_were_when_it_began() {
    let counted = (3, HeaderExtension::TransportWideCc);
    let mut leg = leg();
    let mut answer = |offer: &str, formats: &[Codec]| {
        leg.set_video(formats);
        leg.receive_offer(offer.as_bytes()).expect("offer");
        let (sdp, agreed) = leg.answer(&audio(), Direction::SendRecv).expect("answer");
        (text(&sdp), webrtc(&agreed).clone())
    };
    let (_, first) = answer(CHROME, &[]);
    assert!(!first.extensions.contains(&counted));
    // Pictures that come later are judged by what the browser says of its path (REMB).
    let (sdp, later) = answer(CHROME, &video());
    assert!(later.video.is_some() && !later.extensions.contains(&counted), "{sdp}");
    assert!(sdp.contains("a=rtcp-fb:96 goog-remb\r\n") && !sdp.contains("transport-cc"), "{sdp}");
    // Another transport, with pictures; they go, and it stays as it is.
    let another = CHROME.replace("a=fingerprint:sha-256 7B:8B", "a=fingerprint:sha-256 7B:8C");
    let (sdp, anew) = answer(&another, &video());
    assert!(anew.extensions.contains(&counted), "{sdp}");
    assert!(sdp.contains("a=rtcp-fb:111 transport-cc\r\n") && !sdp.contains("a=rtcp-fb:9 "), "{sdp}");
    assert!(answer(&another, &[]).1.extensions.contains(&counted));
}

#[test]
fn an_offer_of_sound_alone_counts_no_packets() {
    for (formats, counts) in [(Vec::new(), false), (video(), true)] {
        let mut leg = leg();
        leg.set_video(&formats);
        let offer = text(&leg.offer(&audio(), Direction::SendRecv));
        assert_eq!(offer.contains("transport-wide-cc"), counts, "{offer}");
        assert_eq!(offer.contains("transport-cc"), counts, "{offer}");
    }
}

#[test]
fn video_is_taken_with_its_retransmissions_and_feedback() {
    let mut leg = leg();
    let offer = leg.receive_offer(CHROME.as_bytes()).expect("offer");
    let names: Vec<_> = offer.video.iter().map(|codec| codec.name.as_str()).collect();
    assert_eq!(names, ["VP8", "H264", "H264", "H264", "H264", "H264", "H264", "VP9", "VP9"]);
    leg.set_video(&video());
    let (sdp, agreed) = leg.answer(&audio(), Direction::SendRecv).expect("answer");
    let sdp = text(&sdp);
    assert!(sdp.contains("a=group:BUNDLE 0 1\r\n"), "{sdp}");
    assert!(sdp.contains("m=video 40000 UDP/TLS/RTP/SAVPF 96 97 98 99 109 114\r\n"), "{sdp}");
    assert!(sdp.contains("a=fmtp:114 apt=109\r\n"));
    for kind in ["goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"] {
        assert!(sdp.contains(&format!("a=rtcp-fb:109 {kind}\r\n")), "{kind}");
    }
    assert!(!sdp.contains("a=rtcp-fb:97"));
    let video = webrtc(&agreed).video.as_ref().expect("video");
    let numbers: Vec<_> = video.formats.iter().map(|f| (f.send_pt, f.receive_pt, f.rtx)).collect();
    assert_eq!(numbers, [(96, 96, Some((97, 97))), (98, 98, Some((99, 99))), (109, 109, Some((114, 114)))]);
    assert_eq!((video.track.remote_ssrc, video.remote_rtx_ssrc), (Some(2_231_627_014), Some(632_943_048)));
    let ours = (video.track.local_ssrc, video.local_rtx_ssrc);
    assert!(sdp.contains(&format!("a=ssrc-group:FID {} {}\r\n", ours.0, ours.1)));
    assert_eq!(video.direction, Direction::SendRecv);
    assert!(!sdp.contains("toffset") && !sdp.contains("video-orientation"));
}

#[test]
fn a_stream_that_lives_in_its_bundle_only_is_taken() {
    let (sdp, agreed) = answered(FIREFOX, &video());
    assert!(sdp.contains("m=video 40000 UDP/TLS/RTP/SAVPF 120 124 121 125 126 127\r\n"), "{sdp}");
    let all = webrtc(&agreed);
    // The video line has no credentials, the session has the fingerprint.
    assert_eq!((all.remote_ice.ufrag.as_str(), all.remote_fingerprint.0[0]), ("5b1f6c62", 0xE3));
    assert!(all.extensions.contains(&(7, HeaderExtension::TransportWideCc)));
    assert!(!sdp.contains("a=extmap:2"), "said for one direction");
    assert_eq!(event_number(&agreed), Some(101));
    // Out of the bundle, port 0 is a refusal.
    let alone = FIREFOX.replace("a=group:BUNDLE 0 1", "a=group:BUNDLE 0");
    assert_eq!(webrtc(&answered(&alone, &video()).1).video, None);
}

#[test]
fn events_follow_the_clock_of_the_first_codec() {
    let mut leg = leg();
    leg.receive_offer(CHROME.as_bytes()).expect("offer");
    let ours = [Codec::pcma(), Codec::opus(111), Codec::telephone_event(101, 8_000)];
    let (_, agreed) = leg.answer(&ours, Direction::SendRecv).expect("answer");
    assert_eq!((agreed.codecs[0].codec.name.as_str(), event_number(&agreed)), ("PCMA", Some(126)));
}

#[test]
fn browsers_hold_with_a_direction_not_with_an_address() {
    assert!(!answered(SAFARI, &[]).1.remote_direction_hold);
    let (sdp, agreed) = answered(&SAFARI.replace("a=sendrecv", "a=sendonly"), &[]);
    assert!(agreed.remote_direction_hold && sdp.contains("a=recvonly\r\n"), "{sdp}");
    let (sdp, agreed) = answered(&SAFARI.replace("a=sendrecv", "a=inactive"), &[]);
    assert!(agreed.remote_direction_hold && sdp.contains("a=inactive\r\n"), "{sdp}");
}

#[test]
fn a_browser_that_wants_to_be_passive_makes_us_active() {
    let (sdp, agreed) = answered(&SAFARI.replace("actpass", "passive"), &[]);
    assert_eq!(webrtc(&agreed).dtls_role, DtlsRole::Active);
    assert!(sdp.contains("a=setup:active\r\n"));
}

#[test]
fn an_ice_restart_renews_the_credentials_of_both_and_keeps_the_role() {
    let mut leg = leg();
    let mut answer = |offer: &str| {
        leg.receive_offer(offer.as_bytes()).expect("offer");
        let (sdp, agreed) = leg.answer(&audio(), Direction::SendRecv).expect("answer");
        (text(&sdp), webrtc(&agreed).clone())
    };
    let (first_sdp, first) = answer(&SAFARI.replace("actpass", "passive"));
    let (again, _) = answer(&SAFARI.replace("actpass", "passive"));
    assert_eq!(again, first_sdp, "nothing changed, the version neither");
    let restart = SAFARI.replace("a=ice-ufrag:g9uG", "a=ice-ufrag:NEW1");
    let (restarted_sdp, restarted) = answer(&restart);
    assert_eq!(restarted.remote_ice.ufrag, "NEW1");
    assert_eq!(restarted.dtls_role, DtlsRole::Active);
    assert_ne!(restarted.local_ice.ufrag, first.local_ice.ufrag);
    assert_ne!(restarted.local_ice.pwd, first.local_ice.pwd);
    assert!(restarted_sdp.contains(&format!("a=ice-ufrag:{}\r\n", restarted.local_ice.ufrag)));
    assert_eq!(answer(&restart).1.local_ice, restarted.local_ice, "asked again, it is the same restart");
    // Another certificate: another association.
    let (_, reloaded) = answer(&restart.replace("4F:1A", "5F:1A"));
    assert_eq!(reloaded.dtls_role, DtlsRole::Passive);
    assert_ne!(reloaded.remote_fingerprint, first.remote_fingerprint);
}

#[test]
fn our_offer_is_answered_by_a_browser() {
    let mut leg = leg();
    leg.set_video(&video());
    let offer = text(&leg.offer(&audio(), Direction::SendRecv));
    assert!(offer.contains("a=group:BUNDLE 0 1\r\n") && offer.contains("a=setup:actpass\r\n"), "{offer}");
    let media = lines(&offer, "m=");
    assert_eq!(media[0], "m=audio 40000 UDP/TLS/RTP/SAVPF 111 9 0 8 13 101 110", "{offer}");
    assert!(offer.contains("a=rtpmap:110 telephone-event/48000\r\n"), "{offer}");
    let agreed = leg.receive_answer(browser_answer(&offer, "active").as_bytes()).expect("answer");
    let ours = webrtc(&agreed);
    assert_eq!((ours.dtls_role, ours.audio.mid.as_str()), (DtlsRole::Passive, "0"));
    assert_eq!((ours.remote_ice.ufrag.as_str(), event_number(&agreed)), ("Bro1", Some(110)));
    assert_eq!(ours.extensions.len(), 4);
    let video = ours.video.as_ref().expect("video");
    assert_eq!((video.track.mid.as_str(), video.formats.len()), ("1", 3));
    assert!(video.formats.iter().all(|format| format.rtx.is_some()));
    // The other role, without video.
    let without = browser_answer(&offer, "passive").replace("m=video 40000", "m=video 0");
    let agreed = leg.receive_answer(without.as_bytes()).expect("answer");
    assert_eq!(webrtc(&agreed).dtls_role, DtlsRole::Active);
    assert_eq!(webrtc(&agreed).video, None);
}

#[test]
fn re_offers_keep_numbers_names_and_sources() {
    let mut leg = leg();
    leg.set_video(&video());
    leg.receive_offer(CHROME.as_bytes()).expect("offer");
    let (answer, agreed) = leg.answer(&audio(), Direction::SendRecv).expect("answer");
    let offer = text(&leg.offer(&audio(), Direction::SendOnly));
    assert_eq!(lines(&offer, "a=mid"), lines(&text(&answer), "a=mid"));
    assert_eq!(lines(&offer, "a=ssrc"), lines(&text(&answer), "a=ssrc"));
    assert_eq!(lines(&offer, "a=group"), ["a=group:BUNDLE 0 1"]);
    assert_eq!(lines(&offer, "m=")[0], "m=audio 40000 UDP/TLS/RTP/SAVPF 111 9 0 8 13 126 110");
    assert_eq!(lines(&offer, "m=")[1], "m=video 40000 UDP/TLS/RTP/SAVPF 96 97 98 99 109 114");
    assert!(offer.contains("m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"));
    assert_eq!(lines(&offer, "a=sendonly").len(), 2);
    let held = leg.receive_answer(browser_answer(&offer, "active").as_bytes()).expect("answer");
    assert_eq!(held.codecs, agreed.codecs);
    assert_eq!(webrtc(&held).extensions, webrtc(&agreed).extensions);
    // Video ends, and begins anew under another name.
    leg.set_video(&[]);
    let offer = text(&leg.offer(&audio(), Direction::SendRecv));
    assert!(lines(&offer, "m=video")[0].starts_with("m=video 0 "), "{offer}");
    leg.receive_answer(browser_answer(&offer, "active").as_bytes()).expect("answer");
    leg.set_video(&video());
    let offer = text(&leg.offer(&audio(), Direction::SendRecv));
    assert_eq!(lines(&offer, "a=mid"), ["a=mid:0", "a=mid:3", "a=mid:2"]);
}

#[test]
fn a_stream_outside_any_bundle_is_carried_alone() {
    let alone = JSSIP.replace("a=group:BUNDLE 0\r\n", "").replace("a=mid:0\r\n", "");
    let mut leg = leg();
    leg.set_video(&video());
    leg.receive_offer(alone.as_bytes()).expect("offer");
    let (sdp, agreed) = leg.answer(&audio(), Direction::SendRecv).expect("answer");
    assert!(!text(&sdp).contains("a=group") && !text(&sdp).contains("a=mid"));
    assert_eq!(webrtc(&agreed).audio.mid, "0");
    let offer = text(&leg.offer(&audio(), Direction::SendRecv));
    assert_eq!(lines(&offer, "m=").len(), 1, "no video without a bundle: {offer}");
}

#[test]
fn mids_that_packets_cannot_carry_go_without_their_extension() {
    let (sdp, agreed) =
        answered(&SAFARI.replace("a=mid:0", "a=mid:au-dio").replace("BUNDLE 0", "BUNDLE au-dio"), &[]);
    assert!(sdp.contains("a=mid:au-dio\r\n") && !sdp.contains("sdes:mid"), "{sdp}");
    assert_eq!(webrtc(&agreed).extensions.len(), 2);
}

#[test]
fn what_a_browser_must_have_is_asked_for() {
    let without = |start: &str| -> String {
        let kept = SAFARI.lines().filter(|line| !line.starts_with(start));
        kept.map(|line| format!("{line}\r\n")).collect()
    };
    for (offer, fault) in [
        (without("a=ice-ufrag"), Fault::Malformed),
        (without("a=ice-pwd"), Fault::Malformed),
        (without("a=ice-"), Fault::NotAcceptable),
        (without("a=fingerprint"), Fault::NotAcceptable),
        (without("a=rtcp-mux"), Fault::NotAcceptable),
        (SAFARI.replace("sha-256 4F:", "sha-256 "), Fault::Malformed),
        (SAFARI.replace("sha-256 4F:", "sha-256 4F:4F:"), Fault::Malformed),
        (SAFARI.replace("sha-256 4F:", "sha-256 +F:"), Fault::Malformed),
        (SAFARI.replace("sha-256", "sha-1"), Fault::NotAcceptable),
        (SAFARI.replace("a=ice-ufrag:g9uG", "a=ice-ufrag:abc"), Fault::Malformed),
        (SAFARI.replace("a=ice-pwd:", &format!("a=ice-pwd:{}", "x".repeat(256))), Fault::Malformed),
        (SAFARI.replace("a=ice-ufrag:g9uG", "a=ice-ufrag:g9 uG"), Fault::Malformed),
        (SAFARI.replace("a=setup:actpass", "a=setup:maybe"), Fault::Malformed),
        (SAFARI.replace("a=mid:0", "a=mid:seventeen_letters"), Fault::Malformed),
        (SAFARI.replace("a=mid:0", "a=mid:two words"), Fault::Malformed),
        (CHROME.replace("a=mid:1", "a=mid:0"), Fault::Malformed),
        (SAFARI.replace("t=0 0", "t=0 0\r\na=ice-lite"), Fault::NotAcceptable),
        (SAFARI.replace("UDP/TLS/RTP/SAVPF", "RTP/SAVPF"), Fault::NotAcceptable),
        (SAFARI.replace("m=audio 9", "m=audio 0"), Fault::NotAcceptable),
        (SAFARI.to_owned() + &"m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n".repeat(1_000), Fault::Malformed),
        (SAFARI.to_owned() + &"a=x\r\n".repeat(20_000), Fault::Malformed),
    ] {
        let error = refused(&offer);
        assert_eq!(error.fault(), fault, "{error}");
    }
}

#[test]
fn an_answer_must_choose_and_be_complete() {
    let mut leg = leg();
    let offer = text(&leg.offer(&audio(), Direction::SendRecv));
    let mut fault = |answer: String| leg.receive_answer(answer.as_bytes()).expect_err("refused").fault();
    assert_eq!(fault(browser_answer(&offer, "actpass")), Fault::Malformed);
    assert_eq!(fault(browser_answer(&offer, "holdconn")), Fault::NotAcceptable);
    assert_eq!(fault(browser_answer(&offer, "active").replace("a=rtcp-mux\r\n", "")), Fault::NotAcceptable);
    let more = browser_answer(&offer, "active") + "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n";
    assert_eq!(fault(more), Fault::Malformed);
    let other = browser_answer(&offer, "active").replace("UDP/TLS/RTP/SAVPF", "RTP/AVP");
    assert_eq!(fault(other), Fault::NotAcceptable);
}

#[test]
fn hostile_numbers_spoil_nothing_but_themselves() {
    let hostile = CHROME
        .replace("a=fmtp:97 apt=96", "a=fmtp:97 apt=97")
        .replace("a=fmtp:99 apt=98", "a=fmtp:99 apt=4294967296")
        .replace("a=extmap:2 ", "a=extmap:4294967296 ")
        .replace("a=ssrc-group:FID 2231627014 632943048", "a=ssrc-group:FID 4294967296 0")
        .replace("SAVPF 96 97 103", "SAVPF 96 96 96 4294967296 999 97 103");
    let (sdp, agreed) = answered(&hostile, &video());
    let video = webrtc(&agreed).video.as_ref().expect("video");
    assert_eq!(video.formats.iter().map(|f| f.rtx.is_some()).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!((video.track.remote_ssrc, video.remote_rtx_ssrc), (Some(2_231_627_014), None));
    assert!(!sdp.contains("abs-send-time"));
}

#[test]
fn a_thousand_candidates_are_nothing_to_us() {
    let many: String =
        (0..1_000).map(|n| format!("a=candidate:{n} 1 udp 1 10.0.0.1 {n} typ host\r\n")).collect();
    let (sdp, _) = answered(&(SAFARI.to_owned() + &many), &[]);
    assert_eq!(sdp, answered(SAFARI, &[]).0);
}

#[test]
fn the_dialects_refuse_each_other() {
    let phone = include_bytes!("../../../testdata/sdp/asterisk.sdp");
    assert!(matches!(leg().receive_offer(phone), Err(SdpError::NoCommonTransport(_))));
    let address = |text: &str| text.parse().expect("address");
    let (rtp, rtcp) = (address("192.0.2.1:30000"), address("192.0.2.1:30001"));
    let mut phone = Negotiation::new(LocalMedia { rtp, rtcp, srtp: SrtpPolicy::Offered }, 1);
    assert!(matches!(phone.receive_offer(CHROME.as_bytes()), Err(SdpError::NoCommonSrtp(_))));
}

#[test]
fn a_node_without_ipv4_names_its_ipv6_address() {
    let mut local = local("A");
    local.candidates.remove(0);
    let mut leg = Negotiation::webrtc(local, 1);
    leg.receive_offer(SAFARI.as_bytes()).expect("offer");
    let (sdp, _) = leg.answer(&audio(), Direction::SendRecv).expect("answer");
    assert_eq!(lines(&text(&sdp), "c="), ["c=IN IP6 2001:db8::1"]);
}

proptest! {
    #[test]
    fn nothing_panics_on_any_bytes(bytes: Vec<u8>) {
        let _ = leg().receive_offer(&bytes);
        let _ = Dialect::of_offer(&bytes);
    }

    #[test]
    fn nothing_panics_on_damaged_descriptions(
        which in 0..FIELD.len(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20),
        swaps in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..5),
        cut: prop::sample::Index,
    ) {
        let mut split: Vec<&str> = FIELD[which].lines().collect();
        for (from, to) in swaps {
            let (from, to) = (from.index(split.len()), to.index(split.len()));
            split[to] = split[from];
        }
        let mut bytes = split.join("\r\n").into_bytes();
        for (position, byte) in edits {
            let position = position.index(bytes.len());
            bytes[position] = byte;
        }
        bytes.truncate(cut.index(bytes.len() * 3));
        let mut callee = leg();
        callee.set_video(&video());
        if callee.receive_offer(&bytes).is_ok()
            && let Ok((answer, agreed)) = callee.answer(&audio(), Direction::SendRecv) {
            prop_assert!(!agreed.codecs.is_empty());
            let video = webrtc(&agreed).video.as_ref();
            prop_assert!(video.is_none_or(|video| !video.formats.is_empty()));
            // Ours can be read, but for being as lite as the reader.
            let full = text(&answer).replace("a=ice-lite\r\n", "");
            prop_assert!(leg().receive_offer(full.as_bytes()).is_ok(), "{}", full);
            let again = callee.offer(&audio(), Direction::SendRecv);
            prop_assert!(leg().receive_offer(text(&again).replace("a=ice-lite\r\n", "").as_bytes()).is_ok());
        }
        let mut caller = leg();
        caller.set_video(&video());
        caller.offer(&audio(), Direction::SendRecv);
        let _ = caller.receive_answer(&bytes);
    }
}
