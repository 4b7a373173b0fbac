//! Two phones in conversation, for the situations that begin there.

use crate::{Call, Node, Rtp, Ua};

/// One side of an established call.
pub struct Side {
    pub ua: Ua,
    pub call: Call,
    pub rtp: Rtp,
}

/// Two registered phones, the first calls the second, both speak: the caller 440 Hz, the callee 660 Hz, and both hear.
pub async fn established(node: &Node, caller: &str, callee: &str) -> (Side, Side) {
    let (a, b) = (node.phone(caller).await, node.phone(callee).await);
    connect(a, Rtp::new().await, b, Rtp::new().await, callee).await
}

/// The same with phones and media made by the test; both phones are registered already.
pub async fn connect(caller: Ua, caller_rtp: Rtp, callee: Ua, callee_rtp: Rtp, dial: &str) -> (Side, Side) {
    let mut call = caller.invite(dial, &caller_rtp.sdp()).await;
    let other = callee.expect_invite().await;
    other.ring().await;
    call.expect_status(180).await;
    callee_rtp.follow(&other.offer());
    let answer = callee_rtp.sdp();
    let (_, answered) = tokio::join!(other.answer(&answer), call.answered());
    caller_rtp.follow(&answered.text());
    caller_rtp.speak(440.0);
    callee_rtp.speak(660.0);
    tokio::join!(caller_rtp.hears(660.0), callee_rtp.hears(440.0));
    (Side { ua: caller, call, rtp: caller_rtp }, Side { ua: callee, call: other, rtp: callee_rtp })
}

/// `from` hangs up and the other side hears of it.
pub async fn hang_up(from: &mut Side, other: &Side) {
    tokio::join!(from.call.bye(), other.call.expect_bye());
}
