//! Which of their streams will do, and over which transport.

use super::transport::RemoteTransport;
use crate::sdp::SdpError;
use crate::sdp::description::{Description, IceAgent, MediaDescription};

/// The name of a stream that has none: it is alone on its transport, where names are not looked at.
const DEFAULT_MID: &str = "0";

/// The streams that we take.
pub(super) struct Taken<'a> {
    pub audio: &'a MediaDescription,
    pub video: Option<&'a MediaDescription>,
}

/// Live audio streams that we could carry, or why there is none.
pub(super) fn acceptable_audio(
    description: &Description,
) -> Result<impl Iterator<Item = (usize, &MediaDescription)>, SdpError> {
    let live = move || {
        let streams = description.streams.iter().enumerate();
        streams.filter(move |(_, stream)| description.is_live(stream, "audio"))
    };
    let (_, first) = live().next().ok_or(SdpError::NotAudio)?;
    if !live().any(|(_, stream)| check_stream(description, stream).is_ok()) {
        check_stream(description, first)?;
    }
    Ok(live().filter(|(_, stream)| check_stream(description, stream).is_ok()))
}

/// Whether profile, multiplexing and transport of a stream will do.
pub(super) fn check_stream(description: &Description, stream: &MediaDescription) -> Result<(), SdpError> {
    let refuse = |reason: &str| Err(SdpError::NoCommonTransport(reason.to_owned()));
    if stream.browser.is_none() {
        return refuse(&format!("{} where a browser has UDP/TLS/RTP/SAVPF", stream.proto));
    }
    if description.ice == IceAgent::Lite {
        return refuse("both ends are ICE-lite: nobody would check the path");
    }
    if !stream.rtcp_mux {
        return refuse("no rtcp-mux");
    }
    transport(description, &Taken { audio: stream, video: None }).map(drop)
}

/// The first live video stream in the bundle of the audio.
pub(super) fn bundled_video<'a>(
    description: &'a Description,
    audio: &MediaDescription,
) -> Option<(usize, &'a MediaDescription)> {
    let mut streams = description.streams.iter().enumerate();
    streams.find(|(_, stream)| is_bundled_with(description, stream, audio))
}

/// Whether this is a live video stream on the transport of the audio.
pub(super) fn is_bundled_with(
    description: &Description,
    video: &MediaDescription,
    audio: &MediaDescription,
) -> bool {
    description.is_live(video, "video")
        && video.browser.is_some()
        && description.bundles(video)
        && description.bundles(audio)
}

/// The transport of the first stream taken in the order of the bundle, else of the bundle's first, which speaks for all
/// (RFC 9143 §7.1, §7.3).
pub(super) fn transport(description: &Description, taken: &Taken<'_>) -> Result<RemoteTransport, SdpError> {
    let named = |mid: &String| description.streams.iter().find(|stream| stream.mid.as_ref() == Some(mid));
    let is_taken = |stream: &MediaDescription| {
        stream.mid.is_some()
            && (stream.mid == taken.audio.mid || taken.video.is_some_and(|v| v.mid == stream.mid))
    };
    let in_order = description.bundle.iter().filter_map(named).filter(|stream| is_taken(stream));
    let speaks_for_all =
        description.bundle.first().and_then(named).filter(|_| description.bundles(taken.audio));
    for stream in in_order.chain([taken.audio]).chain(speaks_for_all) {
        let Some(browser) = &stream.browser else { continue };
        if let Some(transport) = browser.transport.clone()? {
            return Ok(transport);
        }
    }
    Err(SdpError::NoCommonTransport("no ICE credentials".to_owned()))
}

/// The mid as the engine is told it.
pub(super) fn mid_or_default(mid: Option<String>) -> String {
    mid.unwrap_or_else(|| DEFAULT_MID.to_owned())
}
