//! Browsers on a network that is only arithmetic: str0m as the full agent at the other end, with a certificate and SSRCs of
//! its own.

#![expect(dead_code, reason = "each test file uses a part of this")]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ramal_media::codec::g711::{linear_to_ulaw, ulaw_to_linear};
use ramal_media::codec::tone::{Oscillator, goertzel};
use ramal_media::command::LegId;
use ramal_media::engine::{Channel, Engine, EngineConfig};
use ramal_media::event::Event;
use ramal_media::leg::webrtc::{BrowserHost, Road};
use ramal_media::leg::{LegSettings, LegStatistics, SourcePolicy};
use ramal_media::recorder::ring::{Consumer, ring};
use ramal_media::sdp::{AgreedCodec, Codec, Direction};
use ramal_media::webrtc::certificate::DtlsCertificate;
use ramal_media::webrtc::{
    DtlsRole, Fingerprint, HeaderExtension, IceCredentials, Track, Video, VideoFormat, WebRtcAgreed,
};
use str0m::bwe::Bitrate;
use str0m::format::{Codec as Kind, CodecConfig, CodecSpec, FormatParams, PayloadParams};
use str0m::media::{Frequency, KeyframeRequestKind, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{Extension, ExtensionMap, RtpPacket, RtpWrite, SeqNo};
use str0m::{Candidate, Event as TabEvent, IceCreds, Input, Output, Rtc};

pub const PCMU_PT: u8 = 0;
pub const VP8_PT: u8 = 96;
pub const VP8_RTX_PT: u8 = 97;
pub const TWCC_ID: u8 = 3;
pub const MID_ID: u8 = 4;
const STEP: Duration = Duration::from_millis(1);

pub fn id(leg: usize) -> LegId {
    LegId(leg as u64 + 1)
}

/// Whether a tab shows a picture too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    Audio,
    AudioAndVideo,
}

/// A browser tab.
pub struct Tab {
    pub rtc: Rtc,
    pub leg: usize,
    pub address: SocketAddr,
    pub road: Road,
    pub gateway: SocketAddr,
    pub certificate: DtlsCertificate,
    pub ice: IceCredentials,
    pub audio_ssrc: u32,
    pub video_ssrc: u32,
    pub sight: Sight,
    pub connected: bool,
    pub audio: Vec<RtpPacket>,
    pub video: Vec<RtpPacket>,
    pub keyframes_wanted: usize,
    pub rate_limit_bps: Option<u64>,
    /// Sent by the tab and on its way; a test may look at it or take from it.
    pub wire: VecDeque<Vec<u8>>,
    sequence: u64,
    timestamp: u32,
    video_sequence: u64,
    voice: Option<Oscillator>,
}

/// A path with a queue of 300 ms; what does not fit is lost.
pub struct Narrow {
    pub tab: usize,
    pub rate_bps: u64,
    free_at: Instant,
    queue: VecDeque<(Instant, Vec<u8>)>,
}

/// Whether a datagram to a tab is lost.
pub type Loss = Box<dyn FnMut(usize, &[u8]) -> bool>;

/// A Worker's engine with its browsers.
pub struct World {
    pub now: Instant,
    pub engine: Engine,
    pub host: BrowserHost,
    pub tabs: Vec<Tab>,
    pub events: Vec<Event>,
    pub consumer: Consumer,
    /// Loses datagrams of the engine to a tab.
    pub drop_to_tab: Option<Loss>,
    /// A narrow path: which tab, bit/s, and what waits with the time it is through.
    pub narrow: Option<Narrow>,
    /// Packets to phones.
    pub to_phones: Vec<(SocketAddr, Vec<u8>)>,
    next_tick: Instant,
}

pub fn gateway(road: Road) -> SocketAddr {
    match road {
        Road::Udp(_) => SocketAddr::from(([198, 51, 100, 1], 3_478)),
        Road::Tcp(_) => SocketAddr::from(([198, 51, 100, 1], 3_479)),
    }
}

pub fn local_ice(leg: usize, generation: usize) -> IceCredentials {
    IceCredentials {
        ufrag: format!("ours{leg}x{generation}"),
        pwd: format!("secretsecretsecretsecret{leg}x{generation}"),
    }
}

