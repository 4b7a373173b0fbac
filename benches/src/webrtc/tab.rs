//! Calls of browsers in one engine, with str0m at the far end; what that does is not counted.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ramal_media::command::{LegId, Source};
use ramal_media::engine::{Channel, Engine, EngineConfig};
use ramal_media::leg::webrtc::{BrowserHost, Road};
use ramal_media::leg::{LegSettings, SourcePolicy};
use ramal_media::recorder::ring::{Consumer, ring};
use ramal_media::sdp::{AgreedCodec, Codec, Direction};
use ramal_media::webrtc::certificate::DtlsCertificate;
use ramal_media::webrtc::{DtlsRole, IceCredentials, Track, WebRtcAgreed};
use str0m::format::{Codec as Kind, CodecConfig, CodecSpec, FormatParams, PayloadParams};
use str0m::media::{Frequency, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{RtpWrite, SeqNo};
use str0m::{Candidate, Event, IceCreds, Input, Output, Rtc};

use crate::error::{BenchError, Outcome};

/// Steps of a millisecond that a handshake may take.
const PATIENCE_MS: usize = 20_000;
const ROAD: Road = Road::Udp(0);

/// Who hears the browsers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    Browser,
    Phone,
}

/// An engine with calls.
pub struct House {
    now: Instant,
    engine: Engine,
    tabs: Vec<Tab>,
    _taps: Consumer,
}

struct Tab {
    rtc: Rtc,
    leg: LegId,
    address: SocketAddr,
    ssrc: u32,
    connected: bool,
    wire: VecDeque<Vec<u8>>,
    sequence: u64,
}

impl House {
    /// Calls of which each has one browser that speaks and one listener.
    pub fn new(calls: usize, listener: Listener) -> Outcome<Self> {
        let now = Instant::now();
        let certificate =
            DtlsCertificate::generate().map_err(|error| BenchError::subject("DTLS", error.to_string()))?;
        let host = BrowserHost { certificate: certificate.clone(), roads: vec![(ROAD, gateway())] };
        let (producer, taps) = ring(64);
        let config = EngineConfig {
            max_legs: 2 * calls,
            max_recordings: 1,
            cname: "bench".into(),
            seed: 7,
            ntp_at_start: 0xE000_0000 << 32,
        };
        let engine = Engine::new(now, config, producer).with_browsers(host);
        let mut house = Self { now, engine, tabs: Vec::new(), _taps: taps };
        for call in 0..calls {
            let [speaker, hearing] = [LegId(2 * call as u64), LegId(2 * call as u64 + 1)];
            house.add_tab(speaker, &certificate)?;
            match listener {
                Listener::Browser => house.add_tab(hearing, &certificate)?,
                Listener::Phone => house.add_phone(hearing)?,
            }
            house.engine.hear(now, hearing, Source::Leg(speaker));
        }
        house.connect()?;
        Ok(house)
    }

    /// Median of one packet, in µs of this thread's CPU.
    pub fn cost_us(&mut self, window: Duration, packets: usize, samples: usize) -> Outcome<f64> {
        median_us(window, samples, &mut || self.sample(packets))
    }

    /// What one Leg holds of the heap: what is free when all are gone, divided by their number.
    pub fn weight_kib(mut self) -> f64 {
        let before = heap_bytes();
        let legs = self.tabs.len();
        for tab in &self.tabs {
            self.engine.remove_leg(self.now, tab.leg);
            self.engine.outputs().clear_transmits();
        }
        before.saturating_sub(heap_bytes()) as f64 / 1_024.0 / legs.max(1) as f64
    }

    fn sample(&mut self, packets: usize) -> (Duration, usize) {
        let mut spent = Duration::ZERO;
        let mut count = 0;
        for _ in 0..packets {
            self.now += Duration::from_millis(20);
            let now = self.now;
            for tab in self.tabs.iter_mut().filter(|tab| tab.leg.0 % 2 == 0) {
                tab.say(now);
            }
            let waiting: Vec<_> = self
                .tabs
                .iter_mut()
                .flat_map(|tab| tab.wire.drain(..).map(|packet| (tab.address, packet)))
                .collect();
            let started = thread_cpu();
            for (from, packet) in &waiting {
                self.engine.handle_browser(now, ROAD, *from, packet);
                if self.engine.outputs().room() < 64 {
                    self.engine.outputs().clear_transmits();
                }
            }
            spent += thread_cpu() - started;
            count += waiting.iter().filter(|(_, packet)| is_rtp(packet)).count();
            self.settle();
        }
        (spent, count)
    }

