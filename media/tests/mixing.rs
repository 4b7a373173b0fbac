//! Rooms, by situations on virtual time: a tone for each phone, found again in what the others are sent.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod phones;

use std::time::Duration;

use phones::mouth::{CN_PT, OPUS_PT, Talker, agreed, ear, strength};
use phones::{Call, PT_EVENT, Received, id, settings_with};
use ramal_media::codec::KnownCodec;
use ramal_media::command::{Hears, Part, RoomId, Source, Speaks};
use ramal_media::event::{Event, NotForwardable};
use ramal_media::mixer::{MAX_MEMBERS, Talk};
use ramal_media::sdp::{AgreedCodec, Codec, Direction};

const ROOM: RoomId = RoomId(1);
/// Of each voice: four of them together are not cut off.
const PEAK: f64 = 6_000.0;
/// Far enough from each other, and from each other's overtones, below what G.711 carries.
const TONES_HZ: [f64; 5] = [400.0, 700.0, 1_100.0, 1_700.0, 2_300.0];

/// A room of phones with these codecs, and their mouths.
fn room_of(codecs: &[KnownCodec]) -> (Call, Vec<Talker>) {
    let mut call = Call::of(codecs.len());
    let mut talkers = Vec::new();
    for (leg, &codec) in codecs.iter().enumerate() {
        call.configure(leg, settings_with(leg, vec![agreed(codec)]));
        call.hear(leg, in_room(Part::FULL));
        talkers.push(Talker::new(&mut call, leg, codec, TONES_HZ[leg % TONES_HZ.len()], PEAK));
    }
    (call, talkers)
}

fn in_room(part: Part) -> Source {
    Source::Room { room: ROOM, part }
}

/// The weakest 20 ms of a tone after the first `skip` of them.
fn weakest(samples: &[i16], skip: usize, hz: f64) -> f64 {
    let frames = samples.chunks_exact(160).skip(skip);
    frames.map(|frame| strength(frame, KnownCodec::Pcmu, hz)).fold(f64::MAX, f64::min)
}

fn says(talkers: &mut [Talker], call: &mut Call, frames: usize) {
    for _ in 0..frames {
        talkers.iter_mut().for_each(|talker| talker.talk(call));
        call.advance(20);
    }
}

#[test]
fn five_phones_of_any_codec_hear_the_other_four_and_not_themselves() {
    use KnownCodec::{G722, Opus, Pcma, Pcmu};
    let codecs = [G722, Opus, Pcma, Pcmu, Opus];
    let (mut call, mut talkers) = room_of(&codecs);
    says(&mut talkers, &mut call, 150);
    for (leg, codec) in codecs.into_iter().enumerate() {
        let packets = call.take(leg);
        assert!((145..=155).contains(&packets.len()), "{codec:?}: {}", packets.len());
        for pair in packets.windows(2) {
            assert_eq!(pair[1].header.sequence, pair[0].header.sequence.wrapping_add(1));
            let step = pair[1].header.timestamp.wrapping_sub(pair[0].header.timestamp);
            assert_eq!(step, codec.clock_hz() / 50);
        }
        let samples = ear(&packets, codec).split_off(codec.sample_rate_hz() as usize / 2);
        for (other, hz) in TONES_HZ.into_iter().enumerate() {
            let heard = strength(&samples, codec, hz);
            if other == leg {
                assert!(heard < 200.0, "{codec:?} hears itself: {heard}");
            } else {
                assert!(heard > 3_500.0, "{codec:?} does not hear {other}: {heard}");
            }
        }
    }
}

#[test]
fn who_listens_in_one_codec_gets_one_frame_and_who_speaks_his_own() {
    let (mut call, mut talkers) = room_of(&[KnownCodec::Pcmu; 5]);
    says(&mut talkers[..2], &mut call, 50);
    let heard: Vec<Vec<Vec<u8>>> =
        (0..5).map(|leg| call.take(leg).into_iter().map(|packet| packet.payload).collect()).collect();
    assert_eq!(heard[2][20..], heard[3][20..]);
    assert_eq!(heard[2][20..], heard[4][20..]);
    assert_ne!(heard[0][20..], heard[2][20..]);
    assert_ne!(heard[0][20..], heard[1][20..]);
}

