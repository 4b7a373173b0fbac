//! A real gateway process with its own folder, ports and database.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr as LocalAddr, UnixListener};
use std::path::{Path, PathBuf};

use rand::seq::SliceRandom as _;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::database::Database;
use crate::deadline::{until_async, within};
use crate::process::Process;
use crate::site::{Site, password};
use crate::wire::link::Transport;
use crate::wire::ua::{Identity, Ua};

/// RTP ports of one node: enough for a test.
const RTP_PORTS: u16 = 200;
/// First ports of the windows that nodes have: beside what systems give out by themselves (32768 to 60999), and beside the
/// ports of `make bench` and of a node that somebody runs by hand (10000 to 29999).
const RTP_WINDOWS: [Range<u16>; 2] = [30_000..32_600, 61_000..65_400];

/// A running gateway.
pub struct Node {
    process: Option<Process>,
    program: PathBuf,
    pub database: Database,
    pub site: Site,
    pub udp: SocketAddr,
    pub tcp: SocketAddr,
    pub tls: SocketAddr,
    pub ws: SocketAddr,
    pub wss: SocketAddr,
    /// Where the one media thread hears browsers, UDP.
    pub browsers: SocketAddr,
    pub http: SocketAddr,
    /// Where pages are served.
    pub web: SocketAddr,
    /// Where the first administrator sets his password, as the node told at its start.
    pub setup_link: Option<String>,
    _ports: RtpWindow,
    // Last, so that the process ends before its folder goes.
    folder: TempDir,
}

impl Node {
    /// Starts a gateway that serves this site.
    pub async fn start(site: Site) -> Node {
        Node::start_with(site, "").await
    }

    /// Starts one with more configuration, as TOML tables: `[sip.timers]\nt1_ms = 100`.
    pub async fn start_with(site: Site, overrides: &str) -> Node {
        let mut node = Node::prepared(site, overrides);
        node.apply_text(&node.site.toml()).await;
        node.serve().await;
        node
    }

    /// Starts one whose database holds nothing.
    pub async fn start_empty() -> Node {
        let mut node = Node::prepared(Site::acme(), "");
        node.serve().await;
        node
    }

    /// Starts the program from a folder where it lies alone: nothing that ships with it is there.
    pub async fn start_bare(site: Site) -> Node {
        let mut node = Node::prepared(site, "");
        let folder = node.folder.path().join("bare");
        std::fs::create_dir(&folder).expect("a folder");
        node.program = folder.join("ramal");
        // Another file system has no second name for it.
        if std::fs::hard_link(binary(), &node.program).is_err() {
            std::fs::copy(binary(), &node.program).expect("a copy of the program");
        }
        node.apply_text(&node.site.toml()).await;
        node.serve().await;
        node
    }

    fn prepared(site: Site, overrides: &str) -> Node {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::fresh(folder.path());
        let config = folder.path().join("ramal.toml");
        let ports = RtpWindow::take();
        std::fs::write(&config, configuration(folder.path(), database.url(), ports.first, overrides))
            .expect("ramal.toml");
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        Node {
            process: None,
            program: binary(),
            database,
            site,
            udp: nowhere,
            tcp: nowhere,
            tls: nowhere,
            ws: nowhere,
            wss: nowhere,
            browsers: nowhere,
            http: nowhere,
            web: nowhere,
            setup_link: None,
            _ports: ports,
            folder,
        }
    }

    /// Starts one that ends a call from which no media came for so many seconds.
    pub async fn start_quick_media(site: Site, timeout_s: u32, overrides: &str) -> Node {
        Node::start_with(site, &format!("{overrides}\n#media.timeout_s = {timeout_s}")).await
    }

    /// Starts one that records into this folder.
    pub async fn start_recording_to(site: Site, recordings: &Path) -> Node {
        Node::start_with(site, &format!("#recording.folder = \"{}\"", recordings.display())).await
    }

