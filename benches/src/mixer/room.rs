//! One room on an engine without sockets, on simulated time, and the bare codecs for the same frames.

use std::hint::black_box;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ramal_media::codec::opus::Dtx;
use ramal_media::codec::tone::Oscillator;
use ramal_media::codec::{Decoder, Encoder, KnownCodec};
use ramal_media::command::{LegId, Part, RoomId, Source};
use ramal_media::engine::{Engine, EngineConfig, LegIndex};
use ramal_media::leg::{LegSettings, SourcePolicy};
use ramal_media::recorder::ring::ring;
use ramal_media::rtp::Header;
use ramal_media::sdp::{AgreedCodec, Codec, Direction};

use crate::error::{BenchError, Outcome};

const FRAME: Duration = Duration::from_millis(20);
/// Packets of a voice that are made beforehand, and sent over and over.
const PACKETS: usize = 100;
const WARM_UP: usize = 60;
const MIN_SAMPLES: usize = 5;

/// Who talks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Speakers {
    All,
    /// The others send silence all the time, as phones do.
    Three,
}

impl Speakers {
    pub fn words(self) -> &'static str {
        match self {
            Self::All => "all talking",
            Self::Three => "3 talking",
        }
    }

    fn count(self, size: usize) -> usize {
        match self {
            Self::All => size,
            Self::Three => size.min(3),
        }
    }
}

pub fn name(codec: KnownCodec) -> &'static str {
    match codec {
        KnownCodec::G722 => "G.722",
        KnownCodec::Opus => "Opus",
        KnownCodec::Pcma | KnownCodec::Pcmu => "G.711",
    }
}

/// Microseconds a frame and participant: through the engine, and by the bare codecs.
pub fn measure(codec: KnownCodec, size: usize, speakers: Speakers, window: Duration) -> Outcome<(f64, f64)> {
    let mut room = Room::new(codec, size, speakers)?;
    let mut bare = Bare::new(codec, size, speakers);
    // So many ticks that one sample is long enough to be measured.
    let ticks = (1_000 / size).max(2);
    room.run(WARM_UP);
    bare.run(2);
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    let end = Instant::now() + window;
    while Instant::now() < end || ours.len() < MIN_SAMPLES {
        let each = (ticks * size) as f64;
        ours.push(timed(|| room.run(ticks)) / each);
        floor.push(timed(|| bare.run(ticks)) / each);
    }
    Ok((median(ours), median(floor)))
}