#[test]
fn a_room_in_which_nobody_speaks_costs_nothing() {
    let (mut call, mut talkers) = room_of(&[KnownCodec::Pcmu, KnownCodec::Pcma, KnownCodec::Opus]);
    let with_comfort = vec![
        agreed(KnownCodec::Pcma),
        AgreedCodec {
            send_pt: CN_PT,
            receive_pt: CN_PT,
            codec: Codec { payload_type: CN_PT, name: "CN".into(), ..Codec::pcma() },
        },
    ];
    call.configure(1, settings_with(1, with_comfort));
    says(&mut talkers[..1], &mut call, 50);
    call.advance(2_000);
    (0..3).for_each(|leg| drop(call.take(leg)));
    // Of a phone that sends its quiet room all the time nothing is decoded either.
    let mut wakes = 0;
    for _ in 0..3_000 {
        call.send_payload(0, 0, &[0xFE; 160]);
        let next = call.engine.poll_timeout().map(|(at, reason)| (at - call.now, reason));
        wakes += usize::from(next.is_some_and(|(after, _)| after < Duration::from_millis(20)));
        call.advance(20);
    }
    // A report of each in 5 s, and with it what keeps its path open.
    assert!(wakes <= 45, "{wakes} in a minute");
    // Who sends is reported to in about 5 s, who rests in 24 s.
    for (leg, payload_type, most) in [(0, 0, 24), (1, CN_PT, 4), (2, OPUS_PT, 4)] {
        let packets = call.take(leg);
        assert!((2..=most).contains(&packets.len()), "{leg}: {}", packets.len());
        assert!(packets.iter().all(|packet| packet.header.payload_type == payload_type));
    }
    // The first word wakes it.
    says(&mut talkers[..1], &mut call, 25);
    let samples = ear(&call.take(1), KnownCodec::Pcma);
    assert!(weakest(&samples, 5, TONES_HZ[0]) > 4_000.0);
}

/// Milliseconds between the packets that a phone was sent, by their timestamps.
fn gaps_ms(packets: &[Received]) -> Vec<u32> {
    let gap = |pair: &[Received]| pair[1].header.timestamp.wrapping_sub(pair[0].header.timestamp) / 8;
    packets.windows(2).map(gap).collect()
}

#[test]
fn who_is_alone_is_sent_the_beginning_of_a_silence_and_then_what_keeps_the_path_open() {
    let (mut call, _) = room_of(&[KnownCodec::Pcmu]);
    call.advance(90_000);
    let gaps = gaps_ms(&call.take(0));
    assert!((12..=14).contains(&gaps.len()) && gaps[..9] == [20; 9], "{gaps:?}");
    // In what is left of one interval between reports and a second one, then until it is the Leg's turn, and then after 24 s.
    assert!((2_500..=15_000).contains(&gaps[9]) && (300..=24_400).contains(&gaps[10]), "{gaps:?}");
    assert!(gaps[11..].iter().all(|gap| (23_900..=24_100).contains(gap)), "{gaps:?}");
}

#[test]
fn who_is_alone_and_says_a_word_now_and_then_is_sent_as_much() {
    let (mut call, mut talkers) = room_of(&[KnownCodec::Pcmu]);
    for _ in 0..12 {
        says(&mut talkers, &mut call, 5);
        call.advance(9_900);
    }
    let gaps = gaps_ms(&call.take(0));
    assert!(gaps.iter().all(|gap| *gap <= 15_200) && gaps.len() >= 18, "{gaps:?}");
}

#[test]
fn four_hundred_rooms_in_which_nobody_speaks_wake_their_worker_together() {
    let mut call = Call::of(1_200);
    for leg in 0..1_200 {
        call.hear(leg, Source::Room { room: RoomId(leg as u64 / 3), part: Part::FULL });
    }
    // Two intervals between reports (RFC 3550 §6.3.1): in the first they were sent the beginning of a silence.
    call.advance(20_000);
    for leg in 0..1_200 {
        call.take(leg);
        call.phones[leg].reports = 0;
    }
    let (end, mut wakes) = (call.now + Duration::from_secs(60), 0);
    while let Some((at, _)) = call.engine.poll_timeout().filter(|(at, _)| *at <= end) {
        wakes += 1;
        call.advance((at - call.now).as_millis() as u64 + 1);
    }
    assert!(wakes <= 250, "{wakes} in a minute");
    for leg in 0..1_200 {
        // What keeps a path open goes with a report, so that each Leg is looked up once in 24 s.
        let (reports, packets) = (call.phones[leg].reports, call.take(leg).len());
        assert!(
            (2..=3).contains(&packets) && reports == packets,
            "{leg}: {reports} reports, {packets} packets"
        );
    }
    // Who speaks again is reported of as soon as anybody.
    call.phones[0].reports = 0;
    call.send_payload(0, 0, &[0xFE; 160]);
    call.advance(7_600);
    assert!(call.phones[0].reports >= 1);
}

