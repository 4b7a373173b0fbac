//! Every call of an Organization, also those that never were an Interaction: what became of it, and how good it was at each side.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asked, At};
use super::page::{Items, PageQuery, check_span};
use super::recordings::{Recording, finished};
use super::signed::Signed;
use crate::api::Web;
use crate::api::problem::Problem;
use crate::model::{
    CallId, CallOutcome, CallRecord, Direction, Directory, EndedBy, EndedByWhom, InteractionDirection,
    InteractionId, InteractionRow, LegRecord, LegStatistics, OrganizationId, Party, Permission, QueueId,
    StreamStatistics, UserId,
};
use crate::routing::floor::view::Person;
use crate::store::{CallFilter, Scope};

/// Longest part of a number that is looked for, in bytes.
const NUMBER_LIMIT: usize = 64;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(recordings))
}

/// Which calls are wanted; nothing said: all.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// A part of a number of either side, also of an extension that took it from a queue or by a transfer; how it is grouped does not
    /// matter.
    number: Option<String>,
    /// The agent had a part in it: took it from a queue or by a transfer, or called or answered at his extension.
    agent: Option<UserId>,
    /// In which it waited last.
    queue: Option<QueueId>,
    direction: Option<Direction>,
    /// How it ended.
    outcome: Option<CallOutcome>,
    /// Begun at or after this.
    from_ms: Option<i64>,
    /// Begun before this.
    to_ms: Option<i64>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// What a call has left behind, or has so far.
#[derive(Serialize, ToSchema)]
#[schema(as = CallRecord)]
pub struct Told {
    id: String,
    direction: Direction,
    caller: CallNumber,
    /// As it was dialled.
    callee: CallNumber,
    /// Where the dial plan sent it.
    destination: Option<CallDestination>,
    /// Where the last transfer led.
    transferred_to: Option<CallNumber>,
    /// The other call that it went on in.
    joined: Option<String>,
    /// By name.
    trunk: Option<String>,
    /// The title of the queue in which it waited last.
    queue: Option<String>,
    /// The agent of a queue who took it last.
    agent: Option<Person>,
    started_at_ms: i64,
    ringing_at_ms: Option<i64>,
    answered_at_ms: Option<i64>,
    /// `null`: it goes on.
    ended_at_ms: Option<i64>,
    /// What it waited in queues until an agent had it, or it ended; `null`: it never came into one.
    waited_ms: Option<i64>,
    /// The caller ended it in a queue, before any agent had it.
    gave_up: bool,
    /// From the answer to the end, without what it waited in queues; 0 if there was no answer, or no end yet.
    talk_ms: i64,
    /// One word, empty while it goes on: `normal_clearing`, `busy`, `no_answer` …
    end_reason: String,
    ended_by: Option<EndedBy>,
    sip_status: Option<u16>,
    q850_cause: Option<u8>,
    /// A recording was begun.
    recorded: bool,
    /// The parties that sent or got sound, the caller first.
    sides: Vec<CallSide>,
    /// Its Interactions, first come first.
    interactions: Vec<OfCall>,
}

/// What a number led to.
#[derive(Serialize, ToSchema)]
pub struct CallDestination {
    /// `extension`, `trunk`, `queue`, `conference` or `service`.
    kind: String,
    /// Its number or name.
    name: String,
}

/// A number, and whose it is.
#[derive(Serialize, ToSchema)]
pub struct CallNumber {
    number: String,
    /// Of the extension with this number, as it is called now.
    name: Option<String>,
}

/// An Interaction that a call was.
#[derive(Serialize, ToSchema)]
#[schema(as = InteractionOfCall)]
pub struct OfCall {
    id: InteractionId,
    protocol: String,
}

/// Whose network it is.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Whose {
    /// Of the Organization: a phone or a browser.
    Ours,
    /// Beyond a trunk: the customer's.
    Outside,
}

/// One party of a call, and how it was heard.
#[derive(Serialize, ToSchema)]
pub struct CallSide {
    side: Whose,
    /// Number of an extension, or name of a trunk.
    party: String,
    name: Option<String>,
    codec: Option<String>,
    encrypted: bool,
    /// What came from this party, measured here.
    received: CallStream,
    /// What went to it, as it reports.
    sent: CallStream,
    round_trip_ms: Option<f64>,
    /// Nothing was ever heard of this party, while the other one was.
    one_way: bool,
}

/// Figures of one direction.
#[derive(Serialize, ToSchema)]
pub struct CallStream {
    packets: u64,
    /// Of all that were sent.
    loss_percent: f64,
    jitter_ms: f64,
    /// 1 to 4.5 (ITU-T G.107); `null`: too little came to say.
    mos: Option<f64>,
}

