use super::*;
use proptest::prelude::*;

const ASTERISK: &[u8] = include_bytes!("../../testdata/sdp/asterisk.sdp");
const BARESIP: &[u8] = include_bytes!("../../testdata/sdp/baresip.sdp");
const CARRIER: &[u8] = include_bytes!("../../testdata/sdp/carrier.sdp");
const CISCO: &[u8] = include_bytes!("../../testdata/sdp/cisco.sdp");
const FREESWITCH: &[u8] = include_bytes!("../../testdata/sdp/freeswitch.sdp");
const GRANDSTREAM: &[u8] = include_bytes!("../../testdata/sdp/grandstream.sdp");
const HOSTILE: &[u8] = include_bytes!("../../testdata/sdp/hostile.sdp");
const LINPHONE: &[u8] = include_bytes!("../../testdata/sdp/linphone.sdp");
const MICROSIP: &[u8] = include_bytes!("../../testdata/sdp/microsip.sdp");
const MULTIPART: &[u8] = include_bytes!("../../testdata/sdp/multipart.sdp");
const OLD_HOLD: &[u8] = include_bytes!("../../testdata/sdp/old_hold.sdp");
const TWILIO: &[u8] = include_bytes!("../../testdata/sdp/twilio.sdp");
const YEALINK: &[u8] = include_bytes!("../../testdata/sdp/yealink.sdp");
const ZOIPER: &[u8] = include_bytes!("../../testdata/sdp/zoiper.sdp");

fn leg(srtp: SrtpPolicy) -> Negotiation {
    let address = |text: &str| text.parse().expect("address");
    Negotiation::new(
        LocalMedia { rtp: address("192.0.2.1:30000"), rtcp: address("192.0.2.1:30001"), srtp },
        42,
    )
}

fn other_leg(srtp: SrtpPolicy) -> Negotiation {
    let address = |text: &str| text.parse().expect("address");
    Negotiation::new(
        LocalMedia { rtp: address("192.0.2.2:32000"), rtcp: address("192.0.2.2:32001"), srtp },
        [7; 32],
    )
}

fn leg_at_ipv6() -> Negotiation {
    let address = |text: &str| text.parse().expect("address");
    let (rtp, rtcp) = (address("[2001:db8::1]:30000"), address("[2001:db8::1]:30001"));
    Negotiation::new(LocalMedia { rtp, rtcp, srtp: SrtpPolicy::Off }, 3)
}

fn ours() -> Vec<Codec> {
    vec![Codec::pcma(), Codec::pcmu(), Codec::g722(), Codec::telephone_event(101, 8_000)]
}

fn text(sdp: &[u8]) -> String {
    String::from_utf8(sdp.to_vec()).expect("UTF-8")
}

fn text_lossy(sdp: &[u8]) -> String {
    String::from_utf8_lossy(sdp).into_owned()
}

fn version(sdp: &[u8]) -> u64 {
    let text = text(sdp);
    let origin = text.lines().find(|line| line.starts_with("o=")).expect("origin");
    origin.split(' ').nth(2).expect("version").parse().expect("number")
}

fn media_lines(sdp: &[u8]) -> Vec<String> {
    text(sdp).lines().filter(|line| line.starts_with("m=")).map(str::to_owned).collect()
}

fn formats(codecs: &[Codec]) -> Vec<String> {
    codecs.iter().map(|codec| format!("{} {}/{}", codec.payload_type, codec.name, codec.clock_hz)).collect()
}

/// Numbers of telephone-event: to send, to receive.
fn events(agreed: &Agreed) -> Option<(u8, u8)> {
    agreed.dtmf.as_ref().map(|event| (event.send_pt, event.receive_pt))
}

fn numbers(agreed: &Agreed) -> Vec<(u8, u8)> {
    agreed.codecs.iter().map(|codec| (codec.send_pt, codec.receive_pt)).collect()
}

/// Their description with one audio line.
fn plain(media: &str) -> Vec<u8> {
    format!("v=0\r\no=- 1 1 IN IP4 203.0.113.9\r\ns=-\r\nc=IN IP4 203.0.113.9\r\nt=0 0\r\n{media}\r\n")
        .into_bytes()
}

