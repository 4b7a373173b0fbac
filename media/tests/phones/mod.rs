//! Phones, two of them or more, on a network that is only arithmetic.

#![expect(dead_code, reason = "each test file uses a part of this")]

pub mod mouth;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use ramal_media::codec::tone::Oscillator;
use ramal_media::codec::{Encoder, KnownCodec};
use ramal_media::command::{LegId, RecordingId, Source, Tapped};
use ramal_media::engine::{Channel, Engine, EngineConfig, LegIndex};
use ramal_media::event::Event;
use ramal_media::leg::{LegSettings, LegStatistics, SourcePolicy};
use ramal_media::recorder::ring::{Consumer, ring};
use ramal_media::rtp::Header;
use ramal_media::sdp::{AgreedCodec, Codec, Direction, SrtpKeys};
use ramal_media::srtp::{Context, MasterKey, Suite};

pub const PT_EVENT: u8 = 101;

pub fn id(leg: usize) -> LegId {
    LegId(leg as u64 + 1)
}

fn address(leg: usize) -> SocketAddr {
    SocketAddr::from(([192, 0, 2 + (leg / 250) as u8, (leg % 250) as u8 + 1], 4_000))
}

pub fn settings(leg: usize) -> LegSettings {
    settings_with(leg, vec![AgreedCodec { codec: Codec::pcmu(), send_pt: 0, receive_pt: 0 }])
}

pub fn settings_with(leg: usize, codecs: Vec<AgreedCodec>) -> LegSettings {
    LegSettings {
        remote_rtp: address(leg),
        remote_rtcp: SocketAddr::new(address(leg).ip(), 4_001),
        rtcp_mux: false,
        codecs,
        dtmf: Some(Codec::telephone_event(PT_EVENT, 8_000).into()),
        direction: Direction::SendRecv,
        ptime_ms: 20,
        srtp: None,
        webrtc: None,
        video: None,
        source_policy: SourcePolicy::LearnAndLock,
        media_timeout_ms: 0,
    }
}

/// A packet that reached a phone.
#[derive(Debug)]
pub struct Received {
    pub header: Header,
    pub payload: Vec<u8>,
    pub to: SocketAddr,
}

pub struct Phone {
    pub address: SocketAddr,
    pub settings: LegSettings,
    index: LegIndex,
    sequence: u16,
    timestamp: u32,
    /// Timestamp units of a packet.
    pub ticks: u32,
    ssrc: u32,
    received: Vec<Received>,
    pub reports: usize,
    contexts: Option<(Context, Context)>,
    voice: Option<(f64, Oscillator)>,
}

impl Phone {
    /// The next packet of the phone.
    pub fn packet(&mut self, payload_type: u8, payload: &[u8]) -> Vec<u8> {
        let header = Header::new(payload_type, self.sequence, self.timestamp, self.ssrc);
        self.skip();
        let mut packet = header.to_bytes().to_vec();
        packet.extend_from_slice(payload);
        let length = packet.len();
        if let Some((protect, _)) = &mut self.contexts {
            packet.resize(length + 32, 0);
            let length = protect.protect_rtp(&mut packet, length).unwrap();
            packet.truncate(length);
        }
        packet
    }

    /// Nothing is sent for the time of a packet.
    pub fn skip_time(&mut self) {
        self.timestamp = self.timestamp.wrapping_add(self.ticks);
    }

    /// A packet is lost on the way.
    pub fn skip(&mut self) {
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(self.ticks);
    }
}

pub struct Call {
    pub now: Instant,
    pub engine: Engine,
    pub phones: Vec<Phone>,
    pub consumer: Consumer,
    events: Vec<Event>,
}

impl Call {
    pub fn new() -> Self {
        Self::with_ring(1_024)
    }

    pub fn with_ring(packets: usize) -> Self {
        let mut call = Self::make(packets);
        call.add_phones(2);
        call
    }

    /// So many phones that do not hear each other yet.
    pub fn of(phones: usize) -> Self {
        let mut call = Self::make(16);
        call.add_phones(phones);
        call
    }

    fn add_phones(&mut self, count: usize) {
        for leg in 0..count {
            let index = self.engine.add_leg(id(leg)).unwrap();
            self.phones.push(Phone {
                address: address(leg),
                settings: settings(leg),
                index,
                sequence: 65_530,
                timestamp: u32::MAX - 500,
                ticks: 160,
                ssrc: 0x1000 + leg as u32,
                received: Vec::new(),
                reports: 0,
                contexts: None,
                voice: None,
            });
            self.configure(leg, settings(leg));
        }
    }

    /// An engine without phones.
    pub fn empty() -> Self {
        Self::make(16)
    }

    fn make(packets: usize) -> Self {
        let now = Instant::now();
        let config = EngineConfig {
            max_legs: 2_000,
            max_recordings: 10,
            cname: "test".into(),
            seed: 7,
            ntp_at_start: 0xE000_0000 << 32,
        };
        let (producer, consumer) = ring(packets);
        Self {
            now,
            engine: Engine::new(now, config, producer),
            phones: Vec::new(),
            consumer,
            events: Vec::new(),
        }
    }

