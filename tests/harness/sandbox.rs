//! The sandbox of the product as a process: a Telegram that is none.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::deadline::within;
use crate::node::binary;
use crate::page::http;
use crate::process::Process;

pub struct Sandbox {
    pub address: SocketAddr,
    _process: Process,
}

impl Sandbox {
    pub async fn start() -> Sandbox {
        let mut command = Command::new(binary());
        command.args(["sandbox", "--listen", "127.0.0.1:0", "--ready-json"]);
        let mut process = Process::start("sandbox", command);
        let ready = |line: &str| {
            let line: Value = serde_json::from_str(line).ok()?;
            line["http"].as_str()?.parse().ok()
        };
        let address = process.line("the ready line", ready).await;
        Sandbox { address, _process: process }
    }

    /// A customer writes.
    pub async fn write(&self, chat: i64, name: &str, text: &str) {
        let body = json!({ "name": name, "text": text });
        let answer = self.ask("POST", &format!("/chats/{chat}/messages"), &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// What goes wrong from now on.
    pub async fn faults(&self, faults: Value) {
        assert_eq!(self.ask("PUT", "/faults", &faults).await.status, 204);
    }

    /// What was said in a chat, as `(who, text)`.
    pub async fn said(&self, chat: i64) -> Vec<(String, String)> {
        let chats = http::request(self.address, "GET", "/chats", &[], b"").await.json();
        let found = chats.as_array().and_then(|all| all.iter().find(|one| one["id"] == chat)).cloned();
        let messages = found.map(|chat| chat["messages"].clone()).unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        messages
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| (text(&one["from"]), text(&one["text"])))
            .collect()
    }

    /// Waits until the bot has said this in a chat.
    pub async fn expect_said(&self, chat: i64, text: &str) {
        within(&format!("{text:?} in the chat {chat}"), async {
            let mut tick = tokio::time::interval(std::time::Duration::from_millis(50));
            loop {
                tick.tick().await;
                if self.said(chat).await.iter().any(|(from, said)| from == "bot" && said == text) {
                    return;
                }
            }
        })
        .await;
    }

    async fn ask(&self, method: &str, path: &str, body: &Value) -> http::Answer {
        let headers = [("Content-Type", "application/json")];
        http::request(self.address, method, path, &headers, body.to_string().as_bytes()).await
    }
}
