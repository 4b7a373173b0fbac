//! The streams of a browser: whose packets are whose, and ours on their way out.

use std::net::SocketAddr;
use std::time::Instant;

use str0m::bwe::Bitrate;
use str0m::media::{KeyframeRequestKind, Mid};
use str0m::rtp::{RtpWrite, SeqNo};
use str0m::{Input, Rtc};

use super::{Browser, Road, build};
use crate::rtp::Header;

/// What fits a packet of Ethernet behind the headers of IP, UDP and RTP. str0m has room for little more, and no way to say so.
const MAX_PAYLOAD_BYTES: usize = 1_460;
/// Picture packets that may wait for the pacer; then what comes is dropped, and the next key frame mends it.
const MAX_PICTURES_QUEUED: usize = 512;

/// Which SSRC one track of the browser has.
#[derive(Debug, Default)]
pub(super) struct Known {
    ssrc: Option<u32>,
    rtx: Option<u32>,
}

impl Known {
    /// What the description names. A stream that str0m has already stays as it is, with its history.
    pub fn expect(&mut self, rtc: &mut Rtc, mid: Mid, ssrc: Option<u32>, rtx: Option<u32>) {
        let Some(ssrc) = ssrc else { return };
        if (self.ssrc, self.rtx) != (Some(ssrc), rtx) {
            self.replace(rtc, mid, ssrc, rtx);
        }
    }

    fn replace(&mut self, rtc: &mut Rtc, mid: Mid, ssrc: u32, rtx: Option<u32>) {
        let mut api = rtc.direct_api();
        if let Some(old) = self.ssrc {
            api.remove_stream_rx(old.into());
        }
        api.expect_stream_rx(ssrc.into(), rtx.map(Into::into), mid, None);
        (self.ssrc, self.rtx) = (Some(ssrc), rtx);
    }

    fn knows(&self, ssrc: u32) -> bool {
        self.ssrc == Some(ssrc) || self.rtx == Some(ssrc)
    }
}

/// Of which kind a payload type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Audio,
    Video,
    /// Retransmission (RFC 4588), probing, or nothing that was agreed on.
    Repair,
}

/// An RTP packet between its arrival and its authentication.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial {
    ssrc: u32,
    kind: Kind,
    is_known: bool,
}

impl Browser {
    /// An RTP packet of an address that was validated; it may still be anybody's. What is authentic comes by
    /// [`Browser::step`].
    ///
    /// str0m makes a stream of any SSRC whose header names a mid, before it authenticates; so it sees only the SSRC that
    /// the track has. Another one, of a browser whose description named none or that changed it, is tried for one packet
    /// and kept if that is authentic.
    pub fn receive_rtp(
        &mut self,
        now: Instant,
        (road, from): (Road, SocketAddr),
        packet: &[u8],
        ssrc: u32,
        kind: Kind,
    ) {
        let tracks = [Some(&self.audio), self.video.as_ref()];
        let is_known = tracks.into_iter().flatten().any(|track| track.knows(ssrc));
        if !is_known && !self.admit(ssrc, kind) {
            return;
        }
        self.trial = Some(Trial { ssrc, kind, is_known });
        self.receive(now, road, from, packet);
    }

    /// Lets str0m see one packet of an SSRC that it does not know.
    fn admit(&mut self, ssrc: u32, kind: Kind) -> bool {
        let mid = match (kind, &self.agreed.video) {
            (Kind::Audio, _) => build::mid(&self.agreed.audio.mid),
            (Kind::Video, Some(video)) => build::mid(&video.track.mid),
            // SSRC 0 is how libwebrtc probes the path; str0m knows it by itself.
            (Kind::Video, None) | (Kind::Repair, _) => return ssrc == 0,
        };
        self.rtc.direct_api().expect_stream_rx(ssrc.into(), None, mid, None);
        true
    }

    /// The packet on trial was authentic.
    pub(super) fn confirm(&mut self, ssrc: u32) {
        let Some(trial) = self.trial.take_if(|trial| trial.ssrc == ssrc || trial.kind == Kind::Repair) else {
            return;
        };
        if trial.is_known {
            return;
        }
        let known = match trial.kind {
            Kind::Audio => &mut self.audio,
            Kind::Video => self.video.get_or_insert_default(),
            Kind::Repair => return,
        };
        if let Some(old) = known.ssrc.replace(ssrc) {
            self.rtc.direct_api().remove_stream_rx(old.into());
        }
    }

    /// All that the last packet brought is there: one that is still on trial was not authentic, or nothing new.
    pub(super) fn end_trial(&mut self) {
        let Some(trial) = self.trial.take() else { return };
        if trial.kind == Kind::Repair {
            return;
        }
        self.refused += 1;
        if !trial.is_known {
            self.rtc.direct_api().remove_stream_rx(trial.ssrc.into());
        }
    }

    /// A packet of ours. False: it cannot be sent now.
    pub fn write(&mut self, now: Instant, kind: Kind, header: &Header, payload: &[u8]) -> bool {
        if !self.is_connected() || payload.len() > MAX_PAYLOAD_BYTES {
            return false;
        }
        let (ssrc, sent) = match (kind, &self.agreed.video) {
            (Kind::Audio, _) => (self.agreed.audio.local_ssrc, &mut self.audio_sent),
            (Kind::Video, Some(video)) => (video.track.local_ssrc, &mut self.video_sent),
            (Kind::Video, None) | (Kind::Repair, _) => return false,
        };
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx(&ssrc.into()) else { return false };
        if stream.queue_info().is_some_and(|queue| queue.packet_count() >= MAX_PICTURES_QUEUED) {
            return false;
        }
        let Some(sequence) = sent.extend(header.sequence) else { return false };
        let sequence = SeqNo::from(sequence);
        let write = RtpWrite::new(header.payload_type.into(), sequence, header.timestamp, now, payload)
            .marker(header.marker)
            .nackable(kind == Kind::Video);
        stream.write_rtp(write);
        let _ = self.rtc.handle_input(Input::Timeout(now));
        true
    }

    /// Asks the browser for a whole picture.
    pub fn request_keyframe(&mut self, kind: KeyframeRequestKind) {
        let Some(ssrc) = self.video.as_ref().and_then(|video| video.ssrc) else { return };
        if let Some(stream) = self.rtc.direct_api().stream_rx(&ssrc.into()) {
            stream.request_keyframe(kind);
        }
    }

    /// Asks the browser to send no more than this (REMB).
    pub fn limit_rate(&mut self, rate_bps: u64) {
        let Some(ssrc) = self.video.as_ref().and_then(|video| video.ssrc) else { return };
        if let Some(stream) = self.rtc.direct_api().stream_rx(&ssrc.into()) {
            stream.request_remb(Bitrate::from(rate_bps));
        }
    }
}
