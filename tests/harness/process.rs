//! A program under test: its output kept, ended with the test, shown when the test fails.

use std::process::Stdio;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Notify;

use crate::deadline::within;

/// Lines kept; a program that says more loses its oldest.
const KEPT_LINES: usize = 20_000;

pub struct Process {
    name: String,
    child: Child,
    output: Arc<Output>,
}

#[derive(Default)]
struct Output {
    lines: Mutex<Vec<String>>,
    more: Notify,
}

impl Process {
    /// Starts it; the child is killed when this is dropped.
    pub fn start(name: &str, mut command: Command) -> Process {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        let output = Arc::new(Output::default());
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(collect(stdout, Arc::clone(&output)));
        }
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(collect(stderr, Arc::clone(&output)));
        }
        Process { name: name.to_owned(), child, output }
    }

    /// Waits for a line of stdout or stderr that yields a value. Fails at once when the program ends before.
    pub async fn line<T>(&mut self, what: &str, look: impl Fn(&str) -> Option<T>) -> T {
        let what = format!("{what} from {}", self.name);
        let output = Arc::clone(&self.output);
        let found = within(&what, async {
            loop {
                let more = output.more.notified();
                tokio::pin!(more);
                more.as_mut().enable();
                if let Some(found) = output.lines().iter().find_map(|l| look(l)) {
                    return Ok(found);
                }
                tokio::select! {
                    () = more => {}
                    status = self.child.wait() => return Err(status),
                }
            }
        })
        .await;
        found.unwrap_or_else(|status| {
            panic!("{} ended ({status:?}) before {what}:\n{}", self.name, self.log())
        })
    }

    /// Waits for the end; true for exit status 0.
    pub async fn ended(&mut self) -> bool {
        let status = within(&format!("the end of {}", self.name), self.child.wait()).await;
        status.is_ok_and(|s| s.success())
    }

    /// Sends SIGKILL and waits for the end.
    pub async fn kill(&mut self) {
        let _ = self.child.kill().await;
    }

    /// The process id, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Everything it said.
    pub fn log(&self) -> String {
        self.output.lines().join("\n")
    }
}

impl Output {
    fn lines(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("---- {} said:\n{}\n----", self.name, self.log());
        }
    }
}

async fn collect(pipe: impl AsyncRead + Unpin, output: Arc<Output>) {
    let mut lines = BufReader::new(pipe).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let mut kept = output.lines();
        if kept.len() == KEPT_LINES {
            kept.remove(0);
        }
        kept.push(line);
        drop(kept);
        output.more.notify_waiters();
    }
}
