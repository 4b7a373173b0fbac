//! The video end of a phone that shows everybody the picture he sent: a decoder at the far end can tell whether it came back
//! whole, without one here.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::UdpSocket;
use tokio::sync::Notify;

use super::endpoint::pair;
use super::packet::Packet;
use crate::deadline::within;
use crate::sdp::{Format, Remote};

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
        Mirror { local, socket, rtcp, shared, tasks }
    }

    /// The media line of this picture in one format.
    pub fn line(&self, format: Format, feedback: Feedback) -> String {
        let (port, number, name) = (self.local.port(), format.payload_type, format.name);
        let profile = if feedback == Feedback::None { "RTP/AVP" } else { "RTP/AVPF" };
        let mut line = format!("m=video {port} {profile} {number}\r\na=rtpmap:{number} {name}\r\n");
        if !format.fmtp.is_empty() {
            line.push_str(&format!("a=fmtp:{number} {}\r\n", format.fmtp));
        }
        if feedback == Feedback::PictureLoss {
            line.push_str(&format!("a=rtcp-fb:{number} nack pli\r\n"));
        }
        line + "a=sendrecv\r\n"
    }

    /// Sends where the other side's description wants pictures.
    pub fn follow(&self, sdp: &str) -> Remote {
        let remote = Remote::pictures(sdp).unwrap_or_else(|| panic!("no video in this description:\n{sdp}"));
        let mut state = self.shared.state();
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
            (state.remote, Packet { marker: true, payload_type, sequence, timestamp, ssrc, payload })
        };
        self.socket.send_to(&packet.write(), to.expect("a description")).await.expect("send");
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
        let (to, ssrc) = {
            let state = self.shared.state();
            (state.remote_rtcp, state.ssrc)
        };
        self.rtcp.send_to(&picture_loss(ssrc), to.expect("a description")).await.expect("send");
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
        let Some(packet) = Packet::parse(&buffer[..length]) else { continue };
        let (to, back) = {
            let mut state = shared.state();
            let back = Packet { ssrc: state.ssrc, ..packet.clone() };
            if state.seen.len() < KEPT_PACKETS {
                state.seen.push(packet);
            }
            (state.remote.filter(|_| state.shown.is_none()), back.write())
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
        if !asks_for_picture(&buffer[..length]) {
            continue;
        }
        let ssrc = {
            let mut state = shared.state();
            state.picture_losses += 1;
            state.ssrc
        };
        let _ = rtcp.send_to(&picture_loss(ssrc), from).await;
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
