//! The way of an RTP packet, in order.

use std::net::SocketAddr;
use std::time::Instant;

use super::browser_media::VIDEO_CLOCK_HZ;
use super::comfort::QUIET_AFTER;
use super::listen::Onward;
use super::output::{Channel, Exit, Transmit};
use super::party::{Format, Hear, MediaState, NOT_SENT, Party, TRANSCODED};
use super::timer::Reason;
use super::{Engine, LegIndex};
use crate::event::Event;
use crate::leg::latch::{Proof, Verdict};
use crate::quality::{Arrival, ReceiverStats};
use crate::recorder::ring::Facts;
use crate::rtp::{self, Header};
use crate::srtp::RTP_OVERHEAD_BYTES;

/// Counts of packets that strangers can cause become an event at most once in so long.
pub(super) const NOTICE_INTERVAL: std::time::Duration = std::time::Duration::from_secs(1);

/// A packet that was let through.
#[derive(Clone, Copy, Debug)]
pub(super) struct Accepted {
    pub header: Header,
    pub length: usize,
    pub format: Format,
    pub arrival: Arrival,
}

impl Engine {
    /// Takes what came in at the RTP socket of a Leg: `packet[..length]`. The packet is decrypted in place.
    pub fn handle_rtp(
        &mut self,
        now: Instant,
        leg: LegIndex,
        from: SocketAddr,
        packet: &mut [u8],
        length: usize,
    ) {
        let Some(plain) = packet.get(..length) else { return };
        if rtp::is_rtcp(plain) {
            return self.handle_rtcp(now, leg, from, packet, length);
        }
        let Some(accepted) = self.accept(now, leg, from, packet, length) else { return };
        let Some(packet) = packet.get(..accepted.length) else { return };
        match accepted.format {
            Format::Video if accepted.arrival == Arrival::Suspect => {}
            Format::Video => self.take_phone_picture(now, leg, &accepted, packet),
            Format::Audio { .. } | Format::Event { .. } | Format::Unknown => {
                self.deliver(now, leg, &accepted, packet);
            }
        }
    }

    /// A packet that was let through goes to all who want it.
    pub(super) fn deliver(&mut self, now: Instant, leg: LegIndex, accepted: &Accepted, packet: &[u8]) {
        if let Format::Event { .. } = accepted.format {
            self.note_key_event(now, leg);
            self.sniff_dtmf(now, leg, &accepted.header, accepted.header.payload(packet));
        } else if self.overhear(now, leg, accepted, packet) == Onward::Later {
            return;
        }
        self.hand_over(now, leg, accepted, packet);
    }

    /// To the recorder and to all who hear this Leg.
    pub(super) fn hand_over(&mut self, now: Instant, leg: LegIndex, accepted: &Accepted, packet: &[u8]) {
        if !matches!(accepted.format, Format::Event { .. }) {
            self.tap(now, leg, accepted, packet);
        }
        if accepted.arrival != Arrival::Suspect {
            self.forward(now, leg, accepted, packet);
        }
    }

    fn accept(
        &mut self,
        now: Instant,
        index: LegIndex,
        from: SocketAddr,
        packet: &mut [u8],
        length: usize,
    ) -> Option<Accepted> {
        let party = self.parties.get_mut(index as usize)?.as_mut()?;
        if party.settings.is_none() || rtp::header_bytes(packet.get(..length)?).is_err() {
            party.incoming.counters.discarded += 1;
            return None;
        }
        let wire_length = length;
        let length = self.authenticate(now, index, from, packet, length)?;
        let party = self.parties.get_mut(index as usize)?.as_mut()?;
        let header = match Header::parse(packet.get(..length)?) {
            Ok(header) => header,
            Err(_) => {
                party.incoming.counters.discarded += 1;
                return None;
            }
        };
        let (format, arrival) = self.admit(now, index, &header, wire_length)?;
        Some(Accepted { header, length, format, arrival })
    }

    /// Statistics and events of an authentic packet. None where it is not one that was agreed on.
    pub(super) fn admit(
        &mut self,
        now: Instant,
        index: LegIndex,
        header: &Header,
        wire_length: usize,
    ) -> Option<(Format, Arrival)> {
        let party = self.parties.get_mut(index as usize)?.as_mut()?;
        let format = party.incoming.formats.get(header.payload_type)?;
        // A browser's pictures do not come this way.
        let misplaced = format == Format::Video && !party.id.is_pictures();
        if format == Format::Unknown || misplaced || !party.may_receive() {
            party.incoming.counters.discarded += 1;
            return None;
        }
        party.incoming.counters.packets += 1;
        party.incoming.counters.bytes += wire_length as u64;
        let (arrival, press) = count(party, now, header, format);
        let media = std::mem::replace(&mut party.incoming.media, MediaState::Flowing);
        if media != MediaState::Flowing {
            self.media_flows(now, index, media);
        }
        if let Some(press) = press {
            self.report_press(now, index, press);
        }
        Some((format, arrival))
    }