fn answered(offer: &[u8]) -> (String, Agreed) {
    let far_ipv6 = text_lossy(offer).contains("c=IN IP6 2");
    let mut leg = if far_ipv6 { leg_at_ipv6() } else { leg(SrtpPolicy::Offered) };
    leg.receive_offer(offer).expect("offer");
    let (sdp, agreed) = leg.answer(&ours(), Direction::SendRecv).expect("answer");
    (text(&sdp), agreed)
}

#[test]
fn offers_from_the_field_are_read_whole() {
    let read = |sdp| formats(&leg(SrtpPolicy::Offered).receive_offer(sdp).expect("offer").codecs);
    let read_ipv6 = |sdp| formats(&leg_at_ipv6().receive_offer(sdp).expect("offer").codecs);
    assert_eq!(
        read(ASTERISK),
        ["0 PCMU/8000", "8 PCMA/8000", "9 G722/8000", "18 G729/8000", "101 telephone-event/8000"]
    );
    assert_eq!(read(MICROSIP), ["8 PCMA/8000", "0 PCMU/8000", "101 telephone-event/8000"]);
    assert_eq!(read(MULTIPART), read(MICROSIP));
    assert_eq!(
        read(ZOIPER),
        [
            "106 opus/48000",
            "9 G722/8000",
            "98 telephone-event/48000",
            "101 telephone-event/8000",
            "0 PCMU/8000",
            "8 PCMA/8000",
            "3 GSM/8000"
        ]
    );
    assert_eq!(
        read(CARRIER),
        [
            "102 AMR-WB/16000",
            "104 AMR/8000",
            "18 G729/8000",
            "8 PCMA/8000",
            "105 telephone-event/16000",
            "100 telephone-event/8000"
        ]
    );
    assert_eq!(read(FREESWITCH).len(), 7);
    assert_eq!(read(CISCO).len(), 8);
    assert_eq!(read_ipv6(LINPHONE).len(), 7);
}

#[test]
fn addresses_and_times_of_the_field_are_found() {
    let far = |offer| {
        let (_, agreed) = answered(offer);
        (agreed.remote_rtp.to_string(), agreed.remote_rtcp.to_string(), agreed.ptime_ms, events(&agreed))
    };
    let expect =
        |rtp: &str, rtcp: &str, ptime, dtmf| (rtp.to_owned(), rtcp.to_owned(), ptime, Some((dtmf, dtmf)));
    assert_eq!(far(ASTERISK), expect("198.51.100.10:14222", "198.51.100.10:14223", 20, 101));
    assert_eq!(far(CISCO), expect("192.0.2.44:20178", "192.0.2.44:20179", 20, 101));
    assert_eq!(far(LINPHONE), expect("[2001:db8::17]:7078", "[2001:db8::18]:55001", 20, 99));
    assert_eq!(far(BARESIP), expect("192.0.2.61:15440", "192.0.2.61:15440", 10, 101));
    assert_eq!(far(CARRIER), expect("100.64.8.9:40288", "100.64.8.9:40289", 20, 100));
    assert_eq!(far(OLD_HOLD), expect("0.0.0.0:17014", "0.0.0.0:17015", 30, 101));
}

#[test]
fn answer_lists_what_is_common_with_their_numbers() {
    let (sdp, agreed) = answered(CARRIER);
    assert!(sdp.contains("m=audio 30000 RTP/AVP 8 100\r\n"), "{sdp}");
    assert!(sdp.contains("a=rtpmap:100 telephone-event/8000\r\na=fmtp:100 0-15\r\n"), "{sdp}");
    assert_eq!(numbers(&agreed), [(8, 8)]);
    assert_eq!(events(&agreed), Some((100, 100)));
}

#[test]
fn unknown_codecs_pass_with_their_parameters() {
    let mut leg = leg(SrtpPolicy::Off);
    let offer = leg.receive_offer(CARRIER).expect("offer");
    let amr = offer.codecs.iter().find(|codec| codec.name == "AMR").expect("AMR").clone();
    let on_the_other_leg = Codec { payload_type: 111, ..amr.clone() };
    let (sdp, agreed) = leg.answer(&[on_the_other_leg, Codec::pcma()], Direction::SendRecv).expect("answer");
    assert!(text(&sdp).contains("a=fmtp:104 octet-align=1; mode-set=0,2,4,7;mode-change-period=2\r\n"));
    assert_eq!(numbers(&agreed), [(104, 104), (8, 8)]);
    assert_eq!(agreed.codecs[0].codec.known(), None);
    assert_eq!(agreed.dtmf, None);
}

