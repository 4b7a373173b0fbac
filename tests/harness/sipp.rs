//! sipp as a stranger: its scenarios lie in `tests/testdata/sipp`.

use std::net::SocketAddr;
use std::path::PathBuf;

use tempfile::TempDir;
use tokio::process::Command;

use crate::process::Process;

/// A running sipp.
pub struct Sipp {
    process: Process,
    folder: TempDir,
}

impl Sipp {
    /// Starts a scenario from testdata toward `remote`, from this address, of which sipp chooses the port where it is 0.
    pub fn run(scenario: &str, remote: SocketAddr, local: SocketAddr, arguments: &[&str]) -> Sipp {
        let folder = tempfile::tempdir().expect("a folder");
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/sipp").join(scenario);
        let mut command = Command::new("sipp");
        command
            .current_dir(folder.path())
            .args(["-sf", &file.to_string_lossy(), "-i", &local.ip().to_string(), "-nostdin"])
            .args(["-trace_err", "-trace_msg", "-error_file", "errors.log", "-message_file", "messages.log"]);
        if local.port() != 0 {
            command.args(["-p", &local.port().to_string()]);
        }
        // sipp ends by itself when its calls are done, or after this many seconds.
        command.args(["-timeout", "85s", "-timeout_error"]).args(arguments).arg(remote.to_string());
        Sipp { process: Process::start("sipp", command), folder }
    }

    /// Waits for its end; panics with its messages unless all its calls succeeded.
    pub async fn succeeded(mut self) {
        let good = self.process.ended().await;
        assert!(
            good,
            "sipp failed:\n{}\n{}\n{}",
            self.read("errors.log"),
            self.read("messages.log"),
            self.process.log()
        );
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }
}
