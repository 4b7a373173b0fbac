//! A phone's media: two real sockets, a sender with a 20 ms pace, an ear.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::dtmf::Event;
use super::packet::Packet;
use super::srtp::{Context, Keys, Suite};
use super::tone::Windows;
use super::{g711, tone};
use crate::deadline::within;
use crate::sdp::{Description, EVENTS, Format, PCMA, PCMU, Remote};

const FRAME: Duration = Duration::from_millis(20);
const SAMPLES_PER_FRAME: usize = 160;
const RATE_HZ: u32 = 8000;
/// A tone is heard when this share of the power is its own over 200 ms.
const HEARD_SHARE: f64 = 0.7;
const HEARD_SAMPLES: usize = 1600;
/// No audio means: no audible packet for this long.
const QUIET: Duration = Duration::from_millis(400);
/// Packets kept for a test to look at.
const KEPT_PACKETS: usize = 10_000;

/// What goes out.
#[derive(Clone, Debug)]
pub enum Speech {
    /// Two sines, as a key has them.
    Key(f64, f64),
    Nothing,
    /// A sine in the negotiated G.711.
    Tone(f64),
    /// These octets in each packet, under this payload type, for codecs that nobody here decodes.
    Octets {
        payload_type: u8,
        octets: Vec<u8>,
    },
}

/// One packet as it came.
#[derive(Clone, Debug)]
pub struct Heard {
    pub at: Instant,
    pub source: SocketAddr,
    pub packet: Packet,
}

/// The media side of one phone in one call.
pub struct Rtp {
    pub local: SocketAddr,
    socket: Arc<UdpSocket>,
    rtcp: Arc<UdpSocket>,
    shared: Arc<Shared>,
    keys: Option<Keys>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    arrived: Notify,
}

struct State {
    remote: Option<SocketAddr>,
    payload_type: u8,
    events_type: Option<u8>,
    speech: Speech,
    digits: VecDeque<(char, u32)>,
    protect: Option<Context>,
    unprotect: Option<Context>,
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
    spoken: usize,
    // Periods of 20 ms that went by.
    frames: u64,
    // Of speech packets each so-manieth is not sent; 0: none.
    lose_each: u32,
    made: u32,
    lost: u64,
    heard: VecDeque<Heard>,
    unauthentic: u64,
    pcm: Vec<i16>,
    ended_digits: VecDeque<(char, u16)>,
    last_event_timestamp: Option<u32>,
    last_audible: Option<Instant>,
}

impl Default for State {
    fn default() -> State {
        State {
            remote: None,
            payload_type: 0,
            events_type: None,
            speech: Speech::Nothing,
            digits: VecDeque::new(),
            protect: None,
            unprotect: None,
            sequence: rand::random(),
            timestamp: rand::random(),
            ssrc: rand::random(),
            spoken: 0,
            frames: 0,
            lose_each: 0,
            made: 0,
            lost: 0,
            heard: VecDeque::new(),
            unauthentic: 0,
            pcm: Vec::new(),
            ended_digits: VecDeque::new(),
            last_event_timestamp: None,
            last_audible: None,
        }
    }
}

