//! Legs without a common codec: decoded and encoded anew, by situations on virtual time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod phones;

use phones::mouth::{self, CN_PT, OPUS_PT, Talker, agreed, strength};
use phones::{Call, PT_EVENT, Received, id, settings_with};
use ramal_media::codec::comfort_noise::{ComfortNoise, rms};
use ramal_media::codec::tone::Oscillator;
use ramal_media::codec::{Encoder, KnownCodec};
use ramal_media::command::Source;
use ramal_media::dtmf::Dtmf;
use ramal_media::event::Event;
use ramal_media::leg::AudioFlow;
use ramal_media::sdp::{AgreedCodec, Codec};

/// Of each voice.
const PEAK: f64 = 8_000.0;

fn call_between(codecs: [KnownCodec; 2]) -> Call {
    let mut call = Call::new();
    for (leg, codec) in codecs.into_iter().enumerate() {
        call.configure(leg, settings_with(leg, vec![agreed(codec)]));
    }
    call.bridge();
    call
}

/// What a phone heard, without its first half second.
fn ear(packets: &[Received], codec: KnownCodec) -> Vec<i16> {
    let mut samples = mouth::ear(packets, codec);
    samples.split_off((codec.sample_rate_hz() as usize / 2).min(samples.len()))
}

const CODECS: [KnownCodec; 4] = [KnownCodec::G722, KnownCodec::Opus, KnownCodec::Pcma, KnownCodec::Pcmu];

#[test]
fn every_codec_is_heard_in_every_other_both_ways() {
    for first in CODECS {
        for second in CODECS.into_iter().filter(|&second| second != first) {
            let mut call = call_between([first, second]);
            let mut talkers = [
                Talker::new(&mut call, 0, first, 440.0, PEAK),
                Talker::new(&mut call, 1, second, 1_000.0, PEAK),
            ];
            for _ in 0..150 {
                talkers.iter_mut().for_each(|talker| talker.talk(&mut call));
                call.advance(20);
            }
            for (leg, codec, hears, not) in [(0, first, 1_000.0, 440.0), (1, second, 440.0, 1_000.0)] {
                let packets = call.take(leg);
                assert!((140..=151).contains(&packets.len()), "{first:?} {second:?}: {}", packets.len());
                for pair in packets.windows(2) {
                    let step = pair[1].header.timestamp.wrapping_sub(pair[0].header.timestamp);
                    assert_eq!(step, codec.clock_hz() / 50);
                    assert_eq!(pair[1].header.sequence, pair[0].header.sequence.wrapping_add(1));
                }
                let samples = ear(&packets, codec);
                let (heard, leaked) = (strength(&samples, codec, hears), strength(&samples, codec, not));
                assert!(heard > 6_000.0 && leaked < 200.0, "{first:?} {second:?}: {heard} {leaked}");
            }
        }
    }
}

#[test]
fn who_shares_a_codec_is_forwarded_at_arrival() {
    let mut call = call_between([KnownCodec::Pcmu, KnownCodec::Pcma]);
    let both = vec![agreed(KnownCodec::Pcma), agreed(KnownCodec::Pcmu)];
    call.configure(1, settings_with(1, both));
    let mut talker = Talker::new(&mut call, 0, KnownCodec::Pcmu, 440.0, PEAK);
    let payload = talker.payload();
    call.send_payload(0, 0, &payload);
    let packets = call.take(1);
    assert_eq!((packets.len(), packets[0].header.payload_type), (1, 0));
    assert_eq!(packets[0].payload, payload);
}

#[test]
fn lost_packets_are_concealed_in_another_codec() {
    let mut call = call_between([KnownCodec::Pcmu, KnownCodec::Pcma]);
    let mut talker = Talker::new(&mut call, 0, KnownCodec::Pcmu, 400.0, PEAK);
    for packet in 0..200 {
        if packet % 10 == 7 {
            let _ = talker.payload();
            call.phones[0].skip();
        } else {
            talker.talk(&mut call);
        }
        call.advance(20);
    }
    let packets = call.take(1);
    assert!(packets.len() >= 195, "{}", packets.len());
    let samples = ear(&packets, KnownCodec::Pcma);
    let weakest = samples.chunks(160).map(|frame| strength(frame, KnownCodec::Pcma, 400.0));
    let weakest = weakest.fold(f64::MAX, f64::min);
    assert!(weakest > 4_000.0, "{weakest}");
}