    pub fn configure(&mut self, leg: usize, settings: LegSettings) {
        self.phones[leg].settings = settings.clone();
        self.engine.configure(self.now, id(leg), Box::new(settings));
        self.drain();
    }

    pub fn secure(&mut self, leg: usize) {
        let suite = Suite::AesCm128HmacSha1_80;
        let (ours, theirs) =
            (MasterKey::new(suite, &[1; 30]).unwrap(), MasterKey::new(suite, &[2; 30]).unwrap());
        self.phones[leg].contexts =
            Some((Context::new(suite, &theirs).unwrap(), Context::new(suite, &ours).unwrap()));
        let mut settings = self.phones[leg].settings.clone();
        settings.srtp = Some(SrtpKeys { send: ours, receive: theirs, suite });
        self.configure(leg, settings);
    }

    pub fn bridge(&mut self) {
        self.hear(0, Source::Leg(id(1)));
        self.hear(1, Source::Leg(id(0)));
    }

    pub fn hear(&mut self, leg: usize, source: Source) {
        self.engine.hear(self.now, id(leg), source);
        self.drain();
    }

    pub fn record(&mut self) {
        self.engine.record(
            self.now,
            RecordingId(1),
            PathBuf::from("unused"),
            [Tapped::Says(id(0)), Tapped::Says(id(1))],
        );
    }

    /// 20 ms of a tone in PCMU from a phone.
    pub fn talk(&mut self, leg: usize, hz: f64) {
        let phone = &mut self.phones[leg];
        if phone.voice.as_ref().is_none_or(|(current, _)| *current != hz) {
            phone.voice = Some((hz, Oscillator::new(&[hz], 8_000, 8_000.0)));
        }
        let mut samples = [0; 160];
        phone.voice.as_mut().unwrap().1.fill(&mut samples);
        let mut payload = Vec::new();
        Encoder::new(KnownCodec::Pcmu).encode(&samples, &mut payload);
        self.send_payload(leg, 0, &payload);
    }

    pub fn send_payload(&mut self, leg: usize, payload_type: u8, payload: &[u8]) {
        let packet = self.phones[leg].packet(payload_type, payload);
        self.send_raw(leg, &packet);
    }

    pub fn send_raw(&mut self, leg: usize, packet: &[u8]) {
        let mut buffer = [0; 2_048];
        buffer[..packet.len()].copy_from_slice(packet);
        let phone = &self.phones[leg];
        self.engine.handle_rtp(self.now, phone.index, phone.address, &mut buffer, packet.len());
        self.drain();
    }

    /// A key with these durations, then so many end packets.
    pub fn press(&mut self, leg: usize, code: u8, durations: &[u16], ends: usize) {
        let timestamp = self.phones[leg].timestamp;
        let last = *durations.last().unwrap();
        let growing = durations.iter().map(|&duration| (10, duration));
        for (flags, duration) in growing.chain(std::iter::repeat_n((0x8A, last), ends)) {
            let [high, low] = duration.to_be_bytes();
            self.phones[leg].timestamp = timestamp;
            self.send_payload(leg, PT_EVENT, &[code, flags, high, low]);
            self.advance(20);
        }
        self.phones[leg].timestamp = timestamp.wrapping_add(1_600);
    }

    /// The phone begins a new stream.
    pub fn restart_phone(&mut self, leg: usize) {
        let phone = &mut self.phones[leg];
        (phone.ssrc, phone.sequence, phone.timestamp) = (phone.ssrc ^ 0xFFFF, 12_345, 99);
    }

    pub fn advance(&mut self, ms: u64) {
        let end = self.now + Duration::from_millis(ms);
        while let Some((at, _)) = self.engine.poll_timeout().filter(|(at, _)| *at <= end) {
            self.now = self.now.max(at);
            self.engine.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    pub fn drain(&mut self) {
        for (transmit, packet) in self.engine.outputs().transmits() {
            // Phones are added first and in order.
            let Some(phone) = self.phones.get_mut(transmit.leg as usize) else { continue };
            assert_eq!(phone.index, transmit.leg);
            if transmit.channel == Channel::Rtcp {
                phone.reports += 1;
                continue;
            }
            let mut packet = packet.to_vec();
            if let Some((_, unprotect)) = &mut phone.contexts {
                let length = packet.len();
                let length = unprotect.unprotect_rtp(&mut packet, length).unwrap();
                packet.truncate(length);
            }
            let header = Header::parse(&packet).unwrap();
            let payload = header.payload(&packet).to_vec();
            phone.received.push(Received { header, payload, to: transmit.to });
        }
        self.engine.outputs().clear_transmits();
        while let Some(event) = self.engine.poll_event() {
            self.events.push(event);
        }
    }

    /// Headers of what waits to be sent, whoever it is for.
    pub fn drain_headers(&mut self) -> Vec<Header> {
        self.engine.outputs().transmits().map(|(_, packet)| Header::parse(packet).unwrap()).collect()
    }

    pub fn take(&mut self, leg: usize) -> Vec<Received> {
        std::mem::take(&mut self.phones[leg].received)
    }

    pub fn events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    pub fn statistics(&self, leg: usize) -> LegStatistics {
        let all = self.engine.statistics(self.now);
        all.into_iter().find(|(found, _)| *found == id(leg)).unwrap().1
    }
}