/// All calls of the organization, newest first: also from phone to phone, and those that were refused.
#[utoipa::path(get, path = "/call-records", tag = "calls", params(Wanted), responses((status = 200, body = Items<Told>)))]
pub async fn list(
    State(web): State<Web>,
    signed: Signed,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Items<Told>>, Problem> {
    signed.may(Permission::ReadAllInteractions)?;
    if wanted.number.as_ref().is_some_and(|text| text.len() > NUMBER_LIMIT) {
        return Err(Problem::length("number", (0, NUMBER_LIMIT)));
    }
    check_span(wanted.from_ms, wanted.to_ms)?;
    let query = PageQuery { limit: wanted.limit, cursor: wanted.cursor };
    let directory = web.directory();
    let queue = match wanted.queue {
        None => None,
        Some(id) => match directory.queue(signed.organization, id) {
            Some(queue) => Some(queue.name.clone()),
            None => return Err(Problem::not_found("queue")),
        },
    };
    let filter = CallFilter {
        agent: wanted.agent,
        extension: wanted.agent.and_then(|agent| extension_of(&directory, signed.organization, agent)),
        queue,
        number: wanted.number.as_deref().map(bare).filter(|text| !text.is_empty()),
        direction: wanted.direction,
        outcome: wanted.outcome,
        from_ms: wanted.from_ms,
        to_ms: wanted.to_ms,
        before: query.after()?,
    };
    let rows = web.store.list_calls(signed.organization, &filter, query.rows()).await?;
    let queued: Vec<CallId> = rows.iter().filter(|call| call.queue.is_some()).map(|call| call.id).collect();
    let mut of_calls = web.store.interactions_of_calls(signed.organization, &queued).await?;
    let names = Names::of(&directory, signed.organization);
    let tell = |call: CallRecord| {
        let of_call = of_calls.remove(&call.id).unwrap_or_default();
        names.tell(call, &of_call)
    };
    Ok(Json(query.page(rows, |call| call.id, tell)))
}

/// The number of a user's extension.
fn extension_of(directory: &Directory, organization: OrganizationId, user: UserId) -> Option<String> {
    let extension = directory.agent(organization, user)?.extension?;
    directory.extension_by_id(extension).map(|extension| extension.number.clone())
}

/// One call. Agents see those that were theirs.
#[utoipa::path(get, path = "/call-records/{id}", tag = "calls", params(("id" = String, Path)),
    responses((status = 200, body = Told)))]
pub async fn get(State(web): State<Web>, signed: Signed, At(id): At<CallId>) -> Result<Json<Told>, Problem> {
    let (call, of_call) = visible(&web, &signed, id, Permission::ReadAllInteractions).await?;
    let directory = web.directory();
    Ok(Json(Names::of(&directory, signed.organization).tell(call, &of_call)))
}

/// The finished recordings of a call.
#[utoipa::path(get, path = "/call-records/{id}/recordings", tag = "recordings", params(("id" = String, Path)),
    responses((status = 200, body = Vec<Recording>)))]
pub async fn recordings(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<CallId>,
) -> Result<Json<Vec<Recording>>, Problem> {
    visible(&web, &signed, id, Permission::ListenRecordings).await?;
    let found = finished(&web, &signed, id).await?;
    Ok(Json(found.into_iter().map(Recording::from).collect()))
}

/// A call with its Interactions, for whoever served one of them, or may see all.
///
/// # Errors
/// 404 for any other.
async fn visible(
    web: &Web,
    signed: &Signed,
    id: CallId,
    all: Permission,
) -> Result<(CallRecord, Vec<InteractionRow>), Problem> {
    let gone = || Problem::not_found("call");
    let call = web.store.call(Scope::Organization(signed.organization), id).await?.ok_or_else(gone)?;
    let of_call = web.store.interactions_of_call(signed.organization, id).await?;
    let own = of_call.iter().any(|row| row.agent == Some(signed.user));
    if own || signed.role.may(all) { Ok((call, of_call)) } else { Err(gone()) }
}

fn in_a_queue(row: &InteractionRow) -> bool {
    row.queue.is_some() && row.direction == InteractionDirection::Inbound
}

/// A number as it is stored, of one as people write it: `+55 (11) 3265-4321` is found as `551132654321`.
fn bare(text: &str) -> String {
    let kept: String = text.chars().filter(|letter| !" ()-./".contains(*letter)).collect();
    kept.trim_start_matches('+').to_owned()
}

/// What numbers, queues and agents of an organization are called now.
struct Names<'a> {
    directory: &'a Directory,
    organization: OrganizationId,
    by_number: HashMap<&'a str, &'a str>,
}