    /// After one packet: what it ends, and what watches over the next ones.
    fn media_flows(&mut self, now: Instant, index: LegIndex, before: MediaState) {
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        let leg = party.id;
        if party.browser.is_some() {
            self.timers.set(&mut party.deadlines, index, Reason::Quiet, Some(now + QUIET_AFTER));
        }
        self.report_sooner(now, index);
        match before {
            MediaState::Flowing | MediaState::Resting => {}
            MediaState::NotYet => self.outputs.event(Event::FirstMedia { leg }),
            MediaState::Away => self.end_comfort(index),
            MediaState::TimedOut => {
                self.end_comfort(index);
                self.outputs.event(Event::MediaResumed { leg });
            }
        }
    }

    /// Source check and SRTP. Returns the length of the plain packet.
    fn authenticate(
        &mut self,
        now: Instant,
        index: LegIndex,
        from: SocketAddr,
        packet: &mut [u8],
        length: usize,
    ) -> Option<usize> {
        let party = self.parties.get_mut(index as usize)?.as_mut()?;
        let incoming = &mut party.incoming;
        let latch = incoming.latch.as_mut()?;
        let verdict = match &mut incoming.unprotect {
            None if latch.is_locked_to(from) => return Some(length),
            None => (latch.judge(from, Proof::None, incoming.counters.packets), length),
            Some(context) => match context.unprotect_rtp(packet, length) {
                Ok(plain) if latch.is_locked_to(from) => return Some(plain),
                Ok(plain) => (latch.judge(from, Proof::Authenticated, incoming.counters.packets), plain),
                Err(_) => {
                    incoming.counters.authentication_failed += 1;
                    incoming.notices.authentication_failed += 1;
                    self.notice_later(now, index);
                    return None;
                }
            },
        };
        match verdict {
            (Verdict::Accept, length) => Some(length),
            (Verdict::AcceptAndLock, length) => {
                party.outgoing.to = Some(latch.target());
                if party.settings.as_ref().is_some_and(|settings| settings.rtcp_mux) {
                    party.outgoing.rtcp_to = party.outgoing.to;
                }
                let leg = party.id;
                self.outputs.event(Event::SourceLocked { leg, from });
                Some(length)
            }
            (Verdict::Refuse, _) => {
                incoming.counters.wrong_source += 1;
                incoming.notices.wrong_source += 1;
                incoming.notices.wrong_from = Some(from);
                self.notice_later(now, index);
                None
            }
        }
    }

    fn notice_later(&mut self, now: Instant, index: LegIndex) {
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        if party.deadlines[Reason::Notice as usize].is_none() {
            self.timers.set(&mut party.deadlines, index, Reason::Notice, Some(now + NOTICE_INTERVAL));
        }
    }

    fn sniff_dtmf(&mut self, now: Instant, index: LegIndex, header: &Header, payload: &[u8]) {
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        let presses = party.incoming.dtmf.receive(now, header.timestamp, payload);
        if party.deadlines[Reason::DtmfReceive as usize].is_none() {
            let deadline = party.incoming.dtmf.deadline();
            self.timers.set(&mut party.deadlines, index, Reason::DtmfReceive, deadline);
        }
        self.mute_for_event(now, index);
        for press in presses.into_iter().flatten() {
            self.report_press(now, index, press);
        }
    }

    fn tap(&mut self, now: Instant, index: LegIndex, accepted: &Accepted, packet: &[u8]) {
        let Some(Some(party)) = self.parties.get(index as usize) else { return };
        let Format::Audio { codec, clock_hz, index: codec_index } = accepted.format else { return };
        let mut overrun = false;
        for tap in &party.incoming.taps {
            let facts = Facts {
                recording: tap.recording,
                side: tap.side,
                codec,
                clock_hz,
                timestamp: accepted.header.timestamp,
                ssrc: accepted.header.ssrc,
                sequence: accepted.header.sequence,
                arrival: now,
            };
            let pushed = self.recordings.push(&facts, accepted.header.payload(packet));
            if !pushed {
                let payload = accepted.header.payload(packet);
                let ticks = codec.map_or(0, |codec| codec.duration_ticks(payload));
                let lost_ms = ticks / (clock_hz / 1_000).max(1);
                self.recordings.overrun(tap.recording, lost_ms);
                overrun = true;
            } else if codec.is_none() {
                let agreed = party
                    .settings
                    .as_ref()
                    .and_then(|settings| settings.codecs.get(usize::from(codec_index)));
                // Of a pause silence is all there is to record.
                if let Some(agreed) = agreed.filter(|agreed| !agreed.codec.is_comfort_noise()) {
                    self.recordings.undecodable(tap.recording, &agreed.codec.name, &mut self.outputs);
                }
            }
        }
        if overrun {
            self.notice_later(now, index);
        }
    }