impl Tab {
    pub fn new(now: Instant, leg: usize, instance: usize, sight: Sight, road: Road) -> Self {
        let certificate = DtlsCertificate::generate().unwrap();
        let ice = IceCredentials {
            ufrag: format!("tab{leg}y{instance}"),
            pwd: format!("browserbrowserbrowser{leg}y{instance}"),
        };
        let address = SocketAddr::from(([192, 0, 2, leg as u8 + 1], 5_000 + instance as u16));
        let mut exts = ExtensionMap::empty();
        exts.set(TWCC_ID, Extension::TransportSequenceNumber);
        exts.set(MID_ID, Extension::RtpMid);
        let mut config = Rtc::builder()
            .set_rtp_mode(true)
            .set_dtls_cert(certificate.to_str0m())
            .set_local_ice_credentials(creds(&ice))
            .set_extension_map(exts)
            .enable_bwe(Some(Bitrate::kbps(500)));
        *config.codec_config() = CodecConfig::new_from_payload_params(vec![
            PayloadParams::new(PCMU_PT.into(), None, spec(Kind::PCMU, Frequency::EIGHT_KHZ)),
            PayloadParams::new(101.into(), None, spec(Kind::PCMU, Frequency::EIGHT_KHZ)),
            PayloadParams::new(
                VP8_PT.into(),
                Some(VP8_RTX_PT.into()),
                spec(Kind::Vp8, Frequency::NINETY_KHZ),
            ),
        ]);
        let rtc = config.build(now);
        let base = 1_000 * (leg as u32 + 1) + 10 * instance as u32;
        Self {
            rtc,
            leg,
            address,
            road,
            gateway: gateway(road),
            certificate,
            ice,
            audio_ssrc: base,
            video_ssrc: base + 1,
            sight,
            connected: false,
            audio: Vec::new(),
            video: Vec::new(),
            keyframes_wanted: 0,
            rate_limit_bps: None,
            wire: VecDeque::new(),
            sequence: 60_000,
            timestamp: 5,
            video_sequence: 100,
            voice: None,
        }
    }

    /// What an offer/answer would have decided, on the engine's side.
    pub fn agreed(&self) -> WebRtcAgreed {
        self.agreed_in(0)
    }

    pub fn agreed_in(&self, generation: usize) -> WebRtcAgreed {
        let codec =
            Codec { payload_type: VP8_PT, name: "VP8".into(), clock_hz: 90_000, channels: 1, fmtp: None };
        let base = 0x5000_0000 + self.leg as u32 * 16;
        let video = Video {
            track: Track { mid: "v".into(), local_ssrc: base + 1, remote_ssrc: Some(self.video_ssrc) },
            local_rtx_ssrc: base + 2,
            remote_rtx_ssrc: Some(self.video_ssrc + 1),
            formats: vec![VideoFormat {
                codec,
                send_pt: VP8_PT,
                receive_pt: VP8_PT,
                rtx: Some((VP8_RTX_PT, VP8_RTX_PT)),
            }],
            direction: Direction::SendRecv,
        };
        WebRtcAgreed {
            local_ice: local_ice(self.leg, generation),
            remote_ice: self.ice.clone(),
            remote_fingerprint: self.certificate.fingerprint(),
            dtls_role: DtlsRole::Passive,
            audio: Track { mid: "a".into(), local_ssrc: base, remote_ssrc: Some(self.audio_ssrc) },
            video: (self.sight == Sight::AudioAndVideo).then_some(video),
            extensions: vec![(TWCC_ID, HeaderExtension::TransportWideCc), (MID_ID, HeaderExtension::Mid)],
        }
    }

    pub fn settings(&self) -> LegSettings {
        settings(self.agreed())
    }

