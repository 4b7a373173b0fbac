//! Offer and answer of a leg with a browser (RFC 8829): one bundle of at most one audio and one video stream over an
//! ICE-lite transport with DTLS-SRTP.

pub(super) mod attributes;
mod offer;
mod read;
pub(super) mod transport;
pub(super) mod video;
mod write;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::codec_match::{Matched, match_answer, match_offer};
use super::description::{Description, MediaDescription};
use super::draft::{Draft, Line, OfferDraft, Wish};
use super::numbering::Numbering;
use super::seed::Seed;
use super::{Agreed, Codec, Dialect, Direction, RemoteOffer, SdpError};
use crate::webrtc::{
    CandidateTransport, DtlsRole, HeaderExtension, IceCredentials, Track, Video, VideoFormat, WebRtcAgreed,
    WebRtcLocal,
};
use attributes::RtcpSize;
use read::Taken;
use transport::{RemoteTransport, role_by_answer, role_to_answer};
use write::{BrowserLine, Ends, Sources};

/// Port that stands for "see my candidates" (RFC 8840 §4.1.1).
const DISCARD_PORT: u16 = 9;

/// Our end of such a leg.
pub(super) struct WebRtcSide {
    local: WebRtcLocal,
    seed: Seed,
    /// ICE restarts so far.
    restarts: u32,
    /// Names our media stream, and as cname our sources.
    stream: String,
    audio_ssrc: u32,
    video_ssrc: u32,
    video_rtx_ssrc: u32,
    /// Header extensions of the session: an id keeps its meaning (RFC 8285 §6).
    extensions: Vec<(u8, HeaderExtension)>,
}

impl WebRtcSide {
    pub(super) fn new(local: WebRtcLocal, seed: &Seed) -> Self {
        let [a, b, c, d, e, f, g, h, rest @ ..] = seed.derive("sources", 0);
        let random = u32::from_be_bytes([a, b, c, d]);
        // Apart from each other and from 0, which none may have.
        let ssrc = |number: u32| random & !3 | number;
        let stream: String = rest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let stream = format!("{:08x}{stream}", u32::from_be_bytes([e, f, g, h]));
        let (audio_ssrc, video_ssrc, video_rtx_ssrc) = (ssrc(1), ssrc(2), ssrc(3));
        Self {
            local,
            seed: seed.clone(),
            restarts: 0,
            stream,
            audio_ssrc,
            video_ssrc,
            video_rtx_ssrc,
            extensions: Vec::new(),
        }
    }

