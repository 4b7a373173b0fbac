//! Queues with their members and lists.
use std::collections::HashMap;

use crate::model::{
    Agent, AuditEntry, Capacity, Disposition, DispositionId, ExtensionId, InboxId, OrganizationId,
    PauseReason, PauseReasonId, Queue, QueueId, Staffing, UserId,
};
use crate::store::column::{number, parsed};
use crate::store::database::Tx;
use crate::store::{Store, StoreError, audit, directory, without_nul};

const INSERT: &str = "INSERT INTO queues (organization_id, name, title, medium, direction, offer_timeout_s, wrap_up_s, \
    priority, music, enabled) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id";
const UPDATE: &str = "UPDATE queues SET name = $2, title = $3, medium = $4, direction = $5, offer_timeout_s = $6, \
    wrap_up_s = $7, priority = $8, music = $9, enabled = $10 WHERE organization_id = $1 AND id = $11";
const DELETE: &str = "DELETE FROM queues WHERE organization_id = $1 AND id = $2";
const DELETE_MEMBERS: &str = "DELETE FROM queue_members WHERE organization_id = $1 AND queue_id = $2";
const DELETE_QUEUES_OF_USER: &str = "DELETE FROM queue_members WHERE organization_id = $1 AND user_id = $2";
const DELETE_REASONS: &str = "DELETE FROM queue_pause_reasons WHERE organization_id = $1 AND queue_id = $2";
const DELETE_DISPOSITIONS: &str =
    "DELETE FROM queue_dispositions WHERE organization_id = $1 AND queue_id = $2";
const INSERT_MEMBER: &str =
    "INSERT INTO queue_members (organization_id, queue_id, user_id) VALUES ($1, $2, $3)";
const INSERT_REASON: &str =
    "INSERT INTO queue_pause_reasons (organization_id, queue_id, pause_reason_id) VALUES ($1, $2, $3)";
const INSERT_DISPOSITION: &str =
    "INSERT INTO queue_dispositions (organization_id, queue_id, disposition_id) VALUES ($1, $2, $3)";

row! {
    struct Row {
        id: i64,
        organization_id: i64,
        name: String,
        title: String,
        medium: String,
        direction: String,
        offer_timeout_s: i64,
        wrap_up_s: i64,
        priority: i64,
        music: Option<String>,
        enabled: bool,
    }
}

impl TryFrom<Row> for Queue {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: QueueId(row.id),
            organization: OrganizationId(row.organization_id),
            name: row.name,
            title: row.title,
            medium: parsed("queues", &row.medium)?,
            direction: parsed("queues", &row.direction)?,
            offer_timeout_s: number("queues", row.offer_timeout_s)?,
            wrap_up_s: number("queues", row.wrap_up_s)?,
            priority: number("queues", row.priority)?,
            music: row.music,
            enabled: row.enabled,
            members: Vec::new(),
            pause_reasons: Vec::new(),
            dispositions: Vec::new(),
        })
    }
}

row! {
    struct AgentRow {
        id: i64,
        organization_id: i64,
        name: String,
        role: String,
        extension_id: Option<i64>,
        webrtc: bool,
        omnichannel: bool,
        capacity_chats: i64,
        capacity_calls: i64,
        photo_type: Option<String>,
        enabled: bool,
    }
}

impl TryFrom<AgentRow> for Agent {
    type Error = StoreError;

    fn try_from(row: AgentRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: UserId(row.id),
            organization: OrganizationId(row.organization_id),
            role: parsed("users", &row.role)?,
            name: row.name,
            extension: row.extension_id.map(ExtensionId),
            webrtc: row.webrtc,
            omnichannel: row.omnichannel,
            capacity: Capacity {
                chats: number("users", row.capacity_chats)?,
                calls: number("users", row.capacity_calls)?,
            },
            has_photo: row.photo_type.is_some(),
            enabled: row.enabled,
        })
    }
}

