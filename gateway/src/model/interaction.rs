//! A Call or a Conversation on its way through queues and agents, as its row tells it.

use serde_json::Value;

use crate::model::{
    CallId, ContactId, ConversationId, DispositionId, InboxId, InteractionId, Medium, OrganizationId,
    QueueId, UserId,
};

worded_enum! {
    /// Who began it.
    InteractionDirection {
        Inbound = "inbound",
        Outbound = "outbound",
    }
}

worded_enum! {
    /// How far it has come. That it is being offered is no row: an offer dies with its node.
    InteractionState {
        /// Nobody has it. With an agent it waits for him alone.
        Waiting = "waiting",
        /// An agent has it.
        Open = "open",
        Closed = "closed",
    }
}

worded_enum! {
    /// What the customer's side looks like to the agent.
    CustomerState {
        /// Not opened by the agent yet.
        New = "new",
        /// Has written and waits for an answer.
        Waiting = "waiting",
        Answered = "answered",
        /// It has ended, `ended_by` says whose doing that is; the agent still has to close it.
        Ended = "ended",
        /// Has left the page, and may come back.
        Left = "left",
    }
}

worded_enum! {
    /// Whose doing it is that an Interaction has ended.
    EndedByWhom {
        /// Hung up, ended it, or did not come back to the page.
        Customer = "customer",
        /// The agent, or a supervisor for him.
        Agent = "agent",
        /// The node, an operator, or a fault.
        System = "system",
        /// Nobody: it goes on with a number that no agent has.
        Transfer = "transfer",
    }
}

/// An Interaction that begins.
#[derive(Clone, PartialEq, Debug)]
pub struct NewInteraction {
    pub organization: OrganizationId,
    pub medium: Medium,
    /// The channel's name: `voice`, `webchat`, `telegram`.
    pub channel: String,
    pub direction: InteractionDirection,
    pub queue: Option<QueueId>,
    /// Whose it is from the beginning; none: it waits.
    pub agent: Option<UserId>,
    pub contact: Option<ContactId>,
    pub inbox: Option<InboxId>,
    pub conversation: Option<ConversationId>,
    pub call: Option<CallId>,
    /// The customer's name or number.
    pub title: String,
    /// Of a call: the other party's number.
    pub number: Option<String>,
    /// 0 is usual; more goes first.
    pub priority: u8,
    /// Unix time.
    pub started_at_ms: i64,
    /// What is known of the visitor, as a JSON object.
    pub visitor: Option<Value>,
}

/// An Interaction as its row has it.
#[derive(Clone, PartialEq, Debug)]
pub struct InteractionRow {
    pub id: InteractionId,
    pub organization: OrganizationId,
    /// One number for life: local date and the organization's counter.
    pub protocol: String,
    pub medium: Medium,
    pub channel: String,
    pub direction: InteractionDirection,
    pub state: InteractionState,
    pub queue: Option<QueueId>,
    pub agent: Option<UserId>,
    pub contact: Option<ContactId>,
    pub inbox: Option<InboxId>,
    pub conversation: Option<ConversationId>,
    pub call: Option<CallId>,
    pub title: String,
    pub number: Option<String>,
    pub customer: CustomerState,
    pub left_at_ms: Option<i64>,
    pub unread: u32,
    pub priority: u8,
    pub started_at_ms: i64,
    /// The agent who has it, or had it last, got it.
    pub assigned_at_ms: Option<i64>,
    /// What agents have done for it so far: the parts that are complete, and the wrap-ups.
    pub handled_ms: i64,
    /// How long it has waited for agents, all times that are over together.
    pub waited_ms: i64,
    /// Since when it waits for one now.
    pub waiting_since_ms: Option<i64>,
    pub opened_at_ms: Option<i64>,
    pub answered_at_ms: Option<i64>,
    pub ended_at_ms: Option<i64>,
    pub ended_by: Option<EndedByWhom>,
    pub closed_at_ms: Option<i64>,
    pub last_text: Option<String>,
    /// `in` or `out`.
    pub last_direction: Option<String>,
    pub last_at_ms: Option<i64>,
    pub disposition: Option<DispositionId>,
    pub visitor: Option<Value>,
}

worded_enum! {
    /// What happens to an Interaction, each with its reason, so that it can be asked for later.
    InteractionEventKind {
        Arrived = "arrived",
        /// Detail: why this agent, and why each of the others not.
        Offered = "offered",
        Refused = "refused",
        TimedOut = "timed_out",
        /// The agent left, or the Interaction went elsewhere.
        Withdrawn = "withdrawn",
        Assigned = "assigned",
        /// Detail: why.
        GivenBack = "given_back",
        /// Detail: from whom, to whom.
        Transferred = "transferred",
        Held = "held",
        Resumed = "resumed",
        CustomerLeft = "customer_left",
        CustomerReturned = "customer_returned",
        /// The customer ended it, or did not come back in time.
        CustomerEnded = "customer_ended",
        /// The call is over; the agent still has to close it. Detail: by whom, and why.
        Ended = "ended",
        /// Nobody had it when the customer left.
        Abandoned = "abandoned",
        Closed = "closed",
        /// Tags, disposition, visitor data or contact were changed by a person.
        Edited = "edited",
    }
}

/// One thing that happened to an Interaction.
#[derive(Clone, PartialEq, Debug)]
pub struct InteractionEvent {
    /// Row number: the order in which they happened.
    pub id: i64,
    pub interaction: InteractionId,
    /// Unix time.
    pub at_ms: i64,
    pub kind: InteractionEventKind,
    /// Whom it concerns, or who did it.
    pub user: Option<UserId>,
    /// A JSON object.
    pub detail: Value,
}