#[test]
fn formats_differ_where_their_parameters_change_the_bytes() {
    let codec = |name: &str, fmtp: Option<&str>| Codec {
        payload_type: 97,
        name: name.to_owned(),
        clock_hz: 8_000,
        channels: 1,
        fmtp: fmtp.map(str::to_owned),
    };
    let same = |name, left, right| codec(name, left).same_format(&codec(name, right));
    assert!(same("G729", None, Some("annexb=yes")));
    assert!(!same("G729", None, Some("annexb=no")));
    assert!(!same("AMR", None, Some("octet-align=1")));
    assert!(same("AMR", Some("octet-align=1; mode-set=7"), Some("mode-set=7;octet-align=1")));
    assert!(!same("AMR", Some("mode-set=7"), Some("mode-set=0,2")));
    assert!(!same("iLBC", Some("mode=20"), None));
    assert!(same("opus", Some("useinbandfec=1"), None));
    assert!(codec("pcmu", None).same_format(&Codec::pcmu()));
    assert_eq!(codec("Pcmu", None).known(), Some(KnownCodec::Pcmu));
}

#[test]
fn g729_is_agreed_without_annex_b_where_one_side_has_none() {
    let mut leg = leg(SrtpPolicy::Off);
    leg.offer(&[Codec::from_static(18).expect("G.729")], Direction::SendRecv);
    let agreed =
        leg.receive_answer(&plain("m=audio 4000 RTP/AVP 18\r\na=fmtp:18 annexb=no")).expect("answer");
    assert_eq!(agreed.codecs[0].codec.fmtp.as_deref(), Some("annexb=no"));
    leg.receive_offer(&plain("m=audio 4000 RTP/AVP 18")).expect("offer");
    let without = Codec { fmtp: Some("annexb=no".to_owned()), ..Codec::from_static(18).expect("G.729") };
    let (sdp, _) = leg.answer(&[without], Direction::SendRecv).expect("answer");
    assert!(text(&sdp).contains("a=fmtp:18 annexb=no\r\n"));
}

#[test]
fn numbers_may_differ_by_direction() {
    let mut leg = leg(SrtpPolicy::Off);
    let opus = Codec { payload_type: 96, name: "opus".to_owned(), clock_hz: 48_000, channels: 2, fmtp: None };
    leg.offer(&[opus, Codec::pcma(), Codec::telephone_event(101, 8_000)], Direction::SendRecv);
    let answer = plain(
        "m=audio 4000 RTP/AVP 111 8 97\r\na=rtpmap:111 OPUS/48000/2\r\na=rtpmap:97 telephone-event/8000",
    );
    let agreed = leg.receive_answer(&answer).expect("answer");
    assert_eq!(numbers(&agreed), [(111, 96), (8, 8)]);
    assert_eq!(events(&agreed), Some((97, 101)));
}

#[test]
fn a_number_keeps_its_meaning_through_the_session() {
    let mut leg = leg(SrtpPolicy::Off);
    leg.receive_offer(&plain("m=audio 4000 RTP/AVP 8 96\r\na=rtpmap:96 telephone-event/8000"))
        .expect("offer");
    leg.answer(&ours(), Direction::SendRecv).expect("answer");
    let amr = Codec { payload_type: 96, name: "AMR".to_owned(), clock_hz: 8_000, channels: 1, fmtp: None };
    let sdp = leg.offer(&[amr, Codec::pcma(), Codec::telephone_event(101, 8_000)], Direction::SendRecv);
    assert!(text(&sdp).contains("a=rtpmap:97 AMR/8000\r\n"), "{}", text(&sdp));
    assert!(text(&sdp).contains("m=audio 30000 RTP/AVP 97 8 96\r\n"), "{}", text(&sdp));
}

