//! Whether a recording holds what somebody said, by its content: normalized cross-correlation of pieces.

/// 250 ms at 8 kHz.
const PIECE: usize = 2_000;
/// Every so many pieces of the source are looked for.
const EVERY: usize = 3;
/// Softer pieces say nothing.
const AUDIBLE: f64 = 300.0;

/// The middle likeness of audible pieces of `source` at their best place in `heard`: 1 the same, 0 unrelated.
pub fn likeness(source: &[i16], heard: &[i16]) -> f64 {
    let audible = |p: &&[i16]| energy(p) > AUDIBLE * AUDIBLE * PIECE as f64;
    let mut best: Vec<f64> = source
        .chunks_exact(PIECE)
        .step_by(EVERY)
        .filter(audible)
        .map(|piece| best_match(piece, heard))
        .collect();
    best.sort_by(f64::total_cmp);
    best.get(best.len() / 2).copied().unwrap_or(0.0)
}

fn best_match(piece: &[i16], heard: &[i16]) -> f64 {
    let own = energy(piece);
    let mut best = 0.0_f64;
    let Some(first) = heard.get(..PIECE) else { return best };
    let mut window = energy(first);
    for at in 0..=heard.len() - PIECE {
        if window > own * 0.1 {
            let product: f64 =
                piece.iter().zip(&heard[at..]).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            best = best.max(product / (own * window).sqrt());
        }
        if let Some(next) = heard.get(at + PIECE) {
            window += f64::from(*next).powi(2) - f64::from(heard[at]).powi(2);
        }
    }
    best
}

fn energy(samples: &[i16]) -> f64 {
    samples.iter().map(|s| f64::from(*s).powi(2)).sum()
}
