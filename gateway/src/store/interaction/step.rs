//! What the floor has decided, written in one transaction with its reasons.

use crate::model::{DispositionId, EndedByWhom, InteractionId, OrganizationId, QueueId, UserId};
use crate::store::database::Tx;
use crate::store::interaction_event::{self, NewInteractionEvent};
use crate::store::standing::{self, StandingChange};
use crate::store::{Store, StoreError};

/// What becomes of the row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InteractionChange {
    /// Nothing: only the event is kept.
    Unchanged,
    /// Nobody had it, and nobody will.
    Abandoned {
        by: EndedByWhom,
    },
    /// The agent and the customer hear each other.
    Answered,
    Assigned {
        agent: UserId,
    },
    /// `by`: whose doing it is, where it had not ended before.
    Closed {
        disposition: Option<DispositionId>,
        by: EndedByWhom,
    },
    /// The customer has ended it, or his call is over.
    Ended {
        by: EndedByWhom,
    },
    /// An agent has had it for so long, or has wrapped it up: one more part of what it took.
    Handled {
        ms: i64,
    },
    /// The agent looks at it for the first time.
    Opened,
    /// It waits: for a queue, or for one agent alone.
    Waiting {
        queue: Option<QueueId>,
        agent: Option<UserId>,
    },
}

/// One decision about one Interaction.
#[derive(Clone, PartialEq, Debug)]
pub struct InteractionStep {
    pub interaction: InteractionId,
    pub change: InteractionChange,
    pub event: Option<NewInteractionEvent>,
}

const ABANDONED: &str = "UPDATE interactions SET state = 'closed', closed_at_ms = $3, agent_id = NULL, \
    ended_at_ms = COALESCE(ended_at_ms, $3), ended_by = COALESCE(ended_by, $4), customer_state = 'ended', \
    waited_ms = waited_ms + $3 - COALESCE(waiting_since_ms, $3), waiting_since_ms = NULL \
    WHERE organization_id = $1 AND id = $2 AND state <> 'closed'";
const ANSWERED: &str = "UPDATE interactions SET answered_at_ms = COALESCE(answered_at_ms, $3), customer_state = 'answered' \
    WHERE organization_id = $1 AND id = $2 AND state <> 'closed'";
const ASSIGNED: &str = "UPDATE interactions SET state = 'open', assigned_at_ms = $3, agent_id = $4, \
    waited_ms = waited_ms + $3 - COALESCE(waiting_since_ms, $3), waiting_since_ms = NULL \
    WHERE organization_id = $1 AND id = $2 AND state <> 'closed'";
// Who it only waited for has not had it.
const CLOSED: &str = "UPDATE interactions SET state = 'closed', closed_at_ms = $3, left_at_ms = NULL, \
    agent_id = CASE WHEN state = 'waiting' THEN NULL ELSE agent_id END, \
    ended_at_ms = COALESCE(ended_at_ms, $3), ended_by = COALESCE(ended_by, $4), disposition_id = COALESCE($5, disposition_id), \
    waited_ms = waited_ms + $3 - COALESCE(waiting_since_ms, $3), waiting_since_ms = NULL \
    WHERE organization_id = $1 AND id = $2 AND state <> 'closed'";
const ENDED: &str = "UPDATE interactions SET customer_state = 'ended', ended_at_ms = COALESCE(ended_at_ms, $3), \
    ended_by = COALESCE(ended_by, $4), left_at_ms = NULL WHERE organization_id = $1 AND id = $2 AND state <> 'closed'";
// A wrap-up ends after it is closed.
const HANDLED: &str =
    "UPDATE interactions SET handled_ms = handled_ms + $3 WHERE organization_id = $1 AND id = $2";
const OPENED: &str = "UPDATE interactions SET opened_at_ms = COALESCE(opened_at_ms, $3), \
    customer_state = CASE WHEN customer_state <> 'new' THEN customer_state \
    WHEN last_direction = 'out' THEN 'answered' ELSE 'waiting' END \
    WHERE organization_id = $1 AND id = $2 AND state <> 'closed'";
