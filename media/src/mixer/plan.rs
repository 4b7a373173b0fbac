//! What a Leg brings into a room and takes out of it: decided at offer/answer.

use crate::codec::KnownCodec;
use crate::codec::opus::Dtx;
use crate::jitter_buffer::Sound;
use crate::leg::LegSettings;

/// The two rates at which a room is mixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Band {
    /// 8 kHz: G.711.
    Narrow,
    /// 16 kHz: G.722, and Opus, which libopus runs at that rate.
    Wide,
}

impl Band {
    /// Both, in the order of arrays that hold one thing for each.
    pub const ALL: [Self; 2] = [Self::Narrow, Self::Wide];

    /// Of samples at that rate.
    pub const fn of(rate_hz: u32) -> Self {
        if rate_hz > 8_000 { Self::Wide } else { Self::Narrow }
    }

    /// Samples a second.
    pub const fn rate_hz(self) -> u32 {
        match self {
            Self::Narrow => 8_000,
            Self::Wide => 16_000,
        }
    }

    /// Samples of 20 ms.
    pub const fn frame(self) -> usize {
        self.rate_hz() as usize / 50
    }

    /// The other one.
    pub const fn other(self) -> Self {
        match self {
            Self::Narrow => Self::Wide,
            Self::Wide => Self::Narrow,
        }
    }
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberPlan {
    /// What the payload types mean that are decoded, with their clocks.
    pub(super) sounds: Vec<(u8, Sound, u32)>,
    /// At what rate it is decoded: that of the best codec it may send.
    pub(super) talk: Band,
    /// What it is sent.
    pub(super) codec: KnownCodec,
    pub(super) payload_type: u8,
    pub(super) hear: Band,
    pub(super) dtx: Dtx,
    /// What a silent room is sent as, where comfort noise was agreed.
    pub(super) comfort: Option<u8>,
}

impl MemberPlan {
    /// None where no codec of the Leg can be decoded and encoded here.
    pub fn new(settings: &LegSettings) -> Option<Self> {
        let known = |agreed: &crate::sdp::AgreedCodec| agreed.codec.known();
        let (codec, agreed) = settings.codecs.iter().find_map(|agreed| Some((known(agreed)?, agreed)))?;
        let sound = |agreed: &crate::sdp::AgreedCodec| match known(agreed) {
            Some(codec) => Some(Sound::Speech(codec)),
            None if agreed.codec.is_comfort_noise() => Some(Sound::ComfortNoise),
            None => None,
        };
        let sounds = settings.codecs.iter().filter_map(|agreed| {
            Some((agreed.receive_pt & 0x7F, sound(agreed)?, agreed.codec.clock_hz.max(1)))
        });
        let widest_hz = settings.codecs.iter().filter_map(known).map(KnownCodec::sample_rate_hz).max()?;
        // Opus has its own way with silence. Otherwise noise must share the clock of the speech (RFC 3389 §4).
        let comfort = settings.codecs.iter().find(|other| {
            codec != KnownCodec::Opus
                && other.codec.is_comfort_noise()
                && other.codec.clock_hz == agreed.codec.clock_hz
        });
        let silence_left_out = agreed.codec.parameter("usedtx") == Some("1");
        Some(Self {
            sounds: sounds.collect(),
            talk: Band::of(widest_hz),
            codec,
            payload_type: agreed.send_pt & 0x7F,
            hear: Band::of(codec.sample_rate_hz()),
            dtx: if silence_left_out { Dtx::On } else { Dtx::Off },
            comfort: comfort.map(|comfort| comfort.send_pt & 0x7F),
        })
    }

    /// The codec that it is sent, and its payload type.
    pub const fn sent(&self) -> (KnownCodec, u8) {
        (self.codec, self.payload_type)
    }

    /// The payload type of comfort noise, where it was agreed.
    pub const fn comfort(&self) -> Option<u8> {
        self.comfort
    }

    /// Of a member that speaks this and is sent nothing.
    pub fn speaking(codec: KnownCodec, payload_type: u8) -> Self {
        let band = Band::of(codec.sample_rate_hz());
        Self {
            sounds: vec![(payload_type & 0x7F, Sound::Speech(codec), codec.clock_hz())],
            talk: band,
            codec,
            payload_type: payload_type & 0x7F,
            hear: band,
            dtx: Dtx::Off,
            comfort: None,
        }
    }

    /// What a packet is, with its clock; none for what is not decoded here.
    pub(super) fn sound(&self, payload_type: u8) -> Option<(Sound, u32)> {
        let found = self.sounds.iter().find(|(known, _, _)| *known == payload_type)?;
        Some((found.1, found.2))
    }

    pub(super) fn speech(&self) -> impl Iterator<Item = KnownCodec> {
        self.sounds.iter().filter_map(|(_, sound, _)| match sound {
            Sound::Speech(codec) => Some(*codec),
            Sound::ComfortNoise => None,
        })
    }
}