    /// The candidate that stands in media line and connection line (RFC 8839 §4.2.1.2).
    pub(super) fn default_address(&self) -> SocketAddr {
        let udp = self.local.candidates.iter().find(|each| each.transport == CandidateTransport::Udp);
        let unknown = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), DISCARD_PORT);
        udp.or(self.local.candidates.first()).map_or(unknown, |candidate| candidate.address)
    }

    pub(super) fn read_offer(&self, description: &Description) -> Result<RemoteOffer, SdpError> {
        let (_, audio) = read::acceptable_audio(description)?.next().ok_or(SdpError::NotAudio)?;
        let video = read::bundled_video(description, audio).map(|(_, video)| video);
        Ok(RemoteOffer {
            codecs: audio.codecs.clone(),
            direction: audio.direction(),
            srtp: true,
            dialect: Dialect::WebRtc,
            video: video.map_or_else(Vec::new, |video| video::formats(&video.codecs)),
        })
    }

    pub(super) fn answer(
        &mut self,
        wish: &Wish<'_>,
        description: &Description,
        before: Option<&Agreed>,
        numbering: &mut Numbering,
    ) -> Result<(Draft, Agreed), SdpError> {
        let matched = read::acceptable_audio(description)?.find_map(|(position, audio)| {
            match_offer(wish.codecs, &audio.codecs).map(|matched| (position, audio, matched))
        });
        let (position, audio, matched) = matched.ok_or(SdpError::NoCommonCodec)?;
        let video = read::bundled_video(description, audio).and_then(|(position, stream)| {
            let answered = video::match_offer(wish.video, &stream.codecs);
            (!answered.is_empty()).then_some((position, stream, answered))
        });
        let taken = Taken { audio, video: video.as_ref().map(|(_, stream, _)| *stream) };
        let transport = read::transport(description, &taken)?;
        self.follow_restart(before, &transport);
        let lasting = lasting_role(before, &transport);
        let role = role_to_answer(transport.setup, lasting);
        let counts = match before.and_then(|agreed| agreed.webrtc.as_ref()).filter(|_| lasting.is_some()) {
            Some(before) => counts_packets(&before.extensions),
            None => video.is_some(),
        };
        let formats =
            video.as_ref().map_or_else(Vec::new, |(_, _, answered)| video::agreed_by_answer(answered));
        let mut webrtc = self.agree(&taken, formats, transport, role, wish.direction);
        if !counts {
            for extensions in [&mut webrtc.extensions, &mut self.extensions] {
                extensions.retain(|(_, extension)| *extension != HeaderExtension::TransportWideCc);
            }
        }
        self.keep_extensions(&webrtc.extensions);
        let answered = matched.answered.clone();
        let sources = Sources::Audio { ssrc: self.audio_ssrc };
        let mut described = vec![self.answer_line((position, audio), answered, wish.direction, sources)];
        if let Some((position, stream, answered)) = video {
            let sources = Sources::Video { ssrc: self.video_ssrc, rtx_ssrc: self.video_rtx_ssrc };
            described.push(self.answer_line((position, stream), answered, wish.direction, sources));
        }
        described.iter().for_each(|line| numbering.remember(&line.codecs));
        let lines: Vec<Line> = description.streams.iter().map(Line::of).collect();
        let order = description.bundle.iter().map(String::as_str);
        let text = write::media(&self.ends(role.name()), &lines, &described, order);
        let video_position = described.get(1).map(|line| line.position);
        Ok((Draft { text, lines, position, video_position }, agreed(audio, matched, wish.direction, webrtc)))
    }

    pub(super) fn read_answer(
        &self,
        offer: &OfferDraft,
        description: &Description,
    ) -> Result<Agreed, SdpError> {
        let (offered, answered) = (offer.draft.lines.len(), description.streams.len());
        if offered != answered {
            return Err(SdpError::StreamCount { offered, answered });
        }
        let audio = offer.answered_audio(description)?;
        read::check_stream(description, audio)?;
        let matched = match_answer(&offer.codecs, &audio.codecs).ok_or(SdpError::NoCommonCodec)?;
        let video = offer.draft.video_position.and_then(|position| description.streams.get(position));
        let video = video.filter(|video| read::is_bundled_with(description, video, audio));
        let formats = video.map_or_else(Vec::new, |video| video::match_answer(&offer.video, &video.codecs));
        let taken = Taken { audio, video: video.filter(|_| !formats.is_empty()) };
        let transport = read::transport(description, &taken)?;
        let role = role_by_answer(transport.setup)?;
        let mut webrtc = self.agree(&taken, formats, transport, role, offer.direction);
        // Names and ids are those of the offer.
        let mid_of = |position: usize| offer.draft.lines.get(position).and_then(|line| line.mid.clone());
        webrtc.audio.mid = read::mid_or_default(mid_of(offer.draft.position));
        if let Some(video) = &mut webrtc.video {
            video.track.mid = read::mid_or_default(offer.draft.video_position.and_then(mid_of));
        }
        webrtc.extensions.retain(|extension| self.extensions.contains(extension));
        Ok(agreed(audio, matched, offer.direction, webrtc))
    }

    fn agree(
        &self,
        taken: &Taken<'_>,
        formats: Vec<VideoFormat>,
        transport: RemoteTransport,
        dtls_role: DtlsRole,
        wish: Direction,
    ) -> WebRtcAgreed {
        let video = taken.video.map(|stream| Video {
            track: track(stream, self.video_ssrc),
            local_rtx_ssrc: self.video_rtx_ssrc,
            remote_rtx_ssrc: stream.browser.as_ref().and_then(|browser| browser.attributes.rtx_ssrc),
            formats,
            direction: wish.against(stream.direction()),
        });
        WebRtcAgreed {
            local_ice: self.local.ice.clone(),
            remote_ice: transport.ice,
            remote_fingerprint: transport.fingerprint,
            dtls_role,
            audio: track(taken.audio, self.audio_ssrc),
            video,
            extensions: extensions(taken),
        }
    }

    /// How we answer a stream that we take: with what both sides have.
    fn answer_line(
        &self,
        (position, stream): (usize, &MediaDescription),
        codecs: Vec<Codec>,
        wish: Direction,
        sources: Sources,
    ) -> BrowserLine {
        let said = stream.browser.as_ref().map(|browser| &browser.attributes);
        let has_feedback =
            |(number, kind): &(u8, &str)| said.is_some_and(|said| said.has_feedback(*number, kind));
        let offered = said.map_or_else(Vec::new, |said| said.extensions.clone());
        let kept = |offered: &(u8, HeaderExtension)| {
            self.extensions.contains(offered) && speaks_in(&sources, offered.1)
        };
        BrowserLine {
            position,
            proto: stream.proto.clone(),
            mid: stream.mid.clone(),
            direction: wish.against(stream.direction()),
            extensions: offered.into_iter().filter(kept).collect(),
            feedback: offer::feedback(&codecs, &self.extensions).into_iter().filter(has_feedback).collect(),
            rtcp_size: said.map_or(RtcpSize::Compound, |said| said.rtcp_size),
            codecs,
            sources,
        }
    }

    fn ends<'a>(&'a self, setup: &'a str) -> Ends<'a> {
        Ends { local: &self.local, default_address: self.default_address(), stream: &self.stream, setup }
    }

    /// Their new credentials are an ICE restart, which our answer takes part in by new ones of ours (RFC 8839 §4.4.3.1.1): some
    /// agents do not restart without.
    fn follow_restart(&mut self, before: Option<&Agreed>, transport: &RemoteTransport) {
        let before = before.and_then(|agreed| agreed.webrtc.as_ref());
        if before.is_some_and(|before| before.remote_ice != transport.ice) {
            self.restarts += 1;
            self.local.ice = credentials(&self.seed, self.restarts);
        }
    }

    /// Ids that come anew take the place of others with the same number or meaning.
    fn keep_extensions(&mut self, agreed: &[(u8, HeaderExtension)]) {
        self.extensions.retain(|kept| agreed.iter().all(|new| new.0 != kept.0 && new.1 != kept.1));
        self.extensions.extend(agreed);
    }
}

