//! A session description read into what offer and answer need (RFC 8866).

use std::net::{IpAddr, SocketAddr};

use sdp_types::{Attribute, Bandwidth, Connection, Media, Session};

use super::crypto::Crypto;
use super::dialect::Dialect;
use super::rtp_video::PhoneFeedback;
use super::webrtc::attributes::BrowserAttributes;
use super::webrtc::transport::RemoteTransport;
use super::{Codec, Direction, SdpError};

/// A description from a phone has one or two kilobytes, one from a browser with video and all its candidates ten.
const MAX_BYTES: usize = 64 * 1024;
const MAX_STREAMS: usize = 16;
const MAX_CODECS: usize = 64;
const MAX_CRYPTO: usize = 16;
/// The engine keeps an `a=mid` in as many; browsers write one or two.
const MAX_MID_BYTES: usize = 16;
/// What is assumed where nothing is said (RFC 3551 §4.5, table 1).
const DEFAULT_PTIME_MS: u32 = 20;
const PTIME_RANGE_MS: std::ops::RangeInclusive<u32> = 5..=200;

/// One description: its streams in order.
#[derive(Clone, Debug)]
pub(super) struct Description {
    pub streams: Vec<MediaDescription>,
    /// The mids of its first BUNDLE group (RFC 9143 §5).
    pub bundle: Vec<String>,
    pub ice: IceAgent,
}

/// How much of ICE the other end does (RFC 8445 §2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IceAgent {
    Full,
    Lite,
}

/// How a stream's packets are protected, from its profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Profile {
    /// RTP/AVP, RTP/AVPF.
    Plain,
    /// RTP/SAVP, RTP/SAVPF with keys in SDP.
    Secure,
    /// SRTP with keys from DTLS: browsers.
    Dtls,
    /// UDPTL, anything else.
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
    /// `a=mid` (RFC 5888 §4).
    pub mid: Option<String>,
    /// What they do about pictures of a stream that is no browser's.
    pub feedback: PhoneFeedback,
    /// What they take at most, in bit/s.
    pub max_bps: Option<u64>,
    /// Of a browser's stream only.
    pub browser: Option<Box<Browser>>,
}

/// What a stream of a browser has more.
#[derive(Clone, Debug)]
pub(super) struct Browser {
    pub transport: Result<Option<RemoteTransport>, SdpError>,
    pub attributes: BrowserAttributes,
    pub port_zero: PortZero,
}

/// What port 0 means on a line (RFC 9143 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PortZero {
    Refused,
    /// `a=bundle-only`: it lives on the port of its bundle.
    InBundle,
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
        let streams: Vec<_> =
            session.medias.iter().map(|media| MediaDescription::new(media, &session)).collect();
        if streams.iter().any(|stream| stream.browser.is_some()) {
            check_mids(&streams)?;
        }
        Ok(Self {
            streams,
            bundle: values(session.attributes.iter(), "group").find_map(bundle).unwrap_or_default(),
            ice: if has(&session.attributes, "ice-lite") { IceAgent::Lite } else { IceAgent::Full },
        })
    }

    /// Whether a stream shares the transport of a bundle.
    pub(super) fn bundles(&self, stream: &MediaDescription) -> bool {
        stream.mid.as_ref().is_some_and(|mid| self.bundle.contains(mid))
    }

    /// A stream of this medium that is not switched off.
    pub(super) fn is_live(&self, stream: &MediaDescription, media: &str) -> bool {
        let bundle_only = || stream.browser.as_ref().is_some_and(|b| b.port_zero == PortZero::InBundle);
        stream.media.eq_ignore_ascii_case(media)
            && (stream.port != 0 || bundle_only() && self.bundles(stream))
    }
}

impl MediaDescription {
    fn new(media: &Media, session: &Session) -> Self {
        let attributes = || media.attributes.iter();
        // RFC 8866 §5.13: the media's own attributes come before the session's.
        let either = || attributes().chain(&session.attributes);
        let connection = media.connections.first().or(session.connection.as_ref());
        let profile = profile(&media.proto);
        Self {
            media: media.media.clone(),
            port: media.port,
            proto: media.proto.clone(),
            formats: media.fmt.clone(),
            profile,
            address: address(connection),
            said_direction: either().find_map(direction).unwrap_or(Direction::SendRecv),
            codecs: codecs(media),
            ptime_ms: ptime_ms(either()),
            rtcp: values(attributes(), "rtcp").find_map(rtcp),
            rtcp_mux: has(&media.attributes, "rtcp-mux"),
            crypto: values(attributes(), "crypto").take(MAX_CRYPTO).map(Crypto::parse).collect(),
            feedback: PhoneFeedback::read(&media.attributes),
            max_bps: max_bps(&media.bandwidths),
            mid: values(attributes(), "mid").next().map(|mid| mid.trim().to_owned()),
            browser: (profile == Profile::Dtls).then(|| Box::new(Browser::new(media, session))),
        }
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
        // A browser writes 0.0.0.0 while it gathers its candidates.
        let held = unspecified && self.profile != Profile::Dtls;
        if held { Direction::new(said.sends(), false) } else { said }
    }
}

