//! Browsers: whose datagram it is, and the life of the instances beneath their Legs.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Instant;

use str0m::media::KeyframeRequestKind;

use super::output::{Channel, Exit, Transmit};
use super::party::Party;
use super::timer::Reason;
use super::{AddError, Engine, LegIndex};
use crate::command::LegId;
use crate::event::Event;
use crate::leg::webrtc::{Browser, BrowserHost, Check, Fact, Phase, Road, Step, ufrag_of};
use crate::player::Prompt;
use crate::rtp;
use crate::webrtc::IceCredentials;

/// Who is behind which ufrag and address.
#[derive(Default)]
pub(super) struct Browsers {
    host: Option<BrowserHost>,
    by_ufrag: HashMap<String, LegIndex>,
    /// Validated by ICE, and only those: nobody else reaches DTLS or SRTP (CVE-2023-49786).
    by_address: HashMap<(Road, SocketAddr), LegIndex>,
    strangers: u64,
}

/// The kinds of packets on one port (RFC 7983 §7).
enum Datagram {
    Stun,
    Dtls,
    Rtp,
    Rtcp,
    Other,
}

impl Engine {
    /// From now on WebRTC legs can be added.
    pub fn with_browsers(mut self, host: BrowserHost) -> Self {
        self.browsers.host = Some(host);
        // Made now rather than in the middle of a call.
        drop(Prompt::comfort());
        self
    }

    /// A Leg without sockets of its own: `ice.ufrag` finds it. It hears silence until it is configured.
    pub fn add_browser_leg(&mut self, id: LegId, ice: &IceCredentials) -> Result<LegIndex, AddError> {
        if self.browsers.host.is_none() {
            return Err(AddError::NoBrowsers);
        }
        if self.browsers.by_ufrag.contains_key(&ice.ufrag) {
            return Err(AddError::Duplicate);
        }
        let index = self.add_leg(id)?;
        self.browsers.by_ufrag.insert(ice.ufrag.clone(), index);
        Ok(index)
    }

    /// Whether it is a WebRTC leg; such a one never moves.
    pub fn is_browser(&self, id: LegId) -> bool {
        let Some(index) = self.index_of(id) else { return false };
        self.browsers.by_ufrag.values().any(|&leg| leg == index)
    }

    /// Datagrams of nobody that we know.
    pub fn strangers(&self) -> u64 {
        self.browsers.strangers
    }

    /// Takes what came in where browsers do: one datagram, or one frame of a TCP connection (RFC 4571).
    pub fn handle_browser(&mut self, now: Instant, road: Road, from: SocketAddr, packet: &[u8]) {
        let handled = match datagram(packet) {
            Datagram::Stun => self.handle_check(now, road, from, packet),
            Datagram::Rtp => self.handle_browser_rtp(now, road, from, packet),
            Datagram::Dtls | Datagram::Rtcp => self.pass_on(now, road, from, packet),
            Datagram::Other => None,
        };
        match handled {
            Some(index) => self.settle(now, index),
            None => self.browsers.strangers += 1,
        }
    }

    /// A TCP connection has ended: whoever gets the same port again must be validated anew.
    pub fn road_closed(&mut self, road: Road, from: SocketAddr) {
        let Some(index) = self.browsers.by_address.remove(&(road, from)) else { return };
        if let Some(browser) = self.browser_mut(index) {
            browser.forget(road, from);
        }
    }

    /// Applies the agreement of a WebRTC leg (see [`crate::command::Command::Configure`]).
    pub(super) fn configure_browser(&mut self, now: Instant, index: LegIndex) {
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        let (Some(settings), Some(host)) = (&party.settings, &self.browsers.host) else { return };
        let Some(agreed) = &settings.webrtc else { return };
        self.browsers.by_ufrag.retain(|_, leg| *leg != index);
        self.browsers.by_ufrag.insert(agreed.local_ice.ufrag.clone(), index);
        party.outgoing.stream.set_ssrc(agreed.audio.local_ssrc);
        match &mut party.browser {
            Some(browser) if browser.is_instance_of(agreed) => browser.update(agreed),
            slot => {
                for address in slot.iter().flat_map(|old| &old.addresses) {
                    self.browsers.by_address.remove(address);
                }
                *slot = Browser::new(now, host, settings, agreed).map(Box::new);
                self.comfort_listeners(now, index);
            }
        }
        self.settle(now, index);
    }

    /// Before a Leg goes: says farewell and forgets its names.
    pub(super) fn dismiss_browser(&mut self, now: Instant, index: LegIndex) {
        if let Some(browser) = self.browser_mut(index) {
            browser.close();
            self.settle(now, index);
        }
    }

    /// Nobody finds the Leg any more.
    pub(super) fn forget_browser(&mut self, index: LegIndex) {
        if self.browsers.host.is_some() {
            self.browsers.by_ufrag.retain(|_, leg| *leg != index);
            self.browsers.by_address.retain(|_, leg| *leg != index);
        }
    }

    pub(super) fn browser_timeout(&mut self, now: Instant, index: LegIndex) {
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        let leg = party.id;
        let Some(browser) = &mut party.browser else { return };
        if browser.handle_timeout(now) {
            self.outputs.event(Event::BrowserLost { leg });
            self.comfort_listeners(now, index);
        }
        self.settle(now, index);
    }

