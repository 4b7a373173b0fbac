//! Somebody in conversation, for the situations that begin there.

use serde_json::json;

use crate::page::Seat;
use crate::{Call, Desk, Node, Rtp, Site, Ua, WirePage};

/// One side of an established call.
pub struct Side {
    pub ua: Ua,
    pub call: Call,
    pub rtp: Rtp,
}

/// A node with a page on it that hears itself.
pub struct Echo {
    pub node: Node,
    pub page: WirePage,
    pub seat: Seat,
    pub call: String,
}

impl Echo {
    pub const HZ: f64 = 500.0;

    /// Extension 100, in a call with the echo.
    pub async fn begun() -> Echo {
        Echo::on(Node::start(Site::acme()).await).await
    }

    pub async fn on(node: Node) -> Echo {
        let page = WirePage::sign_in(&node, "100").await;
        let seat = page.take_seat().await;
        let call = page.dial("*43").await;
        seat.media.speak(Echo::HZ);
        let echo = Echo { node, page, seat, call };
        echo.goes_on().await;
        echo
    }

    /// What comes from now on is what was said.
    pub async fn goes_on(&self) {
        self.seat.media.hears(Echo::HZ).await;
    }
}

/// An agent who has called a phone from his browser: both speak and hear.
pub struct AgentCall {
    pub admin: Desk,
    pub ana: Desk,
    pub seat: Seat,
    pub id: String,
    pub phone: Call,
    pub rtp: Rtp,
    _ua: Ua,
}

impl AgentCall {
    pub const AGENT_HZ: f64 = 660.0;
    pub const PHONE_HZ: f64 = 440.0;

    /// Of the first agent, with extension 100, to the phone 101.
    pub async fn begin(node: &Node) -> AgentCall {
        let admin = Desk::first(node).await;
        let ana = admin.colleague("Ana", "agent", json!({ "extension": "100", "webrtc": true })).await;
        AgentCall::of(node, admin, ana).await
    }

    /// The same of who is there already.
    pub async fn of(node: &Node, admin: Desk, ana: Desk) -> AgentCall {
        let seat = ana.take_seat().await;
        seat.media.speak(AgentCall::AGENT_HZ);
        let ua = node.phone("101").await;
        let rtp = Rtp::new().await;
        let id = ana.dial("101").await;
        let phone = ua.expect_invite().await;
        rtp.follow(&phone.offer());
        phone.answer(&rtp.sdp()).await;
        rtp.speak(AgentCall::PHONE_HZ);
        let call = AgentCall { admin, ana, seat, id, phone, rtp, _ua: ua };
        call.is_heard().await;
        call
    }

    /// Each hears the other now.
    pub async fn is_heard(&self) {
        tokio::join!(self.rtp.hears(AgentCall::AGENT_HZ), self.seat.media.hears(AgentCall::PHONE_HZ));
    }

    /// The same for a while.
    pub async fn goes_on(&self) {
        for _ in 0..4 {
            self.is_heard().await;
        }
    }
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