    fn add_phone(&mut self, leg: LegId) -> Outcome<()> {
        self.engine.add_leg(leg).map_err(|_| BenchError::subject("engine", "refuses a Leg"))?;
        self.engine.configure(self.now, leg, Box::new(settings(None)));
        Ok(())
    }

    fn add_tab(&mut self, leg: LegId, ours: &DtlsCertificate) -> Outcome<()> {
        let theirs =
            DtlsCertificate::generate().map_err(|error| BenchError::subject("DTLS", error.to_string()))?;
        let ice = |who: &str| IceCredentials {
            ufrag: format!("{who}{}", leg.0),
            pwd: format!("{who}secretsecretsecret{}", leg.0),
        };
        let ssrc = 1_000 + leg.0 as u32;
        let agreed = WebRtcAgreed {
            local_ice: ice("ours"),
            remote_ice: ice("tab"),
            remote_fingerprint: theirs.fingerprint(),
            dtls_role: DtlsRole::Passive,
            audio: Track { mid: "a".into(), local_ssrc: 9_000 + leg.0 as u32, remote_ssrc: Some(ssrc) },
            video: None,
            extensions: Vec::new(),
        };
        let refused = |_| BenchError::subject("engine", "refuses a browser");
        self.engine.add_browser_leg(leg, &agreed.local_ice).map_err(refused)?;
        self.engine.configure(self.now, leg, Box::new(settings(Some(agreed.clone()))));
        let tab = Tab::new(self.now, leg, &agreed, &theirs, ours);
        self.tabs.push(tab.ok_or_else(|| BenchError::subject("str0m", "refuses a browser"))?);
        Ok(())
    }

    fn connect(&mut self) -> Outcome<()> {
        for _ in 0..PATIENCE_MS {
            if self.tabs.iter().all(|tab| tab.connected) {
                return Ok(());
            }
            self.now += Duration::from_millis(1);
            self.settle();
        }
        Err(BenchError::subject("str0m", "does not connect"))
    }

    /// Handshakes, reports and checks, both ways.
    fn settle(&mut self) {
        let now = self.now;
        for tab in &mut self.tabs {
            let _ = tab.rtc.handle_input(Input::Timeout(now));
            tab.drain();
            for packet in tab.wire.drain(..) {
                self.engine.handle_browser(now, ROAD, tab.address, &packet);
            }
            for (transmit, packet) in self.engine.outputs().transmits() {
                let is_ours = transmit.to == tab.address && transmit.channel == Channel::Browser(ROAD);
                if let Some(receive) = is_ours
                    .then(|| Receive::new(Protocol::Udp, gateway(), tab.address, packet).ok())
                    .flatten()
                {
                    let _ = tab.rtc.handle_input(Input::Receive(now, receive));
                    tab.drain();
                }
            }
            self.engine.outputs().clear_transmits();
        }
        while self.engine.poll_timeout().is_some_and(|(at, _)| at <= now) {
            self.engine.handle_timeout(now);
            self.engine.outputs().clear_transmits();
        }
        while self.engine.poll_event().is_some() {}
    }
}

