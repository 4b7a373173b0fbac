//! The engine by situations, on virtual time and without sockets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod phones;

use std::net::SocketAddr;
use std::time::Duration;

use phones::{Call, PT_EVENT, settings, settings_with};
use ramal_media::codec::{Decoder, KnownCodec, goertzel};
use ramal_media::command::{Repeat, Source};
use ramal_media::dtmf::Dtmf;
use ramal_media::event::{Event, NotForwardable, RecordingEvent};
use ramal_media::player::{Prompt, Tone};
use ramal_media::sdp::{AgreedCodec, Codec, Direction};

fn agreed(codec: Codec, send_pt: u8, receive_pt: u8) -> AgreedCodec {
    AgreedCodec { codec, send_pt, receive_pt }
}

fn codec(name: &str, payload_type: u8) -> Codec {
    Codec { payload_type, name: name.into(), clock_hz: 8_000, channels: 1, fmtp: None }
}

fn tone_of(packets: &[phones::Received], codec: KnownCodec, hz: f64) -> f64 {
    let (mut decoder, mut samples) = (Decoder::new(codec), Vec::new());
    packets.iter().for_each(|packet| decoder.decode(&packet.payload, &mut samples));
    goertzel(&samples, codec.sample_rate_hz(), hz).sqrt()
}

#[test]
fn a_call_is_forwarded_and_the_tone_arrives() {
    let mut call = Call::new();
    call.bridge();
    for _ in 0..50 {
        call.talk(0, 440.0);
        call.talk(1, 1_000.0);
        call.advance(20);
    }
    let (caller, callee) = (call.take(0), call.take(1));
    assert_eq!((caller.len(), callee.len()), (50, 50));
    assert!(tone_of(&callee, KnownCodec::Pcmu, 440.0) > 5_000.0);
    assert!(tone_of(&callee, KnownCodec::Pcmu, 1_000.0) < 200.0);
    assert!(tone_of(&caller, KnownCodec::Pcmu, 1_000.0) > 5_000.0);
    let statistics = call.statistics(0);
    assert_eq!((statistics.packets_received, statistics.packets_sent, statistics.packets_lost), (50, 50, 0));
    assert_eq!(statistics.codec, "PCMU");
    assert!(statistics.mos.is_some_and(|mos| mos > 4.0), "{statistics:?}");
}

#[test]
fn payload_types_are_those_each_side_asked_for_and_unknown_codecs_pass_untouched() {
    let mut call = Call::new();
    let left = settings_with(0, vec![agreed(codec("G729", 18), 18, 18), agreed(codec("AMR", 96), 97, 96)]);
    let right =
        settings_with(1, vec![agreed(codec("AMR", 100), 100, 101), agreed(codec("G729", 18), 18, 18)]);
    call.configure(0, left);
    call.configure(1, right);
    call.bridge();
    call.send_payload(0, 96, &[1, 2, 3, 4, 5]);
    call.send_payload(0, 18, &[9; 20]);
    call.send_payload(0, 55, &[7; 20]);
    let heard = call.take(1);
    assert_eq!(heard.len(), 2);
    assert_eq!(
        (heard[0].header.payload_type, heard[0].payload.as_slice()),
        (100, [1, 2, 3, 4, 5].as_slice())
    );
    assert_eq!((heard[1].header.payload_type, heard[1].payload.len()), (18, 20));
    assert_eq!(call.statistics(0).packets_discarded, 1);
}

#[test]
fn one_stream_for_the_receiver_from_prompt_to_peer_to_prompt() {
    let mut call = Call::new();
    call.hear(0, Source::Tone(Tone::steady(440.0)));
    (0..10).for_each(|_| call.advance(20));
    call.hear(0, Source::Leg(phones::id(1)));
    for _ in 0..10 {
        call.talk(1, 1_000.0);
        call.advance(20);
    }
    call.restart_phone(1);
    for _ in 0..10 {
        call.talk(1, 1_000.0);
        call.advance(20);
    }
    call.hear(0, Source::Tone(Tone::steady(440.0)));
    (0..10).for_each(|_| call.advance(20));
    let heard = call.take(0);
    assert!(heard.len() >= 39, "{}", heard.len());
    for pair in heard.windows(2) {
        let (first, second) = (pair[0].header, pair[1].header);
        assert_eq!(second.ssrc, first.ssrc);
        assert_eq!(second.sequence, first.sequence.wrapping_add(1));
        let step = second.timestamp.wrapping_sub(first.timestamp);
        assert!((160..=320).contains(&step), "{step}");
    }
}

