//! rtpengine of Debian in user space, driven over its NG protocol (docs/ng_control_protocol.md of rtpengine).

use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::bencode::{Value, dictionary};
use super::plan::{self, CalleeKeys, Mode, Route, Side};
use super::{Relay, bencode};
use crate::error::{BenchError, Outcome, io};
use crate::process::{Subject, Usage};

const WHO: &str = "rtpengine";
/// Its own default is one a core; it needs less CPU with fewer.
const THREADS: &str = "--num-threads=1";
const ANSWER_TIME: Duration = Duration::from_millis(500);
/// Questions until it is up.
const MAX_PINGS: u32 = 40;
const SUITE: &str = "AES_CM_128_HMAC_SHA1_80";

/// See the module. One process serves a whole run.
pub struct Rtpengine {
    name: String,
    process: Subject,
    control: UdpSocket,
    cookie: u64,
    calls: usize,
}

impl Rtpengine {
    /// Starts it and waits until it answers.
    ///
    /// # Errors
    /// It is not installed, or does not come up.
    pub fn start() -> Outcome<Self> {
        let control = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(io(WHO))?;
        control.set_read_timeout(Some(ANSWER_TIME)).map_err(io(WHO))?;
        let port = free_port().map_err(io(WHO))?;
        control.connect((Ipv4Addr::LOCALHOST, port)).map_err(io(WHO))?;
        let mut command = Command::new("rtpengine");
        command.args([
            "--config-file=none",
            "--foreground",
            "--log-stderr",
            "--log-level=3",
            "--table=-1",
            THREADS,
        ]);
        command.args(["--interface=127.0.0.1", "--port-min=20000", "--port-max=29998"]);
        command.arg(format!("--listen-ng=127.0.0.1:{port}")).stderr(Stdio::null());
        let process = Subject::start(WHO, &mut command)?;
        let mut this = Self { name: version(), process, control, cookie: 0, calls: 0 };
        this.wait_until_up()?;
        Ok(this)
    }

