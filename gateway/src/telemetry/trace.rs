//! The last SIP messages and media facts of this node, and the ladder of one call out of them.

use std::collections::{HashSet, VecDeque};
use std::fmt::Write;

use bytes::Bytes;
use ramal_sip::transport::Flow;

use crate::model::CallId;

/// What is kept at most; the oldest goes first.
const ENTRIES: usize = 100_000;
const BYTES: usize = 64 * 1024 * 1024;
/// Ended calls whose Call-IDs are remembered.
const CALLS: usize = 20_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    In,
    Out,
}

enum Entry {
    Message { wall_ms: i64, way: Way, flow: Flow, bytes: Bytes },
    Fact { wall_ms: i64, call: CallId, text: String },
}

/// A ring of what happened. Messages are shared with the network code, not copied.
#[derive(Default)]
pub struct Trace {
    entries: VecDeque<Entry>,
    bytes: usize,
    calls: VecDeque<(CallId, Vec<String>)>,
}

impl Trace {
    pub fn message(&mut self, wall_ms: i64, way: Way, flow: Flow, bytes: Bytes) {
        self.bytes += bytes.len();
        self.push(Entry::Message { wall_ms, way, flow, bytes });
    }

    pub fn fact(&mut self, wall_ms: i64, call: CallId, text: String) {
        self.bytes += text.len();
        self.push(Entry::Fact { wall_ms, call, text });
    }

    /// Remembers which dialogs an ended call had.
    pub fn ended(&mut self, call: CallId, sip_call_ids: Vec<String>) {
        if self.calls.len() >= CALLS {
            self.calls.pop_front();
        }
        self.calls.push_back((call, sip_call_ids));
    }

    fn push(&mut self, entry: Entry) {
        self.entries.push_back(entry);
        while self.entries.len() > ENTRIES || self.bytes > BYTES {
            let Some(gone) = self.entries.pop_front() else { return };
            self.bytes -= match gone {
                Entry::Message { bytes, .. } => bytes.len(),
                Entry::Fact { text, .. } => text.len(),
            };
        }
    }

    /// The ladder of a call: by our call id, or by the Call-ID of one of its dialogs.
    /// `live` are the dialogs of calls that still run. `None` when nothing of it is kept.
    pub fn ladder(&self, wanted: &str, live: &[(CallId, Vec<String>)]) -> Option<String> {
        let known = || live.iter().chain(&self.calls);
        let named = |(call, dialogs): &&(CallId, Vec<String>)| {
            call.to_string().eq_ignore_ascii_case(wanted) || dialogs.iter().any(|d| d == wanted)
        };
        let found: Vec<&(CallId, Vec<String>)> = known().filter(named).collect();
        let calls: HashSet<CallId> = found.iter().map(|(call, _)| *call).collect();
        let mut dialogs: HashSet<&str> =
            found.iter().flat_map(|(_, d)| d.iter().map(String::as_str)).collect();
        dialogs.insert(wanted);
        let mut ladder = String::new();
        for entry in &self.entries {
            match entry {
                Entry::Message { wall_ms, way, flow, bytes } => {
                    if call_id_of(bytes).is_some_and(|id| dialogs.contains(id)) {
                        write_message(&mut ladder, *wall_ms, *way, flow, bytes);
                    }
                }
                Entry::Fact { wall_ms, call, text } => {
                    if calls.contains(call) {
                        let _ = writeln!(ladder, "{} ·· {text}\n", clock(*wall_ms));
                    }
                }
            }
        }
        (!ladder.is_empty()).then_some(ladder)
    }
}

/// The Call-ID of a message, in either form of its header (RFC 3261 §20.8).
fn call_id_of(message: &[u8]) -> Option<&str> {
    let head = message.split(|b| *b == b'\n');
    for line in head {
        let line = line.trim_ascii();
        if line.is_empty() {
            return None;
        }
        let Some(colon) = line.iter().position(|b| *b == b':') else { continue };
        let (name, value) = line.split_at(colon);
        let name = name.trim_ascii();
        if name.eq_ignore_ascii_case(b"call-id") || name.eq_ignore_ascii_case(b"i") {
            return std::str::from_utf8(value.get(1..)?.trim_ascii()).ok();
        }
    }
    None
}

