//! Queues.

mod change;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asked, At};
use super::page::{Items, PageQuery};
use super::signed::Signed;
use crate::api::body::JsonBody;
use crate::api::problem::{Code, Problem};
use crate::api::{Shared, Web};
use crate::model::{
    self, Announcement, Destination, DialRuleKind, Directory, InboxId, Medium, OrganizationId, Permission,
    QueueDirection, QueueId, Service, TrunkNumber, UserId, difference,
};
use crate::routing::floor::view::Titled;
use crate::store::StoreError;

pub use change::{ChangeQueue, NewQueue, checked_title};

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, patch, delete))
}

/// Where Interactions wait.
#[derive(Clone, PartialEq, Serialize, ToSchema)]
pub struct Queue {
    id: QueueId,
    name: String,
    title: String,
    medium: Medium,
    direction: QueueDirection,
    /// How long an agent may think about an offer.
    offer_timeout_s: u32,
    /// How long an agent has after an Interaction before the next one; 0: not at all.
    wrap_up_s: u32,
    /// 0 is usual; more goes first.
    priority: u8,
    /// What callers hear while they wait; `null`: the built-in music.
    music: Option<String>,
    enabled: bool,
    members: Vec<UserId>,
    pause_reasons: Vec<Titled>,
    dispositions: Vec<Titled>,
    /// Whose messages wait here.
    inboxes: Vec<Titled>,
}

impl Queue {
    fn of(queue: &model::Queue, directory: &Directory) -> Self {
        let reasons = directory.pause_reasons(queue.organization);
        let dispositions = directory.dispositions(queue.organization);
        Self {
            id: queue.id,
            name: queue.name.clone(),
            title: queue.title.clone(),
            medium: queue.medium,
            direction: queue.direction,
            offer_timeout_s: queue.offer_timeout_s,
            wrap_up_s: queue.wrap_up_s,
            priority: queue.priority,
            music: queue.music.clone(),
            enabled: queue.enabled,
            members: queue.members.clone(),
            pause_reasons: reasons
                .filter(|reason| queue.pause_reasons.contains(&reason.id))
                .map(|reason| Titled { id: reason.id.0, title: reason.title.clone() })
                .collect(),
            dispositions: dispositions
                .filter(|one| queue.dispositions.contains(&one.id))
                .map(|one| Titled { id: one.id.0, title: one.title.clone() })
                .collect(),
            inboxes: Vec::new(),
        }
    }
}