impl Drop for Rtp {
    fn drop(&mut self) {
        self.tasks.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

impl Rtp {
    /// Media on loopback.
    pub async fn new() -> Rtp {
        Rtp::at([127, 0, 0, 1].into()).await
    }

    /// Media that wants SRTP with this suite.
    pub async fn secure(suite: Suite) -> Rtp {
        let mut rtp = Rtp::new().await;
        rtp.keys = Some(Keys::random(suite));
        rtp
    }

    /// Media on this address, an even port and the next.
    pub async fn at(ip: std::net::IpAddr) -> Rtp {
        let (socket, rtcp) = pair(ip).await;
        let (socket, rtcp) = (Arc::new(socket), Arc::new(rtcp));
        let shared = Arc::new(Shared::default());
        let tasks = vec![
            tokio::spawn(speak(Arc::clone(&socket), Arc::clone(&shared))),
            tokio::spawn(listen(Arc::clone(&socket), Arc::clone(&shared))),
        ];
        let local = socket.local_addr().expect("its address");
        Rtp { local, socket, rtcp, shared, keys: None, tasks }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }

    // ---- negotiation

    /// A description of this media with these formats.
    pub fn describe(&self, formats: &[Format]) -> Description {
        let mut description = Description::new(self.local, formats);
        description.keys.clone_from(&self.keys);
        description
    }

    /// The usual offer or answer: both G.711 and telephone events.
    pub fn sdp(&self) -> String {
        self.describe(&[PCMU, PCMA, EVENTS]).text()
    }

    /// Sends where the other side's description says, in its first G.711, and uses its keys.
    pub fn follow(&self, sdp: &str) -> Remote {
        let remote = Remote::parse(sdp);
        let mut state = self.state();
        state.remote = Some(remote.address);
        state.events_type = remote.payload_type("telephone-event/8000");
        if let Some(payload_type) = remote.payload_types.iter().find(|t| [0, 8].contains(*t)) {
            state.payload_type = *payload_type;
        }
        if let (Some(ours), Some(theirs)) = (&self.keys, &remote.keys) {
            state.protect.get_or_insert_with(|| Context::new(ours));
            state.unprotect = Some(Context::new(theirs));
        }
        remote
    }

    /// Takes another key for the next offer.
    pub fn rekey(&mut self, suite: Suite) {
        self.keys = Some(Keys::random(suite));
        self.state().protect = None;
    }

    // ---- sending

    pub fn say(&self, speech: Speech) {
        self.state().speech = speech;
    }

    /// Sends a tone until told otherwise.
    pub fn speak(&self, hz: f64) {
        self.say(Speech::Tone(hz));
    }

    /// Sends nothing more.
    pub fn hush(&self) {
        self.say(Speech::Nothing);
    }

    /// Queues a digit as telephone events; audio pauses meanwhile.
    pub fn press(&self, digit: char) {
        self.state().digits.push_back((digit, 100));
    }

    /// Leaves this many sequence numbers out, as if packets were lost, and the time they would have taken.
    pub fn lose(&self, packets: u16) {
        let mut state = self.state();
        state.sequence = state.sequence.wrapping_add(packets);
        state.timestamp = state.timestamp.wrapping_add(u32::from(packets) * SAMPLES_PER_FRAME as u32);
        state.lost += u64::from(packets);
    }

    /// Loses each `nth` speech packet from now on: 20 makes 5 %, 0 ends it.
    pub fn lose_each(&self, nth: u32) {
        self.state().lose_each = nth;
    }

    /// How many packets this side has lost on purpose.
    pub fn lost(&self) -> u64 {
        self.state().lost
    }

    /// Sends bytes as they are from the RTP socket.
    pub async fn send_raw(&self, to: SocketAddr, bytes: &[u8]) {
        self.socket.send_to(bytes, to).await.expect("send");
    }

    /// Sends bytes as they are from the RTCP socket.
    pub async fn send_rtcp(&self, to: SocketAddr, bytes: &[u8]) {
        self.rtcp.send_to(bytes, to).await.expect("send");
    }

    /// The next packet from the RTCP socket.
    pub async fn expect_rtcp(&self) -> Vec<u8> {
        let mut buffer = vec![0; 2048];
        let length = within("an RTCP packet", self.rtcp.recv(&mut buffer)).await.expect("receive");
        buffer.truncate(length);
        buffer
    }

    /// Where this media sends now.
    pub fn remote(&self) -> Option<SocketAddr> {
        self.state().remote
    }

    /// Sends to this address whatever the description said.
    pub fn aim(&self, remote: SocketAddr) {
        self.state().remote = Some(remote);
    }

    // ---- hearing

    /// Waits until 200 ms of what comes in from now on is this tone.
    pub async fn hears(&self, hz: f64) {
        let mut windows = self.windows();
        self.until(&format!("{hz} Hz at {}", self.local), |state| {
            windows.any(&state.pcm, |window| tone::share(window, hz, RATE_HZ) > HEARD_SHARE).then_some(())
        })
        .await;
    }

    /// Waits until a tenth of a second of what comes is at least a third of this tone: one of two, or one with a cadence.
    pub async fn sounds_of(&self, hz: f64) {
        let from = self.state().pcm.len();
        self.until(&format!("some {hz} Hz at {}", self.local), |state| {
            let fresh = state.pcm.get(from..).unwrap_or_default();
            let mut windows = fresh.chunks_exact(HEARD_SAMPLES / 2);
            windows.any(|window| tone::share(window, hz, RATE_HZ) > 0.33).then_some(())
        })
        .await;
    }

    /// Waits until 200 ms of what comes in from now on hold each of the first tones and none of the others.
    pub async fn hears_all(&self, present: &[f64], absent: &[f64]) {
        let mut windows = self.windows();
        self.until(&format!("{present:?} Hz without {absent:?} at {}", self.local), |state| {
            windows.any(&state.pcm, |window| tone::mixed(window, present, absent, RATE_HZ)).then_some(())
        })
        .await;
    }

    /// Samples heard so far: a moment for [`Rtp::loudest`].
    pub fn now(&self) -> usize {
        self.state().pcm.len()
    }

    /// The greatest share that a tone had in any 200 ms since then.
    pub fn loudest(&self, hz: f64, since: usize) -> f64 {
        let state = self.state();
        let windows = state.pcm.get(since..).unwrap_or_default().chunks_exact(HEARD_SAMPLES);
        windows.map(|window| tone::share(window, hz, RATE_HZ)).fold(0.0, f64::max)
    }

    /// Waits until what comes in is another sound than this tone, or nothing.
    pub async fn hears_no(&self, hz: f64) {
        let mut windows = self.windows();
        let began = Instant::now();
        let mut stopped = false;
        let what = format!("no more {hz} Hz at {}", self.local);
        self.stays(&what, |state| {
            stopped |= windows.any(&state.pcm, |window| tone::share(window, hz, RATE_HZ) < 0.1);
            stopped || state.is_quiet_since(began)
        })
        .await;
    }

    /// Waits for 400 ms without an audible packet.
    pub async fn hears_nothing(&self) {
        let began = Instant::now();
        self.stays("silence", |state| state.is_quiet_since(began)).await;
    }

    /// Waits until this side has had time for so many packets more, whether it spoke or not: of a phone that stood still for a
    /// while its own clock knows, and not ours.
    pub async fn lets_pass(&self, packets: u64) {
        let from = self.state().frames;
        let mut tick = interval(FRAME);
        within("the pace of a phone", async {
            while self.state().frames < from + packets {
                tick.tick().await;
            }
        })
        .await;
    }

    /// Waits until this holds twice in a row: what came while this process stood still is read between the two.
    async fn stays(&self, what: &str, mut holds: impl FnMut(&State) -> bool) {
        within(what, async {
            let mut held = 0;
            while held < 2 {
                tokio::time::sleep(FRAME).await;
                held = if holds(&self.state()) { held + 1 } else { 0 };
            }
        })
        .await;
    }

    /// Waits for the end of a telephone event: the digit and its duration in milliseconds.
    pub async fn expect_digit(&self) -> (char, u32) {
        self.until("a telephone event", |state| {
            state.ended_digits.pop_front().map(|(digit, duration)| (digit, u32::from(duration) / 8))
        })
        .await
    }

    /// Waits for a packet that fits.
    pub async fn expect_packet(&self, what: &str, fits: impl Fn(&Heard) -> bool) -> Heard {
        self.until(what, |state| {
            let at = state.heard.iter().position(&fits)?;
            state.heard.remove(at)
        })
        .await
    }

    /// Packets kept so far, oldest first.
    pub fn heard(&self) -> Vec<Heard> {
        self.state().heard.iter().cloned().collect()
    }

    /// Drops what was heard so far.
    pub fn forget(&self) {
        let mut state = self.state();
        state.heard.clear();
        state.pcm.clear();
    }

    /// Packets that failed SRTP authentication.
    pub fn unauthentic(&self) -> u64 {
        self.state().unauthentic
    }

    /// Over what comes from now on.
    fn windows(&self) -> Windows {
        Windows::from(self.state().pcm.len(), RATE_HZ)
    }

    async fn until<T>(&self, what: &str, mut look: impl FnMut(&mut State) -> Option<T>) -> T {
        within(what, async {
            loop {
                let arrived = self.shared.arrived.notified();
                tokio::pin!(arrived);
                arrived.as_mut().enable();
                if let Some(found) = look(&mut self.state()) {
                    return found;
                }
                arrived.await;
            }
        })
        .await
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl State {
    /// No audible packet for [`QUIET`], nor before `began`.
    fn is_quiet_since(&self, began: Instant) -> bool {
        self.last_audible.map_or(began, |at| at.max(began)).elapsed() > QUIET
    }

    /// The packets of the next 20 ms.
    fn frame(&mut self, event: &mut Option<Pressed>) -> Vec<Vec<u8>> {
        self.frames += 1;
        if event.is_none()
            && let (Some((digit, duration_ms)), Some(payload_type)) =
                (self.digits.pop_front(), self.events_type)
        {
            *event = Some(Pressed {
                digit,
                payload_type,
                timestamp: self.timestamp,
                sent: 0,
                total: duration_ms * 8,
            });
        }
        let packets = match event {
            Some(pressed) => self.event_packets(pressed),
            None => self.speech_packets(),
        };
        if event.as_ref().is_some_and(|p| p.sent >= p.total) {
            *event = None;
        }
        self.timestamp = self.timestamp.wrapping_add(SAMPLES_PER_FRAME as u32);
        packets
    }

    fn encoded(&self, samples: Vec<i16>) -> Vec<u8> {
        let encode = if self.payload_type == 8 { g711::linear_to_alaw } else { g711::linear_to_ulaw };
        samples.into_iter().map(encode).collect()
    }

    fn speech_packets(&mut self) -> Vec<Vec<u8>> {
        let (payload_type, payload) = match &self.speech {
            Speech::Nothing => return Vec::new(),
            Speech::Octets { payload_type, octets } => (*payload_type, octets.clone()),
            Speech::Key(row_hz, column_hz) => {
                let [row, column] =
                    [*row_hz, *column_hz].map(|hz| tone::sine(hz, RATE_HZ, self.spoken, SAMPLES_PER_FRAME));
                let both: Vec<i16> = row.iter().zip(&column).map(|(a, b)| a / 2 + b / 2).collect();
                (self.payload_type, self.encoded(both))
            }
            Speech::Tone(hz) => {
                let samples = tone::sine(*hz, RATE_HZ, self.spoken, SAMPLES_PER_FRAME);
                (self.payload_type, self.encoded(samples))
            }
        };
        let marker = self.spoken == 0;
        self.spoken += SAMPLES_PER_FRAME;
        let timestamp = self.timestamp;
        let packet = self.packet(marker, payload_type, timestamp, payload);
        self.made = self.made.wrapping_add(1);
        if self.lose_each != 0 && self.made.is_multiple_of(self.lose_each) {
            self.lost += 1;
            return Vec::new();
        }
        vec![packet]
    }

    // RFC 4733 §2.5.1: one timestamp for the event, a growing duration, the last packet three times.
    fn event_packets(&mut self, pressed: &mut Pressed) -> Vec<Vec<u8>> {
        let marker = pressed.sent == 0;
        pressed.sent += SAMPLES_PER_FRAME as u32;
        let end = pressed.sent >= pressed.total;
        let payload = Event { digit: pressed.digit, end, duration: pressed.sent as u16 }.write();
        let copies = if end { 3 } else { 1 };
        (0..copies)
            .map(|copy| {
                self.packet(marker && copy == 0, pressed.payload_type, pressed.timestamp, payload.clone())
            })
            .collect()
    }

    fn packet(&mut self, marker: bool, payload_type: u8, timestamp: u32, payload: Vec<u8>) -> Vec<u8> {
        let packet =
            Packet { marker, payload_type, sequence: self.sequence, timestamp, ssrc: self.ssrc, payload };
        self.sequence = self.sequence.wrapping_add(1);
        let bytes = packet.write();
        match &mut self.protect {
            Some(context) => context.protect(&bytes),
            None => bytes,
        }
    }

    fn receive(&mut self, source: SocketAddr, bytes: &[u8]) {
        let open = match &mut self.unprotect {
            Some(context) => context.unprotect(bytes),
            None => Some(bytes.to_vec()),
        };
        let Some(packet) = open.as_deref().and_then(Packet::parse) else {
            self.unauthentic += 1;
            return;
        };
        // What comes in has the number that our own description gave (RFC 3264 §5.1), not the one that theirs did.
        if packet.payload_type == EVENTS.payload_type {
            self.receive_event(&packet);
        } else if [0, 8].contains(&packet.payload_type) {
            self.receive_audio(&packet);
        }
        if self.heard.len() == KEPT_PACKETS {
            self.heard.pop_front();
        }
        self.heard.push_back(Heard { at: Instant::now(), source, packet });
    }

    fn receive_event(&mut self, packet: &Packet) {
        let Some(event) = Event::parse(&packet.payload) else { return };
        if event.end && self.last_event_timestamp != Some(packet.timestamp) {
            self.last_event_timestamp = Some(packet.timestamp);
            self.ended_digits.push_back((event.digit, event.duration));
        }
    }

    fn receive_audio(&mut self, packet: &Packet) {
        let decode = if packet.payload_type == 8 { g711::alaw_to_linear } else { g711::ulaw_to_linear };
        let start = self.pcm.len();
        self.pcm.extend(packet.payload.iter().map(|o| decode(*o)));
        if tone::rms(&self.pcm[start..]) > 100.0 {
            self.last_audible = Some(Instant::now());
        }
    }
}

struct Pressed {
    digit: char,
    payload_type: u8,
    timestamp: u32,
    // Both in timestamp units.
    sent: u32,
    total: u32,
}

/// Two sockets at an even port and the next.
pub(super) async fn pair(ip: std::net::IpAddr) -> (UdpSocket, UdpSocket) {
    loop {
        let rtp = UdpSocket::bind((ip, 0)).await.expect("an RTP socket");
        let port = rtp.local_addr().expect("its address").port();
        if port % 2 == 0
            && let Ok(rtcp) = UdpSocket::bind((ip, port + 1)).await
        {
            return (rtp, rtcp);
        }
    }
}

async fn speak(socket: Arc<UdpSocket>, shared: Arc<Shared>) {
    let mut pace = interval(FRAME);
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut event = None;
    loop {
        pace.tick().await;
        let (remote, packets) = {
            let mut state = shared.state();
            (state.remote, state.frame(&mut event))
        };
        let Some(remote) = remote else { continue };
        for packet in packets {
            // Nobody listening yet, or no longer, is the other side's affair.
            let _ = socket.send_to(&packet, remote).await;
        }
    }
}

async fn listen(socket: Arc<UdpSocket>, shared: Arc<Shared>) {
    let mut buffer = vec![0; 2048];
    loop {
        // The time-out only bounds the wait after an ICMP error on this socket.
        let Ok(Ok((length, source))) = timeout(FRAME * 50, socket.recv_from(&mut buffer)).await else {
            continue;
        };
        shared.state().receive(source, &buffer[..length]);
        shared.arrived.notify_waiters();
    }
}
