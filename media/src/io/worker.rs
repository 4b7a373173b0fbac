//! One media thread: feeds its engine and performs what comes out. It decides nothing.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::browser::BrowserSockets;
use super::epoll::{Epoll, Incoming, Net, Woken, pause_until};
use super::mailbox::{Mail, Moved, SendError, WorkerHandle};
use super::port_pool::LegSockets;
use super::recorder;
use super::workers::WorkerConfig;
use crate::command::{Command, LegId, Source};
use crate::engine::{Channel, Engine, EngineConfig};
use crate::event::{Event, NotForwardable};
use crate::leg::LegStatistics;
use crate::recorder::ring::ring;

/// Orders read from the mailbox in one round, so that a flood of them does not hold up packets.
const MAX_ORDERS: usize = 256;
/// Buffers that must be free before a packet is handed to the engine: every listener of a Leg needs one.
const ROOM_PER_PACKET: usize = 96;
/// Packets that are made before they are sent: each waits for the others, so in a long round the first must not wait for the last.
const SEND_AT: usize = 32;
/// An order about a Leg that is not here waits so long for it to move in.
const EARLY_ORDER_LIFE: Duration = Duration::from_millis(500);
/// Such orders that are kept.
const MAX_EARLY_ORDERS: usize = 256;
/// Seconds from 1900 to 1970 (RFC 868).
const NTP_TO_UNIX_SECONDS: u64 = 2_208_988_800;

struct Worker<R> {
    engine: Engine,
    net: Epoll,
    handle: WorkerHandle,
    mail: Receiver<Mail>,
    early: VecDeque<(Instant, Command)>,
    recorder: std::thread::Thread,
    gather: Duration,
    report: R,
}

/// A round of serving.
#[derive(Clone, Copy)]
struct Round {
    began: Instant,
    woken: Woken,
}

/// Where orders and browsers come in.
pub struct Inlets {
    pub mail: Receiver<Mail>,
    /// Readable when there is mail.
    pub wake: OwnedFd,
    pub browsers: Option<BrowserSockets>,
}

/// Starts the thread of a Worker and that of its recorder.
pub fn spawn<R>(
    config: WorkerConfig,
    handle: WorkerHandle,
    inlets: Inlets,
    report: R,
) -> io::Result<JoinHandle<()>>
where
    R: Fn(Event) + Send + Clone + 'static,
{
    let (taps, consumer) = ring(config.recorder_ring_packets);
    let recorder = recorder::spawn(consumer, config.store.clone(), report.clone())?;
    let engine_config = EngineConfig {
        max_legs: config.max_legs,
        max_recordings: config.max_recordings,
        cname: config.cname,
        seed: config.seed,
        ntp_at_start: ntp_now(),
    };
    let engine = Engine::new(Instant::now(), engine_config, taps);
    let engine = match inlets.browsers.as_ref().map(BrowserSockets::host) {
        Some(host) => engine.with_browsers(host),
        None => engine,
    };
    let mut worker = Worker {
        engine,
        net: Epoll::new(inlets.wake, inlets.browsers)?,
        handle,
        mail: inlets.mail,
        early: VecDeque::new(),
        recorder: recorder.thread().clone(),
        gather: Duration::from_micros(config.gather_us.into()),
        report,
    };
    Builder::new().name("media".into()).spawn(move || {
        worker.run();
        // The recorder sees the end of the ring when the engine is gone.
        drop(worker);
        recorder.thread().unpark();
        let _ = recorder.join();
    })
}

impl<R: Fn(Event)> Worker<R> {
    fn run(&mut self) {
        shorten_timer_slack();
        let mut last_round = Round { began: Instant::now(), woken: Woken::ByTime };
        while !self.handle.shared.stopping.load(Ordering::Acquire) {
            let Ok(woken) = self.wait(last_round) else { return };
            let now = Instant::now();
            last_round = Round { began: now, woken };
            self.receive(now);
            self.read_mail(now);
            while self.engine.poll_timeout().is_some_and(|(at, _)| at <= now) {
                self.engine.handle_timeout(now);
                self.net.send(self.engine.outputs());
            }
            self.net.send(self.engine.outputs());
            self.tell_events();
            self.update_gauges();
        }
    }

