//! `/api/v1`: what the console and programs use. Its OpenAPI document is made from this code and lies in `docs/openapi.json`.

mod agents;
mod attachments;
mod audit;
mod call_records;
mod calls;
mod conferences;
mod contacts;
mod desk;
mod dial_rules;
mod dispositions;
mod document;
mod events;
mod extensions;
mod extract;
mod idempotency;
mod inboxes;
mod interactions;
mod links;
mod log_in;
mod me;
mod messages;
mod notes;
mod offers;
mod organization;
mod page;
mod pause_reasons;
mod plugins;
mod presence;
mod query;
mod queues;
mod recordings;
mod refused_calls;
mod rules;
mod seen;
mod signed;
mod site;
mod sound_clips;
mod supervision;
mod tokens;
mod trunks;
mod users;
mod whip;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;

use super::Web;
use super::problem::Problem;

pub use log_in::Secure;
pub(super) use query::none_known;
pub use signed::Signed;

/// Where all this is mounted.
pub const ROOT: &str = "/api/v1";

/// All endpoints, a file for each noun.
pub(super) fn router() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .merge(agents::routes())
        .merge(attachments::routes())
        .merge(audit::routes())
        .merge(call_records::routes())
        .merge(calls::routes())
        .merge(conferences::routes())
        .merge(contacts::routes())
        .merge(desk::routes())
        .merge(dial_rules::routes())
        .merge(dispositions::routes())
        .merge(events::routes())
        .merge(extensions::routes())
        .merge(interactions::routes())
        .merge(inboxes::routes())
        .merge(links::routes())
        .merge(log_in::routes())
        .merge(me::routes())
        .merge(messages::routes())
        .merge(notes::routes())
        .merge(offers::routes())
        .merge(organization::routes())
        .merge(pause_reasons::routes())
        .merge(presence::routes())
        .merge(queues::routes())
        .merge(recordings::routes())
        .merge(refused_calls::routes())
        .merge(plugins::routes())
        .merge(rules::routes())
        .merge(sound_clips::routes())
        .merge(supervision::routes())
        .merge(tokens::routes())
        .merge(trunks::routes())
        .merge(users::routes())
        .merge(whip::routes())
}

/// The endpoints with their document and what stands before them all.
pub(super) fn mounted(web: &Web) -> Router<Web> {
    let (router, document) = router().split_for_parts();
    let known = Arc::new(query::Known::of(&document));
    let document = document::text(document);
    let router = router.route("/openapi.json", get(move || document::answer(document.clone())));
    let router = router.fallback(async || Problem::not_found("endpoint"));
    let router = router
        .layer(from_fn_with_state(web.clone(), idempotency::repeat))
        .layer(from_fn_with_state(known, query::only_known))
        .layer(map_response(unkept));
    Router::new().nest(ROOT, router)
}

/// Nobody between keeps an answer, nor guesses at its kind: it may hold a secret that is told once.
async fn unkept(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    response
}
