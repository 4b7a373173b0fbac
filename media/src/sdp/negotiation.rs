//! The offer/answer state of one leg.

use super::{Agreed, Codec, Direction, LocalMedia, RemoteOffer, SdpError};

/// One leg's offer/answer state for the life of its dialog: stream order, `o=` version, pending offer, what was agreed.
#[derive(Debug)]
pub struct Negotiation {
    local: LocalMedia,
    seed: u64,
    agreed: Option<Agreed>,
}

impl Negotiation {
    /// `seed` makes session id and SRTP keys: it must be random and secret.
    pub fn new(local: LocalMedia, seed: u64) -> Self {
        Self { local, seed, agreed: None }
    }

    /// Our offer. The version rises where it differs from our last description. telephone-event goes in if it is among
    /// `codecs`.
    pub fn offer(&mut self, codecs: &[Codec], direction: Direction) -> Vec<u8> {
        let _ = (codecs, direction, self.local, self.seed);
        Vec::new()
    }

    /// Their answer to our offer; on error the offer stays pending until [`Self::discard_offer`].
    pub fn receive_answer(&mut self, sdp: &[u8]) -> Result<Agreed, SdpError> {
        let _ = sdp;
        Err(SdpError::OutOfTurn("answer"))
    }

    /// Their offer, held until [`Self::answer`] or [`Self::discard_offer`].
    pub fn receive_offer(&mut self, sdp: &[u8]) -> Result<RemoteOffer, SdpError> {
        let _ = sdp;
        Err(SdpError::NotAudio)
    }

    /// Our answer to their pending offer, with their payload type numbers. `codecs` is what we may accept, in the order
    /// of our wish.
    pub fn answer(&mut self, codecs: &[Codec], direction: Direction) -> Result<(Vec<u8>, Agreed), SdpError> {
        let _ = (codecs, direction);
        Err(SdpError::OutOfTurn("answer"))
    }

    /// The pending offer, ours or theirs, was refused: the old agreement stands.
    pub fn discard_offer(&mut self) {}

    /// What is in force.
    pub fn agreed(&self) -> Option<&Agreed> {
        self.agreed.as_ref()
    }

    /// Our current description again, same version (session refresh, RFC 4028 §7.4). Empty before the first.
    pub fn repeat(&mut self) -> Vec<u8> {
        Vec::new()
    }
}