    fn forward(&mut self, now: Instant, index: LegIndex, accepted: &Accepted, packet: &[u8]) {
        let clock_hz = match accepted.format {
            Format::Audio { clock_hz, .. } | Format::Event { clock_hz } => clock_hz,
            Format::Unknown | Format::Video => return,
        };
        self.sample_audio(now, index, accepted, packet);
        self.speak(now, index, accepted, packet);
        let mut next = 0;
        while let Some(Some(party)) = self.parties.get(index as usize)
            && let Some(listener) = party.incoming.listeners.get(next)
        {
            next += 1;
            self.forward_to(now, listener, &accepted.header, clock_hz, packet);
        }
    }

    fn forward_to(
        &mut self,
        now: Instant,
        listener: LegIndex,
        header: &Header,
        clock_hz: u32,
        packet: &[u8],
    ) {
        let Some(Some(party)) = self.parties.get_mut(listener as usize) else { return };
        let reachable = party.is_reachable();
        let outgoing = &mut party.outgoing;
        let Hear::Leg { map, transcode, .. } = &mut outgoing.hear else { return };
        let payload_type = map.get(header.payload_type).unwrap_or(NOT_SENT);
        if payload_type == TRANSCODED {
            return self.transcode(now, listener, header, header.payload(packet));
        }
        if payload_type == NOT_SENT || outgoing.dtmf.is_sending() || !reachable {
            return;
        }
        if let Some(transcode) = transcode {
            transcode.rest();
        }
        let Some(rewritten) = outgoing.stream.forward(now, header, clock_hz) else { return };
        let Some(to) = outgoing.to else {
            let mut exit = Exit { outputs: &mut self.outputs, timers: &mut self.timers };
            let rewritten = Header { payload_type, ..rewritten };
            return party.send_to_browser(now, listener, &mut exit, &rewritten, header.payload(packet));
        };
        let Some(buffer) = self.outputs.buffer() else { return };
        let Some(room) = buffer.get_mut(..packet.len() + RTP_OVERHEAD_BYTES) else { return };
        let Some(body) = room.get_mut(..packet.len()) else { return };
        body.copy_from_slice(packet);
        Header { payload_type, ..rewritten }.rewrite(body);
        outgoing.clock_hz = clock_hz;
        outgoing.octets += (header.payload_end - header.payload_offset) as u64;
        if let Some(length) = outgoing.seal(room, packet.len()) {
            self.outputs.commit(Transmit { leg: listener, channel: Channel::Rtp, to, length });
        }
    }
}

impl super::party::Outgoing {
    /// Protects a finished packet where keys were agreed, and counts it. None: SRTP refused.
    pub(super) fn seal(&mut self, room: &mut [u8], length: usize) -> Option<usize> {
        let length = match &mut self.protect {
            None => length,
            Some(context) => context.protect_rtp(room, length).ok()?,
        };
        self.packets += 1;
        self.bytes += length as u64;
        Some(length)
    }
}

/// Statistics of one packet (RFC 3550 A.1); a new SSRC begins them anew and ends an event of the old one.
fn count(
    party: &mut Party,
    now: Instant,
    header: &Header,
    format: Format,
) -> (Arrival, Option<crate::dtmf::receiver::Press>) {
    let incoming = &mut party.incoming;
    incoming.last_received = Some(now);
    let mut press = None;
    if let Format::Audio { index, codec, .. } = format {
        (incoming.last_codec, incoming.last_known_codec) = (index, codec);
    }
    match &mut incoming.stats {
        Some((ssrc, stats)) if *ssrc == header.ssrc => {
            let arrival = match format {
                // All packets of an event have the time of its beginning.
                Format::Event { .. } => stats.receive_untimed(header.sequence),
                Format::Audio { clock_hz, .. } => {
                    stats.set_clock(clock_hz);
                    stats.receive(now, header.sequence, header.timestamp)
                }
                Format::Unknown | Format::Video => stats.receive(now, header.sequence, header.timestamp),
            };
            return (arrival, None);
        }
        Some((_, stats)) => {
            incoming.past_lost += stats.lost();
            press = incoming.dtmf.restart();
        }
        None => {}
    }
    let clock_hz = match format {
        Format::Audio { clock_hz, .. } | Format::Event { clock_hz } => clock_hz,
        Format::Video => VIDEO_CLOCK_HZ,
        Format::Unknown => 8_000,
    };
    let mut stats = ReceiverStats::new(clock_hz);
    let _ = match format {
        Format::Event { .. } => stats.receive_untimed(header.sequence),
        Format::Audio { .. } | Format::Unknown | Format::Video => {
            stats.receive(now, header.sequence, header.timestamp)
        }
    };
    incoming.stats = Some((header.ssrc, stats));
    (Arrival::Restarted, press)
}