impl<'a> Names<'a> {
    fn of(directory: &'a Directory, organization: OrganizationId) -> Self {
        let mut by_number = HashMap::new();
        for extension in directory.extensions(organization) {
            if let Some(name) = &extension.display_name {
                by_number.insert(extension.number.as_str(), name.as_str());
            }
        }
        // Who has it goes before what it is called.
        for agent in directory.agents(organization) {
            let extension = agent.extension.and_then(|id| directory.extension_by_id(id));
            if let Some(extension) = extension {
                by_number.insert(extension.number.as_str(), agent.name.as_str());
            }
        }
        Self { directory, organization, by_number }
    }

    fn number(&self, number: String) -> CallNumber {
        let name = self.by_number.get(number.as_str()).map(|name| (*name).to_owned());
        CallNumber { number, name }
    }

    fn queue(&self, name: String) -> String {
        let known = self.directory.queue_by_name(self.organization, &name);
        known.map_or(name, |queue| queue.title.clone())
    }

    fn tell(&self, call: CallRecord, of_call: &[InteractionRow]) -> Told {
        let queued = || of_call.iter().filter(|row| in_a_queue(row));
        let waited_ms = queued().next().map(|_| queued().map(|row| row.waited_ms).sum::<i64>());
        let gave_up = queued().all(|row| row.answered_at_ms.is_none())
            && queued().any(|row| row.ended_by == Some(EndedByWhom::Customer));
        let talk_ms = if gave_up { 0 } else { (call.talk_ms() - waited_ms.unwrap_or(0)).max(0) };
        let agent = call.agent.map(|user| Person {
            id: user.0,
            name: self
                .directory
                .agent(self.organization, user)
                .map(|one| one.name.clone())
                .unwrap_or_default(),
        });
        Told {
            id: call.id.to_string(),
            direction: call.direction,
            waited_ms,
            gave_up,
            talk_ms,
            caller: self.number(call.caller),
            callee: self.number(call.callee),
            destination: call.destination.as_deref().and_then(CallDestination::read),
            joined: call.transferred_to.clone().filter(|to| is_call(to)),
            transferred_to: call.transferred_to.filter(|to| !is_call(to)).map(|number| self.number(number)),
            trunk: call.trunk,
            queue: call.queue.map(|name| self.queue(name)),
            agent,
            started_at_ms: call.started_at_ms,
            ringing_at_ms: call.ringing_at_ms,
            answered_at_ms: call.answered_at_ms,
            ended_at_ms: call.ended_at_ms,
            end_reason: call.end_reason,
            ended_by: call.ended_by,
            sip_status: call.sip_status,
            q850_cause: call.q850_cause,
            recorded: call.recording.is_some(),
            sides: call.legs.into_iter().filter_map(|leg| self.side(leg)).collect(),
            interactions: of_call
                .iter()
                .map(|row| OfCall { id: row.id, protocol: row.protocol.clone() })
                .collect(),
        }
    }

    fn side(&self, leg: LegRecord) -> Option<CallSide> {
        let counted = leg.statistics.filter(|both| both.received.packets + both.sent.packets > 0)?;
        let (side, party) = match leg.party {
            Party::Extension(number) => (Whose::Ours, number),
            Party::Trunk(name) => (Whose::Outside, name),
            Party::Service(_) | Party::Unknown => return None,
        };
        let name = match side {
            Whose::Ours => self.by_number.get(party.as_str()).map(|name| (*name).to_owned()),
            Whose::Outside => None,
        };
        let LegStatistics { received, sent, round_trip_ms, one_way, .. } = counted;
        let came = received.packets + received.lost;
        Some(CallSide {
            side,
            party,
            name,
            codec: leg.codec,
            encrypted: leg.srtp.is_some(),
            received: CallStream::of(received, came),
            sent: CallStream::of(sent, sent.packets),
            round_trip_ms,
            one_way,
        })
    }
}

impl CallDestination {
    /// `extension:1001`
    fn read(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once(':')?;
        Some(Self { kind: kind.to_owned(), name: name.to_owned() })
    }
}

/// An attended transfer names the call that the parties went on in, any other one a number.
fn is_call(text: &str) -> bool {
    text.parse::<CallId>().is_ok()
}

impl CallStream {
    /// `all`: packets that were sent, whether they came or not.
    fn of(stream: StreamStatistics, all: u64) -> Self {
        let StreamStatistics { packets, lost, jitter_ms, mos } = stream;
        let loss_percent = if all == 0 { 0.0 } else { lost as f64 * 100.0 / all as f64 };
        Self { packets, loss_percent, jitter_ms, mos }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_looked_for_however_it_is_grouped() {
        assert_eq!(bare("+55 (11) 3265-4321"), "551132654321");
        assert_eq!(bare(" *43 "), "*43");
        assert_eq!(bare("+"), "");
    }
}
