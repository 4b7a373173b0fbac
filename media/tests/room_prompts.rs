//! Prompts that are played into a room on a machine that stands still now and then, on virtual time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod phones;

use std::sync::Arc;
use std::time::Duration;

use phones::mouth::{agreed, ear, strength};
use phones::{Call, settings_with};
use ramal_media::codec::KnownCodec;
use ramal_media::codec::tone::Oscillator;
use ramal_media::command::{LegId, Part, RoomId, Source, Speaks};
use ramal_media::player::Prompt;

const ROOM: RoomId = RoomId(1);
const PROMPT_HZ: f64 = 1_100.0;
const PEAK: f64 = 6_000.0;

/// So many seconds of the tone.
fn tone(seconds: usize) -> Arc<Prompt> {
    let mut samples = vec![0; seconds * 8_000];
    Oscillator::new(&[PROMPT_HZ], 8_000, PEAK).fill(&mut samples);
    Prompt::from_samples(&samples, 8_000).unwrap()
}

/// Two silent phones in a room, into which a prompt is played for a second.
fn room_with_prompt(codec: KnownCodec, prompt: &Arc<Prompt>) -> Call {
    let mut call = Call::of(2);
    for leg in 0..2 {
        call.configure(leg, settings_with(leg, vec![agreed(codec)]));
        call.hear(leg, Source::Room { room: ROOM, part: Part::FULL });
    }
    call.engine.play_in_room(call.now, ROOM, (LegId(99), Speaks::Everyone), Arc::clone(prompt));
    call.advance(1_000);
    call
}

/// The machine does nothing for so long.
fn stand_still(call: &mut Call, ms: u64) {
    call.now += Duration::from_millis(ms);
}

/// How loud the prompt is in what a phone hears of the next half second.
fn heard(call: &mut Call, codec: KnownCodec) -> f64 {
    drop(call.take(1));
    call.advance(500);
    strength(&ear(&call.take(1), codec), codec, PROMPT_HZ)
}

#[test]
fn a_prompt_goes_on_in_the_second_after_the_machine_stood_still() {
    let prompt = tone(5);
    for codec in [KnownCodec::Pcmu, KnownCodec::G722] {
        for pause_ms in [500, 900, 1_900, 2_500] {
            let mut call = room_with_prompt(codec, &prompt);
            assert!(heard(&mut call, codec) > PEAK / 2.0);
            stand_still(&mut call, pause_ms);
            call.advance(500);
            let strength = heard(&mut call, codec);
            assert!(strength > PEAK / 2.0, "{codec:?}: {strength} after {pause_ms} ms");
        }
    }
}

#[test]
fn a_prompt_is_heard_on_a_machine_that_stands_still_again_and_again() {
    let codec = KnownCodec::Pcmu;
    let mut call = room_with_prompt(codec, &tone(15));
    for time in 0..10 {
        stand_still(&mut call, 300);
        call.advance(700);
        let strength = heard(&mut call, codec);
        assert!(strength > PEAK / 2.0, "{strength} after {time} more");
    }
}