#[test]
fn a_talker_who_stops_leaves_the_sound_of_his_room_and_comes_back() {
    let mut call = call_between([KnownCodec::Opus, KnownCodec::Pcma]);
    let mut talker = Talker::new(&mut call, 0, KnownCodec::Opus, 440.0, PEAK);
    for _ in 0..100 {
        talker.talk(&mut call);
        call.advance(20);
    }
    call.take(1);
    call.advance(3_000);
    let silence = call.take(1);
    assert_eq!(silence.len(), 150, "comfort noise flows without a gap");
    assert!(strength(&ear(&silence, KnownCodec::Pcma), KnownCodec::Pcma, 440.0) < 50.0);
    call.restart_phone(0);
    let mut talker = Talker::new(&mut call, 0, KnownCodec::Opus, 700.0, PEAK);
    for _ in 0..100 {
        talker.talk(&mut call);
        call.advance(20);
    }
    let again = ear(&call.take(1), KnownCodec::Pcma);
    assert!(strength(&again, KnownCodec::Pcma, 700.0) > 6_000.0);
}

/// Comfort noise, payload type 13.
fn comfort_noise() -> AgreedCodec {
    Codec::from_static(CN_PT).unwrap().into()
}

/// Six seconds of a voice in a quiet room, ten of the room alone, one of the voice; with Opus to a phone that speaks these.
fn one_long_pause(codecs: Vec<AgreedCodec>) -> Vec<Received> {
    let mut call = call_between([KnownCodec::Opus, KnownCodec::Pcma]);
    call.configure(1, settings_with(1, codecs));
    let mut talker = Talker::new(&mut call, 0, KnownCodec::Opus, 440.0, PEAK);
    let mut room = ComfortNoise::default();
    room.receive(&[60]);
    for packet in 0..17 * 50 {
        if (300..800).contains(&packet) {
            let (mut samples, mut payload) = (Vec::new(), Vec::new());
            room.fill(960, &mut samples);
            talker.encoder.encode(&samples, &mut payload);
            call.send_payload(0, OPUS_PT, &payload);
        } else {
            talker.talk(&mut call);
        }
        call.advance(20);
    }
    call.take(1)
}

#[test]
fn a_pause_costs_few_packets_where_comfort_noise_was_agreed() {
    let everything = one_long_pause(vec![agreed(KnownCodec::Pcma)]);
    let packets = one_long_pause(vec![agreed(KnownCodec::Pcma), comfort_noise()]);
    let pause: Vec<_> = packets.iter().filter(|packet| packet.header.payload_type == CN_PT).collect();
    assert!(everything.len() > 840, "{}", everything.len());
    assert!((15..=20).contains(&pause.len()), "{}", pause.len());
    assert!(packets.len() < 400, "{}", packets.len());
    // Opus takes some of the noise away.
    assert!(pause.iter().all(|packet| matches!(packet.payload[..], [55..=70])), "{pause:?}");

    let marked: Vec<_> = packets.iter().filter(|packet| packet.header.marker).collect();
    assert_eq!(marked.len(), 2, "the beginning, and the end of the pause");
    let timeline = |packets: &[Received]| {
        let (first, last) = (packets[0].header.timestamp, packets[packets.len() - 1].header.timestamp);
        last.wrapping_sub(first)
    };
    assert_eq!(timeline(&packets), timeline(&everything));
    for pair in packets.windows(2) {
        assert_eq!(pair[1].header.sequence, pair[0].header.sequence.wrapping_add(1));
    }
}

#[test]
fn a_voice_is_never_taken_for_a_pause() {
    let mut call = call_between([KnownCodec::Opus, KnownCodec::Pcma]);
    call.configure(1, settings_with(1, vec![agreed(KnownCodec::Pcma), comfort_noise()]));
    let mut talker = Talker::new(&mut call, 0, KnownCodec::Opus, 440.0, PEAK);
    // Soft, -43 dBov, and without end: nothing tells it from a room but that no room is so loud.
    talker.oscillator = Oscillator::new(&[440.0], 48_000, 330.0);
    for _ in 0..3_000 {
        talker.talk(&mut call);
        call.advance(20);
    }
    let packets = call.take(1);
    assert!(packets.len() > 2_990, "{}", packets.len());
    assert!(packets.iter().all(|packet| packet.header.payload_type == 8));
}

