//! What people see of agents and of themselves, out of memory.

use serde_json::json;

use super::desk::Desk;
use super::moment::Moment;
use super::outputs::reason;
use super::view::{
    self, AgentPresence, AgentStanding, AgentView, DeskPart, OpenCounts, Person, PresenceView, Serving,
    Stage, StandingState, StandingView, Titled, Why, WhyNot,
};
use crate::model::{Agent, Directory, InteractionId, Medium, PauseReasonId, Permission, Queue, UserId};
use crate::routing::distribution::{Destination, OfferId, Progress};

impl Desk {
    /// An agent's own standing in the queues that he is a member of.
    pub fn presence(&self, at: Moment, directory: &Directory, user: UserId) -> PresenceView {
        let own = directory
            .queues(self.organization)
            .filter(|queue| queue.enabled && queue.members.contains(&user));
        let wrap_up = self.distribution.agent(user).and_then(|agent| agent.wrap_up);
        let until = wrap_up.map(|wrap_up| wrap_up.until);
        PresenceView {
            queues: own.map(|queue| self.standing(directory, queue, user)).collect(),
            wrap_up_until_ms: until.map(|until| at.wall_of(until)),
            wrap_up_interaction: until.and_then(|_| self.wrap_ups.get(&user)).map(|id| id.0),
        }
    }

    fn standing(&self, directory: &Directory, queue: &Queue, user: UserId) -> StandingView {
        let row = self.standings.get(&(user, queue.id));
        let paused = row.and_then(|row| row.paused);
        let titled = |id: PauseReasonId| {
            let reason = directory.pause_reasons(self.organization).find(|reason| reason.id == id)?;
            Some(Titled { id: id.0, title: reason.title.clone() })
        };
        StandingView {
            queue_id: queue.id.0,
            name: queue.name.clone(),
            title: queue.title.clone(),
            medium: queue.medium,
            direction: queue.direction,
            state: match (row, paused) {
                (None, _) => StandingState::Offline,
                (Some(_), None) => StandingState::Online,
                (Some(_), Some(_)) => StandingState::Paused,
            },
            since_ms: row.map(|row| row.since_ms),
            reason: paused.and_then(titled),
            reasons: queue.pause_reasons.iter().copied().filter_map(titled).collect(),
        }
    }

