//! Recordings by situations: what ends up in the file, sample by sample.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ramal_media::codec::tone::Oscillator;
use ramal_media::codec::{Encoder, KnownCodec, goertzel};
use ramal_media::recorder::ring::Facts;
use ramal_media::recorder::take::Take;
use ramal_media::recorder::wav::Store;
use ramal_media::recorder::{Side, repair};

const RATE: u32 = 8_000;

#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Store for Memory {
    fn write_all_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut file = self.0.lock().unwrap();
        let end = offset as usize + bytes.len();
        if file.len() < end {
            file.resize(end, 0);
        }
        file[offset as usize..end].copy_from_slice(bytes);
        Ok(())
    }
}

impl Memory {
    fn sides(&self) -> [Vec<i16>; 2] {
        let file = self.0.lock().unwrap().clone();
        let mut reader = hound::WavReader::new(io::Cursor::new(file)).unwrap();
        assert_eq!((reader.spec().channels, reader.spec().bits_per_sample), (2, 16));
        let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
        [0, 1].map(|side| samples.iter().skip(side).step_by(2).copied().collect())
    }
}

struct Speaker {
    side: Side,
    codec: KnownCodec,
    encoder: Encoder,
    voice: Oscillator,
    ssrc: u32,
    timestamp: u32,
    sequence: u16,
}

impl Speaker {
    fn new(side: Side, codec: KnownCodec, hz: f64) -> Self {
        let voice = Oscillator::new(&[hz], codec.sample_rate_hz(), 8_000.0);
        let encoder = Encoder::new(codec);
        Self { side, codec, encoder, voice, ssrc: 5, timestamp: u32::MAX - 4_000, sequence: 65_000 }
    }

    fn packet(&mut self, arrival: Instant) -> (Facts, Vec<u8>) {
        let mut samples = vec![0; self.codec.sample_rate_hz() as usize / 50];
        self.voice.fill(&mut samples);
        let mut payload = Vec::new();
        self.encoder.encode(&samples, &mut payload);
        let facts = Facts {
            recording: 1,
            side: self.side,
            codec: Some(self.codec),
            clock_hz: 8_000,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
            sequence: self.sequence,
            arrival,
        };
        self.timestamp = self.timestamp.wrapping_add(160);
        self.sequence = self.sequence.wrapping_add(1);
        (facts, payload)
    }
}

fn level(samples: &[i16], rate: u32, hz: f64) -> f64 {
    goertzel(samples, rate, hz).sqrt()
}

fn range(samples: &[i16], rate: u32, from_ms: u32, to_ms: u32) -> &[i16] {
    &samples[(from_ms * rate / 1_000) as usize..(to_ms * rate / 1_000) as usize]
}

/// Runs both speakers for so many frames; `say` decides what reaches the recorder.
fn run(take: &mut Take, start: Instant, frames: u32, mut say: impl FnMut(u32, &mut Take, Instant)) {
    for frame in 0..frames {
        let now = start + Duration::from_millis(20) * frame;
        say(frame, take, now);
        if frame % 20 == 0 {
            take.flush(now).unwrap();
        }
    }
}

#[test]
fn each_side_is_in_its_own_channel() {
    let (file, start) = (Memory::default(), Instant::now());
    let mut take = Take::new(start, RATE, Box::new(file.clone())).unwrap();
    let mut left = Speaker::new(Side::Left, KnownCodec::Pcmu, 440.0);
    let mut right = Speaker::new(Side::Right, KnownCodec::Pcma, 1_000.0);
    run(&mut take, start, 100, |_, take, now| {
        for speaker in [&mut left, &mut right] {
            let (facts, payload) = speaker.packet(now);
            take.receive(&facts, &payload);
        }
    });
    let seconds = take.finish(start + Duration::from_secs(2)).unwrap();
    assert!((seconds - 2.0).abs() < 0.001);
    let [left, right] = file.sides();
    assert!(level(&left, RATE, 440.0) > 7_000.0 && level(&left, RATE, 1_000.0) < 80.0);
    assert!(level(&right, RATE, 1_000.0) > 7_000.0 && level(&right, RATE, 440.0) < 80.0);
}

