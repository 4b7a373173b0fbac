//! The outbox as a channel sees it: claims, and what became of them.

use super::request::Request;
use super::{Chat, early};
use crate::model::{InboxId, MessageId, MessageState, OrganizationId, OutboxId};
use crate::store::{OutboxRow, StatusOf, StoreError, Tx};

/// How long a claim holds, in milliseconds: longer than any request may take.
const LEASE_MS: i64 = 60_000;
/// Until the second try, doubled with each one, and at most, in milliseconds.
const BACK_OFF_MS: (i64, i64) = (1_000, 300_000);
/// Lost claims that are looked after at once.
const LOST_AT_ONCE: u32 = 100;
/// Why nobody knows what became of a message whose node died.
const NODE_DIED: &str = "The node stopped while it was sent.";

/// A request that is the caller's to carry out, until its lease is over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    pub id: OutboxId,
    pub organization: OrganizationId,
    pub inbox: InboxId,
    pub thread: String,
    pub message: Option<MessageId>,
    pub request: Request,
    /// How often it was tried before.
    pub attempts: u32,
    /// From then on nobody knows whether it was sent, in milliseconds since 1970.
    pub lease_until_ms: i64,
    give_up_at_ms: i64,
}

/// What the provider answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// The provider's ids; the first names the message.
    pub ids: Vec<String>,
    pub state: MessageState,
}

/// Why a request was not carried out, and so what becomes of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SendFailure {
    /// It will never work, with these words for the agent.
    Final(String),
    /// It was sent and no answer came. It is never sent again by itself.
    Unknown(String),
    /// It was not taken, and may be sent again: when the provider says, else later and later.
    Later { after_ms: Option<u32>, reason: String },
    /// The inbox stands still; this was no attempt.
    Held { until_ms: i64, reason: Option<String> },
}

impl Chat {
    /// Waits until something was put into the outbox of this node. What others put there, or what is due later, is found by
    /// asking again within a second or so.
    pub async fn outbox_wakened(&self) {
        self.shared.outbox.notified().await;
    }

    /// Claims what is due: of each thread the first, and only that. The caller sends it, and then says what became of it.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn claim(&self, most: u32, now_ms: i64) -> Result<Vec<Claim>, StoreError> {
        self.look_after_lost_claims(now_ms).await?;
        let mut claims = Vec::new();
        for id in self.store.due_requests(now_ms, most).await? {
            let lease_until_ms = now_ms + LEASE_MS;
            let Some(row) = self.store.claim_request(id, lease_until_ms, now_ms).await? else { continue };
            if row.give_up_at_ms <= now_ms {
                self.end(&row, lease_until_ms, MessageState::Failed, "It could not be sent in time.").await?;
            } else if let Ok(request) = serde_json::from_str(&row.request) {
                claims.push(claim(row, request, lease_until_ms));
            } else {
                self.end(&row, lease_until_ms, MessageState::Failed, "The node cannot read it any more.")
                    .await?;
            }
        }
        Ok(claims)
    }

    /// The provider took it.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn sent(&self, claim: &Claim, receipt: &Receipt) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        // Also where the lease is over: what is known is better than what is not.
        tx.remove_request(claim.id, claim.lease_until_ms).await?;
        let Some(message) = claim.message else { return tx.commit().await };
        let state =
            if receipt.state.rank() < MessageState::Sent.rank() { MessageState::Sent } else { receipt.state };
        note_receipt(&mut tx, claim, message, (receipt.ids.first().map(String::as_str), state)).await?;
        tx.commit().await?;
        self.show(claim.organization, &[message]).await;
        self.shared.outbox.notify_one();
        Ok(())
    }

    /// It was not sent.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn failed(&self, claim: &Claim, failure: &SendFailure, now_ms: i64) -> Result<(), StoreError> {
        let row = claim.row();
        match failure {
            SendFailure::Final(words) => {
                self.end(&row, claim.lease_until_ms, MessageState::Failed, words).await
            }
            SendFailure::Unknown(words) => {
                self.end(&row, claim.lease_until_ms, MessageState::Unknown, words).await
            }
            SendFailure::Later { after_ms, reason } => {
                let wait_ms = after_ms.map_or_else(|| back_off_ms(claim.attempts), i64::from);
                let due_at_ms = now_ms + wait_ms;
                if claim.message.is_none() || due_at_ms >= claim.give_up_at_ms {
                    return self.end(&row, claim.lease_until_ms, MessageState::Failed, reason).await;
                }
                self.store.postpone_request(claim.id, claim.lease_until_ms, due_at_ms, 1).await?;
                self.waits(claim, reason).await
            }
            SendFailure::Held { until_ms, reason } => {
                self.store.postpone_request(claim.id, claim.lease_until_ms, *until_ms, 0).await?;
                match reason {
                    Some(reason) => self.waits(claim, reason).await,
                    None => Ok(()),
                }
            }
        }
    }

    /// Tells those who look why a message waits.
    async fn waits(&self, claim: &Claim, reason: &str) -> Result<(), StoreError> {
        let Some(message) = claim.message else { return Ok(()) };
        if self.store.note_waiting(claim.organization, message, reason).await? {
            self.show(claim.organization, &[message]).await;
        }
        Ok(())
    }

    /// A node died while it sent these: nobody knows whether they arrived, so they are not sent again.
    async fn look_after_lost_claims(&self, now_ms: i64) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        let lost = tx.remove_lost_claims(now_ms, LOST_AT_ONCE).await?;
        if lost.is_empty() {
            return Ok(());
        }
        for row in &lost {
            mark(&mut tx, row, MessageState::Unknown, NODE_DIED).await?;
        }
        tx.commit().await?;
        for row in lost {
            self.show(row.organization, row.message.as_slice()).await;
        }
        Ok(())
    }

    /// A request that is over, with its message in its last state.
    async fn end(
        &self,
        row: &OutboxRow,
        lease_until_ms: i64,
        state: MessageState,
        reason: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        if !tx.remove_request(row.id, lease_until_ms).await? {
            return Ok(());
        }
        mark(&mut tx, row, state, reason).await?;
        tx.commit().await?;
        self.show(row.organization, row.message.as_slice()).await;
        self.shared.outbox.notify_one();
        Ok(())
    }
}