impl Browser {
    fn new(media: &Media, session: &Session) -> Self {
        let bundle_only = has(&media.attributes, "bundle-only");
        Self {
            transport: RemoteTransport::read(&media.attributes, &session.attributes),
            attributes: BrowserAttributes::read(&media.attributes),
            port_zero: if bundle_only { PortZero::InBundle } else { PortZero::Refused },
        }
    }
}

/// Each names one stream, and is written into our description as it is.
fn check_mids(streams: &[MediaDescription]) -> Result<(), SdpError> {
    let refuse = |reason: &str| Err(SdpError::Malformed(reason.to_owned()));
    for (position, stream) in streams.iter().enumerate() {
        let Some(mid) = &stream.mid else { continue };
        if mid.is_empty() || mid.len() > MAX_MID_BYTES {
            return refuse("mid is not 1 to 16 bytes long");
        }
        if !mid.bytes().all(|byte| byte.is_ascii_graphic()) {
            return refuse("mid is no token");
        }
        if streams.iter().skip(position + 1).any(|other| other.mid.as_ref() == Some(mid)) {
            return refuse("two streams have the same mid");
        }
    }
    Ok(())
}

/// `BUNDLE audio video`.
fn bundle(value: &str) -> Option<Vec<String>> {
    let mut words = value.split_ascii_whitespace();
    words.next().filter(|semantics| semantics.eq_ignore_ascii_case("BUNDLE"))?;
    Some(words.take(MAX_STREAMS).map(str::to_owned).collect())
}

fn has(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| attribute.attribute == name)
}

/// Leaves the lines that matter, as UTF-8 without control characters, from `v=` to the end of the body. What stands before
/// or behind, as in a multipart body handed over whole, is cut off; lines that we do not use cannot make it unreadable.
fn clean(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.split(['\r', '\n']).map(str::trim_end);
    let body = lines.skip_while(|line| !line.starts_with("v=")).take_while(|line| !line.starts_with("--"));
    let mut cleaned = String::with_capacity(text.len());
    // Their candidates tell an ICE-lite agent nothing: it answers whoever checks (RFC 8445 §6.2.3).
    let body = body.filter(|line| !line.starts_with("a=candidate:"));
    for line in body.filter(|line| is_used(line)) {
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

fn is_used(line: &str) -> bool {
    match line.strip_prefix("b=") {
        // One that cannot be read would make the whole unreadable.
        Some(bandwidth) => bandwidth.split_once(':').is_some_and(|(_, value)| value.parse::<u64>().is_ok()),
        None => ["v=", "c=", "m=", "a="].iter().any(|kind| line.starts_with(kind)),
    }
}

/// TIAS counts bits without headers (RFC 3890 §6.2), AS kilobits with them (RFC 8866 §5.8). Nothing, or zero: no limit is told.
fn max_bps(bandwidths: &[Bandwidth]) -> Option<u64> {
    let of = |kind: &str| bandwidths.iter().find(|each| each.bwtype.eq_ignore_ascii_case(kind));
    let tias = of("TIAS").map(|tias| tias.bandwidth);
    tias.or_else(|| of("AS").map(|kilobits| kilobits.bandwidth.saturating_mul(1_000))).filter(|bps| *bps > 0)
}

fn profile(proto: &str) -> Profile {
    match proto.to_ascii_uppercase().as_str() {
        "RTP/AVP" | "RTP/AVPF" => Profile::Plain,
        "RTP/SAVP" | "RTP/SAVPF" => Profile::Secure,
        _ if Dialect::of_proto(proto) == Dialect::WebRtc => Profile::Dtls,
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

/// The values of all attributes of a name.
pub(super) fn values<'a>(
    attributes: impl Iterator<Item = &'a Attribute>,
    name: &str,
) -> impl Iterator<Item = &'a str> {
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
