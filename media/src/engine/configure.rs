//! What an offer/answer changes.

use std::time::Instant;

use super::output::Channel;
use super::party::{Format, Hear, MediaState, Party, PerPayloadType};
use super::timer::Reason;
use super::{Engine, LegIndex};
use crate::command::LegId;
use crate::leg::LegSettings;
use crate::leg::latch::Latch;
use crate::sdp::SrtpKeys;
use crate::srtp::Context;

impl Engine {
    /// Applies an agreement. SSRC and numbers go on; SRTP contexts with unchanged keys are kept (RFC 3711 §3.3.1: a new
    /// context would lose the rollover counter).
    pub fn configure(&mut self, now: Instant, leg: LegId, mut settings: Box<LegSettings>) {
        let Some(index) = self.index_of(leg) else { return };
        if !leg.is_pictures() {
            self.configure_pictures(now, leg, settings.video.take());
        }
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        party.apply_keys(&settings);
        party.apply_source(&settings);
        party.incoming.formats = PerPayloadType::new(formats(&settings));
        party.direction = Some(settings.direction);
        party.outgoing.rtcp_channel = if settings.rtcp_mux { Channel::Rtp } else { Channel::Rtcp };
        // Nothing of the new agreement was received yet.
        party.incoming.last_known_codec = None;
        if let Some(preferred) = settings.codecs.first() {
            party.outgoing.clock_hz = preferred.codec.clock_hz;
        }
        party.settings = Some(settings);
        self.start_timers(now, index);
        self.configure_browser(now, index);
        self.rebuild_routes(index);
        if !leg.is_pictures() {
            self.rebuild_pictures(now, index);
        }
    }

    pub(super) fn start_timers(&mut self, now: Instant, index: LegIndex) {
        let report_at = self.report_after(now);
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        if party.settings.is_none() {
            return;
        }
        if party.deadlines[Reason::Report as usize].is_none() {
            self.timers.set(&mut party.deadlines, index, Reason::Report, Some(report_at));
        }
        let media_at = party.media_timeout().map(|timeout| now + timeout);
        if media_at.is_some() && party.incoming.media == MediaState::TimedOut {
            party.incoming.media = MediaState::Away;
        }
        self.timers.set(&mut party.deadlines, index, Reason::Media, media_at);
        let dtmf_at = party.outgoing.dtmf.deadline();
        self.timers.set(&mut party.deadlines, index, Reason::DtmfSend, dtmf_at);
        if let Hear::Play(player) = &party.outgoing.hear {
            let play_at = Some(player.deadline());
            self.timers.set(&mut party.deadlines, index, Reason::Play, play_at);
        }
    }
}

impl Party {
    /// How long nothing may come; none where nothing is expected.
    pub(super) fn media_timeout(&self) -> Option<std::time::Duration> {
        let timeout_ms = self.settings.as_ref()?.media_timeout_ms;
        (timeout_ms > 0 && self.may_receive())
            .then(|| std::time::Duration::from_millis(u64::from(timeout_ms)))
    }

    fn apply_keys(&mut self, settings: &LegSettings) {
        let old = self.settings.as_ref().and_then(|settings| settings.srtp.as_ref());
        let new = settings.srtp.as_ref();
        let same = |pick: fn(&SrtpKeys) -> &crate::srtp::MasterKey| match (old, new) {
            (Some(old), Some(new)) => old.suite == new.suite && pick(old) == pick(new),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        let make = |pick: fn(&SrtpKeys) -> &crate::srtp::MasterKey| {
            // Keys of a wrong length were refused where the SDP was read.
            new.and_then(|keys| Context::new(keys.suite, pick(keys)).ok().map(Box::new))
        };
        if !same(|keys| &keys.receive) {
            self.incoming.unprotect = make(|keys| &keys.receive);
        }
        if !same(|keys| &keys.send) {
            self.outgoing.protect = make(|keys| &keys.send);
        }
    }

    fn apply_source(&mut self, settings: &LegSettings) {
        if settings.webrtc.is_some() {
            // ICE decides.
            (self.outgoing.to, self.outgoing.rtcp_to) = (None, None);
            return;
        }
        let (policy, signalled) = (settings.source_policy, settings.remote_rtp);
        let latch = self.incoming.latch.get_or_insert_with(|| Latch::new(policy, signalled));
        latch.reconfigure(policy, signalled);
        // Port 0 and the unspecified address take nothing (RFC 3264 §8.4: the old way of hold).
        let usable = |address: std::net::SocketAddr| {
            (address.port() != 0 && !address.ip().is_unspecified()).then_some(address)
        };
        self.outgoing.to = usable(latch.target());
        let rtcp = if settings.rtcp_mux { latch.target() } else { settings.remote_rtcp };
        let changed = self.settings.as_ref().is_none_or(|old| old.remote_rtcp != settings.remote_rtcp);
        if changed || settings.rtcp_mux {
            self.outgoing.rtcp_to = usable(rtcp);
        }
    }
}

fn formats(settings: &LegSettings) -> Box<[Format; 128]> {
    let mut formats = Box::new([Format::Unknown; 128]);
    for (index, agreed) in settings.codecs.iter().enumerate() {
        let Ok(index) = u8::try_from(index) else { break };
        if let Some(format) = formats.get_mut(usize::from(agreed.receive_pt)) {
            let codec = agreed.codec.known();
            *format = match agreed.codec.is_video() {
                true => Format::Video,
                false => Format::Audio { codec, clock_hz: agreed.codec.clock_hz.max(1), index },
            };
        }
    }
    if let Some(event) = &settings.dtmf
        && let Some(format) = formats.get_mut(usize::from(event.receive_pt))
    {
        *format = Format::Event { clock_hz: settings.clock_hz() };
    }
    for format in settings.webrtc.iter().flat_map(|agreed| &agreed.video).flat_map(|video| &video.formats) {
        if let Some(place) = formats.get_mut(usize::from(format.receive_pt)) {
            *place = Format::Video;
        }
    }
    formats
}
