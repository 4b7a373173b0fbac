//! Where rules send an Interaction that has just arrived.

use crate::model::{InboxId, InteractionId, OrganizationId, QueueId};
use crate::store::{Store, StoreError, without_nul};

/// Tags that rules may give one Interaction.
const MAX_TAGS: usize = 20;
/// Characters of a tag.
const TAG_LIMIT: usize = 64;

const DIRECT: &str = "UPDATE interactions SET queue_id = COALESCE($3, queue_id), priority = COALESCE($4, priority) \
    WHERE organization_id = $1 AND id = $2 AND state = 'waiting'";
const TAG: &str = "INSERT INTO interaction_tags (organization_id, interaction_id, tag) VALUES ($1, $2, $3) \
    ON CONFLICT DO NOTHING";

/// What rules decided; what is not said stays as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Directing {
    pub queue: Option<QueueId>,
    /// 0 is usual; more goes first.
    pub priority: Option<u8>,
    pub tags: Vec<String>,
}

impl Store {
    /// Directs an Interaction that waits and that the floor does not know yet.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn direct_interaction(
        &self,
        organization: OrganizationId,
        id: InteractionId,
        directing: &Directing,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        on_tx!(&mut tx, |db| sqlx::query(DIRECT)
            .bind(organization.0)
            .bind(id.0)
            .bind(directing.queue.map(|queue| queue.0))
            .bind(directing.priority.map(i64::from))
            .execute(db)
            .await
            .map(drop))?;
        for tag in directing.tags.iter().take(MAX_TAGS) {
            let tag: String = without_nul(tag).replace(',', " ").trim().chars().take(TAG_LIMIT).collect();
            if tag.is_empty() {
                continue;
            }
            on_tx!(&mut tx, |db| sqlx::query(TAG)
                .bind(organization.0)
                .bind(id.0)
                .bind(&tag)
                .execute(db)
                .await
                .map(drop))?;
        }
        tx.commit().await
    }

    /// Threads of an inbox with a conversation that is open and whose customer has not left: those whose pages were open when a
    /// node stopped.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn open_threads(
        &self,
        organization: OrganizationId,
        inbox: InboxId,
    ) -> Result<Vec<String>, StoreError> {
        const SELECT: &str = "SELECT c.thread FROM conversations c JOIN interactions i ON i.id = c.interaction_id \
            WHERE c.organization_id = $1 AND c.inbox_id = $2 AND i.state <> 'closed' AND i.customer_state <> 'ended' \
            AND i.left_at_ms IS NULL ORDER BY c.id";
        Ok(on_pool!(self, |pool| sqlx::query_scalar(SELECT)
            .bind(organization.0)
            .bind(inbox.0)
            .fetch_all(pool)
            .await)?)
    }
}
