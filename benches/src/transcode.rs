//! Calls between every two codecs, through the engine without sockets, on simulated time: packets in, jitter buffer, decoder,
//! resampler, encoder, packets out. The floor is the bare codecs, called in a loop for the same frames.

use std::hint::black_box;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ramal_media::codec::opus::Dtx;
use ramal_media::codec::tone::Oscillator;
use ramal_media::codec::{Decoder, Encoder, KnownCodec};
use ramal_media::command::{LegId, Source};
use ramal_media::engine::{Engine, EngineConfig, LegIndex};
use ramal_media::jitter_buffer::{Incoming, JitterBuffer, Next, Sound};
use ramal_media::leg::{LegSettings, SourcePolicy};
use ramal_media::recorder::ring::ring;
use ramal_media::rtp::Header;
use ramal_media::sdp::{AgreedCodec, Codec, Direction};

use crate::error::{BenchError, Outcome};
use crate::frame::{Aim, Bench, Figure, Options};

/// See the module.
pub const BENCH: Bench = Bench { name: "transcode", about: "a call between every two codecs", run };

const FRAME: Duration = Duration::from_millis(20);
/// Packets of each talker that are made beforehand, and sent over and over.
const PACKETS: usize = 250;
/// Frames in one sample: two seconds of a call.
const FRAMES: usize = 100;
/// Least number of samples of each pair, however short the window.
const MIN_SAMPLES: usize = 10;
/// Frames before anything is measured.
const WARM_UP: usize = 100;

const PAIRS: [(KnownCodec, KnownCodec); 6] = [
    (KnownCodec::Pcma, KnownCodec::Pcmu),
    (KnownCodec::Pcmu, KnownCodec::G722),
    (KnownCodec::Pcma, KnownCodec::G722),
    (KnownCodec::Opus, KnownCodec::Pcmu),
    (KnownCodec::Opus, KnownCodec::Pcma),
    (KnownCodec::Opus, KnownCodec::G722),
];

fn run(options: &Options) -> Outcome<Vec<Figure>> {
    let window = options.window / PAIRS.len() as u32;
    let mut figures = Vec::new();
    for (first, second) in PAIRS {
        let (ours_us, bare_us) = measure(first, second, window)?;
        // Two directions of 50 frames a second, in millionths of a second.
        let percent = |us: f64| us * 100.0 / 1e6 * 100.0;
        let name = format!("{} <-> {}", codec(first).name, codec(second).name);
        let frame = Figure::new(format!("{name}, a frame"), ours_us, "us").floor(bare_us);
        let call =
            Figure::new(format!("{name}, a call"), percent(ours_us), "% of a core").floor(percent(bare_us));
        figures.push(frame);
        figures.push(match (first, second) {
            (KnownCodec::Opus, _) => call.peer("bare codecs", percent(bare_us)).aim(Aim::OfPeer(1.2)),
            (_, KnownCodec::G722) => call.aim(Aim::AtMost(0.2)),
            (_, _) => call.aim(Aim::AtMost(0.1)),
        });
    }
    figures.push(Figure::new("jitter buffer alone, a packet", jitter_buffer_ns(window), "ns"));
    Ok(figures)
}

/// Microseconds a frame of one direction, the mean of both: through the engine, and by the bare codecs.
fn measure(first: KnownCodec, second: KnownCodec, window: Duration) -> Outcome<(f64, f64)> {
    let mut call = Call::new([first, second])?;
    let mut bare = [Bare::new(first, second), Bare::new(second, first)];
    call.run(WARM_UP);
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    let end = Instant::now() + window;
    while Instant::now() < end || ours.len() < MIN_SAMPLES {
        ours.push(timed(|| call.run(FRAMES)));
        floor.push(timed(|| bare.iter_mut().for_each(|bare| bare.run(FRAMES))));
    }
    Ok((median(ours), median(floor)))
}