/// 64 bits that find the Leg, 128 that nobody guesses (RFC 8445 §5.3).
fn credentials(seed: &Seed, number: u32) -> IceCredentials {
    let bytes = seed.derive("ice", number);
    let hex = |range: std::ops::Range<usize>| -> String {
        bytes.get(range).unwrap_or_default().iter().map(|byte| format!("{byte:02x}")).collect()
    };
    IceCredentials { ufrag: hex(0..8), pwd: hex(8..24) }
}

/// Whether the packets of a transport are counted one by one (TWCC), which tells what its path carries. Pictures need that; with sound
/// alone it costs twenty small packets a second and decides nothing, so it is left out. It stays as it was when the transport began.
fn counts_packets(extensions: &[(u8, HeaderExtension)]) -> bool {
    extensions.iter().any(|(_, extension)| *extension == HeaderExtension::TransportWideCc)
}

/// Whether an extension has a meaning for such a stream.
fn speaks_in(sources: &Sources, extension: HeaderExtension) -> bool {
    match (sources, extension) {
        (Sources::Audio { .. }, _) => true,
        (Sources::Video { .. }, extension) => extension != HeaderExtension::AudioLevel,
    }
}

/// The ids that mean the same on all streams taken.
fn extensions(taken: &Taken<'_>) -> Vec<(u8, HeaderExtension)> {
    let streams = || [taken.audio].into_iter().chain(taken.video);
    // The engine can write only such names into packets, and browsers drop packets of a name that they do not know.
    let plain_mids = streams().all(|stream| {
        stream.mid.as_ref().is_some_and(|mid| mid.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    });
    let mut agreed: Vec<(u8, HeaderExtension)> = Vec::new();
    for (id, extension) in streams().filter_map(|s| s.browser.as_ref()).flat_map(|b| &b.attributes.extensions)
    {
        let usable = plain_mids || *extension != HeaderExtension::Mid;
        if usable && agreed.iter().all(|known| known.0 != *id && known.1 != *extension) {
            agreed.push((*id, *extension));
        }
    }
    agreed
}

/// The role of an association that goes on: it does while their certificate is the same (RFC 8842 §5.1).
fn lasting_role(before: Option<&Agreed>, transport: &RemoteTransport) -> Option<DtlsRole> {
    let before = before?.webrtc.as_ref()?;
    (before.remote_fingerprint == transport.fingerprint).then_some(before.dtls_role)
}

fn track(stream: &MediaDescription, local_ssrc: u32) -> Track {
    Track {
        mid: read::mid_or_default(stream.mid.clone()),
        local_ssrc,
        remote_ssrc: stream.browser.as_ref().and_then(|browser| browser.attributes.ssrc),
    }
}

fn agreed(audio: &MediaDescription, matched: Matched, wish: Direction, webrtc: WebRtcAgreed) -> Agreed {
    let theirs = audio.direction();
    // Addresses come from ICE, keys from DTLS.
    let unknown = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
    Agreed {
        remote_rtp: unknown,
        remote_rtcp: unknown,
        rtcp_mux: true,
        codecs: matched.codecs,
        dtmf: matched.dtmf,
        direction: wish.against(theirs),
        remote_direction_hold: !theirs.receives(),
        ptime_ms: audio.ptime_ms,
        srtp: None,
        webrtc: Some(Box::new(webrtc)),
        video: None,
    }
}

#[cfg(test)]
mod tests;
