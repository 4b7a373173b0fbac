//! What is heard over bad networks, on simulated time with a seed.
//!
//! Quality is stated as *band distance*: both signals are cut into frames of 20 ms under a Hann window; the power of each in 18
//! bands from 200 to 3,400 Hz (equal steps on the Bark scale) is taken in dB above a floor of -60 dBov, and the distance of a
//! frame is the root mean square of the differences over the bands. A heard frame is compared with the clean one that was spoken
//! when the jitter buffer says, give or take 20 ms, because what was stretched is not off by a fault. The mean over all frames in
//! which somebody speaks is what a test asserts, beside the same measure for a receiver that puts silence into every gap. G.711
//! itself, with nothing lost, has about 1 dB.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::{Duration, Instant};

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use ramal_media::bridge::playout::Playout;
use ramal_media::codec::{Encoder, KnownCodec, goertzel};
use ramal_media::jitter_buffer::{Incoming, Sound};

const RATE_HZ: u32 = 8_000;
const FRAME: usize = 160;
const FRAME_US: i64 = 20_000;
/// How long the fastest packet is under way.
const FASTEST_US: i64 = 30_000;

/// Vowels that glide, in phrases of two seconds with half a second between.
fn speech(seconds: usize) -> Vec<i16> {
    let mut phase = 0.0_f64;
    let spoken = |n: usize| {
        let seconds = n as f64 / f64::from(RATE_HZ);
        let pitch_hz = 130.0 + 25.0 * (seconds * 0.9).sin() + 8.0 * (seconds * 5.3).sin();
        phase = (phase + pitch_hz / f64::from(RATE_HZ)) % 1.0;
        if seconds % 2.5 > 2.0 {
            return 0;
        }
        let formants =
            [500.0 + 250.0 * (seconds * 6.1).sin(), 1_500.0 + 600.0 * (seconds * 3.7).cos(), 2_600.0];
        let sum: f64 = (1..26)
            .map(|harmonic| {
                let hz = pitch_hz * f64::from(harmonic);
                let gain: f64 =
                    formants.iter().map(|formant| 1.0 / (1.0 + ((hz - formant) / 120.0).powi(2))).sum();
                gain * (phase * f64::from(harmonic) * std::f64::consts::TAU).sin()
            })
            .sum();
        (sum * 2_500.0) as i16
    };
    let ten_seconds: Vec<i16> = (0..10 * RATE_HZ as usize).map(spoken).collect();
    ten_seconds.into_iter().cycle().take(seconds * RATE_HZ as usize).collect()
}

/// What the network does to a packet: None is loss, else the delay in microseconds.
type Network<'a> = dyn FnMut(usize, &mut SmallRng) -> Option<i64> + 'a;

struct Packet {
    arrival_us: i64,
    number: usize,
    payload: Vec<u8>,
}

struct Heard {
    samples: Vec<i16>,
    /// For each frame, how long after its earliest possible arrival it is played, in milliseconds.
    delays_ms: Vec<i64>,
    /// For each frame, how many samples ago it was spoken.
    ages: Vec<i64>,
}

/// Sends `clean` as `codec`, packets every 20 ms of a clock that is `drift` faster than ours; silence is left out with DTX.
struct Run<'a> {
    clean: &'a [i16],
    codec: KnownCodec,
    drift: f64,
    dtx: bool,
}

impl<'a> Run<'a> {
    fn new(clean: &'a [i16]) -> Self {
        Self { clean, codec: KnownCodec::Pcmu, drift: 0.0, dtx: false }
    }

    fn packets(&self, network: &mut Network<'_>) -> Vec<Packet> {
        let mut random = SmallRng::seed_from_u64(42);
        let mut encoder = Encoder::beside(self.codec, RATE_HZ, ramal_media::codec::opus::Dtx::Off);
        if let Encoder::Opus(encoder) = &mut encoder {
            encoder.expect_loss(10);
        }
        let mut packets = Vec::new();
        for (number, frame) in self.clean.chunks_exact(FRAME).enumerate() {
            let mut payload = Vec::new();
            encoder.encode(frame, &mut payload);
            let silent = self.dtx && frame.iter().all(|&sample| sample == 0);
            if let Some(delay_us) = network(number, &mut random).filter(|_| !silent) {
                let sent_us = (number as f64 * FRAME_US as f64 / (1.0 + self.drift)) as i64;
                packets.push(Packet { arrival_us: sent_us + delay_us, number, payload });
            }
        }
        packets.sort_by_key(|packet| packet.arrival_us);
        packets
    }

