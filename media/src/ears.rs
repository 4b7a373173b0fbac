//! What is listened for in the sound of a Leg, where somebody asks for it: voices and pauses, an answering machine, a fax; and
//! keys that nobody but the machine at the far end may hear.
//!
//! Each of these is a state machine that takes 20 ms of sound at 8 kHz after the other. A Leg that nobody asks about has none.

pub mod fax;
pub mod machine;
pub mod mask;
pub mod voice;

use crate::codec::resample::Resampler;
use crate::codec::{Decoder, KnownCodec};

pub use fax::FaxTone;
pub use machine::Answerer;

/// Rate of what is listened to.
pub const RATE_HZ: u32 = 8_000;
/// Samples of a frame.
pub const FRAME: usize = RATE_HZ as usize / 50;
/// Time of a frame in milliseconds.
pub const FRAME_MS: u32 = 20;

/// What to listen for on a Leg.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListenFor {
    /// When somebody begins to speak, and when he has ended.
    pub voice: bool,
    /// A pause of so long, once each.
    pub silence_ms: Option<u32>,
    /// Who answered: from now on, once.
    pub answerer: bool,
    /// The tones of fax machines, once each.
    pub fax: bool,
}

impl ListenFor {
    /// Whether there is anything to listen for.
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

/// What was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noticed {
    Answerer(Answerer),
    Fax(FaxTone),
    /// Nobody has spoken for so long as was asked.
    Silence {
        ms: u32,
    },
    VoiceBegan,
    VoiceEnded {
        /// How long he spoke.
        ms: u32,
    },
}

/// What [`ListenFor`] asks for, of one Leg.
pub struct Detectors {
    wanted: ListenFor,
    voice: voice::VoiceFollower,
    answerer: Option<machine::AnswererFinder>,
    fax: Option<fax::FaxFinder>,
    /// Frames since somebody spoke; the silence that was told.
    quiet_ms: u32,
    spoken_ms: u32,
    speaks: bool,
}

impl Detectors {
    pub fn new(wanted: ListenFor) -> Self {
        Self {
            wanted,
            voice: voice::VoiceFollower::default(),
            answerer: wanted.answerer.then(machine::AnswererFinder::default),
            fax: wanted.fax.then(fax::FaxFinder::default),
            quiet_ms: 0,
            spoken_ms: 0,
            speaks: false,
        }
    }

    /// Takes one frame; what was noticed goes to `tell`.
    pub fn listen(&mut self, frame: &[i16], mut tell: impl FnMut(Noticed)) {
        let speaks = self.voice.listen(frame);
        if speaks != self.speaks && self.wanted.voice {
            tell(if speaks { Noticed::VoiceBegan } else { Noticed::VoiceEnded { ms: self.spoken_ms } });
        }
        self.speaks = speaks;
        if speaks {
            self.spoken_ms = if self.quiet_ms > 0 { 0 } else { self.spoken_ms };
            self.spoken_ms = self.spoken_ms.saturating_add(FRAME_MS);
            self.quiet_ms = 0;
        } else {
            let before = self.quiet_ms;
            self.quiet_ms = before.saturating_add(FRAME_MS);
            if let Some(ms) = self.wanted.silence_ms.filter(|&ms| before < ms && self.quiet_ms >= ms) {
                tell(Noticed::Silence { ms });
            }
        }
        if let Some(found) = self.answerer.as_mut().and_then(|finder| finder.listen(frame, speaks)) {
            self.answerer = None;
            tell(Noticed::Answerer(found));
        }
        if let Some(found) = self.fax.as_mut().and_then(|finder| finder.listen(frame)) {
            tell(Noticed::Fax(found));
        }
    }
}

/// Payloads of any codec as frames at [`RATE_HZ`].
#[derive(Default)]
pub struct Hearing {
    track: Option<(KnownCodec, Decoder, Resampler)>,
    decoded: Vec<i16>,
    samples: Vec<i16>,
}

impl Hearing {
    /// Takes a payload and hands out whole frames; what is left waits for the next.
    pub fn take(&mut self, codec: KnownCodec, payload: &[u8], mut frame: impl FnMut(&[i16])) {
        if !matches!(&self.track, Some((known, _, _)) if *known == codec) {
            let resampler = Resampler::new(codec.rate_beside(RATE_HZ), RATE_HZ);
            self.track = Some((codec, Decoder::beside(codec, RATE_HZ), resampler));
            self.samples.clear();
        }
        let Some((_, decoder, resampler)) = &mut self.track else { return };
        self.decoded.clear();
        decoder.decode(payload, &mut self.decoded);
        resampler.convert(&self.decoded, &mut self.samples);
        let whole = self.samples.len() / FRAME * FRAME;
        self.samples.chunks_exact(FRAME).for_each(&mut frame);
        self.samples.drain(..whole);
    }
}

/// What was asked for on one Leg.
#[derive(Default)]
pub struct Ears {
    pub hearing: Hearing,
    pub detectors: Option<Detectors>,
    pub mask: Option<mask::Mask>,
}

impl Ears {
    /// Whether anything is asked for.
    pub fn are_needed(&self) -> bool {
        self.detectors.is_some() || self.mask.is_some()
    }
}

/// Mean square of a frame.
fn power(frame: &[i16]) -> f32 {
    let sum: f32 = frame.iter().map(|&sample| f32::from(sample) * f32::from(sample)).sum();
    sum / frame.len().max(1) as f32
}
