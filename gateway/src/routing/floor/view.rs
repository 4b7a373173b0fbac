//! What people see of the floor: the shapes of the API and of its events.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::model::{
    CallId, CustomerState, Directory, Disposition, EndedByWhom, InteractionDirection, InteractionId,
    InteractionRow, InteractionState, Medium, OrganizationId, QueueDirection, QueueId, UserId,
};
use crate::store::NamedInteraction;

/// How long a visitor who left the page may stay away, in milliseconds, when nothing else is configured.
pub const VISITOR_GRACE_MS: i64 = 90_000;

/// A thing and what people call it.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema, Debug)]
pub struct Titled {
    pub id: i64,
    pub title: String,
}

/// A person and his name.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema, Debug)]
pub struct Person {
    pub id: i64,
    pub name: String,
}

/// A customer.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema, Debug)]
pub struct Customer {
    pub id: i64,
    pub name: String,
    pub photo_url: Option<String>,
}

/// The newest message.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema, Debug)]
pub struct Last {
    pub text: String,
    pub at_ms: i64,
    /// `in` or `out`.
    pub direction: String,
}

/// How far an Interaction has come, as people see it.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema, Debug)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    Waiting,
    Offered,
    Open,
    Closed,
}

/// What a call is doing.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema, Debug)]
#[serde(rename_all = "lowercase")]
pub enum CallState {
    /// The caller hears music, or the one who was called rings.
    Waiting,
    Talking,
    Held,
    Ended,
}

/// The call of an Interaction.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema, Debug)]
#[schema(as = InteractionCall)]
pub struct CallView {
    pub id: String,
    pub state: CallState,
    /// The other party's number.
    pub with: String,
    /// Since when it is in this state, Unix time.
    pub since_ms: i64,
    pub recorded: bool,
}

impl CallView {
    pub(super) fn new(call: CallId, state: CallState, with: String, since_ms: i64) -> Self {
        Self { id: call.to_string(), state, with, since_ms, recorded: false }
    }
}

/// What memory alone has of an Interaction.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Live {
    pub offered: bool,
    pub call: Option<CallView>,
}

/// An Interaction.
#[derive(Clone, PartialEq, Serialize, ToSchema, Debug)]
#[schema(as = Interaction)]
pub struct InteractionView {
    pub id: i64,
    pub protocol: String,
    pub medium: Medium,
    pub channel: String,
    pub direction: InteractionDirection,
    pub state: Stage,
    pub queue: Option<Titled>,
    /// Who has it; while it waits: for whom alone.
    pub agent: Option<Person>,
    pub contact: Option<Customer>,
    pub inbox: Option<Titled>,
    pub conversation_id: Option<i64>,
    pub title: String,
    /// Of a call: the other party's number.
    pub number: Option<String>,
    pub customer: CustomerState,
    /// Until when a visitor who left the page may come back.
    pub left_until_ms: Option<i64>,
    pub unread: u32,
    pub started_at_ms: i64,
    /// Since when it waits for an agent, also after a transfer; null: it does not wait.
    pub waiting_since_ms: Option<i64>,
    pub assigned_at_ms: Option<i64>,
    pub answered_at_ms: Option<i64>,
    pub ended_at_ms: Option<i64>,
    /// Whose doing it is that it has ended; of one that ended before this was kept: nothing.
    pub ended_by: Option<EndedByWhom>,
    pub closed_at_ms: Option<i64>,
    pub last: Option<Last>,
    pub call: Option<CallView>,
    /// Of a call: its name, also when it is over.
    pub call_id: Option<String>,
    pub disposition: Option<Titled>,
    /// What may be chosen at the end.
    pub dispositions: Vec<Titled>,
    pub tags: Vec<String>,
    pub visitor: Option<Value>,
    pub capabilities: Option<Value>,
    /// What the reader has begun to write; told only to him, and not in events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draft: Option<String>,
}

/// A proposal to one agent.
#[derive(Clone, PartialEq, Serialize, ToSchema, Debug)]
#[schema(as = Offer)]
pub struct OfferView {
    pub id: i64,
    pub interaction: InteractionView,
    pub until_ms: i64,
}

/// A queue as one of its members stands in it.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema, Debug)]
#[schema(as = Standing)]
pub struct StandingView {
    pub queue_id: i64,
    pub name: String,
    pub title: String,
    pub medium: Medium,
    pub direction: QueueDirection,
    pub state: StandingState,
    pub since_ms: Option<i64>,
    pub reason: Option<Titled>,
    pub reasons: Vec<Titled>,
}