    fn hear(&self, network: &mut Network<'_>) -> Heard {
        let packets = self.packets(network);
        let start = Instant::now();
        let mut playout = Playout::new(RATE_HZ);
        let mut heard = Heard { samples: Vec::new(), delays_ms: Vec::new(), ages: Vec::new() };
        let mut waiting = packets.iter().peekable();
        let end_us = packets.last().unwrap().arrival_us;
        // Ticks fall between arrivals, as they do.
        for now_us in (7_000..end_us).step_by(FRAME_US as usize) {
            while let Some(packet) = waiting.next_if(|packet| packet.arrival_us <= now_us) {
                let incoming = Incoming {
                    ssrc: 1,
                    timestamp: (packet.number as u32 * self.codec.clock_hz() / 50).wrapping_sub(5_000),
                    clock_hz: self.codec.clock_hz(),
                    sound: Sound::Speech(self.codec),
                    payload: &packet.payload,
                };
                playout.receive(start + Duration::from_micros(packet.arrival_us as u64), &incoming);
            }
            let now = start + Duration::from_micros(now_us as u64);
            playout.frame(now, &mut heard.samples);
            let frames = (now_us / FRAME_US) as usize + 1;
            // Before the first packet is due there is silence.
            heard.samples.resize(heard.samples.len().max(frames * FRAME), 0);
            let decoded = playout.decoded() as i64;
            let delay_us = playout.buffer().delay_us(now).unwrap_or(0);
            heard.delays_ms.push((delay_us + FRAME_US) / 1_000 + decoded / 8);
            let ticks = playout.buffer().position().unwrap_or(0);
            let spoken =
                ticks * i64::from(RATE_HZ) / i64::from(self.codec.clock_hz()) - decoded - FRAME as i64;
            heard.ages.push(((frames - 1) * FRAME) as i64 - spoken);
        }
        heard
    }

    /// The same with silence in every gap, and a delay that no packet exceeds.
    fn hear_with_gaps(&self, network: &mut Network<'_>) -> Vec<i16> {
        let mut samples = vec![0; self.clean.len()];
        let mut decoder = ramal_media::codec::Decoder::beside(self.codec, RATE_HZ);
        let mut packets = self.packets(network);
        packets.sort_by_key(|packet| packet.number);
        for packet in packets {
            let mut decoded = Vec::new();
            decoder.decode(&packet.payload, &mut decoded);
            samples[packet.number * FRAME..][..FRAME].copy_from_slice(&decoded);
        }
        samples
    }
}

/// Powers of the bands of a frame in dB.
fn bands(frame: &[i16]) -> [f64; 18] {
    let windowed: Vec<i16> = frame
        .iter()
        .enumerate()
        .map(|(n, &sample)| {
            let phase = (n as f64 + 0.5) / frame.len() as f64 * std::f64::consts::TAU;
            (f64::from(sample) * 0.5 * (1.0 - phase.cos())) as i16
        })
        .collect();
    std::array::from_fn(|band| {
        // Traunmüller's formula of the Bark scale, from 2 to 16.
        let bark = 2.0 + 14.0 * band as f64 / 17.0;
        let hz = 1_960.0 * (bark + 0.53) / (26.28 - bark);
        10.0 * (goertzel(&windowed, RATE_HZ, hz) + 1_000.0).log10()
    })
}

fn is_speech(frame: &[i16]) -> bool {
    frame.iter().map(|&sample| f64::from(sample).powi(2)).sum::<f64>() / frame.len() as f64 > 100.0 * 100.0
}

