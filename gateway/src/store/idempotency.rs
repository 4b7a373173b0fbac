//! Answers that are given again to a request that comes again.

use crate::model::{OrganizationId, UserId};
use crate::store::{Store, StoreError};

/// A request by its user and his key.
#[derive(Clone, Debug)]
pub struct RepeatKey {
    pub organization: OrganizationId,
    pub user: UserId,
    /// As the client drew it.
    pub key: String,
    /// Of method, path and body.
    pub request_hash: String,
}

/// What is known of a request that has a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Repeat {
    /// Seen for the first time: do it, then tell how it ended.
    First,
    /// At work right now.
    AtWork,
    /// The key belongs to another request.
    Another,
    /// Done: its status, and its answer as it was given to be kept.
    Done { status: u16, response: String },
}

row! {
    struct Row {
        request_hash: String,
        status: i64,
        response: String,
    }
}

/// Who died at work holds the key so long, in milliseconds.
const AT_WORK_MS: i64 = 60_000;

const CLAIM: &str = "INSERT INTO idempotency \
    (organization_id, user_id, key, request_hash, status, response, created_at_ms) \
    VALUES ($1, $2, $3, $4, 0, '', $5) ON CONFLICT (user_id, key) DO UPDATE SET created_at_ms = excluded.created_at_ms \
    WHERE idempotency.status = 0 AND idempotency.request_hash = excluded.request_hash \
    AND idempotency.created_at_ms < $6";
const FIND: &str = "SELECT request_hash, status, response FROM idempotency WHERE organization_id = $1 AND user_id = $2 AND key = $3";
const FINISH: &str = "UPDATE idempotency SET status = $4, response = $5 \
    WHERE organization_id = $1 AND user_id = $2 AND key = $3";
const FORGET: &str = "DELETE FROM idempotency WHERE organization_id = $1 AND user_id = $2 AND key = $3";
const EXPIRE: &str = "DELETE FROM idempotency WHERE created_at_ms < $1";

impl Store {
    /// Claims a key, or tells what became of it.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn claim_repeat(&self, key: &RepeatKey, now_ms: i64) -> Result<Repeat, StoreError> {
        let claimed = on_writer!(self, |pool| sqlx::query(CLAIM)
            .bind(key.organization.0)
            .bind(key.user.0)
            .bind(&key.key)
            .bind(&key.request_hash)
            .bind(now_ms)
            .bind(now_ms - AT_WORK_MS)
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?;
        if claimed > 0 {
            return Ok(Repeat::First);
        }
        let row: Option<Row> = on_pool!(self, |pool| sqlx::query_as(FIND)
            .bind(key.organization.0)
            .bind(key.user.0)
            .bind(&key.key)
            .fetch_optional(pool)
            .await)?;
        Ok(match row {
            Some(row) if row.request_hash != key.request_hash => Repeat::Another,
            Some(Row { status: 0, .. }) | None => Repeat::AtWork,
            Some(row) => Repeat::Done {
                status: super::column::number("idempotency", row.status)?,
                response: row.response,
            },
        })
    }

    /// Keeps the answer.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn finish_repeat(
        &self,
        key: &RepeatKey,
        status: u16,
        response: &str,
    ) -> Result<(), StoreError> {
        Ok(on_writer!(self, |pool| sqlx::query(FINISH)
            .bind(key.organization.0)
            .bind(key.user.0)
            .bind(&key.key)
            .bind(i64::from(status))
            .bind(response)
            .execute(pool)
            .await
            .map(drop))?)
    }

    /// Gives a key back: the request came to nothing and may be tried again.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn forget_repeat(&self, key: &RepeatKey) -> Result<(), StoreError> {
        Ok(on_writer!(self, |pool| sqlx::query(FORGET)
            .bind(key.organization.0)
            .bind(key.user.0)
            .bind(&key.key)
            .execute(pool)
            .await
            .map(drop))?)
    }

    /// Forgets what is older; how many there were.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn remove_old_repeats(&self, before_ms: i64) -> Result<u64, StoreError> {
        Ok(on_writer!(self, |pool| sqlx::query(EXPIRE)
            .bind(before_ms)
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::TestStore;
    use crate::store::user::tests::{inserted, person, two_organizations};

    #[tokio::test]
    async fn a_key_is_claimed_once_answered_again_and_given_back() {
        let test = TestStore::new().await;
        let store = &test.store;
        let (acme, _) = two_organizations(store).await;
        let ana = inserted(store, person(acme, "ana")).await;
        let key = |request: &str| RepeatKey {
            organization: acme,
            user: ana.id,
            key: "k".to_owned(),
            request_hash: request.to_owned(),
        };
        let same = key("r");
        let both = tokio::join!(store.claim_repeat(&same, 0), store.claim_repeat(&same, 0));
        let mut both = [both.0.unwrap(), both.1.unwrap()];
        both.sort_by_key(|repeat| *repeat != Repeat::First);
        assert_eq!(both, [Repeat::First, Repeat::AtWork]);
        assert_eq!(store.claim_repeat(&key("another"), 0).await.unwrap(), Repeat::Another);
        // Whoever began it has died.
        assert_eq!(store.claim_repeat(&key("r"), AT_WORK_MS + 1).await.unwrap(), Repeat::First);
        store.finish_repeat(&key("r"), 201, "sealed").await.unwrap();
        let done = Repeat::Done { status: 201, response: "sealed".to_owned() };
        assert_eq!(store.claim_repeat(&key("r"), i64::MAX / 2).await.unwrap(), done);
        store.forget_repeat(&key("r")).await.unwrap();
        assert_eq!(store.claim_repeat(&key("r"), 0).await.unwrap(), Repeat::First);
        assert_eq!(store.remove_old_repeats(1).await.unwrap(), 1);
        test.remove().await;
    }
}
