//! After the rows, the events: what has changed is told to those who may see it.

use std::collections::HashMap;

use serde_json::json;

use super::batch::{Batch, OfferNews};
use super::moment::Moment;
use super::state::Floor;
use super::view::{self, InteractionView, OfferView};
use crate::feed::{Audience, Sight};
use crate::model::{InteractionId, InteractionState, OrganizationId, Permission};
use crate::routing::distribution::Withdrawal;
use crate::store::Reader;

impl Floor {
    /// Tells everything that a batch has changed. Its rows are written.
    pub(super) async fn publish(&mut self, at: Moment, organization: OrganizationId, batch: &Batch) {
        let views = self.publish_interactions(organization, batch).await;
        self.publish_offers(at, organization, batch, &views);
        self.publish_agents(at, organization, batch);
        let Some(desk) = self.desks.get_mut(&organization) else { return };
        for board in desk.board_news(at.instant, &self.directory) {
            let queue = Some(crate::model::QueueId(board.queue_id));
            let members = Audience::Interaction { queue, agent: None };
            self.feed.publish(organization, members, "board", board);
        }
    }

    async fn publish_interactions(
        &mut self,
        organization: OrganizationId,
        batch: &Batch,
    ) -> HashMap<InteractionId, InteractionView> {
        let mut views = HashMap::new();
        for &id in &batch.touched {
            let Some(found) = self.read_interaction(organization, id).await else { continue };
            let Some(desk) = self.desks.get_mut(&organization) else { continue };
            let live = desk.live(id);
            let is = Sight { queue: found.row.queue, agent: found.row.agent };
            let closed = found.row.state == InteractionState::Closed;
            let was = match desk.interactions.get_mut(&id) {
                Some(item) => {
                    item.title.clone_from(&found.row.title);
                    item.told.replace(is)
                }
                None => None,
            };
            let grace_ms = self.settings.visitor_grace_ms;
            let view = view::interaction(&self.directory, found, Some(&live), grace_ms);
            // Who saw it wait and sees it close has to see that it is over, not that it is gone.
            let told_to = if closed { was.unwrap_or(is) } else { is };
            if let Some(was) = was.filter(|was| *was != told_to) {
                let gone = Audience::Left { was, is: told_to };
                self.feed.publish(organization, gone, "interaction.gone", json!({ "id": id }));
            }
            self.feed.publish(organization, told_to.into(), "interaction", &view);
            if closed {
                desk.dismiss(id);
            }
            views.insert(id, view);
        }
        views
    }

    fn publish_offers(
        &self,
        at: Moment,
        organization: OrganizationId,
        batch: &Batch,
        views: &HashMap<InteractionId, InteractionView>,
    ) {
        let Some(desk) = self.desks.get(&organization) else { return };
        for news in &batch.offers {
            match news {
                OfferNews::Made(offer) => {
                    // One that is over already is told of by what comes next.
                    let Some(interaction) = views.get(&offer.interaction).cloned() else { continue };
                    let until_ms = at.wall_of(offer.until);
                    let view = OfferView { id: desk.offer_number(offer.id), interaction, until_ms };
                    self.feed.publish(organization, Audience::User(offer.agent), "offer", view);
                }
                OfferNews::Accepted(offer) => {
                    let over = json!({ "id": desk.offer_number(offer.id), "why": "accepted" });
                    self.feed.publish(organization, Audience::User(offer.agent), "offer.over", over);
                }
                OfferNews::Over(offer, why) => {
                    let why = match why {
                        Withdrawal::Gone => "gone",
                        Withdrawal::AgentLeft => "agent_left",
                        Withdrawal::InCall => "in_call",
                        Withdrawal::Refused => "refused",
                        Withdrawal::TimedOut => "timed_out",
                    };
                    let over = json!({ "id": desk.offer_number(offer.id), "interaction": offer.interaction, "why": why });
                    self.feed.publish(organization, Audience::User(offer.agent), "offer.over", over);
                }
            }
        }
    }

    fn publish_agents(&self, at: Moment, organization: OrganizationId, batch: &Batch) {
        let Some(desk) = self.desks.get(&organization) else { return };
        for &user in &batch.agents {
            let Some(agent) = self.directory.agent(organization, user) else { continue };
            let view = desk.agent_view(at, &self.directory, agent);
            let colleagues = Audience::NotPermitted(Permission::Supervise);
            self.feed.publish(organization, colleagues, "agent", view.for_colleagues());
            self.feed.publish(organization, Audience::Permitted(Permission::Supervise), "agent", view);
            let own = desk.presence(at, &self.directory, user);
            self.feed.publish(organization, Audience::User(user), "presence", own);
        }
    }

    async fn read_interaction(
        &self,
        organization: OrganizationId,
        id: InteractionId,
    ) -> Option<crate::store::NamedInteraction> {
        let read = || self.store.named_interaction(organization, Reader::All, id);
        self.insist("an interaction cannot be read", read).await.flatten()
    }
}
