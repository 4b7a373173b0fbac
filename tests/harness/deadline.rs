//! How long a test waits before it calls a thing lost.

use std::future::Future;
use std::time::Duration;

/// Generous, since a loaded machine may be slow and a passing test never waits it out.
pub const DEADLINE: Duration = Duration::from_secs(90);

/// When a condition outside this process (a file, a database row) is looked at again: half as late again each time, until it is
/// the longest. A look may cost a process, and many tests that look must not be what keeps the machine busy.
const FIRST_LOOK_AFTER: Duration = Duration::from_millis(20);
const LOOK_AFTER_AT_MOST: Duration = Duration::from_millis(400);

/// The value of `future`, or a panic that names `what` did not come within [`DEADLINE`].
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited {DEADLINE:?} for {what}"),
    }
}

/// Looks at something outside this process until it yields a value.
pub async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    until_async(what, || std::future::ready(look())).await
}

/// Asks until the answer yields a value.
pub async fn until_async<T, F>(what: &str, mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    within(what, async {
        let mut pause = FIRST_LOOK_AFTER;
        loop {
            if let Some(value) = ask().await {
                return value;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(LOOK_AFTER_AT_MOST);
        }
    })
    .await
}
