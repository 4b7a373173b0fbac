//! Who is in a Call, for the floor: whoever talks, rings or dials on his Seat or his phone is asked for no call of a queue meanwhile.
//! A Call is compared with what the floor was told last, after each event.

use super::context::Context;
use super::leg::{LegPhase, Party};
use super::state::{Call, Phase};
use crate::model::ExtensionId;
use crate::routing::floor::voice::VoiceEvent;

impl Call {
    /// Tells the floor which extensions are in the Call, if they are others than before.
    pub(super) fn report_engaged(&mut self, cx: &mut Context<'_>) {
        if self.in_it().eq(self.engaged.iter().copied()) {
            return;
        }
        let Some(organization) = self.record.organization else { return };
        self.engaged = self.in_it().collect();
        let extensions = self.engaged.clone();
        cx.voice.push(VoiceEvent::Engaged { organization, call: self.id, extensions });
    }

    /// One with two legs is there twice.
    fn in_it(&self) -> impl Iterator<Item = ExtensionId> {
        let over = matches!(self.phase, Phase::Ending) || self.record.ended_at_ms.is_some();
        let legs = self.legs.iter().filter(move |leg| !over && leg.phase != LegPhase::Gone);
        legs.filter_map(|leg| match leg.party {
            Party::Extension { id, .. } => Some(id),
            Party::Trunk { .. } => None,
        })
    }
}
