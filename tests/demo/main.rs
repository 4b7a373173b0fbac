//! `make demo`: a contact centre to try, with a caller who waits. `make demo ONLY=sound`: two real SIP clients talk through the
//! gateway on loopback, and the recording is compared by content.

mod house;
mod likeness;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use ramal_tests::baresip::Setup;
use ramal_tests::deadline::until;
use ramal_tests::site::password;
use ramal_tests::{Baresip, Node, Site, Wav};

use crate::likeness::likeness;

const CALLER_SAYS: &str = "Good morning. This is the caller. I would like to know when my order arrives.";
const CALLEE_SAYS: &str =
    "Thank you for calling. Your parcel left the warehouse yesterday and comes tomorrow.";
/// A channel must resemble its own speaker at least so much.
const OWN: f64 = 0.8;
/// It may resemble the other speaker by so much more than the two clean speeches resemble each other.
const OTHER_ABOVE_CLEAN: f64 = 0.15;
/// What is recorded: both sentences, and more than once.
const SECONDS: u64 = 12;
/// Octets of a second of stereo at 8 kHz.
const OCTETS_PER_SECOND: u64 = 32_000;

/// What one side says.
struct Speech {
    once: PathBuf,
    repeated: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("sound") => sound().await,
        Some(other) => {
            eprintln!("there is no `{other}` to show; right are nothing, or `sound`");
            ExitCode::FAILURE
        }
        None => {
            house::open().await;
            ExitCode::SUCCESS
        }
    }
}

async fn sound() -> ExitCode {
    let node = Node::start(Site::acme().recorded()).await;
    println!("gateway: SIP on udp {}, HTTP on http://{}", node.udp, node.http);
    let caller = speech(node.folder(), "caller", "en+m3", CALLER_SAYS);
    let callee = speech(node.folder(), "callee", "en+f3", CALLEE_SAYS);
    let mut one = Baresip::start(&setup(&node, "100", &caller.repeated)).await;
    let mut two = Baresip::start(&setup(&node, "101", &callee.repeated)).await;
    tokio::join!(one.registered(), two.registered());
    println!("registered: 100 and 101, both baresip");
    one.command("dial", &format!("sip:101@{}", node.site.domain)).await;
    tokio::join!(one.expect_event("CALL_ESTABLISHED"), two.expect_event("CALL_ESTABLISHED"));
    println!("100 talks with 101\n  100: \"{CALLER_SAYS}\"\n  101: \"{CALLEE_SAYS}\"");
    until("the recording", || {
        let sizes = node.recordings().into_iter().filter_map(|f| f.metadata().ok()).map(|m| m.len());
        (sizes.sum::<u64>() > SECONDS * OCTETS_PER_SECOND).then_some(())
    })
    .await;
    one.command("hangup", "").await;
    let record = node.expect_cdr().await;
    println!("call record:\n{}", serde_json::to_string_pretty(&record).unwrap_or_default());
    report(&node, &caller.once, &callee.once)
}

fn report(node: &Node, caller: &Path, callee: &Path) -> ExitCode {
    let Some(file) = node.recordings().into_iter().find(|f| f.extension().is_some_and(|e| e == "wav")) else {
        eprintln!("no recording");
        return ExitCode::FAILURE;
    };
    let recording = Wav::read(&file);
    println!("recording: {}, {:.1} s", keep(&file).display(), recording.seconds());
    let (left, right) = (Wav::read(caller), Wav::read(callee));
    let mut good = recording.channels.len() == 2;
    for (channel, name, own, other) in [(0, "left", &left, &right), (1, "right", &right, &left)] {
        let like = |source: &Wav| likeness(&source.channels[0], &recording.channels[channel]);
        // Two voices are never wholly unlike: how much these are alike without any call says what to expect.
        let most = likeness(&other.channels[0], &own.channels[0]) + OTHER_ABOVE_CLEAN;
        let (own, other) = (like(own), like(other));
        println!(
            "{name} channel: likeness {own:.2} to its own speaker (at least {OWN}), {other:.2} to the other (at most {most:.2})"
        );
        good &= own >= OWN && other <= most;
    }
    if good {
        println!("good: each channel holds its own speaker and nothing of the other");
        return ExitCode::SUCCESS;
    }
    eprintln!("bad: a channel lacks its own speaker, or holds the other");
    ExitCode::FAILURE
}

/// Copies the recording to where it outlives the demo, for listening; where that fails it is only in the node's folder.
fn keep(file: &Path) -> PathBuf {
    let folder = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    let kept = folder.join("demo").join("recording.wav");
    let copied = std::fs::create_dir_all(folder.join("demo")).and_then(|()| std::fs::copy(file, &kept));
    if copied.is_ok() { kept } else { file.to_owned() }
}

fn setup(node: &Node, number: &str, speaks: &Path) -> Setup {
    let account = format!(
        "<sip:{number}@{}>;auth_pass={};outbound=\"sip:{}\";regint=600;answermode=auto",
        node.site.domain,
        password(number),
        node.udp
    );
    Setup { account, codecs: vec!["g711"], speaks: speaks.to_owned() }
}

/// Speech at 8 kHz, mono. The phone says it over and over, for longer than the call; what is looked for is said once.
fn speech(folder: &Path, name: &str, voice: &str, words: &str) -> Speech {
    let [raw, once, repeated] =
        ["raw", "once", "repeated"].map(|kind| folder.join(format!("{name}-{kind}.wav")));
    run(Command::new("espeak-ng").args(["-v", voice, "-w"]).arg(&raw).arg(words));
    run(Command::new("sox").arg(&raw).args(["-r", "8000", "-c", "1", "-b", "16"]).arg(&once));
    run(Command::new("sox").arg(&once).arg(&repeated).args(["pad", "0", "0.5", "repeat", "9"]));
    Speech { once, repeated }
}

fn run(command: &mut Command) {
    let status = command.status().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(status.success(), "{command:?} failed");
}
