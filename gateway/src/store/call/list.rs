//! Call records as people look for them.

use super::Row;
use crate::model::{CallId, CallRecord, Direction, OrganizationId, UserId};
use crate::store::{Store, StoreError, pattern};

/// What is looked for. Nothing given: everything of the organization.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct CallFilter {
    /// A part of the number that called, was dialled, was reached, took the call from a queue, or got it by a transfer.
    pub number: Option<String>,
    /// Took it last.
    pub agent: Option<UserId>,
    /// Name of the queue in which it waited last.
    pub queue: Option<String>,
    pub direction: Option<Direction>,
    /// Begun at or after this.
    pub from_ms: Option<i64>,
    /// Begun before this.
    pub to_ms: Option<i64>,
    /// Only those before this one.
    pub before: Option<CallId>,
}

/// Ids sort by time: a span of time is a span of the index `calls_organization`.
const LIST: &str = "SELECT * FROM calls WHERE organization_id = $1 AND id >= $2 AND id < $3 \
    AND (CAST($4 AS TEXT) IS NULL OR direction = $4) \
    AND (CAST($5 AS TEXT) IS NULL OR LOWER(caller) LIKE $5 ESCAPE '!' OR LOWER(callee) LIKE $5 ESCAPE '!' \
     OR LOWER(destination) LIKE $5 ESCAPE '!' OR LOWER(transferred_to) LIKE $5 ESCAPE '!' \
     OR EXISTS (SELECT 1 FROM legs WHERE legs.call_id = calls.id AND legs.party_kind = 'extension' \
      AND LOWER(legs.party) LIKE $5 ESCAPE '!')) \
    AND (CAST($6 AS BIGINT) IS NULL OR agent_id = $6) AND (CAST($7 AS TEXT) IS NULL OR queue = $7) \
    ORDER BY id DESC LIMIT $8";

impl CallFilter {
    /// The first id that is looked for, and the first behind the last.
    fn span(&self) -> (CallId, CallId) {
        let at = |ms: i64| CallId::new(ms, [0; 10]);
        let last = CallId::new(i64::MAX, [u8::MAX; 10]);
        let end = self.to_ms.map_or(last, at);
        (at(self.from_ms.unwrap_or(0)), self.before.map_or(end, |before| before.min(end)))
    }
}

impl Store {
    /// The calls of an organization that are looked for, newest first.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn list_calls(
        &self,
        OrganizationId(organization): OrganizationId,
        filter: &CallFilter,
        limit: u32,
    ) -> Result<Vec<CallRecord>, StoreError> {
        let (from, end) = filter.span();
        let (from, end) = (from.to_string(), end.to_string());
        let number = filter.number.as_deref().map(pattern);
        let rows: Vec<Row> = on_pool!(self, |pool| sqlx::query_as(LIST)
            .bind(organization)
            .bind(from)
            .bind(end)
            .bind(filter.direction.map(Direction::as_str))
            .bind(number)
            .bind(filter.agent.map(|UserId(id)| id))
            .bind(filter.queue.as_deref())
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await)?;
        self.complete(rows).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_of_time_is_a_span_of_ids() {
        let filter = CallFilter { from_ms: Some(1_000), to_ms: Some(2_000), ..CallFilter::default() };
        let (from, end) = filter.span();
        let inside = |ms, random| (from..end).contains(&CallId::new(ms, random));
        assert!(inside(1_000, [0; 10]) && inside(1_999, [255; 10]));
        assert!(!inside(999, [255; 10]) && !inside(2_000, [0; 10]));
        let before = CallId::new(1_500, [7; 10]);
        assert_eq!(CallFilter { before: Some(before), ..filter.clone() }.span().1, before);
        let late = CallId::new(9_000, [7; 10]);
        assert_eq!(CallFilter { before: Some(late), ..filter }.span().1, end, "a cursor opens nothing");
    }
}