    /// Takes what an instance wants done, and does it. After every change of one.
    pub(super) fn settle(&mut self, now: Instant, index: LegIndex) {
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        let mut exit = Exit { outputs: &mut self.outputs, timers: &mut self.timers };
        let mut facts = party.flush_browser(now, index, &mut exit);
        for fact in facts.drain(..) {
            self.act_on(now, index, fact);
        }
        // Back for its memory.
        if let Some(browser) = self.browser_mut(index)
            && browser.facts.is_empty()
        {
            browser.facts = facts;
        }
    }

    fn act_on(&mut self, now: Instant, index: LegIndex, fact: Fact) {
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        let leg = party.id;
        match fact {
            Fact::Closed => {
                self.outputs.event(Event::BrowserClosed { leg });
                self.comfort_listeners(now, index);
            }
            Fact::Connected => {
                self.outputs.event(Event::BrowserConnected { leg });
                self.want_keyframe(now, index, KeyframeRequestKind::Pli);
            }
            Fact::Packet(packet) => self.take_browser_packet(now, index, &packet),
            Fact::KeyframeWanted(kind) => self.want_keyframe(now, index, kind),
            Fact::Rate(rate_bps) => self.limit_source(now, index, rate_bps),
            Fact::Report(report) => party.read_browser_report(&report),
        }
    }

    /// The instance is settled in the next step of the engine, for something else is being settled now.
    pub(super) fn settle_soon(&mut self, now: Instant, index: LegIndex) {
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        self.timers.set(&mut party.deadlines, index, Reason::Browser, Some(now));
    }

    /// Which Leg a check is for; its address is validated.
    fn handle_check(
        &mut self,
        now: Instant,
        road: Road,
        from: SocketAddr,
        packet: &[u8],
    ) -> Option<LegIndex> {
        let index = *self.browsers.by_ufrag.get(ufrag_of(packet)?)?;
        let party = self.parties.get_mut(index as usize)?.as_mut()?;
        let leg = party.id;
        let browser = party.browser.as_mut()?;
        let check = Check::of(packet, browser.agreed())?;
        let forgotten = browser.validate(now, road, from, &check, packet).ok()?;
        if browser.phase == Phase::Lost {
            browser.phase = Phase::Connected;
            self.outputs.event(Event::BrowserConnected { leg });
        }
        if let Some(address) = forgotten {
            self.browsers.by_address.remove(&address);
        }
        self.browsers.by_address.insert((road, from), index);
        Some(index)
    }

    fn pass_on(&mut self, now: Instant, road: Road, from: SocketAddr, packet: &[u8]) -> Option<LegIndex> {
        let index = *self.browsers.by_address.get(&(road, from))?;
        self.browser_mut(index)?.receive(now, road, from, packet);
        Some(index)
    }

    pub(super) fn browser_at(&self, road: Road, from: SocketAddr) -> Option<LegIndex> {
        self.browsers.by_address.get(&(road, from)).copied()
    }

    pub(super) fn browser_mut(&mut self, index: LegIndex) -> Option<&mut Browser> {
        self.parties.get_mut(index as usize)?.as_mut()?.browser.as_deref_mut()
    }
}

impl Party {
    /// Sends all that the instance has ready, and sets its next deadline. Returns what else it brought.
    pub(super) fn flush_browser(&mut self, now: Instant, leg: LegIndex, exit: &mut Exit<'_>) -> Vec<Fact> {
        let Some(browser) = &mut self.browser else { return Vec::new() };
        let next = loop {
            match browser.step() {
                Step::Wait(at) => break at,
                Step::Transmit { road, to, contents } => {
                    let Some(buffer) = exit.outputs.buffer() else { continue };
                    let length = contents.len();
                    if let Some(room) = buffer.get_mut(..length) {
                        room.copy_from_slice(&contents);
                        exit.outputs.commit(Transmit { leg, channel: Channel::Browser(road), to, length });
                    }
                }
            }
        };
        // An earlier deadline stands: it only asks again. So a packet does not move a timer.
        let set = self.deadlines[Reason::Browser as usize];
        if let Some(next) = next.filter(|&next| set.is_none_or(|set| next < set)) {
            exit.timers.set(&mut self.deadlines, leg, Reason::Browser, Some(next.max(now)));
        }
        std::mem::take(&mut browser.facts)
    }

    /// The same while the engine is busy with another Leg: what it brought is acted on in the next step.
    pub(super) fn flush_browser_later(&mut self, now: Instant, leg: LegIndex, exit: &mut Exit<'_>) {
        let facts = self.flush_browser(now, leg, exit);
        let Some(browser) = &mut self.browser else { return };
        if !facts.is_empty() {
            exit.timers.set(&mut self.deadlines, leg, Reason::Browser, Some(now));
        }
        browser.facts = facts;
    }
}

/// RFC 7983 §7, with RTCP told by its second byte (RFC 5761 §4).
fn datagram(packet: &[u8]) -> Datagram {
    match packet.first() {
        Some(0..=3) => Datagram::Stun,
        Some(20..=63) => Datagram::Dtls,
        Some(128..=191) if rtp::is_rtcp(packet) => Datagram::Rtcp,
        Some(128..=191) => Datagram::Rtp,
        Some(_) | None => Datagram::Other,
    }
}
