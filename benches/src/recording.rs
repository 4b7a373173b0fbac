//! What recording adds to a call, and a prompt to 500 callers at once, on simulated time without sockets.

use std::hint::black_box;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ramal_media::codec::tone::Oscillator;
use ramal_media::codec::{Encoder, KnownCodec};
use ramal_media::command::{LegId, Repeat, Source};
use ramal_media::engine::{Engine, EngineConfig};
use ramal_media::leg::{LegSettings, SourcePolicy};
use ramal_media::player::Prompt;
use ramal_media::recorder::ring::{Consumer, Facts, Item, Producer, ring};
use ramal_media::recorder::take::Take;
use ramal_media::recorder::wav::{Store, StoreOpener};
use ramal_media::recorder::{Format, RecordingKey, SEALED_SUFFIX, Side};
use ramal_media::sdp::{AgreedCodec, Codec, Direction};

use crate::error::{BenchError, Outcome};
use crate::frame::{Aim, Bench, Figure, Options};

/// See the module.
pub const BENCH: Bench =
    Bench { name: "recording", about: "what recording adds, and a prompt to 500 callers", run };

const FRAME: Duration = Duration::from_millis(20);
/// As the recorder's thread does.
const FRAMES_PER_FLUSH: usize = 20;
/// Frames in one sample: four seconds of a call.
const FRAMES: usize = 200;
/// Least number of samples, however short the window.
const MIN_SAMPLES: usize = 5;
const CALLERS: u64 = 500;

fn run(options: &Options) -> Outcome<Vec<Figure>> {
    let window = options.window / 6;
    let mut figures = Vec::new();
    for (name, file) in [
        ("WAV", "a.wav".to_owned()),
        ("WAV, sealed", format!("a.wav{SEALED_SUFFIX}")),
        ("Ogg/Opus", "a.opus".to_owned()),
        ("Ogg/Opus, sealed", format!("a.opus{SEALED_SUFFIX}")),
    ] {
        let us = recorded_us(&options.folder.join(file), window)?;
        // 50 frames a second, in millionths of a second.
        let figure = Figure::new(format!("{name}, added to a call"), us * 50.0 / 1e6 * 100.0, "% of a core");
        figures.push(if name == "WAV" { figure.aim(Aim::AtMost(0.05)) } else { figure });
    }
    for (name, codec) in [("PCMA", Codec::pcma()), ("Opus", Codec::opus(111))] {
        let us = played_us(codec, window)?;
        figures.push(Figure::new(format!("prompt to {CALLERS} callers, {name}, a packet"), us, "us"));
        let share = us * CALLERS as f64 * 50.0 / 1e6 * 100.0;
        figures.push(Figure::new(format!("prompt to {CALLERS} callers, {name}"), share, "% of a core"));
    }
    Ok(figures)
}

/// Microseconds for 20 ms of a call: both its packets through the ring, decoded, and their share of each write.
fn recorded_us(path: &Path, window: Duration) -> Outcome<f64> {
    let broken = |error: io::Error| BenchError::subject("recorder", error.to_string());
    std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(broken)?;
    let _ = std::fs::remove_file(path);
    let opener = StoreOpener::sealing(Arc::new(RecordingKey::new([7; 32])));
    let store: Box<dyn Store> = opener.0(path).map_err(broken)?;
    let start = Instant::now();
    let take = Take::new(start, 8_000, Format::of(path), store).map_err(broken)?;
    let mut call = Recorded { take, ring: ring(64), now: start, sent: 0, payloads: payloads() };
    call.run(FRAMES).map_err(broken)?;
    let mut samples = Vec::new();
    let end = Instant::now() + window;
    while Instant::now() < end || samples.len() < MIN_SAMPLES {
        let begin = cpu_time();
        call.run(FRAMES).map_err(broken)?;
        samples.push((cpu_time() - begin).as_secs_f64() * 1e6 / FRAMES as f64);
    }
    let _ = std::fs::remove_file(path);
    Ok(median(samples))
}

struct Recorded {
    take: Take,
    ring: (Producer, Consumer),
    now: Instant,
    sent: u32,
    payloads: Vec<Vec<u8>>,
}