/// Queues by title; who does not manage them sees those that he is a member of, and those that he may transfer to: all that are enabled.
#[utoipa::path(get, path = "/queues", tag = "queues", params(PageQuery), responses((status = 200, body = Items<Queue>)))]
pub async fn list(
    State(web): State<Web>,
    signed: Signed,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Items<Queue>>, Problem> {
    let manages = signed.role.may(Permission::ManageQueues);
    let after = query.after::<(String, i64)>()?;
    let directory = web.directory();
    let key = |queue: &model::Queue| (queue.title.clone(), queue.id.0);
    let mut seen: Vec<&model::Queue> = directory
        .queues(signed.organization)
        .filter(|queue| manages || queue.enabled)
        .filter(|queue| after.as_ref().is_none_or(|after| key(queue) > *after))
        .collect();
    seen.sort_by_key(|queue| key(queue));
    seen.truncate(query.rows() as usize);
    let mut page = query.page(seen, |queue| key(queue), |queue| visible(queue, &directory, manages));
    let inboxes = web.store.inboxes_of_queues(signed.organization).await?;
    for queue in &mut page.items {
        queue.inboxes = inboxes_of(queue.id, &inboxes);
    }
    Ok(Json(page))
}

/// Who does not manage queues is not told who works in them.
fn visible(queue: &model::Queue, directory: &Directory, manages: bool) -> Queue {
    let queue = Queue::of(queue, directory);
    if manages { queue } else { Queue { members: Vec::new(), ..queue } }
}

/// A queue.
#[utoipa::path(get, path = "/queues/{id}", tag = "queues", params(("id" = QueueId, Path)), responses((status = 200, body = Queue)))]
pub async fn get(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<QueueId>,
) -> Result<Json<Queue>, Problem> {
    let manages = signed.role.may(Permission::ManageQueues);
    let directory = web.directory();
    let found = directory.queue(signed.organization, id).filter(|queue| manages || queue.enabled);
    let found = found.ok_or_else(|| Problem::not_found("queue"))?;
    let inboxes = inboxes_of(id, &web.store.inboxes_of_queues(signed.organization).await?);
    Ok(Json(Queue { inboxes, ..visible(found, &directory, manages) }))
}

fn inboxes_of(queue: QueueId, all: &[(QueueId, InboxId, String)]) -> Vec<Titled> {
    let own = all.iter().filter(|(of, ..)| *of == queue);
    own.map(|(_, id, title)| Titled { id: id.0, title: title.clone() }).collect()
}

/// Makes a queue.
#[utoipa::path(post, path = "/queues", tag = "queues", request_body = NewQueue, responses((status = 201, body = Queue)))]
pub async fn create(
    State(web): State<Web>,
    signed: Signed,
    JsonBody(asked): JsonBody<NewQueue>,
) -> Result<(StatusCode, Json<Queue>), Problem> {
    signed.may(Permission::ManageQueues)?;
    let directory = web.directory();
    let queue = asked.queue(&signed, &directory)?;
    have_music(&web, &queue).await?;
    let detail = difference(&json!({}), &json!(Queue::of(&queue, &directory)));
    let entry = signed.does("create", "queue", "", detail);
    let id = web.store.insert_queue(&queue, entry).await.map_err(named)?;
    web.told_of_queues(signed.organization).await?;
    let queue = model::Queue { id, ..queue };
    Ok((StatusCode::CREATED, Json(Queue::of(&queue, &web.directory()))))
}

/// Changes a queue; what waits in it goes on waiting.
#[utoipa::path(patch, path = "/queues/{id}", tag = "queues", params(("id" = QueueId, Path)), request_body = ChangeQueue,
    responses((status = 200, body = Queue)))]
pub async fn patch(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<QueueId>,
    JsonBody(asked): JsonBody<ChangeQueue>,
) -> Result<Json<Queue>, Problem> {
    signed.may(Permission::ManageQueues)?;
    let directory = web.directory();
    let old = directory.queue(signed.organization, id).ok_or_else(|| Problem::not_found("queue"))?;
    let new = asked.applied(old, &directory)?;
    if new.music != old.music {
        have_music(&web, &new).await?;
    }
    if new.name != old.name {
        refuse_what_names_it(&web, old).await?;
    }
    let detail = difference(&json!(Queue::of(old, &directory)), &json!(Queue::of(&new, &directory)));
    let entry = signed.does("change", "queue", id, detail);
    if !web.store.update_queue(&new, &entry).await.map_err(named)? {
        return Err(Problem::not_found("queue"));
    }
    web.told_of_queues(signed.organization).await?;
    let inboxes = inboxes_of(id, &web.store.inboxes_of_queues(signed.organization).await?);
    Ok(Json(Queue { inboxes, ..Queue::of(&new, &web.directory()) }))
}

