//! Carries the outbox to providers: one request of a thread after another, several threads at once, as fast as accounts bear it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use crate::chat::{Claim, Receipt, SendFailure};
use crate::plugin::channels::pace::Pace;
use crate::plugin::channels::{Channels, Idle, Working, translate, wall_ms};
use crate::plugin::fault::CallError;
use crate::plugin::wit::outbound::OutboundRequest;
use crate::store::StoreError;

/// Requests that are carried out at once on a node.
const MAX_AT_ONCE: usize = 32;
/// How often it is looked what is due, where nobody rings.
const LOOK: Duration = Duration::from_secs(1);
/// How long it rests where the database is away.
const AWAY_REST: Duration = Duration::from_secs(2);
/// A turn that is further off than this goes back into the outbox: a claim does not hold for ever.
const MAX_TURN: Duration = Duration::from_secs(5);
/// When a request of an inbox that does not work is looked at again, in milliseconds.
const IDLE_REST_MS: i64 = 30_000;
/// When a request is tried again that its plugin had no time for, in milliseconds.
const BUSY_REST_MS: u32 = 500;

/// Carries until the process ends.
pub async fn run(channels: Channels) {
    if channels.host().is_none() {
        return;
    }
    let slots = Arc::new(Semaphore::new(MAX_AT_ONCE));
    let pace = Arc::new(Mutex::new(Pace::default()));
    loop {
        // One slot at least, so that nothing is claimed that cannot be carried at once.
        let Ok(first) = Arc::clone(&slots).acquire_owned().await else { return };
        let free = u32::try_from(slots.available_permits()).unwrap_or_default() + 1;
        let claims = match channels.parts().chat.claim(free, wall_ms()).await {
            Ok(claims) => claims,
            Err(error) => {
                tracing::warn!(%error, "the outbox cannot be read: what was written waits");
                drop(first);
                tokio::time::sleep(AWAY_REST).await;
                continue;
            }
        };
        drop(first);
        let none = claims.is_empty();
        for claim in claims {
            let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
            let (channels, pace) = (channels.clone(), Arc::clone(&pace));
            tokio::spawn(async move {
                let _slot = slot;
                if let Err(error) = carry(&channels, &claim, &pace).await {
                    // The lease ends by itself, and then nobody knows whether it arrived.
                    tracing::warn!(%error, "what became of a message could not be kept");
                }
            });
        }
        if none {
            // A ring that comes before the wait is kept.
            let _ = tokio::time::timeout(LOOK, channels.parts().chat.outbox_wakened()).await;
        }
    }
}

async fn carry(channels: &Channels, claim: &Claim, pace: &Mutex<Pace>) -> Result<(), StoreError> {
    let chat = &channels.parts().chat;
    let working = match working(channels, claim).await? {
        Ok(working) => working,
        Err(failure) => return chat.failed(claim, &failure, wall_ms()).await,
    };
    let per_second = working.inbox.capabilities.sends_per_second;
    let turn = pace.lock().unwrap_or_else(PoisonError::into_inner).turn(
        Instant::now(),
        working.inbox.id,
        per_second,
    );
    if turn > MAX_TURN {
        let until_ms = wall_ms() + i64::try_from(turn.as_millis()).unwrap_or(i64::MAX);
        return chat.failed(claim, &SendFailure::Held { until_ms, reason: None }, wall_ms()).await;
    }
    tokio::time::sleep(turn).await;
    let request = translate::request(&claim.thread, claim.request.clone());
    match send(channels, &working, request).await {
        Ok(receipt) => chat.sent(claim, &receipt).await,
        Err(failure) => chat.failed(claim, &failure, wall_ms()).await,
    }
}

async fn working(channels: &Channels, claim: &Claim) -> Result<Result<Working, SendFailure>, StoreError> {
    let Some(inbox) = channels.store().inbox(claim.organization, claim.inbox).await? else {
        return Ok(Err(SendFailure::Final("the inbox was deleted".to_owned())));
    };
    Ok(channels.working(inbox).map_err(|idle| match idle {
        Idle::Off => SendFailure::Final("the inbox is switched off".to_owned()),
        Idle::NoPlugin | Idle::OtherKey => held(IDLE_REST_MS, format!("the inbox does not work: {idle}")),
    }))
}

async fn send(
    channels: &Channels,
    working: &Working,
    request: OutboundRequest,
) -> Result<Receipt, SendFailure> {
    let outcome = working.plugin.send(&working.placement, request, HashMap::new()).await;
    let said = match outcome {
        Ok(said) => said,
        Err(error) => {
            channels.learn_call(working.inbox.organization, &error);
            channels.learn_lack(&working.inbox, &error).await;
            return Err(missed(error));
        }
    };
    channels.learn(&working.inbox, said.as_ref().map(drop)).await;
    let receipt = said.map_err(translate::failure)?;
    Ok(Receipt { ids: receipt.ids, state: translate::state(receipt.state) })
}

/// What a call that gave nothing means for its request.
fn missed(error: CallError) -> SendFailure {
    match error {
        CallError::Busy => SendFailure::Later {
            after_ms: Some(BUSY_REST_MS),
            reason: "the plugin has too much to do".to_owned(),
        },
        // It may have spoken with the provider before it failed.
        CallError::Failed(fault) => SendFailure::Unknown(format!("the plugin {fault}")),
        CallError::Host(reason) => SendFailure::Unknown(reason),
        // Nothing of it left us.
        CallError::NotGranted(lack) => SendFailure::Final(lack.to_string()),
        CallError::NotThere => held(IDLE_REST_MS, "its plugin is not on this node".to_owned()),
        CallError::Resting(rest) => {
            let rest_ms = i64::try_from(rest.as_millis()).unwrap_or(IDLE_REST_MS);
            held(rest_ms, "the plugin failed a moment ago and rests".to_owned())
        }
    }
}

fn held(rest_ms: i64, reason: String) -> SendFailure {
    SendFailure::Held { until_ms: wall_ms() + rest_ms, reason: Some(reason) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::Fault;
    use crate::plugin::manifest::Lack;

    #[test]
    fn what_may_have_left_us_is_never_sent_again() {
        assert!(matches!(missed(Fault::Trap("x".to_owned()).into()), SendFailure::Unknown(_)));
        let lack = Lack::NotNamed { plugin: "a".to_owned(), host: "b".to_owned() };
        assert!(matches!(missed(CallError::NotGranted(lack)), SendFailure::Final(_)));
        assert!(matches!(missed(CallError::Busy), SendFailure::Later { .. }));
        assert!(matches!(missed(CallError::Resting(Duration::from_secs(1))), SendFailure::Held { .. }));
    }
}
