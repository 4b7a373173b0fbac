//! A moving picture for fake cameras, in the format that Chromium reads from a file (YUV4MPEG2).

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

const WIDTH: usize = 640;
const HEIGHT: usize = 480;
const FRAMES_PER_S: usize = 15;
const FRAMES: usize = 15;
/// Squares of one shade; small enough that each frame costs an encoder many bits, large enough to outlive its quantizer.
const SQUARE: usize = 8;

/// Grey squares, new ones in each frame: at 200 kbit/s no encoder keeps this at full size.
pub fn restless() -> Vec<u8> {
    let mut random = SmallRng::seed_from_u64(1);
    let mut out = format!("YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FRAMES_PER_S}:1 Ip A1:1 C420jpeg\n").into_bytes();
    for _ in 0..FRAMES {
        out.extend_from_slice(b"FRAME\n");
        for _ in 0..HEIGHT / SQUARE {
            let row: Vec<u8> =
                (0..WIDTH / SQUARE).flat_map(|_| [random.random_range(96..160); SQUARE]).collect();
            (0..SQUARE).for_each(|_| out.extend_from_slice(&row));
        }
        out.resize(out.len() + WIDTH * HEIGHT / 2, 128);
    }
    out
}
