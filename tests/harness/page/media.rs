//! The WebRTC end of a page: a full ICE agent that speaks and hears G.711 tones.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::format::Codec;
use str0m::media::{Direction, Frequency, MediaKind, MediaTime, Mid};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcConfig};
use tokio::net::UdpSocket;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::deadline::within;
use crate::rtp::{g711, tone};

const RATE_HZ: u32 = 8_000;
const FRAME: Duration = Duration::from_millis(20);
const SAMPLES_PER_FRAME: usize = 160;
/// What must be heard of a tone to believe it: 200 ms.
const HEARD_SAMPLES: usize = 1_600;
const HEARD_SHARE: f64 = 0.8;

/// Dropped, it is a browser that vanishes without a word.
pub struct PageMedia {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    rtc: Rtc,
    pending: Option<SdpPendingOffer>,
    mid: Mid,
    connected: bool,
    tone_hz: Option<f64>,
    spoken: usize,
    pcm: Vec<i16>,
    packets: Vec<(SocketAddr, Vec<u8>)>,
    wake_at: Instant,
}

impl Drop for PageMedia {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl PageMedia {
    /// Opens a socket and writes an offer of PCMU and PCMA.
    pub async fn offer() -> (PageMedia, String) {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).await.expect("a UDP socket");
        let local = socket.local_addr().expect("its address");
        let config = RtcConfig::new().clear_codecs().enable_pcmu(true, false).enable_pcma(true, false);
        let mut rtc = config.build(Instant::now());
        rtc.add_local_candidate(Candidate::host(local, "udp").expect("a candidate"));
        let mut change = rtc.sdp_api();
        let mid = change.add_media(MediaKind::Audio, Direction::SendRecv, None, None, None);
        let (offer, pending) = change.apply().expect("an offer");
        let text = offer.to_sdp_string();
        let state = State {
            rtc,
            pending: Some(pending),
            mid,
            connected: false,
            tone_hz: None,
            spoken: 0,
            pcm: Vec::new(),
            packets: Vec::new(),
            wake_at: Instant::now(),
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Notify::new() });
        let task = tokio::spawn(run(socket, local, Arc::clone(&shared)));
        (PageMedia { shared, task }, text)
    }

    /// Takes the answer; ICE begins.
    pub fn accept(&self, answer: &str) {
        let mut state = self.shared.state();
        let answer = SdpAnswer::from_sdp_string(answer).unwrap_or_else(|e| panic!("{e}: {answer}"));
        let pending = state.pending.take().expect("an offer that waits");
        state.rtc.sdp_api().accept_answer(pending, answer).expect("an answer that fits");
        state.drain();
        drop(state);
        self.shared.changed.notify_waiters();
    }

    /// Waits for ICE and DTLS.
    pub async fn connected(&self) {
        self.until("a connection by ICE and DTLS", |state| state.connected.then_some(())).await;
    }

    /// Sends a tone from now on.
    pub fn speak(&self, hz: f64) {
        self.shared.state().tone_hz = Some(hz);
    }

    /// Waits until 200 ms of what comes from now on is this tone.
    pub async fn hears(&self, hz: f64) {
        let from = self.shared.state().pcm.len();
        self.until(&format!("{hz} Hz at the page"), |state| {
            let start = state.pcm.len().saturating_sub(HEARD_SAMPLES).max(from);
            let fresh = &state.pcm[start..];
            (fresh.len() >= HEARD_SAMPLES && tone::share(fresh, hz, RATE_HZ) > HEARD_SHARE).then_some(())
        })
        .await;
    }

    /// How much has come so far, in samples.
    pub fn heard_so_far(&self) -> usize {
        self.shared.state().pcm.len()
    }

    /// The largest share of a tone in any 100 ms of what came since.
    pub fn loudest_since(&self, from: usize, hz: f64) -> f64 {
        let state = self.shared.state();
        let windows = state.pcm.get(from..).unwrap_or_default().chunks_exact(HEARD_SAMPLES / 2);
        windows.map(|window| tone::share(window, hz, RATE_HZ)).fold(0.0, f64::max)
    }

    /// Waits until 200 ms of what comes from now on hold each of the first tones and none of the others.
    pub async fn hears_all(&self, present: &[f64], absent: &[f64]) {
        let from = self.shared.state().pcm.len();
        self.until(&format!("{present:?} Hz without {absent:?} at the page"), |state| {
            let start = state.pcm.len().saturating_sub(HEARD_SAMPLES).max(from);
            tone::mixed(&state.pcm[start..], present, absent, RATE_HZ).then_some(())
        })
        .await;
    }

    async fn until<T>(&self, what: &str, look: impl Fn(&State) -> Option<T>) -> T {
        within(what, async {
            loop {
                let changed = self.shared.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if let Some(found) = look(&self.shared.state()) {
                    return found;
                }
                changed.await;
            }
        })
        .await
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn receive(&mut self, source: SocketAddr, destination: SocketAddr, bytes: &[u8]) {
        let Ok(contents) = bytes.try_into() else { return };
        let receive = Receive { proto: Protocol::Udp, source, destination, contents };
        let _ = self.rtc.handle_input(Input::Receive(Instant::now(), receive));
        self.drain();
    }

    fn advance(&mut self) {
        let _ = self.rtc.handle_input(Input::Timeout(Instant::now()));
        self.drain();
    }

    /// Sends the next 20 ms.
    fn tick(&mut self) {
        let (Some(hz), true) = (self.tone_hz, self.connected) else { return };
        let samples = tone::sine(hz, RATE_HZ, self.spoken, SAMPLES_PER_FRAME);
        let octets: Vec<u8> = samples.into_iter().map(g711::linear_to_ulaw).collect();
        let time = MediaTime::new(self.spoken as u64, Frequency::EIGHT_KHZ);
        self.spoken += SAMPLES_PER_FRAME;
        let Some(writer) = self.rtc.writer(self.mid) else { return };
        let ulaw = writer.payload_params().find(|p| p.spec().codec == Codec::PCMU).map(|p| p.pt());
        if let Some(pt) = ulaw {
            let _ = writer.write(pt, Instant::now(), time, octets);
        }
        self.drain();
    }

    /// Performs what the stack asks for, until it gives a timeout.
    fn drain(&mut self) {
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(at)) => {
                    self.wake_at = at;
                    return;
                }
                Ok(Output::Transmit(packet)) => {
                    self.packets.push((packet.destination, packet.contents.to_vec()));
                }
                Ok(Output::Event(event)) => self.take(event),
                Err(_) => return,
            }
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Connected => self.connected = true,
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) => self.connected = false,
            Event::MediaData(data) => {
                let decode = match data.params.spec().codec {
                    Codec::PCMA => g711::alaw_to_linear,
                    _ => g711::ulaw_to_linear,
                };
                self.pcm.extend(data.data.iter().map(|o| decode(*o)));
            }
            _ => {}
        }
    }
}

async fn run(socket: UdpSocket, local: SocketAddr, shared: Arc<Shared>) {
    let mut buffer = vec![0; 2_048];
    let mut pace = interval(FRAME);
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    loop {
        let (packets, wake_at) = {
            let mut state = shared.state();
            (std::mem::take(&mut state.packets), state.wake_at)
        };
        for (to, bytes) in packets {
            // Nobody listening any more is the other side's affair.
            let _ = socket.send_to(&bytes, to).await;
        }
        tokio::select! {
            received = socket.recv_from(&mut buffer) => {
                if let Ok((length, source)) = received {
                    shared.state().receive(source, local, &buffer[..length]);
                }
            }
            _ = pace.tick() => shared.state().tick(),
            () = tokio::time::sleep_until(wake_at.into()) => shared.state().advance(),
        }
        shared.changed.notify_waiters();
    }
}
