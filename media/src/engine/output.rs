//! What the engine wants done: packets in buffers made beforehand, and events.

use std::collections::VecDeque;
use std::net::SocketAddr;

use super::LegIndex;
use super::timer::Timers;
use crate::event::Event;
use crate::leg::webrtc::Road;

/// Bytes of one buffer: an Ethernet packet with room for an SRTP tag. An odd number of cache lines, so that the beginnings of
/// packets do not push each other out of the cache.
pub const BUFFER_BYTES: usize = 33 * 64;
/// Packets that may wait to be sent. The shell empties the list before it is full; a packet beyond is dropped and counted.
pub const MAX_TRANSMITS: usize = 1_024;
/// Events that may wait for the shell, which takes them after every step; further ones are dropped and counted.
pub const MAX_EVENTS: usize = 16_384;

/// Which socket: of the Leg, or where all browsers of the Worker come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    Rtp,
    Rtcp,
    Browser(Road),
}

/// Where things go that a Leg brings about.
pub(super) struct Exit<'a> {
    pub outputs: &'a mut Outputs,
    pub timers: &'a mut Timers,
}

/// One packet to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Transmit {
    pub leg: LegIndex,
    pub channel: Channel,
    pub to: SocketAddr,
    pub length: usize,
}

/// Packets and events of the steps since the shell last took them.
pub struct Outputs {
    buffers: Vec<[u8; BUFFER_BYTES]>,
    transmits: Vec<Transmit>,
    pub(super) events: VecDeque<Event>,
    dropped_packets: u64,
    dropped_events: u64,
}

impl Outputs {
    pub(super) fn new() -> Self {
        Self {
            buffers: vec![[0; BUFFER_BYTES]; MAX_TRANSMITS],
            transmits: Vec::with_capacity(MAX_TRANSMITS),
            events: VecDeque::new(),
            dropped_packets: 0,
            dropped_events: 0,
        }
    }

    /// The buffer of the next packet; [`Self::commit`] makes it one. None and counted when all are in use.
    pub(super) fn buffer(&mut self) -> Option<&mut [u8; BUFFER_BYTES]> {
        let buffer = self.buffers.get_mut(self.transmits.len());
        if buffer.is_none() {
            self.dropped_packets += 1;
        }
        buffer
    }

    pub(super) fn commit(&mut self, transmit: Transmit) {
        if self.transmits.len() < MAX_TRANSMITS {
            self.transmits.push(transmit);
        }
    }

    pub(super) fn event(&mut self, event: Event) {
        if self.events.len() < MAX_EVENTS {
            self.events.push_back(event);
        } else {
            self.dropped_events += 1;
        }
    }

    /// Packets that wait to be sent.
    pub fn waiting(&self) -> usize {
        self.transmits.len()
    }

    /// Free buffers.
    pub fn room(&self) -> usize {
        MAX_TRANSMITS - self.transmits.len()
    }

    /// Packets that found no buffer.
    pub fn dropped_packets(&self) -> u64 {
        self.dropped_packets
    }

    /// Events that found no place.
    pub fn dropped_events(&self) -> u64 {
        self.dropped_events
    }

    /// The packets in the order they were made.
    pub fn transmits(&self) -> impl Iterator<Item = (&Transmit, &[u8])> {
        self.transmits
            .iter()
            .zip(&self.buffers)
            .map(|(transmit, buffer)| (transmit, buffer.get(..transmit.length).unwrap_or(&[])))
    }

    /// The packets have been sent.
    pub fn clear_transmits(&mut self) {
        self.transmits.clear();
    }
}
