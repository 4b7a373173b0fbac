//! The browser of whoever is logged in takes the Seat of his extension (docs/webrtc.md).

use axum::Extension as Given;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::calls::{AtPhone, OfPhone};
use crate::api::body::{FragmentBody, SdpBody};
use crate::api::problem::Problem;
use crate::api::{Peer, Web, whip};

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(attach)).routes(routes!(patch, detach))
}

/// Takes the Seat (RFC 9725). The answer names it in `Location`.
#[utoipa::path(post, path = "/whip", tag = "calls", request_body(content = String, content_type = "application/sdp"),
    responses((status = 201, content_type = "application/sdp", body = String)))]
pub async fn attach(
    State(web): State<Web>,
    phone: AtPhone,
    Given(Peer(remote)): Given<Peer>,
    SdpBody(offer): SdpBody,
) -> Result<Response, Problem> {
    whip::attach_at(&web, phone.extension, (remote, offer), super::ROOT).await
}

/// Candidates, or an ICE restart.
#[utoipa::path(patch, path = "/whip/{attachment}", tag = "calls", params(("attachment" = String, Path)),
    request_body(content = String, content_type = "application/trickle-ice-sdpfrag"),
    responses((status = 204), (status = 200, content_type = "application/trickle-ice-sdpfrag", body = String)))]
pub async fn patch(
    State(web): State<Web>,
    OfPhone { phone, name: attachment }: OfPhone,
    headers: HeaderMap,
    FragmentBody(fragment): FragmentBody,
) -> Result<Response, Problem> {
    whip::patch_at(&web, phone.extension, attachment, &headers, fragment).await
}

/// Leaves the Seat; its calls end.
#[utoipa::path(delete, path = "/whip/{attachment}", tag = "calls", params(("attachment" = String, Path)),
    responses((status = 200)))]
pub async fn detach(
    State(web): State<Web>,
    OfPhone { phone, name: attachment }: OfPhone,
) -> Result<StatusCode, Problem> {
    whip::detach_at(&web, phone.extension, attachment).await
}
