//! Where Interactions wait, and what agents say when they pause or finish one.

use crate::model::{
    Agent, Announcement, DispositionId, Medium, OrganizationId, PauseReasonId, QueueId, UserId,
};

worded_enum! {
    /// Who begins what a queue carries.
    QueueDirection {
        Inbound = "inbound",
        Outbound = "outbound",
    }
}

/// A queue with its members and lists.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Queue {
    /// Row number.
    pub id: QueueId,
    /// Owner.
    pub organization: OrganizationId,
    /// Short unique name, as dial rules and inboxes call it.
    pub name: String,
    /// What people read.
    pub title: String,
    pub medium: Medium,
    pub direction: QueueDirection,
    /// How long an agent may think about an offer.
    pub offer_timeout_s: u32,
    /// After an Interaction the agent has so long before the next one; 0: none.
    pub wrap_up_s: u32,
    /// 0 is usual; more goes first.
    pub priority: u8,
    /// The announcement that callers hear while they wait, as dial rules write one; `None`: the built-in music.
    pub music: Option<String>,
    /// `false`: nothing is routed to it.
    pub enabled: bool,
    pub members: Vec<UserId>,
    /// Only a queue with reasons can be paused.
    pub pause_reasons: Vec<PauseReasonId>,
    pub dispositions: Vec<DispositionId>,
}

impl Queue {
    /// What callers hear while they wait.
    pub fn hold_music(&self) -> Announcement {
        self.music.as_deref().map_or_else(Announcement::hold_music, Announcement::named)
    }
}

/// Why an agent pauses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PauseReason {
    pub id: PauseReasonId,
    pub organization: OrganizationId,
    pub title: String,
}

/// What came of an Interaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Disposition {
    pub id: DispositionId,
    pub organization: OrganizationId,
    pub title: String,
    /// `false`: agents are not offered it any more.
    pub enabled: bool,
}

/// Queues and who works in them: the part of the Directory that the floor reads.
#[derive(Clone, Default, Debug)]
pub struct Staffing {
    pub agents: Vec<Agent>,
    pub queues: Vec<Queue>,
    pub pause_reasons: Vec<PauseReason>,
    pub dispositions: Vec<Disposition>,
}