#[test]
fn who_only_hears_after_a_rest_is_sent_a_report_as_soon_as_anybody() {
    let (mut call, mut talkers) = room_of(&[KnownCodec::Pcmu; 20]);
    call.advance(60_000);
    for leg in 0..20 {
        call.take(leg);
        call.phones[leg].reports = 0;
    }
    says(&mut talkers[..1], &mut call, 25);
    call.advance(7_200);
    for leg in 1..20 {
        assert!(!call.take(leg).is_empty(), "{leg} hears");
        assert!(call.phones[leg].reports >= 1, "{leg}");
    }
}

#[test]
fn jitter_of_one_does_not_disturb_the_others() {
    let (mut call, mut talkers) = room_of(&[KnownCodec::Pcmu; 3]);
    let late = &mut Vec::new();
    for frame in 0..250_u64 {
        talkers[..2].iter_mut().for_each(|talker| talker.talk(&mut call));
        // 0 to 100 ms late, and in another order than they were sent.
        let payload = talkers[2].payload();
        late.push((frame + frame * 7 % 6, call.phones[2].packet(0, &payload)));
        let due: Vec<_> = late.extract_if(.., |(at, _)| *at <= frame).collect();
        due.into_iter().for_each(|(_, packet)| call.send_raw(2, &packet));
        call.advance(20);
    }
    let (first, third) = (call.take(0), call.take(2));
    for packets in [&first, &third] {
        assert!((245..=255).contains(&packets.len()), "{}", packets.len());
    }
    let (first, third) = (ear(&first, KnownCodec::Pcmu), ear(&third, KnownCodec::Pcmu));
    assert!(weakest(&first, 10, TONES_HZ[1]) > 5_000.0);
    assert!(weakest(&third, 10, TONES_HZ[0]) > 5_000.0 && weakest(&third, 10, TONES_HZ[1]) > 5_000.0);
    // And he is understood, once his delay is known.
    assert!(strength(&first[32_000..], KnownCodec::Pcmu, TONES_HZ[2]) > 4_000.0);
}

#[test]
fn mute_deaf_gain_and_kick() {
    let (mut call, mut talkers) = room_of(&[KnownCodec::Pcmu; 3]);
    says(&mut talkers, &mut call, 30);
    call.hear(0, in_room(Part { speaks: Speaks::Nobody, ..Part::FULL }));
    call.hear(1, in_room(Part { hears: Hears::Nothing, gain_db: -12, ..Part::FULL }));
    (0..3).for_each(|leg| drop(call.take(leg)));
    says(&mut talkers, &mut call, 12);
    let deaf = ear(&call.take(1).split_off(2), KnownCodec::Pcmu);
    assert!(deaf.len() >= 1_280 && deaf.iter().all(|sample| sample.abs() < 16), "deaf: silence, and its end");
    (0..3).for_each(|leg| drop(call.take(leg)));
    says(&mut talkers, &mut call, 50);
    assert_eq!(call.take(1).len(), 0, "deaf");
    let samples = ear(&call.take(2), KnownCodec::Pcmu);
    assert!(strength(&samples, KnownCodec::Pcmu, TONES_HZ[0]) < 50.0, "mute");
    let soft = strength(&samples, KnownCodec::Pcmu, TONES_HZ[1]);
    assert!((1_300.0..1_700.0).contains(&soft), "12 dB softer: {soft}");
    let samples = ear(&call.take(0), KnownCodec::Pcmu);
    assert!(strength(&samples, KnownCodec::Pcmu, TONES_HZ[2]) > 5_000.0, "who is mute hears");

    call.hear(2, Source::Silence);
    says(&mut talkers, &mut call, 30);
    call.take(0);
    says(&mut talkers, &mut call, 20);
    let samples = ear(&call.take(0), KnownCodec::Pcmu);
    assert!(strength(&samples, KnownCodec::Pcmu, TONES_HZ[2]) < 50.0, "he is out");
    assert!(strength(&samples, KnownCodec::Pcmu, TONES_HZ[1]) > 1_300.0);
    call.hear(0, in_room(Part::FULL));
    says(&mut talkers, &mut call, 40);
    call.take(2);
    let rest = ear(&call.take(1), KnownCodec::Pcmu);
    assert_eq!(rest.len(), 0, "still deaf");
}