/// Mean band distance over every `step`th frame.
fn band_distance(clean: &[i16], heard: &[i16], offset: impl Fn(usize) -> i64, step: usize) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for (number, frame) in heard.chunks_exact(FRAME).enumerate().skip(100).step_by(step) {
        let middle = (number * FRAME) as i64 - offset(number);
        let near = |shift: i64| {
            let start = usize::try_from(middle + shift).ok()?;
            clean.get(start..start + FRAME)
        };
        let Some(expected) = near(0).filter(|frame| is_speech(frame)) else { continue };
        let heard_bands = bands(frame);
        let distance = |expected: &[i16]| {
            let expected = bands(expected);
            let squares = expected.iter().zip(&heard_bands).map(|(a, b)| (a - b).powi(2));
            (squares.sum::<f64>() / 18.0).sqrt()
        };
        let best = (-160..=160).step_by(20).filter_map(near).map(distance).fold(distance(expected), f64::min);
        sum += best;
        count += 1.0;
    }
    sum / count
}

/// The measure for what was heard, and for the receiver that conceals nothing.
fn measure(run: &Run<'_>, heard: &Heard, network: &mut Network<'_>, step: usize) -> (f64, f64) {
    // What is played now was spoken so long ago: see Heard::ages.
    let offset = |frame: usize| heard.ages.get(frame).copied().unwrap_or(0);
    let ours = band_distance(run.clean, &heard.samples, offset, step);
    let gaps = band_distance(run.clean, &run.hear_with_gaps(network), |_| 0, step);
    (ours, gaps)
}

#[test]
fn nothing_is_changed_where_nothing_is_wrong() {
    let clean = speech(20);
    let run = Run::new(&clean);
    let heard = run.hear(&mut |_, _| Some(FASTEST_US));
    let (ours, _) = measure(&run, &heard, &mut |_, _| Some(0), 3);
    eprintln!("clean: {ours:.2} dB, delay {:?}", heard.delays_ms.last());
    assert!(ours < 1.5, "{ours}");
    assert!(*heard.delays_ms.last().unwrap() < 40);
}

#[test]
fn random_loss_of_five_percent_is_concealed() {
    for (codec, limit) in [(KnownCodec::Pcmu, 2.0), (KnownCodec::Opus, 4.5)] {
        let clean = speech(60);
        let run = Run { codec, ..Run::new(&clean) };
        let mut network = |_: usize, random: &mut SmallRng| (!random.random_bool(0.05)).then_some(FASTEST_US);
        let heard = run.hear(&mut network);
        let (ours, gaps) = measure(&run, &heard, &mut network, 3);
        let (whole, _) = measure(&run, &run.hear(&mut |_, _| Some(FASTEST_US)), &mut |_, _| Some(0), 3);
        eprintln!("5 % loss, {codec:?}: {ours:.2} dB, with gaps {gaps:.2}, without loss {whole:.2}");
        assert!(ours < limit && ours - whole < (gaps - whole) * 0.6, "{codec:?} {ours} {gaps} {whole}");
    }
}

#[test]
fn bursts_of_sixty_ms_fade_and_come_back() {
    let clean = speech(60);
    let run = Run::new(&clean);
    let mut network = |number: usize, _: &mut SmallRng| (number % 50 < 47).then_some(FASTEST_US);
    let heard = run.hear(&mut network);
    let (ours, gaps) = measure(&run, &heard, &mut network, 1);
    eprintln!("bursts of 60 ms: {ours:.2} dB, with gaps {gaps:.2}");
    assert!(ours < gaps * 0.8, "{ours} {gaps}");
}

#[test]
fn jitter_and_reordering_cost_delay_and_no_speech() {
    let clean = speech(60);
    let run = Run::new(&clean);
    let mut network = |_: usize, random: &mut SmallRng| Some(FASTEST_US + random.random_range(0..40_000));
    let heard = run.hear(&mut network);
    let (ours, _) = measure(&run, &heard, &mut network, 3);
    let steady = &heard.delays_ms[200..];
    let (least, most) = (steady.iter().min().unwrap(), steady.iter().max().unwrap());
    eprintln!("40 ms of jitter: {ours:.2} dB, delay {least}..{most} ms");
    assert!(ours < 1.8, "{ours}");
    assert!(*most <= 100, "{most} ms");
}