    /// Until there is something to do, and not before the gathering time since the last round is over. A packet may wait for
    /// the gathering and then for a whole round; so the longer a round was, the shorter is the gathering.
    fn wait(&mut self, last_round: Round) -> io::Result<Woken> {
        let deadline = self.engine.poll_timeout().map(|(at, _)| at);
        let early = self.early.front().map(|&(until, _)| until);
        let next = deadline.into_iter().chain(early).min();
        let mut now = Instant::now();
        let served = now.saturating_duration_since(last_round.began);
        let gathered = last_round.began + self.gather.saturating_sub(served);
        // Where nothing came and nothing is due soon, there is nothing to gather.
        let gathers = last_round.woken == Woken::ByWork || next.is_some_and(|at| at < gathered);
        if gathers && gathered > now {
            pause_until(now, gathered);
            now = Instant::now();
        }
        self.net.wait(next.map(|at| at.saturating_duration_since(now)))
    }

    fn receive(&mut self, now: Instant) {
        let engine = &mut self.engine;
        let received = self.net.receive(now, &mut |incoming, net| {
            match incoming {
                Incoming::Leg { leg, channel: Channel::Rtcp, from, packet, length } => {
                    engine.handle_rtcp(now, leg, from, packet, length);
                }
                Incoming::Leg { leg, from, packet, length, .. } => {
                    engine.handle_rtp(now, leg, from, packet, length);
                }
                Incoming::Browser { road, from, packet } => engine.handle_browser(now, road, from, packet),
                Incoming::Gone { road, from } => engine.road_closed(road, from),
            }
            let outputs = engine.outputs();
            if outputs.waiting() >= SEND_AT || outputs.room() < ROOM_PER_PACKET {
                net.send(engine.outputs());
            }
        });
        self.handle.shared.received.fetch_add(received as u64, Ordering::Relaxed);
    }

    fn read_mail(&mut self, now: Instant) {
        for count in 0..=MAX_ORDERS {
            if count == MAX_ORDERS {
                // The rest in the next round.
                self.handle.shared.wake();
                break;
            }
            match self.mail.try_recv() {
                Ok(Mail::Command(command)) => self.obey_or_keep(now, command),
                Ok(Mail::Adopt { sound, pictures }) => {
                    self.adopt(now, *sound, pictures.map(|pictures| *pictures))
                }
                Err(_) => break,
            }
        }
        while let Some((_, command)) = self.early.pop_front_if(|(until, _)| *until <= now) {
            self.obey(now, command);
        }
    }

    /// An order may overtake the Leg that it is about while that moves here from another Worker.
    fn obey_or_keep(&mut self, now: Instant, command: Command) {
        let waits = self
            .early
            .iter()
            .any(|(_, early)| about(early)[0].is_some_and(|leg| about(&command)[0] == Some(leg)));
        if (waits || !self.knows_legs(&command)) && self.early.len() < MAX_EARLY_ORDERS {
            self.early.push_back((now + EARLY_ORDER_LIFE, command));
        } else {
            self.obey(now, command);
        }
    }

    fn knows_legs(&self, command: &Command) -> bool {
        about(command).into_iter().flatten().all(|leg| self.engine.index_of(leg).is_some())
    }

