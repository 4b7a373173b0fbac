//! The recorder's thread: reads the ring, keeps the files. A slow disk holds up this thread only.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crate::command::RecordingId;
use crate::event::{Event, RecordingEvent};
use crate::recorder::Format;
use crate::recorder::ring::{Consumer, Control, Item};
use crate::recorder::take::{FLUSH_INTERVAL, Take};
use crate::recorder::wav::StoreOpener;

/// Time between two looks into the ring while something is recorded: it must not fill meanwhile.
const POLL: Duration = Duration::from_millis(20);
/// The same while nothing is recorded; a new recording wakes the thread.
const IDLE_POLL: Duration = Duration::from_millis(500);
/// Ring items between two looks at the clock.
const MAX_ITEMS: usize = 4_096;

struct Recorder<R> {
    consumer: Consumer,
    store: StoreOpener,
    takes: HashMap<u64, (Take, PathBuf)>,
    report: R,
}

/// Starts the thread; it ends, sealing everything, when the engine at the other end of the ring is gone.
pub fn spawn<R>(consumer: Consumer, store: StoreOpener, report: R) -> io::Result<JoinHandle<()>>
where
    R: Fn(Event) + Send + 'static,
{
    let mut recorder = Recorder { consumer, store, takes: HashMap::new(), report };
    Builder::new().name("recorder".into()).spawn(move || recorder.run())
}

impl<R: Fn(Event)> Recorder<R> {
    fn run(&mut self) {
        let mut next_flush = Instant::now() + FLUSH_INTERVAL;
        loop {
            // Asked before the ring is emptied: what was sent before the end is then still read.
            let closed = self.consumer.is_closed();
            let more = self.drain();
            let now = Instant::now();
            if now >= next_flush {
                self.flush(now);
                next_flush = now + FLUSH_INTERVAL;
            }
            if closed && !more {
                return self.finish_all(now);
            }
            if !more {
                std::thread::park_timeout(if self.takes.is_empty() { IDLE_POLL } else { POLL });
            }
        }
    }

    /// Whether there is more in the ring.
    fn drain(&mut self) -> bool {
        for _ in 0..MAX_ITEMS {
            let mut order = None;
            let takes = &mut self.takes;
            let found = self.consumer.next(|item| match item {
                Item::Control(control) => order = Some(control),
                Item::Packet(facts, payload) => {
                    if let Some((take, _)) = takes.get_mut(&facts.recording) {
                        take.receive(&facts, payload);
                    }
                }
            });
            if let Some(order) = order {
                self.obey(order);
            }
            if !found {
                return false;
            }
        }
        true
    }

    fn obey(&mut self, order: Control) {
        match order {
            Control::Start { recording, path, rate_hz, at } => {
                let format = Format::of(&path);
                let take = (self.store.0)(&path).and_then(|store| Take::new(at, rate_hz, format, store));
                match take {
                    Ok(take) => drop(self.takes.insert(recording, (take, path))),
                    Err(error) => self.failed(recording, &error),
                }
            }
            Control::Pause { recording, at } => {
                if let Some((take, _)) = self.takes.get_mut(&recording) {
                    take.pause(at);
                }
            }
            Control::Resume { recording, at } => {
                if let Some((take, _)) = self.takes.get_mut(&recording) {
                    take.resume(at);
                }
            }
            Control::Stop { recording, at } => {
                if let Some((take, path)) = self.takes.remove(&recording) {
                    self.finish(recording, take, path, at);
                }
            }
        }
    }

    fn flush(&mut self, now: Instant) {
        let mut failed = Vec::new();
        for (&recording, (take, _)) in &mut self.takes {
            if let Err(error) = take.flush(now) {
                failed.push((recording, error));
            }
        }
        for (recording, error) in failed {
            self.takes.remove(&recording);
            self.failed(recording, &error);
        }
    }

    fn finish(&self, recording: u64, take: Take, path: PathBuf, at: Instant) {
        match take.finish(at) {
            Ok(notes) => self.tell(recording, RecordingEvent::Sealed { notes: Box::new(notes), path }),
            Err(error) => self.failed(recording, &error),
        }
    }

    fn finish_all(&mut self, now: Instant) {
        for (recording, (take, path)) in std::mem::take(&mut self.takes) {
            self.finish(recording, take, path, now);
        }
    }

    fn failed(&self, recording: u64, error: &io::Error) {
        self.tell(recording, RecordingEvent::Failed { reason: error.to_string() });
    }

    fn tell(&self, recording: u64, event: RecordingEvent) {
        (self.report)(Event::Recording { recording: RecordingId(recording), event });
    }
}
