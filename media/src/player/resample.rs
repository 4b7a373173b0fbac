//! Change of the sample rate of a whole prompt: windowed sinc, as clean as G.711 can show.

use std::f64::consts::PI;

/// Zero crossings of the sinc on each side.
const CROSSINGS: usize = 16;
/// Table entries between two zero crossings.
const STEPS: usize = 512;

/// The same sound at another rate; both rates are above 0. Not for live audio: it looks ahead.
pub fn resample(samples: &[i16], from_hz: u32, to_hz: u32) -> Vec<i16> {
    if from_hz == to_hz || from_hz == 0 || to_hz == 0 {
        return samples.to_vec();
    }
    let kernel = kernel();
    // Below the lower of both Nyquist frequencies nothing may fold over.
    let scale = f64::from(to_hz.min(from_hz)) / f64::from(from_hz);
    let length = samples.len() as u64 * u64::from(to_hz) / u64::from(from_hz);
    (0..length)
        .map(|index| {
            let position = index as f64 * f64::from(from_hz) / f64::from(to_hz);
            sample_at(samples, &kernel, position, scale)
        })
        .collect()
}

fn sample_at(samples: &[i16], kernel: &[f32], position: f64, scale: f64) -> i16 {
    let reach = CROSSINGS as f64 / scale;
    let first = (position - reach).ceil().max(0.0) as usize;
    let last = ((position + reach).floor() as usize + 1).min(samples.len());
    let window = samples.get(first..last).unwrap_or(&[]);
    let sum: f64 = window
        .iter()
        .zip(first..)
        .map(|(&sample, at)| {
            let distance = (at as f64 - position).abs() * scale;
            let weight = kernel.get((distance * STEPS as f64).round() as usize).copied().unwrap_or(0.0);
            f64::from(sample) * f64::from(weight)
        })
        .sum();
    (sum * scale).round().clamp(-32_768.0, 32_767.0) as i16
}

/// Half of a symmetric sinc under a Hann window.
fn kernel() -> Vec<f32> {
    (0..=CROSSINGS * STEPS)
        .map(|entry| {
            let x = entry as f64 / STEPS as f64;
            let sinc = if entry == 0 { 1.0 } else { (PI * x).sin() / (PI * x) };
            (sinc * 0.5 * (1.0 + (PI * x / CROSSINGS as f64).cos())) as f32
        })
        .collect()
}
