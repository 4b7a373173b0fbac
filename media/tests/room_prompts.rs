//! Prompts that are played into a room on a machine that stands still now and then, on virtual time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod phones;

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

/// Two silent phones in a room, into which a prompt of a minute is played.
fn room_with_prompt(codec: KnownCodec) -> Call {
    let mut call = Call::of(2);
    for leg in 0..2 {
        call.configure(leg, settings_with(leg, vec![agreed(codec)]));
        call.hear(leg, Source::Room { room: ROOM, part: Part::FULL });
    }
    let mut samples = vec![0; 60 * 16_000];
    Oscillator::new(&[PROMPT_HZ], 16_000, PEAK).fill(&mut samples);
    let prompt = Prompt::from_samples(&samples, 16_000).unwrap();
    call.engine.play_in_room(call.now, ROOM, (LegId(99), Speaks::Everyone), prompt);
    call.advance(2_000);
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
    for codec in [KnownCodec::Pcmu, KnownCodec::G722] {
        for pause_ms in [500, 900, 1_500, 1_900, 2_500, 6_000] {
            let mut call = room_with_prompt(codec);
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
    let mut call = room_with_prompt(codec);
    for time in 0..20 {
        stand_still(&mut call, 300);
        call.advance(700);
        let strength = heard(&mut call, codec);
        assert!(strength > PEAK / 2.0, "{strength} after {time} more");
    }
}
