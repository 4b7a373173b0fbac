//! What has arrived and nobody has asked for yet, and the whole trace for a failure's report.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard};

use tokio::sync::Notify;

use super::message::Message;
use crate::deadline::DEADLINE;

/// Messages wait here, in order, until somebody takes the one that he expects; the rest stay.
pub struct Inbox {
    name: String,
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Default)]
struct State {
    fresh: Vec<Message>,
    // Requests that came again with the same branch, method and sequence number.
    repeats: Vec<Message>,
    seen: HashSet<(String, u32, String)>,
    trace: Vec<String>,
}

impl Inbox {
    pub fn new(name: &str) -> Inbox {
        Inbox { name: name.to_owned(), state: Mutex::default(), arrived: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Notes a sent message in the trace.
    pub fn sent(&self, bytes: &[u8]) {
        self.state().trace.push(format!("{} -->\n{}", self.name, String::from_utf8_lossy(bytes)));
    }

    /// Files an arrived message: a retransmitted request goes aside, everything else is fresh.
    pub fn put(&self, message: Message) {
        let mut state = self.state();
        state.trace.push(format!("{} <-- {}\n{}", self.name, message.source, message.dump()));
        let fresh = match message.method() {
            Some(method) => {
                let key = (message.branch(), message.cseq().0, method.to_owned());
                state.seen.insert(key)
            }
            None => true,
        };
        if fresh {
            state.fresh.push(message)
        } else {
            state.repeats.push(message)
        }
        drop(state);
        self.arrived.notify_waiters();
    }

    /// Takes the first waiting message that fits, if there is one.
    pub fn take(&self, fits: impl Fn(&Message) -> bool) -> Option<Message> {
        let mut state = self.state();
        let at = state.fresh.iter().position(fits)?;
        Some(state.fresh.remove(at))
    }

    /// Waits for a message that fits.
    pub async fn expect(&self, what: &str, fits: impl Fn(&Message) -> bool) -> Message {
        self.wait(what, || self.take(&fits)).await
    }

    /// Waits for a retransmission (same branch) of a request with this method.
    pub async fn expect_repeat(&self, method: &str) -> Message {
        self.wait(&format!("a retransmitted {method}"), || {
            let mut state = self.state();
            let at = state.repeats.iter().position(|m| m.method() == Some(method))?;
            Some(state.repeats.remove(at))
        })
        .await
    }

    /// The next message that fits, however long it takes.
    pub async fn next(&self, fits: impl Fn(&Message) -> bool) -> Message {
        self.found(|| self.take(&fits)).await
    }

    /// Waits until a message that fits is there, and leaves it there.
    pub async fn holds(&self, fits: impl Fn(&Message) -> bool) {
        self.found(|| self.state().fresh.iter().any(&fits).then_some(())).await;
    }

    async fn found<T>(&self, look: impl Fn() -> Option<T>) -> T {
        loop {
            let arrived = self.arrived.notified();
            tokio::pin!(arrived);
            // Registered before looking, so that nothing slips in between.
            arrived.as_mut().enable();
            if let Some(message) = look() {
                return message;
            }
            arrived.await;
        }
    }

    async fn wait(&self, what: &str, look: impl Fn() -> Option<Message>) -> Message {
        match tokio::time::timeout(DEADLINE, self.found(look)).await {
            Ok(message) => message,
            Err(_) => panic!("{}: waited for {what}; the trace:\n{}", self.name, self.trace()),
        }
    }

    /// Everything sent and received, in order.
    pub fn trace(&self) -> String {
        self.state().trace.join("\n")
    }
}