#[test]
fn echo_comes_back_to_the_one_who_spoke() {
    let mut call = Call::new();
    call.hear(0, Source::Leg(phones::id(0)));
    for _ in 0..25 {
        call.talk(0, 700.0);
        call.advance(20);
    }
    let heard = call.take(0);
    assert_eq!(heard.len(), 25);
    assert!(tone_of(&heard, KnownCodec::Pcmu, 700.0) > 5_000.0);
}

#[test]
fn a_prompt_never_drifts_and_tells_its_end() {
    let mut call = Call::new();
    let prompt = Prompt::from_samples(&[1_000; 8_000], 8_000).unwrap();
    call.hear(0, Source::Play { prompt, repeat: Repeat::Once });
    // An odd step: packets are late by up to 7 ms, their number is not.
    (0..150).for_each(|_| call.advance(7));
    assert_eq!(call.take(0).len(), 50);
    assert!(call.events().iter().any(|event| matches!(event, Event::PlayFinished { .. })));
}

#[test]
fn a_phone_behind_nat_is_learnt_locked_and_a_stranger_is_not_heard() {
    let mut call = Call::new();
    call.bridge();
    let behind_nat = SocketAddr::from(([198, 51, 100, 7], 61_000));
    call.phones[0].address = behind_nat;
    for _ in 0..4 {
        call.talk(0, 440.0);
        call.talk(1, 440.0);
        call.advance(20);
    }
    let locked = call
        .events()
        .into_iter()
        .any(|event| matches!(event, Event::SourceLocked { from, .. } if from == behind_nat));
    assert!(locked);
    assert_eq!(call.take(1).len(), 4);
    call.take(0);
    call.talk(1, 440.0);
    assert_eq!(call.take(0).first().map(|packet| packet.to), Some(behind_nat));
    call.phones[0].address = SocketAddr::from(([203, 0, 113, 66], 9));
    (0..200).for_each(|_| call.talk(0, 440.0));
    assert!(call.take(1).is_empty());
    call.advance(1_500);
    let events = call.events();
    let wrong: Vec<_> =
        events.iter().filter(|event| matches!(event, Event::WrongSource { packets: 200, .. })).collect();
    assert_eq!(wrong.len(), 1, "{events:?}");
    assert_eq!(call.statistics(0).wrong_source, 200);
}

#[test]
fn srtp_to_plain_and_back() {
    let mut call = Call::new();
    call.secure(0);
    call.bridge();
    for _ in 0..20 {
        call.talk(0, 440.0);
        call.talk(1, 1_000.0);
        call.advance(20);
    }
    let (secure, plain) = (call.take(0), call.take(1));
    assert!(tone_of(&plain, KnownCodec::Pcmu, 440.0) > 5_000.0);
    assert!(tone_of(&secure, KnownCodec::Pcmu, 1_000.0) > 5_000.0);
    assert!(call.statistics(0).srtp);
    // Plain packets to a secure leg are not believed, whoever sends them.
    call.send_raw(0, &[0x80; 172]);
    assert_eq!(call.statistics(0).authentication_failed, 1);
    assert!(call.take(1).is_empty());
}

#[test]
fn a_new_agreement_with_the_same_keys_keeps_the_stream() {
    let mut call = Call::new();
    call.secure(0);
    call.bridge();
    call.talk(0, 440.0);
    call.talk(1, 440.0);
    let same = call.phones[0].settings.clone();
    call.configure(0, same);
    call.advance(20);
    call.talk(0, 440.0);
    call.talk(1, 440.0);
    assert_eq!((call.take(0).len(), call.take(1).len()), (2, 2));
}

#[test]
fn garbage_is_counted_and_nothing_else() {
    let mut call = Call::new();
    call.bridge();
    let mut state = 1_u32;
    for length in 0..600 {
        let garbage: Vec<u8> = (0..length)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        call.send_raw(0, &garbage);
    }
    call.take(1);
    call.talk(1, 440.0);
    assert_eq!(call.take(0).len(), 1);
}