#[test]
fn a_whisper_is_heard_by_the_agent_alone() {
    const AGENT: usize = 0;
    const CUSTOMER: usize = 1;
    const SUPERVISOR: usize = 2;
    for codec in [KnownCodec::Pcmu, KnownCodec::Opus] {
        let (mut call, mut talkers) = room_of(&[codec, KnownCodec::Pcma, KnownCodec::G722]);
        call.hear(SUPERVISOR, in_room(Part { speaks: Speaks::Only(id(AGENT)), ..Part::FULL }));
        says(&mut talkers, &mut call, 100);
        let heard = |call: &mut Call, leg: usize, codec: KnownCodec| {
            let samples = ear(&call.take(leg), codec).split_off(codec.sample_rate_hz() as usize / 2);
            TONES_HZ.map(|hz| strength(&samples, codec, hz) > 1_000.0)
        };
        assert_eq!(heard(&mut call, AGENT, codec)[..3], [false, true, true]);
        assert_eq!(heard(&mut call, CUSTOMER, KnownCodec::Pcma)[..3], [true, false, false]);
        assert_eq!(heard(&mut call, SUPERVISOR, KnownCodec::G722)[..3], [true, true, false]);
    }
}

/// Two phones talk, become a room that a third one hears, and two phones again.
fn supervised(codecs: [KnownCodec; 2]) {
    let mut call = Call::of(3);
    for (leg, codec) in codecs.into_iter().chain([KnownCodec::Pcmu]).enumerate() {
        call.configure(leg, settings_with(leg, vec![agreed(codec)]));
    }
    call.bridge();
    let mut talkers: Vec<Talker> =
        (0..2).map(|leg| Talker::new(&mut call, leg, codecs[leg], TONES_HZ[leg], PEAK)).collect();
    says(&mut talkers, &mut call, 60);
    // In the middle of a frame.
    call.advance(7);
    call.engine.mix_pair(call.now, ROOM, [(id(0), Part::FULL), (id(1), Part::FULL)]);
    call.drain();
    call.hear(2, in_room(Part { speaks: Speaks::Nobody, ..Part::FULL }));
    says(&mut talkers, &mut call, 100);
    let samples = ear(&call.take(2), KnownCodec::Pcmu).split_off(4_000);
    for hz in &TONES_HZ[..2] {
        assert!(strength(&samples, KnownCodec::Pcmu, *hz) > 4_000.0, "the third one hears both");
    }
    call.advance(9);
    call.engine.unmix(call.now, [id(0), id(1)]);
    call.hear(2, Source::Silence);
    says(&mut talkers, &mut call, 60);
    call.advance(200);
    for (leg, codec) in codecs.into_iter().enumerate() {
        let packets = call.take(leg);
        let clock_hz = codec.clock_hz();
        for pair in packets.windows(2) {
            assert_eq!(pair[1].header.sequence, pair[0].header.sequence.wrapping_add(1));
            let step = pair[1].header.timestamp.wrapping_sub(pair[0].header.timestamp);
            assert!(step <= clock_hz / 25, "{codec:?}: a gap of {step} at {clock_hz} Hz");
        }
        let total_s =
            f64::from(packets.last().unwrap().header.timestamp.wrapping_sub(packets[0].header.timestamp))
                / f64::from(clock_hz);
        assert!((4.3..4.75).contains(&total_s), "{codec:?}: {total_s} s");
        let samples = ear(&packets, codec);
        let frame = codec.sample_rate_hz() as usize / 50;
        // Without the beginning, and the end where nobody talks.
        let spoken = samples.chunks_exact(frame).take(217).skip(10);
        for (place, samples) in spoken.enumerate() {
            let heard = strength(samples, codec, TONES_HZ[1 - leg]);
            assert!(heard > 3_000.0, "{codec:?} frame {place}: {heard}");
        }
    }
}

