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

/// Its CPU clock (clock_getcpuclockid(3)), which counts threads that have ended too and is exact to the nanosecond, and
/// field 24 of `/proc/PID/stat` (proc(5)).
///
/// # Errors
/// There is no such process.
pub fn usage_of(pid: u32) -> std::io::Result<Usage> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // SAFETY: asks for a constant of the system.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    Ok(Usage { cpu: cpu_of(pid)?, resident_kib: resident_pages(&stat) * (page.max(1) as u64 / 1024) })
}

fn cpu_of(pid: u32) -> std::io::Result<Duration> {
    let mut clock: libc::clockid_t = 0;
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: both write only into the plain values given, which live during the calls.
    unsafe {
        match libc::clock_getcpuclockid(pid as libc::pid_t, &raw mut clock) {
            0 => {}
            code => return Err(std::io::Error::from_raw_os_error(code)),
        }
        if libc::clock_gettime(clock, &raw mut time) != 0 {
            return Err(std::io::Error::last_os_error());
        }
    }
    Ok(Duration::new(time.tv_sec.max(0) as u64, time.tv_nsec.clamp(0, 999_999_999) as u32))
}

fn resident_pages(stat: &str) -> u64 {
    // The name in parentheses may hold spaces; the state, field 3, comes behind it.
    let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.nth(24 - 3).and_then(|text| text.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{resident_pages, usage_of};

    #[test]
    fn a_name_with_a_parenthesis_does_not_shift_the_fields() {
        let line = "42 (a ) b) S 1 1 1 0 -1 0 0 0 0 0 250 50 0 0 20 0 3 0 100 1000000 512 0 0";
        assert_eq!(resident_pages(line), 512);
    }

    #[test]
    fn what_this_process_has_used_is_known_and_grows() {
        let before = usage_of(std::process::id()).expect("our own usage");
        assert!(before.resident_kib > 0);
        while usage_of(std::process::id()).expect("our own usage").cpu == before.cpu {}
        assert!(usage_of(0x3fff_ffff).is_err(), "no such process");
    }
}