#[test]
fn on_hold_nothing_is_sent_to_who_does_not_listen() {
    let mut call = Call::new();
    call.bridge();
    call.talk(0, 440.0);
    assert_eq!(call.take(1).len(), 1);
    let mut held = call.phones[1].settings.clone();
    held.direction = Direction::RecvOnly;
    call.configure(1, held.clone());
    call.talk(0, 440.0);
    assert!(call.take(1).is_empty());
    held.direction = Direction::SendRecv;
    call.configure(1, held);
    call.talk(0, 440.0);
    assert_eq!(call.take(1).len(), 1);
}

#[test]
fn keys_in_are_told_once_and_passed_on() {
    let mut call = Call::new();
    call.bridge();
    call.press(0, 5, &[160, 320, 480], 3);
    call.press(0, 5, &[160, 320, 480], 1);
    call.press(0, 7, &[160, 320], 0);
    call.advance(500);
    let digits: Vec<char> = call
        .events()
        .into_iter()
        .filter_map(|event| match event {
            Event::Dtmf { digit, .. } => Some(digit.as_char()),
            _ => None,
        })
        .collect();
    assert_eq!(digits, ['5', '5', '7']);
    assert!(call.take(1).iter().all(|packet| packet.header.payload_type == PT_EVENT));
}

#[test]
fn keys_out_silence_the_peer_meanwhile_and_the_stream_goes_on() {
    let mut call = Call::new();
    call.bridge();
    call.talk(1, 440.0);
    call.advance(20);
    let (now, leg) = (call.now, phones::id(0));
    call.engine.send_dtmf(now, leg, Dtmf::from_char('9').unwrap(), 100);
    for _ in 0..20 {
        call.advance(20);
        call.talk(1, 440.0);
    }
    let heard = call.take(0);
    let events: Vec<_> = heard.iter().filter(|packet| packet.header.payload_type == PT_EVENT).collect();
    assert_eq!(events.len(), 7);
    assert!(
        events[0].header.marker && events.iter().all(|e| e.header.timestamp == events[0].header.timestamp)
    );
    assert_eq!(events.iter().filter(|packet| packet.payload[1] & 0x80 != 0).count(), 3);
    assert!(heard.windows(2).all(|pair| pair[1].header.sequence == pair[0].header.sequence.wrapping_add(1)));
    assert_ne!(heard.last().unwrap().header.payload_type, PT_EVENT);
}

#[test]
fn silence_is_told_and_so_is_its_end() {
    let mut call = Call::new();
    let mut settings = settings(0);
    settings.media_timeout_ms = 1_000;
    call.configure(0, settings);
    call.talk(0, 440.0);
    (0..40).for_each(|_| call.advance(100));
    call.talk(0, 440.0);
    let told: Vec<_> = call
        .events()
        .into_iter()
        .filter(|event| {
            matches!(
                event,
                Event::FirstMedia { .. } | Event::MediaTimeout { .. } | Event::MediaResumed { .. }
            )
        })
        .collect();
    assert!(
        matches!(
            told.as_slice(),
            [Event::FirstMedia { .. }, Event::MediaTimeout { .. }, Event::MediaResumed { .. }]
        ),
        "{told:?}"
    );
}

#[test]
fn legs_without_a_common_format_are_named() {
    let mut call = Call::new();
    call.configure(0, settings_with(0, vec![agreed(codec("G729", 18), 18, 18)]));
    call.hear(0, Source::Leg(phones::id(1)));
    call.hear(0, Source::Tone(Tone::milliwatt()));
    call.hear(1, Source::Leg(ramal_media::command::LegId(77)));
    let reasons: Vec<_> = call
        .events()
        .into_iter()
        .filter_map(|event| match event {
            Event::NotForwardable { reason, .. } => Some(reason),
            _ => None,
        })
        .collect();
    use NotForwardable::{NoCommonFormat, NoEncoder, SourceMissing};
    assert_eq!(reasons, [NoCommonFormat, NoEncoder, SourceMissing]);
}

#[test]
fn reports_go_both_ways_and_loss_is_seen() {
    let mut call = Call::new();
    call.bridge();
    for round in 0..1_000 {
        if round % 20 == 7 {
            call.phones[0].skip();
        } else {
            call.talk(0, 440.0);
        }
        call.talk(1, 440.0);
        call.advance(20);
    }
    let statistics = call.statistics(0);
    assert!((4.5..5.5).contains(&statistics.loss_percent), "{statistics:?}");
    assert!(statistics.mos.is_some_and(|mos| mos < 4.3));
    assert!(call.phones[0].reports >= 2);
    assert!(call.events().iter().any(|event| matches!(event, Event::Quality { .. })));
}

