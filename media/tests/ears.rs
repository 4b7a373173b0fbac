//! What is heard in the sound of a Leg: voices, pauses, machines, fax; and keys that nobody hears.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::{Duration, Instant};

use ramal_media::codec::tone::Oscillator;
use ramal_media::codec::{Decoder, Encoder, KnownCodec, goertzel};
use ramal_media::dtmf::Dtmf;
use ramal_media::dtmf::tones::KeySounder;
use ramal_media::ears::mask::{Line, Mask};
use ramal_media::ears::{Answerer, Detectors, FRAME, FaxTone, Hearing, ListenFor, Noticed, RATE_HZ};

const EVERYTHING: ListenFor = ListenFor { voice: true, silence_ms: Some(1_000), answerer: true, fax: true };

/// Pieces of sound, one after the other.
#[derive(Default)]
struct Tape(Vec<i16>);

impl Tape {
    /// Words of a voice that glides, with the gaps that there are between words.
    fn voice(mut self, ms: u32) -> Self {
        let begin = self.0.len();
        for n in 0..ms * RATE_HZ / 1_000 {
            let seconds = f64::from(n) / f64::from(RATE_HZ);
            let pitch_hz = 140.0 + 40.0 * (seconds * 3.1).sin();
            let sum: f64 = (1..12)
                .map(|of| (seconds * pitch_hz * f64::from(of) * std::f64::consts::TAU).sin() / f64::from(of))
                .sum();
            let word =
                if (n / (RATE_HZ / 4)) % 2 == 1 && n % (RATE_HZ / 4) > RATE_HZ / 5 { 0.05 } else { 1.0 };
            self.0.push((sum * 3_000.0 * word) as i16);
        }
        assert!(self.0.len() > begin);
        self
    }

    fn room(mut self, ms: u32) -> Self {
        let mut noise = 12_345_u32;
        self.0.extend((0..ms * RATE_HZ / 1_000).map(|_| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 26) as i16 - 32
        }));
        self
    }

    fn tone(mut self, hz: f64, ms: u32) -> Self {
        let mut samples = vec![0; (ms * RATE_HZ / 1_000) as usize];
        Oscillator::new(&[hz], RATE_HZ, 6_000.0).fill(&mut samples);
        self.0.extend(samples);
        self
    }

    fn heard(&self, wanted: ListenFor) -> Vec<Noticed> {
        let (mut detectors, mut noticed) = (Detectors::new(wanted), Vec::new());
        for frame in self.0.chunks_exact(FRAME) {
            detectors.listen(frame, |one| noticed.push(one));
        }
        noticed
    }
}

fn answerer(tape: &Tape) -> Option<Answerer> {
    let wanted = ListenFor { answerer: true, ..ListenFor::default() };
    tape.heard(wanted).into_iter().find_map(|one| match one {
        Noticed::Answerer(found) => Some(found),
        _ => None,
    })
}

#[test]
fn a_voice_begins_and_ends_and_a_pause_is_told_once() {
    let tape = Tape::default().room(500).voice(1_500).room(4_000).voice(800).room(1_500);
    let wanted = ListenFor { voice: true, silence_ms: Some(1_000), ..ListenFor::default() };
    let heard = tape.heard(wanted);
    let ms = |one: &Noticed| match one {
        Noticed::VoiceEnded { ms } => *ms,
        _ => 0,
    };
    assert_eq!(heard.len(), 6, "{heard:?}");
    assert!(matches!(heard[0], Noticed::VoiceBegan) && matches!(heard[2], Noticed::Silence { ms: 1_000 }));
    assert!((1_300..2_100).contains(&ms(&heard[1])), "{heard:?}");
    assert!(matches!(heard[3], Noticed::VoiceBegan) && matches!(heard[5], Noticed::Silence { .. }));
}

#[test]
fn a_person_waits_a_machine_goes_on_or_sounds_its_tone_and_nothing_is_unknown() {
    assert_eq!(answerer(&Tape::default().room(600).voice(700).room(2_000)), Some(Answerer::Person));
    assert_eq!(answerer(&Tape::default().room(600).voice(4_000).room(1_000)), Some(Answerer::Machine));
    assert_eq!(answerer(&Tape::default().room(400).tone(1_000.0, 600).room(1_000)), Some(Answerer::Machine));
    assert_eq!(answerer(&Tape::default().room(7_000)), Some(Answerer::Unknown));
}