#[test]
fn hold_is_seen_in_every_form() {
    let hold = |media: &str| {
        let mut leg = leg(SrtpPolicy::Off);
        let offer = leg.receive_offer(&plain(media)).expect("offer");
        let (_, agreed) = leg.answer(&ours(), Direction::SendRecv).expect("answer");
        (offer.direction, agreed.direction, agreed.remote_direction_hold)
    };
    use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
    assert_eq!(hold("m=audio 4000 RTP/AVP 8"), (SendRecv, SendRecv, false));
    assert_eq!(hold("m=audio 4000 RTP/AVP 8\r\na=sendonly"), (SendOnly, RecvOnly, true));
    assert_eq!(hold("m=audio 4000 RTP/AVP 8\r\na=inactive"), (Inactive, Inactive, true));
    assert_eq!(hold("m=audio 4000 RTP/AVP 8\r\na=recvonly"), (RecvOnly, SendOnly, false));
    assert_eq!(hold("m=audio 4000 RTP/AVP 8\r\nc=IN IP4 0.0.0.0"), (SendOnly, RecvOnly, true));
    assert_eq!(hold("m=audio 4000 RTP/AVP 8\r\nc=IN IP6 ::\r\na=recvonly"), (Inactive, Inactive, true));
    assert_eq!(hold("a=sendonly\r\nm=audio 4000 RTP/AVP 8"), (SendOnly, RecvOnly, true));
    assert_eq!(hold("a=sendonly\r\nm=audio 4000 RTP/AVP 8\r\na=sendrecv"), (SendRecv, SendRecv, false));
}

#[test]
fn our_hold_is_answered_and_taken_back() {
    let mut leg = leg(SrtpPolicy::Off);
    let first = leg.offer(&ours(), Direction::SendRecv);
    leg.receive_answer(&plain("m=audio 4000 RTP/AVP 8")).expect("answer");
    let hold = leg.offer(&ours(), Direction::SendOnly);
    assert!(text(&hold).contains("a=sendonly\r\n"));
    let agreed = leg.receive_answer(&plain("m=audio 4000 RTP/AVP 8\r\na=recvonly")).expect("answer");
    assert_eq!((agreed.direction, agreed.remote_direction_hold), (Direction::SendOnly, false));
    let both = leg.offer(&ours(), Direction::Inactive);
    let agreed = leg.receive_answer(&plain("m=audio 4000 RTP/AVP 8\r\na=inactive")).expect("answer");
    assert_eq!((agreed.direction, agreed.remote_direction_hold), (Direction::Inactive, false));
    let resume = leg.offer(&ours(), Direction::SendRecv);
    let agreed = leg.receive_answer(&plain("m=audio 4000 RTP/AVP 8\r\na=sendonly")).expect("answer");
    assert_eq!((agreed.direction, agreed.remote_direction_hold), (Direction::RecvOnly, true));
    assert_eq!([first, hold, both, resume].map(|sdp| version(&sdp)), [1, 2, 3, 4]);
}

#[test]
fn other_streams_are_refused_in_their_places() {
    let (sdp, _) = answered(CISCO);
    assert_eq!(media_lines(sdp.as_bytes()), ["m=audio 30000 RTP/AVP 8 0 9 101", "m=video 0 RTP/AVP 97"]);
    let offer = plain(
        "m=video 5000 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\nm=image 5002 udptl t38\r\nm=audio 4000 RTP/AVP 0\r\nm=application 9 UDP/BFCP *",
    );
    let mut leg = leg(SrtpPolicy::Off);
    leg.receive_offer(&offer).expect("offer");
    let (sdp, agreed) = leg.answer(&ours(), Direction::SendRecv).expect("answer");
    let expected = [
        "m=video 0 RTP/AVP 97",
        "m=image 0 udptl t38",
        "m=audio 30000 RTP/AVP 0",
        "m=application 0 UDP/BFCP *",
    ];
    assert_eq!(media_lines(&sdp), expected);
    assert_eq!(agreed.remote_rtp.port(), 4000);
    // Our own offer keeps the order too.
    let sdp = leg.offer(&[Codec::pcmu()], Direction::SendRecv);
    assert_eq!(media_lines(&sdp), expected);
    let answer = plain(
        "m=video 0 RTP/AVP 97\r\nm=image 0 udptl t38\r\nm=audio 4002 RTP/AVP 0\r\nm=application 0 UDP/BFCP *",
    );
    assert_eq!(leg.receive_answer(&answer).expect("answer").remote_rtp.port(), 4002);
}

