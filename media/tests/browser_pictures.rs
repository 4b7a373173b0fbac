//! Pictures between browsers, on simulated time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod tabs;

use std::time::Duration;

use ramal_media::command::Source;

use tabs::{Sight, World, id};

const SECOND: Duration = Duration::from_secs(1);
/// Of one frame, so that it takes several packets.
const PACKETS_PER_FRAME: usize = 3;

fn seeing() -> World {
    let mut world = World::with_tabs(2, Sight::AudioAndVideo);
    world.engine.hear(world.now, id(0), Source::Leg(id(1)));
    world.engine.hear(world.now, id(1), Source::Leg(id(0)));
    world
}

/// So many frames at 25 a second from the first tab, each packet with its number.
fn show(world: &mut World, frames: u32, bytes: usize) {
    for frame in 0..frames {
        let now = world.now;
        for part in 0..PACKETS_PER_FRAME {
            let mut payload = vec![0x10; bytes];
            payload[1..5].copy_from_slice(&frame.to_be_bytes());
            payload[5] = part as u8;
            world.tabs[0].show(now, frame * 3_600, &payload, part + 1 == PACKETS_PER_FRAME);
        }
        world.run(Duration::from_millis(40));
    }
}

#[test]
fn a_picture_crosses_whole_and_only_its_end_is_marked() {
    let mut world = seeing();
    show(&mut world, 50, 600);
    let seen = &world.tabs[1].video;
    assert_eq!(seen.len(), 50 * PACKETS_PER_FRAME);
    assert_eq!(seen.iter().filter(|packet| packet.header.marker).count(), 50);
    assert!(
        seen.windows(2)
            .all(|pair| pair[1].header.sequence_number == pair[0].header.sequence_number.wrapping_add(1))
    );
    let step = seen[PACKETS_PER_FRAME].header.timestamp.wrapping_sub(seen[0].header.timestamp);
    assert_eq!(step, 3_600);
}

#[test]
fn whoever_begins_to_hear_gets_a_whole_picture_and_may_ask_for_more() {
    let mut world = seeing();
    show(&mut world, 5, 600);
    let asked = world.tabs[0].keyframes_wanted;
    assert!(asked >= 1);
    world.run(SECOND);
    let ssrc = world.tabs[1].agreed().video.unwrap().track.local_ssrc;
    for _ in 0..5 {
        world.tabs[1].want_keyframe(ssrc);
        world.run(Duration::from_millis(20));
    }
    world.run(Duration::from_millis(100));
    assert_eq!(world.tabs[0].keyframes_wanted, asked + 1, "asked five times at once, passed on once");
}

#[test]
fn packets_of_a_picture_that_are_lost_are_sent_again() {
    let mut world = seeing();
    show(&mut world, 5, 600);
    let mut count = 0;
    world.drop_to_tab = Some(Box::new(move |tab, packet| {
        let is_picture = packet.len() > 500;
        count += usize::from(tab == 1 && is_picture);
        tab == 1 && is_picture && count % 10 == 0
    }));
    show(&mut world, 50, 600);
    world.drop_to_tab = None;
    world.run(SECOND);
    let mut numbers: Vec<_> =
        world.tabs[1].video.iter().map(|packet| packet.payload[1..6].to_vec()).collect();
    numbers.sort();
    numbers.dedup();
    assert!(numbers.len() >= 50 * PACKETS_PER_FRAME, "{}", numbers.len());
}

#[test]
fn a_narrow_path_to_the_one_who_sees_shrinks_the_picture_at_its_source() {
    let mut world = seeing();
    world.narrow(1, 200_000);
    world.tabs[0].speak(440.0);
    for frame in 0..1_000_u32 {
        // The first tab sends as much as it is asked to.
        let wanted_bps = world.tabs[0].rate_limit_bps.unwrap_or(1_000_000).min(1_000_000);
        let bytes = (wanted_bps / 8 / 25 / PACKETS_PER_FRAME as u64).clamp(40, 1_100) as usize;
        let now = world.now;
        for part in 0..PACKETS_PER_FRAME {
            world.tabs[0].show(now, frame * 3_600, &vec![0x10; bytes], part + 1 == PACKETS_PER_FRAME);
        }
        if frame == 900 {
            world.tabs[1].video.clear();
            world.tabs[1].audio.clear();
        }
        world.run(Duration::from_millis(40));
    }
    let limit_bps = world.tabs[0].rate_limit_bps.expect("the source was told of a limit");
    assert!(limit_bps < 150_000, "asked for at most {limit_bps} bit/s");
    let seen = world.tabs[1].video.len();
    assert!(
        seen > 65 * PACKETS_PER_FRAME,
        "the picture goes on: {seen} of 300 packets in the last four seconds"
    );
    let heard = world.tabs[1].audio.len();
    assert!(heard > 170, "and so does the sound: {heard} of 200 packets");
}
