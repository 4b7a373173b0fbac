//! Recordings by situations: what ends up in the file, sample by sample.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ramal_media::codec::tone::Oscillator;
use ramal_media::codec::{Encoder, KnownCodec, goertzel, opus};
use ramal_media::recorder::ogg_opus;
use ramal_media::recorder::ring::Facts;
use ramal_media::recorder::take::Take;
use ramal_media::recorder::wav::{Store, StoreOpener};
use ramal_media::recorder::{Format, RecordingKey, RecordingKeys, Side, SoundFile, repair};

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
    let mut take = Take::new(start, RATE, Format::Wav, Box::new(file.clone())).unwrap();
    let mut left = Speaker::new(Side::Left, KnownCodec::Pcmu, 440.0);
    let mut right = Speaker::new(Side::Right, KnownCodec::Pcma, 1_000.0);
    run(&mut take, start, 100, |_, take, now| {
        for speaker in [&mut left, &mut right] {
            let (facts, payload) = speaker.packet(now);
            take.receive(&facts, &payload);
        }
    });
    let seconds = take.finish(start + Duration::from_secs(2)).unwrap().seconds;
    assert!((seconds - 2.0).abs() < 0.001);
    let [left, right] = file.sides();
    assert!(level(&left, RATE, 440.0) > 7_000.0 && level(&left, RATE, 1_000.0) < 80.0);
    assert!(level(&right, RATE, 1_000.0) > 7_000.0 && level(&right, RATE, 440.0) < 80.0);
}