#[test]
fn plain_and_secure_lines_together_give_the_first_acceptable() {
    let (sdp, agreed) = answered(GRANDSTREAM);
    assert_eq!(
        media_lines(sdp.as_bytes()),
        ["m=audio 30000 RTP/AVP 8 0 9 101", "m=audio 0 RTP/SAVP 0 8 101"]
    );
    assert_eq!(agreed.srtp, None);
    let mut leg = leg(SrtpPolicy::Required);
    assert!(leg.receive_offer(GRANDSTREAM).expect("offer").srtp);
    let (sdp, agreed) = leg.answer(&ours(), Direction::SendRecv).expect("answer");
    assert_eq!(media_lines(&sdp), ["m=audio 0 RTP/AVP 0 8 18 9 97 101", "m=audio 30000 RTP/SAVP 8 0 101"]);
    assert_eq!(agreed.srtp.expect("keys").suite, Suite::AesCm128HmacSha1_80);
}

#[test]
fn re_offer_changes_codecs_address_and_version() {
    let mut leg = leg(SrtpPolicy::Off);
    leg.receive_offer(ASTERISK).expect("offer");
    let (first, _) = leg.answer(&ours(), Direction::SendRecv).expect("answer");
    leg.receive_offer(ASTERISK).expect("offer");
    let (again, _) = leg.answer(&ours(), Direction::SendRecv).expect("answer");
    assert_eq!(first, again);
    assert_eq!(leg.repeat(), first);
    leg.receive_offer(&plain("m=audio 5000 RTP/AVP 0")).expect("offer");
    let (changed, agreed) = leg.answer(&ours(), Direction::SendRecv).expect("answer");
    assert_eq!((version(&first), version(&changed)), (1, 2));
    assert_eq!((numbers(&agreed), events(&agreed)), (vec![(0, 0)], None));
    assert_eq!(leg.agreed().expect("agreement").remote_rtp.to_string(), "203.0.113.9:5000");
    assert_eq!(leg.repeat(), changed);
}

#[test]
fn events_keep_the_clock_that_both_know_whatever_they_go_with() {
    let opus = "a=rtpmap:96 opus/48000/2";
    let clock_of = |offered: &str| {
        let mut leg = leg(SrtpPolicy::Off);
        leg.receive_offer(&plain(offered)).expect("offer");
        let codecs = [Codec::opus(111), Codec::telephone_event(101, 8_000)];
        let (_, agreed) = leg.answer(&codecs, Direction::SendRecv).expect("answer");
        agreed.dtmf.map(|event| (event.receive_pt, event.codec.clock_hz))
    };
    let narrow = format!("m=audio 4000 RTP/AVP 96 97\r\n{opus}\r\na=rtpmap:97 telephone-event/8000");
    assert_eq!(clock_of(&narrow), Some((97, 8_000)));
    let both = format!(
        "m=audio 4000 RTP/AVP 96 97 98\r\n{opus}\r\na=rtpmap:97 telephone-event/8000\r\na=rtpmap:98 telephone-event/48000"
    );
    assert_eq!(clock_of(&both), Some((98, 48_000)));
}

#[test]
fn a_refused_offer_leaves_the_old_agreement() {
    let mut leg = leg(SrtpPolicy::Off);
    leg.receive_offer(ASTERISK).expect("offer");
    let (first, agreed) = leg.answer(&ours(), Direction::SendRecv).expect("answer");
    leg.offer(&[Codec::g722()], Direction::SendOnly);
    leg.discard_offer();
    assert_eq!((leg.repeat(), leg.agreed()), (first.clone(), Some(&agreed)));
    leg.receive_offer(&plain("m=audio 5000 RTP/AVP 18")).expect("offer");
    assert_eq!(leg.answer(&ours(), Direction::SendRecv).map(drop), Err(SdpError::NoCommonCodec));
    leg.discard_offer();
    assert_eq!((leg.repeat(), leg.agreed()), (first.clone(), Some(&agreed)));
    // A version that was seen once is never used for something else.
    assert_eq!(version(&leg.offer(&[Codec::g722()], Direction::SendRecv)), 3);
}

