//! Who is in a Call, for the floor: whoever talks, rings or dials on his Seat or his phone is asked for no call of a queue meanwhile.
//! A Call is compared with what the floor was told last, after each event.

use super::context::Context;
use super::leg::{LegPhase, Party, Side};
use super::state::{Call, Phase};
use crate::model::ExtensionId;
use crate::routing::floor::voice::VoiceEvent;

impl Call {
    /// Tells the floor which extensions are in the Call, if they are others than before, or one has taken it since.
    pub(super) fn report_engaged(&mut self, cx: &mut Context<'_>) {
        if self.in_it().eq(self.engaged.iter().copied()) {
            return;
        }
        let Some(organization) = self.record.organization else { return };
        self.engaged = self.in_it().collect();
        let extensions = self.engaged.iter().map(|(extension, _)| *extension).collect();
        let taken =
            self.engaged.iter().filter(|(_, taken)| *taken).map(|(extension, _)| *extension).collect();
        cx.voice.push(VoiceEvent::Engaged { organization, call: self.id, extensions, taken });
    }

    /// Extensions, and whether they began the Call or took it. One with two legs is there twice.
    fn in_it(&self) -> impl Iterator<Item = (ExtensionId, bool)> {
        let over = matches!(self.phase, Phase::Ending) || self.record.ended_at_ms.is_some();
        let legs = self.legs.iter().filter(move |leg| !over && leg.phase != LegPhase::Gone);
        legs.filter_map(|leg| match leg.party {
            Party::Extension { id, .. } => Some((id, leg.phase == LegPhase::Up || leg.side == Side::Caller)),
            Party::Trunk { .. } => None,
        })
    }
}
