//! `/api/v1`: what the console and programs use. Its OpenAPI document is made from this code and lies in `docs/openapi.json`.

mod audit;
mod dial_rules;
mod document;
mod extensions;
mod extract;
mod idempotency;
mod inboxes;
mod links;
mod log_in;
mod me;
mod organization;
mod page;
mod plugins;
mod rules;
mod signed;
mod site;
mod tokens;
mod trunks;
mod users;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;

use super::Web;
use super::problem::Problem;

pub use log_in::Secure;
pub use signed::Signed;

/// Where all this is mounted.
pub const ROOT: &str = "/api/v1";

/// All endpoints, a file for each noun.
pub(super) fn router() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .merge(audit::routes())
        .merge(dial_rules::routes())
        .merge(extensions::routes())
        .merge(inboxes::routes())
        .merge(links::routes())
        .merge(log_in::routes())
        .merge(me::routes())
        .merge(organization::routes())
        .merge(plugins::routes())
        .merge(rules::routes())
        .merge(tokens::routes())
        .merge(trunks::routes())
        .merge(users::routes())
}

/// The endpoints with their document and what stands before them all.
pub(super) fn mounted(web: &Web) -> Router<Web> {
    let (router, document) = router().split_for_parts();
    let document = document::text(document);
    let router = router.route("/openapi.json", get(move || document::answer(document.clone())));
    let router = router.fallback(async || Problem::not_found("endpoint"));
    let router = router.layer(from_fn_with_state(web.clone(), idempotency::repeat));
    Router::new().nest(ROOT, router)
}
