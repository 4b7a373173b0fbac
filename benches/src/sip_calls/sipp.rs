//! sipp on both sides of the gateway, on the cores that the gateway does not have.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::gateway::{Core, Gateway, pinned};
use super::phone;
use crate::error::{BenchError, Outcome, io};
use crate::process::Subject;

/// The carrier's address: a trunk of the site.
pub const CARRIER_IP: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const PHONE_IP: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);
/// Calls at once that sipp may have.
const MAX_CALLS: &str = "20000";
/// How long a trial may take beyond its calls.
const PATIENCE: Duration = Duration::from_secs(40);

/// The phone that answers. Ends with this value.
pub struct Phone {
    _process: Subject,
}

/// The carrier that calls.
pub struct Carrier {
    process: Subject,
    statistics: PathBuf,
}

/// How a trial ended.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Trial {
    pub answered: u64,
    pub failed: u64,
    pub retransmissions: u64,
    /// Calls a second that sipp made.
    pub rate: f64,
}

impl Phone {
    /// Registers it and lets it answer.
    ///
    /// # Errors
    /// The gateway refuses it; sipp is missing.
    pub fn start(gateway: &Gateway) -> Outcome<Self> {
        let local = free(PHONE_IP)?;
        phone::register(gateway.sip, local)?;
        let mut command = sipp("uas.xml", local);
        Ok(Self { _process: Subject::start("sipp", &mut command)? })
    }
}

impl Carrier {
    /// Starts to call: so many calls at this rate, each held so long.
    ///
    /// # Errors
    /// sipp is missing.
    pub fn start(gateway: &Gateway, rate: u32, calls: u32, hold: Duration) -> Outcome<Self> {
        let statistics = std::env::temp_dir().join(format!("ramal-bench-{}.csv", std::process::id()));
        let _ = std::fs::remove_file(&statistics);
        let longest = Duration::from_secs_f64(f64::from(calls) / f64::from(rate)) + hold + PATIENCE;
        let mut command = sipp("uac.xml", free(CARRIER_IP)?);
        command.args([
            "-r",
            &rate.to_string(),
            "-m",
            &calls.to_string(),
            "-d",
            &hold.as_millis().to_string(),
        ]);
        command.args(["-timeout", &format!("{}s", longest.as_secs()), "-trace_stat", "-fd", "1", "-stf"]);
        command.arg(&statistics).arg(gateway.sip.to_string());
        Ok(Self { process: Subject::start("sipp", &mut command)?, statistics })
    }

    /// Waits for the end of all calls.
    ///
    /// # Errors
    /// sipp says nothing.
    pub fn finish(self) -> Outcome<Trial> {
        let (_, _) = self.process.finish()?;
        let table = std::fs::read_to_string(&self.statistics).map_err(io("statistics of sipp"))?;
        let _ = std::fs::remove_file(&self.statistics);
        read(&table).ok_or_else(|| BenchError::subject("sipp", "its statistics cannot be read"))
    }
}

fn sipp(scenario: &str, local: SocketAddr) -> Command {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(scenario);
    let mut command = pinned(Core::Others, Path::new("sipp"));
    command.arg("-sf").arg(file).args(["-i", &local.ip().to_string(), "-p", &local.port().to_string()]);
    command.args(["-nostdin", "-l", MAX_CALLS, "-buff_size", "8388608"]).stderr(Stdio::null());
    command
}

/// A port of this address that was free a moment ago.
fn free(ip: Ipv4Addr) -> Outcome<SocketAddr> {
    UdpSocket::bind((ip, 0)).and_then(|socket| socket.local_addr()).map_err(io("a port for sipp"))
}

/// The last line of sipp's statistics, whose columns are named in the first. `(C)`: since the start.
fn read(table: &str) -> Option<Trial> {
    let mut lines = table.lines();
    let names: Vec<&str> = lines.next()?.split(';').collect();
    let values: Vec<&str> = lines.next_back()?.split(';').collect();
    let value = |name: &str| {
        let column = names.iter().position(|known| *known == name)?;
        values.get(column)?.parse::<f64>().ok()
    };
    // The last period is that of waiting for the last calls, so the rate is the best that was kept up for a second.
    let column = names.iter().position(|known| *known == "CallRate(P)")?;
    let rates = table.lines().skip(1).filter_map(|line| line.split(';').nth(column)?.parse::<f64>().ok());
    Some(Trial {
        answered: value("SuccessfulCall(C)")? as u64,
        failed: value("FailedCall(C)")? as u64,
        retransmissions: value("Retransmissions(C)")? as u64,
        rate: rates.fold(0.0, f64::max),
    })
}

#[cfg(test)]
mod tests {
    use super::{Trial, read};

    #[test]
    fn columns_are_found_by_name_in_the_last_line() {
        let table = "A;CallRate(P);SuccessfulCall(C);FailedCall(C);Retransmissions(C);\n0;9.5;1;0;0;\n0;2.0;12;1;3;\n";
        let wanted = Trial { answered: 12, failed: 1, retransmissions: 3, rate: 9.5 };
        assert_eq!(read(table), Some(wanted));
    }

    #[test]
    fn a_table_without_its_columns_is_no_result() {
        assert_eq!(read("A;B\n1;2\n"), None);
        assert_eq!(read(""), None);
    }
}
