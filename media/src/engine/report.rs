//! RTCP, which ends here: our own reports out, theirs read (RFC 3550 §6).

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rand::Rng;

use super::output::Transmit;
use super::party::{Hear, MediaState, Party};
use super::timer::{CALM_RASTER, Reason, calm_after, raster_after};
use super::{Engine, LegIndex};
use crate::event::Event;
use crate::quality::round_trip_ms;
use crate::rtcp::feedback::{Feedback, MAX_FEEDBACK_BYTES};
use crate::rtcp::{self, Goodbye, MAX_REPORT_BYTES, Packet, Report, ReportBlock, SenderInfo};
use crate::srtp::RTCP_OVERHEAD_BYTES;

/// Mean time between reports of a Leg (RFC 3550 §6.2); each is drawn from half to one and a half of it (§6.3.1).
pub const REPORT_INTERVAL: Duration = Duration::from_secs(5);
/// Time between reports of a member of a room from whom nothing comes and to whom nothing goes but what keeps its path open, which goes
/// with the report. A peer that times out after five intervals, 25 s (§6.3.5), has heard of us by then, and so has a NAT that forgets
/// after 30 s (RFC 6263 §7 asks for 15 s at least, RFC 4787 §4.3 for NATs that wait for two minutes).
pub const REST_INTERVAL: Duration = Duration::from_secs(24);
/// Legs side by side that report in the same moment when they rest, the next ones in the next moment. They are out of every cache, and
/// looking them up is what they cost: what lies side by side is found together. With 4,000 at rest about 100 packets are sent in one moment,
/// which holds up others for less than 1 ms.
const REST_NEIGHBOURS: LegIndex = 24;
/// These moments are so far apart. What a thread finds when it wakes up is as cold: the fewer, the better.
const REST_STEP: Duration = CALM_RASTER.saturating_mul(3);
/// The bounds of what is drawn, as parts of the mean.
const SOONEST: f64 = 0.5;
const LATEST: f64 = 1.5;
/// Packets of one compound that are read.
const MAX_PACKETS: usize = 16;

impl Engine {
    /// Takes what came in at the RTCP socket of a Leg, or as RTCP at its RTP socket (RFC 5761): `packet[..length]`.
    pub fn handle_rtcp(
        &mut self,
        now: Instant,
        index: LegIndex,
        from: SocketAddr,
        packet: &mut [u8],
        length: usize,
    ) {
        let ntp_middle = middle(self.ntp_at(now));
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        let Some(settings) = &party.settings else { return };
        let known = party.incoming.latch.as_ref().and_then(|latch| latch.locked());
        let expected = from == settings.remote_rtcp || known.is_some_and(|known| known.ip() == from.ip());
        let length = match &mut party.incoming.unprotect {
            Some(context) => match context.unprotect_rtcp(packet, length) {
                Ok(length) => length,
                Err(_) => {
                    party.incoming.counters.authentication_failed += 1;
                    return;
                }
            },
            None if expected => length,
            None => {
                party.incoming.counters.wrong_source += 1;
                return;
            }
        };
        if settings.source_policy == crate::leg::SourcePolicy::LearnAndLock {
            party.outgoing.rtcp_to = Some(from);
        }
        let Some(compound) = packet.get(..length) else { return };
        for packet in rtcp::parse(compound).take(MAX_PACKETS).map_while(Result::ok) {
            party.read_report(now, ntp_middle, packet);
        }
        if party.id.is_pictures() {
            self.take_feedback(now, index, compound);
        }
    }

    /// When the next report of a Leg is due.
    pub(super) fn report_after(&mut self, now: Instant) -> Instant {
        let interval = REPORT_INTERVAL.mul_f64(self.random.random_range(SOONEST..LATEST));
        calm_after(self.started, now + interval)
    }

    /// The same for who rests. Nothing is drawn: no other participant of its session could send at the same moment (§6.3.1).
    fn rest_after(&self, now: Instant, index: LegIndex) -> Instant {
        let turn = REST_STEP * (index / REST_NEIGHBOURS);
        let begin = self.started + Duration::from_nanos((turn.as_nanos() % REST_INTERVAL.as_nanos()) as u64);
        raster_after(begin, REST_INTERVAL, now + REST_STEP)
    }

    /// What rested has come to life: its next report does not wait as long. One that is due as soon as any stays as it was drawn.
    pub(super) fn report_sooner(&mut self, now: Instant, index: LegIndex) {
        let latest = calm_after(self.started, now + REPORT_INTERVAL.mul_f64(LATEST));
        let party = self.parties.get(index as usize).and_then(Option::as_ref);
        let due = party.and_then(|party| party.deadlines[Reason::Report as usize]);
        if due.is_none_or(|due| due <= latest) {
            return;
        }
        let sooner = self.report_after(now);
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        self.timers.set(&mut party.deadlines, index, Reason::Report, Some(sooner));
    }

    pub(super) fn send_report(&mut self, now: Instant, index: LegIndex) {
        let party = self.parties.get_mut(index as usize).and_then(Option::as_mut);
        let (rested, rests) = party.map_or((false, false), |party| {
            let rested = party.incoming.media == MediaState::Resting;
            (rested, party.close_interval())
        });
        self.keep_up(now, index);
        self.transmit_report(now, index, Goodbye::Stay, None);
        // A browser forgets a limit that it is not told again.
        self.limit_by_phone(now, index);
        self.check_one_way(now, index);
        let next = if rests { self.rest_after(now, index) } else { self.report_after(now) };
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        self.timers.set(&mut party.deadlines, index, Reason::Report, Some(next));
        let leg = party.id;
        // Of who rested all the while there is nothing new.
        if rested && rests {
            return;
        }
        if let Some(statistics) = self.statistics_of(now, index) {
            self.outputs.event(Event::Quality { leg, statistics });
        }
    }

