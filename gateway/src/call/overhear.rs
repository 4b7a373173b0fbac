//! What is listened for in a Call, and keys that nobody but the far end may have.

use ramal_media::command::{Command, LegId};
use ramal_media::ears::{Answerer, FaxTone, ListenFor, Noticed};

use super::context::Context;
use super::leg::{Leg, LegPhase};
use super::page::PageEvent;
use super::seat::SeatRefusal;
use super::state::Call;
use crate::model::EventRow;
use crate::store::Fact;

/// Whether the keys of a Call may be seen and heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keys {
    /// Card numbers: they reach the far end as events; neither ears, nor recording, trace or page have them.
    Masked,
    #[default]
    Plain,
}

impl Call {
    /// Listens for something on the party that the agent talks with.
    ///
    /// # Errors
    /// He talks with nobody.
    pub(super) fn listen_for(
        &mut self,
        cx: &Context<'_>,
        by: LegId,
        wanted: ListenFor,
    ) -> Result<(), SeatRefusal> {
        let far = self.peer_of(by).ok_or(SeatRefusal::WrongState)?;
        self.command(cx, Command::ListenFor { leg: self.on_worker(far), wanted });
        Ok(())
    }

    /// Masks the keys of all parties with a line of their own, or no longer. Browsers send none as sound.
    pub(super) fn mask_keys(&mut self, cx: &Context<'_>, keys: Keys) {
        self.keys = keys;
        for leg in self.legs.iter().filter(|leg| leg.phase == LegPhase::Up && leg.seat().is_none()) {
            self.command(cx, Command::MaskKeys { leg: leg.id, masked: keys == Keys::Masked });
        }
    }

    /// Whoever has come into the Call is masked as well.
    pub(super) fn mask_who_came(&mut self, cx: &Context<'_>) {
        if self.keys == Keys::Masked {
            self.mask_keys(cx, Keys::Masked);
        }
    }

    pub(super) fn noticed(&mut self, cx: &mut Context<'_>, leg: LegId, noticed: Noticed) {
        let kind = match noticed {
            Noticed::Answerer(_) => Some("call.answerer"),
            Noticed::Fax(_) => Some("call.fax"),
            Noticed::Silence { .. } | Noticed::VoiceBegan | Noticed::VoiceEnded { .. } => None,
        };
        if let Some(kind) = kind {
            let party = self.leg(leg).map(Leg::side_name).unwrap_or_default();
            cx.facts.push(Fact::Event(EventRow {
                at_ms: cx.wall_ms,
                organization: self.record.organization,
                kind: kind.to_owned(),
                call: Some(self.id),
                detail: format!("{party}: {}", word(noticed)),
            }));
        }
        let Some(peer) = self.peer_of(leg) else { return };
        let ms = match noticed {
            Noticed::Silence { ms } | Noticed::VoiceEnded { ms } => Some(ms),
            Noticed::Answerer(_) | Noticed::Fax(_) | Noticed::VoiceBegan => None,
        };
        let event = PageEvent::Noticed { call: self.id.to_string(), what: word(noticed), ms };
        self.tell_page(cx, peer, event);
    }
}

/// The word that stands for it wherever it is told.
pub(super) fn word(noticed: Noticed) -> &'static str {
    match noticed {
        Noticed::Answerer(Answerer::Machine) => "machine",
        Noticed::Answerer(Answerer::Person) => "person",
        Noticed::Answerer(Answerer::Unknown) => "unknown",
        Noticed::Fax(FaxTone::Called) => "fax_called",
        Noticed::Fax(FaxTone::Calling) => "fax_calling",
        Noticed::Silence { .. } => "silence",
        Noticed::VoiceBegan => "voice_began",
        Noticed::VoiceEnded { .. } => "voice_ended",
    }
}
