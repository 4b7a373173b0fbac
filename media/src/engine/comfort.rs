//! What is heard of a browser that is away, between a page that was closed and the one that takes over its Leg: the sound of
//! a room, so that nobody takes the line for dead. Where audio is transcoded, that does it by itself.

use std::time::{Duration, Instant};

use super::output::Exit;
use super::party::{Hear, MediaState};
use super::timeout::{Own, send_own, step_of};
use super::timer::Reason;
use super::{Engine, LegIndex};
use crate::command::Repeat;
use crate::player::{Played, Player, Prompt};

/// A browser of which no audio comes for so long is treated as one that is away. It need not be: one that leaves silence out
/// (DTX) would send within 0.4 s, but a page may stop its microphone; then a quiet room is what is to be heard all the same.
pub(super) const QUIET_AFTER: Duration = Duration::from_secs(2);

impl Engine {
    /// Looks whether audio of a browser still comes, and again when it may have stopped.
    pub(super) fn check_quiet(&mut self, now: Instant, index: LegIndex) {
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        let (MediaState::Flowing, Some(last)) = (party.incoming.media, party.incoming.last_received) else {
            return;
        };
        let due = last + QUIET_AFTER;
        if due > now {
            return self.timers.set(&mut party.deadlines, index, Reason::Quiet, Some(due));
        }
        self.comfort_listeners(now, index);
    }

    /// The Leg has lost its browser: all who hear it get comfort until a packet comes again.
    pub(super) fn comfort_listeners(&mut self, now: Instant, index: LegIndex) {
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        if party.incoming.media == MediaState::NotYet {
            return;
        }
        party.incoming.media = MediaState::Away;
        let mut next = 0;
        while let Some(Some(party)) = self.parties.get(index as usize)
            && let Some(listener) = party.incoming.listeners.get(next)
        {
            next += 1;
            self.comfort(now, listener);
        }
    }

    /// For one that begins to hear: comfort, if there is nobody to be heard now.
    pub(super) fn comfort_if_away(&mut self, now: Instant, listener: LegIndex) {
        let heard = self.heard_by(listener).and_then(|from| self.parties.get(from as usize)?.as_ref());
        if heard.is_some_and(|heard| heard.incoming.media == MediaState::Away) {
            self.comfort(now, listener);
        }
    }

    /// A packet came again.
    pub(super) fn end_comfort(&mut self, index: LegIndex) {
        let mut next = 0;
        while let Some(Some(party)) = self.parties.get(index as usize)
            && let Some(listener) = party.incoming.listeners.get(next)
        {
            next += 1;
            self.stop_comfort(listener);
        }
    }

    pub(super) fn stop_comfort(&mut self, listener: LegIndex) {
        let Some(Some(party)) = self.parties.get_mut(listener as usize) else { return };
        if party.outgoing.comfort.take().is_some() {
            self.timers.set(&mut party.deadlines, listener, Reason::Comfort, None);
        }
    }

    pub(super) fn play_comfort(&mut self, now: Instant, index: LegIndex) {
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        let Some(mut player) = party.outgoing.comfort.take() else { return };
        match player.step(now) {
            Played::Frame { payload, payload_type, clock_hz, continuity } => {
                let own = Own { payload_type, step: step_of(continuity, clock_hz), payload };
                let mut exit = Exit { outputs: &mut self.outputs, timers: &mut self.timers };
                if !party.outgoing.dtmf.is_sending() {
                    send_own(party, &mut exit, now, index, &own);
                }
            }
            Played::Finished | Played::Mute => {}
        }
        let deadline = Some(player.deadline());
        party.outgoing.comfort = Some(player);
        self.timers.set(&mut party.deadlines, index, Reason::Comfort, deadline);
    }

    fn comfort(&mut self, now: Instant, listener: LegIndex) {
        let Some(Some(party)) = self.parties.get_mut(listener as usize) else { return };
        let Hear::Leg { transcode, .. } = &party.outgoing.hear else { return };
        let transcoded = transcode.as_ref().is_some_and(|transcode| transcode.deadline().is_some());
        let (may_send, Some(settings)) = (party.may_send(), &party.settings) else { return };
        if transcoded || !may_send || party.outgoing.comfort.is_some() {
            return;
        }
        let mut player = Player::new(now, Prompt::comfort(), Repeat::Forever);
        player.encoding =
            settings.codecs.iter().find_map(|agreed| Some((agreed.codec.known()?, agreed.send_pt)));
        party.outgoing.comfort = Some(Box::new(player));
        self.timers.set(&mut party.deadlines, listener, Reason::Comfort, Some(now));
    }
}