#[test]
fn delayed_offer_is_ours_and_forked_answers_replace_each_other() {
    let mut leg = leg(SrtpPolicy::Off);
    leg.offer(&ours(), Direction::SendRecv);
    let early = leg.receive_answer(&plain("m=audio 4000 RTP/AVP 0 101")).expect("answer of one branch");
    assert_eq!(early.dtmf, None, "101 without rtpmap is nothing");
    let late = plain("m=audio 6000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000");
    let late = leg.receive_answer(&late).expect("answer of another branch");
    assert_eq!((numbers(&late), events(&late)), (vec![(8, 8)], Some((101, 101))));
    assert_eq!(leg.agreed(), Some(&late));
}

#[test]
fn verbs_out_of_turn_are_our_misuse() {
    let mut leg = leg(SrtpPolicy::Off);
    assert_eq!(leg.receive_answer(ASTERISK), Err(SdpError::OutOfTurn("answer")));
    assert_eq!(leg.answer(&ours(), Direction::SendRecv).map(drop), Err(SdpError::OutOfTurn("answer")));
    leg.offer(&ours(), Direction::SendRecv);
    let glare = leg.receive_offer(ASTERISK).expect_err("glare");
    assert_eq!((&glare, glare.fault()), (&SdpError::OutOfTurn("offer"), Fault::Misuse));
}

#[test]
fn every_suite_is_agreed_with_the_keys_crossed() {
    for suite in
        ["AEAD_AES_128_GCM", "AEAD_AES_256_GCM", "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"]
    {
        let mut caller = leg(SrtpPolicy::Required);
        let offer = text(&caller.offer(&ours(), Direction::SendRecv));
        let others = |line: &&str| !line.starts_with("a=crypto") || line.contains(&format!("{suite} "));
        let offer: String = offer.lines().filter(others).map(|line| format!("{line}\r\n")).collect();
        let mut callee = other_leg(SrtpPolicy::Offered);
        assert!(callee.receive_offer(offer.as_bytes()).expect("offer").srtp);
        let (answer, at_callee) = callee.answer(&ours(), Direction::SendRecv).expect("answer");
        let at_caller = caller.receive_answer(&answer).expect("answer").srtp.expect("keys");
        let at_callee = at_callee.srtp.expect("keys");
        assert_eq!(at_caller.suite.name(), suite);
        assert_eq!((&at_caller.send, &at_caller.receive), (&at_callee.receive, &at_callee.send));
        assert_ne!(at_caller.send, at_caller.receive);
    }
}

#[test]
fn the_first_usable_crypto_of_theirs_is_taken_with_its_tag() {
    let (sdp, agreed) = answered(FREESWITCH);
    assert!(sdp.contains("a=crypto:2 AEAD_AES_256_GCM inline:"), "{sdp}");
    assert_eq!(sdp.matches("a=crypto").count(), 1);
    let keys = agreed.srtp.expect("keys");
    assert_eq!(keys.receive.as_bytes(), (0..44).collect::<Vec<u8>>());
    for (offer, tag) in [(YEALINK, 1), (TWILIO, 1)] {
        assert!(answered(offer).0.contains(&format!("a=crypto:{tag} AES_CM_128_HMAC_SHA1_80 inline:")));
    }
}

#[test]
fn keys_last_through_re_offers_and_change_with_theirs() {
    let mut leg = leg(SrtpPolicy::Offered);
    let mut answer = |offer: &[u8]| {
        leg.receive_offer(offer).expect("offer");
        leg.answer(&ours(), Direction::SendRecv).expect("answer").1.srtp.expect("keys")
    };
    let first = answer(TWILIO);
    assert_eq!(answer(TWILIO), first);
    let moved = answer(YEALINK);
    assert_ne!((&moved.receive, &moved.send), (&first.receive, &first.send));
    assert_ne!(moved.send, first.send);
    let sdp = text(&leg.offer(&ours(), Direction::SendRecv));
    assert!(sdp.contains("RTP/SAVP") && sdp.contains("a=crypto:1"), "{sdp}");
}

