//! Pictures between a browser and a phone, on simulated time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod tabs;

use std::net::SocketAddr;
use std::time::Duration;

use ramal_media::command::Source;
use ramal_media::event::Event;
use ramal_media::leg::LegSettings;
use ramal_media::rtcp::feedback::{self, Feedback};
use ramal_media::rtp::Header;
use ramal_media::sdp::{AgreedCodec, Codec, Direction, RateRequests, Refresh, RtpVideo};

use tabs::{PCMU_PT, Sight, VP8_PT, World, id};

const SECOND: Duration = Duration::from_secs(1);
/// The phone's number for VP8, other than the browser's.
const PHONE_PT: u8 = 120;
const PHONE: usize = 1;
const PHONE_SSRC: u32 = 0x0BAD_CAFE;

fn sound() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 200], 4_000))
}

fn pictures() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 200], 4_002))
}

fn video(refresh: Refresh) -> RtpVideo {
    let codec = Codec { payload_type: PHONE_PT, ..Codec::vp8() };
    RtpVideo {
        remote_rtp: pictures(),
        remote_rtcp: SocketAddr::new(pictures().ip(), 4_003),
        rtcp_mux: false,
        formats: vec![AgreedCodec { codec, send_pt: PHONE_PT, receive_pt: PHONE_PT }],
        direction: Direction::SendRecv,
        srtp: None,
        refresh,
        rate_requests: RateRequests::NotTaken,
        max_bps: None,
    }
}

fn settings(video: RtpVideo) -> Box<LegSettings> {
    let pcmu = AgreedCodec { codec: Codec::pcmu(), send_pt: PCMU_PT, receive_pt: PCMU_PT };
    let audio = RtpVideo { remote_rtp: sound(), formats: vec![pcmu], ..video.clone() };
    Box::new(LegSettings { video: Some(Box::new(video)), ..LegSettings::from(&audio) })
}

/// A tab and a phone that see each other.
struct Meeting {
    world: World,
    beside: u32,
    sequence: u16,
}

impl Meeting {
    fn with(video: RtpVideo) -> Self {
        let mut world = World::with_tabs(1, Sight::AudioAndVideo);
        world.engine.add_leg(id(PHONE)).unwrap();
        let beside = world.engine.add_pictures(id(PHONE)).unwrap();
        world.engine.configure(world.now, id(PHONE), settings(video));
        world.engine.hear(world.now, id(0), Source::Leg(id(PHONE)));
        world.engine.hear(world.now, id(PHONE), Source::Leg(id(0)));
        Self { world, beside, sequence: 65_530 }
    }

    /// One packet of the phone.
    fn show(&mut self, timestamp: u32, payload: &[u8], marker: bool) {
        self.sequence = self.sequence.wrapping_add(1);
        let header = Header { marker, ..Header::new(PHONE_PT, self.sequence, timestamp, PHONE_SSRC) };
        let mut packet = header.to_bytes().to_vec();
        packet.extend_from_slice(payload);
        let length = packet.len();
        self.world.engine.handle_rtp(self.world.now, self.beside, pictures(), &mut packet, length);
        self.world.run(Duration::from_millis(10));
    }

    fn show_some(&mut self) {
        for frame in 0..20 {
            self.show(frame * 3_600, &[0x10, 1, 2, frame as u8], true);
        }
    }

    fn tab_shows_some(&mut self) {
        for frame in 0..10 {
            let now = self.world.now;
            self.world.tabs[0].show(now, frame * 3_600, &[0x10, 9, 9], true);
            self.world.run(Duration::from_millis(40));
        }
    }

    fn say(&mut self, wish: Feedback) {
        let (packet, length) = wish.write(PHONE_SSRC, 5);
        let mut compound = vec![0x80, 201, 0, 1, 0, 0, 0, 9];
        compound.extend(&packet[..length]);
        let (now, length) = (self.world.now, compound.len());
        let from = SocketAddr::new(pictures().ip(), 4_003);
        self.world.engine.handle_rtcp(now, self.beside, from, &mut compound, length);
        self.world.run(SECOND);
    }

    /// What the phone was asked, newest last.
    fn asked(&self) -> Vec<Feedback> {
        let reports = self.world.to_phones.iter().filter(|(to, _)| to.port() == 4_003);
        reports.flat_map(|(_, packet)| feedback::read(packet).collect::<Vec<_>>()).collect()
    }

    fn shown_to_phone(&self) -> Vec<(Header, Vec<u8>)> {
        let packets = self.world.to_phones.iter().filter(|(to, _)| *to == pictures());
        packets
            .map(|(_, packet)| {
                let header = Header::parse(packet).unwrap();
                (header, header.payload(packet).to_vec())
            })
            .collect()
    }
}

#[test]
fn payloads_cross_intact_both_ways_under_each_sides_number() {
    let mut meeting = Meeting::with(video(Refresh::Pli));
    for frame in 0..30_u32 {
        let now = meeting.world.now;
        for part in 0..3_u8 {
            let payload = vec![0x10 | part, frame as u8, part, 7, 7];
            meeting.world.tabs[0].show(now, frame * 3_600, &payload, part == 2);
            meeting.show(frame * 3_000, &vec![part; 1_200 + frame as usize], part == 2);
        }
    }
    meeting.world.run(SECOND);
    let shown = meeting.shown_to_phone();
    assert_eq!(shown.len(), 90);
    for (place, (header, payload)) in shown.iter().enumerate() {
        let part = place as u8 % 3;
        assert_eq!(payload, &[0x10 | part, (place / 3) as u8, part, 7, 7]);
        assert_eq!((header.payload_type, header.marker), (PHONE_PT, part == 2));
        assert_eq!(header.sequence, shown[0].0.sequence.wrapping_add(place as u16));
        assert_eq!(header.timestamp, shown[0].0.timestamp.wrapping_add(place as u32 / 3 * 3_600));
    }
    let seen = &meeting.world.tabs[0].video;
    // The first packets of a source without authentication only prove that it is one.
    assert!(seen.len() >= 85, "{}", seen.len());
    for packet in seen {
        let (part, frame) = (packet.payload[0], packet.payload.len() - 1_200);
        assert!(packet.payload.iter().all(|byte| *byte == part) && frame < 30);
        assert_eq!((*packet.header.payload_type, packet.header.marker), (VP8_PT, part == 2));
    }
}

