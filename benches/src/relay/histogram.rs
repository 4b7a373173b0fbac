//! Latency in bins of 5 µs up to 50 ms.

const BIN_NS: u64 = 5_000;
const BINS: usize = 10_000;

/// See the module. The last bin holds all that is longer.
#[derive(Clone, Debug)]
pub struct Histogram {
    bins: Vec<u32>,
    count: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { bins: vec![0; BINS], count: 0 }
    }
}

impl Histogram {
    /// One packet.
    pub fn record(&mut self, latency_ns: u64) {
        let bin = usize::try_from(latency_ns / BIN_NS).unwrap_or(BINS).min(BINS - 1);
        self.bins[bin] += 1;
        self.count += 1;
    }

    /// All packets of another.
    pub fn add(&mut self, other: &Self) {
        for (to, from) in self.bins.iter_mut().zip(&other.bins) {
            *to += from;
        }
        self.count += other.count;
    }

    /// The latency that this share of the packets does not exceed, in milliseconds; 0 without packets.
    pub fn quantile_ms(&self, share: f64) -> f64 {
        let wanted = ((self.count as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        for (bin, &count) in self.bins.iter().enumerate() {
            seen += u64::from(count);
            if seen >= wanted {
                return ((bin as u64 + 1) * BIN_NS) as f64 / 1e6;
            }
        }
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::Histogram;

    #[test]
    fn quantiles_are_the_upper_edges_of_their_bins() {
        let mut histogram = Histogram::default();
        for index in 0..100 {
            histogram.record(index * 10_000);
        }
        assert_eq!(histogram.quantile_ms(0.50), 0.495);
        assert_eq!(histogram.quantile_ms(0.99), 0.985);
    }

    #[test]
    fn nothing_measured_is_zero_and_hours_fit_the_last_bin() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile_ms(0.5), 0.0);
        histogram.record(u64::MAX);
        assert_eq!(histogram.quantile_ms(0.5), 50.0);
    }
}