fn write_message(ladder: &mut String, wall_ms: i64, way: Way, flow: &Flow, bytes: &[u8]) {
    let arrow = match way {
        Way::In => format!("{} ──▶ ramal", flow.remote),
        Way::Out => format!("ramal ──▶ {}", flow.remote),
    };
    let _ = writeln!(ladder, "{} {arrow} {}", clock(wall_ms), flow.transport);
    let text = String::from_utf8_lossy(bytes);
    let keys = text.lines().take_while(|line| !line.is_empty()).any(carries_keys);
    let mut body = false;
    for line in text.lines() {
        let hidden = body && keys && !line.is_empty();
        body |= line.is_empty();
        let _ = writeln!(ladder, "    {}", if hidden { "(keys masked)".to_owned() } else { masked(line) });
    }
    ladder.push('\n');
}

/// Whether a header says that the body holds pressed keys: they may be a card number.
fn carries_keys(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    let value = lower.strip_prefix("content-type:").or_else(|| lower.strip_prefix("c:"));
    value.is_some_and(|value| value.trim_start().starts_with("application/dtmf"))
}

/// Digest answers and media keys are secrets: a trace is mailed around.
fn masked(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    if let Some(inline) = lower.find("inline:") {
        return format!("{}inline:(masked)", line.get(..inline).unwrap_or_default());
    }
    let carries_digest = lower.starts_with("authorization:") || lower.starts_with("proxy-authorization:");
    if carries_digest && let Some(response) = lower.find("response=\"") {
        return format!("{}response=\"(masked)\"", line.get(..response).unwrap_or_default());
    }
    line.to_owned()
}

/// Time of day with milliseconds, in UTC.
fn clock(wall_ms: i64) -> String {
    let day_ms = wall_ms.rem_euclid(86_400_000);
    let (seconds, milliseconds) = (day_ms / 1000, day_ms % 1000);
    format!("{:02}:{:02}:{:02}.{milliseconds:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ramal_sip::transport::Transport;

    fn flow() -> Flow {
        let local = "127.0.0.1:5060".parse().unwrap();
        Flow { transport: Transport::Udp, local, remote: local, connection: None }
    }

    #[test]
    fn a_ladder_holds_its_call_and_no_other() {
        let mut trace = Trace::default();
        let call = CallId::new(1, [7; 10]);
        trace.message(
            1,
            Way::In,
            flow(),
            Bytes::from_static(b"INVITE sip:a SIP/2.0\r\nCall-ID: one\r\n\r\n"),
        );
        trace.message(2, Way::Out, flow(), Bytes::from_static(b"INVITE sip:b SIP/2.0\r\ni: two\r\n\r\n"));
        trace.message(
            3,
            Way::In,
            flow(),
            Bytes::from_static(b"INVITE sip:c SIP/2.0\r\nCall-ID : three\r\n\r\n"),
        );
        trace.fact(4, call, "first media".to_owned());
        trace.ended(call, vec!["one".to_owned(), "two".to_owned()]);
        let ladder = trace.ladder(&call.to_string(), &[]).unwrap();
        assert!(ladder.contains("sip:a") && ladder.contains("sip:b") && ladder.contains("first media"));
        assert!(!ladder.contains("sip:c"));
        assert!(trace.ladder("three", &[]).unwrap().contains("sip:c"));
        assert!(trace.ladder("four", &[]).is_none());
    }

    #[test]
    fn pressed_keys_are_in_no_trace() {
        let call = CallId::new(1, [7; 10]);
        for (kind, body) in
            [("application/dtmf-relay", "Signal=#\r\nDuration=160"), ("Application/DTMF; x=y", "#")]
        {
            let mut trace = Trace::default();
            let text =
                format!("INFO sip:a SIP/2.0\r\nCall-ID: one\r\nContent-Type: {kind}\r\n\r\n{body}\r\n");
            trace.message(1, Way::In, flow(), Bytes::from(text));
            trace.ended(call, vec!["one".to_owned()]);
            let ladder = trace.ladder("one", &[]).unwrap();
            assert!(ladder.contains("INFO sip:a") && ladder.contains("(keys masked)"), "{ladder}");
            assert!(!ladder.contains('#'), "{ladder}");
        }
    }

    #[test]
    fn secrets_are_masked() {
        assert!(!masked("Authorization: Digest username=\"1\", response=\"abc\"").contains("abc"));
        assert!(!masked("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0").contains("c2VjcmV0"));
    }
}