#[test]
fn policies_refuse_what_they_must() {
    let refused = |policy, offer: &[u8]| {
        let error = leg(policy).receive_offer(offer).expect_err("refused");
        assert_eq!(error.fault(), Fault::NotAcceptable, "{error}");
        error.to_string()
    };
    assert!(refused(SrtpPolicy::Off, TWILIO).contains("SRTP is off"));
    assert!(refused(SrtpPolicy::Required, ASTERISK).contains("RTP/SAVP is required"));
    assert!(refused(SrtpPolicy::Offered, &plain("m=audio 4000 RTP/SAVP 8")).contains("without crypto"));
    assert!(
        refused(SrtpPolicy::Offered, &plain("m=audio 4000 UDP/TLS/RTP/SAVPF 8")).contains("not supported")
    );
    let mki = "m=audio 4000 RTP/SAVP 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4";
    assert!(refused(SrtpPolicy::Offered, &plain(mki)).contains("MKI"));
    let mut caller = leg(SrtpPolicy::Required);
    caller.offer(&ours(), Direction::SendRecv);
    assert!(matches!(
        caller.receive_answer(&plain("m=audio 4000 RTP/AVP 8")),
        Err(SdpError::NoCommonSrtp(_))
    ));
    assert!(
        matches!(caller.receive_answer(TWILIO), Err(SdpError::NoCommonSrtp(_))),
        "tag 1 is another suite"
    );
}

#[test]
fn what_cannot_work_is_refused_with_its_fault() {
    let mut leg = leg(SrtpPolicy::Offered);
    let mut error = |offer: &[u8]| leg.receive_offer(offer).expect_err("refused");
    assert_eq!(error(&plain("m=audio 0 RTP/AVP 8")), SdpError::NotAudio);
    assert_eq!(error(&plain("m=video 4000 RTP/AVP 97")), SdpError::NotAudio);
    assert_eq!(error(&plain("")), SdpError::NotAudio);
    assert_eq!(error(b"v=0\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n").fault(), Fault::Malformed);
    assert_eq!(error(&plain("m=audio 4294967296 RTP/AVP 8")).fault(), Fault::Malformed);
    assert_eq!(
        error(&plain("m=audio 4000 RTP/AVP 8\r\nc=IN IP4 phone.example.org")).fault(),
        Fault::Malformed
    );
    assert_eq!(error(&plain("m=audio 4000 RTP/AVP 8\r\nc=IN IP4 224.2.1.1/127")).fault(), Fault::Malformed);
    assert_eq!(error(b"").fault(), Fault::Malformed);
    assert_eq!(error(&[0xFF; 100]).fault(), Fault::Malformed);
    assert_eq!(error(&vec![b'a'; 70_000]), SdpError::TooLarge { bytes: 70_000 });
    assert_eq!(error(&plain(&"m=audio 4000 RTP/AVP 8\r\n".repeat(17))).fault(), Fault::Malformed);
    leg.receive_offer(&plain("m=audio 4000 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000"))
        .expect("offer");
    assert_eq!(leg.answer(&ours(), Direction::SendRecv).map(drop), Err(SdpError::NoCommonCodec));
}

#[test]
fn answers_that_refuse_or_forget_the_stream_are_errors() {
    let mut leg = leg(SrtpPolicy::Off);
    leg.offer(&ours(), Direction::SendRecv);
    assert_eq!(leg.receive_answer(&plain("m=audio 0 RTP/AVP 8")), Err(SdpError::NotAudio));
    assert_eq!(leg.receive_answer(&plain("")), Err(SdpError::StreamCount { offered: 1, answered: 0 }));
    assert_eq!(leg.receive_answer(&plain("m=audio 4000 RTP/AVP 3")), Err(SdpError::NoCommonCodec));
    assert!(leg.receive_answer(&plain("m=audio 4000 RTP/AVP 8")).is_ok(), "the offer is still pending");
}

#[test]
fn hostile_numbers_spoil_nothing_but_themselves() {
    let (sdp, agreed) = answered(HOSTILE);
    assert_eq!(media_lines(sdp.as_bytes()), ["m=audio 30000 RTP/AVP 8 0"]);
    assert_eq!((agreed.ptime_ms, agreed.remote_rtcp.port()), (20, 4021));
}

#[test]
fn comfort_noise_is_never_the_preferred_codec() {
    let mut leg = leg(SrtpPolicy::Off);
    leg.receive_offer(&plain("m=audio 4000 RTP/AVP 13 8")).expect("offer");
    let noise = Codec::from_static(13).expect("static");
    let (_, agreed) = leg.answer(&[noise.clone(), Codec::pcma()], Direction::SendRecv).expect("answer");
    assert_eq!(numbers(&agreed), [(8, 8), (13, 13)]);
    leg.receive_offer(&plain("m=audio 4000 RTP/AVP 13")).expect("offer");
    assert_eq!(leg.answer(&[noise], Direction::SendRecv).map(drop), Err(SdpError::NoCommonCodec));
}

