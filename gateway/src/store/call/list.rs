//! Call records as people look for them.

use super::Row;
use crate::model::{CallId, CallOutcome, CallRecord, Direction, OrganizationId, UserId};
use crate::store::database::Database;
use crate::store::{Store, StoreError, pattern};

/// What is looked for. Nothing given: everything of the organization.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct CallFilter {
    /// A part of the number that called, was dialled, was reached, took the call from a queue, or got it by a transfer. Where it
    /// only rang for a transfer or a queue, it had no part.
    pub number: Option<String>,
    /// Had a part in it: took it last, or before, or at the extension below.
    pub agent: Option<UserId>,
    /// Number of the agent's extension: what it called, and what it answered, is his.
    pub extension: Option<String>,
    /// Name of the queue in which it waited last.
    pub queue: Option<String>,
    pub direction: Option<Direction>,
    pub outcome: Option<CallOutcome>,
    /// Begun at or after this.
    pub from_ms: Option<i64>,
    /// Begun before this.
    pub to_ms: Option<i64>,
    /// Only those before this one.
    pub before: Option<CallId>,
}

macro_rules! list {
    ($calls:literal $(, $outcome:expr)?) => {
        concat!(
            "SELECT * FROM ", $calls, " WHERE organization_id = $1 AND id >= $2 AND id < $3 \
            AND (CAST($4 AS TEXT) IS NULL OR direction = $4) \
            AND (CAST($5 AS TEXT) IS NULL OR LOWER(caller) LIKE $5 ESCAPE '!' OR LOWER(callee) LIKE $5 ESCAPE '!' \
             OR LOWER(destination) LIKE $5 ESCAPE '!' OR LOWER(transferred_to) LIKE $5 ESCAPE '!' \
             OR EXISTS (SELECT 1 FROM legs WHERE legs.call_id = calls.id AND legs.party_kind = 'extension' \
              AND legs.codec IS NOT NULL AND legs.received_packets IS NOT NULL AND LOWER(legs.party) LIKE $5 ESCAPE '!')) \
            AND (CAST($6 AS BIGINT) IS NULL OR agent_id = $6 OR (direction <> 'inbound' AND caller = CAST($9 AS TEXT)) \
             OR (answered_at_ms IS NOT NULL AND destination = 'extension:' || CAST($9 AS TEXT)) \
             OR calls.id IN (SELECT interactions.call_id FROM interaction_events JOIN interactions \
              ON interactions.organization_id = interaction_events.organization_id \
              AND interactions.id = interaction_events.interaction_id \
              WHERE interaction_events.organization_id = $1 AND interaction_events.user_id = $6 \
              AND interaction_events.kind = 'assigned' AND interactions.call_id IS NOT NULL)) \
            AND (CAST($7 AS TEXT) IS NULL OR queue = $7) ",
            $("AND ", $outcome, " = $10 ",)?
            "ORDER BY id DESC LIMIT $8"
        )
    };
}

/// Ids sort by time: a span of time is a span of the index `calls_organization`.
const LIST: &str = list!("calls");

/// In the words of the index `calls_outcome`, or it would not be used.
macro_rules! outcome {
    () => {
        "CASE WHEN ended_at_ms IS NULL THEN 'going_on' \
         WHEN queue IS NOT NULL AND agent_id IS NULL AND answered_at_ms IS NOT NULL AND ended_by IN ('caller', 'callee') THEN 'gave_up' \
         WHEN answered_at_ms IS NOT NULL AND (queue IS NULL OR agent_id IS NOT NULL) THEN 'answered' \
         WHEN end_reason IN ('no_answer', 'caller_cancelled') THEN 'not_answered' \
         WHEN end_reason = 'busy' THEN 'busy' \
         WHEN end_reason = 'declined' THEN 'declined' \
         ELSE 'failed' END"
    };
}

const OF_OUTCOME: &str = list!("calls", outcome!());