impl Claim {
    fn row(&self) -> OutboxRow {
        OutboxRow {
            id: self.id,
            organization: self.organization,
            inbox: self.inbox,
            thread: self.thread.clone(),
            message: self.message,
            request: String::new(),
            attempts: self.attempts,
            give_up_at_ms: self.give_up_at_ms,
        }
    }
}

fn claim(row: OutboxRow, request: Request, lease_until_ms: i64) -> Claim {
    Claim {
        id: row.id,
        organization: row.organization,
        inbox: row.inbox,
        thread: row.thread,
        message: row.message,
        request,
        attempts: row.attempts,
        lease_until_ms,
        give_up_at_ms: row.give_up_at_ms,
    }
}

async fn mark(tx: &mut Tx, row: &OutboxRow, state: MessageState, reason: &str) -> Result<(), StoreError> {
    let Some(message) = row.message else { return Ok(()) };
    let of = (row.organization, row.inbox);
    tx.advance(of, StatusOf::Message(message), state, Some(reason)).await.map(drop)
}

/// The provider's id, the state of the receipt, and what the provider told of the message before.
async fn note_receipt(
    tx: &mut Tx,
    claim: &Claim,
    message: MessageId,
    (id, state): (Option<&str>, MessageState),
) -> Result<(), StoreError> {
    let of = (claim.organization, claim.inbox);
    tx.advance(of, StatusOf::Message(message), state, None).await?;
    if let Some(id) = id {
        tx.name_message(claim.organization, claim.inbox, message, id).await?;
        early::recall(tx, of, message, id).await?;
    }
    match tx.reached(claim.organization, message).await? {
        Some(reached) => tx.advance(of, StatusOf::Message(message), reached, None).await.map(drop),
        None => Ok(()),
    }
}

fn back_off_ms(attempts: u32) -> i64 {
    let (first, most) = BACK_OFF_MS;
    first.saturating_mul(1_i64.checked_shl(attempts.min(30)).unwrap_or(i64::MAX)).min(most)
}

#[cfg(test)]
mod tests {
    use super::back_off_ms;

    #[test]
    fn each_try_waits_longer_up_to_five_minutes() {
        let waits: Vec<_> = (0..10).map(back_off_ms).collect();
        assert_eq!(waits[..4], [1_000, 2_000, 4_000, 8_000]);
        assert_eq!(waits[9], 300_000);
        assert_eq!(back_off_ms(u32::MAX), 300_000);
    }
}