    /// Starts serving, again after [`Node::kill`]; the ports are new ones.
    pub async fn serve(&mut self) {
        let mut command = Command::new(&self.program);
        command.args(["serve", "--ready-json", "--config"]).arg(self.config_file());
        let mut process = Process::start("ramal", command);
        let ready = process.line("the ready line", ready).await;
        let address = |value: &Value| value.as_str().and_then(|a| a.parse().ok()).expect("an address");
        self.udp = address(&ready["sip"]["udp"]);
        self.tcp = address(&ready["sip"]["tcp"]);
        self.tls = address(&ready["sip"]["tls"]);
        self.ws = address(&ready["sip"]["ws"]);
        self.wss = address(&ready["sip"]["wss"]);
        self.browsers = address(&ready["browsers"][0]);
        self.http = address(&ready["http"]);
        self.web = address(&ready["web"]);
        self.setup_link = ready["setup_link"].as_str().map(str::to_owned);
        self.process = Some(process);
    }

    /// SIGTERM: the node stops in order. What it still has to say comes while this process listens.
    pub fn stop(&self) {
        let id = self.process.as_ref().and_then(Process::id).expect("a running gateway");
        let status = std::process::Command::new("kill").args(["-TERM", &id.to_string()]).status();
        assert!(status.is_ok_and(|s| s.success()), "kill failed");
    }

    /// Its process.
    pub fn process(&self) -> u32 {
        self.process.as_ref().and_then(Process::id).expect("a running gateway")
    }

