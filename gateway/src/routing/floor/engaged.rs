//! Who is in a call, be it an Interaction or his own, on his Seat or his phone: he is offered no call until it ends, and what he was
//! offered goes on to the next once he has begun or taken it.

use std::collections::{BTreeSet, HashMap};

use super::moment::Moment;
use super::state::Floor;
use crate::model::{CallId, ExtensionId, OrganizationId, UserId};

/// Extensions and the running calls that they are in, as signalling tells.
#[derive(Default, Debug)]
pub(super) struct Engaged {
    by_call: HashMap<CallId, BTreeSet<ExtensionId>>,
    /// In how many calls; never 0.
    calls: HashMap<ExtensionId, usize>,
}

impl Engaged {
    /// Who is in this call now; nobody: it is over. Those who are in a call since, or in none any more.
    fn set(&mut self, call: CallId, extensions: &[ExtensionId]) -> BTreeSet<ExtensionId> {
        let now: BTreeSet<ExtensionId> = extensions.iter().copied().collect();
        let before = match now.is_empty() {
            true => self.by_call.remove(&call),
            false => self.by_call.insert(call, now.clone()),
        }
        .unwrap_or_default();
        let mut changed = BTreeSet::new();
        for &extension in now.difference(&before) {
            let count = self.calls.entry(extension).or_default();
            *count += 1;
            changed.extend((*count == 1).then_some(extension));
        }
        for &extension in before.difference(&now) {
            let left = self.calls.get(&extension).map_or(0, |count| count.saturating_sub(1));
            match left {
                0 => changed.extend(self.calls.remove(&extension).map(|_| extension)),
                left => drop(self.calls.insert(extension, left)),
            }
        }
        changed
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
        (organization, call): (OrganizationId, CallId),
        extensions: &[ExtensionId],
        taken: &[ExtensionId],
    ) {
        if self.engaged.set(call, extensions).is_empty() && taken.is_empty() {
            return;
        }
        self.heed_calls(at, organization);
        let own = self.calls.get(&call).map(|(_, interaction)| *interaction);
        let users: Vec<UserId> =
            taken.iter().filter_map(|&extension| self.user_of(organization, extension)).collect();
        if let Some(desk) = self.desks.get_mut(&organization) {
            for user in users {
                // Whom the distribution does not know is disabled, and offered nothing.
                let _ = desk.distribution.took_call(at.instant, user, own);
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_in_two_calls_is_in_one_until_both_are_over() {
        let (mut engaged, [one, two]) = (Engaged::default(), [1, 2].map(|n| CallId::new(n, [0; 10])));
        let [ana, bia] = [ExtensionId(1), ExtensionId(2)];
        let set = |of: &[ExtensionId]| of.iter().copied().collect::<BTreeSet<_>>();
        assert_eq!(engaged.set(one, &[ana, bia, ana]), set(&[ana, bia]));
        assert_eq!(engaged.set(one, &[bia, ana]), set(&[]));
        assert_eq!(engaged.set(two, &[ana]), set(&[]));
        assert_eq!(engaged.set(one, &[]), set(&[bia]));
        assert!(engaged.is_in_a_call(ana) && !engaged.is_in_a_call(bia));
        assert_eq!(engaged.set(two, &[]), set(&[ana]));
        assert_eq!((engaged.by_call.len(), engaged.calls.len()), (0, 0), "nothing is left");
    }
}
