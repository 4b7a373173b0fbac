//! How long agents have an Interaction: each one's part from when he got it to when he laid it down or closed it, with his
//! wrap-up. What it waits between is none of it.

use super::desk::Desk;
use super::moment::Moment;
use crate::model::InteractionId;
use crate::store::{InteractionChange, InteractionStep};

impl Desk {
    /// The agent who has it has it no more: his part is complete. Before its state says so.
    pub fn lay_down(&mut self, at: Moment, interaction: InteractionId) {
        let Some(item) = self.interactions.get_mut(&interaction) else { return };
        let Some(ms) = item.part_ms(at.wall_ms) else { return };
        item.handled_ms = item.handled_ms.saturating_add(ms);
        self.keep_handled(interaction, ms);
    }

    /// Somebody's wrap-up of it is over. It may go on with another agent meanwhile, or be closed.
    pub fn wrapped_up(&mut self, interaction: InteractionId, ms: i64) {
        self.keep_handled(interaction, ms);
        if let Some(item) = self.interactions.get_mut(&interaction) {
            item.handled_ms = item.handled_ms.saturating_add(ms);
        }
        let Some(&(queue, closed_at_ms)) = self.wrapped_up_still.get(&interaction) else { return };
        self.boards.wrapped_up(queue, closed_at_ms, ms);
        if !self.is_wrapped_up(interaction) {
            self.wrapped_up_still.remove(&interaction);
        }
    }

    /// Whether an agent has his wrap-up of it now.
    pub fn is_wrapped_up(&self, interaction: InteractionId) -> bool {
        let of_it = |agent: &crate::routing::distribution::Agent| {
            agent.wrap_up.is_some_and(|wrap_up| wrap_up.of == interaction)
        };
        self.distribution.agents().any(of_it)
    }

    /// The row has the same figure, so that a node that starts counts as this one did.
    pub fn keep_handled(&mut self, interaction: InteractionId, ms: i64) {
        let change = InteractionChange::Handled { ms };
        self.batch.steps.push(InteractionStep { interaction, change, event: None });
    }
}
