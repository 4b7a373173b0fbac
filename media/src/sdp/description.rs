//! A session description read into what offer and answer need (RFC 8866).

use std::net::{IpAddr, SocketAddr};

use sdp_types::{Attribute, Connection, Media, Session};

use super::crypto::Crypto;
use super::{Codec, Direction, SdpError};

/// A description from a phone has one or two kilobytes.
pub(super) const MAX_BYTES: usize = 16 * 1024;
const MAX_STREAMS: usize = 16;
const MAX_CODECS: usize = 64;
const MAX_CRYPTO: usize = 16;
/// What is assumed where nothing is said (RFC 3551 §4.5, table 1).
const DEFAULT_PTIME_MS: u32 = 20;
const PTIME_RANGE_MS: std::ops::RangeInclusive<u32> = 5..=200;

/// One description: its streams in order.
#[derive(Clone, Debug)]
pub(super) struct Description {
    pub streams: Vec<MediaDescription>,
}

/// How a stream's packets are protected, from its profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Profile {
    /// RTP/AVP, RTP/AVPF.
    Plain,
    /// RTP/SAVP, RTP/SAVPF with keys in SDP.
    Secure,
    /// DTLS, UDPTL, anything else.
    Other,
}

/// One media line with its attributes, those of the session included where they apply.
#[derive(Clone, Debug)]
pub(super) struct MediaDescription {
    pub media: String,
    pub port: u16,
    pub proto: String,
    /// The format list as written.
    pub formats: String,
    pub profile: Profile,
    address: Result<IpAddr, String>,
    said_direction: Direction,
    pub codecs: Vec<Codec>,
    pub ptime_ms: u32,
    rtcp: Option<(u16, Option<IpAddr>)>,
    pub rtcp_mux: bool,
    /// Usable ones in their order, or why each is not.
    pub crypto: Vec<Result<Crypto, &'static str>>,
}

impl Description {
    /// Reads bytes as they come out of a SIP body.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, SdpError> {
        if bytes.len() > MAX_BYTES {
            return Err(SdpError::TooLarge { bytes: bytes.len() });
        }
        let cleaned = clean(bytes);
        let session =
            Session::parse(cleaned.as_bytes()).map_err(|error| SdpError::Malformed(error.to_string()))?;
        if session.medias.len() > MAX_STREAMS {
            return Err(SdpError::Malformed(format!("more than {MAX_STREAMS} streams")));
        }
        Ok(Self {
            streams: session.medias.iter().map(|media| MediaDescription::new(media, &session)).collect(),
        })
    }
}

impl MediaDescription {
    fn new(media: &Media, session: &Session) -> Self {
        let attributes = || media.attributes.iter();
        // RFC 8866 §5.13: the media's own attributes come before the session's.
        let either = || attributes().chain(&session.attributes);
        let connection = media.connections.first().or(session.connection.as_ref());
        Self {
            media: media.media.clone(),
            port: media.port,
            proto: media.proto.clone(),
            formats: media.fmt.clone(),
            profile: profile(&media.proto),
            address: address(connection),
            said_direction: either().find_map(direction).unwrap_or(Direction::SendRecv),
            codecs: codecs(media),
            ptime_ms: ptime_ms(either()),
            rtcp: values(attributes(), "rtcp").find_map(rtcp),
            rtcp_mux: attributes().any(|attribute| attribute.attribute == "rtcp-mux"),
            crypto: values(attributes(), "crypto").take(MAX_CRYPTO).map(Crypto::parse).collect(),
        }
    }

    /// An audio stream that is not switched off.
    pub(super) fn is_live_audio(&self) -> bool {
        self.media.eq_ignore_ascii_case("audio") && self.port != 0
    }

    /// Where they want RTP. The address may be 0.0.0.0: then they want none.
    pub(super) fn rtp(&self) -> Result<SocketAddr, SdpError> {
        let address = self.address.as_ref().map_err(|reason| SdpError::Malformed(reason.clone()))?;
        Ok(SocketAddr::new(*address, self.port))
    }

    /// Where they want RTCP: the next port unless they say otherwise (RFC 3550 §11, RFC 3605 §2.1).
    pub(super) fn rtcp(&self) -> Result<SocketAddr, SdpError> {
        let rtp = self.rtp()?;
        match self.rtcp {
            Some((port, address)) => Ok(SocketAddr::new(address.unwrap_or(rtp.ip()), port)),
            None => Ok(SocketAddr::new(rtp.ip(), rtp.port().saturating_add(1))),
        }
    }

    /// What they do. The address 0.0.0.0 means that they take nothing, as phones held before RFC 3264 (§8.4 there).
    pub(super) fn direction(&self) -> Direction {
        let unspecified = self.address.as_ref().is_ok_and(IpAddr::is_unspecified);
        let said = self.said_direction;
        if unspecified { Direction::new(said.sends(), false) } else { said }
    }
}

