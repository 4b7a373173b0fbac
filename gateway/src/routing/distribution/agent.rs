//! One agent: where he is logged in, what he has open, and whether he can be asked.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::output::{NotOffered, OfferId};
use super::settings::AgentSettings;
use crate::model::{InteractionId, Medium, PauseReasonId, QueueId};

/// Whether we hear of the agent's browser.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Presence {
    Here,
    /// What he has is given back at this time.
    Lost {
        until: Instant,
    },
}

/// Standing in one queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    Ready,
    Paused { reason: PauseReasonId },
}

/// The time after an Interaction in which its agent is left alone, to write down what it was about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WrapUp {
    pub of: InteractionId,
    pub since: Instant,
    /// When it ends by itself.
    pub until: Instant,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Agent {
    pub settings: AgentSettings,
    pub presence: Presence,
    /// The queues he is logged in to.
    pub queues: BTreeMap<QueueId, Standing>,
    pub serving: BTreeMap<InteractionId, Medium>,
    /// Offers count as if they were accepted: two at once could both be.
    pub offers: BTreeMap<OfferId, (InteractionId, Medium)>,
    pub wrap_up: Option<WrapUp>,
    /// He talks, rings or dials, on his Seat or his phone, in an Interaction or in a call of his own.
    pub in_call: bool,
    /// Since when he has had nothing to do, or since he last got something.
    pub idle_since: Instant,
}

impl Agent {
    pub(super) fn new(now: Instant, settings: AgentSettings) -> Self {
        Self {
            settings,
            presence: Presence::Here,
            queues: BTreeMap::new(),
            serving: BTreeMap::new(),
            offers: BTreeMap::new(),
            wrap_up: None,
            in_call: false,
            idle_since: now,
        }
    }

    /// Interactions open or offered, of one medium.
    pub fn open(&self, medium: Medium) -> u32 {
        let offered = self.offers.values().filter(|(_, offered)| *offered == medium).count();
        let served = self.serving.values().filter(|served| **served == medium).count();
        (offered + served) as u32
    }

    /// Whether he could be offered something of this queue now.
    pub fn is_free_for(&self, queue: QueueId, medium: Medium) -> bool {
        self.stands_in(queue).is_ok() && self.attentive().is_ok() && self.free(medium).is_ok()
    }

    /// Whether there is room for one more of this medium, whatever the queue says.
    pub(super) fn room(&self, medium: Medium) -> Result<(), NotOffered> {
        let (calls, chats) = (self.open(Medium::Voice), self.open(Medium::Chat));
        let capacity = self.settings.capacity;
        match medium {
            Medium::Voice if capacity.calls == 0 => Err(NotOffered::WithoutCapacity),
            Medium::Chat if capacity.chats == 0 => Err(NotOffered::WithoutCapacity),
            Medium::Voice if calls + chats > 0 => Err(NotOffered::NotFree { open: calls + chats }),
            Medium::Chat if calls > 0 => Err(NotOffered::NotFree { open: calls }),
            Medium::Chat if chats >= capacity.chats => {
                Err(NotOffered::AtCapacity { open: chats, of: capacity.chats })
            }
            Medium::Voice | Medium::Chat => Ok(()),
        }
    }

    /// Whether he can be asked for one more of this medium: there is room, and a call finds him in no other, also in none of his own.
    pub(super) fn free(&self, medium: Medium) -> Result<(), NotOffered> {
        self.room(medium)?;
        match medium {
            Medium::Voice if self.in_call => Err(NotOffered::InCall),
            Medium::Voice | Medium::Chat => Ok(()),
        }
    }

    /// Whether he is at his desk and not busy with the last Interaction still.
    pub(super) fn attentive(&self) -> Result<(), NotOffered> {
        if let Presence::Lost { .. } = self.presence {
            return Err(NotOffered::Lost);
        }
        match self.wrap_up {
            Some(WrapUp { until, .. }) => Err(NotOffered::WrapUp { until }),
            None => Ok(()),
        }
    }

    /// Whether he takes what waits in this queue.
    pub(super) fn stands_in(&self, queue: QueueId) -> Result<(), NotOffered> {
        match self.queues.get(&queue) {
            Some(Standing::Ready) => Ok(()),
            Some(&Standing::Paused { reason }) => Err(NotOffered::Paused { reason }),
            None => Err(NotOffered::NotLoggedIn),
        }
    }

    /// Whether he takes what is meant for him alone: he is logged in somewhere, and not paused everywhere.
    pub(super) fn stands_anywhere(&self) -> Result<(), NotOffered> {
        let mut refusal = NotOffered::NotLoggedIn;
        for standing in self.queues.values() {
            match standing {
                Standing::Ready => return Ok(()),
                Standing::Paused { reason } => refusal = NotOffered::Paused { reason: *reason },
            }
        }
        Err(refusal)
    }

    /// What he has and would have to give back.
    pub(super) fn holdings(&self) -> BTreeSet<InteractionId> {
        self.serving.keys().copied().collect()
    }
}
