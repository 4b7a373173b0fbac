//! What a queue has done today, where the organization is.

use jiff::{Timestamp, ToSpan as _};

use super::time_zone;
use crate::model::{OrganizationId, QueueId};
use crate::store::{Store, StoreError};

/// A calendar day, from its first millisecond to that of the next one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LocalDay {
    pub starts_at_ms: i64,
    pub ends_at_ms: i64,
}

/// What became of the Interactions of one queue.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct QueueTally {
    /// An agent had them and closed them.
    pub handled: u32,
    /// Nobody had them when the customer left.
    pub abandoned: u32,
    /// What they took, all that were handled together: each agent's part from when he got it to when he laid it down or
    /// closed it, and the wrap-ups that are over.
    pub handled_ms: i64,
}

row! {
    struct Row {
        queue_id: i64,
        handled: i64,
        abandoned: i64,
        handled_ms: i64,
    }
}

impl Store {
    /// The day that `now_ms` is in.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn local_day(&self, organization: OrganizationId, now_ms: i64) -> Result<LocalDay, StoreError> {
        const ZONE: &str = "SELECT time_zone FROM organizations WHERE id = $1";
        let zone: Option<String> =
            on_pool!(self, |pool| sqlx::query_scalar(ZONE).bind(organization.0).fetch_optional(pool).await)?;
        Ok(day(zone.as_deref().unwrap_or("UTC"), now_ms))
    }

    /// What has been closed since, queue by queue.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn tallies(
        &self,
        organization: OrganizationId,
        since_ms: i64,
    ) -> Result<Vec<(QueueId, QueueTally)>, StoreError> {
        // What a rule has closed at its arrival was answered by it: nobody has given up.
        const TALLIES: &str = "SELECT queue_id, \
            CAST(SUM(CASE WHEN agent_id IS NULL THEN 0 ELSE 1 END) AS BIGINT) AS handled, \
            CAST(SUM(CASE WHEN agent_id IS NOT NULL THEN 0 \
                WHEN ended_by = 'system' AND customer_state <> 'ended' THEN 0 ELSE 1 END) AS BIGINT) AS abandoned, \
            CAST(SUM(CASE WHEN agent_id IS NULL THEN 0 ELSE handled_ms END) AS BIGINT) AS handled_ms \
            FROM interactions WHERE organization_id = $1 AND closed_at_ms >= $2 AND queue_id IS NOT NULL GROUP BY queue_id";
        let rows: Vec<Row> = on_pool!(self, |pool| sqlx::query_as(TALLIES)
            .bind(organization.0)
            .bind(since_ms)
            .fetch_all(pool)
            .await)?;
        let count = |value: i64| u32::try_from(value).unwrap_or(u32::MAX);
        let tally = |row: Row| {
            let tally = QueueTally {
                handled: count(row.handled),
                abandoned: count(row.abandoned),
                handled_ms: row.handled_ms.max(0),
            };
            (QueueId(row.queue_id), tally)
        };
        Ok(rows.into_iter().map(tally).collect())
    }
}

fn day(zone: &str, now_ms: i64) -> LocalDay {
    let now = Timestamp::from_millisecond(now_ms).unwrap_or_default().to_zoned(time_zone(zone));
    let first = now.start_of_day().unwrap_or_else(|_| now.clone());
    let next = first.checked_add(1.day()).and_then(|day| day.start_of_day());
    // At the end of all calendars a day is 24 hours.
    let ends_at_ms = next.map_or(now_ms + 86_400_000, |next| next.timestamp().as_millisecond());
    LocalDay { starts_at_ms: first.timestamp().as_millisecond(), ends_at_ms }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_where_the_organization_is() {
        // 2026-11-21 01:30 UTC is still the evening of the 20th in São Paulo.
        let at = "2026-11-21T01:30:00Z".parse::<Timestamp>().unwrap().as_millisecond();
        let day = day("America/Sao_Paulo", at);
        assert_eq!(day.starts_at_ms, "2026-11-20T03:00:00Z".parse::<Timestamp>().unwrap().as_millisecond());
        assert_eq!(day.ends_at_ms - day.starts_at_ms, 86_400_000);
    }
}