#[test]
fn fax_machines_are_found_and_neither_voices_nor_keys_are_taken_for_one() {
    let fax = |tape: &Tape| -> Vec<FaxTone> {
        let heard = tape.heard(EVERYTHING).into_iter();
        heard.filter_map(|one| if let Noticed::Fax(tone) = one { Some(tone) } else { None }).collect()
    };
    let calling = Tape::default().room(300).tone(1_100.0, 500).room(3_000).tone(1_100.0, 500).room(500);
    assert_eq!(fax(&calling), [FaxTone::Calling]);
    assert_eq!(fax(&Tape::default().tone(1_130.0, 450).room(100)), [FaxTone::Calling]);
    assert_eq!(fax(&Tape::default().room(300).tone(2_100.0, 3_000)), [FaxTone::Called]);
    assert_eq!(fax(&Tape::default().voice(20_000)), []);
    assert_eq!(fax(&Tape::default().tone(425.0, 4_000).tone(1_400.0, 1_000)), []);
    let keys = keys("0123456789*#ABCD", 300);
    assert_eq!(fax(&Tape(keys)), []);
}

#[test]
fn every_codec_is_listened_to() {
    for codec in [KnownCodec::G722, KnownCodec::Opus, KnownCodec::Pcma, KnownCodec::Pcmu] {
        let rate_hz = codec.sample_rate_hz();
        let (mut encoder, mut hearing) = (Encoder::new(codec), Hearing::default());
        let (mut detectors, mut noticed) = (Detectors::new(EVERYTHING), Vec::new());
        let mut tone = Oscillator::new(&[2_100.0], rate_hz, 6_000.0);
        for _ in 0..100 {
            let (mut samples, mut payload) = (vec![0; rate_hz as usize / 50], Vec::new());
            tone.fill(&mut samples);
            encoder.encode(&samples, &mut payload);
            hearing.take(codec, &payload, |frame| detectors.listen(frame, |one| noticed.push(one)));
        }
        assert!(noticed.contains(&Noticed::Fax(FaxTone::Called)), "{codec:?} {noticed:?}");
    }
}

fn keys(text: &str, ms: u32) -> Vec<i16> {
    let mut sounder = KeySounder::default();
    text.chars().for_each(|key| sounder.push(Dtmf::from_char(key).unwrap(), ms));
    let mut samples = Vec::new();
    while sounder.is_busy() {
        let mut frame = vec![0; FRAME];
        sounder.sound(RATE_HZ, &mut frame);
        samples.extend(frame);
    }
    samples
}

/// What goes on of a tape through the mask, and the keys that were found.
fn masked(codec: KnownCodec, tape: &[i16], event: Option<usize>) -> (Vec<i16>, String) {
    let (mut mask, mut line, mut hearing) = (Mask::default(), Line::default(), Hearing::default());
    let (mut encoder, mut decoder) = (
        Encoder::beside(codec, RATE_HZ, ramal_media::codec::opus::Dtx::Off),
        Decoder::beside(codec, RATE_HZ),
    );
    let (mut out, mut found, begin) = (Vec::new(), String::new(), Instant::now());
    for (place, samples) in tape.chunks_exact(FRAME).enumerate() {
        let now = begin + Duration::from_millis(20) * place as u32;
        let mut packet = vec![0x80; 12];
        encoder.encode(samples, &mut packet);
        if event.is_some_and(|until| place < until) {
            mask.note_event(now);
        }
        hearing.take(codec, &packet[12..], |frame| {
            found.extend(mask.listen(now, frame).map(|key| key.digit.as_char()));
        });
        line.push((), Some(codec), &packet, 12);
        mask.cover(now, &mut line);
        while let Some(held) = line.pop() {
            decoder.decode(&held.packet[12..], &mut out);
            line.give_back(held);
        }
    }
    (out, found)
}

#[test]
fn of_masked_keys_nothing_is_heard_and_what_is_said_between_them_is() {
    let digits = "4111290*#";
    for codec in [KnownCodec::Opus, KnownCodec::Pcma, KnownCodec::Pcmu] {
        let mut tape = Tape::default().tone(440.0, 1_000).0;
        tape.extend(keys(digits, 120));
        tape.extend(Tape::default().tone(440.0, 1_000).0);
        let (heard, found) = masked(codec, &tape, None);
        assert_eq!(found, digits, "{codec:?}");
        let middle = &heard[RATE_HZ as usize + 400..heard.len() - RATE_HZ as usize];
        for window in middle.chunks_exact(160) {
            for hz in [697.0, 770.0, 852.0, 941.0, 1_209.0, 1_336.0, 1_477.0] {
                let level = goertzel(window, RATE_HZ, hz).sqrt();
                assert!(level < 400.0, "{codec:?}: {hz} Hz at {level}");
            }
        }
        assert!(goertzel(&heard[800..7_200], RATE_HZ, 440.0).sqrt() > 4_000.0, "{codec:?}");
        assert!(goertzel(&heard[heard.len() - 4_000..], RATE_HZ, 440.0).sqrt() > 4_000.0, "{codec:?}");
    }
}

#[test]
fn a_key_that_comes_as_an_event_is_not_told_twice_and_its_sound_is_not_heard() {
    let tape = keys("5", 200);
    let packets = tape.len() / FRAME;
    let (heard, found) = masked(KnownCodec::Pcma, &tape, Some(packets));
    assert_eq!(found, "");
    assert!(heard.iter().all(|sample| sample.abs() < 50));
}
