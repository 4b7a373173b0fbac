//! `make demo`: two real SIP clients talk through the gateway on loopback; the recording is compared by content.

mod likeness;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use ramal_tests::baresip::Setup;
use ramal_tests::site::password;
use ramal_tests::{Baresip, Node, Site, Wav};

const CALLER_SAYS: &str = "Good morning. This is the caller. I would like to know when my order arrives.";
const CALLEE_SAYS: &str =
    "Thank you for calling. Your parcel left the warehouse yesterday and comes tomorrow.";
/// A channel must resemble its own speaker at least so much, and the other at most so much.
const OWN: f64 = 0.7;
const OTHER: f64 = 0.3;

#[tokio::main]
async fn main() -> ExitCode {
    let node = Node::start(Site::acme().recorded()).await;
    println!("gateway: SIP on {}, HTTP on http://{}", node.udp, node.http);
    let caller = speech(node.folder(), "caller", "en+m3", CALLER_SAYS);
    let callee = speech(node.folder(), "callee", "en+f3", CALLEE_SAYS);
    let mut one = Baresip::start(&setup(&node, "100", &caller)).await;
    let mut two = Baresip::start(&setup(&node, "101", &callee)).await;
    tokio::join!(one.registered(), two.registered());
    one.command("dial", &format!("sip:101@{}", node.site.domain)).await;
    tokio::join!(one.expect_event("CALL_ESTABLISHED"), two.expect_event("CALL_ESTABLISHED"));
    println!("100 talks with 101");
    ramal_tests::deadline::until("eight seconds of recording", || {
        let sizes = node.recordings().into_iter().filter_map(|f| f.metadata().ok()).map(|m| m.len());
        (sizes.sum::<u64>() > 8 * 8_000 * 4).then_some(())
    })
    .await;
    one.command("hangup", "").await;
    let record = node.expect_cdr().await;
    println!("{}", serde_json::to_string_pretty(&record).unwrap_or_default());
    report(&node, &caller, &callee)
}

fn report(node: &Node, caller: &Path, callee: &Path) -> ExitCode {
    let Some(file) = node.recordings().into_iter().find(|f| f.extension().is_some_and(|e| e == "wav")) else {
        eprintln!("no recording");
        return ExitCode::FAILURE;
    };
    let kept = PathBuf::from("target/demo.wav");
    let copied = std::fs::create_dir_all("target").and_then(|()| std::fs::copy(&file, &kept));
    println!("recording: {}", if copied.is_ok() { kept.display() } else { file.display() });
    let (recording, left, right) = (Wav::read(&file), Wav::read(caller), Wav::read(callee));
    let mut good = true;
    for (channel, own, other) in [(0, &left, &right), (1, &right, &left)] {
        let like = |source: &Wav| likeness::likeness(&source.channels[0], &recording.channels[channel]);
        let (own, other) = (like(own), like(other));
        println!("channel {channel}: {own:.2} like its own speaker, {other:.2} like the other");
        good &= own >= OWN && other <= OTHER;
    }
    println!(
        "{}",
        if good { "each channel holds its own speaker only" } else { "the channels are not clean" }
    );
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
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

/// Speech at 8 kHz, mono.
fn speech(folder: &Path, name: &str, voice: &str, words: &str) -> PathBuf {
    let (raw, file) = (folder.join(format!("{name}-raw.wav")), folder.join(format!("{name}.wav")));
    run(Command::new("espeak-ng").args(["-v", voice, "-w"]).arg(&raw).arg(words));
    run(Command::new("sox").arg(&raw).args(["-r", "8000", "-c", "1", "-b", "16"]).arg(&file));
    file
}

fn run(command: &mut Command) {
    let status = command.status().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(status.success(), "{command:?} failed");
}