#[test]
fn loss_that_begins_late_in_a_call_is_told_at_once_and_so_is_its_end() {
    let mut call = Call::new();
    call.bridge();
    // Two of the longest intervals between reports, in packets.
    let span = 2 * 375;
    let mut told = Vec::new();
    for (spans, lost_each) in [(20, 0), (1, 10), (1, 0)] {
        for round in 0..spans * span {
            if lost_each > 0 && round % lost_each == 0 {
                call.phones[0].skip();
            } else {
                call.talk(0, 440.0);
            }
            call.talk(1, 440.0);
            call.advance(20);
        }
        let now = call.statistics(0);
        told.push((now.recent_loss_percent, now.recent_mos));
    }
    let [(before, good), (during, worse), (after, well)] = told[..] else { panic!("{told:?}") };
    assert_eq!((before, after), (0.0, 0.0));
    assert!((9.0..11.0).contains(&during), "{told:?}");
    assert!(good == well && worse < good, "{told:?}");
    assert!(call.statistics(0).loss_percent < 1.0, "of the whole call it is little");
}

#[test]
fn a_key_is_no_jitter() {
    let mut call = Call::new();
    call.bridge();
    for _ in 0..50 {
        call.talk(0, 440.0);
        call.advance(20);
    }
    // All packets of an event have the time of its beginning (RFC 4733 §2.3), and so have the three that end it.
    call.press(0, 5, &[160, 320, 480, 640, 800, 960, 1_120], 3);
    let jitter_ms = call.statistics(0).jitter_ms;
    assert!(jitter_ms < 0.5, "{jitter_ms} ms right after a key");
    call.talk(0, 440.0);
    let statistics = call.statistics(0);
    assert!(statistics.jitter_ms < 0.5 && statistics.packets_lost == 0, "{statistics:?}");
    assert_eq!(statistics.packets_received, 61);
}

#[test]
fn a_full_recorder_costs_the_recording_and_not_the_call() {
    let mut call = Call::with_ring(4);
    call.bridge();
    call.record();
    for _ in 0..100 {
        call.talk(0, 440.0);
        call.advance(20);
    }
    call.advance(1_500);
    assert_eq!(call.take(1).len(), 100);
    let lost: u32 = call
        .events()
        .into_iter()
        .filter_map(|event| match event {
            Event::Recording { event: RecordingEvent::Overrun { lost_ms }, .. } => Some(lost_ms),
            _ => None,
        })
        .sum();
    assert_eq!(lost, 96 * 20);
}

#[test]
fn a_leg_moves_with_its_stream_and_leaves_silence_behind() {
    let (mut call, mut other) = (Call::new(), Call::empty());
    call.bridge();
    call.talk(0, 440.0);
    let before = call.take(1)[0].header;
    let (_, party) = call.engine.release(phones::id(1)).unwrap();
    let index = other.engine.adopt(party, call.now).unwrap();
    call.talk(0, 440.0);
    assert!(call.take(1).is_empty());
    other.engine.hear(call.now, phones::id(1), Source::Leg(phones::id(1)));
    let packet = call.phones[1].packet(0, &[0xFF; 160]);
    let mut buffer = [0; 400];
    buffer[..packet.len()].copy_from_slice(&packet);
    let from = call.phones[1].address;
    other.engine.handle_rtp(call.now + Duration::from_millis(20), index, from, &mut buffer, packet.len());
    let after = other.drain_headers();
    assert_eq!((after[0].ssrc, after[0].sequence), (before.ssrc, before.sequence.wrapping_add(1)));
}

#[test]
fn a_removed_leg_gives_its_figures_and_its_listeners_hear_nothing() {
    let mut call = Call::new();
    call.bridge();
    call.talk(0, 440.0);
    let now = call.now;
    call.engine.remove_leg(now, phones::id(0));
    call.drain();
    let removed = call.events().into_iter().any(
        |event| matches!(event, Event::LegRemoved { statistics, .. } if statistics.packets_received == 1),
    );
    assert!(removed);
    call.talk(1, 440.0);
    assert!(call.take(0).is_empty());
    assert_eq!(call.engine.legs(), 1);
}
