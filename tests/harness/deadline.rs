//! How long a test waits before it calls a thing lost.

use std::future::Future;
use std::time::Duration;

/// Generous, since a loaded machine may be slow and a passing test never waits it out.
pub const DEADLINE: Duration = Duration::from_secs(40);

/// How often a condition outside this process (a file, a database row) is looked at again.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The value of `future`, or a panic that names `what` did not come within [`DEADLINE`].
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited {DEADLINE:?} for {what}"),
    }
}

/// Looks at something outside this process until it yields a value.
pub async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    within(what, async {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        loop {
            tick.tick().await;
            if let Some(value) = look() {
                return value;
            }
        }
    })
    .await
}

/// Asks until the answer yields a value.
pub async fn until_async<T, F>(what: &str, mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    within(what, async {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        loop {
            tick.tick().await;
            if let Some(value) = ask().await {
                return value;
            }
        }
    })
    .await
}
