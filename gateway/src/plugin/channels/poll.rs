//! Asks providers for news where they cannot reach us.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::model::{Inbox, InboxId};
use crate::plugin::channels::{Channels, DeliveryError};
use crate::plugin::wit::outbound::SendError;

/// How often it is looked which inboxes are due.
const LOOK: Duration = Duration::from_millis(500);
/// Shortest and longest time between two polls of an inbox.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(300);
/// Until the next poll after one that failed; twice as long with each one after it.
const FIRST_REST: Duration = Duration::from_secs(5);
/// How often it is looked which inboxes there are.
const LIST_TIME: Duration = Duration::from_secs(5);

/// When each inbox is polled again.
#[derive(Default)]
struct Plan(Mutex<HashMap<InboxId, Turn>>);

/// With how often in a row it failed.
#[derive(Clone, Copy)]
enum Turn {
    Running { failures: u32 },
    Waiting { due: Instant, failures: u32 },
}

/// Polls until the process ends.
pub async fn run(channels: Channels) {
    // Where providers reach us they call; both ways at once would be refused by most of them.
    if channels.public_url().is_some() || channels.host().is_none() {
        return;
    }
    let plan = Arc::new(Plan::default());
    let mut inboxes = Vec::new();
    let mut listed: Option<Instant> = None;
    loop {
        let woken = tokio::time::timeout(LOOK, channels.0.changed.notified()).await.is_ok();
        let now = Instant::now();
        if woken || listed.is_none_or(|at| now.duration_since(at) >= LIST_TIME) {
            match channels.store().enabled_inboxes().await {
                Ok(found) => inboxes = found,
                Err(error) => {
                    tracing::warn!(%error, "the inboxes cannot be read: no provider is asked for news");
                }
            }
            listed = Some(now);
            plan.keep(&inboxes);
        }
        for inbox in &inboxes {
            if polls(&channels, inbox) && plan.begin(inbox.id, now) {
                tokio::spawn(poll(channels.clone(), inbox.clone(), Arc::clone(&plan)));
            }
        }
    }
}

fn polls(channels: &Channels, inbox: &Inbox) -> bool {
    let plugin = channels.host().and_then(|host| host.plugin(&inbox.plugin));
    plugin.is_some_and(|plugin| plugin.granted().poll)
}

async fn poll(channels: Channels, inbox: Inbox, plan: Arc<Plan>) {
    let id = inbox.id;
    let outcome = poll_once(&channels, inbox).await;
    let again = match outcome {
        Ok(again) => Some(again.clamp(SHORTEST, LONGEST)),
        Err(error) => {
            tracing::info!(%error, inbox = id.0, "a provider could not be asked for news: later again");
            None
        }
    };
    plan.ended(id, Instant::now(), again);
}

/// Why a poll brought nothing.
#[derive(Debug, thiserror::Error)]
enum PollError {
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    #[error("{0}")]
    Provider(String),
    #[error(transparent)]
    Idle(#[from] super::Idle),
}

async fn poll_once(channels: &Channels, listed: Inbox) -> Result<Duration, PollError> {
    // As it is now: the list may be seconds old, and the cursor with it.
    let found = channels.store().inbox(listed.organization, listed.id).await.map_err(DeliveryError::from)?;
    let Some(inbox) = found else { return Ok(LONGEST) };
    let cursor = inbox.poll_cursor.clone();
    let working = channels.working(inbox)?;
    let polled = match working.plugin.poll(&working.placement, cursor.clone()).await {
        Ok(polled) => polled,
        Err(error) => {
            channels.learn_call(working.inbox.organization, &error);
            channels.learn_lack(&working.inbox, &error).await;
            return Err(DeliveryError::from(error).into());
        }
    };
    channels.learn(&working.inbox, polled.as_ref().map(drop)).await;
    let polled = polled.map_err(|error: SendError| PollError::Provider(super::translate::words(&error)))?;
    channels.deliver(&working, polled.events).await?;
    // Only now: what is not stored is asked for again.
    if polled.cursor != cursor {
        let kept = channels.store().set_poll_cursor(&working.inbox, polled.cursor.as_deref()).await;
        kept.map_err(DeliveryError::from)?;
    }
    Ok(Duration::from_millis(polled.again_in_ms.into()))
}

impl Plan {
    /// Begins a poll, if it is due and none runs.
    fn begin(&self, inbox: InboxId, now: Instant) -> bool {
        let mut turns = self.lock();
        let failures = match turns.get(&inbox) {
            Some(Turn::Running { .. }) => return false,
            Some(Turn::Waiting { due, .. }) if *due > now => return false,
            Some(Turn::Waiting { failures, .. }) => *failures,
            None => 0,
        };
        turns.insert(inbox, Turn::Running { failures });
        true
    }

    /// A poll ended; `again`: when the plugin wants the next one, none where it failed.
    fn ended(&self, inbox: InboxId, now: Instant, again: Option<Duration>) {
        let mut turns = self.lock();
        let before = match turns.get(&inbox) {
            Some(Turn::Running { failures } | Turn::Waiting { failures, .. }) => *failures,
            None => 0,
        };
        let turn = match again {
            Some(again) => Turn::Waiting { due: now + again, failures: 0 },
            None => {
                let rest = FIRST_REST.saturating_mul(1 << before.min(10)).min(LONGEST);
                Turn::Waiting { due: now + rest, failures: before.saturating_add(1) }
            }
        };
        turns.insert(inbox, turn);
    }

    /// Forgets inboxes that are gone.
    fn keep(&self, inboxes: &[Inbox]) {
        self.lock().retain(|id, turn| {
            matches!(turn, Turn::Running { .. }) || inboxes.iter().any(|inbox| inbox.id == *id)
        });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<InboxId, Turn>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_poll_at_a_time_and_longer_rests_after_failures() {
        let plan = Plan::default();
        let mut now = Instant::now();
        let inbox = InboxId(1);
        assert!(plan.begin(inbox, now));
        assert!(!plan.begin(inbox, now));
        for rest in [5, 10, 20] {
            plan.ended(inbox, now, None);
            assert!(!plan.begin(inbox, now + Duration::from_secs(rest - 1)));
            now += Duration::from_secs(rest);
            assert!(plan.begin(inbox, now));
        }
        plan.ended(inbox, now, Some(Duration::from_secs(2)));
        now += Duration::from_secs(2);
        assert!(plan.begin(inbox, now));
        plan.ended(inbox, now, None);
        assert!(plan.begin(inbox, now + FIRST_REST));
    }
}