    /// kill -9, as a power cut would.
    pub async fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().await;
        }
    }

    /// Runs a command of the binary against this node; panics when it fails, returns its stdout.
    pub async fn run(&self, arguments: &[&str]) -> String {
        let (good, stdout, stderr) = self.try_run(arguments).await;
        assert!(good, "ramal {arguments:?} failed:\n{stdout}\n{stderr}");
        stdout
    }

    /// The same with more environment.
    pub async fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> String {
        let mut command = Command::new(binary());
        command.args(arguments).arg("--config").arg(self.config_file()).kill_on_drop(true);
        command.envs(environment.iter().copied());
        // What compiles may take its time.
        let output = command.output().await.expect("ramal runs");
        assert!(output.status.success(), "ramal {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs a command: whether it succeeded, stdout, stderr.
    pub async fn try_run(&self, arguments: &[&str]) -> (bool, String, String) {
        let mut command = Command::new(binary());
        command.args(arguments).arg("--config").arg(self.config_file()).kill_on_drop(true);
        let output = within(&format!("ramal {arguments:?}"), command.output()).await.expect("ramal runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    }

    /// Applies another site.
    pub async fn apply(&self, site: &Site) {
        self.apply_text(&site.toml()).await;
    }

    /// Applies a site file of this text.
    pub async fn apply_text(&self, text: &str) {
        let path = self.folder.path().join("site.toml");
        std::fs::write(&path, text).expect("site.toml");
        self.run(&["apply", &path.to_string_lossy()]).await;
    }

    /// Waits until there are so many registrations.
    pub async fn expect_registrations(&self, count: usize) {
        let what = format!("{count} registrations");
        until_async(&what, async || (self.registrations().await.len() == count).then_some(())).await;
    }

    /// Running calls, as `ramal calls` tells.
    pub async fn calls(&self) -> Vec<Value> {
        self.list(&["calls", "--json"]).await
    }

    /// Registrations, as `ramal registrations` tells.
    pub async fn registrations(&self) -> Vec<Value> {
        self.list(&["registrations", "--json"]).await
    }

    /// Trunks with their state, as `ramal trunks` tells.
    pub async fn trunks(&self) -> Vec<Value> {
        self.list(&["trunks", "--json"]).await
    }

    /// Call records in the database, newest first.
    pub async fn cdrs(&self) -> Vec<Value> {
        self.list(&["cdrs", "--json"]).await
    }

    async fn list(&self, arguments: &[&str]) -> Vec<Value> {
        let text = self.run(arguments).await;
        match serde_json::from_str(&text) {
            Ok(Value::Array(rows)) => rows,
            other => panic!("ramal {arguments:?} printed {other:?}:\n{text}"),
        }
    }

    /// Waits until the database holds this many finished call records, and returns them, newest first.
    pub async fn expect_cdrs(&self, count: usize) -> Vec<Value> {
        until_async(&format!("{count} call records"), async || {
            let rows = self.cdrs().await;
            let ended = rows.iter().filter(|row| !row["ended_at_ms"].is_null()).count();
            (ended >= count).then_some(rows)
        })
        .await
    }

    /// Waits for the one call record of this test.
    pub async fn expect_cdr(&self) -> Value {
        let mut rows = self.expect_cdrs(1).await;
        assert_eq!(rows.len(), 1, "one call, one record: {rows:#?}");
        rows.remove(0)
    }

    /// Waits until no call runs.
    pub async fn expect_idle(&self) {
        until_async("the end of all calls", async || self.calls().await.is_empty().then_some(())).await;
    }

    /// Body of a page of the node's HTTP port.
    pub async fn page(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.http).await.expect("HTTP port");
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.http);
        stream.write_all(request.as_bytes()).await.expect("request");
        let mut answer = Vec::new();
        within("an HTTP answer", stream.read_to_end(&mut answer)).await.expect("answer");
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Sum of all series of a metric in `/metrics`, 0 when it is not there.
    pub async fn metric(&self, name: &str) -> f64 {
        let page = self.page("/metrics").await;
        let series = page.lines().filter(|l| l.strip_prefix(name).is_some_and(|r| r.starts_with(['{', ' '])));
        series.filter_map(|l| l.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    /// Lets no file of the gateway grow beyond this, as a full disk would; `None` takes the limit away.
    pub fn limit_files(&self, octets: Option<u64>) {
        let id = self.process.as_ref().and_then(Process::id).expect("a running gateway");
        let soft = octets.map_or("unlimited".to_owned(), |o| o.to_string());
        let status = std::process::Command::new("prlimit")
            .args(["--pid", &id.to_string(), &format!("--fsize={soft}:")])
            .status()
            .expect("prlimit of util-linux");
        assert!(status.success(), "prlimit failed");
    }

    /// Waits until the database holds an event of this kind, and returns its detail.
    pub async fn expect_event(&self, kind: &str) -> String {
        let statement = format!("SELECT detail FROM events WHERE kind = '{kind}'");
        self.database.until(&format!("an event {kind}"), &statement, |rows| rows.into_iter().next()).await
    }

    /// Waits until the database says that the one recording is in this state.
    pub async fn expect_recording(&self, state: &str) {
        let what = format!("a recording that is {state}");
        let fits = |states: Vec<String>| (states == [state]).then_some(());
        self.database.until(&what, "SELECT state FROM recordings", fits).await;
    }

    /// What the gateway logged.
    pub fn log(&self) -> String {
        self.process.as_ref().map(Process::log).unwrap_or_default()
    }

    /// Waits until the gateway has logged this, and tells how often: its words come by a pipe.
    pub async fn logged(&self, text: &str) -> usize {
        until_async(&format!("{text:?} in the log"), async || {
            Some(self.log().matches(text).count()).filter(|count| *count > 0)
        })
        .await
    }

    /// Files of the recordings folder, whole and unfinished.
    pub fn recordings(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        collect(&self.folder.path().join("recordings"), &mut found);
        found.sort();
        found
    }

    /// The node's own folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn config_file(&self) -> PathBuf {
        self.folder.path().join("ramal.toml")
    }

    // ---- phones of this site

    /// Who a phone of this site is.
    pub fn identity(&self, number: &str, target: SocketAddr) -> Identity {
        Identity {
            user: number.to_owned(),
            domain: self.site.domain.clone(),
            password: password(number),
            target,
        }
    }

    /// A phone on UDP that is registered.
    pub async fn phone(&self, number: &str) -> Ua {
        let phone = self.unregistered(number).await;
        phone.register().await;
        phone
    }

    /// A phone on UDP that is not.
    pub async fn unregistered(&self, number: &str) -> Ua {
        Ua::udp(self.identity(number, self.udp)).await
    }

    /// A registered phone on anything but UDP.
    pub async fn stream_phone(&self, number: &str, transport: Transport) -> Ua {
        let target = match transport {
            Transport::Udp => self.udp,
            Transport::Tcp => self.tcp,
            Transport::Tls => self.tls,
            Transport::Ws => self.ws,
            Transport::Wss => self.wss,
        };
        let phone = Ua::stream(self.identity(number, target), transport).await;
        phone.register().await;
        phone
    }
}

/// A carrier's socket, made before the node so that its address can stand in the site. Its target is set by
/// [`carrier_of`] once the node listens.
pub async fn carrier_address() -> SocketAddr {
    let socket = tokio::net::UdpSocket::bind((own_host(), 0)).await.expect("a UDP socket");
    socket.local_addr().expect("its address")
}

/// A host of this process alone, all of 127/8 being local: nobody takes a port there that is to be used later.
pub fn own_host() -> Ipv4Addr {
    let [.., a, b, c] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, 64 | a, b, c)
}

/// The carrier at this address, sending to the node.
pub async fn carrier_of(node: &Node, address: SocketAddr) -> Ua {
    let identity = Identity {
        user: "5511999990000".to_owned(),
        domain: node.udp.to_string(),
        password: String::new(),
        target: node.udp,
    };
    Ua::udp_at(identity, address).await
}

/// The gateway under test: `RAMAL_BIN`, or `ramal` in the folder that cargo builds into.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("RAMAL_BIN") {
        return PathBuf::from(path);
    }
    let test = std::env::current_exe().expect("our own path");
    let folder = test.parent().expect("a folder");
    let folder = if folder.ends_with("deps") { folder.parent().expect("a folder") } else { folder };
    let path = folder.join("ramal");
    assert!(path.exists(), "{} is not there: cargo build -p ramal", path.display());
    path
}

