//! An agent plays sounds into his call, listens for machines, and lets nobody have a card number.

use std::path::Path;

use ramal_tests::page::http::Answer;
use ramal_tests::rtp::endpoint::Speech;
use ramal_tests::rtp::tone;
use ramal_tests::talk::AgentCall;
use ramal_tests::{Node, Site, Wav, wav};
use serde_json::{Value, json};

const AGENT_HZ: f64 = AgentCall::AGENT_HZ;
const PHONE_HZ: f64 = AgentCall::PHONE_HZ;
const CLIP_HZ: f64 = 1250.0;
/// No port or time looks like it.
const CARD: &str = "492911873350";

/// An agent's call, and a folder for sounds.
struct Talk {
    call: AgentCall,
    folder: tempfile::TempDir,
}

impl std::ops::Deref for Talk {
    type Target = AgentCall;

    fn deref(&self) -> &AgentCall {
        &self.call
    }
}

impl Talk {
    async fn begin(node: &Node) -> Talk {
        Talk { call: AgentCall::begin(node).await, folder: tempfile::tempdir().expect("a folder") }
    }

    /// A file of a tone, as somebody else's program writes it.
    fn file(&self, kind: &str, seconds: usize) -> Vec<u8> {
        let wav = self.folder.path().join("clip.wav");
        wav::write_mono(&wav, 16_000, &tone::sine(CLIP_HZ, 16_000, 0, 16_000 * seconds));
        match kind {
            "audio/wav" => std::fs::read(wav).expect("readable"),
            "audio/mpeg" => made_by("lame", &["--quiet"], &wav, &self.folder.path().join("clip.mp3")),
            _ => made_by("opusenc", &["--quiet"], &wav, &self.folder.path().join("clip.opus")),
        }
    }

    async fn upload(&self, title: &str, kind: &str, bytes: &[u8]) -> Answer {
        self.admin.send_bytes("POST", &format!("/api/v1/sound-clips?title={title}"), kind, bytes).await
    }

    async fn clip(&self, kind: &str, seconds: usize) -> i64 {
        let answer = self.upload("clip", kind, &self.file(kind, seconds)).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["id"].as_i64().expect("a number")
    }

    async fn play(&self, body: Value) {
        self.ana.tell_call(&self.id, "clip", Some(&body)).await;
    }
}

fn made_by(program: &str, arguments: &[&str], from: &Path, to: &Path) -> Vec<u8> {
    let told = std::process::Command::new(program).args(arguments).arg(from).arg(to).output();
    let told = told.unwrap_or_else(|error| panic!("{program}: {error}: run scripts/install test"));
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    std::fs::read(to).expect("readable")
}

#[tokio::test]
async fn f173_f174_a_clip_of_every_kind_is_heard_by_the_customer_or_by_both_and_play_and_hang_up_ends_with_it()
 {
    let node = Node::start(Site::acme()).await;
    let talk = Talk::begin(&node).await;
    for kind in ["audio/wav", "audio/mpeg", "audio/ogg"] {
        let clip = talk.clip(kind, 2).await;
        talk.play(json!({ "clip": clip })).await;
        // The agent goes on hearing the customer meanwhile.
        tokio::join!(talk.rtp.hears(CLIP_HZ), talk.seat.media.hears(PHONE_HZ));
        talk.rtp.hears(AGENT_HZ).await;
    }
    let long = talk.clip("audio/wav", 60).await;
    talk.play(json!({ "clip": long, "hears": "both" })).await;
    tokio::join!(talk.rtp.hears(CLIP_HZ), talk.seat.media.hears(CLIP_HZ));
    let stopped = talk.ana.delete(&format!("/calls/{}/clip", talk.id)).await;
    assert_eq!(stopped.status, 204, "{}", stopped.text());
    tokio::join!(talk.rtp.hears(AGENT_HZ), talk.seat.media.hears(PHONE_HZ));
    let last = talk.clip("audio/ogg", 1).await;
    talk.play(json!({ "clip": last, "then": "hang_up" })).await;
    talk.rtp.hears(CLIP_HZ).await;
    talk.phone.expect_bye().await;
    assert_eq!(node.expect_cdr().await["end_reason"], "normal_clearing");
}

