//! From what was agreed on to an instance of str0m.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::bwe::Bitrate;
use str0m::crypto::Fingerprint;
use str0m::format::{Codec as Kind, CodecSpec, FormatParams, PayloadParams};
use str0m::media::{Frequency, MediaKind, Mid};
use str0m::net::TcpType;
use str0m::rtp::{Extension, ExtensionMap};
use str0m::{Candidate, IceCreds, RtcConfig};

use super::stream::Known;
use super::{Browser, BrowserHost, Phase, Road, Sent};
use crate::leg::LegSettings;
use crate::sdp::Codec;
use crate::webrtc::{DtlsRole, HeaderExtension, IceCredentials, Video, WebRtcAgreed};

/// How often str0m tells what browsers report: as often as those do for audio.
const STATS_INTERVAL: Duration = Duration::from_secs(5);
/// What a picture may begin with before the path is known, in bit/s.
const FIRST_RATE_BPS: u64 = 500_000;
/// The rate that the path is probed for: a good picture of one person, in bit/s.
const WANTED_RATE_BPS: u64 = 2_500_000;
/// Audio packets that are kept by str0m; none is ever sent again.
const AUDIO_KEPT_PACKETS: usize = 2;
/// Picture packets that are kept to be sent again: a second of a good picture.
const VIDEO_KEPT_PACKETS: usize = 512;

impl Browser {
    /// A fresh instance: ICE waits for checks, DTLS for its handshake. None where str0m refuses what was agreed on.
    pub fn new(
        now: Instant,
        host: &BrowserHost,
        settings: &LegSettings,
        agreed: &WebRtcAgreed,
    ) -> Option<Self> {
        let mut rtc = config(host, settings, agreed).build(now);
        let mut api = rtc.direct_api();
        api.set_ice_controlling(false);
        api.set_remote_ice_credentials(credentials(&agreed.remote_ice));
        api.set_remote_fingerprint(Fingerprint {
            hash_func: "sha-256".to_owned(),
            bytes: agreed.remote_fingerprint.0.to_vec(),
        });
        for candidate in candidates(&host.roads) {
            rtc.add_local_candidate(candidate);
        }
        // Gives str0m its first notion of time, which DTLS needs before its role.
        rtc.handle_input(str0m::Input::Timeout(now)).ok()?;
        let mut api = rtc.direct_api();
        api.start_dtls(agreed.dtls_role == DtlsRole::Active).ok()?;
        let mut browser = Self {
            rtc,
            agreed: agreed.clone(),
            roads: host.roads.clone(),
            phase: Phase::Connecting,
            addresses: Vec::new(),
            addresses_ever: 0,
            nominated: None,
            last_seen: now,
            audio: Known::default(),
            video: None,
            audio_sent: Sent::default(),
            video_sent: Sent::default(),
            trial: None,
            refused: 0,
            facts: Vec::new(),
        };
        browser.declare(agreed);
        Some(browser)
    }

    /// The streams of an agreement; those that str0m has stay as they are.
    pub(super) fn declare(&mut self, agreed: &WebRtcAgreed) {
        let mid = mid(&agreed.audio.mid);
        let known = self.rtc.media(mid).is_some();
        let mut api = self.rtc.direct_api();
        if !known {
            api.declare_media(mid, MediaKind::Audio);
        }
        api.declare_stream_tx(agreed.audio.local_ssrc.into(), None, mid, None).set_unpaced(true);
        self.audio.expect(&mut self.rtc, mid, agreed.audio.remote_ssrc, None);
        if let Some(video) = &agreed.video {
            self.declare_video(video);
        }
        if agreed.extensions.iter().any(|&(_, extension)| extension == HeaderExtension::TransportWideCc) {
            self.rtc.direct_api().enable_twcc_feedback();
        }
    }

    fn declare_video(&mut self, video: &Video) {
        let mid = mid(&video.track.mid);
        let known = self.rtc.media(mid).is_some();
        let mut api = self.rtc.direct_api();
        if !known {
            api.declare_media(mid, MediaKind::Video);
        }
        let repairs = video.formats.iter().any(|format| format.rtx.is_some());
        let rtx = repairs.then(|| video.local_rtx_ssrc.into());
        api.declare_stream_tx(video.track.local_ssrc.into(), rtx, mid, None);
        let rtx = video.remote_rtx_ssrc.filter(|_| repairs);
        self.video.get_or_insert_default().expect(&mut self.rtc, mid, video.track.remote_ssrc, rtx);
        self.rtc.bwe().set_bitrate(Bitrate::ZERO, Bitrate::from(WANTED_RATE_BPS));
    }
}

/// As str0m knows them.
pub(super) fn credentials(ice: &IceCredentials) -> IceCreds {
    IceCreds { ufrag: ice.ufrag.clone(), pass: ice.pwd.clone() }
}

/// Our side, as advertised: str0m only compares addresses, it opens nothing.
pub(super) fn candidates(roads: &[(Road, SocketAddr)]) -> impl Iterator<Item = Candidate> {
    roads.iter().filter_map(|&(road, address)| match road {
        Road::Udp(_) => Candidate::builder().udp().host(address).build().ok(),
        Road::Tcp(_) => Candidate::builder().tcp().host(address).tcptype(TcpType::Passive).build().ok(),
    })
}