    /// Begins to look for the gateway.
    pub fn dial(&mut self, now: Instant, agreed: &WebRtcAgreed, gateway_fingerprint: Fingerprint) {
        let proto = match self.road {
            Road::Udp(_) => Candidate::builder().udp().host(self.address).build(),
            Road::Tcp(_) => {
                Candidate::builder().tcp().host(self.address).tcptype(str0m::net::TcpType::Active).build()
            }
        };
        self.rtc.add_local_candidate(proto.unwrap());
        let remote = match self.road {
            Road::Udp(_) => Candidate::builder().udp().host(self.gateway).build(),
            Road::Tcp(_) => {
                Candidate::builder().tcp().host(self.gateway).tcptype(str0m::net::TcpType::Passive).build()
            }
        };
        self.rtc.add_remote_candidate(remote.unwrap());
        let mut api = self.rtc.direct_api();
        api.set_ice_controlling(true);
        api.set_remote_ice_credentials(creds(&agreed.local_ice));
        api.set_remote_fingerprint(str0m::config::Fingerprint {
            hash_func: "sha-256".into(),
            bytes: gateway_fingerprint.0.to_vec(),
        });
        self.rtc.handle_input(Input::Timeout(now)).unwrap();
        let mut api = self.rtc.direct_api();
        api.start_dtls(true).unwrap();
        api.enable_twcc_feedback();
        api.declare_media(mid("a"), MediaKind::Audio);
        api.expect_stream_rx(agreed.audio.local_ssrc.into(), None, mid("a"), None);
        api.declare_stream_tx(self.audio_ssrc.into(), None, mid("a"), None);
        if let Some(video) = &agreed.video {
            api.declare_media(mid("v"), MediaKind::Video);
            let rtx = Some(video.local_rtx_ssrc.into());
            api.expect_stream_rx(video.track.local_ssrc.into(), rtx, mid("v"), None);
            let rtx = Some((self.video_ssrc + 1).into());
            api.declare_stream_tx(self.video_ssrc.into(), rtx, mid("v"), None);
        }
        self.drain();
    }

    /// Looks for the gateway anew, from another address.
    pub fn restart_ice(&mut self, now: Instant, agreed: &WebRtcAgreed) {
        self.address.set_port(self.address.port() + 100);
        self.ice = agreed.remote_ice.clone();
        let candidate = Candidate::builder().udp().host(self.address).build().unwrap();
        let mut api = self.rtc.direct_api();
        api.set_local_ice_credentials(creds(&agreed.remote_ice));
        api.set_remote_ice_credentials(creds(&agreed.local_ice));
        let old =
            Candidate::builder().udp().host(SocketAddr::new(self.address.ip(), self.address.port() - 100));
        api.invalidate_candidate(&old.build().unwrap());
        self.rtc.add_local_candidate(candidate);
        self.tick(now);
    }

    /// The page is closed.
    pub fn leave(&mut self) {
        self.voice = None;
        self.rtc.close().unwrap();
        self.drain();
    }

    /// Speaks a tone from now on.
    pub fn speak(&mut self, frequency_hz: f64) {
        self.voice = Some(Oscillator::new(&[frequency_hz], 8_000, 8_000.0));
    }

    /// Sends no more sound.
    pub fn hush(&mut self) {
        self.voice = None;
    }

    /// A key of 60 ms (RFC 4733 §2.5).
    pub fn press(&mut self, now: Instant, code: u8) {
        let began = self.timestamp;
        for (flags, duration) in [(10, 160_u16), (10, 320), (0x8A, 480), (0x8A, 480), (0x8A, 480)] {
            let [high, low] = duration.to_be_bytes();
            self.timestamp = began;
            self.say(now, 101, &[code, flags, high, low]);
        }
    }

    pub fn talk(&mut self, now: Instant) {
        let Some(voice) = &mut self.voice else { return };
        let mut samples = [0; 160];
        voice.fill(&mut samples);
        self.say(now, PCMU_PT, &samples.map(linear_to_ulaw));
    }

    pub fn say(&mut self, now: Instant, payload_type: u8, payload: &[u8]) {
        let write =
            RtpWrite::new(payload_type.into(), SeqNo::from(self.sequence), self.timestamp, now, payload);
        self.sequence += 1;
        self.timestamp = self.timestamp.wrapping_add(160);
        let ssrc = self.audio_ssrc;
        if let Some(stream) = self.rtc.direct_api().stream_tx(&ssrc.into()) {
            stream.write_rtp(write);
        }
        self.rtc.handle_input(Input::Timeout(now)).unwrap();
        self.drain();
    }

