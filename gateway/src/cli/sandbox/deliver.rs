//! Gives updates to the webhook, again and again until it takes them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rand::seq::SliceRandom as _;
use tokio::sync::Semaphore;

use super::Sandbox;
use super::bot::{Update, Webhook};

/// Connections at once where order does not matter; Telegram's own limit is 40.
const AT_ONCE: usize = 16;
/// How long an answer may take.
const ANSWER_TIME: Duration = Duration::from_secs(30);
/// Until what was not taken comes again.
const AGAIN: Duration = Duration::from_secs(1);

type Caller = Client<HttpConnector, Full<Bytes>>;

/// Delivers until the process ends.
pub async fn run(sandbox: Sandbox) {
    let caller: Caller = Client::builder(TokioExecutor::new()).build_http();
    loop {
        let taken = sandbox.bot().take_for_webhook();
        let Some((webhook, mut updates, faults)) = taken else {
            // Also where a webhook was set since.
            let _ = tokio::time::timeout(AGAIN, sandbox.0.news.notified()).await;
            continue;
        };
        if faults.disorder {
            updates.shuffle(&mut rand::rng());
        }
        let places = Arc::new(Semaphore::new(if faults.disorder { AT_ONCE } else { 1 }));
        let mut running = Vec::new();
        for update in updates {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let (sandbox, caller, webhook) = (sandbox.clone(), caller.clone(), webhook.clone());
            running.push(tokio::spawn(async move {
                let _place = place;
                if !post(&caller, &webhook, &update).await {
                    sandbox.bot().put_back(update);
                    return false;
                }
                true
            }));
        }
        let mut all = true;
        for one in running {
            all &= one.await.unwrap_or(false);
        }
        if !all {
            tokio::time::sleep(AGAIN).await;
        }
    }
}

async fn post(caller: &Caller, webhook: &Webhook, update: &Update) -> bool {
    let request = Request::post(&webhook.url)
        .header("content-type", "application/json")
        .header("x-telegram-bot-api-secret-token", &webhook.secret)
        .body(Full::from(update.body.to_string()));
    let Ok(request) = request else { return false };
    match tokio::time::timeout(ANSWER_TIME, caller.request(request)).await {
        Ok(Ok(response)) => response.status().is_success(),
        Ok(Err(_)) | Err(_) => false,
    }
}
