//! Call-progress tones: frequencies and cadences.

/// Whose telephone network a tone should sound like (ITU-T E.180 supplement 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Country {
    /// 425 Hz; ringback 1 s on, 4 s off; busy 0.25/0.25.
    #[default]
    Brazil,
    /// 425 Hz; ringback 1 s on, 4 s off; busy 0.5/0.5.
    Europe,
    /// 440+480 Hz 2 s on, 4 s off; busy 480+620 Hz 0.5/0.5.
    NorthAmerica,
}

/// One or two frequencies, on and off. Cadences are multiples of 20 ms; `off_ms` 0: without a break.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tone {
    /// A second frequency of 0 is silent.
    pub frequencies_hz: [f64; 2],
    pub on_ms: u32,
    pub off_ms: u32,
    /// Peak of each sine in 16-bit sample units.
    pub amplitude: f64,
}

/// 8031 of 32767 is the 0 dBm0 of ITU-T G.711 table 5 for a sine in 14-bit units of the mu-law; milliwatt test tones have it.
const MILLIWATT_AMPLITUDE: f64 = 8031.0 * 2.0;
/// About -13 dBm0 for each sine, the level that E.180 recommends for progress tones.
const PROGRESS_AMPLITUDE: f64 = 3600.0;

impl Tone {
    /// What a caller hears while it rings.
    pub const fn ringback(country: Country) -> Self {
        match country {
            Country::Brazil | Country::Europe => Self::progress([425.0, 0.0], 1_000, 4_000),
            Country::NorthAmerica => Self::progress([440.0, 480.0], 2_000, 4_000),
        }
    }

    /// The called party is busy.
    pub const fn busy(country: Country) -> Self {
        match country {
            // 0.24 s, for the cadence is counted in frames of 20 ms; Anatel allows 10 %.
            Country::Brazil => Self::progress([425.0, 0.0], 240, 240),
            Country::Europe => Self::progress([425.0, 0.0], 500, 500),
            Country::NorthAmerica => Self::progress([480.0, 620.0], 500, 500),
        }
    }

    /// 1004 Hz at 0 dBm0, to measure lines.
    pub const fn milliwatt() -> Self {
        Self { frequencies_hz: [1004.0, 0.0], on_ms: 20, off_ms: 0, amplitude: MILLIWATT_AMPLITUDE }
    }

    /// Any frequency without a break, at the level of the progress tones.
    pub const fn steady(frequency_hz: f64) -> Self {
        Self::progress([frequency_hz, 0.0], 20, 0)
    }

    const fn progress(frequencies_hz: [f64; 2], on_ms: u32, off_ms: u32) -> Self {
        Self { frequencies_hz, on_ms, off_ms, amplitude: PROGRESS_AMPLITUDE }
    }
}