    pub fn show(&mut self, now: Instant, timestamp: u32, payload: &[u8], marker: bool) {
        let sequence = SeqNo::from(self.video_sequence);
        self.video_sequence += 1;
        let write =
            RtpWrite::new(VP8_PT.into(), sequence, timestamp, now, payload).marker(marker).nackable(true);
        let ssrc = self.video_ssrc;
        if let Some(stream) = self.rtc.direct_api().stream_tx(&ssrc.into()) {
            stream.write_rtp(write);
        }
        self.rtc.handle_input(Input::Timeout(now)).unwrap();
        self.drain();
    }

    pub fn want_keyframe(&mut self, gateway_ssrc: u32) {
        if let Some(stream) = self.rtc.direct_api().stream_rx(&gateway_ssrc.into()) {
            stream.request_keyframe(KeyframeRequestKind::Pli);
        }
    }

    pub fn handle(&mut self, now: Instant, packet: &[u8]) {
        let proto = match self.road {
            Road::Udp(_) => Protocol::Udp,
            Road::Tcp(_) => Protocol::Tcp,
        };
        if let Ok(receive) = Receive::new(proto, self.gateway, self.address, packet) {
            let _ = self.rtc.handle_input(Input::Receive(now, receive));
            self.drain();
        }
    }

    pub fn tick(&mut self, now: Instant) {
        let _ = self.rtc.handle_input(Input::Timeout(now));
        self.drain();
    }

    fn drain(&mut self) {
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(_) => return,
                Output::Transmit(transmit) => self.wire.push_back(transmit.contents.to_vec()),
                Output::Event(event) => self.note(event),
            }
        }
    }

    fn note(&mut self, event: TabEvent) {
        match event {
            TabEvent::Connected => self.connected = true,
            TabEvent::RtpPacket(packet) if *packet.header.payload_type == VP8_PT => self.video.push(packet),
            TabEvent::RtpPacket(packet) => self.audio.push(packet),
            TabEvent::KeyframeRequest(_) => self.keyframes_wanted += 1,
            TabEvent::EgressBitrateEstimate(str0m::bwe::BweKind::Remb { estimate, .. }) => {
                self.rate_limit_bps = Some(estimate.as_u64());
            }
            _ => {}
        }
    }

    /// The sound that came, decoded.
    pub fn heard(&self) -> Vec<i16> {
        let speech = self.audio.iter().filter(|packet| *packet.header.payload_type == PCMU_PT);
        speech.flat_map(|packet| packet.payload.iter().map(|&byte| ulaw_to_linear(byte))).collect()
    }

    /// Of the last half second that came: the amplitude of a tone.
    pub fn hears(&self, frequency_hz: f64) -> f64 {
        let heard = self.heard();
        let last = &heard[heard.len().saturating_sub(4_000)..];
        goertzel(last, 8_000, frequency_hz).sqrt()
    }
}

impl World {
    pub fn new() -> Self {
        let now = Instant::now();
        let config = EngineConfig {
            max_legs: 100,
            max_recordings: 10,
            cname: "test".into(),
            seed: 7,
            ntp_at_start: 0xE000_0000 << 32,
        };
        let roads = [Road::Udp(0), Road::Tcp(0)].map(|road| (road, gateway(road)));
        let host = BrowserHost { certificate: DtlsCertificate::generate().unwrap(), roads: roads.to_vec() };
        let (producer, consumer) = ring(64);
        Self {
            now,
            engine: Engine::new(now, config, producer).with_browsers(host.clone()),
            host,
            tabs: Vec::new(),
            events: Vec::new(),
            consumer,
            drop_to_tab: None,
            narrow: None,
            to_phones: Vec::new(),
            next_tick: now,
        }
    }

    /// With tabs that are connected, each beneath its own Leg.
    pub fn with_tabs(count: usize, sight: Sight) -> Self {
        let mut world = Self::new();
        for leg in 0..count {
            world.open(leg, sight, Road::Udp(0));
        }
        world.run_until("all tabs connected", |world| world.tabs.iter().all(|tab| tab.connected));
        world
    }

    pub fn open(&mut self, leg: usize, sight: Sight, road: Road) -> usize {
        self.engine.add_browser_leg(id(leg), &local_ice(leg, 0)).unwrap();
        let mut tab = Tab::new(self.now, leg, 0, sight, road);
        let agreed = tab.agreed();
        self.engine.configure(self.now, id(leg), Box::new(tab.settings()));
        tab.dial(self.now, &agreed, self.host.certificate.fingerprint());
        self.tabs.push(tab);
        self.tabs.len() - 1
    }