/// Microseconds a frame of what a browser says in Opus takes to become G.711 for a phone, by the bare codecs.
pub fn bare_us_of_browser_and_phone(window: Duration) -> f64 {
    let mut bare = Bare::new(KnownCodec::Opus, KnownCodec::Pcmu);
    let (mut samples, end) = (Vec::new(), Instant::now() + window);
    while Instant::now() < end || samples.len() < MIN_SAMPLES {
        // One direction here, two in what this divides by.
        samples.push(2.0 * timed(|| bare.run(FRAMES)));
    }
    median(samples)
}

/// A voice in Opus, 20 ms a packet.
pub fn opus_packets() -> Vec<Vec<u8>> {
    packets(KnownCodec::Opus)
}

/// Microseconds a frame and direction.
fn timed(work: impl FnOnce()) -> f64 {
    let start = cpu_time();
    work();
    (cpu_time() - start).as_secs_f64() * 1e6 / (2 * FRAMES) as f64
}

/// Of this thread: a busy neighbour's time is not ours.
fn cpu_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel writes the one struct it is given; this clock exists on every Linux.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

fn codec(known: KnownCodec) -> Codec {
    match known {
        KnownCodec::G722 => Codec::g722(),
        KnownCodec::Opus => Codec::opus(111),
        KnownCodec::Pcma => Codec::pcma(),
        KnownCodec::Pcmu => Codec::pcmu(),
    }
}

/// A few seconds of a voice that glides and pauses.
fn packets(codec: KnownCodec) -> Vec<Vec<u8>> {
    let rate_hz = codec.rate_beside(codec.sample_rate_hz());
    let mut encoder = Encoder::beside(codec, rate_hz, Dtx::Off);
    let packet = |number: usize| {
        let pitch_hz = 110.0 + (number % 80) as f64;
        let mut samples = vec![0; rate_hz as usize / 50];
        if number % 50 < 35 {
            let voice = [pitch_hz, pitch_hz * 2.0, pitch_hz * 5.0, pitch_hz * 13.0];
            Oscillator::new(&voice, rate_hz, 3_000.0).fill(&mut samples);
        }
        let mut payload = Vec::new();
        encoder.encode(&samples, &mut payload);
        payload
    };
    (0..PACKETS).map(packet).collect()
}

/// Two phones on an engine.
struct Call {
    engine: Engine,
    now: Instant,
    phones: Vec<Phone>,
}

struct Phone {
    index: LegIndex,
    address: SocketAddr,
    payload_type: u8,
    ticks: u32,
    packets: Vec<Vec<u8>>,
    sent: u32,
}

impl Call {
    fn new(codecs: [KnownCodec; 2]) -> Outcome<Self> {
        let now = Instant::now();
        let (producer, _consumer) = ring(16);
        let config = EngineConfig {
            max_legs: 2,
            max_recordings: 1,
            cname: "bench".into(),
            seed: 7,
            ntp_at_start: 0xE000_0000 << 32,
        };
        let mut engine = Engine::new(now, config, producer);
        let mut phones = Vec::new();
        for (place, known) in (0_u8..).zip(codecs) {
            let id = LegId(u64::from(place) + 1);
            let index = engine.add_leg(id).map_err(|_| BenchError::subject("engine", "takes no leg"))?;
            let address = SocketAddr::from(([192, 0, 2, place + 1], 4_000));
            let codec = codec(known);
            let payload_type = codec.payload_type;
            engine.configure(now, id, Box::new(settings(address, codec)));
            let ticks = known.clock_hz() / 50;
            phones.push(Phone { index, address, payload_type, ticks, packets: packets(known), sent: 0 });
        }
        engine.hear(now, LegId(1), Source::Leg(LegId(2)));
        engine.hear(now, LegId(2), Source::Leg(LegId(1)));
        Ok(Self { engine, now, phones })
    }

    fn run(&mut self, frames: usize) {
        let mut buffer = [0; 2_048];
        for _ in 0..frames {
            for phone in &mut self.phones {
                let length = phone.packet(&mut buffer);
                self.engine.handle_rtp(self.now, phone.index, phone.address, &mut buffer, length);
            }
            self.now += FRAME;
            while let Some((at, _)) = self.engine.poll_timeout()
                && at <= self.now
            {
                self.engine.handle_timeout(at);
            }
            black_box(self.engine.outputs().transmits().count());
            self.engine.outputs().clear_transmits();
            while self.engine.poll_event().is_some() {}
        }
    }
}

