//! Who is in a call, be it an Interaction or his own, on his Seat or his phone: he is offered no call until it ends.

use std::collections::{BTreeSet, HashMap};

use super::moment::Moment;
use super::state::Floor;
use crate::model::{CallId, ExtensionId, OrganizationId};

/// Extensions and the running calls that they are in, as signalling tells.
#[derive(Default, Debug)]
pub(super) struct Engaged {
    by_call: HashMap<CallId, BTreeSet<ExtensionId>>,
    /// In how many calls; never 0.
    calls: HashMap<ExtensionId, usize>,
}

impl Engaged {
    /// Who is in this call now; nobody: it is over.
    fn set(&mut self, call: CallId, extensions: &[ExtensionId]) {
        for extension in self.by_call.remove(&call).into_iter().flatten() {
            if let Some(count) = self.calls.get_mut(&extension) {
                *count -= 1;
                if *count == 0 {
                    self.calls.remove(&extension);
                }
            }
        }
        if extensions.is_empty() {
            return;
        }
        let them: BTreeSet<ExtensionId> = extensions.iter().copied().collect();
        for &extension in &them {
            *self.calls.entry(extension).or_default() += 1;
        }
        self.by_call.insert(call, them);
    }

    fn is_in_a_call(&self, extension: ExtensionId) -> bool {
        self.calls.contains_key(&extension)
    }
}

impl Floor {
    /// Others are in this call than before.
    pub(super) async fn engaged(
        &mut self,
        at: Moment,
        organization: OrganizationId,
        call: CallId,
        extensions: &[ExtensionId],
    ) {
        self.engaged.set(call, extensions);
        self.heed_calls(at, organization);
        self.finish(at, organization).await;
    }

    /// Tells the distribution who is in a call; who stands as before is not touched.
    pub(super) fn heed_calls(&mut self, at: Moment, organization: OrganizationId) {
        let Some(desk) = self.desks.get_mut(&organization) else { return };
        for agent in self.directory.agents(organization) {
            let in_call = agent.extension.is_some_and(|extension| self.engaged.is_in_a_call(extension));
            // Whom the distribution does not know is disabled, and offered nothing.
            let _ = desk.distribution.set_in_call(at.instant, agent.id, in_call);
        }
    }
}