const WAITING: &str = "UPDATE interactions SET state = 'waiting', queue_id = $4, agent_id = $5, opened_at_ms = NULL, \
    waiting_since_ms = COALESCE(waiting_since_ms, $3), \
    customer_state = CASE WHEN customer_state = 'ended' THEN 'ended' ELSE 'new' END \
    WHERE organization_id = $1 AND id = $2 AND state <> 'closed'";

impl Store {
    /// Writes all or nothing, in order.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn record_steps(
        &self,
        organization: OrganizationId,
        at_ms: i64,
        steps: &[InteractionStep],
        standings: &[StandingChange],
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for step in steps {
            let place = (organization, step.interaction);
            write(&mut tx, place, at_ms, step.change).await?;
            if let Some(event) = &step.event {
                interaction_event::insert(&mut tx, place, at_ms, event).await?;
            }
        }
        for change in standings {
            standing::write(&mut tx, change).await?;
        }
        tx.commit().await
    }
}

async fn write(
    tx: &mut Tx,
    (organization, interaction): (OrganizationId, InteractionId),
    at_ms: i64,
    change: InteractionChange,
) -> Result<(), StoreError> {
    let place = (organization, interaction);
    // The third value is the time, the fourth what the change brings along.
    let (statement, more) = match change {
        InteractionChange::Unchanged => return Ok(()),
        InteractionChange::Abandoned { by } => return end(tx, ABANDONED, place, (at_ms, by)).await,
        InteractionChange::Answered => (ANSWERED, None),
        InteractionChange::Assigned { agent } => (ASSIGNED, Some(agent.0)),
        InteractionChange::Closed { disposition, by } => {
            return close(tx, place, disposition, (at_ms, by)).await;
        }
        InteractionChange::Ended { by } => return end(tx, ENDED, place, (at_ms, by)).await,
        InteractionChange::Handled { ms } => return add_handled(tx, place, ms).await,
        InteractionChange::Opened => (OPENED, None),
        InteractionChange::Waiting { queue, agent } => {
            return wait(tx, place, at_ms, (queue, agent)).await;
        }
    };
    on_tx!(tx, |db| {
        let query = sqlx::query(statement).bind(organization.0).bind(interaction.0).bind(at_ms);
        let query = match more {
            Some(value) => query.bind(value),
            None => query,
        };
        query.execute(db).await.map(drop)
    })?;
    Ok(())
}

async fn add_handled(
    tx: &mut Tx,
    (organization, interaction): (OrganizationId, InteractionId),
    ms: i64,
) -> Result<(), StoreError> {
    Ok(on_tx!(tx, |db| sqlx::query(HANDLED)
        .bind(organization.0)
        .bind(interaction.0)
        .bind(ms.max(0))
        .execute(db)
        .await
        .map(drop))?)
}

async fn close(
    tx: &mut Tx,
    (organization, interaction): (OrganizationId, InteractionId),
    disposition: Option<DispositionId>,
    (at_ms, by): (i64, EndedByWhom),
) -> Result<(), StoreError> {
    on_tx!(&mut *tx, |db| sqlx::query(CLOSED)
        .bind(organization.0)
        .bind(interaction.0)
        .bind(at_ms)
        .bind(by.as_str())
        .bind(disposition.map(|id| id.0))
        .execute(db)
        .await
        .map(drop))?;
    tx.queue_ended(organization, interaction, at_ms).await
}

async fn end(
    tx: &mut Tx,
    statement: &'static str,
    (organization, interaction): (OrganizationId, InteractionId),
    (at_ms, by): (i64, EndedByWhom),
) -> Result<(), StoreError> {
    Ok(on_tx!(tx, |db| sqlx::query(statement)
        .bind(organization.0)
        .bind(interaction.0)
        .bind(at_ms)
        .bind(by.as_str())
        .execute(db)
        .await
        .map(drop))?)
}

async fn wait(
    tx: &mut Tx,
    (organization, interaction): (OrganizationId, InteractionId),
    at_ms: i64,
    (queue, agent): (Option<QueueId>, Option<UserId>),
) -> Result<(), StoreError> {
    Ok(on_tx!(tx, |db| sqlx::query(WAITING)
        .bind(organization.0)
        .bind(interaction.0)
        .bind(at_ms)
        .bind(queue.map(|id| id.0))
        .bind(agent.map(|id| id.0))
        .execute(db)
        .await
        .map(drop))?)
}