impl Tab {
    fn new(
        now: Instant,
        leg: LegId,
        agreed: &WebRtcAgreed,
        theirs: &DtlsCertificate,
        ours: &DtlsCertificate,
    ) -> Option<Self> {
        let creds = |ice: &IceCredentials| IceCreds { ufrag: ice.ufrag.clone(), pass: ice.pwd.clone() };
        let address = SocketAddr::from(([192, 0, 2, 1], 1_024 + leg.0 as u16));
        let mut config = Rtc::builder()
            .set_rtp_mode(true)
            .set_dtls_cert(theirs.to_str0m())
            .set_local_ice_credentials(creds(&agreed.remote_ice))
            .clear_extension_map();
        let format = FormatParams::default();
        let spec = CodecSpec { codec: Kind::PCMU, clock_rate: Frequency::EIGHT_KHZ, channels: None, format };
        *config.codec_config() =
            CodecConfig::new_from_payload_params(vec![PayloadParams::new(0.into(), None, spec)]);
        let mut rtc = config.build(now);
        rtc.add_local_candidate(Candidate::host(address, "udp").ok()?);
        rtc.add_remote_candidate(Candidate::host(gateway(), "udp").ok()?);
        let mut api = rtc.direct_api();
        api.set_ice_controlling(true);
        api.set_remote_ice_credentials(creds(&agreed.local_ice));
        api.set_remote_fingerprint(str0m::config::Fingerprint {
            hash_func: "sha-256".into(),
            bytes: ours.fingerprint().0.to_vec(),
        });
        rtc.handle_input(Input::Timeout(now)).ok()?;
        let mut api = rtc.direct_api();
        api.start_dtls(true).ok()?;
        let mid = Mid::from("a");
        let ssrc = agreed.audio.remote_ssrc?;
        api.declare_media(mid, MediaKind::Audio);
        api.expect_stream_rx(agreed.audio.local_ssrc.into(), None, mid, None);
        api.declare_stream_tx(ssrc.into(), None, mid, None);
        Some(Self { rtc, leg, address, ssrc, connected: false, wire: VecDeque::new(), sequence: 1 })
    }

    fn say(&mut self, now: Instant) {
        let time = (self.sequence * 160) as u32;
        let write = RtpWrite::new(0.into(), SeqNo::from(self.sequence), time, now, vec![0x55; 160]);
        self.sequence += 1;
        if let Some(stream) = self.rtc.direct_api().stream_tx(&self.ssrc.into()) {
            stream.write_rtp(write);
        }
        let _ = self.rtc.handle_input(Input::Timeout(now));
        self.drain();
    }

    fn drain(&mut self) {
        while let Ok(output) = self.rtc.poll_output() {
            match output {
                Output::Timeout(_) => return,
                Output::Transmit(transmit) => self.wire.push_back(transmit.contents.to_vec()),
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(_) => {}
            }
        }
    }
}

/// Median of samples, each of so much CPU for so many packets, in µs a packet.
pub fn median_us(
    window: Duration,
    least: usize,
    sample: &mut dyn FnMut() -> (Duration, usize),
) -> Outcome<f64> {
    let end = Instant::now() + window;
    let mut samples = Vec::new();
    while Instant::now() < end || samples.len() < least {
        let (spent, count) = sample();
        if count == 0 {
            return Err(BenchError::subject("bench", "no packet came through"));
        }
        samples.push(spent.as_secs_f64() * 1e6 / count as f64);
    }
    samples.sort_by(f64::total_cmp);
    Ok(samples[samples.len() / 2])
}

/// Neither STUN, nor DTLS, nor a report (RFC 7983 §7).
fn is_rtp(packet: &[u8]) -> bool {
    packet.first().is_some_and(|first| (128..192).contains(first)) && !ramal_media::rtp::is_rtcp(packet)
}

/// CPU time of this thread.
pub fn thread_cpu() -> Duration {
    let mut spec = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `spec` is valid during the call.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut spec) };
    Duration::new(spec.tv_sec as u64, spec.tv_nsec as u32)
}

fn heap_bytes() -> usize {
    // SAFETY: no pointer is passed.
    unsafe { libc::mallinfo2() }.uordblks
}

fn gateway() -> SocketAddr {
    SocketAddr::from(([198, 51, 100, 1], 3_478))
}

fn settings(webrtc: Option<WebRtcAgreed>) -> LegSettings {
    let phone = SocketAddr::from(([192, 0, 2, 9], 4_000));
    LegSettings {
        remote_rtp: phone,
        remote_rtcp: phone,
        rtcp_mux: true,
        codecs: vec![AgreedCodec { codec: Codec::pcmu(), send_pt: 0, receive_pt: 0 }],
        dtmf: None,
        direction: Direction::SendRecv,
        ptime_ms: 20,
        srtp: None,
        webrtc: webrtc.map(Box::new),
        video: None,
        source_policy: SourcePolicy::LearnAndLock,
        media_timeout_ms: 0,
    }
}