#[test]
fn an_address_of_the_other_family_is_refused() {
    let mut ipv4 = leg(SrtpPolicy::Off);
    let offer = text(&plain("m=audio 4000 RTP/AVP 8"));
    let ipv6 = offer.replace("c=IN IP4 203.0.113.9", "c=IN IP6 2001:db8::9");
    let error = ipv4.receive_offer(ipv6.as_bytes()).expect_err("refused");
    assert_eq!(error, SdpError::AddressFamily { theirs: "IPv6", ours: "IPv4" });
    assert_eq!(error.fault(), Fault::NotAcceptable);
    ipv4.offer(&ours(), Direction::SendRecv);
    assert!(matches!(ipv4.receive_answer(ipv6.as_bytes()), Err(SdpError::AddressFamily { .. })));
    let mut other = leg_at_ipv6();
    assert!(matches!(other.receive_offer(offer.as_bytes()), Err(SdpError::AddressFamily { .. })));
    assert!(other.receive_offer(ipv6.as_bytes()).is_ok());
    // The first stream that can be reached is taken.
    let mut both = leg(SrtpPolicy::Off);
    let second = ipv6 + "m=audio 4002 RTP/AVP 8\r\nc=IN IP4 203.0.113.9\r\n";
    both.receive_offer(second.as_bytes()).expect("offer");
    let (sdp, agreed) = both.answer(&ours(), Direction::SendRecv).expect("answer");
    assert_eq!(media_lines(&sdp), ["m=audio 0 RTP/AVP 8", "m=audio 30000 RTP/AVP 8"]);
    assert_eq!(agreed.remote_rtp.port(), 4002);
}

#[test]
fn own_addresses_are_written_as_advertised() {
    let address = |text: &str| text.parse().expect("address");
    let local = LocalMedia {
        rtp: address("[2001:db8::1]:30000"),
        rtcp: address("[2001:db8::1]:30007"),
        srtp: SrtpPolicy::Off,
    };
    let sdp = text(&Negotiation::new(local, 1).offer(&ours(), Direction::SendRecv));
    assert!(sdp.contains("c=IN IP6 2001:db8::1\r\n"));
    assert!(sdp.contains("a=rtcp:30007 IN IP6 2001:db8::1\r\n"));
    assert!(answered(BARESIP).0.contains("a=rtcp-mux\r\n"));
    assert!(!answered(ASTERISK).0.contains("a=rtcp"));
}

#[test]
fn line_ends_spaces_and_other_encodings_do_not_matter() {
    let offer = text(&plain("m=audio  4000  RTP/AVP  8 \r\na=x:M\u{fc}nchen")).replace("\r\n", "\n");
    let latin1: Vec<u8> = offer.chars().map(|char| char as u8).collect();
    assert_eq!(answered(&latin1).1.remote_rtp.port(), 4000);
}

proptest! {
    #[test]
    fn nothing_panics_on_any_bytes(bytes: Vec<u8>) {
        let _ = leg(SrtpPolicy::Offered).receive_offer(&bytes);
    }

    #[test]
    fn nothing_panics_on_damaged_descriptions(
        which in 0..6_usize,
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20),
        cut: prop::sample::Index,
    ) {
        let mut bytes = [ASTERISK, CARRIER, FREESWITCH, LINPHONE, GRANDSTREAM, HOSTILE][which].to_vec();
        for (position, byte) in edits {
            let position = position.index(bytes.len());
            bytes[position] = byte;
        }
        let whole = cut.index(bytes.len() * 2);
        bytes.truncate(whole);
        let mut callee = leg(SrtpPolicy::Offered);
        if callee.receive_offer(&bytes).is_ok()
            && let Ok((answer, agreed)) = callee.answer(&ours(), Direction::SendRecv) {
            prop_assert!(!agreed.codecs.is_empty());
            // Our answer is a description that can be read, with as many streams.
            prop_assert!(leg(SrtpPolicy::Offered).receive_offer(&answer).is_ok());
        }
        let mut caller = leg(SrtpPolicy::Required);
        caller.offer(&ours(), Direction::SendRecv);
        let _ = caller.receive_answer(&bytes);
    }
}
