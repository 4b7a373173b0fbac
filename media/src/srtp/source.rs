//! What is remembered of each source: packet index and replay window (RFC 3711 §3.3.1, §3.3.2).

use super::{MAX_SOURCES, SrtpError};

/// Packets behind the newest that are still told apart.
const WINDOW_PACKETS: u64 = 1_024;
const WINDOW_WORDS: usize = (WINDOW_PACKETS / 64) as usize;
/// SRTP indices have 48 bits: rollover counter and sequence number.
const MAX_RTP_INDEX: u64 = (1 << 48) - 1;
/// SRTCP indices have 31 bits.
const MAX_RTCP_INDEX: u32 = (1 << 31) - 1;

/// The newest index and a bit for each of the [`WINDOW_PACKETS`] up to it.
#[derive(Clone, Copy)]
pub(super) struct Window {
    /// None: nothing was let through yet.
    highest: Option<u64>,
    /// A ring: the bit of an index is at its remainder.
    seen: [u64; WINDOW_WORDS],
}

impl Window {
    const NEW: Self = Self { highest: None, seen: [0; WINDOW_WORDS] };

    /// Refuses what was let through before and what is too old to tell.
    pub(super) fn check(&self, index: u64) -> Result<(), SrtpError> {
        let Some(highest) = self.highest else { return Ok(()) };
        let old = index <= highest && (highest - index >= WINDOW_PACKETS || self.bit(index));
        if old { Err(SrtpError::Replayed) } else { Ok(()) }
    }

    /// The index of a packet by its sequence number (RFC 3711 §3.3.1), if it may pass.
    pub(super) fn check_sequence(&self, sequence: u16) -> Result<u64, SrtpError> {
        let index = self.estimate(sequence);
        if index > MAX_RTP_INDEX {
            return Err(SrtpError::KeyExhausted);
        }
        self.check(index)?;
        Ok(index)
    }

    /// Takes the rollover counter that brings the index nearest to the newest. Before the first rollover there is no
    /// earlier one to choose.
    fn estimate(&self, sequence: u16) -> u64 {
        let highest = self.highest.unwrap_or(u64::from(sequence));
        let (rollover, newest) = (highest >> 16, (highest & 0xFFFF) as i32);
        let difference = i32::from(sequence) - newest;
        let rollover = if newest < 0x8000 && difference > 0x8000 {
            rollover.saturating_sub(1)
        } else if newest >= 0x8000 && difference < -0x8000 {
            rollover + 1
        } else {
            rollover
        };
        rollover << 16 | u64::from(sequence)
    }

    /// Remembers a packet that passed.
    fn mark(&mut self, index: u64) {
        let first_new = self.highest.map_or(index, |highest| highest + 1);
        if index >= first_new {
            if index - first_new >= WINDOW_PACKETS {
                self.seen = [0; WINDOW_WORDS];
            } else {
                (first_new..index).for_each(|skipped| self.set_bit(skipped, 0));
            }
            self.highest = Some(index);
        }
        self.set_bit(index, 1);
    }

    fn bit(&self, index: u64) -> bool {
        let word = self.seen.get((index % WINDOW_PACKETS / 64) as usize).copied().unwrap_or(0);
        word >> (index % 64) & 1 == 1
    }

    fn set_bit(&mut self, index: u64, value: u64) {
        if let Some(word) = self.seen.get_mut((index % WINDOW_PACKETS / 64) as usize) {
            *word = *word & !(1 << (index % 64)) | value << (index % 64);
        }
    }
}

/// A window for each SSRC, made when its first packet passed.
pub(super) struct Sources {
    rtp: Table,
    rtcp: Table,
}

impl Default for Sources {
    fn default() -> Self {
        Self { rtp: Table::NEW, rtcp: Table::NEW }
    }
}

impl Sources {
    pub(super) fn rtp(&self, ssrc: u32) -> &Window {
        self.rtp.get(ssrc)
    }

    pub(super) fn rtcp(&self, ssrc: u32) -> &Window {
        self.rtcp.get(ssrc)
    }

    pub(super) fn mark_rtp(&mut self, ssrc: u32, index: u64) -> Result<(), SrtpError> {
        self.rtp.entry(ssrc)?.mark(index);
        Ok(())
    }

    pub(super) fn mark_rtcp(&mut self, ssrc: u32, index: u32) -> Result<(), SrtpError> {
        self.rtcp.entry(ssrc)?.mark(u64::from(index));
        Ok(())
    }

    /// The index of our next SRTCP packet; the first is 1, as the vectors and common implementations have it.
    pub(super) fn next_rtcp(&self, ssrc: u32) -> Result<u32, SrtpError> {
        let highest = self.rtcp.get(ssrc).highest.unwrap_or(0);
        let next = u32::try_from(highest + 1).map_err(|_| SrtpError::KeyExhausted)?;
        if next > MAX_RTCP_INDEX { Err(SrtpError::KeyExhausted) } else { Ok(next) }
    }
}

static NOTHING_SEEN: Window = Window::NEW;

/// At most [`MAX_SOURCES`] windows. A source is never forgotten while the keys live, or its packets could be replayed.
struct Table {
    sources: Vec<(u32, Window)>,
}

impl Table {
    const NEW: Self = Self { sources: Vec::new() };

    fn get(&self, ssrc: u32) -> &Window {
        self.sources.iter().find(|source| source.0 == ssrc).map_or(&NOTHING_SEEN, |source| &source.1)
    }

    fn entry(&mut self, ssrc: u32) -> Result<&mut Window, SrtpError> {
        let position = match self.sources.iter().position(|source| source.0 == ssrc) {
            Some(position) => position,
            None if self.sources.len() >= MAX_SOURCES => return Err(SrtpError::TooManySources),
            None => {
                self.sources.push((ssrc, Window::NEW));
                self.sources.len() - 1
            }
        };
        self.sources.get_mut(position).map(|source| &mut source.1).ok_or(SrtpError::TooManySources)
    }
}
