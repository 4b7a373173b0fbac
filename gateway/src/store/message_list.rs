//! What was said in conversations, as agents read it.
use std::collections::HashMap;

use sqlx::QueryBuilder;

use crate::model::{
    Attachment, AttachmentId, Author, ConversationId, InboxId, InteractionId, Message, MessageId,
    OrganizationId, UserId,
};
use crate::store::column::{optional_number, parsed, parsed_json};
use crate::store::{Store, StoreError, without_nul};

row! {
    struct Row {
        id: i64,
        interaction_id: Option<i64>,
        conversation_id: i64,
        direction: String,
        user_id: Option<i64>,
        user_name: Option<String>,
        text: String,
        format: String,
        content: Option<String>,
        reactions: Option<String>,
        quoted_id: Option<i64>,
        state: String,
        reason: Option<String>,
        at_ms: i64,
        edited_at_ms: Option<i64>,
        deleted_at_ms: Option<i64>,
        client_id: Option<String>,
    }
}

row! {
    struct AttachmentRow {
        id: i64,
        message_id: i64,
        kind: String,
        media_type: Option<String>,
        file_name: Option<String>,
        size_bytes: Option<i64>,
        path: Option<String>,
    }
}

const SELECT: &str = "SELECT m.id, m.interaction_id, m.conversation_id, m.direction, m.user_id, u.name AS user_name, \
    m.text, m.format, m.content, m.reactions, q.id AS quoted_id, m.state, m.reason, m.at_ms, m.edited_at_ms, \
    m.deleted_at_ms, m.client_id FROM messages m \
    LEFT JOIN users u ON u.id = m.user_id AND u.organization_id = m.organization_id \
    LEFT JOIN messages q ON q.inbox_id = m.inbox_id AND q.provider_id = m.reply_to \
    AND q.organization_id = m.organization_id WHERE m.organization_id = ";
const AT: &str = "SELECT at_ms FROM messages WHERE id = $1 AND organization_id = $2";
const OF_THREAD: &str = "SELECT m.id, CASE WHEN m.direction = 'in' THEN m.provider_id ELSE m.our_id END AS name \
    FROM conversations c JOIN messages m ON m.interaction_id = c.interaction_id AND m.organization_id = c.organization_id \
    WHERE c.inbox_id = $1 AND c.thread = $2 AND c.organization_id = $3 AND m.direction IN ('in', 'out') \
    AND m.deleted_at_ms IS NULL ORDER BY m.at_ms DESC, m.id DESC LIMIT $4";

