//! Legs that somebody asked to be listened to, and Legs whose keys nobody may hear.

use std::time::Instant;

use super::party::Format;
use super::receive::Accepted;
use super::{Engine, LegIndex};
use crate::command::LegId;
use crate::dtmf::Dtmf;
use crate::ears::mask::{Line, Mask};
use crate::ears::{Detectors, Ears, ListenFor};
use crate::event::Event;

/// What is asked of one Leg.
#[derive(Default)]
pub(super) struct Overheard {
    ears: Ears,
    line: Line<Accepted>,
}

/// Whether a packet goes on now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Onward {
    /// It waits until it is known to be no key.
    Later,
    Now,
}

impl Engine {
    /// What to listen for on a Leg from now on, in the place of what was listened for before.
    pub fn listen_for(&mut self, leg: LegId, wanted: ListenFor) {
        let Some(party) = self.party_mut(leg) else { return };
        let overheard = party.incoming.overheard.get_or_insert_default();
        overheard.ears.detectors = (!wanted.is_nothing()).then(|| Detectors::new(wanted));
        if !overheard.ears.are_needed() {
            party.incoming.overheard = None;
        }
    }

    /// Keys of a Leg reach the far end as events only, or as they come again.
    pub fn mask_keys(&mut self, now: Instant, leg: LegId, masked: bool) {
        let Some(index) = self.index_of(leg) else { return };
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        if masked {
            party.incoming.overheard.get_or_insert_default().ears.mask.get_or_insert_default();
            return;
        }
        let Some(mut overheard) = party.incoming.overheard.take() else { return };
        overheard.ears.mask = None;
        let mut line = std::mem::take(&mut overheard.line);
        if overheard.ears.are_needed() {
            party.incoming.overheard = Some(overheard);
        }
        while let Some(held) = line.pop_rest() {
            self.hand_over(now, index, &released(&held), &held.packet);
        }
    }

    /// A packet of an event: its sound may come beside it.
    pub(super) fn note_key_event(&mut self, now: Instant, index: LegIndex) {
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        if let Some(mask) =
            party.incoming.overheard.as_mut().and_then(|overheard| overheard.ears.mask.as_mut())
        {
            mask.note_event(now);
        }
    }

    /// A packet of sound: it is listened to, where somebody asks for it, and waits, where keys are masked.
    pub(super) fn overhear(
        &mut self,
        now: Instant,
        index: LegIndex,
        accepted: &Accepted,
        packet: &[u8],
    ) -> Onward {
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return Onward::Now };
        let Format::Audio { codec, .. } = accepted.format else { return Onward::Now };
        let Some(mut overheard) = party.incoming.overheard.take() else { return Onward::Now };
        let (leg, Overheard { ears, line }) = (party.id, &mut *overheard);
        let Ears { hearing, detectors, mask } = ears;
        let mut key = None;
        if let Some(codec) = codec {
            hearing.take(codec, accepted.header.payload(packet), |frame| {
                if let Some(detectors) = detectors.as_mut() {
                    detectors.listen(frame, |noticed| self.outputs.event(Event::Noticed { leg, noticed }));
                }
                key = mask.as_mut().and_then(|mask| mask.listen(now, frame)).or(key);
            });
        }
        let onward = match mask {
            None => Onward::Now,
            Some(mask) => {
                self.hold_back(now, index, (accepted, packet), (mask, line));
                Onward::Later
            }
        };
        if let Some(Some(party)) = self.parties.get_mut(index as usize) {
            party.incoming.overheard = Some(overheard);
        }
        if let Some(key) = key {
            self.tell_masked_key(now, index, key.digit, key.duration_ms);
        }
        onward
    }

    fn hold_back(
        &mut self,
        now: Instant,
        index: LegIndex,
        (accepted, packet): (&Accepted, &[u8]),
        (mask, line): (&mut Mask, &mut Line<Accepted>),
    ) {
        let codec = match accepted.format {
            Format::Audio { codec, .. } => codec,
            Format::Event { .. } | Format::Unknown | Format::Video => None,
        };
        line.push(*accepted, codec, packet, accepted.header.payload_offset);
        mask.cover(now, line);
        while let Some(held) = line.pop() {
            self.hand_over(now, index, &released(&held), &held.packet);
            line.give_back(held);
        }
    }

    /// Found in the sound, which did not go on: whoever hears the Leg gets the key as an event, if he takes events.
    fn tell_masked_key(&mut self, now: Instant, index: LegIndex, digit: Dtmf, duration_ms: u32) {
        let Some(Some(party)) = self.parties.get(index as usize) else { return };
        let (leg, listeners) = (party.id, party.incoming.listeners.iter().collect::<Vec<_>>());
        self.outputs.event(Event::Dtmf { leg, digit, duration_ms });
        for listener in listeners {
            self.push_key_event(now, listener, digit, duration_ms);
        }
    }
}

/// As it goes on: what was silenced has another length.
fn released(held: &crate::ears::mask::Held<Accepted>) -> Accepted {
    let mut accepted = held.about;
    accepted.length = held.packet.len();
    accepted.header.payload_end = accepted.header.payload_end.min(held.packet.len());
    if held.is_silent() {
        accepted.header.payload_end = held.packet.len();
    }
    accepted
}