#[test]
fn a_call_that_is_forwarded_becomes_a_room_and_a_call_again_without_a_gap() {
    supervised([KnownCodec::Pcmu, KnownCodec::Pcmu]);
    supervised([KnownCodec::Pcma, KnownCodec::Pcma]);
}

#[test]
fn a_call_that_is_transcoded_becomes_a_room_and_a_call_again_without_a_gap() {
    supervised([KnownCodec::Pcmu, KnownCodec::Pcma]);
}

#[test]
fn the_one_too_many_is_refused() {
    let mut call = Call::of(MAX_MEMBERS + 1);
    for leg in 0..=MAX_MEMBERS {
        call.hear(leg, in_room(Part::FULL));
    }
    let refused = Event::NotForwardable { leg: id(MAX_MEMBERS), reason: NotForwardable::RoomFull };
    assert_eq!(call.events(), [refused]);
    // Somebody leaves, and there is room.
    call.hear(3, Source::Silence);
    call.hear(MAX_MEMBERS, in_room(Part::FULL));
    assert_eq!(call.events(), []);
}

#[test]
fn rooms_whose_packets_fill_all_buffers_serve_everybody() {
    let mut call = Call::of(1_400);
    for leg in 0..1_400 {
        let room = RoomId((leg / 350) as u64);
        call.hear(leg, Source::Room { room, part: Part::FULL });
    }
    // The same phase for all: the worst case.
    let mut talkers: Vec<Talker> =
        (0..4).map(|room| Talker::new(&mut call, room * 350, KnownCodec::Pcmu, 400.0, PEAK)).collect();
    says(&mut talkers, &mut call, 25);
    for leg in (0..1_400).filter(|leg| leg % 350 != 0) {
        let samples = ear(&call.take(leg), KnownCodec::Pcmu);
        assert!(samples.len() >= 20 * 160, "{leg}: {}", samples.len());
        assert!(weakest(&samples[samples.len() - 3_200..], 5, 400.0) > 4_000.0);
    }
    assert_eq!(call.engine.outputs().dropped_packets(), 0);
}

#[test]
fn talkers_are_told_with_their_loudness() {
    let (mut call, mut talkers) = room_of(&[KnownCodec::Pcmu; 2]);
    call.events();
    says(&mut talkers[..1], &mut call, 150);
    call.advance(2_000);
    let talks: Vec<Event> =
        call.events().into_iter().filter(|event| matches!(event, Event::Talk { .. })).collect();
    let Event::Talk { leg, talk: Talk::Began(_) } = talks[0] else { panic!("{talks:?}") };
    assert_eq!(leg, id(0));
    // A sine with a peak of 6,000 is 14.7 dB below the loudest one.
    assert!(talks.contains(&Event::Talk { leg, talk: Talk::Level(-15) }), "{talks:?}");
    assert_eq!(talks.last(), Some(&Event::Talk { leg, talk: Talk::Ended }));
}

#[test]
fn keys_reach_nobody_and_are_told() {
    let (mut call, mut talkers) = room_of(&[KnownCodec::Pcmu; 2]);
    says(&mut talkers[..1], &mut call, 30);
    call.take(1);
    // A phone that sends the tone beside the events.
    for duration in (160..1_600_u16).step_by(160) {
        let [high, low] = duration.to_be_bytes();
        talkers[0].talk(&mut call);
        call.send_payload(0, PT_EVENT, &[5, 10, high, low]);
        call.advance(20);
    }
    let samples = ear(&call.take(1), KnownCodec::Pcmu);
    let tail = &samples[samples.len() - 480..];
    assert!(strength(tail, KnownCodec::Pcmu, TONES_HZ[0]) < 100.0);
}

#[test]
fn who_may_not_be_sent_anything_is_sent_nothing_and_still_heard() {
    let (mut call, mut talkers) = room_of(&[KnownCodec::Pcmu; 2]);
    let mut settings = settings_with(0, vec![agreed(KnownCodec::Pcmu)]);
    settings.direction = Direction::RecvOnly;
    call.configure(0, settings);
    says(&mut talkers, &mut call, 50);
    assert_eq!(call.take(0).len(), 0);
    let samples = ear(&call.take(1), KnownCodec::Pcmu);
    assert!(weakest(&samples, 10, TONES_HZ[0]) > 4_000.0);
}