#[test]
fn comfort_noise_of_a_phone_is_heard_at_its_level() {
    let mut call = call_between([KnownCodec::Opus, KnownCodec::Pcma]);
    call.configure(1, settings_with(1, vec![agreed(KnownCodec::Pcma), comfort_noise()]));
    let mut talker = Talker::new(&mut call, 1, KnownCodec::Pcma, 440.0, PEAK);
    for packet in 0..400_u32 {
        match packet {
            0..100 => talker.talk(&mut call),
            _ if packet % 25 == 0 => call.send_payload(1, CN_PT, &[45]),
            _ => call.phones[1].skip_time(),
        }
        call.advance(20);
    }
    let samples = ear(&call.take(0), KnownCodec::Opus);
    let pause = rms(&samples[samples.len() - 48_000..]);
    // -45 dBov, give or take what Opus takes away.
    assert!((60.0..160.0).contains(&pause), "{pause}");
}

#[test]
fn a_new_agreement_in_mid_call_keeps_number_and_time() {
    let mut call = call_between([KnownCodec::Opus, KnownCodec::Pcma]);
    let mut talker = Talker::new(&mut call, 0, KnownCodec::Opus, 440.0, PEAK);
    for packet in 0..150 {
        if packet == 50 {
            call.configure(1, settings_with(1, vec![agreed(KnownCodec::Pcma)]));
        }
        if packet == 100 {
            call.configure(1, settings_with(1, vec![agreed(KnownCodec::Opus)]));
        }
        talker.talk(&mut call);
        call.advance(20);
    }
    let packets = call.take(1);
    for pair in packets.windows(2) {
        assert_eq!(pair[1].header.sequence, pair[0].header.sequence.wrapping_add(1));
    }
    let transcoded = packets.iter().filter(|packet| packet.header.payload_type == 8).count();
    assert!((95..=100).contains(&transcoded) && packets.len() - transcoded == 50);
}

fn keys(call: &mut Call) -> Vec<(u64, char)> {
    let pressed = call.events().into_iter().filter_map(|event| match event {
        Event::Dtmf { leg, digit, .. } => Some((leg.0, digit.as_char())),
        _ => None,
    });
    pressed.collect()
}

#[test]
fn keys_go_on_as_events_on_a_transcoded_leg() {
    let mut call = call_between([KnownCodec::Pcmu, KnownCodec::Pcma]);
    let mut talker = Talker::new(&mut call, 0, KnownCodec::Pcmu, 440.0, PEAK);
    for _ in 0..10 {
        talker.talk(&mut call);
        call.advance(20);
    }
    call.press(0, 7, &[160, 320, 480, 640, 800], 3);
    call.advance(400);
    assert_eq!(keys(&mut call), [(id(0).0, '7')]);
    let packets = call.take(1);
    let events: Vec<_> = packets.iter().filter(|packet| packet.header.payload_type == PT_EVENT).collect();
    assert_eq!(events.iter().filter(|packet| packet.payload[1] & 0x80 != 0).count(), 3);
    assert!(events.iter().all(|packet| packet.payload[0] == 7));
    assert!(events.iter().all(|packet| packet.header.timestamp == events[0].header.timestamp));
}

#[test]
fn a_key_keeps_its_length_where_events_have_another_clock_than_the_speech() {
    let mut call = Call::new();
    for (leg, clock_hz) in [(0, 8_000), (1, 48_000)] {
        let mut settings = settings_with(leg, vec![agreed(KnownCodec::Opus)]);
        settings.dtmf = Some(Codec::telephone_event(PT_EVENT, clock_hz).into());
        call.configure(leg, settings);
    }
    call.bridge();
    let mut talkers = [0, 1].map(|leg| Talker::new(&mut call, leg, KnownCodec::Opus, 440.0, PEAK));
    for _ in 0..10 {
        talkers.iter_mut().for_each(|talker| talker.talk(&mut call));
        call.advance(20);
    }
    call.press(0, 7, &[160, 320, 480, 640, 800], 3);
    call.press(1, 8, &[960, 1_920, 2_880, 3_840, 4_800], 3);
    call.advance(400);
    let told = call.events().into_iter().filter_map(|event| match event {
        Event::Dtmf { leg, digit, duration_ms } => Some((leg, digit.as_char(), duration_ms)),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), [(id(0), '7', 100), (id(1), '8', 100)]);
    for (leg, code, ticks) in [(1, 7, 4_800_u16), (0, 8, 800)] {
        let packets = call.take(leg);
        let ends: Vec<_> = packets
            .iter()
            .filter(|packet| packet.header.payload_type == PT_EVENT && packet.payload[1] & 0x80 != 0)
            .collect();
        assert_eq!(ends.len(), 3);
        let [high, low] = ticks.to_be_bytes();
        assert!(ends.iter().all(|end| end.payload == [code, 0x8A, high, low]), "{ends:?}");
    }
}