/// SQLite, which keeps no statistics here, takes the narrower index by itself, and reads all calls for the few that fit.
const OF_OUTCOME_ON_SQLITE: &str = list!("calls INDEXED BY calls_outcome", outcome!());

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
        let list = match (filter.outcome, self.database()) {
            (None, _) => LIST,
            (Some(_), Database::Postgres(_)) => OF_OUTCOME,
            (Some(_), Database::Sqlite(_)) => OF_OUTCOME_ON_SQLITE,
        };
        let rows: Vec<Row> = on_pool!(self, |pool| {
            let query = sqlx::query_as(list)
                .bind(organization)
                .bind(from)
                .bind(end)
                .bind(filter.direction.map(Direction::as_str))
                .bind(number)
                .bind(filter.agent.map(|UserId(id)| id))
                .bind(filter.queue.as_deref())
                .bind(i64::from(limit))
                .bind(filter.extension.as_deref());
            match filter.outcome {
                Some(outcome) => query.bind(outcome.as_str()),
                None => query,
            }
            .fetch_all(pool)
            .await
        })?;
        self.complete(rows).await
    }
}

#[cfg(test)]
mod tests {
    use sqlx::AssertSqlSafe;

    use super::*;
    use crate::model::EndedBy;
    use crate::store::testing::{TestStore, call};
    use crate::store::{Envelope, Fact};

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

    fn record(number: u16, change: impl FnOnce(&mut CallRecord)) -> Envelope {
        let mut record = call(number, 1_000);
        record.organization = Some(OrganizationId(1));
        change(&mut record);
        Envelope { id: number.to_string(), fact: Fact::CallEnded(Box::new(record)) }
    }

    #[tokio::test]
    async fn calls_are_found_by_how_they_ended() {
        let test = TestStore::new().await;
        let over = |record: &mut CallRecord, reason: &str, by: EndedBy| {
            (record.ended_at_ms, record.end_reason, record.ended_by) =
                (Some(9_000), reason.to_owned(), Some(by));
        };
        let in_queue = |record: &mut CallRecord| {
            (record.answered_at_ms, record.queue) = (Some(2_000), Some("sales".to_owned()));
        };
        test.store
            .deliver(&[
                record(1, |one| {
                    one.answered_at_ms = Some(2_000);
                    over(one, "normal_clearing", EndedBy::Callee);
                }),
                record(2, |one| over(one, "no_answer", EndedBy::System)),
                record(3, |one| over(one, "caller_cancelled", EndedBy::Caller)),
                record(4, |one| over(one, "busy", EndedBy::Callee)),
                record(5, |one| over(one, "declined", EndedBy::Callee)),
                record(6, |one| {
                    in_queue(one);
                    over(one, "normal_clearing", EndedBy::Caller);
                }),
                record(7, |one| {
                    in_queue(one);
                    one.agent = Some(UserId(3));
                    over(one, "normal_clearing", EndedBy::Caller);
                }),
                // Nobody gave up: the node went down.
                record(8, |one| {
                    in_queue(one);
                    over(one, "node_stopped", EndedBy::System);
                }),
                record(9, |one| over(one, "number_unknown", EndedBy::System)),
                record(10, |_| {}),
            ])
            .await
            .unwrap();
        for (outcome, wanted) in [
            (CallOutcome::Answered, &[7, 1][..]),
            (CallOutcome::NotAnswered, &[3, 2]),
            (CallOutcome::Busy, &[4]),
            (CallOutcome::Declined, &[5]),
            (CallOutcome::GaveUp, &[6]),
            (CallOutcome::Failed, &[9, 8]),
            (CallOutcome::GoingOn, &[10]),
        ] {
            let filter = CallFilter { outcome: Some(outcome), ..CallFilter::default() };
            let found = test.store.list_calls(OrganizationId(1), &filter, 20).await.unwrap();
            let wanted: Vec<CallId> = wanted.iter().map(|number| call(*number, 1_000).id).collect();
            assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), wanted, "{outcome}");
        }
        test.remove().await;
    }

    #[tokio::test]
    async fn what_is_rare_is_found_by_its_index() {
        let test = TestStore::new().await;
        if let Database::Sqlite(pools) = test.store.database() {
            let query = format!("EXPLAIN QUERY PLAN {OF_OUTCOME_ON_SQLITE}");
            let steps: Vec<(i64, i64, i64, String)> =
                sqlx::query_as(AssertSqlSafe(query)).fetch_all(&pools.readers).await.unwrap();
            let search =
                "SEARCH calls USING INDEX calls_outcome (organization_id=? AND <expr>=? AND id>? AND id<?)";
            assert!(steps.iter().any(|step| step.3 == search), "{steps:?}");
            assert!(!steps.iter().any(|step| step.3.contains("ORDER BY")), "{steps:?}");
        }
        test.remove().await;
    }
}