impl Recorded {
    fn run(&mut self, frames: usize) -> io::Result<()> {
        for frame in 0..frames {
            let payload = &self.payloads[self.sent as usize % self.payloads.len()];
            for (ssrc, side) in [(1, Side::Left), (2, Side::Right)] {
                let facts = Facts {
                    recording: 1,
                    side,
                    codec: Some(KnownCodec::Pcma),
                    clock_hz: 8_000,
                    timestamp: self.sent.wrapping_mul(160),
                    ssrc,
                    sequence: self.sent as u16,
                    arrival: self.now,
                };
                self.ring.0.push(&facts, payload);
            }
            let take = &mut self.take;
            while self.ring.1.next(|item| match item {
                Item::Packet(facts, payload) => take.receive(&facts, payload),
                Item::Control(_) => {}
            }) {}
            self.sent = self.sent.wrapping_add(1);
            self.now += FRAME;
            if frame % FRAMES_PER_FLUSH == 0 {
                self.take.flush(self.now)?;
            }
        }
        Ok(())
    }
}

/// A few seconds of a voice that glides and pauses.
fn payloads() -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new(KnownCodec::Pcma);
    let packet = |number: usize| {
        let mut samples = vec![0; 160];
        if number % 50 < 35 {
            let pitch_hz = 110.0 + (number % 80) as f64;
            let voice = [pitch_hz, pitch_hz * 2.0, pitch_hz * 5.0, pitch_hz * 13.0];
            Oscillator::new(&voice, 8_000, 3_000.0).fill(&mut samples);
        }
        let mut payload = Vec::new();
        encoder.encode(&samples, &mut payload);
        payload
    };
    (0..250).map(packet).collect()
}

/// Microseconds for one packet to one of the callers.
fn played_us(codec: Codec, window: Duration) -> Outcome<f64> {
    let mut now = Instant::now();
    let (producer, _consumer) = ring(16);
    let config = EngineConfig {
        max_legs: CALLERS as usize,
        max_recordings: 1,
        cname: "bench".into(),
        seed: 7,
        ntp_at_start: 0xE000_0000 << 32,
    };
    let mut engine = Engine::new(now, config, producer);
    let prompt = Prompt::hold_music();
    for id in 1..=CALLERS {
        let leg = LegId(id);
        engine.add_leg(leg).map_err(|_| BenchError::subject("engine", "takes no leg"))?;
        engine.configure(now, leg, Box::new(settings(id, codec.clone())));
        engine.hear(now, leg, Source::Play { prompt: prompt.clone(), repeat: Repeat::Forever });
    }
    let mut samples = Vec::new();
    let end = Instant::now() + window;
    while Instant::now() < end || samples.len() < MIN_SAMPLES {
        let (begin, mut packets) = (cpu_time(), 0);
        for _ in 0..50 {
            now += FRAME;
            while engine.poll_timeout().is_some_and(|(at, _)| at <= now) {
                engine.handle_timeout(now);
                packets += black_box(engine.outputs().transmits().count());
                engine.outputs().clear_transmits();
            }
            while engine.poll_event().is_some() {}
        }
        samples.push((cpu_time() - begin).as_secs_f64() * 1e6 / packets.max(1) as f64);
    }
    Ok(median(samples))
}

fn settings(place: u64, codec: Codec) -> LegSettings {
    let payload_type = codec.payload_type;
    let address = SocketAddr::from(([192, 0, 2, (place % 250) as u8], 4_000 + (place / 250 * 2) as u16));
    LegSettings {
        remote_rtp: address,
        remote_rtcp: SocketAddr::new(address.ip(), address.port() + 1),
        rtcp_mux: false,
        codecs: vec![AgreedCodec { codec, send_pt: payload_type, receive_pt: payload_type }],
        dtmf: None,
        direction: Direction::SendRecv,
        ptime_ms: 20,
        srtp: None,
        video: None,
        webrtc: None,
        source_policy: SourcePolicy::Exact,
        media_timeout_ms: 0,
    }
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

/// Of this thread: a busy neighbour's time is not ours.
fn cpu_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel writes the one struct it is given; this clock exists on every Linux.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