#[tokio::test]
async fn what_is_no_sound_is_refused_with_the_reason_and_the_limit() {
    let node = Node::start(Site::acme()).await;
    let talk = Talk::begin(&node).await;
    let mut lying = talk.file("audio/wav", 1);
    lying[40..44].copy_from_slice(&4_000_000_u32.to_le_bytes());
    let refusals = [
        ("audio/mpeg", [b"ID3".as_slice(), &[7; 4_000]].concat(), "not an MP3 file"),
        ("audio/wav", lying, "4000000 bytes of sound, and 32000 are there"),
        ("audio/wav", b"<html>".to_vec(), "WAV, MP3 and Ogg/Opus are"),
    ];
    for (kind, bytes, reason) in refusals {
        let answer = talk.upload("odd", kind, &bytes).await;
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert!(answer.text().contains(reason), "{}", answer.text());
    }
    // Two hours of a low bit rate are a small file.
    let wav = talk.folder.path().join("two_hours.wav");
    wav::write_mono(&wav, 8_000, &vec![0; 8_000 * 7_200]);
    let mp3 = made_by(
        "lame",
        &["--quiet", "-b", "8", "--resample", "8"],
        &wav,
        &talk.folder.path().join("two_hours.mp3"),
    );
    let answer = talk.upload("long", "audio/mpeg", &mp3).await;
    assert_eq!((answer.status, answer.text().contains("600 s")), (422, true), "{}", answer.text());
    assert_eq!(talk.admin.read("/sound-clips").await["items"], json!([]));
}

#[tokio::test]
async fn a_text_is_spoken_once_and_can_be_played() {
    let speech = "[speech]\ncommand = [\"espeak-ng\", \"-v\", \"{language}\", \"--stdin\", \"--stdout\"]";
    let node = Node::start_with(Site::acme(), speech).await;
    let talk = Talk::begin(&node).await;
    let text = json!({ "title": "Aviso", "text": "Sua chamada é importante para nós.", "language": "pt-br" });
    let clip = talk.admin.does("/sound-clips/speech", text).await;
    assert!(clip["seconds"].as_f64().is_some_and(|seconds| seconds > 1.0), "{clip}");
    talk.play(json!({ "clip": clip["id"] })).await;
    talk.rtp.hears_no(AGENT_HZ).await;
    talk.rtp.hears(AGENT_HZ).await;
    let odd = json!({ "title": "x", "text": "x", "language": "pt; rm -rf" });
    assert_eq!(talk.admin.post("/sound-clips/speech", odd).await.status, 422);
}

#[tokio::test]
async fn a_fax_machine_at_the_far_end_is_told() {
    let node = Node::start(Site::acme()).await;
    let talk = Talk::begin(&node).await;
    talk.ana.tell_call(&talk.id, "listen", Some(&json!({ "fax": true, "answerer": true }))).await;
    talk.rtp.speak(2100.0);
    assert!(node.expect_event("call.fax").await.contains("fax_called"));
    assert!(node.expect_event("call.answerer").await.contains("machine"));
}

#[tokio::test]
async fn masked_digits_reach_the_far_end_and_appear_nowhere_else() {
    let node = Node::start(Site::acme().recorded()).await;
    let mut talk = Talk::begin(&node).await;
    talk.ana.tell_call(&talk.id, "mask", Some(&json!({ "masked": true }))).await;
    assert_eq!(talk.ana.read("/calls").await[0]["keys_masked"], true);
    // The page sends a number: it comes to the phone as events.
    talk.ana.tell_call(&talk.id, "dtmf", Some(&json!({ "digits": CARD }))).await;
    for digit in CARD.chars() {
        assert_eq!(talk.rtp.expect_digit().await.0, digit);
    }
    // The phone sends a key as sound: both its tones are taken out of what the agent hears, and of the recording.
    let from = talk.seat.media.heard_so_far();
    for _ in 0..2 {
        talk.rtp.say(Speech::Key(770.0, 1336.0));
        talk.rtp.hears(AGENT_HZ).await;
        talk.rtp.speak(PHONE_HZ);
        talk.seat.media.hears(PHONE_HZ).await;
    }
    for hz in [770.0, 1336.0] {
        let loudest = talk.seat.media.loudest_since(from, hz);
        assert!(loudest < 0.3, "{hz} Hz was {loudest} of what the agent heard");
    }
    talk.call.phone.bye().await;
    let sealed = "SELECT path FROM recordings WHERE state = 'sealed'";
    let path = node.database.until("a sealed recording", sealed, |paths| paths.into_iter().next()).await;
    let wav = Wav::read(Path::new(&path));
    assert!(wav.seconds_of_tone(1, PHONE_HZ) >= 0.2);
    for hz in [770.0, 1336.0] {
        let loudest = wav.channels[1]
            .chunks(800)
            .map(|window| tone::share(window, hz, wav.rate_hz))
            .fold(0.0, f64::max);
        assert!(loudest < 0.3, "{hz} Hz is {loudest} of the sound somewhere");
    }
    let trace = node.run(&["trace", &talk.id]).await;
    assert!(!trace.contains("Signal=") && !node.log().contains(CARD));
}
