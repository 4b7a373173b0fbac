//! A program that does what it is told: one JSON object a line each way, answers matched by id.

use std::collections::{HashMap, VecDeque};
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// A browser starts slowly on a loaded machine; what a test waits for has its own, shorter deadline inside.
const ANSWER: Duration = Duration::from_secs(120);
/// Lines of its standard error kept for a failing test.
const KEPT_LINES: usize = 2_000;

pub struct Puppet {
    name: String,
    child: Child,
    input: tokio::sync::Mutex<ChildStdin>,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    asked: u64,
    waiting: HashMap<u64, oneshot::Sender<Value>>,
    said: VecDeque<String>,
    ended: bool,
}

impl Puppet {
    /// Starts it; it is killed when this is dropped.
    pub fn start(name: &str, mut command: Command) -> Puppet {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        let shared = Arc::new(Mutex::new(Shared::default()));
        let input = child.stdin.take().expect("a pipe in");
        tokio::spawn(answers(child.stdout.take().expect("a pipe out"), Arc::clone(&shared)));
        tokio::spawn(complaints(child.stderr.take().expect("a pipe for errors"), Arc::clone(&shared)));
        Puppet { name: name.to_owned(), child, input: tokio::sync::Mutex::new(input), shared }
    }

    /// Lets it do something; the value it answers, or the panic of this test with the fault it tells.
    pub async fn ask(&self, verb: &str, parameters: Value) -> Value {
        match self.try_ask(verb, parameters.clone()).await {
            Ok(value) => value,
            Err(fault) => panic!("{} could not {verb} {parameters}: {fault}", self.name),
        }
    }

    /// The same; the error is the fault it tells.
    pub async fn try_ask(&self, verb: &str, mut parameters: Value) -> Result<Value, String> {
        let (answer, answered) = oneshot::channel();
        let id = {
            let mut shared = lock(&self.shared);
            if shared.ended {
                return Err("it has ended".to_owned());
            }
            shared.asked += 1;
            let id = shared.asked;
            shared.waiting.insert(id, answer);
            id
        };
        parameters["id"] = json!(id);
        parameters["verb"] = json!(verb);
        let line = format!("{parameters}\n");
        let written = self.input.lock().await.write_all(line.as_bytes()).await;
        written.map_err(|e| format!("it does not listen: {e}"))?;
        let answer = match timeout(ANSWER, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => return Err("it ended meanwhile".to_owned()),
            Err(_) => return Err(format!("no answer in {ANSWER:?}")),
        };
        match answer["fault"].as_str() {
            Some(fault) => Err(fault.to_owned()),
            None => Ok(answer["value"].clone()),
        }
    }

    /// The process id, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// What it said on its standard error.
    pub fn log(&self) -> String {
        lock(&self.shared).said.iter().map(|l| format!("{l}\n")).collect()
    }
}

impl Drop for Puppet {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("---- {} said:\n{}----", self.name, self.log());
        }
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answers(pipe: impl AsyncRead + Unpin, shared: Arc<Mutex<Shared>>) {
    let mut lines = BufReader::new(pipe).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let value: Value = serde_json::from_str(&line).unwrap_or(Value::Null);
        let mut shared = lock(&shared);
        match value["id"].as_u64().and_then(|id| shared.waiting.remove(&id)) {
            // Whoever gave up waiting does not mind.
            Some(waiting) => drop(waiting.send(value)),
            None => keep(&mut shared, line),
        }
    }
    let mut shared = lock(&shared);
    shared.ended = true;
    shared.waiting.clear();
}

async fn complaints(pipe: impl AsyncRead + Unpin, shared: Arc<Mutex<Shared>>) {
    let mut lines = BufReader::new(pipe).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        keep(&mut lock(&shared), line);
    }
}

fn keep(shared: &mut Shared, line: String) {
    if shared.said.len() == KEPT_LINES {
        shared.said.pop_front();
    }
    shared.said.push_back(line);
}
