//! Which of their streams and keys will do.

use std::net::{IpAddr, SocketAddr};

use super::crypto::Crypto;
use super::description::{MediaDescription, Profile};
use super::{LocalMedia, SdpError, SrtpKeys, SrtpPolicy};

/// Whether policy, profile, keys and address of a stream will do.
pub(super) fn check_stream(local: &LocalMedia, stream: &MediaDescription) -> Result<(), SdpError> {
    let refuse = |reason: &str| Err(SdpError::NoCommonSrtp(reason.to_owned()));
    match (stream.profile, local.srtp) {
        (Profile::Plain, SrtpPolicy::Required) => return refuse("RTP/AVP offered, RTP/SAVP is required"),
        (Profile::Plain, SrtpPolicy::Off | SrtpPolicy::Offered) => {}
        (Profile::Secure, SrtpPolicy::Off) => return refuse("RTP/SAVP offered, SRTP is off"),
        (Profile::Secure, SrtpPolicy::Offered | SrtpPolicy::Required) => {
            if stream.crypto.iter().flatten().next().is_none() {
                let reason = stream.crypto.iter().find_map(|crypto| crypto.as_ref().err());
                return refuse(reason.copied().unwrap_or("RTP/SAVP without crypto attribute"));
            }
        }
        (Profile::Dtls | Profile::Other, _) => {
            return refuse(&format!("profile {} is not supported", stream.proto));
        }
    }
    check_family(local, stream.rtp()?)
}

/// Whether they are reached from our socket: it speaks IPv4 or IPv6, and there is no ICE to find another path. The
/// unspecified address of either family is a hold.
pub(super) fn check_family(local: &LocalMedia, remote: SocketAddr) -> Result<(), SdpError> {
    if remote.ip().is_unspecified() {
        return Ok(());
    }
    match (local.rtp.ip(), remote.ip()) {
        (IpAddr::V4(_), IpAddr::V6(_)) => Err(SdpError::AddressFamily { theirs: "IPv6", ours: "IPv4" }),
        (IpAddr::V6(_), IpAddr::V4(_)) => Err(SdpError::AddressFamily { theirs: "IPv4", ours: "IPv6" }),
        (IpAddr::V4(_), IpAddr::V4(_)) | (IpAddr::V6(_), IpAddr::V6(_)) => Ok(()),
    }
}

/// The keys of an answer (RFC 4568 §5.1.3): one crypto attribute with a tag and suite of ours.
pub(super) fn answered_keys(
    offered: &[Crypto],
    stream: &MediaDescription,
) -> Result<Option<SrtpKeys>, SdpError> {
    let refuse = |reason: &str| Err(SdpError::NoCommonSrtp(reason.to_owned()));
    match (stream.profile, offered.is_empty()) {
        (Profile::Plain, true) => return Ok(None),
        (Profile::Plain, false) => return refuse("RTP/SAVP offered, answered without"),
        (Profile::Secure, true) => return refuse("RTP/AVP offered, answered with RTP/SAVP"),
        (Profile::Secure, false) => {}
        (Profile::Dtls | Profile::Other, _) => return refuse("answered with another profile"),
    }
    let theirs = match stream.crypto.first() {
        Some(Ok(crypto)) => crypto,
        Some(Err(reason)) => return refuse(reason),
        None => return refuse("answer without crypto attribute"),
    };
    let ours = offered.iter().find(|ours| ours.tag == theirs.tag && ours.suite == theirs.suite);
    let Some(ours) = ours else { return refuse("answered crypto was not offered") };
    Ok(Some(SrtpKeys { send: ours.key.clone(), receive: theirs.key.clone(), suite: ours.suite }))
}
