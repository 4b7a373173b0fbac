//! A node of its own folder, ports and database, pinned to the first core.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::phone::{EXTENSION, PASSWORD, REALM};
use super::sipp::CARRIER_IP;
use crate::error::{BenchError, Outcome, io};
use crate::process::{Subject, Usage};

const WHO: &str = "gateway";
/// Where the number of running calls stands in `/metrics`.
const CALLS_METRIC: &str = "ramal_active{kind=\"calls\"}";

/// Ends with this value; its folder goes with it.
pub struct Gateway {
    process: Subject,
    folder: PathBuf,
    pub sip: SocketAddr,
    http: SocketAddr,
}

impl Gateway {
    /// Applies a site and serves it.
    ///
    /// # Errors
    /// The binary is missing or does not come up.
    pub fn start() -> Outcome<Self> {
        let folder = std::env::temp_dir().join(format!("ramal-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(io(folder.display().to_string()))?;
        let config = folder.join("ramal.toml");
        let site = folder.join("site.toml");
        write(&config, &configuration(&folder))?;
        write(&site, &site_file())?;
        let program = binary()?;
        let applied = Command::new(&program).arg("apply").arg(&site).arg("--config").arg(&config).output();
        let applied = applied.map_err(io(program.display().to_string()))?;
        if !applied.status.success() {
            return Err(BenchError::subject(WHO, String::from_utf8_lossy(&applied.stderr).into_owned()));
        }
        let mut command = pinned(Core::Subject, &program);
        command.args(["serve", "--ready-json", "--config"]).arg(&config);
        let log = std::fs::File::create(folder.join("log")).map_err(io("log"))?;
        let mut process = Subject::start(WHO, command.stderr(log))?;
        let ready: Value = serde_json::from_str(&process.line()?)
            .map_err(|error| BenchError::subject(WHO, format!("its ready line: {error}")))?;
        let address = |value: &Value| value.as_str().and_then(|text| text.parse().ok());
        let (Some(sip), Some(http)) = (address(&ready["sip"]["udp"]), address(&ready["http"])) else {
            return Err(BenchError::subject(WHO, format!("its ready line has no addresses: {ready}")));
        };
        Ok(Self { process, folder, sip, http })
    }

    /// What it has used.
    pub fn usage(&self) -> Outcome<Usage> {
        self.process.usage()
    }

    /// Calls that run, as its metrics tell.
    ///
    /// # Errors
    /// It does not answer.
    pub fn calls(&self) -> Outcome<usize> {
        let mut stream = TcpStream::connect(self.http).map_err(io(WHO))?;
        let question = format!("GET /metrics HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.http);
        stream.write_all(question.as_bytes()).map_err(io(WHO))?;
        let mut page = String::new();
        stream.read_to_string(&mut page).map_err(io(WHO))?;
        let value = |line: &str| line.strip_prefix(CALLS_METRIC)?.trim().parse::<f64>().ok();
        let calls = page.lines().find_map(value);
        calls
            .map(|calls| calls as usize)
            .ok_or_else(|| BenchError::subject(WHO, format!("no {CALLS_METRIC} in /metrics")))
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.process.terminate();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Which core a program may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Core {
    /// The first.
    Subject,
    /// All others, where there are any.
    Others,
}

/// A command that is held to its core by taskset(1), where there is more than one core.
pub fn pinned(core: Core, program: &Path) -> Command {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if cores < 2 {
        return Command::new(program);
    }
    let list = match core {
        Core::Subject => "0".to_owned(),
        Core::Others => format!("1-{}", cores - 1),
    };
    let mut command = Command::new("taskset");
    command.args(["-c", &list]).arg(program).stderr(Stdio::null());
    command
}

/// `RAMAL_BIN`, or `ramal` beside this program.
fn binary() -> Outcome<PathBuf> {
    if let Some(path) = std::env::var_os("RAMAL_BIN") {
        return Ok(PathBuf::from(path));
    }
    let path = std::env::current_exe().map_err(io(WHO))?.with_file_name("ramal");
    if path.exists() {
        return Ok(path);
    }
    Err(BenchError::usage(format!("{} is not there: cargo build --release -p ramal", path.display())))
}

fn write(path: &Path, text: &str) -> Outcome<()> {
    std::fs::write(path, text).map_err(io(path.display().to_string()))
}

fn configuration(folder: &Path) -> String {
    format!(
        r#"[node]
name = "bench"
data_dir = "{}"
[sip]
listen = [{{ transport = "udp", address = "127.0.0.1:0" }}]
[sip.limits]
calls = 20000
transactions = 400000
invites_per_source_per_s = 100000
[media]
address = "127.0.0.1"
port_min = 10000
port_max = 29998
workers = 1
[http]
listen = "127.0.0.1:0"
[log]
filter = "error"
"#,
        folder.display()
    )
}

fn site_file() -> String {
    format!(
        r#"[[organization]]
name = "bench"
sip_domain = "{REALM}"
recording = "never"
[[organization.extension]]
number = "{EXTENSION}"
password = "{PASSWORD}"
[[organization.trunk]]
name = "carrier"
host = "{CARRIER_IP}"
sources = ["{CARRIER_IP}"]
[[organization.rule]]
from_trunk = "carrier"
number = "*"
extension = "{EXTENSION}"
"#
    )
}