/// Standing in a queue.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema, Debug)]
#[serde(rename_all = "lowercase")]
pub enum StandingState {
    Offline,
    Online,
    Paused,
}

/// An agent's own standing.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema, Debug)]
#[schema(as = Presence)]
pub struct PresenceView {
    pub queues: Vec<StandingView>,
    pub wrap_up_until_ms: Option<i64>,
    /// What the wrap-up is for.
    pub wrap_up_interaction: Option<i64>,
}

/// A queue in numbers, now.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema, Debug)]
#[schema(as = Board)]
pub struct BoardView {
    pub queue_id: i64,
    pub title: String,
    pub medium: Medium,
    pub waiting: u32,
    /// Logged in, paused or not.
    pub agents_connected: u32,
    /// Would be offered the next one.
    pub agents_free: u32,
    pub longest_waiting_since_ms: Option<i64>,
    /// Closed by an agent since midnight where the organization is.
    pub handled_today: u32,
    pub abandoned_today: u32,
    /// What those handled today took on the average: the parts of all their agents, from when each got it to when he laid it down
    /// or closed it, with the wrap-ups that are over. What they waited between agents is none of it.
    pub mean_handle_ms: Option<i64>,
}

/// Whether an agent's browser is there.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema, Debug)]
#[serde(rename_all = "lowercase")]
pub enum AgentPresence {
    Here,
    /// Gone for a moment; what he has stays with him for the grace.
    Lost,
    Away,
}

/// What one agent has open.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema, Debug)]
pub struct OpenCounts {
    pub chats: u32,
    pub calls: u32,
}

/// A queue that an agent is logged in to.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema, Debug)]
pub struct AgentStanding {
    pub queue_id: i64,
    pub state: StandingState,
    pub reason: Option<String>,
    pub since_ms: i64,
}

/// An Interaction of an agent, in brief.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema, Debug)]
pub struct Serving {
    pub id: i64,
    pub protocol: String,
    pub title: String,
    pub medium: Medium,
    pub since_ms: i64,
}

/// An agent as others see him.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema, Debug)]
#[schema(as = Agent)]
pub struct AgentView {
    pub id: i64,
    pub name: String,
    pub photo_url: Option<String>,
    pub standings: Vec<AgentStanding>,
    pub presence: AgentPresence,
    pub open: OpenCounts,
    /// The number that he is called at, be it on a phone or in his browser; null: he has none, or it is switched off.
    pub extension: Option<String>,
    /// What he can be given: calls need an extension and a browser.
    pub takes: Vec<Medium>,
    /// What he lacks to be given the calls of his queues: `extension` or `webrtc`; null: nothing, or none of them is for calls.
    pub calls_need: Option<&'static str>,
    /// He talks, rings or dials, on his Seat or his phone; also in a call of his own, which is no interaction.
    pub in_call: bool,
    pub wrap_up_until_ms: Option<i64>,
    /// Only for those who supervise.
    pub interactions: Vec<Serving>,
}

impl AgentView {
    /// The same for a colleague, who is not told what he works on.
    pub fn for_colleagues(&self) -> Self {
        Self { interactions: Vec::new(), ..self.clone() }
    }
}

/// What memory has of one user's desk.
#[derive(Clone, PartialEq, Debug)]
pub struct DeskPart {
    pub presence: PresenceView,
    /// Number, Interaction, end.
    pub offers: Vec<(i64, InteractionId, i64)>,
    pub boards: Vec<BoardView>,
    pub agents: Vec<AgentView>,
    pub live: Vec<(InteractionId, Live)>,
}

/// Everything that a user has before him.
#[derive(Clone, PartialEq, Serialize, ToSchema, Debug)]
#[schema(as = Desk)]
pub struct DeskView {
    pub server_time_ms: i64,
    pub presence: PresenceView,
    pub interactions: Vec<InteractionView>,
    pub offers: Vec<OfferView>,
    pub boards: Vec<BoardView>,
    pub agents: Vec<AgentView>,
}

/// Why an Interaction is where it is: for each agent who might take it, what keeps it from him now.
#[derive(Clone, PartialEq, Serialize, ToSchema, Debug)]
pub struct Why {
    pub state: Stage,
    pub waiting_since_ms: i64,
    /// It has no queue, or one that is off: nobody is asked until somebody sends it to another.
    pub leads_nowhere: bool,
    /// 1: it is the next one.
    pub position: u32,
    /// How many are before it.
    pub ahead: u32,
    pub agents: Vec<WhyNot>,
}

