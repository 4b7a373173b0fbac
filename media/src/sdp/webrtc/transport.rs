//! ICE and DTLS of a stream as attributes say it (RFC 8839, RFC 8842).

use sdp_types::Attribute;

use crate::sdp::SdpError;
use crate::sdp::description::values;
use crate::webrtc::{DtlsRole, Fingerprint, IceCredentials};

/// Lengths in ice-chars (RFC 8839 §5.4).
const UFRAG_CHARS: std::ops::RangeInclusive<usize> = 4..=256;
const PWD_CHARS: std::ops::RangeInclusive<usize> = 22..=256;

/// Who is to open DTLS, as its sender says it (RFC 4145 §4, RFC 8842 §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sdp) enum Setup {
    Active,
    ActPass,
    HoldConn,
    Passive,
}

/// What one end says of its transport.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sdp) struct RemoteTransport {
    pub ice: IceCredentials,
    pub fingerprint: Fingerprint,
    pub setup: Option<Setup>,
}

impl RemoteTransport {
    /// Reads the attributes of a stream, then those of its session. `Ok(None)` where neither has any of ICE: a stream of a
    /// bundle leaves that to the first one (RFC 9143 §7.1).
    pub(in crate::sdp) fn read(media: &[Attribute], session: &[Attribute]) -> Result<Option<Self>, SdpError> {
        let said = |name| values(media.iter(), name).chain(values(session.iter(), name)).next();
        let (ufrag, pwd) = match (said("ice-ufrag"), said("ice-pwd")) {
            (None, None) => return Ok(None),
            (Some(ufrag), Some(pwd)) => (ufrag.trim(), pwd.trim()),
            (Some(_), None) => return Err(malformed("ice-ufrag without ice-pwd")),
            (None, Some(_)) => return Err(malformed("ice-pwd without ice-ufrag")),
        };
        if !is_ice_chars(ufrag, UFRAG_CHARS) || !is_ice_chars(pwd, PWD_CHARS) {
            return Err(malformed("ICE credentials of another length or alphabet than RFC 8839 has"));
        }
        let ice = IceCredentials { ufrag: ufrag.to_owned(), pwd: pwd.to_owned() };
        let own = fingerprint(media)?;
        let fingerprint = match own {
            Some(fingerprint) => fingerprint,
            None => fingerprint_of_session(media, session)?,
        };
        Ok(Some(Self { ice, fingerprint, setup: said("setup").map(setup).transpose()? }))
    }
}

/// Our role where they offer: passive wherever they let us, as an ICE-lite agent cannot know when the path is open.
/// A role once taken lasts as long as the association, which an offer of actpass does not end (RFC 8842 §5.3).
pub(in crate::sdp) fn role_to_answer(setup: Option<Setup>, lasting: Option<DtlsRole>) -> DtlsRole {
    match setup {
        // RFC 4145 §4.1: active is what an offer means that does not say it.
        Some(Setup::Active) | None => DtlsRole::Passive,
        Some(Setup::Passive) => DtlsRole::Active,
        Some(Setup::ActPass | Setup::HoldConn) => lasting.unwrap_or(DtlsRole::Passive),
    }
}

/// Our role by their answer to our actpass.
pub(in crate::sdp) fn role_by_answer(setup: Option<Setup>) -> Result<DtlsRole, SdpError> {
    match setup {
        Some(Setup::Active) => Ok(DtlsRole::Passive),
        // RFC 4145 §4.1: passive is what an answer means that does not say it.
        Some(Setup::Passive) | None => Ok(DtlsRole::Active),
        Some(Setup::ActPass) => Err(malformed("an answer cannot be actpass")),
        Some(Setup::HoldConn) => Err(SdpError::NoCommonTransport("DTLS is held back".to_owned())),
    }
}

/// `sha-256 AB:CD:…` as we write it.
pub(in crate::sdp) fn fingerprint_value(fingerprint: &Fingerprint) -> String {
    let bytes: Vec<String> = fingerprint.0.iter().map(|byte| format!("{byte:02X}")).collect();
    format!("sha-256 {}", bytes.join(":"))
}

/// The first sha-256 among several (RFC 8122 §5); `None` where there is no fingerprint at all.
fn fingerprint(attributes: &[Attribute]) -> Result<Option<Fingerprint>, SdpError> {
    for value in values(attributes.iter(), "fingerprint") {
        let (hash, digits) = value.trim().split_once(' ').unwrap_or((value, ""));
        if hash.eq_ignore_ascii_case("sha-256") {
            let bytes = hex(digits.trim()).ok_or_else(|| malformed("sha-256 fingerprint is not 32 bytes"))?;
            return Ok(Some(Fingerprint(bytes)));
        }
    }
    Ok(None)
}

fn fingerprint_of_session(media: &[Attribute], session: &[Attribute]) -> Result<Fingerprint, SdpError> {
    let refuse = |reason: &str| Err(SdpError::NoCommonTransport(reason.to_owned()));
    if let Some(fingerprint) = fingerprint(session)? {
        return Ok(fingerprint);
    }
    match values(media.iter().chain(session), "fingerprint").next() {
        Some(_) => refuse("no fingerprint by sha-256"),
        None => refuse("no fingerprint"),
    }
}

fn hex(digits: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let mut pairs = digits.split(':');
    for byte in &mut bytes {
        let pair = pairs.next().filter(|pair| pair.len() == 2)?;
        // from_str_radix alone would take a sign.
        *byte = u8::from_str_radix(pair, 16).ok().filter(|_| !pair.starts_with('+'))?;
    }
    pairs.next().is_none().then_some(bytes)
}

fn setup(value: &str) -> Result<Setup, SdpError> {
    match value.trim().to_ascii_lowercase().as_str() {
        "active" => Ok(Setup::Active),
        "actpass" => Ok(Setup::ActPass),
        "holdconn" => Ok(Setup::HoldConn),
        "passive" => Ok(Setup::Passive),
        _ => Err(malformed("unknown value of setup")),
    }
}

fn is_ice_chars(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

fn malformed(reason: &str) -> SdpError {
    SdpError::Malformed(reason.to_owned())
}