/// At most 16 ASCII bytes, which is all that str0m takes.
pub(super) fn mid(name: &str) -> Mid {
    let mut bytes = [b' '; 16];
    for (place, byte) in bytes.iter_mut().zip(name.bytes()) {
        *place = if byte.is_ascii_graphic() { byte } else { b'_' };
    }
    Mid::from_array(bytes)
}

pub(super) fn same_mid(left: Mid, right: &str) -> bool {
    left == mid(right)
}

fn config(host: &BrowserHost, settings: &LegSettings, agreed: &WebRtcAgreed) -> RtcConfig {
    let mut config = RtcConfig::new()
        .set_rtp_mode(true)
        .set_ice_lite(true)
        .set_dtls_cert(host.certificate.to_str0m())
        .set_local_ice_credentials(credentials(&agreed.local_ice))
        .set_extension_map(extensions(agreed))
        .set_stats_interval(Some(STATS_INTERVAL))
        .set_send_buffer_audio(AUDIO_KEPT_PACKETS)
        .set_send_buffer_video(VIDEO_KEPT_PACKETS);
    if agreed.video.is_some() {
        config = config.enable_bwe(Some(Bitrate::from(FIRST_RATE_BPS)));
    }
    *config.codec_config() = str0m::format::CodecConfig::new_from_payload_params(formats(settings, agreed));
    config
}

fn extensions(agreed: &WebRtcAgreed) -> ExtensionMap {
    let mut map = ExtensionMap::empty();
    // Ids 1 to 14 fit the one-byte form (RFC 8285 §4.2), which is all that is negotiated.
    for &(id, extension) in agreed.extensions.iter().filter(|(id, _)| (1..=14).contains(id)) {
        let extension = match extension {
            HeaderExtension::AbsSendTime => Extension::AbsoluteSendTime,
            HeaderExtension::AudioLevel => Extension::AudioLevel,
            HeaderExtension::Mid => Extension::RtpMid,
            HeaderExtension::TransportWideCc => Extension::TransportSequenceNumber,
        };
        map.set(id, extension);
    }
    map
}

/// Every payload type has an entry, for str0m takes no further one on a transport that is up: those of a later agreement
/// are pictures, without retransmission.
fn formats(settings: &LegSettings, agreed: &WebRtcAgreed) -> Vec<PayloadParams> {
    let mut list = Vec::with_capacity(128);
    // On the clock of the speech, whatever they count their durations in: both are in one stream.
    let clock = settings.clock_hz();
    let events = settings.dtmf.iter().flat_map(|event| [(event.receive_pt, clock), (event.send_pt, clock)]);
    let speech = settings.codecs.iter().flat_map(|agreed| {
        let clock = agreed.codec.clock_hz;
        [(agreed.receive_pt, clock), (agreed.send_pt, clock)]
    });
    // G.711, G.722 and comfort noise (RFC 3551 §6) may come later.
    let fixed = [0, 8, 9, 13].map(|payload_type| (payload_type, 8_000));
    for (payload_type, clock_hz) in speech.chain(events).chain(fixed) {
        add(&mut list, payload_type, None, audio(clock_hz));
    }
    for format in agreed.video.iter().flat_map(|video| &video.formats) {
        add(&mut list, format.receive_pt, format.rtx.map(|(_, receive)| receive), video(&format.codec));
        add(&mut list, format.send_pt, format.rtx.map(|(send, _)| send), video(&format.codec));
    }
    for payload_type in (35..64).chain(96..128) {
        let repairs = |params: &PayloadParams| params.resend() == Some(payload_type.into());
        if !list.iter().any(repairs) {
            add(&mut list, payload_type, None, spec(Kind::Vp8, Frequency::NINETY_KHZ));
        }
    }
    list
}

fn add(list: &mut Vec<PayloadParams>, payload_type: u8, resend: Option<u8>, spec: CodecSpec) {
    let payload_type = payload_type & 0x7F;
    if list.iter().all(|params| params.pt() != payload_type.into()) {
        list.push(PayloadParams::new(payload_type.into(), resend.map(|resend| (resend & 0x7F).into()), spec));
    }
}

/// The name is nothing to str0m, which only forwards: the clock is what its reports need.
fn audio(clock_hz: u32) -> CodecSpec {
    spec(Kind::PCMU, Frequency::new(clock_hz).unwrap_or(Frequency::EIGHT_KHZ))
}

fn video(codec: &Codec) -> CodecSpec {
    let kind = match codec.name.to_ascii_uppercase().as_str() {
        "H264" => Kind::H264,
        "VP9" => Kind::Vp9,
        _ => Kind::Vp8,
    };
    spec(kind, Frequency::NINETY_KHZ)
}

fn spec(codec: Kind, clock_rate: Frequency) -> CodecSpec {
    CodecSpec { codec, clock_rate, channels: None, format: FormatParams::default() }
}