/// Deletes a queue that nothing leads to. What waits in it goes on waiting without one: who may read all sees it and can send it elsewhere.
#[utoipa::path(delete, path = "/queues/{id}", tag = "queues", params(("id" = QueueId, Path)), responses((status = 204)))]
pub async fn delete(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<QueueId>,
) -> Result<StatusCode, Problem> {
    signed.may(Permission::ManageQueues)?;
    let directory = web.directory();
    let old = directory.queue(signed.organization, id).ok_or_else(|| Problem::not_found("queue"))?;
    refuse_what_names_it(&web, old).await?;
    let inboxes = inboxes_of(id, &web.store.inboxes_of_queues(signed.organization).await?);
    if let Some(inbox) = inboxes.first() {
        let detail = format!("The inbox {} leads to this queue: choose another there first.", inbox.title);
        let problem = Problem::conflict("An inbox leads here", detail).coded(Code::InboxLeadsHere);
        return Err(problem.with("inbox", inbox.title.as_str()));
    }
    let detail = difference(&json!(Queue::of(old, &directory)), &json!({}));
    let entry = signed.does("delete", "queue", id, detail);
    if !web.store.delete_queue(signed.organization, id, &entry).await? {
        return Err(Problem::not_found("queue"));
    }
    web.told_of_queues(signed.organization).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An uploaded sound is there, and at hand before the first caller waits.
async fn have_music(web: &Web, queue: &model::Queue) -> Result<(), Problem> {
    let Announcement::Clip(id) = queue.hold_music() else { return Ok(()) };
    if web.sounds.prepare_music(queue.organization, id).await? {
        return Ok(());
    }
    Err(Problem::wrong("music", "There is no such sound.").coded(Code::NoSoundClip))
}

impl Shared {
    /// Queues or their lists were changed: this node has taken it over, and every console hears of it.
    pub(super) async fn told_of_queues(&self, organization: OrganizationId) -> Result<(), Problem> {
        self.followed(self.store.revision().await?).await;
        self.tell_changed(organization, "queues");
        Ok(())
    }
}

/// A rule, of the dial plan or of conversations, would lead nowhere.
async fn refuse_what_names_it(web: &Web, queue: &model::Queue) -> Result<(), Problem> {
    let directory = web.directory();
    let mut dialled = directory.rules(queue.organization);
    if let Some(number) = dialled.find_map(|rule| number_that_leads_to(queue, &rule.kind, &directory)) {
        let detail = format!("Change the dial plan first: {number} leads to this queue.");
        let problem = Problem::conflict("A rule leads here", detail).coded(Code::RuleLeadsHere);
        return Err(problem.with("number", number));
    }
    let rules = web.channels.rules(queue.organization).await?;
    if let Some(view) = rules.iter().find(|view| view.queues.contains(&queue.name)) {
        let title = view.rule.title.as_str();
        let detail = format!("The rule {title} sends to this queue: choose another there first.");
        let problem = Problem::conflict("A rule sends here", detail).coded(Code::RuleSendsHere);
        return Err(problem.with("rule", title));
    }
    Ok(())
}

/// The number by which a rule of the dial plan leads to a queue; where that is any number of a trunk, the trunk.
fn number_that_leads_to(queue: &model::Queue, rule: &DialRuleKind, directory: &Directory) -> Option<String> {
    let leads = |service: &Service| matches!(service, Service::Queue(name) if *name == queue.name);
    match rule {
        DialRuleKind::Service { number, service } => leads(service).then(|| number.clone()),
        DialRuleKind::TrunkNumber { trunk, number, destination: Destination::Service(service) } => {
            leads(service).then(|| match number {
                TrunkNumber::Any => {
                    directory.trunk(*trunk).map(|trunk| trunk.name.clone()).unwrap_or_default()
                }
                TrunkNumber::Exact(number) => number.clone(),
            })
        }
        DialRuleKind::TrunkNumber { destination: Destination::Extension(_), .. }
        | DialRuleKind::Prefix { .. } => None,
    }
}

fn named(error: StoreError) -> Problem {
    match error {
        StoreError::Taken => {
            Problem::conflict("Taken already", "Another queue has this name.").at("name").coded(Code::Taken)
        }
        error if error.is_dangling() => {
            Problem::conflict("Changed meanwhile", "A member or an entry of a list was deleted meanwhile.")
                .coded(Code::ChangedMeanwhile)
        }
        error => error.into(),
    }
}