impl Store {
    /// One message.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn message(
        &self,
        organization: OrganizationId,
        id: MessageId,
    ) -> Result<Option<Message>, StoreError> {
        Ok(self.messages_by_id(organization, &[id]).await?.pop())
    }

    /// Messages by their numbers, in the order of time.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn messages_by_id(
        &self,
        organization: OrganizationId,
        ids: &[MessageId],
    ) -> Result<Vec<Message>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<Row> = on_pool!(self, |pool| {
            let mut query = QueryBuilder::new(SELECT);
            query.push_bind(organization.0).push(" AND m.id IN (");
            let mut list = query.separated(", ");
            for MessageId(id) in ids {
                list.push_bind(*id);
            }
            query.push(") ORDER BY m.at_ms, m.id");
            query.build_query_as().fetch_all(pool).await
        })?;
        self.complete_messages(organization, rows).await
    }

    /// The last messages of an Interaction before one of them, in the order of time.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn messages(
        &self,
        organization: OrganizationId,
        interaction: InteractionId,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<Message>, StoreError> {
        let before = match before {
            Some(id) => match self.time_of_message(organization, id).await? {
                Some(at_ms) => Some((at_ms, id.0)),
                None => return Ok(Vec::new()),
            },
            None => None,
        };
        let mut rows: Vec<Row> = on_pool!(self, |pool| {
            let mut query = QueryBuilder::new(SELECT);
            query.push_bind(organization.0).push(" AND m.interaction_id = ").push_bind(interaction.0);
            if let Some((at_ms, id)) = before {
                query.push(" AND (m.at_ms < ").push_bind(at_ms);
                query.push(" OR (m.at_ms = ").push_bind(at_ms).push(" AND m.id < ").push_bind(id).push("))");
            }
            query.push(" ORDER BY m.at_ms DESC, m.id DESC LIMIT ").push_bind(i64::from(limit));
            query.build_query_as().fetch_all(pool).await
        })?;
        rows.reverse();
        self.complete_messages(organization, rows).await
    }

    /// The last messages of the latest Interaction of a thread that its customer may see, in the order of time.
    ///
    /// # Errors
    /// If the database is away.
    pub(crate) async fn shown_messages(
        &self,
        (organization, inbox): (OrganizationId, InboxId),
        thread: &str,
        most: u32,
    ) -> Result<Vec<(String, Message)>, StoreError> {
        let rows: Vec<(i64, Option<String>)> = on_pool!(self, |pool| sqlx::query_as(OF_THREAD)
            .bind(inbox.0)
            .bind(without_nul(thread))
            .bind(organization.0)
            .bind(i64::from(most))
            .fetch_all(pool)
            .await)?;
        let ids: Vec<MessageId> = rows.iter().map(|(id, _)| MessageId(*id)).collect();
        let mut names: HashMap<i64, String> =
            rows.into_iter().filter_map(|(id, name)| Some((id, name?))).collect();
        let messages = self.messages_by_id(organization, &ids).await?;
        Ok(messages.into_iter().filter_map(|m| Some((names.remove(&m.id.0)?, m))).collect())
    }

    async fn time_of_message(
        &self,
        organization: OrganizationId,
        id: MessageId,
    ) -> Result<Option<i64>, StoreError> {
        Ok(on_pool!(self, |pool| sqlx::query_scalar(AT)
            .bind(id.0)
            .bind(organization.0)
            .fetch_optional(pool)
            .await)?)
    }

    async fn complete_messages(
        &self,
        organization: OrganizationId,
        rows: Vec<Row>,
    ) -> Result<Vec<Message>, StoreError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let found: Vec<AttachmentRow> = on_pool!(self, |pool| {
            let mut query = QueryBuilder::new(
                "SELECT id, message_id, kind, media_type, file_name, size_bytes, path FROM attachments \
                WHERE organization_id = ",
            );
            query.push_bind(organization.0).push(" AND message_id IN (");
            let mut ids = query.separated(", ");
            for row in &rows {
                ids.push_bind(row.id);
            }
            query.push(") ORDER BY id");
            query.build_query_as().fetch_all(pool).await
        })?;
        let mut files: HashMap<i64, Vec<Attachment>> = HashMap::new();
        for row in found {
            files.entry(row.message_id).or_default().push(attachment(row)?);
        }
        rows.into_iter()
            .map(|row| {
                let attachments = files.remove(&row.id).unwrap_or_default();
                message(row, attachments)
            })
            .collect()
    }
}

fn message(row: Row, attachments: Vec<Attachment>) -> Result<Message, StoreError> {
    let object = |text: Option<String>| text.map(|text| parsed_json("messages", &text)).transpose();
    Ok(Message {
        id: MessageId(row.id),
        interaction_id: row.interaction_id.map(InteractionId),
        conversation_id: ConversationId(row.conversation_id),
        direction: parsed("messages", &row.direction)?,
        author: row.user_id.map(|id| Author { id: UserId(id), name: row.user_name.unwrap_or_default() }),
        text: row.text,
        format: parsed("messages", &row.format)?,
        content: object(row.content)?,
        reactions: object(row.reactions)?,
        attachments,
        reply_to: row.quoted_id.map(MessageId),
        state: parsed("messages", &row.state)?,
        reason: row.reason,
        at_ms: row.at_ms,
        edited_at_ms: row.edited_at_ms,
        deleted_at_ms: row.deleted_at_ms,
        client_id: row.client_id,
    })
}

fn attachment(row: AttachmentRow) -> Result<Attachment, StoreError> {
    let id = AttachmentId(row.id);
    Ok(Attachment {
        id,
        kind: parsed("attachments", &row.kind)?,
        media_type: row.media_type,
        file_name: row.file_name,
        size_bytes: optional_number("attachments", row.size_bytes)?,
        url: row.path.map(|_| format!("/api/v1/attachments/{id}")),
    })
}