macro_rules! bind_queue {
    ($query:expr, $row:expr) => {{
        let row = $row;
        $query
            .bind(row.organization.0)
            .bind(without_nul(&row.name))
            .bind(without_nul(&row.title))
            .bind(row.medium.as_str())
            .bind(row.direction.as_str())
            .bind(i64::from(row.offer_timeout_s))
            .bind(i64::from(row.wrap_up_s))
            .bind(i64::from(row.priority))
            .bind(row.music.as_deref().map(without_nul))
            .bind(row.enabled)
    }};
}

impl Store {
    /// Makes a queue; its number is given here.
    ///
    /// # Errors
    /// The name is taken, a member or a list entry is not of this organization ([`StoreError::Taken`], [`StoreError::is_dangling`]),
    /// or the database is away.
    pub async fn insert_queue(&self, queue: &Queue, entry: AuditEntry) -> Result<QueueId, StoreError> {
        let mut tx = self.begin().await?;
        let id: i64 =
            on_tx!(&mut tx, |db| bind_queue!(sqlx::query_scalar(INSERT), queue).fetch_one(db).await)?;
        write_lists(&mut tx, &Queue { id: QueueId(id), ..queue.clone() }).await?;
        audit::insert(&mut tx, &AuditEntry { noun_id: id.to_string(), ..entry }).await?;
        directory::raise_revision(&mut tx).await?;
        tx.commit().await?;
        Ok(QueueId(id))
    }

