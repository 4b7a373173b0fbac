//! The figures of a Leg as others see them.

use std::borrow::Cow;
use std::time::Instant;

use super::party::Incoming;
use super::{Engine, LegIndex, Party};
use crate::command::LegId;
use crate::event::Event;
use crate::leg::LegStatistics;
use crate::quality::mos;

impl Engine {
    /// Tells the figures of a Leg now, beside the regular [`Event::Quality`].
    pub fn report(&mut self, now: Instant, leg: LegId) {
        let counted = self.index_of(leg).and_then(|index| self.statistics_of(now, index));
        if let Some(statistics) = counted {
            self.outputs.event(Event::Quality { leg, statistics });
        }
    }

    pub(super) fn statistics_of(&self, now: Instant, index: LegIndex) -> Option<LegStatistics> {
        self.parties.get(index as usize)?.as_ref().map(|party| party.statistics(now))
    }
}

impl Party {
    fn statistics(&self, now: Instant) -> LegStatistics {
        let (incoming, outgoing) = (&self.incoming, &self.outgoing);
        let stats = incoming.stats.as_ref().map(|(_, stats)| stats);
        let codec = self.codec_name();
        let refused = self.browser.as_ref().map_or(0, |browser| browser.refused);
        let packets_lost = incoming.lost();
        let loss_percent = percent(packets_lost, incoming.counters.packets);
        let recent_loss_percent = incoming.recent_loss_percent.unwrap_or(loss_percent);
        let jitter_ms = stats.map_or(0.0, |stats| stats.jitter_ms());
        let round_trip_ms = outgoing.remote.round_trip_ms;
        LegStatistics {
            packets_received: incoming.counters.packets,
            bytes_received: incoming.counters.bytes,
            packets_sent: outgoing.packets,
            bytes_sent: outgoing.bytes,
            packets_lost,
            packets_discarded: incoming.counters.discarded,
            wrong_source: incoming.counters.wrong_source,
            authentication_failed: incoming.counters.authentication_failed + refused,
            loss_percent,
            jitter_ms,
            round_trip_ms,
            mos: stats.and_then(|_| mos(loss_percent, jitter_ms, round_trip_ms, &codec)),
            recent_loss_percent,
            recent_mos: stats.and_then(|_| mos(recent_loss_percent, jitter_ms, round_trip_ms, &codec)),
            remote_loss_percent: outgoing.remote.loss_percent,
            remote_jitter_ms: outgoing.remote.jitter_ms,
            codec,
            srtp: incoming.unprotect.is_some() || self.browser.is_some(),
            audio: incoming.audibility.flow,
            last_received_ms_ago: incoming
                .last_received
                .map(|last| now.saturating_duration_since(last).as_millis() as u64),
        }
    }

    fn codec_name(&self) -> Cow<'static, str> {
        if let Some(codec) = self.incoming.last_known_codec {
            return Cow::Borrowed(codec.name());
        }
        let Some(settings) = &self.settings else { return Cow::default() };
        let last = settings.codecs.get(usize::from(self.incoming.last_codec));
        last.or(settings.codecs.first())
            .map_or_else(Cow::default, |agreed| Cow::Owned(agreed.codec.name.clone()))
    }
}

impl Incoming {
    /// Of all sources so far.
    fn lost(&self) -> u64 {
        self.past_lost + self.stats.as_ref().map_or(0, |(_, stats)| stats.lost())
    }

    /// An interval between reports ends: how many packets came in it, and how much of it was lost.
    pub(super) fn close_interval(&mut self) -> u64 {
        let lost = self.lost();
        let came = self.counters.packets - self.packets_at_last_report;
        // What comes late was lost in the interval before.
        self.recent_loss_percent = Some(percent(lost.saturating_sub(self.lost_at_last_report), came));
        (self.packets_at_last_report, self.lost_at_last_report) = (self.counters.packets, lost);
        came
    }
}

fn percent(lost: u64, came: u64) -> f32 {
    match lost + came {
        0 => 0.0,
        expected => lost as f32 * 100.0 / expected as f32,
    }
}