#[test]
fn tones_of_a_phone_without_events_become_keys_and_keys_become_tones() {
    let mut call = call_between([KnownCodec::Pcmu, KnownCodec::Pcma]);
    let mut without = settings_with(0, vec![agreed(KnownCodec::Pcmu)]);
    without.dtmf = None;
    call.configure(0, without);
    let mut voice = Oscillator::new(&[770.0, 1_336.0], 8_000, 6_000.0);
    for packet in 0..50 {
        let (mut samples, mut payload) = ([0; 160], Vec::new());
        if (10..16).contains(&packet) {
            voice.fill(&mut samples);
        }
        Encoder::new(KnownCodec::Pcmu).encode(&samples, &mut payload);
        call.send_payload(0, 0, &payload);
        call.advance(20);
    }
    assert_eq!(keys(&mut call), [(id(0).0, '5')]);
    let packets = call.take(1);
    assert!(packets.iter().any(|packet| packet.header.payload_type == PT_EVENT && packet.payload[0] == 5));

    let mut talker = Talker::new(&mut call, 1, KnownCodec::Pcma, 440.0, PEAK);
    for packet in 0..100 {
        if packet == 50 {
            call.engine.send_dtmf(call.now, id(0), Dtmf::from_char('#').unwrap(), 100);
        }
        talker.talk(&mut call);
        call.advance(20);
    }
    let samples = ear(&call.take(0), KnownCodec::Pcmu);
    let loudest = samples
        .chunks(400)
        .map(|piece| strength(piece, KnownCodec::Pcmu, 941.0).min(strength(piece, KnownCodec::Pcmu, 1_477.0)))
        .fold(0.0, f64::max);
    assert!(loudest > 6_000.0, "{loudest}");
}

#[test]
fn garbage_as_opus_harms_nobody() {
    let mut call = call_between([KnownCodec::Opus, KnownCodec::Pcma]);
    call.phones[0].ticks = 960;
    let mut seed = 1_u32;
    for length in 0..600 {
        let garbage: Vec<u8> = (0..length * 2)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 24) as u8
            })
            .collect();
        call.send_payload(0, OPUS_PT, &garbage);
        call.advance(20);
    }
    assert!(call.take(1).len() < 610);
}

#[test]
fn a_prompt_is_played_to_an_opus_leg() {
    let mut call = call_between([KnownCodec::Opus, KnownCodec::Pcma]);
    call.hear(0, Source::Tone(ramal_media::player::Tone::milliwatt()));
    call.advance(1_980);
    let packets = call.take(0);
    assert_eq!(packets.len(), 100);
    assert!(
        packets.windows(2).all(|pair| pair[1].header.timestamp.wrapping_sub(pair[0].header.timestamp) == 960)
    );
    assert!(strength(&ear(&packets, KnownCodec::Opus), KnownCodec::Opus, 1_004.0) > 15_000.0);
}

#[test]
fn a_side_that_is_never_heard_is_named_once() {
    let mut call = call_between([KnownCodec::Pcmu, KnownCodec::Pcma]);
    let mut talker = Talker::new(&mut call, 0, KnownCodec::Pcmu, 440.0, PEAK);
    for _ in 0..1_500 {
        talker.talk(&mut call);
        // Packets come of the other side too, with silence in them.
        call.send_payload(1, 8, &[0xD5; 160]);
        call.advance(20);
    }
    let named: Vec<_> =
        call.events().into_iter().filter(|event| matches!(event, Event::OneWayAudio { .. })).collect();
    assert_eq!(named, [Event::OneWayAudio { leg: id(1) }]);
    assert_eq!(call.statistics(1).audio, AudioFlow::OneWay);
    assert_eq!(call.statistics(0).audio, AudioFlow::Heard);
}

#[test]
fn two_who_are_silent_together_are_no_fault() {
    let mut call = call_between([KnownCodec::Pcmu, KnownCodec::Pcma]);
    for _ in 0..1_500 {
        call.send_payload(0, 0, &[0xFF; 160]);
        call.send_payload(1, 8, &[0xD5; 160]);
        call.advance(20);
    }
    assert!(!call.events().iter().any(|event| matches!(event, Event::OneWayAudio { .. })));
}
