//! What a page's WebRTC stack is and does between two events.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use str0m::change::SdpPendingOffer;
use str0m::format::Codec;
use str0m::media::{Frequency, KeyframeRequestKind, MediaTime, Mid};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc};
use tokio::net::UdpSocket;
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval};

use crate::rtp::{g711, tone};

pub const RATE_HZ: u32 = 8_000;
const FRAME: Duration = Duration::from_millis(20);
const SAMPLES_PER_FRAME: usize = 160;
/// Timestamp units of one frame of pictures, at 25 a second.
const PICTURE_TICKS: u64 = 3_600;

pub struct Shared {
    state: Mutex<State>,
    pub changed: Notify,
}

/// What goes out.
pub enum Speech {
    Nothing,
    Tone(f64),
    Opus(Arc<Vec<Vec<u8>>>),
}

pub struct State {
    pub rtc: Rtc,
    pub pending: Option<SdpPendingOffer>,
    /// The gateway's last.
    pub answer: String,
    pub audio: Option<Mid>,
    pub video: Option<Mid>,
    pub socket: Arc<UdpSocket>,
    pub local: SocketAddr,
    pub connected: bool,
    pub speech: Speech,
    spoken: usize,
    shown: u64,
    pub pcm: Vec<i16>,
    pub sounds: u64,
    pub last_sound: Option<Instant>,
    pub frames: Vec<Vec<u8>>,
    pub pictures_asked: usize,
    packets: Vec<(SocketAddr, Vec<u8>)>,
    wake_at: Instant,
}

impl Shared {
    pub fn of(state: State) -> Shared {
        Shared { state: Mutex::new(state), changed: Notify::new() }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    pub fn new(mut rtc: Rtc, socket: Arc<UdpSocket>) -> State {
        let local = socket.local_addr().expect("its address");
        rtc.add_local_candidate(Candidate::host(local, "udp").expect("a candidate"));
        State {
            rtc,
            pending: None,
            answer: String::new(),
            audio: None,
            video: None,
            socket,
            local,
            connected: false,
            speech: Speech::Nothing,
            spoken: 0,
            shown: 0,
            pcm: Vec::new(),
            sounds: 0,
            last_sound: None,
            frames: Vec::new(),
            pictures_asked: 0,
            packets: Vec::new(),
            wake_at: Instant::now(),
        }
    }

    /// Another socket, other credentials: the fragment that tells of them.
    pub fn restart(&mut self, socket: Arc<UdpSocket>) -> String {
        let old = Candidate::host(self.local, "udp").expect("a candidate");
        self.rtc.direct_api().invalidate_candidate(&old);
        self.local = socket.local_addr().expect("its address");
        self.socket = socket;
        self.rtc.add_local_candidate(Candidate::host(self.local, "udp").expect("a candidate"));
        let mut change = self.rtc.sdp_api();
        let ours = change.ice_restart(true);
        let (_, pending) = change.apply().expect("an offer");
        self.pending = Some(pending);
        self.drain();
        format!("a=ice-ufrag:{}\r\na=ice-pwd:{}\r\n", ours.ufrag, ours.pass)
    }

    /// SSRC and payload type of its sound.
    pub fn source(&mut self) -> (u32, u8) {
        let mid = self.audio.expect("sound");
        let ssrc = self.rtc.direct_api().stream_tx_by_mid(mid, None).map(|stream| *stream.ssrc());
        let number = self.rtc.writer(mid).and_then(|w| w.payload_params().next().map(|p| *p.pt()));
        (ssrc.expect("a stream"), number.expect("a format"))
    }

    /// Sends one frame of pictures.
    pub fn show(&mut self, frame: Vec<u8>) {
        let time = MediaTime::new(self.shown * PICTURE_TICKS, Frequency::NINETY_KHZ);
        self.shown += 1;
        let Some(writer) = self.video.and_then(|mid| self.rtc.writer(mid)) else { return };
        let number = writer.payload_params().find(|p| p.spec().codec.is_video()).map(|p| p.pt());
        if let Some(number) = number {
            let _ = writer.write(number, Instant::now(), time, frame);
        }
        self.advance();
    }

    pub fn ask_for_picture(&mut self) {
        if let Some(mut writer) = self.video.and_then(|mid| self.rtc.writer(mid)) {
            let _ = writer.request_keyframe(None, KeyframeRequestKind::Pli);
        }
        self.advance();
    }

    fn receive(&mut self, source: SocketAddr, bytes: &[u8]) {
        let Ok(contents) = bytes.try_into() else { return };
        let receive = Receive { proto: Protocol::Udp, source, destination: self.local, contents };
        let _ = self.rtc.handle_input(Input::Receive(Instant::now(), receive));
        self.drain();
    }

    fn advance(&mut self) {
        let _ = self.rtc.handle_input(Input::Timeout(Instant::now()));
        self.drain();
    }

    /// Sends the next 20 ms.
    fn tick(&mut self) {
        let number = self.spoken / SAMPLES_PER_FRAME;
        let (codec, octets) = match &self.speech {
            Speech::Nothing => return,
            _ if !self.connected => return,
            Speech::Tone(hz) => {
                let samples = tone::sine(*hz, RATE_HZ, self.spoken, SAMPLES_PER_FRAME);
                (Codec::PCMU, samples.into_iter().map(g711::linear_to_ulaw).collect())
            }
            Speech::Opus(packets) => (Codec::Opus, packets[number % packets.len()].clone()),
        };
        let time = MediaTime::new(self.spoken as u64, Frequency::EIGHT_KHZ);
        self.spoken += SAMPLES_PER_FRAME;
        let Some(writer) = self.audio.and_then(|mid| self.rtc.writer(mid)) else { return };
        let number = writer.payload_params().find(|p| p.spec().codec == codec).map(|p| p.pt());
        if let Some(number) = number {
            let _ = writer.write(number, Instant::now(), time, octets);
        }
        self.drain();
    }

    /// Performs what the stack asks for, until it gives a timeout.
    pub fn drain(&mut self) {
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
            Event::KeyframeRequest(_) => self.pictures_asked += 1,
            Event::MediaData(data) if Some(data.mid) == self.video => self.frames.push(data.data.to_vec()),
            Event::MediaData(data) => {
                self.sounds += 1;
                self.last_sound = Some(Instant::now());
                let decode = match data.params.spec().codec {
                    Codec::PCMA => g711::alaw_to_linear,
                    Codec::PCMU => g711::ulaw_to_linear,
                    _ => return,
                };
                self.pcm.extend(data.data.iter().map(|o| decode(*o)));
            }
            _ => {}
        }
    }
}

/// Serves the page's socket until the page is dropped.
pub async fn run(shared: Arc<Shared>) {
    let mut buffer = vec![0; 2_048];
    let mut pace = interval(FRAME);
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    loop {
        let (socket, packets, wake_at) = {
            let mut state = shared.state();
            (state.socket.clone(), std::mem::take(&mut state.packets), state.wake_at)
        };
        for (to, bytes) in packets {
            // Nobody listening any more is the other side's affair.
            let _ = socket.send_to(&bytes, to).await;
        }
        // What the page does by itself, and a new socket, are noticed at the next frame.
        tokio::select! {
            received = socket.recv_from(&mut buffer) => {
                if let Ok((length, source)) = received {
                    shared.state().receive(source, &buffer[..length]);
                }
            }
            _ = pace.tick() => shared.state().tick(),
            () = tokio::time::sleep_until(wake_at.into()) => shared.state().advance(),
        }
        shared.changed.notify_waiters();
    }
}
