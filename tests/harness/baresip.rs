//! baresip as a stranger: a real phone whose sound comes from a file and goes to a file.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::process::Command;
use tokio::sync::mpsc;

use crate::deadline::{until, within};
use crate::node::own_host;
use crate::process::Process;
use crate::wav::Wav;

/// Where Debian puts the modules.
const MODULES: &str = "/usr/lib/baresip/modules";
/// The newest of what it heard, in seconds, in which a sound is looked for.
const LOOKED_AT_S: f64 = 3.0;
/// Control events that may wait unread.
const EVENTS_WAITING: usize = 1024;

/// How a phone is set up.
#[derive(Clone, Debug)]
pub struct Setup {
    /// `<sip:100@acme.test>;auth_pass=...` as in its accounts file.
    pub account: String,
    /// Codec modules, in order of wish: `g711`, `g722`; with `vp8` it has a camera that sees a test picture.
    pub codecs: Vec<&'static str>,
    /// A mono WAV that it speaks, over and over.
    pub speaks: PathBuf,
}

/// A running baresip.
pub struct Baresip {
    process: Process,
    folder: TempDir,
    control: OwnedWriteHalf,
    events: mpsc::Receiver<Value>,
    _reader: tokio::task::JoinHandle<()>,
}

impl Baresip {
    /// Starts it and connects to its control port.
    pub async fn start(setup: &Setup) -> Baresip {
        let folder = tempfile::tempdir().expect("a folder");
        let address = free_address();
        std::fs::write(folder.path().join("config"), config(setup, address, folder.path())).expect("config");
        std::fs::write(folder.path().join("accounts"), format!("{}\n", setup.account)).expect("accounts");
        std::fs::write(folder.path().join("contacts"), "").expect("contacts");
        let mut command = Command::new("baresip");
        command.arg("-f").arg(folder.path()).args(["-s", "-v"]).current_dir(folder.path());
        let process = Process::start("baresip", command);
        let stream = within("baresip's control port", async {
            let mut tick = tokio::time::interval(std::time::Duration::from_millis(20));
            loop {
                tick.tick().await;
                if let Ok(stream) = TcpStream::connect(address).await {
                    return stream;
                }
            }
        })
        .await;
        let (input, control) = stream.into_split();
        let (events_tx, events) = mpsc::channel(EVENTS_WAITING);
        let reader = tokio::spawn(read_events(input, events_tx));
        Baresip { process, folder, control, events, _reader: reader }
    }

    /// A command of its menu: `dial`, `accept`, `hangup`, `hold`, `resume`, `transfer`, `sndcode`, `quit`.
    pub async fn command(&mut self, command: &str, params: &str) {
        let text = json!({ "command": command, "params": params, "token": command }).to_string();
        let framed = format!("{}:{text},", text.len());
        self.control.write_all(framed.as_bytes()).await.expect("control port");
    }

    /// Waits until it has registered. Its log tells: the event may come before the control port is open.
    pub async fn registered(&mut self) {
        self.process.line("a registration", |line| line.contains(" binding").then_some(())).await;
    }

    /// Waits for an event by its type: `CALL_INCOMING`, `CALL_ESTABLISHED`, `CALL_CLOSED` ...
    pub async fn expect_event(&mut self, kind: &str) -> Value {
        let log = self.process.log();
        within(&format!("{kind} from baresip, which said:\n{log}"), async {
            loop {
                let event = self.events.recv().await.expect("baresip lives");
                if event["type"] == kind {
                    return event;
                }
            }
        })
        .await
    }

    /// Waits as long as it takes until its call is over.
    pub async fn closed(&mut self) {
        while let Some(event) = self.events.recv().await {
            if event["type"] == "CALL_CLOSED" {
                return;
            }
        }
    }

    /// The file that what it hears goes to; it is there once a call is up.
    pub async fn heard_file(&self) -> PathBuf {
        let folder = self.folder.path().to_owned();
        until("the file baresip writes", move || {
            let files = std::fs::read_dir(&folder).ok()?.filter_map(Result::ok);
            files.map(|f| f.path()).find(|p| is_decoded_dump(p))
        })
        .await
    }