/// What keeps an Interaction from one agent.
#[derive(Clone, PartialEq, Serialize, ToSchema, Debug)]
pub struct WhyNot {
    pub id: i64,
    pub name: String,
    /// Words; none: nothing keeps it from him, he is being asked or is next.
    pub reasons: Vec<&'static str>,
    /// The figures of the reason.
    pub figures: Value,
}

/// An Interaction as people see it.
pub fn interaction(
    directory: &Directory,
    found: NamedInteraction,
    live: Option<&Live>,
    visitor_grace_ms: i64,
) -> InteractionView {
    let NamedInteraction { row, contact_name, contact_photo, inbox_title, capabilities, tags } = found;
    let queue = row.queue.and_then(|id| directory.queue(row.organization, id));
    let (customer, left_until_ms) = customer_side(&row, visitor_grace_ms);
    InteractionView {
        id: row.id.0,
        medium: row.medium,
        direction: row.direction,
        state: stage(row.state, live),
        queue: queue.map(|queue| Titled { id: queue.id.0, title: queue.title.clone() }),
        agent: row.agent.map(|id| person(directory, row.organization, id)),
        contact: row.contact.zip(contact_name).map(|(id, name)| Customer {
            id: id.0,
            name,
            photo_url: contact_photo,
        }),
        inbox: row.inbox.zip(inbox_title).map(|(id, title)| Titled { id: id.0, title }),
        conversation_id: row.conversation.map(|id| id.0),
        customer,
        left_until_ms,
        unread: row.unread,
        started_at_ms: row.started_at_ms,
        waiting_since_ms: row.waiting_since_ms,
        assigned_at_ms: row.assigned_at_ms,
        answered_at_ms: row.answered_at_ms,
        ended_at_ms: row.ended_at_ms,
        ended_by: row.ended_by,
        closed_at_ms: row.closed_at_ms,
        last: last(&row),
        call: live.and_then(|live| live.call.clone()),
        call_id: row.call.map(|call| call.to_string()),
        disposition: row
            .disposition
            .and_then(|id| directory.dispositions(row.organization).find(|one| one.id == id))
            .map(titled),
        dispositions: dispositions(directory, row.organization, row.queue),
        protocol: row.protocol,
        channel: row.channel,
        title: row.title,
        number: row.number,
        visitor: row.visitor,
        tags,
        capabilities,
        draft: None,
    }
}

/// What may be chosen at the end of an Interaction of this queue; without a queue: whatever the organization has.
pub fn dispositions(
    directory: &Directory,
    organization: OrganizationId,
    queue: Option<QueueId>,
) -> Vec<Titled> {
    let queue = queue.and_then(|id| directory.queue(organization, id));
    let offered =
        |one: &&Disposition| one.enabled && queue.is_none_or(|queue| queue.dispositions.contains(&one.id));
    directory.dispositions(organization).filter(offered).map(titled).collect()
}

/// A user by name, also one who is gone.
pub(super) fn person(directory: &Directory, organization: OrganizationId, id: UserId) -> Person {
    let name = directory.agent(organization, id).map(|agent| agent.name.clone()).unwrap_or_default();
    Person { id: id.0, name }
}

fn titled(disposition: &Disposition) -> Titled {
    Titled { id: disposition.id.0, title: disposition.title.clone() }
}

fn stage(state: InteractionState, live: Option<&Live>) -> Stage {
    match state {
        InteractionState::Waiting if live.is_some_and(|live| live.offered) => Stage::Offered,
        InteractionState::Waiting => Stage::Waiting,
        InteractionState::Open => Stage::Open,
        InteractionState::Closed => Stage::Closed,
    }
}

fn customer_side(row: &InteractionRow, visitor_grace_ms: i64) -> (CustomerState, Option<i64>) {
    match row.left_at_ms {
        Some(left) if row.customer != CustomerState::Ended && row.state != InteractionState::Closed => {
            (CustomerState::Left, Some(left + visitor_grace_ms))
        }
        _ => (row.customer, None),
    }
}

fn last(row: &InteractionRow) -> Option<Last> {
    Some(Last {
        text: row.last_text.clone()?,
        at_ms: row.last_at_ms?,
        direction: row.last_direction.clone()?,
    })
}
