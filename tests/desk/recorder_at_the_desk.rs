//! An agent and the recording of his call: paused, resumed, started, stopped; what comes of it is listened to.

use std::path::Path;

use ramal_tests::deadline::{until, until_async};
use ramal_tests::objects::Objects;
use ramal_tests::rtp::tone;
use ramal_tests::talk::AgentCall;
use ramal_tests::{Desk, Node, Site, Wav};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const AGENT_HZ: f64 = AgentCall::AGENT_HZ;
const PHONE_HZ: f64 = AgentCall::PHONE_HZ;
/// What is said while nobody may hear it later.
const CARD_HZ: f64 = 880.0;
/// What marks a pause in the recording.
const MARK_HZ: f64 = 1400.0;
/// Length of a mark.
const MARK_S: f64 = 0.15;

async fn recorder(talk: &AgentCall, to: &str) {
    talk.ana.tell_call(&talk.id, "recording", Some(&json!({ "to": to }))).await;
}

/// The sound of a recording, once it is complete and was read.
async fn sound(talk: &AgentCall, node: &Node, name: &str) -> Vec<u8> {
    kept(node, 1).await;
    let answer = talk.admin.get(&format!("/recordings/{name}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.bytes().to_vec()
}

/// Waits until so many recordings are complete and read.
async fn kept(node: &Node, count: usize) {
    let statement = "SELECT path FROM recordings WHERE state = 'sealed' AND sha256 IS NOT NULL";
    let enough = |paths: Vec<String>| (paths.len() >= count).then_some(());
    node.database.until("complete recordings", statement, enough).await;
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn a_pause_leaves_a_marked_gap_and_nothing_that_was_said_in_it() {
    let node = Node::start(Site::acme().recorded()).await;
    let mut talk = AgentCall::begin(&node).await;
    talk.goes_on().await;
    recorder(&talk, "pause").await;
    assert_eq!(talk.ana.read("/calls").await[0]["recording"], "paused");
    talk.rtp.speak(CARD_HZ);
    for _ in 0..4 {
        talk.seat.media.hears(CARD_HZ).await;
    }
    talk.rtp.speak(PHONE_HZ);
    talk.goes_on().await;
    recorder(&talk, "resume").await;
    talk.goes_on().await;
    // What a rule records is not ended by an agent.
    let refused = talk.ana.post(&format!("/calls/{}/recording", talk.id), json!({ "to": "stop" })).await;
    assert_eq!(refused.status, 409, "{}", refused.text());
    talk.phone.bye().await;
    let sound = sound(&talk, &node, &talk.id).await;
    let wav = Wav::parse(&sound).expect("a WAV");
    for channel in [0, 1] {
        assert_eq!(wav.seconds_of_tone(channel, CARD_HZ), 0.0, "nothing of the pause is there");
        assert!(wav.seconds_of_silence(channel) >= 0.3);
    }
    assert!(wav.seconds_of_tone(0, AGENT_HZ) >= 0.5 && wav.seconds_of_tone(1, PHONE_HZ) >= 0.5);
    let pauses: Value =
        serde_json::from_str(&node.database.ask("SELECT pauses FROM recordings").await[0]).expect("JSON");
    let (from, to) = (pauses[0][0].as_f64().expect("from"), pauses[0][1].as_f64().expect("to"));
    assert!(pauses.as_array().is_some_and(|all| all.len() == 1) && to - from >= 0.3, "{pauses}");
    assert!(wav.span(1, from + 0.2, to - 0.2).iter().all(|&sample| sample == 0));
    for (channel, begin) in [(0, from), (1, from), (0, to - MARK_S), (1, to - MARK_S)] {
        let share = tone::share(wav.span(channel, begin, begin + MARK_S), MARK_HZ, wav.rate_hz);
        assert!(
            share > 0.8,
            "both ends are marked on both sides: {share} at {begin} s of {channel}, {pauses}"
        );
    }
    let sum = &node.database.ask("SELECT sha256 FROM recordings").await[0];
    assert_eq!(*sum, hex(&Sha256::digest(&sound)));
    let part = talk
        .admin
        .ask_with("GET", &format!("/recordings/{}", talk.id), &[("Range", "bytes=1000-1999")], None)
        .await;
    assert_eq!((part.status, part.bytes()), (206, &sound[1000..2000]));
    let audit = talk.admin.read("/audit?noun=call").await;
    let deeds = audit["items"].as_array().or(audit.as_array()).map_or(0, Vec::len);
    assert_eq!(deeds, 2, "{audit}");
}

#[tokio::test]
async fn what_no_rule_records_is_recorded_on_command_twice() {
    let node = Node::start(Site::acme()).await;
    let mut talk = AgentCall::begin(&node).await;
    assert_eq!(talk.ana.read("/calls").await[0]["recording"], "off");
    for (count, hz) in [(1, PHONE_HZ), (2, CARD_HZ)] {
        talk.rtp.speak(hz);
        talk.seat.media.hears(hz).await;
        recorder(&talk, "start").await;
        assert_eq!(talk.ana.read("/calls").await[0]["recording"], "on_demand");
        for _ in 0..4 {
            talk.seat.media.hears(hz).await;
        }
        recorder(&talk, "stop").await;
        kept(&node, count).await;
    }
    talk.phone.bye().await;
    for (name, hz, other) in
        [(talk.id.clone(), PHONE_HZ, CARD_HZ), (format!("{}-2", talk.id), CARD_HZ, PHONE_HZ)]
    {
        let wav = Wav::parse(&sound(&talk, &node, &name).await).expect("a WAV");
        assert!(wav.seconds_of_tone(1, hz) >= 0.3 && wav.seconds_of_tone(1, other) == 0.0, "{name}");
    }
    assert_eq!(talk.admin.get(&format!("/recordings/{}-3", talk.id)).await.status, 404);
}

/// What the players of others make of Ogg/Opus.
fn decoded(opus: &[u8], folder: &Path) -> Wav {
    let (from, to) = (folder.join("sound.opus"), folder.join("sound.wav"));
    std::fs::write(&from, opus).expect("written");
    let told = std::process::Command::new("opusdec").args(["--rate", "16000"]).arg(&from).arg(&to).output();
    let told = told.expect("opusdec: run scripts/install test");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    Wav::read(&to)
}

#[tokio::test]
async fn sealed_ogg_opus_lies_unreadable_on_the_disk_and_is_played_to_who_may_hear_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let keys = folder.path().join("keys");
    std::fs::write(&keys, format!("{}\n", "5a".repeat(32))).expect("written");
    let settings = format!("#recording.format = \"opus\"\n#recording.key_file = \"{}\"", keys.display());
    let node = Node::start_with(Site::acme().recorded(), &settings).await;
    let mut talk = AgentCall::begin(&node).await;
    talk.goes_on().await;
    talk.phone.bye().await;
    let sound = sound(&talk, &node, &talk.id).await;
    assert!(sound.starts_with(b"OggS"));
    let wav = decoded(&sound, folder.path());
    assert!(wav.seconds_of_tone(0, AGENT_HZ) >= 0.3 && wav.seconds_of_tone(1, PHONE_HZ) >= 0.3);
    assert_eq!((wav.seconds_of_tone(0, PHONE_HZ), wav.seconds_of_tone(1, AGENT_HZ)), (0.0, 0.0));
    let file = node.recordings().into_iter().find(|path| path.to_string_lossy().ends_with(".opus.sealed"));
    let lies = std::fs::read(file.expect("a sealed file")).expect("readable");
    assert!(!lies.windows(4).any(|bytes| bytes == b"OggS" || bytes == b"Opus"));
    let part = talk
        .admin
        .ask_with("GET", &format!("/recordings/{}", talk.id), &[("Range", "bytes=-100")], None)
        .await;
    assert_eq!((part.status, part.bytes()), (206, &sound[sound.len() - 100..]));
}

#[tokio::test]
async fn a_store_of_objects_that_is_away_costs_nothing_and_gets_nothing_twice() {
    let mut objects = Objects::away();
    let mut node = Node::start_with(Site::acme().recorded(), &objects.settings()).await;
    let mut talk = AgentCall::begin(&node).await;
    talk.goes_on().await;
    talk.phone.bye().await;
    let attempts = "SELECT attempts FROM recording_uploads";
    let some = |rows: Vec<String>| rows.first()?.parse::<u32>().ok().filter(|count| *count >= 2);
    node.database.until("attempts in vain", attempts, some).await;
    // It lies on the disk meanwhile, and is played from there.
    let before = sound(&talk, &node, &talk.id).await;
    objects.start().await;
    let there = "SELECT object FROM recordings WHERE object IS NOT NULL";
    let count = |count: usize| move |rows: Vec<String>| (rows.len() == count).then_some(());
    node.database.until("the first one there", there, count(1)).await;
    until("nothing on the disk", || node.recordings().is_empty().then_some(())).await;
    assert_eq!(sound(&talk, &node, &talk.id).await, before, "read back from the store");
    let part = talk
        .admin
        .ask_with("GET", &format!("/recordings/{}", talk.id), &[("Range", "bytes=44-143")], None)
        .await;
    assert_eq!((part.status, part.bytes()), (206, &before[44..144]));

    objects.stop().await;
    let (admin, ana) = (talk.admin.clone(), talk.ana.clone());
    drop(talk);
    let mut second = AgentCall::of(&node, admin, ana).await;
    second.phone.bye().await;
    node.database.until("a second attempt in vain", attempts, count(1)).await;
    node.kill().await;
    objects.start().await;
    node.serve().await;
    node.database.until("both there", there, count(2)).await;
    until("both in what it says it was sent", || (objects.sent() >= 2).then_some(())).await;
    assert_eq!(objects.sent(), 2, "each was sent once");
    assert!(node.database.ask("SELECT path FROM recording_uploads").await.is_empty());
}

#[tokio::test]
async fn what_is_older_than_its_organization_keeps_is_deleted_and_that_is_written_down() {
    let node = Node::start(Site::acme().recorded()).await;
    let mut talk = AgentCall::begin(&node).await;
    talk.goes_on().await;
    talk.phone.bye().await;
    kept(&node, 1).await;
    let changed = talk.admin.patch("/organization", json!({ "recording_days": 30 })).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    node.database
        .change("UPDATE recordings SET started_at_ms = started_at_ms - 31 * CAST(86400000 AS BIGINT)");
    let mut node = node;
    node.kill().await;
    node.serve().await;
    node.expect_recording("deleted").await;
    assert!(node.recordings().is_empty());
    let entries = until_async("the audit entry", || async {
        let audit = Desk::log_in(&node, talk.admin.me["email"].as_str().expect("an e-mail"))
            .await
            .read("/audit?noun=recording")
            .await;
        audit.to_string().contains("retention").then_some(audit)
    });
    assert!(entries.await.to_string().contains(&talk.id));
}