    /// Waits until so many seconds (fewer than three) of what it hears are this tone, in the file that it writes.
    pub async fn hears(&self, hz: f64, seconds: f64) {
        let heard = self.heard_file().await;
        until(&format!("{seconds} s of {hz} Hz in baresip's file"), || {
            let wav = Wav::parse_unfinished(&std::fs::read(&heard).ok()?)?;
            let newest = wav.span(0, wav.seconds() - LOOKED_AT_S, wav.seconds()).to_vec();
            let wav = Wav { channels: vec![newest], ..wav };
            (wav.seconds_of_tone(0, hz) >= seconds).then_some(())
        })
        .await;
    }

    /// Waits until it has decoded a picture: its log tells once.
    pub async fn decodes_pictures(&mut self) {
        let size = |line: &str| line.contains("video: receiving with resolution").then_some(());
        self.process.line("a picture that it decodes", size).await;
    }

    /// Ends it in good order, so that its files are whole.
    pub async fn quit(mut self) -> TempDir {
        self.command("quit", "").await;
        self.process.ended().await;
        self.folder
    }
}

// The sndfile module names its dumps dump-<time>-enc.wav and dump-<time>-dec.wav; dec is what the phone heard.
fn is_decoded_dump(path: &Path) -> bool {
    path.file_name().is_some_and(|n| {
        let name = n.to_string_lossy();
        name.starts_with("dump-") && name.ends_with("-dec.wav")
    })
}

fn config(setup: &Setup, control: SocketAddr, folder: &Path) -> String {
    // aufile plays a file only at its own rate, which must be the codec's.
    let rate_hz = match setup.codecs.first() {
        Some(&"opus") => 48_000,
        Some(&"g722") => 16_000,
        Some(_) | None => 8_000,
    };
    let mut out = format!(
        "poll_method epoll\nsip_listen 127.0.0.1:0\nsip_trans_def udp\ncall_local_timeout 120\ncall_max_calls 4\n\
         audio_player aubridge,sink\naudio_source aufile,{}\naudio_alert aubridge,alert\naudio_level no\n\
         ausrc_srate {rate_hz}\nauplay_srate {rate_hz}\nausrc_channels 1\nauplay_channels 1\n\
         audio_buffer 20-160\nrtp_tos 184\nrtcp_mux no\njitter_buffer_delay 5-10\n\
         net_interface 127.0.0.1\nmodule_path {MODULES}\n",
        setup.speaks.display()
    );
    for module in ["aufile.so", "aubridge.so", "sndfile.so", "srtp.so", "uuid.so"] {
        out.push_str(&format!("module {module}\n"));
    }
    for codec in &setup.codecs {
        out.push_str(&format!("module {codec}.so\n"));
    }
    if setup.codecs.contains(&"vp8") {
        out.push_str("module fakevideo.so\nvideo_source fakevideo,nil\nvideo_display fakevideo,nil\nvideo_size 320x240\n");
        out.push_str("video_bitrate 400000\nvideo_fps 15\n");
    }
    out.push_str("module_app account.so\nmodule_app menu.so\nmodule_app ctrl_tcp.so\n");
    out.push_str(&format!("ctrl_tcp_listen {control}\nsnd_path {}\n", folder.display()));
    out
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((own_host(), 0)).expect("a free port");
    listener.local_addr().expect("its address")
}

/// Netstrings of JSON: `12:{"a":"b"},`.
async fn read_events(mut input: tokio::net::tcp::OwnedReadHalf, events: mpsc::Sender<Value>) {
    let mut pending = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = input.read(&mut buffer).await {
        pending.extend_from_slice(&buffer[..length]);
        while let Some(value) = next_netstring(&mut pending) {
            if events.send(value).await.is_err() {
                return;
            }
        }
    }
}

fn next_netstring(pending: &mut Vec<u8>) -> Option<Value> {
    let colon = pending.iter().position(|b| *b == b':')?;
    let length: usize = std::str::from_utf8(&pending[..colon]).ok()?.parse().ok()?;
    if pending.len() < colon + 1 + length + 1 {
        return None;
    }
    let value = serde_json::from_slice(&pending[colon + 1..colon + 1 + length]).unwrap_or(Value::Null);
    pending.drain(..colon + length + 2);
    Some(value)
}