    pub(super) fn send_goodbye(&mut self, now: Instant, index: LegIndex) {
        let sent = self.parties.get(index as usize).and_then(Option::as_ref);
        // Who never sent a packet does not say goodbye (RFC 3550 §6.3.7).
        if sent.is_some_and(|party| party.outgoing.packets > 0) {
            self.transmit_report(now, index, Goodbye::Leave, None);
        }
    }

    /// A compound packet; what is asked of a phone goes at its end.
    pub(super) fn transmit_report(
        &mut self,
        now: Instant,
        index: LegIndex,
        goodbye: Goodbye,
        wish: Option<Feedback>,
    ) {
        let ntp = self.ntp_at(now);
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        let Some(to) = party.outgoing.rtcp_to else { return };
        let outgoing = &mut party.outgoing;
        let sent = outgoing.packets != outgoing.packets_at_last_report;
        outgoing.packets_at_last_report = outgoing.packets;
        let info = SenderInfo {
            ntp,
            rtp_timestamp: outgoing.stream.timestamp_at(now, outgoing.clock_hz),
            // Both count modulo 2^32 (RFC 3550 §6.4.1).
            packets: outgoing.packets as u32,
            octets: outgoing.octets as u32,
        };
        let block = party.incoming.stats.as_mut().map(|(ssrc, stats)| stats.report_block(now, *ssrc));
        let cname = &self.config.cname;
        let ssrc = outgoing.stream.ssrc();
        let report = Report { ssrc, sender: sent.then_some(info), block, cname, goodbye };
        let Some(buffer) = self.outputs.buffer() else { return };
        let most = MAX_REPORT_BYTES + MAX_FEEDBACK_BYTES + RTCP_OVERHEAD_BYTES;
        let Some(room) = buffer.get_mut(..most) else { return };
        let mut length = rtcp::build_report(&report, room.get_mut(..MAX_REPORT_BYTES).unwrap_or(&mut []));
        if let Some(wish) = wish {
            let source = party.incoming.stats.as_ref().map_or(0, |(source, _)| *source);
            let (packet, wish_length) = wish.write(ssrc, source);
            let place = room.get_mut(length..length + wish_length);
            if let (Some(place), Some(packet)) = (place, packet.get(..wish_length)) {
                place.copy_from_slice(packet);
                length += wish_length;
            }
        }
        if let Some(context) = &mut outgoing.protect {
            let Ok(sealed) = context.protect_rtcp(room, length) else { return };
            length = sealed;
        }
        let channel = outgoing.rtcp_channel;
        if length > 0 {
            self.outputs.commit(Transmit { leg: index, channel, to, length });
        }
    }

    fn ntp_at(&self, now: Instant) -> u64 {
        let elapsed = now.saturating_duration_since(self.started).as_nanos();
        let fraction = (elapsed << 32) / 1_000_000_000;
        self.config.ntp_at_start.wrapping_add(fraction as u64)
    }
}

impl Party {
    /// Ends the interval between two reports. Whether it is in a room in which it said nothing and heard nothing meanwhile.
    fn close_interval(&mut self) -> bool {
        let (incoming, outgoing) = (&mut self.incoming, &self.outgoing);
        let received = incoming.close_interval();
        let sent = outgoing.packets != outgoing.packets_at_last_report;
        let rests = matches!(outgoing.hear, Hear::Room(_)) && received == 0 && !sent;
        if rests && incoming.media == MediaState::Flowing {
            incoming.media = MediaState::Resting;
        }
        rests
    }

    fn read_report(&mut self, now: Instant, ntp_middle: u32, packet: Packet<'_>) {
        match packet {
            Packet::SenderReport { ssrc, info, blocks } => {
                if let Some((source, stats)) = &mut self.incoming.stats
                    && *source == ssrc
                {
                    stats.receive_sender_report(now, info.ntp);
                }
                blocks.for_each(|block| self.read_block(ntp_middle, block));
            }
            Packet::ReceiverReport { blocks, .. } => {
                blocks.for_each(|block| self.read_block(ntp_middle, block));
            }
            // A BYE is no hangup: signalling decides that.
            Packet::SourceDescription { .. } | Packet::Goodbye { .. } | Packet::Other { .. } => {}
        }
    }

    fn read_block(&mut self, ntp_middle: u32, block: ReportBlock) {
        let outgoing = &mut self.outgoing;
        if block.ssrc != outgoing.stream.ssrc() {
            return;
        }
        let remote = &mut outgoing.remote;
        remote.loss_percent = Some(f32::from(block.fraction_lost) * 100.0 / 256.0);
        remote.jitter_ms = Some(block.jitter as f32 * 1_000.0 / outgoing.clock_hz.max(1) as f32);
        let round_trip = round_trip_ms(ntp_middle, block.last_sr, block.delay_since_last_sr);
        remote.round_trip_ms = round_trip.or(remote.round_trip_ms);
    }
}

/// The middle 32 bits of an NTP time (RFC 3550 §4).
fn middle(ntp: u64) -> u32 {
    (ntp >> 16) as u32
}
