//! The video end of a phone that shows everybody the picture he sent: a decoder at the far end can tell whether it came back
//! whole, without one here.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::UdpSocket;
use tokio::sync::Notify;

use super::endpoint::pair;
use super::packet::Packet;
use super::srtp::{Context, Keys, RtcpContext, Suite};
use crate::deadline::within;
use crate::sdp::{Format, Remote, crypto_line};

/// Payload-specific feedback (RFC 4585 §6.1).
const PSFB: u8 = 206;
const PLI: u8 = 1;
/// Packets kept for a test to look at.
const KEPT_PACKETS: usize = 10_000;

/// Whether the phone says that it takes requests for a whole picture in RTCP (RFC 4585 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feedback {
    None,
    PictureLoss,
}

pub struct Mirror {
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

#[derive(Default)]
struct State {
    remote: Option<SocketAddr>,
    remote_rtcp: Option<SocketAddr>,
    seen: Vec<Packet>,
    picture_losses: usize,
    ssrc: u32,
    // Of packets of its own; none before the first.
    shown: Option<u16>,
    seals: Option<Seals>,
}

/// What protects this phone's packets, and those that come.
struct Seals {
    ours: (Context, RtcpContext),
    theirs: (Context, RtcpContext),
}

impl State {
    fn seal(&mut self, packet: &Packet) -> Vec<u8> {
        match &mut self.seals {
            Some(seals) => seals.ours.0.protect(&packet.write()),
            None => packet.write(),
        }
    }

    fn open(&mut self, bytes: &[u8]) -> Option<Packet> {
        match &mut self.seals {
            Some(seals) => Packet::parse(&seals.theirs.0.unprotect(bytes)?),
            None => Packet::parse(bytes),
        }
    }

    fn seal_report(&mut self, compound: Vec<u8>) -> Vec<u8> {
        match &mut self.seals {
            Some(seals) => seals.ours.1.protect(&compound),
            None => compound,
        }
    }

