//! Where an agent stands: in which queues, paused or ready.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::signed::Signed;
use crate::api::Web;
use crate::api::body::JsonBody;
use crate::api::problem::{Code, Problem};
use crate::model::{Medium, PauseReasonId, Permission, QueueId};
use crate::routing::distribution;
use crate::routing::floor::Deed;
use crate::routing::floor::view::PresenceView;

/// Queues of one request.
const QUEUES_LIMIT: usize = 200;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(log_in))
        .routes(routes!(log_out))
        .routes(routes!(pause))
        .routes(routes!(ready))
        .routes(routes!(end_wrap_up))
}

#[derive(Deserialize, ToSchema)]
#[schema(as = QueuesLogIn)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    queues: Vec<QueueId>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogOut {
    /// Out of which; nothing said: all.
    queues: Option<Vec<QueueId>>,
}

/// How far a word reaches: `"all"`, `{"medium": "voice"}` or `{"queue": 7}`.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    All,
    Medium(Medium),
    Queue(QueueId),
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    scope: Scope,
    reason_id: PauseReasonId,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ready {
    scope: Scope,
}

impl From<Scope> for distribution::Scope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::All => Self::All,
            Scope::Medium(medium) => Self::Medium(medium),
            Scope::Queue(queue) => Self::Queue(queue),
        }
    }
}

/// Logs in to queues that one is a member of.
#[utoipa::path(post, path = "/presence/login", tag = "desk", request_body = LogIn, responses((status = 200, body = PresenceView)))]
pub async fn log_in(
    State(web): State<Web>,
    signed: Signed,
    JsonBody(asked): JsonBody<LogIn>,
) -> Result<Json<PresenceView>, Problem> {
    few(&asked.queues)?;
    done(&web, &signed, Deed::LogIn { queues: asked.queues }).await
}

/// Logs out of queues. What one has open stays.
#[utoipa::path(post, path = "/presence/logout", tag = "desk", request_body = LogOut, responses((status = 200, body = PresenceView)))]
pub async fn log_out(
    State(web): State<Web>,
    signed: Signed,
    JsonBody(asked): JsonBody<LogOut>,
) -> Result<Json<PresenceView>, Problem> {
    few(asked.queues.as_deref().unwrap_or_default())?;
    done(&web, &signed, Deed::LogOut { of: signed.user, queues: asked.queues }).await
}

/// Takes nothing more until one is ready again.
#[utoipa::path(post, path = "/presence/pause", tag = "desk", request_body = Pause, responses((status = 200, body = PresenceView)))]
pub async fn pause(
    State(web): State<Web>,
    signed: Signed,
    JsonBody(asked): JsonBody<Pause>,
) -> Result<Json<PresenceView>, Problem> {
    done(&web, &signed, Deed::Pause { scope: asked.scope.into(), reason: asked.reason_id }).await
}

/// Is ready again.
#[utoipa::path(post, path = "/presence/ready", tag = "desk", request_body = Ready, responses((status = 200, body = PresenceView)))]
pub async fn ready(
    State(web): State<Web>,
    signed: Signed,
    JsonBody(asked): JsonBody<Ready>,
) -> Result<Json<PresenceView>, Problem> {
    done(&web, &signed, Deed::Ready { scope: asked.scope.into() }).await
}

/// Ends one's own wrap-up early.
#[utoipa::path(post, path = "/presence/wrap-up/end", tag = "desk", responses((status = 200, body = PresenceView)))]
pub async fn end_wrap_up(State(web): State<Web>, signed: Signed) -> Result<Json<PresenceView>, Problem> {
    done(&web, &signed, Deed::EndWrapUp { of: signed.user }).await
}

async fn done(web: &Web, signed: &Signed, deed: Deed) -> Result<Json<PresenceView>, Problem> {
    signed.may(Permission::Attend)?;
    web.floor.act(signed.organization, signed.user, deed).await?;
    Ok(Json(web.floor.presence(signed.organization, signed.user).await?))
}

fn few(queues: &[QueueId]) -> Result<(), Problem> {
    if queues.len() > QUEUES_LIMIT {
        return Err(Problem::wrong("queues", format!("At most {QUEUES_LIMIT}."))
            .coded(Code::AtMost)
            .with("most", QUEUES_LIMIT));
    }
    Ok(())
}