#[test]
fn a_browser_that_needs_a_whole_picture_has_the_phone_asked_in_the_way_it_takes() {
    let ssrc = |meeting: &Meeting| meeting.world.tabs[0].agreed().video.unwrap().track.local_ssrc;
    for (refresh, wish) in [(Refresh::Pli, Feedback::PictureLoss), (Refresh::Fir, Feedback::FullIntra(1))] {
        let mut meeting = Meeting::with(video(refresh));
        meeting.show_some();
        assert_eq!(meeting.asked(), [], "its first picture is whole");
        let gateway = ssrc(&meeting);
        meeting.world.tabs[0].want_keyframe(gateway);
        meeting.world.run(SECOND);
        assert_eq!(meeting.asked().first(), Some(&wish));
        assert!(!meeting.world.saw(&Event::PictureWanted { leg: id(PHONE) }));
    }
    let mut meeting = Meeting::with(video(Refresh::Signalling));
    meeting.show_some();
    let gateway = ssrc(&meeting);
    meeting.world.tabs[0].want_keyframe(gateway);
    meeting.world.run(SECOND);
    assert!(meeting.world.saw(&Event::PictureWanted { leg: id(PHONE) }));
    assert_eq!(meeting.asked(), []);
}

#[test]
fn a_phone_that_needs_a_whole_picture_has_the_browser_asked() {
    let mut meeting = Meeting::with(video(Refresh::Pli));
    meeting.tab_shows_some();
    for wish in [Feedback::PictureLoss, Feedback::FullIntra(3)] {
        let before = meeting.world.tabs[0].keyframes_wanted;
        meeting.say(wish);
        assert_eq!(meeting.world.tabs[0].keyframes_wanted, before + 1, "{wish:?}");
    }
    let before = meeting.world.tabs[0].keyframes_wanted;
    meeting.world.engine.refresh_picture(meeting.world.now, id(PHONE));
    meeting.world.run(SECOND);
    assert_eq!(meeting.world.tabs[0].keyframes_wanted, before + 1, "by INFO");
}

#[test]
fn a_browser_sends_no_more_than_the_phone_takes() {
    let limited = RtpVideo { max_bps: Some(384_000), ..video(Refresh::Pli) };
    let mut meeting = Meeting::with(limited);
    meeting.tab_shows_some();
    assert!(meeting.world.tabs[0].rate_limit_bps.is_some_and(|bps| bps.abs_diff(384_000) < 4_000));
    meeting.say(Feedback::MaxRate(128_000));
    assert!(meeting.asked().contains(&Feedback::MaxRateNoted(128_000)), "{:?}", meeting.asked());
    assert!(meeting.world.tabs[0].rate_limit_bps.is_some_and(|bps| bps.abs_diff(128_000) < 2_000));
}

#[test]
fn a_phone_is_told_what_the_path_to_the_browser_carries() {
    let asked = RtpVideo { rate_requests: RateRequests::Tmmbr, ..video(Refresh::Pli) };
    let mut meeting = Meeting::with(asked);
    meeting.world.narrow(0, 150_000);
    for frame in 0..400 {
        for part in 0..3 {
            meeting.show(frame * 3_600, &[0x10; 900], part == 2);
        }
    }
    let told: Vec<u64> = meeting
        .asked()
        .into_iter()
        .filter_map(|wish| match wish {
            Feedback::MaxRate(bps) => Some(bps),
            _ => None,
        })
        .collect();
    assert!(told.last().is_some_and(|bps| *bps < 150_000), "{told:?}");
    assert!(told.len() < 30, "twelve seconds, told {} times", told.len());
}

#[test]
fn a_packet_that_fits_no_datagram_of_ours_is_dropped_and_no_more() {
    let mut meeting = Meeting::with(video(Refresh::Pli));
    meeting.show_some();
    let before = meeting.world.tabs[0].video.len();
    for bytes in [1_461, 1_900, 1_988, 2_000, 2_060] {
        meeting.show(0, &vec![1; bytes], true);
    }
    assert_eq!(meeting.world.tabs[0].video.len(), before);
    meeting.show(3_600, &[1; 1_460], true);
    assert_eq!(meeting.world.tabs[0].video.len(), before + 1);
}

#[test]
fn pictures_end_with_their_agreement_and_with_their_leg() {
    let mut meeting = Meeting::with(video(Refresh::Pli));
    meeting.tab_shows_some();
    let shown = meeting.shown_to_phone().len();
    assert!(shown > 5);
    let mut quiet = settings(video(Refresh::Pli));
    quiet.video = None;
    meeting.world.engine.configure(meeting.world.now, id(PHONE), quiet);
    meeting.tab_shows_some();
    assert_eq!(meeting.shown_to_phone().len(), shown);
    assert_eq!(meeting.world.engine.statistics(meeting.world.now).len(), 2, "a phone is one Leg");
}