fn timed(work: impl FnOnce()) -> f64 {
    let start = cpu_time();
    work();
    (cpu_time() - start).as_secs_f64() * 1e6
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

fn codec_of(known: KnownCodec) -> Codec {
    match known {
        KnownCodec::G722 => Codec::g722(),
        KnownCodec::Opus => Codec::opus(111),
        KnownCodec::Pcma => Codec::pcma(),
        KnownCodec::Pcmu => Codec::pcmu(),
    }
}

/// A voice that glides and does not pause, and the silence of a phone.
pub fn voice(codec: KnownCodec, amplitude: f64) -> Vec<Vec<u8>> {
    let rate_hz = codec.rate_beside(16_000.min(codec.sample_rate_hz()));
    let mut encoder = Encoder::beside(codec, rate_hz, Dtx::Off);
    let packet = |number: usize| {
        let pitch_hz = 110.0 + (number % 80) as f64;
        let mut samples = vec![0; rate_hz as usize / 50];
        let voice = [pitch_hz, pitch_hz * 2.0, pitch_hz * 5.0, pitch_hz * 13.0];
        Oscillator::new(&voice, rate_hz, amplitude).fill(&mut samples);
        let mut payload = Vec::new();
        encoder.encode(&samples, &mut payload);
        payload
    };
    (0..PACKETS).map(packet).collect()
}

struct Room {
    engine: Engine,
    now: Instant,
    members: Vec<Member>,
    payload_type: u8,
    ticks: u32,
    voice: Vec<Vec<u8>>,
    silence: Vec<Vec<u8>>,
    sent: u32,
}

struct Member {
    index: LegIndex,
    address: SocketAddr,
    speaks: bool,
}

impl Room {
    fn new(known: KnownCodec, size: usize, speakers: Speakers) -> Outcome<Self> {
        let now = Instant::now();
        let (producer, _consumer) = ring(16);
        let config = EngineConfig {
            max_legs: size,
            max_recordings: 1,
            cname: "bench".into(),
            seed: 7,
            ntp_at_start: 0xE000_0000 << 32,
        };
        let mut engine = Engine::new(now, config, producer);
        let mut members = Vec::new();
        for place in 0..size {
            let id = LegId(place as u64 + 1);
            let index = engine.add_leg(id).map_err(|_| BenchError::subject("engine", "takes no leg"))?;
            let address = SocketAddr::from(([192, 0, 2, 1], 4_000 + place as u16));
            let rtcp = SocketAddr::new(address.ip(), 4_001);
            engine.configure(now, id, Box::new(settings([address, rtcp], codec_of(known))));
            engine.hear(now, id, Source::Room { room: RoomId(1), part: Part::FULL });
            members.push(Member { index, address, speaks: place < speakers.count(size) });
        }
        Ok(Self {
            engine,
            now,
            members,
            payload_type: codec_of(known).payload_type,
            ticks: known.clock_hz() / 50,
            voice: voice(known, 3_000.0),
            silence: voice(known, 0.0),
            sent: 0,
        })
    }

    fn run(&mut self, frames: usize) {
        let mut buffer = [0; 2_048];
        for _ in 0..frames {
            let header =
                Header::new(self.payload_type, self.sent as u16, self.sent.wrapping_mul(self.ticks), 77);
            for (place, member) in self.members.iter().enumerate() {
                let source = if member.speaks { &self.voice } else { &self.silence };
                let payload = &source[(self.sent as usize + place) % PACKETS];
                buffer[..12].copy_from_slice(&header.to_bytes());
                buffer[12..12 + payload.len()].copy_from_slice(payload);
                self.engine.handle_rtp(
                    self.now,
                    member.index,
                    member.address,
                    &mut buffer,
                    12 + payload.len(),
                );
            }
            self.sent = self.sent.wrapping_add(1);
            self.now += FRAME;
            while let Some((at, _)) = self.engine.poll_timeout()
                && at <= self.now
            {
                self.engine.handle_timeout(at);
                black_box(self.engine.outputs().transmits().count());
                self.engine.outputs().clear_transmits();
            }
            while self.engine.poll_event().is_some() {}
        }
    }
}

/// Of a phone at these addresses for RTP and RTCP.
pub fn settings([remote_rtp, remote_rtcp]: [SocketAddr; 2], codec: Codec) -> LegSettings {
    let payload_type = codec.payload_type;
    LegSettings {
        remote_rtp,
        remote_rtcp,
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

/// Each voice decoded, and each frame that differs from the others encoded.
struct Bare {
    decoders: Vec<Decoder>,
    encoders: Vec<Encoder>,
    voice: Vec<Vec<u8>>,
    next: usize,
}

impl Bare {
    fn new(codec: KnownCodec, size: usize, speakers: Speakers) -> Self {
        let talk = speakers.count(size);
        // Opus that is silent has to be decoded to be known for silent; those who only hear share one encoder.
        let decoded = if codec == KnownCodec::Opus { size } else { talk };
        let encoded = if talk == size { size } else { talk + 1 };
        Self {
            decoders: (0..decoded).map(|_| Decoder::beside(codec, 16_000)).collect(),
            encoders: (0..encoded).map(|_| Encoder::beside(codec, 16_000, Dtx::Off)).collect(),
            voice: voice(codec, 3_000.0),
            next: 0,
        }
    }

    fn run(&mut self, frames: usize) {
        let (mut samples, mut payload) = (Vec::new(), Vec::new());
        for _ in 0..frames {
            for decoder in &mut self.decoders {
                samples.clear();
                decoder.decode(&self.voice[self.next % PACKETS], &mut samples);
                self.next += 1;
            }
            for encoder in &mut self.encoders {
                payload.clear();
                encoder.encode(&samples, &mut payload);
                black_box(&payload);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KnownCodec, Room, Speakers};

    #[test]
    fn in_a_measured_room_all_are_sent_the_mix() {
        let mut room = Room::new(KnownCodec::Pcmu, 10, Speakers::All).expect("a room");
        room.run(100);
        for (_, statistics) in room.engine.statistics(room.now) {
            assert!(statistics.packets_sent > 90 && statistics.packets_received == 100);
        }
    }
}