    /// With its version.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn wait_until_up(&mut self) -> Outcome<()> {
        for _ in 0..MAX_PINGS {
            if !self.process.is_running() {
                return Err(BenchError::subject(WHO, "ended at once; run it by hand to see why"));
            }
            let pong = self.ask(&[("command", Value::Text("ping"))]);
            if pong.is_ok() {
                return Ok(());
            }
            // A port that nobody listens on yet refuses at once instead of after the answer time.
            std::thread::park_timeout(Duration::from_millis(100));
        }
        Err(BenchError::subject(WHO, "does not answer"))
    }

    fn ask(&mut self, question: &[(&str, Value<'_>)]) -> Outcome<std::collections::HashMap<String, String>> {
        self.cookie += 1;
        let cookie = format!("ramal{} ", self.cookie);
        let packet = [cookie.as_bytes(), &dictionary(question)].concat();
        self.control.send(&packet).map_err(io(WHO))?;
        let mut answer = [0; 16_384];
        loop {
            let length = self.control.recv(&mut answer).map_err(io(WHO))?;
            let Some(body) = answer[..length].strip_prefix(cookie.as_bytes()) else { continue };
            let found =
                bencode::texts(body).ok_or_else(|| BenchError::subject(WHO, "an answer is not bencoded"))?;
            return match found.get("result").map(String::as_str) {
                Some("ok" | "pong") => Ok(found),
                _ => Err(BenchError::subject(WHO, format!("refuses: {found:?}"))),
            };
        }
    }

    fn set_up_call(&mut self, mode: Mode, call: usize, port: u16) -> Outcome<Route> {
        let id = format!("bench-{call}");
        let (profile, key) = match mode {
            Mode::Plain => ("RTP/AVP", None),
            Mode::Sdes => ("RTP/SAVP", Some(plan::callee_key(call)?)),
        };
        let inline = key.as_ref().map(plan::to_inline);
        let offer = description(plan::address(call, Side::Caller), port, "RTP/AVP", None);
        let only = format!("only-{SUITE}");
        let offered = self.ask(&[
            ("command", Value::Text("offer")),
            ("call-id", Value::Text(&id)),
            ("from-tag", Value::Text("caller")),
            ("sdp", Value::Text(&offer)),
            ("ICE", Value::Text("remove")),
            ("DTLS", Value::Text("off")),
            ("SDES", Value::List(&[&only])),
            ("transport-protocol", Value::Text(profile)),
            ("rtcp-mux", Value::List(&["demux"])),
            ("replace", Value::List(&["origin", "session-connection"])),
        ])?;
        let to_callee = Described::read(offered.get("sdp"))?;
        let crypto = inline.as_deref().map(|key| (to_callee.tag.as_str(), key));
        let answer = description(plan::address(call, Side::Callee), port, profile, crypto);
        let answered = self.ask(&[
            ("command", Value::Text("answer")),
            ("call-id", Value::Text(&id)),
            ("from-tag", Value::Text("caller")),
            ("to-tag", Value::Text("callee")),
            ("sdp", Value::Text(&answer)),
            ("ICE", Value::Text("remove")),
            ("transport-protocol", Value::Text("RTP/AVP")),
            ("rtcp-mux", Value::List(&["demux"])),
            ("replace", Value::List(&["origin", "session-connection"])),
        ])?;
        let to_caller = Described::read(answered.get("sdp"))?;
        let keys = match key {
            Some(send) => Some(CalleeKeys { send, receive: plan::from_inline(&to_callee.key)? }),
            None => None,
        };
        Ok(Route { caller_to: to_caller.rtp, callee_to: to_callee.rtp, keys })
    }
}

impl Relay for Rtpengine {
    fn set_up(&mut self, mode: Mode, calls: usize, port: u16) -> Outcome<Vec<Route>> {
        self.calls = calls;
        (0..calls).map(|call| self.set_up_call(mode, call, port)).collect()
    }

    fn usage(&self) -> Outcome<Usage> {
        self.process.usage()
    }

    fn tear_down(&mut self) -> Outcome<()> {
        for call in 0..self.calls {
            let id = format!("bench-{call}");
            self.ask(&[
                ("command", Value::Text("delete")),
                ("call-id", Value::Text(&id)),
                ("from-tag", Value::Text("caller")),
                ("delete-delay", Value::Text("0")),
            ])?;
        }
        self.calls = 0;
        Ok(())
    }
}

impl Drop for Rtpengine {
    fn drop(&mut self) {
        self.process.terminate();
    }
}

/// What a description of rtpengine tells an end.
struct Described {
    rtp: SocketAddrV4,
    /// Empty where it is plain.
    tag: String,
    key: String,
}

impl Described {
    fn read(sdp: Option<&String>) -> Outcome<Self> {
        let sdp = sdp.ok_or_else(|| BenchError::subject(WHO, "an answer without SDP"))?;
        let line = |start: &str| sdp.lines().find_map(|line| line.strip_prefix(start));
        let ip = line("c=IN IP4 ").and_then(|ip| ip.trim().parse().ok());
        let port =
            line("m=audio ").and_then(|line| line.split(' ').next()).and_then(|port| port.parse().ok());
        let (Some(ip), Some(port)) = (ip, port) else {
            return Err(BenchError::subject(WHO, format!("SDP without an address: {sdp}")));
        };
        let crypto =
            sdp.lines().filter_map(|line| line.strip_prefix("a=crypto:")).find(|line| line.contains(SUITE));
        let mut words = crypto.unwrap_or_default().split(' ');
        let tag = words.next().unwrap_or_default().to_owned();
        let key = words.nth(1).and_then(|word| word.strip_prefix("inline:")).unwrap_or_default();
        let key = key.split('|').next().unwrap_or_default().to_owned();
        Ok(Self { rtp: SocketAddrV4::new(ip, port), tag, key })
    }
}

fn description(ip: Ipv4Addr, port: u16, profile: &str, crypto: Option<(&str, &str)>) -> String {
    let crypto =
        crypto.map(|(tag, key)| format!("a=crypto:{tag} {SUITE} inline:{key}\r\n")).unwrap_or_default();
    format!(
        "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} {profile} 0\r\n\
         a=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n{crypto}a=sendrecv\r\n"
    )
}

/// Its name and version, as it says them.
fn version() -> String {
    let output = Command::new("rtpengine").arg("--version").output();
    let said = output.map(|output| [output.stdout, output.stderr].concat()).unwrap_or_default();
    let said = String::from_utf8_lossy(&said).into_owned();
    let version =
        said.split_whitespace().find(|word| word.starts_with(|letter: char| letter.is_ascii_digit()));
    format!("rtpengine {}", version.map_or("?", |version| version.split('-').next().unwrap_or(version)))
}

/// A port that was free a moment ago.
fn free_port() -> std::io::Result<u16> {
    Ok(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
