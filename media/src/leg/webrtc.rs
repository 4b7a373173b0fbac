//! One browser instance beneath a Leg: ICE, DTLS and SRTP by str0m, stepped by the engine. What was negotiated stands in
//! [`WebRtcAgreed`]; nothing here reads or writes SDP.

mod build;
mod check;
mod sent;
mod stream;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::bwe::BweKind;
use str0m::media::KeyframeRequestKind;
use str0m::net::{DatagramSend, Protocol, Receive};
use str0m::rtp::RtpPacket;
use str0m::stats::MediaEgressStats;
use str0m::{Event, Input, Output, Rtc};

use crate::webrtc::certificate::DtlsCertificate;
use crate::webrtc::{LOST_AFTER, WebRtcAgreed};

pub(crate) use check::{Check, ufrag_of};
pub(crate) use stream::Kind;

use sent::Sent;
use stream::{Known, Trial};

/// Addresses from which one browser instance may be heard at a time: its networks, by UDP and TCP.
const MAX_ADDRESSES: usize = 16;
/// Addresses that one instance may use in its life. str0m forgets none.
const MAX_ADDRESSES_EVER: usize = 256;
/// A timeout further away than this is none.
const NEVER: Duration = Duration::from_secs(24 * 3600);

/// One way between a Worker and browsers: a socket, by its place in the Worker's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Road {
    Udp(u8),
    Tcp(u8),
}

/// What all browser instances of a Worker have in common.
#[derive(Clone, Debug)]
pub struct BrowserHost {
    pub certificate: DtlsCertificate,
    /// The advertised address of each road.
    pub roads: Vec<(Road, SocketAddr)>,
}

/// What a step of a browser instance brought.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one packet at a time, in a list that is kept")]
pub(crate) enum Fact {
    Closed,
    Connected,
    Packet(RtpPacket),
    /// The browser lost the picture that we send.
    KeyframeWanted(KeyframeRequestKind),
    /// What the path to the browser carries, in bit/s.
    Rate(u64),
    /// What the browser reports of our audio.
    Report(Box<MediaEgressStats>),
}

/// The next thing that a browser instance wants. What it tells gathers in [`Browser::facts`].
pub(crate) enum Step {
    Transmit {
        road: Road,
        to: SocketAddr,
        contents: DatagramSend,
    },
    /// Nothing more before this time.
    Wait(Option<Instant>),
}

/// How far the transport is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Connecting,
    Connected,
    /// Nothing came for [`LOST_AFTER`].
    Lost,
    Closed,
}

/// See the module.
pub(crate) struct Browser {
    rtc: Rtc,
    agreed: WebRtcAgreed,
    roads: Vec<(Road, SocketAddr)>,
    pub phase: Phase,
    /// ICE-validated; the last one is the newest.
    pub addresses: Vec<(Road, SocketAddr)>,
    addresses_ever: usize,
    /// Where the browser wants to be sent to.
    nominated: Option<(Road, SocketAddr)>,
    last_seen: Instant,
    audio: Known,
    video: Option<Known>,
    audio_sent: Sent,
    video_sent: Sent,
    trial: Option<Trial>,
    /// RTP packets that were not authentic, or were replayed.
    pub refused: u64,
    /// What [`Self::step`] brought and the engine has not taken yet.
    pub facts: Vec<Fact>,
}

impl Browser {
    /// What it was made of.
    pub fn agreed(&self) -> &WebRtcAgreed {
        &self.agreed
    }

    /// Whether packets of ours can be sealed and have somewhere to go.
    pub fn is_connected(&self) -> bool {
        self.phase == Phase::Connected
    }

    /// A datagram of an address that was validated: DTLS or RTCP. Errors are the browser's, and cost it the datagram.
    pub fn receive(&mut self, now: Instant, road: Road, from: SocketAddr, packet: &[u8]) {
        if let Some(receive) = self.to_receive(road, from, packet) {
            let _ = self.rtc.handle_input(Input::Receive(now, receive));
        }
    }

    /// A STUN request that [`Check::of`] found to be this browser's: its address is valid from now on (RFC 8445 §7.3).
    /// Returns the address that was forgotten for it.
    pub fn validate(
        &mut self,
        now: Instant,
        road: Road,
        from: SocketAddr,
        check: &Check,
        packet: &[u8],
    ) -> Result<Option<(Road, SocketAddr)>, TooManyAddresses> {
        let forgotten = self.remember(road, from)?;
        // A lite agent sends to what was nominated last (RFC 8445 §8.1.1); str0m would go on with the old pair.
        if *check == Check::Nominates && self.nominated != Some((road, from)) {
            if self.nominated.is_some() {
                self.drop_pairs();
            }
            self.nominated = Some((road, from));
        }
        self.last_seen = now;
        self.receive(now, road, from, packet);
        Ok(forgotten)
    }

    /// The address is gone: its TCP connection has ended.
    pub fn forget(&mut self, road: Road, from: SocketAddr) {
        self.addresses.retain(|&address| address != (road, from));
    }

    /// Something authentic came.
    pub fn saw(&mut self, now: Instant) {
        self.last_seen = now;
    }

    /// Time has come. True: nothing came for so long that the browser is lost.
    pub fn handle_timeout(&mut self, now: Instant) -> bool {
        let _ = self.rtc.handle_input(Input::Timeout(now));
        let lost = self.phase == Phase::Connected && now >= self.last_seen + LOST_AFTER;
        if lost {
            self.phase = Phase::Lost;
        }
        lost
    }