#[test]
fn delay_rises_with_a_bad_minute_and_comes_back_down() {
    let clean = speech(90);
    let run = Run::new(&clean);
    let bad = |number: usize| (1_000..2_500).contains(&number);
    let mut network = |number: usize, random: &mut SmallRng| {
        let jitter_us = if bad(number) { random.random_range(0..150_000) } else { 0 };
        Some(FASTEST_US + jitter_us)
    };
    let heard = run.hear(&mut network);
    let (before, during, after) = (heard.delays_ms[900], heard.delays_ms[2_400], heard.delays_ms[4_300]);
    eprintln!("delay before, in and after a bad network: {before}, {during}, {after} ms");
    assert!(before <= 45 && (100..=230).contains(&during) && after <= 60, "{before} {during} {after}");
}

#[test]
fn ten_minutes_of_drifting_clocks_keep_the_delay() {
    for drift in [0.001, -0.001] {
        let clean = speech(600);
        let run = Run { drift, ..Run::new(&clean) };
        let mut network = |_: usize, random: &mut SmallRng| Some(FASTEST_US + random.random_range(0..5_000));
        let heard = run.hear(&mut network);
        let (ours, _) = measure(&run, &heard, &mut network, 25);
        let steady = &heard.delays_ms[500..];
        let (least, most) = (*steady.iter().min().unwrap(), *steady.iter().max().unwrap());
        eprintln!("drift {drift}: {ours:.2} dB, delay {least}..{most} ms");
        assert!(ours < 2.0, "{ours}");
        assert!(most <= 80, "{least}..{most} ms");
    }
}

#[test]
fn pauses_that_are_not_sent_are_kept_at_their_length() {
    let clean = speech(60);
    let run = Run { dtx: true, ..Run::new(&clean) };
    let mut network = |_: usize, random: &mut SmallRng| Some(FASTEST_US + random.random_range(0..20_000));
    let heard = run.hear(&mut network);
    // From the beginning of one phrase to that of the next.
    let loud = |frame: &[i16]| is_speech(frame);
    let mut begins = Vec::new();
    let mut quiet = 20;
    for (number, frame) in heard.samples.chunks_exact(FRAME).enumerate() {
        if loud(frame) {
            if quiet >= 15 {
                begins.push(number);
            }
            quiet = 0;
        } else {
            quiet += 1;
        }
    }
    let lengths: Vec<usize> = begins.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(lengths.len() >= 20, "{lengths:?}");
    assert!(lengths.iter().all(|&frames| frames.abs_diff(125) <= 3), "{lengths:?}");
}

#[test]
fn everything_at_once_is_bounded_and_comes_back() {
    let clean = speech(120);
    let run = Run { dtx: true, drift: 0.001, ..Run::new(&clean) };
    let mut network = |number: usize, random: &mut SmallRng| {
        let lost = random.random_bool(0.05) || number % 500 > 496;
        let stall_us = if number % 1_000 > 989 { (1_000 - (number % 1_000) as i64) * FRAME_US } else { 0 };
        (!lost || number >= 4_500)
            .then(|| FASTEST_US + stall_us + if number < 4_500 { random.random_range(0..40_000) } else { 0 })
    };
    let heard = run.hear(&mut network);
    let (ours, gaps) = measure(&run, &heard, &mut network, 3);
    // In a pause nothing is played that could be late.
    let spoken = heard.delays_ms.iter().zip(heard.samples.chunks_exact(FRAME)).skip(300);
    let delays: Vec<i64> = spoken.filter(|(_, frame)| is_speech(frame)).map(|(&delay, _)| delay).collect();
    let (most, end) = (delays.iter().max().unwrap(), delays.last().unwrap());
    eprintln!(
        "everything at once: {ours:.2} dB, with gaps {gaps:.2}, delay at most {most} ms, at the end {end} ms"
    );
    assert!(*most <= 600 && *end <= 60, "{most} {end}");
    assert!(ours < 3.5, "{ours}");
}
