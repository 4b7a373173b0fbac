//! aiortc as a stranger: a WebRTC stack that shares nothing with Chromium or with us.

use std::path::PathBuf;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::browser::driver;
use crate::puppet::Puppet;

/// One peer with one connection.
pub struct Aiortc {
    puppet: Puppet,
}

impl Aiortc {
    /// Starts it; it does nothing yet.
    pub fn start() -> Aiortc {
        let mut command = Command::new(python());
        command.arg(driver().join("aiortc_peer.py"));
        Aiortc { puppet: Puppet::start("aiortc", command) }
    }

    /// Takes a Seat by WHIP, speaking a tone in this codec (`opus`, `PCMU`, `G722`); the answer's SDP. Panics when it
    /// is not connected.
    pub async fn attach(&self, url: &str, token: &str, hz: f64, codec: &str) -> String {
        let order = json!({ "url": url, "token": token, "hz": hz, "codec": codec });
        self.text("attach", order).await
    }

    async fn text(&self, verb: &str, order: Value) -> String {
        self.puppet.ask(verb, order).await.as_str().unwrap_or_default().to_owned()
    }

    /// An offer that speaks a tone in this codec, for whoever carries it by SIP.
    pub async fn offer(&self, hz: f64, codec: &str) -> String {
        self.text("offer", json!({ "hz": hz, "codec": codec })).await
    }

    /// Takes the answer to its offer and connects.
    pub async fn accept(&self, answer: &str) {
        self.puppet.ask("accept", json!({ "answer": answer })).await;
    }

    /// The answer to an offer, speaking a tone; it connects when the offerer has it.
    pub async fn answer(&self, offer: &str, hz: f64) -> String {
        self.text("answer", json!({ "offer": offer, "hz": hz })).await
    }

    /// Waits until 200 ms of what it gets from now on is this tone.
    pub async fn hears(&self, hz: f64) {
        self.puppet.ask("hears", json!({ "hz": hz })).await;
    }

    /// Waits until 200 ms of what it gets from now on hold each of the first tones and none of the others.
    pub async fn hears_all(&self, present: &[f64], absent: &[f64]) {
        self.puppet.ask("hears_all", json!({ "present": present, "absent": absent })).await;
    }

    /// Ends its connection in order.
    pub async fn close(&self) -> Value {
        self.puppet.ask("close", json!({})).await
    }
}

/// The Python that `scripts/browser-tools` made, in the folder that cargo builds into.
fn python() -> PathBuf {
    let test = std::env::current_exe().expect("our own path");
    let found = test.ancestors().map(|a| a.join("aiortc/bin/python")).find(|p| p.exists());
    found.expect("aiortc is not there: scripts/browser-tools")
}