    /// One thing after the other, until [`Step::Wait`].
    pub fn step(&mut self) -> Step {
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(at)) => {
                    self.end_trial();
                    return Step::Wait(self.deadline(at));
                }
                Ok(Output::Transmit(transmit)) => {
                    let road = self.road_of(transmit.proto, transmit.source);
                    let (to, contents) = (transmit.destination, transmit.contents);
                    if let Some(road) = road {
                        return Step::Transmit { road, to, contents };
                    }
                }
                Ok(Output::Event(event)) => {
                    let fact = self.fact_of(event);
                    self.facts.extend(fact);
                }
                // A certificate that is not the agreed one, or a handshake that cannot go on: str0m is silent from now on.
                Err(_) => {
                    self.rtc.disconnect();
                    self.phase = Phase::Closed;
                    self.facts.push(Fact::Closed);
                }
            }
        }
    }

    /// Says farewell (DTLS close_notify, RTCP BYE); the rest comes by [`Self::step`].
    pub fn close(&mut self) {
        let _ = self.rtc.close();
    }

    /// Whether a later agreement is about this instance. Another certificate is another DTLS association (RFC 8842 §5.1).
    pub fn is_instance_of(&self, agreed: &WebRtcAgreed) -> bool {
        let unchanged = (self.agreed.remote_fingerprint, self.agreed.dtls_role);
        unchanged == (agreed.remote_fingerprint, agreed.dtls_role) && self.phase != Phase::Closed
    }

    /// Applies a later agreement. Other ICE credentials: the path is found anew, DTLS and SRTP go on (RFC 8445 §9).
    pub fn update(&mut self, agreed: &WebRtcAgreed) {
        let ice = (&self.agreed.local_ice, &self.agreed.remote_ice);
        if ice != (&agreed.local_ice, &agreed.remote_ice) {
            let mut api = self.rtc.direct_api();
            api.set_local_ice_credentials(build::credentials(&agreed.local_ice));
            api.set_remote_ice_credentials(build::credentials(&agreed.remote_ice));
            self.drop_pairs();
            self.nominated = None;
        }
        if (&self.agreed.audio, &self.agreed.video) != (&agreed.audio, &agreed.video) {
            self.declare(agreed);
        }
        self.agreed = agreed.clone();
    }

    fn fact_of(&mut self, event: Event) -> Option<Fact> {
        match event {
            Event::Connected => {
                self.phase = Phase::Connected;
                Some(Fact::Connected)
            }
            Event::Closed => {
                self.phase = Phase::Closed;
                Some(Fact::Closed)
            }
            Event::RtpPacket(packet) => {
                self.confirm(*packet.header.ssrc);
                Some(Fact::Packet(packet))
            }
            Event::KeyframeRequest(request) => Some(Fact::KeyframeWanted(request.kind)),
            Event::EgressBitrateEstimate(BweKind::Twcc { estimate, .. } | BweKind::Remb { estimate, .. }) => {
                Some(Fact::Rate(estimate.as_u64()))
            }
            Event::MediaEgressStats(report) => {
                let is_audio = build::same_mid(report.mid, &self.agreed.audio.mid);
                is_audio.then(|| Fact::Report(Box::new(report)))
            }
            // The rest is about data channels, frames and statistics that are counted elsewhere.
            _ => None,
        }
    }

    fn deadline(&self, at: Instant) -> Option<Instant> {
        let lost_at = (self.phase == Phase::Connected).then_some(self.last_seen + LOST_AFTER);
        let at = (at < self.last_seen + NEVER).then_some(at);
        at.into_iter().chain(lost_at).min()
    }

    fn to_receive<'a>(&self, road: Road, from: SocketAddr, packet: &'a [u8]) -> Option<Receive<'a>> {
        let proto = match road {
            Road::Udp(_) => Protocol::Udp,
            Road::Tcp(_) => Protocol::Tcp,
        };
        let &(_, local) = self.roads.iter().find(|&&(own, _)| own == road)?;
        Receive::new(proto, from, local, packet).ok()
    }

    fn road_of(&self, proto: Protocol, local: SocketAddr) -> Option<Road> {
        let fits = |road: Road| match road {
            Road::Udp(_) => proto == Protocol::Udp,
            Road::Tcp(_) => proto == Protocol::Tcp,
        };
        self.roads.iter().find(|&&(road, own)| own == local && fits(road)).map(|&(road, _)| road)
    }

    fn remember(
        &mut self,
        road: Road,
        from: SocketAddr,
    ) -> Result<Option<(Road, SocketAddr)>, TooManyAddresses> {
        if self.addresses.contains(&(road, from)) {
            return Ok(None);
        }
        if self.addresses_ever >= MAX_ADDRESSES_EVER {
            return Err(TooManyAddresses);
        }
        self.addresses_ever += 1;
        let oldest = self.addresses.iter().position(|&address| Some(address) != self.nominated);
        let full = self.addresses.len() >= MAX_ADDRESSES;
        let forgotten = oldest.filter(|_| full).map(|place| self.addresses.remove(place));
        self.addresses.push((road, from));
        Ok(forgotten)
    }

    /// str0m forgets pairs, and which of them was nominated, with the local candidate.
    fn drop_pairs(&mut self) {
        for candidate in build::candidates(&self.roads) {
            self.rtc.direct_api().invalidate_candidate(&candidate);
            self.rtc.add_local_candidate(candidate);
        }
    }
}

/// A browser that comes from ever new addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooManyAddresses;