#[test]
fn silence_and_loss_keep_both_sides_in_time() {
    let (file, start) = (Memory::default(), Instant::now());
    let mut take = Take::new(start, RATE, Box::new(file.clone())).unwrap();
    let mut left = Speaker::new(Side::Left, KnownCodec::Pcmu, 440.0);
    let mut right = Speaker::new(Side::Right, KnownCodec::Pcmu, 1_000.0);
    run(&mut take, start, 300, |frame, take, now| {
        // One packet in twenty is lost, others come up to 60 ms late; nothing comes from second 2 to 4.
        let (facts, payload) = left.packet(now + Duration::from_millis(u64::from(frame % 4) * 20));
        if frame % 20 != 3 && !(100..200).contains(&frame) {
            take.receive(&facts, &payload);
        }
        let (facts, payload) = right.packet(now);
        take.receive(&facts, &payload);
    });
    take.finish(start + Duration::from_secs(6)).unwrap();
    let [left, right] = file.sides();
    assert_eq!((left.len(), right.len()), (48_000, 48_000));
    assert!(range(&left, RATE, 2_010, 3_990).iter().all(|&sample| sample == 0));
    assert!(level(range(&left, RATE, 4_080, 5_900), RATE, 440.0) > 6_500.0);
    assert!(range(&left, RATE, 3_900, 4_000).iter().all(|&sample| sample == 0));
    assert!(range(&left, RATE, 4_000, 4_050).iter().any(|&sample| sample.abs() > 3_000), "back at its place");
    assert!(level(range(&right, RATE, 2_000, 4_000), RATE, 1_000.0) > 7_000.0);
    assert!(range(&left, RATE, 61, 79).iter().all(|&sample| sample == 0), "the lost packet is silence");
}

#[test]
fn a_jump_of_the_stream_is_anchored_where_it_arrives() {
    let (file, start) = (Memory::default(), Instant::now());
    let mut take = Take::new(start, RATE, Box::new(file.clone())).unwrap();
    let mut left = Speaker::new(Side::Left, KnownCodec::Pcmu, 440.0);
    run(&mut take, start, 200, |frame, take, now| {
        match frame {
            50 => left.timestamp = left.timestamp.wrapping_add(900_000_000),
            100 => left.ssrc ^= 0xFFFF,
            150 => (left.sequence, left.timestamp) = (3, left.timestamp.wrapping_sub(80_000)),
            _ => {}
        }
        let (facts, payload) = left.packet(now);
        take.receive(&facts, &payload);
    });
    take.finish(start + Duration::from_secs(4)).unwrap();
    let [left, _] = file.sides();
    assert_eq!(left.len(), 32_000);
    assert!(level(&left, RATE, 440.0) > 7_000.0, "nothing is missing: {}", level(&left, RATE, 440.0));
}

#[test]
fn a_wideband_side_makes_a_wideband_file() {
    let (file, start) = (Memory::default(), Instant::now());
    let mut take = Take::new(start, 16_000, Box::new(file.clone())).unwrap();
    let mut left = Speaker::new(Side::Left, KnownCodec::G722, 5_000.0);
    let mut right = Speaker::new(Side::Right, KnownCodec::Pcmu, 1_000.0);
    run(&mut take, start, 100, |_, take, now| {
        for speaker in [&mut left, &mut right] {
            let (facts, payload) = speaker.packet(now);
            take.receive(&facts, &payload);
        }
    });
    take.finish(start + Duration::from_secs(2)).unwrap();
    let [left, right] = file.sides();
    assert_eq!(left.len(), 32_000);
    assert!(level(&left, 16_000, 5_000.0) > 4_000.0, "{}", level(&left, 16_000, 5_000.0));
    assert!(level(&right, 16_000, 1_000.0) > 7_000.0);
    assert!(level(&right, 16_000, 7_000.0) < 300.0, "no image: {}", level(&right, 16_000, 7_000.0));
}

#[test]
fn killed_at_any_moment_the_file_is_playable_to_its_last_second() {
    let (file, start) = (Memory::default(), Instant::now());
    let mut take = Take::new(start, RATE, Box::new(file.clone())).unwrap();
    let mut left = Speaker::new(Side::Left, KnownCodec::Pcmu, 440.0);
    run(&mut take, start, 500, |frame, take, now| {
        let (facts, payload) = left.packet(now);
        take.receive(&facts, &payload);
        // The thread flushes each 400 ms, here each 20 frames.
        let written = file.sides()[0].len() as u32 / 8;
        assert!(frame * 20 <= written + 1_000, "at {} ms only {written} are in the file", frame * 20);
    });
    drop(take);
    assert!(level(&file.sides()[0], RATE, 440.0) > 7_000.0);
}

#[test]
fn a_file_cut_in_the_middle_is_sealed_by_repair() {
    let path = scratch("repair.wav");
    let start = Instant::now();
    let store = std::fs::File::create(&path).unwrap();
    let mut take = Take::new(start, RATE, Box::new(store)).unwrap();
    take.flush(start + Duration::from_secs(3)).unwrap();
    drop(take);
    // As after a crash between the audio and its header: 1,001 bytes more than the header says.
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend([0; 1_001]);
    std::fs::write(&path, bytes).unwrap();
    let seconds = repair(&path).unwrap();
    assert!((seconds - (2.7 + 250.0 / 8_000.0)).abs() < 0.001, "{seconds}");
    assert_eq!(hound::WavReader::open(&path).unwrap().duration(), 21_600 + 250);
    std::fs::write(&path, b"something else that is quite long, but not a wave file").unwrap();
    assert!(repair(&path).is_err());
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn a_full_disk_is_an_error_and_no_panic() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    assert!(Take::new(Instant::now(), RATE, Box::new(full)).is_err());
}

fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}