#[test]
fn silence_and_loss_keep_both_sides_in_time() {
    let (file, start) = (Memory::default(), Instant::now());
    let mut take = Take::new(start, RATE, Format::Wav, Box::new(file.clone())).unwrap();
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
    let mut take = Take::new(start, RATE, Format::Wav, Box::new(file.clone())).unwrap();
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
    let mut take = Take::new(start, 16_000, Format::Wav, Box::new(file.clone())).unwrap();
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
    let mut take = Take::new(start, RATE, Format::Wav, Box::new(file.clone())).unwrap();
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
    let mut take = Take::new(start, RATE, Format::Wav, Box::new(store)).unwrap();
    take.flush(start + Duration::from_secs(3)).unwrap();
    drop(take);
    // As after a crash between the audio and its header: 1,001 bytes more than the header says.
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend([0; 1_001]);
    std::fs::write(&path, bytes).unwrap();
    let seconds = repair(&path, &RecordingKeys::default()).unwrap();
    assert!((seconds - (2.7 + 250.0 / 8_000.0)).abs() < 0.001, "{seconds}");
    assert_eq!(hound::WavReader::open(&path).unwrap().duration(), 21_600 + 250);
    std::fs::write(&path, b"something else that is quite long, but not a wave file").unwrap();
    assert!(repair(&path, &RecordingKeys::default()).is_err());
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn a_pause_is_marked_and_nothing_of_it_is_in_the_file() {
    let (file, start) = (Memory::default(), Instant::now());
    let mut take = Take::new(start, RATE, Format::Wav, Box::new(file.clone())).unwrap();
    let mut left = Speaker::new(Side::Left, KnownCodec::Pcmu, 440.0);
    run(&mut take, start, 300, |frame, take, now| {
        match frame {
            100 => take.pause(now),
            200 => take.resume(now),
            _ => {}
        }
        let (facts, payload) = left.packet(now);
        take.receive(&facts, &payload);
    });
    let notes = take.finish(start + Duration::from_secs(6)).unwrap();
    assert_eq!(notes.pauses, [(2.0, 4.0)]);
    let [left, right] = file.sides();
    assert_eq!(left.len(), 48_000);
    for (from, to) in [(0, 2_000), (4_100, 6_000)] {
        assert!(level(range(&left, RATE, from, to), RATE, 440.0) > 6_500.0);
    }
    assert!(range(&left, RATE, 2_150, 3_850).iter().all(|&sample| sample == 0));
    for side in [&left, &right] {
        for (from, to) in [(2_000, 2_150), (3_850, 4_000)] {
            let mark = range(side, RATE, from, to);
            assert!(level(mark, RATE, 1_400.0) > 1_500.0 && level(mark, RATE, 440.0) < 200.0);
        }
    }
    let loud = |second: usize| notes.peaks.left[second * 20 + 10];
    assert!(loud(1) > 50 && loud(3) == 0 && loud(5) > 50, "{:?}", notes.peaks);
}

/// The packets of an Ogg file with one packet of two streams in each: what each stream decodes to.
fn decoded(file: &[u8], rate: u32) -> [Vec<i16>; 2] {
    let (mut sides, mut decoders) = ([Vec::new(), Vec::new()], [0; 2].map(|_| opus::Decoder::new(rate)));
    let (mut offset, mut pages) = (0, 0);
    while let Some(whole) = ogg_opus::page_bytes(&file[offset..]) {
        let mut page = file[offset..offset + whole].to_vec();
        assert!(ogg_opus::is_intact(&mut page), "page {pages}");
        (offset, pages) = (offset + whole, pages + 1);
        let count = usize::from(page[26]);
        let (table, mut body) = (page[27..27 + count].to_vec(), &page[27 + count..]);
        let mut length = 0;
        for segment in table {
            length += usize::from(segment);
            if segment == 255 {
                continue;
            }
            let (packet, rest) = body.split_at(std::mem::take(&mut length));
            body = rest;
            if pages > 2 {
                let (told, begin) = match packet[1] {
                    low @ 252.. => (usize::from(low) + 4 * usize::from(packet[2]), 3),
                    low => (usize::from(low), 2),
                };
                let first = [&packet[..1], &packet[begin..begin + told]].concat();
                decoders[0].decode(&first, &mut sides[0]);
                decoders[1].decode(&packet[begin + told..], &mut sides[1]);
            }
        }
    }
    sides
}

#[test]
fn ogg_opus_keeps_both_sides_apart_and_is_playable_at_any_moment() {
    let (file, start) = (Memory::default(), Instant::now());
    let mut take = Take::new(start, RATE, Format::OggOpus, Box::new(file.clone())).unwrap();
    let mut left = Speaker::new(Side::Left, KnownCodec::Pcmu, 440.0);
    let mut right = Speaker::new(Side::Right, KnownCodec::Pcma, 1_000.0);
    run(&mut take, start, 200, |frame, take, now| {
        for speaker in [&mut left, &mut right] {
            let (facts, payload) = speaker.packet(now);
            take.receive(&facts, &payload);
        }
        if frame % 50 == 0 {
            let written = decoded(&file.0.lock().unwrap(), RATE)[0].len() as u32 / 8;
            assert!(frame * 20 <= written + 1_000, "at {} ms only {written} are in the file", frame * 20);
        }
    });
    assert!((take.finish(start + Duration::from_secs(4)).unwrap().seconds - 4.0).abs() < 0.001);
    let bytes = file.0.lock().unwrap().clone();
    assert!(bytes.len() < 40_000, "{} bytes of four seconds", bytes.len());
    let [left, right] = decoded(&bytes, RATE);
    assert!(level(&left, RATE, 440.0) > 6_000.0 && level(&left, RATE, 1_000.0) < 80.0);
    assert!(level(&right, RATE, 1_000.0) > 6_000.0 && level(&right, RATE, 440.0) < 80.0);
    // As after a crash in the midst of a page.
    let path = scratch("cut.opus");
    std::fs::write(&path, &bytes[..bytes.len() * 3 / 4]).unwrap();
    let seconds = repair(&path, &RecordingKeys::default()).unwrap();
    assert!((2.0..3.5).contains(&seconds), "{seconds}");
    let left = decoded(&std::fs::read(&path).unwrap(), RATE)[0].len() as f64 / 8_000.0;
    assert!((left - seconds).abs() < 0.03, "{left} {seconds}");
    std::fs::write(&path, b"OggS is not enough, there has to be more").unwrap();
    assert!(repair(&path, &RecordingKeys::default()).is_err());
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn a_sealed_file_that_a_crash_has_left_plays_again() {
    for name in ["left.wav.sealed", "left.opus.sealed"] {
        let (path, start) = (scratch(name), Instant::now());
        let _ = std::fs::remove_file(&path);
        let key = Arc::new(RecordingKey::new([9; 32]));
        let keys = RecordingKeys(vec![key.clone()]);
        let store = StoreOpener::sealing(key).0(&path).unwrap();
        let mut take = Take::new(start, RATE, Format::of(&path), store).unwrap();
        let mut left = Speaker::new(Side::Left, KnownCodec::Pcmu, 440.0);
        run(&mut take, start, 150, |_, take, now| {
            let (facts, payload) = left.packet(now);
            take.receive(&facts, &payload);
        });
        drop(take);
        let cut = std::fs::File::options().write(true).open(&path).unwrap();
        cut.set_len(cut.metadata().unwrap().len() - 5).unwrap();
        let seconds = repair(&path, &keys).unwrap();
        assert!((2.0..3.0).contains(&seconds), "{name}: {seconds}");
        let sound = SoundFile::open(&path, &keys).unwrap();
        let plain = sound.read(0..sound.bytes()).unwrap();
        let left: Vec<i16> = match Format::of(&path) {
            Format::OggOpus => decoded_whole(&plain),
            Format::Wav => {
                let mut reader = hound::WavReader::new(io::Cursor::new(plain)).unwrap();
                reader.samples().step_by(2).map(Result::unwrap).collect()
            }
        };
        assert!(level(&left[800..], RATE, 440.0) > 6_000.0, "{name}");
        assert!(SoundFile::open(&path, &RecordingKeys::default()).is_err());
        std::fs::remove_file(&path).unwrap();
    }
}

/// The left side of what may end in the midst of a page.
fn decoded_whole(file: &[u8]) -> Vec<i16> {
    let read = |offset: u64, room: &mut [u8]| {
        let found = &file[(offset as usize).min(file.len())..];
        room.iter_mut().zip(found).for_each(|(to, from)| *to = *from);
        Ok(found.len().min(room.len()))
    };
    let (end, _) = ogg_opus::length(read).unwrap().unwrap();
    let [left, _] = decoded(&file[..end as usize], RATE);
    left
}

#[test]
fn a_full_disk_is_an_error_and_no_panic() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    assert!(Take::new(Instant::now(), RATE, Format::Wav, Box::new(full)).is_err());
}

fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}