    fn obey(&mut self, now: Instant, command: Command) {
        let engine = &mut self.engine;
        match command {
            Command::AddLeg { leg, sockets } => self.add_leg(leg, sockets),
            Command::AddPictures { leg, sockets } => self.add_pictures(leg, sockets),
            Command::AddBrowserLeg { leg, ice } => {
                if engine.add_browser_leg(leg, &ice).is_err() {
                    self.refuse(leg);
                }
            }
            Command::Configure { leg, settings } => engine.configure(now, leg, settings),
            Command::Hear { leg, source } => engine.hear(now, leg, source),
            Command::Mix { room, members } => engine.mix_pair(now, room, members),
            Command::Unmix { legs } => engine.unmix(now, legs),
            Command::PlayInRoom { room, voice, to, prompt } => {
                engine.play_in_room(now, room, (voice, to), prompt)
            }
            Command::HushInRoom { room, voice } => engine.hush_in_room(room, voice),
            Command::SendDtmf { leg, digit, duration_ms } => engine.send_dtmf(now, leg, digit, duration_ms),
            Command::Record { recording, path, left, right } => {
                engine.record(now, recording, path, [left, right]);
                self.recorder.unpark();
            }
            Command::ListenFor { leg, wanted } => engine.listen_for(leg, wanted),
            Command::MaskKeys { leg, masked } => engine.mask_keys(now, leg, masked),
            Command::PauseRecord { recording } => engine.pause_record(now, recording),
            Command::ResumeRecord { recording } => engine.resume_record(now, recording),
            Command::Retap { recording, left, right } => engine.retap(recording, [left, right]),
            Command::StopRecord { recording } => {
                engine.stop_record(now, recording);
                self.recorder.unpark();
            }
            Command::MoveLeg { leg, to } => self.move_leg(now, leg, &to),
            Command::RefreshPicture { leg } => engine.refresh_picture(now, leg),
            Command::RemoveLeg { leg } => self.remove_leg(now, leg),
            Command::Report { leg } => engine.report(now, leg),
            Command::Statistics { reply } => reply(engine.statistics(now)),
        }
    }

    fn add_leg(&mut self, leg: LegId, sockets: LegSockets) {
        let added = self.engine.add_leg(leg).ok();
        let Some(index) = added else { return self.refuse(leg) };
        if self.net.add(index, sockets).is_err() {
            self.engine.release(leg);
            self.refuse(leg);
        }
    }

    /// A Leg whose pictures cannot be served has none: its sound goes on.
    fn add_pictures(&mut self, leg: LegId, sockets: LegSockets) {
        let beside = leg.pictures();
        let Some(index) = self.engine.add_pictures(leg).ok() else { return };
        if self.net.add(index, sockets).is_err() {
            self.engine.release(beside);
        }
    }

    /// For call control a Leg that cannot be served is one that is gone.
    fn refuse(&mut self, leg: LegId) {
        self.handle.shared.legs.fetch_sub(1, Ordering::Relaxed);
        (self.report)(Event::LegRemoved { leg, statistics: LegStatistics::default() });
    }

    fn remove_leg(&mut self, now: Instant, leg: LegId) {
        // They are nobody's but the Leg's: call control counts one.
        if let Some(index) = self.engine.remove_leg(now, leg.pictures()) {
            self.net.send(self.engine.outputs());
            drop(self.net.remove(index));
        }
        let Some(index) = self.engine.remove_leg(now, leg) else { return };
        self.net.send(self.engine.outputs());
        drop(self.net.remove(index));
        self.handle.shared.legs.fetch_sub(1, Ordering::Relaxed);
    }

    fn move_leg(&mut self, now: Instant, leg: LegId, to: &WorkerHandle) {
        // The port that a browser knows is this Worker's.
        if to.id() == self.handle.id() || self.engine.is_browser(leg) {
            return;
        }
        self.net.send(self.engine.outputs());
        let pictures = self.pack(leg.pictures());
        let Some(sound) = self.pack(leg) else { return };
        match to.post(Mail::Adopt { sound, pictures }, true) {
            Ok(()) => {
                self.handle.shared.legs.fetch_sub(1, Ordering::Relaxed);
            }
            // It stays here, in silence, rather than be lost.
            Err((SendError::MailboxFull | SendError::WorkerGone, Some(Mail::Adopt { sound, pictures }))) => {
                self.adopt(now, *sound, pictures.map(|pictures| *pictures));
                (self.report)(Event::NotForwardable { leg, reason: NotForwardable::SourceMissing });
            }
            Err(_) => {}
        }
    }