    /// Changes a queue; `false`: there is none.
    ///
    /// # Errors
    /// As [`Store::insert_queue`].
    pub async fn update_queue(&self, queue: &Queue, entry: &AuditEntry) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let found = on_tx!(&mut tx, |db| bind_queue!(sqlx::query(UPDATE), queue)
            .bind(queue.id.0)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        if found == 0 {
            return Ok(false);
        }
        write_lists(&mut tx, queue).await?;
        audit::insert(&mut tx, entry).await?;
        directory::raise_revision(&mut tx).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Deletes a queue; what went through it stays. `false`: there is none.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn delete_queue(
        &self,
        organization: OrganizationId,
        id: QueueId,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        if execute(&mut tx, DELETE, organization, id.0).await? == 0 {
            return Ok(false);
        }
        audit::insert(&mut tx, entry).await?;
        directory::raise_revision(&mut tx).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Which inboxes' messages wait in which queue, by title.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn inboxes_of_queues(
        &self,
        organization: OrganizationId,
    ) -> Result<Vec<(QueueId, InboxId, String)>, StoreError> {
        const INBOXES: &str = "SELECT queue_id, id, title FROM inboxes WHERE organization_id = $1 \
            AND queue_id IS NOT NULL ORDER BY title, id";
        let rows: Vec<(i64, i64, String)> =
            on_pool!(self, |pool| sqlx::query_as(INBOXES).bind(organization.0).fetch_all(pool).await)?;
        Ok(rows.into_iter().map(|(queue, id, title)| (QueueId(queue), InboxId(id), title)).collect())
    }

    /// Makes a user member of these queues and of no others.
    ///
    /// # Errors
    /// A queue is not of this organization, or the database is away.
    pub async fn set_queues_of_user(
        &self,
        organization: OrganizationId,
        user: UserId,
        queues: &[QueueId],
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        execute(&mut tx, DELETE_QUEUES_OF_USER, organization, user.0).await?;
        for queue in queues {
            link(&mut tx, INSERT_MEMBER, (organization, *queue), user.0).await?;
        }
        directory::raise_revision(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }
}

async fn write_lists(tx: &mut Tx, queue: &Queue) -> Result<(), StoreError> {
    for statement in [DELETE_MEMBERS, DELETE_REASONS, DELETE_DISPOSITIONS] {
        execute(tx, statement, queue.organization, queue.id.0).await?;
    }
    let place = (queue.organization, queue.id);
    for user in &queue.members {
        link(tx, INSERT_MEMBER, place, user.0).await?;
    }
    for reason in &queue.pause_reasons {
        link(tx, INSERT_REASON, place, reason.0).await?;
    }
    for disposition in &queue.dispositions {
        link(tx, INSERT_DISPOSITION, place, disposition.0).await?;
    }
    Ok(())
}

async fn execute(
    tx: &mut Tx,
    statement: &'static str,
    organization: OrganizationId,
    id: i64,
) -> Result<u64, StoreError> {
    Ok(on_tx!(tx, |db| sqlx::query(statement)
        .bind(organization.0)
        .bind(id)
        .execute(db)
        .await
        .map(|done| done.rows_affected()))?)
}

async fn link(
    tx: &mut Tx,
    statement: &'static str,
    (organization, queue): (OrganizationId, QueueId),
    other: i64,
) -> Result<(), StoreError> {
    Ok(on_tx!(tx, |db| sqlx::query(statement)
        .bind(organization.0)
        .bind(queue.0)
        .bind(other)
        .execute(db)
        .await
        .map(drop))?)
}

/// Queues, their lists and who works in them, of all organizations.
pub(in crate::store) async fn load(tx: &mut Tx) -> Result<Staffing, StoreError> {
    const QUEUES: &str = "SELECT * FROM queues ORDER BY organization_id, title, id";
    const REASONS: &str =
        "SELECT id, organization_id, title FROM pause_reasons ORDER BY organization_id, title, id";
    const DISPOSITIONS: &str =
        "SELECT id, organization_id, title, enabled FROM dispositions ORDER BY organization_id, title, id";
    const AGENTS: &str = "SELECT id, organization_id, name, role, extension_id, webrtc, omnichannel, capacity_chats, \
        capacity_calls, photo_type, enabled FROM users ORDER BY organization_id, name, id";
    let rows: Vec<Row> = on_tx!(tx, |db| sqlx::query_as(QUEUES).fetch_all(db).await)?;
    let mut queues: Vec<Queue> = rows.into_iter().map(Queue::try_from).collect::<Result<_, _>>()?;
    let mut members =
        pairs(tx, "SELECT queue_id, user_id FROM queue_members ORDER BY queue_id, user_id").await?;
    let mut reasons = pairs(
        tx,
        "SELECT queue_id, pause_reason_id FROM queue_pause_reasons ORDER BY queue_id, pause_reason_id",
    )
    .await?;
    let mut endings = pairs(
        tx,
        "SELECT queue_id, disposition_id FROM queue_dispositions ORDER BY queue_id, disposition_id",
    )
    .await?;
    for queue in &mut queues {
        queue.members = members.remove(&queue.id.0).unwrap_or_default().into_iter().map(UserId).collect();
        queue.pause_reasons =
            reasons.remove(&queue.id.0).unwrap_or_default().into_iter().map(PauseReasonId).collect();
        queue.dispositions =
            endings.remove(&queue.id.0).unwrap_or_default().into_iter().map(DispositionId).collect();
    }
    let agents: Vec<AgentRow> = on_tx!(tx, |db| sqlx::query_as(AGENTS).fetch_all(db).await)?;
    let pause_reasons: Vec<(i64, i64, String)> =
        on_tx!(tx, |db| sqlx::query_as(REASONS).fetch_all(db).await)?;
    let dispositions: Vec<(i64, i64, String, bool)> =
        on_tx!(tx, |db| sqlx::query_as(DISPOSITIONS).fetch_all(db).await)?;
    Ok(Staffing {
        agents: agents.into_iter().map(Agent::try_from).collect::<Result<_, _>>()?,
        queues,
        pause_reasons: pause_reasons.into_iter().map(pause_reason).collect(),
        dispositions: dispositions.into_iter().map(disposition).collect(),
    })
}

/// Numbers of one list by the queue they belong to.
async fn pairs(tx: &mut Tx, statement: &'static str) -> Result<HashMap<i64, Vec<i64>>, StoreError> {
    let rows: Vec<(i64, i64)> = on_tx!(tx, |db| sqlx::query_as(statement).fetch_all(db).await)?;
    let mut lists: HashMap<i64, Vec<i64>> = HashMap::new();
    for (queue, other) in rows {
        lists.entry(queue).or_default().push(other);
    }
    Ok(lists)
}

fn pause_reason((id, organization, title): (i64, i64, String)) -> PauseReason {
    PauseReason { id: PauseReasonId(id), organization: OrganizationId(organization), title }
}

fn disposition((id, organization, title, enabled): (i64, i64, String, bool)) -> Disposition {
    Disposition { id: DispositionId(id), organization: OrganizationId(organization), title, enabled }
}
