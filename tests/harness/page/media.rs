//! The WebRTC end of a page: a full ICE agent that speaks and hears G.711 tones, and may show pictures.

mod state;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use str0m::RtcConfig;
use str0m::change::{SdpAnswer, SdpOffer};
use str0m::media::{Direction, MediaKind, Mid};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

use crate::deadline::within;
use crate::rtp::tone::{self, Windows};
use state::{RATE_HZ, Shared, Speech, State, run};

/// What must be heard of a tone to believe it: 200 ms.
const HEARD_SAMPLES: usize = 1_600;
const HEARD_SHARE: f64 = 0.8;

/// Dropped, it is a browser that vanishes without a word.
pub struct PageMedia {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Drop for PageMedia {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl PageMedia {
    /// Opens a socket and writes an offer of PCMU and PCMA.
    pub async fn offer() -> (PageMedia, String) {
        PageMedia::offer_at(IpAddr::from([127, 0, 0, 1])).await
    }

    /// The same at another address.
    pub async fn offer_at(ip: IpAddr) -> (PageMedia, String) {
        let config = RtcConfig::new().clear_codecs().enable_pcmu(true, false).enable_pcma(true, false);
        PageMedia::offer_of(ip, config, &[MediaKind::Audio]).await
    }

    /// An offer of Opus first, as browsers make it.
    pub async fn offer_opus() -> (PageMedia, String) {
        let config = RtcConfig::new().clear_codecs().enable_opus(true, false).enable_pcmu(true, false);
        PageMedia::offer_of(IpAddr::from([127, 0, 0, 1]), config, &[MediaKind::Audio]).await
    }

    /// An offer of pictures in VP8 too.
    pub async fn offer_seeing() -> (PageMedia, String) {
        let config = RtcConfig::new().clear_codecs().enable_pcmu(true, false).enable_vp8(true);
        let kinds = [MediaKind::Audio, MediaKind::Video];
        PageMedia::offer_of(IpAddr::from([127, 0, 0, 1]), config, &kinds).await
    }

    /// Answers an offer of sound, and of pictures in VP8.
    pub async fn answer(offer: &str) -> (PageMedia, String) {
        let config = RtcConfig::new().clear_codecs().enable_pcmu(true, false).enable_vp8(true);
        let socket = UdpSocket::bind((IpAddr::from([127, 0, 0, 1]), 0)).await.expect("a UDP socket");
        let mut state = State::new(config.build(Instant::now()), Arc::new(socket));
        let parsed = SdpOffer::from_sdp_string(offer).unwrap_or_else(|e| panic!("{e}: {offer}"));
        let answer = state.rtc.sdp_api().accept_offer(parsed).expect("an offer that can be answered");
        offer.clone_into(&mut state.answer);
        let medium = |start: &str| {
            let part = offer.split("\nm=").find(|part| part.starts_with(start))?;
            part.lines().find_map(|line| line.strip_prefix("a=mid:")).map(|mid| Mid::from(mid.trim()))
        };
        (state.audio, state.video) = (medium("audio "), medium("video "));
        state.drain();
        let shared = Arc::new(Shared::of(state));
        let task = tokio::spawn(run(Arc::clone(&shared)));
        (PageMedia { shared, task }, answer.to_sdp_string())
    }

    /// An offer of pictures in H.264 too.
    pub async fn offer_seeing_h264() -> (PageMedia, String) {
        let mut config = RtcConfig::new().clear_codecs().enable_pcmu(true, false);
        // Constrained baseline, as every browser has it.
        config.codec_config().add_h264(108.into(), Some(109.into()), true, 0x42_e0_1f);
        let kinds = [MediaKind::Audio, MediaKind::Video];
        PageMedia::offer_of(IpAddr::from([127, 0, 0, 1]), config, &kinds).await
    }

    async fn offer_of(ip: IpAddr, config: RtcConfig, kinds: &[MediaKind]) -> (PageMedia, String) {
        let socket = Arc::new(UdpSocket::bind((ip, 0)).await.expect("a UDP socket"));
        let mut state = State::new(config.build(Instant::now()), socket);
        let mut change = state.rtc.sdp_api();
        for kind in kinds {
            let mid = change.add_media(*kind, Direction::SendRecv, None, None, None);
            match kind {
                MediaKind::Audio => state.audio = Some(mid),
                MediaKind::Video => state.video = Some(mid),
            }
        }
        let (offer, pending) = change.apply().expect("an offer");
        let text = offer.to_sdp_string();
        state.pending = Some(pending);
        let shared = Arc::new(Shared::of(state));
        let task = tokio::spawn(run(Arc::clone(&shared)));
        (PageMedia { shared, task }, text)
    }

    /// Takes the answer; ICE begins.
    pub fn accept(&self, answer: &str) {
        let mut state = self.shared.state();
        let parsed = SdpAnswer::from_sdp_string(answer).unwrap_or_else(|e| panic!("{e}: {answer}"));
        let pending = state.pending.take().expect("an offer that waits");
        state.rtc.sdp_api().accept_answer(pending, parsed).expect("an answer that fits");
        answer.clone_into(&mut state.answer);
        state.drain();
        drop(state);
        self.shared.changed.notify_waiters();
    }

