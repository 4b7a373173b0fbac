//! The keeper on a clock of the test, before a store of objects that comes and goes.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::*;
use crate::config::S3Config;
use crate::model::{CallRecord, OrganizationId, RecordingRow, RecordingState};
use crate::store::testing::{TestStore, ask, call, ended, run, small_site};
use crate::store::{Envelope, Fact};

const NODE: &str = "n1";
const RECORDINGS: u16 = 3;
const BEGAN_MS: i64 = 1_700_000_000_000;

/// What a store of objects does with whoever asks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    /// Cuts him off.
    Away,
    Busy,
    /// Takes what it is sent, and its answer is lost.
    Mute,
    Here,
    /// Does it, and answers when the test says so.
    Slow,
}

/// A store of objects: as much of S3 as the keeper asks for.
struct StandIn {
    address: SocketAddr,
    state: Mutex<State>,
    done: Semaphore,
    go_on: Semaphore,
}

struct State {
    mood: Mood,
    asked: u32,
    /// Keys, as often as each was sent.
    sent: Vec<String>,
    objects: HashMap<String, Object>,
}

#[derive(Clone)]
struct Object {
    bytes: Vec<u8>,
    sha256: String,
}

struct Asked {
    method: String,
    key: String,
    object: Object,
}

impl StandIn {
    async fn new(mood: Mood) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let state = State { mood, asked: 0, sent: Vec::new(), objects: HashMap::new() };
        let stand_in = Arc::new(Self {
            address: listener.local_addr().unwrap(),
            state: Mutex::new(state),
            done: Semaphore::new(0),
            go_on: Semaphore::new(0),
        });
        let server = Arc::clone(&stand_in);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = Arc::clone(&server);
                tokio::spawn(async move { server.serve(stream).await });
            }
        });
        stand_in
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn turn(&self, mood: Mood) {
        self.state().mood = mood;
    }

    async fn serve(&self, mut stream: TcpStream) {
        let mood = self.state().mood;
        self.state().asked += 1;
        if mood == Mood::Away {
            return;
        }
        let Some(asked) = asked(&mut stream).await else { return };
        if mood == Mood::Busy {
            let _ = stream.write_all(b"HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\n\r\n").await;
            return;
        }
        let lost = mood == Mood::Mute && asked.method == "PUT";
        let answer = self.answer(asked);
        if mood == Mood::Slow {
            self.done.add_permits(1);
            self.go_on.acquire().await.unwrap().forget();
        }
        if !lost {
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    }

    fn answer(&self, asked: Asked) -> String {
        let mut state = self.state();
        if asked.method == "PUT" {
            state.sent.push(asked.key.clone());
            state.objects.insert(asked.key, asked.object);
            return "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned();
        }
        match state.objects.get(&asked.key) {
            Some(Object { bytes, sha256 }) => format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nx-amz-meta-sha256: {sha256}\r\n\r\n",
                bytes.len()
            ),
            None => "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned(),
        }
    }

    fn settings(&self) -> S3Config {
        S3Config {
            endpoint: format!("http://{}", self.address),
            bucket: "recordings".to_owned(),
            region: "us-east-1".to_owned(),
            path_style: true,
            prefix: String::new(),
            access_key: "key".to_owned(),
            secret_key: "secret".to_owned(),
        }
    }
}

async fn asked(stream: &mut TcpStream) -> Option<Asked> {
    let mut read = Vec::new();
    let head = loop {
        if stream.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break String::from_utf8(read.drain(..end + 4).collect()).ok()?;
        }
    };
    let header = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    };
    let length = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    while read.len() < length {
        if stream.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
    }
    let mut words = head.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?);
    let key = path.split('?').next()?.to_owned();
    Some(Asked {
        method,
        key,
        object: Object { bytes: read, sha256: header("x-amz-meta-sha256").unwrap_or_default() },
    })
}

/// A node whose recordings are complete.
struct House {
    test: TestStore,
    keeper: Keeper,
    now_ms: Arc<AtomicI64>,
    stand_in: Arc<StandIn>,
    paths: Vec<PathBuf>,
}

impl House {
    async fn new(mood: Mood, recordings: u16) -> Self {
        let test = TestStore::new().await;
        test.store.apply(&small_site("acme")).await.unwrap();
        let organization = test.store.load_directory().await.unwrap().organizations()[0].id;
        let folder = test.folder.join("recordings");
        std::fs::create_dir_all(&folder).unwrap();
        let mut paths = Vec::new();
        for number in 0..recordings {
            let path = folder.join(format!("{number}.wav"));
            std::fs::write(&path, sound(number.into())).unwrap();
            let record = ended(call(number, BEGAN_MS), BEGAN_MS + 20, "normal");
            test.store.deliver(&facts(&record, organization, &path)).await.unwrap();
            paths.push(path);
        }
        let stand_in = StandIn::new(mood).await;
        let shared = Shared {
            node: NODE.to_owned(),
            folder,
            keys: ramal_media::recorder::RecordingKeys::default(),
            objects: Some(Objects::new(&stand_in.settings()).unwrap()),
            store: test.store.clone(),
        };
        let now_ms = Arc::new(AtomicI64::new(BEGAN_MS + 1_000));
        let clock = Arc::clone(&now_ms);
        let keeper = Keeper::new(Arc::new(shared), Box::new(move || clock.load(Ordering::Relaxed)));
        Self { test, keeper, now_ms, stand_in, paths }
    }

