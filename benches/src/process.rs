//! A process under measurement: started, watched, ended.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::error::{BenchError, Outcome, io};

/// Files that a bench with 1,000 calls may have open, many times over.
const FILE_LIMIT: libc::rlim_t = 1 << 16;

/// Ended with this value: by the end of its input, or else by a kill.
pub struct Subject {
    who: &'static str,
    child: Child,
    output: Option<BufReader<ChildStdout>>,
}

/// What a process has used since it started.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// User and system time of all its threads.
    pub cpu: Duration,
    pub resident_kib: u64,
}

impl Subject {
    /// Starts it with a pipe at both ends.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(who: &'static str, command: &mut Command) -> Outcome<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(io(format!("{who}: {}", command.get_program().display())))?;
        let output = child.stdout.take().map(BufReader::new);
        Ok(Self { who, child, output })
    }

    /// Its next line.
    ///
    /// # Errors
    /// It ended before.
    pub fn line(&mut self) -> Outcome<String> {
        let mut line = String::new();
        let output =
            self.output.as_mut().ok_or_else(|| BenchError::subject(self.who, "its output is taken"))?;
        match output.read_line(&mut line) {
            Ok(0) => Err(BenchError::subject(self.who, "ended before it was ready")),
            Ok(_) => Ok(line),
            Err(error) => Err(io(self.who)(error)),
        }
    }

    /// Waits for its end and takes what it said. True: it ended well.
    ///
    /// # Errors
    /// It cannot be waited for.
    pub fn finish(mut self) -> Outcome<(bool, String)> {
        drop(self.child.stdin.take());
        let mut said = Vec::new();
        if let Some(mut output) = self.output.take() {
            output.read_to_end(&mut said).map_err(io(self.who))?;
        }
        let status = self.child.wait().map_err(io(self.who))?;
        Ok((status.success(), String::from_utf8_lossy(&said).into_owned()))
    }

    /// Whether it runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// What it has used.
    ///
    /// # Errors
    /// It is gone.
    pub fn usage(&self) -> Outcome<Usage> {
        usage_of(self.child.id()).map_err(io(self.who))
    }

    /// Asks it to end, and waits.
    pub fn terminate(&mut self) {
        // SAFETY: sends a signal to a child that was not waited for, so that its number is still its own.
        unsafe { libc::kill(self.child.id() as libc::pid_t, libc::SIGTERM) };
        let _ = self.child.wait();
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Raises the limit of open files for us and all that we start, as far as we may.
pub fn raise_file_limit() {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is a plain structure that lives during both calls.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 {
            limit.rlim_cur = limit.rlim_max.min(FILE_LIMIT).max(limit.rlim_cur);
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
        }
    }
}

/// From `/proc/PID/stat` (proc(5)): fields 14, 15 and 24.
///
/// # Errors
/// There is no such process.
pub fn usage_of(pid: u32) -> std::io::Result<Usage> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // SAFETY: both ask for a constant of the system.
    let (ticks, page) = unsafe { (libc::sysconf(libc::_SC_CLK_TCK), libc::sysconf(libc::_SC_PAGESIZE)) };
    Ok(parse_stat(&stat, ticks.max(1) as u64, page.max(1) as u64 / 1024))
}

fn parse_stat(stat: &str, ticks_per_s: u64, page_kib: u64) -> Usage {
    // The name in parentheses may hold spaces; the state, field 3, comes behind it.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    let ticks = field(14) + field(15);
    Usage {
        cpu: Duration::from_nanos(ticks * 1_000_000_000 / ticks_per_s),
        resident_kib: field(24) * page_kib,
    }
}

#[cfg(test)]
mod tests {
    use super::parse_stat;

    #[test]
    fn a_name_with_a_parenthesis_does_not_shift_the_fields() {
        let line = "42 (a ) b) S 1 1 1 0 -1 0 0 0 0 0 250 50 0 0 20 0 3 0 100 1000000 512 0 0";
        let usage = parse_stat(line, 100, 4);
        assert_eq!((usage.cpu.as_millis(), usage.resident_kib), (3_000, 2_048));
    }
}