    fn pack(&mut self, leg: LegId) -> Option<Box<Moved>> {
        let (index, party) = self.engine.release(leg)?;
        Some(Box::new(Moved { party, sockets: self.net.remove(index)? }))
    }

    fn adopt(&mut self, now: Instant, sound: Moved, pictures: Option<Moved>) {
        let leg = sound.party.id();
        if let Some(pictures) = pictures {
            // Without a place for them the sound goes on alone.
            let _ = self.unpack(now, pictures);
        }
        if self.unpack(now, sound).is_none() {
            return self.refuse(leg);
        }
        for (until, command) in std::mem::take(&mut self.early) {
            if self.knows_legs(&command) {
                self.obey(now, command);
            } else {
                self.early.push_back((until, command));
            }
        }
    }

    fn unpack(&mut self, now: Instant, Moved { party, sockets }: Moved) -> Option<()> {
        let leg = party.id();
        let index = self.engine.adopt(party, now).ok()?;
        if self.net.add(index, sockets).is_err() {
            self.engine.release(leg);
            return None;
        }
        Some(())
    }

    fn tell_events(&mut self) {
        while let Some(event) = self.engine.poll_event() {
            if let Event::Quality { leg, .. } = &event
                && let Some(index) = self.engine.index_of(*leg)
            {
                self.net.count_drops(index);
            }
            // What is counted of pictures is nobody's Leg to call control.
            if !matches!(&event, Event::Quality { leg, .. } | Event::LegRemoved { leg, .. } if leg.is_pictures())
            {
                (self.report)(event);
            }
        }
    }

    fn update_gauges(&mut self) {
        let shared = &self.handle.shared;
        let outputs = self.engine.outputs();
        shared.sent.store(self.net.sent, Ordering::Relaxed);
        shared.dropped.store(self.net.send_errors + outputs.dropped_packets(), Ordering::Relaxed);
        shared.events_dropped.store(outputs.dropped_events(), Ordering::Relaxed);
        shared.kernel_drops.store(self.net.kernel_drops, Ordering::Relaxed);
        shared.rounds.fetch_add(1, Ordering::Relaxed);
    }
}

/// The Legs that must be here for an order to mean anything: first the one that it changes.
fn about(command: &Command) -> [Option<LegId>; 2] {
    match command {
        Command::Hear { leg, source: Source::Leg(from) } => [Some(*leg), Some(*from)],
        Command::Mix { members: [(left, _), (right, _)], .. } | Command::Unmix { legs: [left, right] } => {
            [Some(*left), Some(*right)]
        }
        Command::Record { left, right, .. } | Command::Retap { left, right, .. } => [left.leg(), right.leg()],
        Command::Configure { leg, .. }
        | Command::Hear { leg, .. }
        | Command::ListenFor { leg, .. }
        | Command::MaskKeys { leg, .. }
        | Command::AddPictures { leg, .. }
        | Command::MoveLeg { leg, .. }
        | Command::RefreshPicture { leg }
        | Command::RemoveLeg { leg }
        | Command::Report { leg }
        | Command::SendDtmf { leg, .. } => [Some(*leg), None],
        Command::AddBrowserLeg { .. }
        | Command::AddLeg { .. }
        | Command::HushInRoom { .. }
        | Command::PlayInRoom { .. }
        | Command::PauseRecord { .. }
        | Command::ResumeRecord { .. }
        | Command::Statistics { .. }
        | Command::StopRecord { .. } => [None, None],
    }
}

/// NTP time (RFC 3550 §4). Reports of a Leg go on from here by the monotonic clock.
fn ntp_now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs().wrapping_add(NTP_TO_UNIX_SECONDS);
    (seconds << 32) | (u64::from(since.subsec_nanos()) * (1 << 32) / 1_000_000_000)
}

/// The usual 50 µs would come on top of every gathering.
fn shorten_timer_slack() {
    // SAFETY: changes this thread's timer slack only, in nanoseconds; a refusal costs precision, nothing else.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 10_000_u64) };
}