impl Phone {
    fn packet(&mut self, buffer: &mut [u8]) -> usize {
        let header = Header::new(self.payload_type, self.sent as u16, self.sent.wrapping_mul(self.ticks), 77);
        let payload = &self.packets[self.sent as usize % PACKETS];
        self.sent = self.sent.wrapping_add(1);
        buffer[..12].copy_from_slice(&header.to_bytes());
        buffer[12..12 + payload.len()].copy_from_slice(payload);
        12 + payload.len()
    }
}

fn settings(address: SocketAddr, codec: Codec) -> LegSettings {
    let payload_type = codec.payload_type;
    LegSettings {
        remote_rtp: address,
        remote_rtcp: SocketAddr::new(address.ip(), 4_001),
        rtcp_mux: false,
        codecs: vec![AgreedCodec { codec, send_pt: payload_type, receive_pt: payload_type }],
        dtmf: Some(Codec::telephone_event(101, 8_000).into()),
        direction: Direction::SendRecv,
        ptime_ms: 20,
        srtp: None,
        webrtc: None,
        video: None,
        source_policy: SourcePolicy::Exact,
        media_timeout_ms: 0,
    }
}

/// One direction by the codecs alone.
struct Bare {
    decoder: Decoder,
    encoder: Encoder,
    packets: Vec<Vec<u8>>,
    frame: Vec<i16>,
    next: usize,
}

impl Bare {
    fn new(from: KnownCodec, to: KnownCodec) -> Self {
        let rate_hz = to.rate_beside(from.sample_rate_hz().min(16_000));
        let frame = vec![0; to.rate_beside(rate_hz) as usize / 50];
        Self {
            decoder: Decoder::beside(from, rate_hz),
            encoder: Encoder::beside(to, rate_hz, Dtx::Off),
            packets: packets(from),
            frame,
            next: 0,
        }
    }

    fn run(&mut self, frames: usize) {
        let (mut samples, mut payload) = (Vec::new(), Vec::new());
        for _ in 0..frames {
            samples.clear();
            payload.clear();
            self.decoder.decode(&self.packets[self.next % PACKETS], &mut samples);
            self.next += 1;
            // Where the rates differ, as many samples as the encoder takes.
            self.frame.iter_mut().zip(samples.iter().cycle()).for_each(|(to, from)| *to = *from);
            self.encoder.encode(&self.frame, &mut payload);
            black_box(&payload);
        }
    }
}

/// Nanoseconds to take a packet and to give it back.
fn jitter_buffer_ns(window: Duration) -> f64 {
    const RUNS: u32 = 2_000;
    let (mut buffer, payload) = (JitterBuffer::default(), [0_u8; 160]);
    let (mut now, mut sent, mut samples) = (Instant::now(), 0_u32, Vec::new());
    let end = Instant::now() + window;
    while Instant::now() < end || samples.len() < MIN_SAMPLES {
        let start = cpu_time();
        for _ in 0..RUNS {
            let timestamp = sent.wrapping_mul(160);
            sent = sent.wrapping_add(1);
            let sound = Sound::Speech(KnownCodec::Pcmu);
            buffer.receive(now, &Incoming { ssrc: 1, timestamp, clock_hz: 8_000, sound, payload: &payload });
            now += FRAME;
            black_box(matches!(buffer.poll(now), Next::Packet { .. }));
        }
        samples.push((cpu_time() - start).as_secs_f64() * 1e9 / f64::from(RUNS));
    }
    median(samples)
}

#[cfg(test)]
mod tests {
    use super::{Call, KnownCodec};

    #[test]
    fn a_measured_call_carries_packets_both_ways() {
        let mut call = Call::new([KnownCodec::Opus, KnownCodec::Pcmu]).expect("a call");
        call.run(200);
        for (_, statistics) in call.engine.statistics(call.now) {
            assert!(statistics.packets_sent > 190 && statistics.packets_received == 200);
        }
    }
}