    fn open_report(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        match &self.seals {
            Some(seals) => seals.theirs.1.unprotect(bytes),
            None => Some(bytes.to_vec()),
        }
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        self.tasks.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

impl Mirror {
    /// At two ports of loopback.
    pub async fn new() -> Mirror {
        let (socket, rtcp) = pair(IpAddr::from([127, 0, 0, 1])).await;
        let (socket, rtcp) = (Arc::new(socket), Arc::new(rtcp));
        let shared = Arc::new(Shared::default());
        shared.state().ssrc = rand::random();
        let tasks = vec![
            tokio::spawn(reflect(Arc::clone(&socket), Arc::clone(&shared))),
            tokio::spawn(pass_on(Arc::clone(&rtcp), Arc::clone(&shared))),
        ];
        let local = socket.local_addr().expect("its address");
        Mirror { local, socket, rtcp, shared, keys: None, tasks }
    }

    /// The same with SRTP by SDES, AES-CM.
    pub async fn secure() -> Mirror {
        let mut mirror = Mirror::new().await;
        mirror.keys = Some(Keys::random(Suite::AesCm80));
        mirror
    }

    /// The media line of this picture in one format.
    pub fn line(&self, format: Format, feedback: Feedback) -> String {
        let (port, number, name) = (self.local.port(), format.payload_type, format.name);
        let secure = if self.keys.is_some() { "S" } else { "" };
        let profile = format!("RTP/{secure}AVP{}", if feedback == Feedback::None { "" } else { "F" });
        let mut line = format!("m=video {port} {profile} {number}\r\na=rtpmap:{number} {name}\r\n");
        if !format.fmtp.is_empty() {
            line.push_str(&format!("a=fmtp:{number} {}\r\n", format.fmtp));
        }
        if feedback == Feedback::PictureLoss {
            line.push_str(&format!("a=rtcp-fb:{number} nack pli\r\n"));
        }
        line.extend(self.keys.as_ref().map(crypto_line));
        line + "a=sendrecv\r\n"
    }

    /// Sends where the other side's description wants pictures.
    pub fn follow(&self, sdp: &str) -> Remote {
        let remote = Remote::pictures(sdp).unwrap_or_else(|| panic!("no video in this description:\n{sdp}"));
        let mut state = self.shared.state();
        if let (Some(ours), Some(theirs)) = (&self.keys, &remote.keys) {
            let seals = |keys| (Context::new(keys), RtcpContext::new(keys));
            state.seals = Some(Seals { ours: seals(ours), theirs: seals(theirs) });
        }
        state.remote = Some(remote.address);
        state.remote_rtcp = Some(SocketAddr::new(remote.address.ip(), remote.address.port() + 1));
        remote
    }

    /// Shows one packet of its own, and from then on what is its own alone.
    pub async fn show(&self, payload_type: u8, payload: &[u8]) {
        let (to, packet) = {
            let mut state = self.shared.state();
            let number = state.shown.get_or_insert_default();
            *number += 1;
            let (sequence, timestamp) = (*number, u32::from(*number) * 3_600);
            let (ssrc, payload) = (state.ssrc, payload.to_vec());
            let packet = Packet { marker: true, payload_type, sequence, timestamp, ssrc, payload };
            (state.remote, state.seal(&packet))
        };
        self.socket.send_to(&packet, to.expect("a description")).await.expect("send");
    }

    /// Waits until it has been shown so many packets, and returns them.
    pub async fn sees(&self, packets: usize) -> Vec<Packet> {
        self.until(&format!("{packets} packets of pictures"), |state| {
            (state.seen.len() >= packets).then(|| state.seen.clone())
        })
        .await
    }

    /// Waits until it was asked for a whole picture by RTCP.
    pub async fn asked(&self) {
        self.until("a picture loss indication", |state| (state.picture_losses > 0).then_some(())).await;
    }

    /// Asks for a whole picture by RTCP.
    pub async fn ask(&self) {
        let (to, asks) = {
            let mut state = self.shared.state();
            let asks = picture_loss(state.ssrc);
            (state.remote_rtcp, state.seal_report(asks))
        };
        self.rtcp.send_to(&asks, to.expect("a description")).await.expect("send");
    }

    async fn until<T>(&self, what: &str, look: impl Fn(&State) -> Option<T>) -> T {
        within(what, async {
            loop {
                let arrived = self.shared.arrived.notified();
                tokio::pin!(arrived);
                arrived.as_mut().enable();
                if let Some(found) = look(&self.shared.state()) {
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
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn reflect(socket: Arc<UdpSocket>, shared: Arc<Shared>) {
    let mut buffer = vec![0; 2_048];
    loop {
        let Ok(length) = socket.recv(&mut buffer).await else { continue };
        let (to, back) = {
            let mut state = shared.state();
            let Some(packet) = state.open(&buffer[..length]) else { continue };
            let back = Packet { ssrc: state.ssrc, ..packet.clone() };
            if state.seen.len() < KEPT_PACKETS {
                state.seen.push(packet);
            }
            let to = state.remote.filter(|_| state.shown.is_none());
            (to, to.map(|_| state.seal(&back)).unwrap_or_default())
        };
        if let Some(to) = to {
            let _ = socket.send_to(&back, to).await;
        }
        shared.arrived.notify_waiters();
    }
}

/// A picture of the peer's own that he asks to be whole has to be made whole by him.
async fn pass_on(rtcp: Arc<UdpSocket>, shared: Arc<Shared>) {
    let mut buffer = vec![0; 2_048];
    loop {
        let Ok((length, from)) = rtcp.recv_from(&mut buffer).await else { continue };
        let asks = {
            let mut state = shared.state();
            if !state.open_report(&buffer[..length]).is_some_and(|compound| asks_for_picture(&compound)) {
                continue;
            }
            state.picture_losses += 1;
            let asks = picture_loss(state.ssrc);
            state.seal_report(asks)
        };
        let _ = rtcp.send_to(&asks, from).await;
        shared.arrived.notify_waiters();
    }
}

fn asks_for_picture(mut compound: &[u8]) -> bool {
    while let [first, kind, high, low, ..] = *compound {
        if kind == PSFB && first & 0x1F == PLI {
            return true;
        }
        let length = 4 * (1 + usize::from(u16::from_be_bytes([high, low])));
        compound = compound.get(length..).unwrap_or_default();
    }
    false
}

/// An empty receiver report and the request (RFC 4585 §3.1, §6.3.1). Which stream it is about only one can mean.
fn picture_loss(ssrc: u32) -> Vec<u8> {
    let mut compound = vec![0x80, 201, 0, 1];
    compound.extend(ssrc.to_be_bytes());
    compound.extend([0x80 | PLI, PSFB, 0, 2]);
    compound.extend(ssrc.to_be_bytes());
    compound.extend([0; 4]);
    compound
}
