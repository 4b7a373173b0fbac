//! The Seat of an extension, in the shape of WHIP (RFC 9725).

use std::net::SocketAddr;

use axum::Extension as Given;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::body::{Bearer, FragmentBody, SdpBody};
use super::problem::Problem;
use super::{Peer, Web};
use crate::model::ExtensionId;
use crate::signalling::pages::PageOrder;
use crate::signalling::seats::{IfMatch, Patched};

const FRAGMENT: &str = "application/trickle-ice-sdpfrag";

/// `POST /whip`: a browser takes the Seat.
pub async fn attach(
    State(web): State<Web>,
    Bearer(extension): Bearer,
    Given(Peer(remote)): Given<Peer>,
    SdpBody(offer): SdpBody,
) -> Result<Response, Problem> {
    attach_at(&web, extension, (remote, offer), "").await
}

/// Takes the Seat of an extension; its place lies below `root`.
pub(super) async fn attach_at(
    web: &Web,
    extension: ExtensionId,
    (remote, offer): (SocketAddr, Bytes),
    root: &str,
) -> Result<Response, Problem> {
    let attached = web.ask(extension, |reply| PageOrder::Attach { offer, remote, reply }).await??;
    let headers = [
        (header::LOCATION, format!("{root}/whip/{}", attached.attachment)),
        (header::ETAG, quoted(&attached.etag)),
        (header::CONTENT_TYPE, "application/sdp".to_owned()),
    ];
    Ok((StatusCode::CREATED, headers, attached.answer).into_response())
}

/// `OPTIONS /whip` (RFC 9725 §4.2)
pub async fn options() -> Response {
    (StatusCode::NO_CONTENT, [("Accept-Post", "application/sdp")]).into_response()
}

/// `PATCH /whip/{attachment}`: candidates, or an ICE restart.
pub async fn patch(
    State(web): State<Web>,
    Bearer(extension): Bearer,
    Path(attachment): Path<String>,
    headers: HeaderMap,
    FragmentBody(fragment): FragmentBody,
) -> Result<Response, Problem> {
    patch_at(&web, extension, attachment, &headers, fragment).await
}

/// Takes a fragment for the Seat of an extension.
pub(super) async fn patch_at(
    web: &Web,
    extension: ExtensionId,
    attachment: String,
    headers: &HeaderMap,
    fragment: String,
) -> Result<Response, Problem> {
    let if_match = if_match(headers);
    let order = |reply| PageOrder::Patch { attachment, if_match, fragment, reply };
    match web.ask(extension, order).await?? {
        Patched::Noted => Ok(StatusCode::NO_CONTENT.into_response()),
        Patched::Restarted { etag, fragment } => {
            let headers = [(header::ETAG, quoted(&etag)), (header::CONTENT_TYPE, FRAGMENT.to_owned())];
            Ok((StatusCode::OK, headers, fragment).into_response())
        }
    }
}

/// `DELETE /whip/{attachment}`: the page logs out.
pub async fn detach(
    State(web): State<Web>,
    Bearer(extension): Bearer,
    Path(attachment): Path<String>,
) -> Result<StatusCode, Problem> {
    detach_at(&web, extension, attachment).await
}

/// Leaves the Seat of an extension.
pub(super) async fn detach_at(
    web: &Web,
    extension: ExtensionId,
    attachment: String,
) -> Result<StatusCode, Problem> {
    web.ask(extension, |reply| PageOrder::Detach { attachment, reply }).await??;
    Ok(StatusCode::OK)
}

fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}

fn if_match(headers: &HeaderMap) -> IfMatch {
    match headers.get(header::IF_MATCH).map(|value| value.to_str().unwrap_or_default().trim()) {
        None => IfMatch::Missing,
        Some("*") => IfMatch::Any,
        Some(tag) => IfMatch::Tag(tag.trim_matches('"').to_owned()),
    }
}
