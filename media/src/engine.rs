//! The Legs of one Worker: packets, orders and time go in, packets and events come out. No socket, thread, clock or lock.
//!
//! **One change, then drain:** after each `handle_*` or order the shell takes [`Engine::outputs`] and events, and asks
//! [`Engine::poll_timeout`] when to come again.

mod browser;
mod browser_media;
mod comfort;
mod configure;
mod keep_up;
mod listen;
mod one_way;
mod output;
mod party;
mod phone_pictures;
mod receive;
mod recordings;
mod report;
mod room;
mod room_voice;
mod route;
mod statistics;
mod timeout;
mod timer;
mod transcode;

use std::collections::HashMap;
use std::time::Instant;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::bridge::OutgoingStream;
use crate::command::LegId;
use crate::event::Event;
use crate::large_pages;
use crate::leg::LegStatistics;
use crate::recorder::ring::Producer;

pub use output::{BUFFER_BYTES, Channel, MAX_EVENTS, MAX_TRANSMITS, Outputs, Transmit};
pub use party::Party;
pub use timer::Reason;

use browser::Browsers;
use party::Hear;
use recordings::Recordings;
use room::Rooms;
use timer::Timers;

/// A Leg's place in its engine: what the shell knows a socket by. Used again after the Leg is gone.
pub type LegIndex = u32;

/// Limits and identity of an engine.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Legs it takes; a further one is refused.
    pub max_legs: usize,
    pub max_recordings: usize,
    /// Name in our RTCP (RFC 3550 §6.5.1).
    pub cname: String,
    /// For SSRC, sequence numbers and RTCP times.
    pub seed: u64,
    /// NTP time of `started`: seconds since 1900 times 2^32.
    pub ntp_at_start: u64,
}

/// See the module.
pub struct Engine {
    config: EngineConfig,
    started: Instant,
    /// As long as it will ever be, so that no growth holds packets up.
    parties: Vec<Option<Party>>,
    free: Vec<LegIndex>,
    by_id: HashMap<LegId, LegIndex>,
    timers: Timers,
    outputs: Outputs,
    recordings: Recordings,
    random: SmallRng,
    browsers: Browsers,
    rooms: Rooms,
    /// A packet that a browser instance has opened, on its way to the listeners.
    plain: Box<[u8]>,
}

/// Why a Leg was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddError {
    Duplicate,
    Full,
    /// Browsers cannot come in here.
    NoBrowsers,
}

impl Engine {
    /// `taps` is the way to the recorder.
    pub fn new(started: Instant, config: EngineConfig, taps: Producer) -> Self {
        let parties = Vec::with_capacity(config.max_legs);
        large_pages::advise(&parties);
        Self {
            started,
            parties,
            free: Vec::new(),
            by_id: HashMap::new(),
            timers: Timers::default(),
            outputs: Outputs::new(),
            recordings: Recordings::new(taps, config.max_recordings),
            random: SmallRng::seed_from_u64(config.seed),
            browsers: Browsers::default(),
            rooms: Rooms::default(),
            plain: vec![0; BUFFER_BYTES].into_boxed_slice(),
            config,
        }
    }

    /// A new Leg: it hears silence and sends nothing until it is configured.
    pub fn add_leg(&mut self, id: LegId) -> Result<LegIndex, AddError> {
        let stream = self.new_stream();
        self.adopt(Box::new(Party::new(id, stream)), self.started)
    }

    /// Takes over a Leg that another engine has released. Its deadlines are set anew.
    pub fn adopt(&mut self, mut party: Box<Party>, now: Instant) -> Result<LegIndex, AddError> {
        if self.by_id.contains_key(&party.id) {
            return Err(AddError::Duplicate);
        }
        if self.by_id.len() >= self.config.max_legs {
            return Err(AddError::Full);
        }
        party.deadlines = Default::default();
        let id = party.id;
        let index = match self.free.pop() {
            Some(index) => index,
            None => {
                self.parties.push(None);
                (self.parties.len() - 1) as LegIndex
            }
        };
        if let Some(place) = self.parties.get_mut(index as usize) {
            *place = Some(*party);
        }
        self.by_id.insert(id, index);
        self.start_timers(now, index);
        Ok(index)
    }

    /// The Leg leaves, to be adopted elsewhere. Whoever heard it hears silence; it hears silence.
    pub fn release(&mut self, id: LegId) -> Option<(LegIndex, Box<Party>)> {
        let index = self.by_id.remove(&id)?;
        self.stop_hearing(index);
        let mut party = self.parties.get_mut(index as usize)?.take()?;
        for listener in std::mem::take(&mut party.incoming.listeners).iter() {
            if let Some(Some(other)) = self.parties.get_mut(listener as usize) {
                other.outgoing.hear = Hear::Silence;
            }
        }
        party.incoming.taps.clear();
        party.outgoing.taps.clear();
        self.forget_browser(index);
        self.free.push(index);
        Some((index, Box::new(party)))
    }

    /// The Leg is over; its statistics come as [`Event::LegRemoved`]. A BYE (RFC 3550 §6.3.7) is left in the outputs, so
    /// the shell sends those before it closes the sockets.
    pub fn remove_leg(&mut self, now: Instant, id: LegId) -> Option<LegIndex> {
        let index = *self.by_id.get(&id)?;
        self.send_goodbye(now, index);
        self.dismiss_browser(now, index);
        let statistics = self.statistics_of(now, index).unwrap_or_default();
        self.release(id)?;
        self.outputs.event(Event::LegRemoved { leg: id, statistics });
        Some(index)
    }

    /// Where a Leg is.
    pub fn index_of(&self, id: LegId) -> Option<LegIndex> {
        self.by_id.get(&id).copied()
    }

    /// Legs held now.
    pub fn legs(&self) -> usize {
        self.by_id.len()
    }

    /// Statistics of all Legs.
    pub fn statistics(&self, now: Instant) -> Vec<(LegId, LegStatistics)> {
        let one = |(&id, &index): (&LegId, &LegIndex)| Some((id, self.statistics_of(now, index)?));
        self.by_id.iter().filter(|(id, _)| !id.is_pictures()).filter_map(one).collect()
    }

    /// The packets that wait to be sent.
    pub fn outputs(&mut self) -> &mut Outputs {
        &mut self.outputs
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.outputs.events.pop_front()
    }

    fn new_stream(&mut self) -> OutgoingStream {
        OutgoingStream::new(self.random.random(), self.random.random(), self.random.random())
    }

    fn party(&self, id: LegId) -> Option<&Party> {
        self.parties.get(self.index_of(id)? as usize)?.as_ref()
    }

    fn party_mut(&mut self, id: LegId) -> Option<&mut Party> {
        let index = self.index_of(id)?;
        self.parties.get_mut(index as usize)?.as_mut()
    }
}