/// Leaves the lines that matter, as UTF-8 without control characters, from `v=` to the end of the body. What stands before
/// or behind, as in a multipart body handed over whole, is cut off; lines that we do not use cannot make it unreadable.
fn clean(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.split(['\r', '\n']).map(str::trim_end);
    let body = lines.skip_while(|line| !line.starts_with("v=")).take_while(|line| !line.starts_with("--"));
    let mut cleaned = String::with_capacity(text.len());
    for line in body.filter(|line| ["v=", "c=", "m=", "a="].iter().any(|kind| line.starts_with(kind))) {
        // Only a media line is taken apart at its spaces: some phones write two.
        let mut words = line.split(|char: char| char.is_control() || char == ' ');
        cleaned.push_str(words.next().unwrap_or_default());
        for word in words.filter(|word| !word.is_empty() || !line.starts_with("m=")) {
            cleaned.push(' ');
            cleaned.push_str(word);
        }
        cleaned.push_str("\r\n");
    }
    cleaned
}

fn profile(proto: &str) -> Profile {
    match proto.to_ascii_uppercase().as_str() {
        "RTP/AVP" | "RTP/AVPF" => Profile::Plain,
        "RTP/SAVP" | "RTP/SAVPF" => Profile::Secure,
        _ => Profile::Other,
    }
}

fn address(connection: Option<&Connection>) -> Result<IpAddr, String> {
    let connection = connection.ok_or("no connection address")?;
    let text = connection.connection_address.split('/').next().unwrap_or_default();
    let address: IpAddr = text.parse().map_err(|_| "connection address is no IP address".to_owned())?;
    if address.is_multicast() { Err("connection address is multicast".to_owned()) } else { Ok(address) }
}

fn direction(attribute: &Attribute) -> Option<Direction> {
    Some(match attribute.attribute.as_str() {
        "inactive" => Direction::Inactive,
        "recvonly" => Direction::RecvOnly,
        "sendonly" => Direction::SendOnly,
        "sendrecv" => Direction::SendRecv,
        _ => return None,
    })
}

fn values<'a>(attributes: impl Iterator<Item = &'a Attribute>, name: &str) -> impl Iterator<Item = &'a str> {
    attributes
        .filter(move |attribute| attribute.attribute == name)
        .filter_map(|attribute| attribute.value.as_deref())
}

/// `a=rtcp:53020 IN IP4 126.16.64.4` (RFC 3605 §2.1).
fn rtcp(value: &str) -> Option<(u16, Option<IpAddr>)> {
    let mut words = value.split_ascii_whitespace();
    let port = words.next()?.parse().ok().filter(|&port: &u16| port != 0)?;
    Some((port, words.nth(2).and_then(|address| address.parse().ok())))
}

/// RFC 8866 §6.4; some write it with a fraction.
fn ptime_ms<'a>(attributes: impl Iterator<Item = &'a Attribute> + Clone) -> u32 {
    let first = |name| {
        values(attributes.clone(), name).find_map(|value| value.trim().split('.').next()?.parse().ok())
    };
    let wanted = first("ptime").filter(|ms| PTIME_RANGE_MS.contains(ms)).unwrap_or(DEFAULT_PTIME_MS);
    first("maxptime").filter(|ms| PTIME_RANGE_MS.contains(ms)).map_or(wanted, |max| wanted.min(max))
}

/// The formats in the order of the media line. A format that cannot be read, such as a payload type above 127 or a dynamic
/// one without rtpmap, is left out: the others may still do.
fn codecs(media: &Media) -> Vec<Codec> {
    let mut codecs: Vec<Codec> = Vec::new();
    for format in media.fmt.split_ascii_whitespace().take(MAX_CODECS) {
        let Some(payload_type) = format.parse().ok().filter(|&number: &u8| number < 128) else { continue };
        if codecs.iter().any(|codec| codec.payload_type == payload_type) {
            continue;
        }
        let mapped = of_payload_type(media, "rtpmap", payload_type).map(|map| rtpmap(payload_type, map));
        let Some(codec) = mapped.unwrap_or_else(|| Codec::from_static(payload_type)) else { continue };
        let fmtp = of_payload_type(media, "fmtp", payload_type).map(str::to_owned);
        codecs.push(Codec { fmtp, ..codec });
    }
    codecs
}

/// The rest of the attribute whose value begins with this payload type.
fn of_payload_type<'a>(media: &'a Media, name: &str, payload_type: u8) -> Option<&'a str> {
    values(media.attributes.iter(), name).find_map(|value| {
        let (number, rest) = value.trim_start().split_once([' ', '\t'])?;
        (number.parse() == Ok(payload_type)).then_some(rest.trim())
    })
}

/// `encoding/clock[/channels]` (RFC 8866 §6.6).
fn rtpmap(payload_type: u8, map: &str) -> Option<Codec> {
    let mut parts = map.split('/').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?.to_owned();
    let clock_hz = parts.next()?.parse().ok().filter(|&hz: &u32| hz > 0)?;
    let channels = match parts.next() {
        Some(channels) => channels.parse().ok().filter(|&count: &u8| count > 0)?,
        None => 1,
    };
    Some(Codec { payload_type, name, clock_hz, channels, fmtp: None })
}