    /// What keeps him from all calls of the queues that he belongs to.
    fn calls_need(&self, directory: &Directory, agent: &Agent) -> Option<&'static str> {
        let of_calls = |queue: &&crate::model::Queue| queue.enabled && queue.medium == Medium::Voice;
        let mut queues = directory.queues(self.organization).filter(of_calls);
        if !queues.any(|queue| queue.members.contains(&agent.id)) {
            return None;
        }
        match (agent.extension, agent.webrtc) {
            (None, _) => Some("extension"),
            (Some(_), false) => Some("webrtc"),
            (Some(_), true) => None,
        }
    }

    /// An agent as supervisors see him.
    pub fn agent_view(&self, at: Moment, directory: &Directory, agent: &Agent) -> AgentView {
        let own = self.distribution.agent(agent.id);
        let open = |medium| own.map_or(0, |agent| agent.serving.values().filter(|of| **of == medium).count());
        let count = |medium| u32::try_from(open(medium)).unwrap_or(u32::MAX);
        let of_him = self
            .standings
            .range((agent.id, crate::model::QueueId(i64::MIN))..)
            .take_while(|((user, _), _)| *user == agent.id);
        let title = |id: PauseReasonId| {
            let reason = directory.pause_reasons(self.organization).find(|reason| reason.id == id);
            reason.map(|reason| reason.title.clone()).unwrap_or_default()
        };
        AgentView {
            id: agent.id.0,
            name: agent.name.clone(),
            photo_url: agent.photo_url(),
            standings: of_him
                .map(|((_, queue), row)| AgentStanding {
                    queue_id: queue.0,
                    state: if row.paused.is_some() { StandingState::Paused } else { StandingState::Online },
                    reason: row.paused.map(title),
                    since_ms: row.since_ms,
                })
                .collect(),
            presence: self.agent_presence(agent.id),
            open: OpenCounts { chats: count(Medium::Chat), calls: count(Medium::Voice) },
            extension: agent
                .extension
                .and_then(|id| directory.extension_by_id(id))
                .filter(|extension| extension.enabled)
                .map(|extension| extension.number.clone()),
            takes: [Medium::Voice, Medium::Chat].into_iter().filter(|medium| agent.takes(*medium)).collect(),
            calls_need: self.calls_need(directory, agent),
            in_call: own.is_some_and(|agent| agent.in_call),
            wrap_up_until_ms: own.and_then(|agent| agent.wrap_up).map(|wrap_up| at.wall_of(wrap_up.until)),
            interactions: own
                .into_iter()
                .flat_map(|agent| agent.serving.keys())
                .filter_map(|id| self.serving(*id))
                .collect(),
        }
    }

    fn agent_presence(&self, user: UserId) -> AgentPresence {
        let holds =
            self.distribution.agent(user).is_some_and(|a| !a.serving.is_empty() || !a.queues.is_empty());
        match self.sockets.contains_key(&user) {
            true => AgentPresence::Here,
            false if holds && self.is_lost(user) => AgentPresence::Lost,
            false => AgentPresence::Away,
        }
    }

    fn serving(&self, id: InteractionId) -> Option<Serving> {
        let item = self.interactions.get(&id)?;
        Some(Serving {
            id: id.0,
            protocol: item.protocol.clone(),
            title: item.title.clone(),
            medium: item.medium,
            since_ms: item.assigned_at_ms.unwrap_or(item.started_at_ms),
        })
    }

    /// All agents, for one who supervises or not.
    pub fn agent_views(&self, at: Moment, directory: &Directory, reader: Option<&Agent>) -> Vec<AgentView> {
        let supervises = reader.is_some_and(|agent| agent.may(Permission::Supervise));
        let agents = directory.agents(self.organization).filter(|agent| agent.enabled);
        let views = agents.map(|agent| self.agent_view(at, directory, agent));
        if supervises { views.collect() } else { views.map(|view| view.for_colleagues()).collect() }
    }

    /// What memory has of one user's desk.
    pub fn part(&self, at: Moment, directory: &Directory, user: UserId) -> DeskPart {
        let reader = directory.agent(self.organization, user);
        let own = self.distribution.agent(user);
        let offers = own.into_iter().flat_map(|agent| agent.offers.iter());
        let all = reader.is_some_and(|agent| agent.may(Permission::Supervise));
        let boards = directory
            .queues(self.organization)
            .filter(|queue| queue.enabled && (all || queue.members.contains(&user)));
        DeskPart {
            presence: self.presence(at, directory, user),
            offers: offers.filter_map(|(id, (interaction, _))| self.offer(at, *id, *interaction)).collect(),
            boards: boards.map(|queue| self.board(queue)).collect(),
            agents: self.agent_views(at, directory, reader),
            live: self.interactions.keys().map(|id| (*id, self.live(*id))).collect(),
        }
    }

    fn offer(
        &self,
        at: Moment,
        id: OfferId,
        interaction: InteractionId,
    ) -> Option<(i64, InteractionId, i64)> {
        match self.distribution.interaction(interaction)?.progress {
            Progress::Offered(offer) if offer.id == id => {
                Some((self.offer_number(id), interaction, at.wall_of(offer.until)))
            }
            Progress::Offered(_) | Progress::Served(_) | Progress::Waiting => None,
        }
    }

    /// Why one that is not closed is where it is.
    pub fn why(&self, at: Moment, directory: &Directory, interaction: InteractionId) -> Option<Why> {
        let item = self.interactions.get(&interaction)?;
        let waiting_since_ms = item.waiting_since_ms.unwrap_or(item.started_at_ms);
        let routed = self.distribution.interaction(interaction);
        let (state, ahead) = match routed.map(|routed| (routed.progress, routed.arrival.to)) {
            Some((Progress::Waiting, to)) => (Stage::Waiting, self.ahead_of(interaction, to)),
            Some((Progress::Offered(_), _)) => (Stage::Offered, 0),
            Some((Progress::Served(_), _)) => (Stage::Open, 0),
            // Without a queue that takes anything nobody is asked.
            None => (Stage::Waiting, 0),
        };
        let leads_nowhere = routed.is_none();
        let verdicts = match state {
            Stage::Waiting | Stage::Offered => self.distribution.explain(at.instant, interaction),
            Stage::Open | Stage::Closed => Vec::new(),
        };
        let agents = verdicts.into_iter().map(|(user, verdict)| {
            let Person { id, name } = view::person(directory, self.organization, user);
            let (reasons, figures) = match verdict {
                Ok(()) => (Vec::new(), json!({})),
                Err(why) => {
                    let (word, figures) = reason(at, why);
                    (vec![word], figures)
                }
            };
            WhyNot { id, name, reasons, figures }
        });
        let agents = agents.collect();
        Some(Why { state, waiting_since_ms, leads_nowhere, position: ahead + 1, ahead, agents })
    }

    fn ahead_of(&self, interaction: InteractionId, to: Destination) -> u32 {
        let before = self.distribution.waiting(to).take_while(|other| *other != interaction).count();
        u32::try_from(before).unwrap_or(u32::MAX)
    }
}