    /// One millisecond.
    pub fn step(&mut self) {
        self.now += STEP;
        let now = self.now;
        if now >= self.next_tick {
            self.next_tick += Duration::from_millis(20);
            for tab in &mut self.tabs {
                tab.talk(now);
            }
        }
        for tab in &mut self.tabs {
            tab.tick(now);
            while let Some(packet) = tab.wire.pop_front() {
                self.engine.handle_browser(now, tab.road, tab.address, &packet);
            }
        }
        while self.engine.poll_timeout().is_some_and(|(at, _)| at <= now) {
            self.engine.handle_timeout(now);
        }
        self.deliver();
        while let Some(event) = self.engine.poll_event() {
            self.events.push(event);
        }
    }

    fn deliver(&mut self) {
        let transmits: Vec<_> =
            self.engine.outputs().transmits().map(|(to, packet)| (*to, packet.to_vec())).collect();
        self.engine.outputs().clear_transmits();
        for (transmit, packet) in transmits {
            let Channel::Browser(road) = transmit.channel else {
                self.to_phones.push((transmit.to, packet));
                continue;
            };
            let is_it = |tab: &Tab| tab.address == transmit.to && tab.road == road;
            let Some(place) = self.tabs.iter().position(is_it) else { continue };
            let lost = self.drop_to_tab.as_mut().is_some_and(|lose| lose(place, &packet));
            if lost {
                continue;
            }
            match &mut self.narrow {
                Some(narrow) if narrow.tab == place => {
                    let begins = narrow.free_at.max(self.now);
                    if begins < self.now + Duration::from_millis(300) {
                        let takes = Duration::from_micros(packet.len() as u64 * 8_000_000 / narrow.rate_bps);
                        narrow.free_at = begins + takes;
                        narrow.queue.push_back((narrow.free_at, packet));
                    }
                }
                _ => self.tabs[place].handle(self.now, &packet),
            }
        }
        if let Some(narrow) = &mut self.narrow {
            while let Some((_, packet)) = narrow.queue.pop_front_if(|(at, _)| *at <= self.now) {
                self.tabs[narrow.tab].handle(self.now, &packet);
            }
        }
    }

    /// From now on the path to a tab carries no more than this.
    pub fn narrow(&mut self, tab: usize, rate_bps: u64) {
        self.narrow = Some(Narrow { tab, rate_bps, free_at: self.now, queue: VecDeque::new() });
    }

    pub fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.now < end {
            self.step();
        }
    }

    pub fn run_until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        for _ in 0..20_000 {
            if done(self) {
                return;
            }
            self.step();
        }
        panic!("not within 20 s: {what}; events: {:?}", self.events);
    }

    pub fn statistics(&self, leg: usize) -> LegStatistics {
        let all = self.engine.statistics(self.now);
        all.into_iter().find(|(other, _)| *other == id(leg)).unwrap().1
    }

    pub fn saw(&self, event: &Event) -> bool {
        self.events.contains(event)
    }
}

pub fn settings(agreed: WebRtcAgreed) -> LegSettings {
    let nowhere = SocketAddr::from(([0, 0, 0, 0], 9));
    LegSettings {
        remote_rtp: nowhere,
        remote_rtcp: nowhere,
        rtcp_mux: true,
        codecs: vec![AgreedCodec { codec: Codec::pcmu(), send_pt: PCMU_PT, receive_pt: PCMU_PT }],
        dtmf: Some(Codec::telephone_event(101, 8_000).into()),
        direction: Direction::SendRecv,
        ptime_ms: 20,
        srtp: None,
        webrtc: Some(Box::new(agreed)),
        video: None,
        source_policy: SourcePolicy::LearnAndLock,
        media_timeout_ms: 0,
    }
}

fn creds(ice: &IceCredentials) -> IceCreds {
    IceCreds { ufrag: ice.ufrag.clone(), pass: ice.pwd.clone() }
}

fn spec(codec: Kind, clock_rate: Frequency) -> CodecSpec {
    CodecSpec { codec, clock_rate, channels: None, format: FormatParams::default() }
}

fn mid(name: &str) -> Mid {
    name.into()
}