fn ready(line: &str) -> Option<Value> {
    let value: Value = serde_json::from_str(line).ok()?;
    (value["ready"] == true).then_some(value)
}

/// RTP ports that no other node of a test has, whichever process it belongs to: what a phone still sends when its call is over
/// must not come to somebody else's. The system takes the claim back with the process.
struct RtpWindow {
    first: u16,
    _claim: Option<UnixListener>,
}

impl RtpWindow {
    fn take() -> RtpWindow {
        let mut firsts: Vec<u16> =
            RTP_WINDOWS.iter().flat_map(|range| range.clone().step_by(usize::from(RTP_PORTS))).collect();
        firsts.shuffle(&mut rand::rng());
        let claim = |first: &u16| {
            let name = LocalAddr::from_abstract_name(format!("ramal-tests-rtp-{first}")).ok()?;
            Some(RtpWindow { first: *first, _claim: Some(UnixListener::bind_addr(&name).ok()?) })
        };
        // More nodes than windows at once: one of them is shared, and its nodes step out of each other's way.
        firsts.iter().find_map(claim).unwrap_or(RtpWindow { first: firsts[0], _claim: None })
    }
}

fn configuration(folder: &Path, database: &str, ports: u16, overrides: &str) -> String {
    let template = include_str!("../testdata/ramal.toml");
    let filled = template
        .replace("@DATA@", &folder.display().to_string())
        .replace("@DATABASE@", database)
        .replace("@PORT_MIN@", &ports.to_string())
        .replace("@PORT_MAX@", &(ports + RTP_PORTS - 1).to_string());
    // A table that the template has already is changed by a line `#table.key = value`.
    let mut out = filled;
    for line in overrides.lines().filter_map(|l| l.strip_prefix('#')) {
        let (name, value) = line.split_once('=').expect("#table.key = value");
        let (table, key) = name.rsplit_once('.').expect("#table.key = value");
        out = set(&out, table, &format!("{key}={value}"));
    }
    format!("{out}\n{overrides}\n")
}

// Puts a setting into a table of a file, in the place of one with the same key.
fn set(toml: &str, table: &str, setting: &str) -> String {
    let head = format!("[{table}]");
    let key = setting.split('=').next().unwrap_or_default().trim();
    let mut out = String::new();
    let mut inside = false;
    for line in toml.lines() {
        if line.starts_with('[') {
            inside = line == head;
        }
        let replaced = inside && line.split('=').next().is_some_and(|k| k.trim() == key);
        if !replaced {
            out.push_str(line);
            out.push('\n');
        }
        if line == head {
            out.push_str(setting);
            out.push('\n');
        }
    }
    out
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.filter_map(Result::ok).map(|e| e.path()) {
        if path.is_dir() { collect(&path, found) } else { found.push(path) }
    }
}