    /// A look, and the time until the next one.
    async fn look(&mut self, after_ms: i64) {
        self.keeper.look().await;
        self.now_ms.fetch_add(after_ms, Ordering::Relaxed);
    }

    async fn minutes(&mut self, minutes: usize) {
        for _ in 0..minutes * 60 {
            self.look(1_000).await;
        }
    }

    async fn count(&self, rows: &str) -> i64 {
        ask(&self.test.store, format!("SELECT COUNT(*) FROM {rows}")).await
    }

    /// Each recording lies in the store as it was, was sent once, and is nowhere else.
    async fn all_there(&self) {
        {
            let state = self.stand_in.state();
            for (number, path) in self.paths.iter().enumerate() {
                let key = format!("/recordings/{number}.wav");
                assert_eq!(state.objects[&key].bytes, sound(number));
                assert_eq!(state.sent.iter().filter(|sent| **sent == key).count(), 1, "{key}");
                assert!(!path.exists());
            }
            assert_eq!(state.sent.len(), self.paths.len());
        }
        assert_eq!(self.count("recordings WHERE object IS NOT NULL").await, self.paths.len() as i64);
        assert_eq!(self.count("recording_uploads").await, 0);
    }
}

/// A file of which no outline can be made: its rate is 0.
fn sound(number: usize) -> Vec<u8> {
    let mut sound = vec![number as u8; 2_000 + number];
    sound[24..28].fill(0);
    sound
}

fn facts(record: &CallRecord, organization: OrganizationId, path: &Path) -> [Envelope; 2] {
    let recording = RecordingRow {
        call: record.id,
        organization,
        path: path.display().to_string(),
        part: 1,
        started_at_ms: BEGAN_MS,
        seconds: 1.0,
        state: RecordingState::Sealed,
        pauses: Vec::new(),
        peaks: None,
    };
    let mut record = record.clone();
    record.organization = Some(organization);
    let envelope = |kind: &str, fact| Envelope { id: format!("{kind}-{}", record.id), fact };
    [
        envelope("call", Fact::CallEnded(Box::new(record.clone()))),
        envelope("recording", Fact::RecordingEnded(recording)),
    ]
}

#[test]
fn there_is_no_last_attempt_and_none_waits_for_more_than_a_minute() {
    let waits: Vec<i64> = (1..=8).map(wait_ms).collect();
    assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    assert_eq!([wait_ms(64), wait_ms(u32::MAX)], [60_000, 60_000]);
}

#[tokio::test]
async fn a_store_that_is_away_for_hours_gets_each_recording_once_when_it_is_back() {
    let mut house = House::new(Mood::Away, RECORDINGS).await;
    house.minutes(7).await;
    house.stand_in.turn(Mood::Busy);
    house.minutes(6).await;
    let asked = house.stand_in.state().asked;
    // Twice as long each time, up to a minute: neither given up nor run down.
    assert!((3 * 13..3 * 30).contains(&asked), "asked {asked} times");
    for _ in 0..20 {
        house.look(3_600_000).await;
    }
    assert!(house.stand_in.state().asked > asked, "and it goes on for as long as it takes");
    assert!(house.stand_in.state().sent.is_empty() && house.paths.iter().all(|path| path.exists()));
    assert_eq!(house.count("recording_uploads").await, 3);
    // The first one comes through, and nobody hears of it.
    house.stand_in.turn(Mood::Mute);
    house.look(1_000).await;
    house.stand_in.turn(Mood::Here);
    house.minutes(2).await;
    house.all_there().await;
    let asked = house.stand_in.state().asked;
    house.minutes(2).await;
    assert_eq!(house.stand_in.state().asked, asked, "nothing is left to be asked for");
    house.test.remove().await;
}

#[tokio::test]
async fn what_was_sent_and_could_not_be_noted_is_noted_later_and_not_sent_again() {
    let mut house = House::new(Mood::Slow, 1).await;
    let (stand_in, store) = (Arc::clone(&house.stand_in), house.test.store.clone());
    let fails = async {
        stand_in.done.acquire().await.unwrap().forget();
        run(&store, "ALTER TABLE recordings RENAME TO recordings_away".to_owned()).await;
        stand_in.turn(Mood::Here);
        stand_in.go_on.add_permits(1);
    };
    tokio::join!(house.keeper.look(), fails);
    run(&store, "ALTER TABLE recordings_away RENAME TO recordings".to_owned()).await;
    assert_eq!(house.count("recording_uploads").await, 1);
    house.look(1_000).await;
    house.all_there().await;
    house.test.remove().await;
}
