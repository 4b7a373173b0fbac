//! A stand-in for a store of objects that speaks S3: moto, which `scripts/stand-ins` brings. What it holds dies with it.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use tokio::process::Command;

use crate::node::own_host;
use crate::page::http;
use crate::process::Process;

/// The bucket that is there.
pub const BUCKET: &str = "recordings";

/// A store that can be stopped and started again at the same address.
pub struct Objects {
    process: Option<Process>,
    address: SocketAddr,
    /// What earlier runs said.
    said: String,
}

impl Objects {
    /// An address where nothing listens yet.
    pub fn away() -> Objects {
        let free = TcpListener::bind((own_host(), 0)).and_then(|listener| listener.local_addr());
        Objects { process: None, address: free.expect("a port"), said: String::new() }
    }

    /// `[recording.s3]` for it.
    pub fn settings(&self) -> String {
        format!(
            "[recording.s3]\nendpoint = \"http://{}\"\nbucket = \"{BUCKET}\"\naccess_key = \"key\"\nsecret_key = \"secret\"\n",
            self.address
        )
    }

    /// Starts it, with an empty bucket.
    pub async fn start(&mut self) {
        let mut command = Command::new(program());
        let (host, port) = (self.address.ip().to_string(), self.address.port().to_string());
        command.args(["-H", &host, "-p", &port]).env("PYTHONUNBUFFERED", "1");
        let mut process = Process::start("moto", command);
        process.line("its address", |line| line.contains("Running on").then_some(())).await;
        self.process = Some(process);
        let made = self.ask("PUT", &format!("/{BUCKET}")).await;
        assert_eq!(made.status, 200, "{}", made.text());
    }

    /// Stops it.
    pub async fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().await;
            self.said.push_str(&process.log());
            self.said.push('\n');
        }
    }

    /// How often files were sent to it, in all its runs.
    pub fn sent(&self) -> usize {
        let now = self.process.as_ref().map(Process::log).unwrap_or_default();
        let put = format!("\"PUT /{BUCKET}/");
        self.said.lines().chain(now.lines()).filter(|line| line.contains(&put)).count()
    }

    async fn ask(&self, method: &str, path: &str) -> http::Answer {
        http::request(self.address, method, path, &[], &[]).await
    }
}

/// `moto_server` of the folder that `scripts/stand-ins` makes, or of the system.
fn program() -> PathBuf {
    let test = std::env::current_exe().expect("our own path");
    let target = test.ancestors().find(|folder| folder.join("moto/bin/moto_server").exists());
    target.map_or_else(|| PathBuf::from("moto_server"), |folder| folder.join("moto/bin/moto_server"))
}
