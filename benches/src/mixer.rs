//! Conferences: CPU a participant. In the engine without sockets, on simulated time, beside what the bare codecs need for the same
//! frames; and on a real Worker with its sockets, beside a loop that only receives and sends as many packets. What Asterisk and
//! FreeSWITCH need was measured on a machine of this kind, not in this run.

mod floor;
mod room;
mod worker;

use std::time::Duration;

use ramal_media::codec::KnownCodec;

use crate::error::Outcome;
use crate::frame::{Aim, Bench, Figure, Options};

use room::Speakers;

/// See the module.
pub const BENCH: Bench = Bench { name: "mixer", about: "conferences of 10 to 500, rooms that are idle", run };

/// Participants of one room.
const SIZES: [usize; 5] = [10, 50, 100, 200, 500];
/// What a participant may cost, all talking, in percent of a core (a quarter of the best peer, and linear).
const MOST_PERCENT: f64 = 0.06;
const IDLE_ROOMS: usize = 400;
const IDLE_MEMBERS: usize = 3;
/// What the idle rooms may cost together.
const IDLE_MOST_PERCENT: f64 = 1.0;
/// How often their Worker may be woken, each second.
const IDLE_MOST_ROUNDS: f64 = 20.0;
/// Percent of a core a participant, G.711, all talking: Asterisk 22.10, FreeSWITCH 1.10.12.
const PEERS: [(usize, f64, f64); 4] =
    [(10, 0.47, 0.52), (50, 0.27, 0.33), (100, 0.24, 0.29), (200, 0.21, 0.32)];

/// Lets a load run.
#[expect(clippy::disallowed_methods, reason = "what is measured here is measured by the clock")]
fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

fn run(options: &Options) -> Outcome<Vec<Figure>> {
    let sizes = options.calls.clone().unwrap_or_else(|| SIZES.to_vec());
    let window = (options.window / 4).max(Duration::from_secs(2));
    let mut figures = Vec::new();
    for codec in [KnownCodec::Pcmu, KnownCodec::Opus] {
        for speakers in [Speakers::All, Speakers::Three] {
            for &size in &sizes {
                figures.push(in_the_engine(codec, size, speakers, options.window / 10)?);
            }
        }
    }
    for &size in &sizes {
        let ours = worker::all_talk(&[size], window)?;
        let name = format!("G.711, {size} in a room, all talking, with sockets: a participant");
        let figure = Figure::new(name, ours, "% of a core").floor(floor::percent(size, window)?);
        let figure = figure.aim(Aim::AtMost(MOST_PERCENT));
        figures.push(match PEERS.iter().find(|(known, _, _)| *known == size) {
            Some((_, asterisk, _)) => figure.peer("Asterisk 22.10, another day", *asterisk),
            None => figure,
        });
    }
    let many = worker::all_talk(&[10; 20], window)?;
    let name = "G.711, 20 rooms of 10, all talking, with sockets: a participant";
    figures.push(
        Figure::new(name, many, "% of a core")
            .floor(floor::percent(200, window)?)
            .aim(Aim::AtMost(MOST_PERCENT)),
    );
    let window = window.max(worker::IDLE_WINDOW);
    let idle = worker::idle(IDLE_ROOMS, IDLE_MEMBERS, window)?;
    figures.push(
        Figure::new("400 idle rooms of 3, all together", idle.percent, "% of a core")
            .floor(idle.floor)
            .aim(Aim::AtMost(IDLE_MOST_PERCENT)),
    );
    figures.push(
        Figure::new("400 idle rooms of 3: rounds of their Worker", idle.rounds, "a second")
            .aim(Aim::AtMost(IDLE_MOST_ROUNDS)),
    );
    Ok(figures)
}

fn in_the_engine(codec: KnownCodec, size: usize, speakers: Speakers, window: Duration) -> Outcome<Figure> {
    let (ours_us, bare_us) = room::measure(codec, size, speakers, window)?;
    // 50 frames a second, in millionths of a second.
    let percent = |us: f64| us * 50.0 / 1e6 * 100.0;
    let name =
        format!("{}, {size} in a room, {}, engine alone: a participant", room::name(codec), speakers.words());
    Ok(Figure::new(name, percent(ours_us), "% of a core").floor(percent(bare_us)))
}