    /// Goes to another network: what it had there before reaches it no more, and it looks for a way anew. The fragment for the
    /// gateway (RFC 9725 §4.3.3).
    pub async fn move_away(&self) -> String {
        let ip = self.address().ip();
        let socket = Arc::new(UdpSocket::bind((ip, 0)).await.expect("a UDP socket"));
        let mut state = self.shared.state();
        let fragment = state.restart(socket);
        drop(state);
        self.shared.changed.notify_waiters();
        fragment
    }

    /// Takes the gateway's fragment; ICE begins again.
    pub fn arrive(&self, fragment: &str) {
        let answer = self.shared.state().answer.clone();
        let value = |name: &str| fragment.lines().find_map(|line| line.trim().strip_prefix(name));
        let theirs = |line: &str| {
            let name = ["a=ice-ufrag:", "a=ice-pwd:"].into_iter().find(|name| line.starts_with(name))?;
            Some(format!("{name}{}", value(name)?))
        };
        let renewed: String =
            answer.lines().map(|line| theirs(line).unwrap_or_else(|| line.to_owned()) + "\r\n").collect();
        self.accept(&renewed);
    }

    /// Where it receives now.
    pub fn address(&self) -> SocketAddr {
        self.shared.state().local
    }

    /// Waits for ICE and DTLS.
    pub async fn connected(&self) {
        self.until("a connection by ICE and DTLS", |state| state.connected.then_some(())).await;
    }

    /// Sends a tone from now on.
    pub fn speak(&self, hz: f64) {
        self.shared.state().speech = Speech::Tone(hz);
    }

    /// Sends these packets of Opus from now on, over and over.
    pub fn speak_opus(&self, packets: Arc<Vec<Vec<u8>>>) {
        self.shared.state().speech = Speech::Opus(packets);
    }

    /// Sends these bytes as they are from its own address, where the gateway expects it.
    pub async fn send_raw(&self, to: SocketAddr, bytes: &[u8]) {
        let socket = self.shared.state().socket.clone();
        socket.send_to(bytes, to).await.expect("send");
    }

    /// A second handle of its own socket, for a thread that floods.
    pub fn socket(&self) -> Arc<UdpSocket> {
        self.shared.state().socket.clone()
    }

    /// SSRC and payload type of the sound that it sends.
    pub fn source(&self) -> (u32, u8) {
        self.shared.state().source()
    }

    /// Waits until 200 ms of what comes from now on is this tone.
    pub async fn hears(&self, hz: f64) {
        let mut windows = Windows::from(self.heard_so_far(), RATE_HZ);
        self.until(&format!("{hz} Hz at the page"), |state| {
            windows.any(&state.pcm, |window| tone::share(window, hz, RATE_HZ) > HEARD_SHARE).then_some(())
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

    /// The least share of a tone in any 100 ms of what came since.
    pub fn weakest_since(&self, from: usize, hz: f64) -> f64 {
        let state = self.shared.state();
        let windows = state.pcm.get(from..).unwrap_or_default().chunks_exact(HEARD_SAMPLES / 2);
        windows.map(|window| tone::share(window, hz, RATE_HZ)).fold(1.0, f64::min)
    }

    /// Waits for the next packet of sound; when it came.
    pub async fn next_sound(&self) -> Instant {
        let from = Instant::now();
        self.until("sound at the page", |state| state.last_sound.filter(|at| *at > from)).await
    }

    /// Packets of sound that came so far.
    pub fn sounds(&self) -> u64 {
        self.shared.state().sounds
    }

    /// Shows one frame of VP8, or of H.264 with its start codes (Annex B), as was agreed.
    pub fn show(&self, frame: Vec<u8>) {
        self.shared.state().show(frame);
        self.shared.changed.notify_waiters();
    }

    /// Waits for a frame that fits.
    pub async fn sees(&self, fits: impl Fn(&[u8]) -> bool) {
        self.until("a frame at the page", |state| state.frames.iter().any(|seen| fits(seen)).then_some(()))
            .await;
    }

    /// Waits until it was asked for a whole picture more than so many times; how often by now.
    pub async fn asked_for_picture(&self, times: usize) -> usize {
        self.until("a request for a whole picture", |state| {
            (state.pictures_asked > times).then_some(state.pictures_asked)
        })
        .await
    }

    /// Asks the gateway for a whole picture.
    pub fn ask_for_picture(&self) {
        self.shared.state().ask_for_picture();
        self.shared.changed.notify_waiters();
    }

    /// Waits until 200 ms of what comes from now on hold each of the first tones and none of the others.
    pub async fn hears_all(&self, present: &[f64], absent: &[f64]) {
        let mut windows = Windows::from(self.heard_so_far(), RATE_HZ);
        self.until(&format!("{present:?} Hz without {absent:?} at the page"), |state| {
            windows.any(&state.pcm, |window| tone::mixed(window, present, absent, RATE_HZ)).then_some(())
        })
        .await;
    }

    async fn until<T>(&self, what: &str, mut look: impl FnMut(&State) -> Option<T>) -> T {
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
