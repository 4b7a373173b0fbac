//! The floors of all Organizations: orders in, rows and events out.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use super::calls::CallNews;
use super::deeds::Asker;
use super::desk::{Desk, Item};
use super::engaged::Engaged;
use super::error::FloorError;
use super::load::Stored;
use super::moment::Moment;
use super::order::{Addressed, By, Connecting, Deed, Order, Reply};
use super::task::Settings;
use super::view::{CallState, CallView};
use super::voice::{Purpose, VoiceEvent, VoiceOrder, VoiceRefusal};
use crate::feed::Feed;
use crate::model::{
    CallId, Directory, EndedByWhom, ExtensionId, InteractionDirection, InteractionId, InteractionState,
    Medium, NewInteraction, OrganizationId, QueueId, UserId,
};
use crate::store::{Store, StoreError};

/// The first pause before the database is asked again, and the longest.
const RETRY_MIN: Duration = Duration::from_millis(50);
const RETRY_MAX: Duration = Duration::from_secs(2);
/// How long signalling may take to connect a caller.
const CONNECT_TIME: Duration = Duration::from_secs(10);

/// See the module.
pub(super) struct Floor {
    pub store: Store,
    pub feed: Feed,
    pub directory: Arc<Directory>,
    pub settings: Settings,
    pub desks: BTreeMap<OrganizationId, Desk>,
    /// Of running calls the Interaction.
    pub calls: HashMap<CallId, (OrganizationId, InteractionId)>,
    /// Who is in a call of any kind.
    pub engaged: Engaged,
    pub voice: mpsc::Sender<VoiceOrder>,
    /// Where answers of signalling come in.
    pub own: mpsc::WeakSender<Addressed>,
    /// See [`Desk::offer_base`].
    pub offer_base: i64,
}

impl Floor {
    /// Makes the floor of each Organization that has none yet, out of its rows, and tells all of the new Directory.
    pub async fn take_over(&mut self, at: Moment, directory: Arc<Directory>) {
        self.directory = directory;
        let organizations: Vec<OrganizationId> =
            self.directory.organizations().iter().map(|organization| organization.id).collect();
        self.desks.retain(|id, _| organizations.contains(id));
        for organization in organizations {
            match self.desks.get_mut(&organization) {
                Some(desk) => desk.take_over(at, &self.directory, self.settings.agent_grace),
                None => self.load(at, organization).await,
            }
            self.heed_calls(at, organization);
            self.finish(at, organization).await;
        }
    }

    async fn load(&mut self, at: Moment, organization: OrganizationId) {
        let store = self.store.clone();
        let read = || async {
            let day = store.local_day(organization, at.wall_ms).await?;
            Ok(Stored {
                standings: store.standings(organization).await?,
                interactions: store.unclosed_interactions(organization).await?,
                ends_of_calls: store.ends_of_unclosed_calls(organization).await?,
                tallies: store.tallies(organization, day.starts_at_ms).await?,
                day,
            })
        };
        let Some(stored) = self.insist("the floor cannot be loaded", read).await else { return };
        let mut desk = Desk::new(organization, self.offer_base);
        desk.load(at, &self.directory, stored, self.settings);
        self.desks.insert(organization, desk);
    }

    /// Writes what a change has brought about, then tells it, then orders signalling.
    pub(super) async fn finish(&mut self, at: Moment, organization: OrganizationId) {
        let Some(desk) = self.desks.get_mut(&organization) else { return };
        desk.settle(at);
        let mut batch = std::mem::take(&mut desk.batch);
        for order in batch.voice.drain(..) {
            // A full mailbox means that signalling has stalled: the call then ends by its own timers.
            if self.voice.try_send(order).is_err() {
                tracing::error!("signalling takes no orders from the floor");
            }
        }
        if !batch.steps.is_empty() || !batch.standings.is_empty() {
            let write = || self.store.record_steps(organization, at.wall_ms, &batch.steps, &batch.standings);
            self.insist("what the floor decided cannot be written", write).await;
        }
        self.publish(at, organization, &batch).await;
    }

    /// Asks the database until it answers. `None`: it refuses, and always will.
    pub(super) async fn insist<T, F>(&self, what: &'static str, ask: impl Fn() -> F) -> Option<T>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let mut pause = RETRY_MIN;
        loop {
            match ask().await {
                Ok(value) => return Some(value),
                Err(error) if error.is_transient() => {
                    tracing::warn!(%error, "{what}: tried again");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(RETRY_MAX);
                }
                Err(error) => {
                    tracing::error!(%error, "{what}");
                    return None;
                }
            }
        }
    }

    /// When to come back although nobody orders anything.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.desks.values().filter_map(Desk::poll_timeout).min()
    }

    /// Does what is due.
    pub async fn handle_timeout(&mut self, at: Moment) {
        let due = |desk: &Desk| desk.poll_timeout().is_some_and(|due| due <= at.instant);
        let organizations: Vec<OrganizationId> =
            self.desks.iter().filter(|(_, desk)| due(desk)).map(|(id, _)| *id).collect();
        for organization in organizations {
            if self.desks.get(&organization).is_some_and(|desk| desk.boards.day_is_over(at.instant)) {
                self.begin_day(at, organization).await;
            }
            if let Some(desk) = self.desks.get_mut(&organization) {
                desk.handle_timeout(at);
            }
            self.finish(at, organization).await;
        }
    }

    async fn begin_day(&mut self, at: Moment, organization: OrganizationId) {
        let store = self.store.clone();
        let read = || async {
            let day = store.local_day(organization, at.wall_ms).await?;
            Ok((day, store.tallies(organization, day.starts_at_ms).await?))
        };
        let Some((day, tallies)) = self.insist("the day's figures cannot be read", read).await else {
            return;
        };
        if let Some(desk) = self.desks.get_mut(&organization) {
            desk.boards.begin_day(at, day, tallies);
        }
    }

    /// Does what is ordered.
    pub async fn handle(&mut self, at: Moment, (organization, order): Addressed) {
        match order {
            Order::Arrived(id) => self.arrived(at, organization, id).await,
            Order::Changed(id) => self.changed(at, organization, id).await,
            Order::Connected(connecting, answer) => {
                self.connected(at, organization, connecting, answer).await
            }
            Order::CustomerEnded(id, reply) => {
                self.with(organization, |desk| desk.ended(at, id, (EndedByWhom::Customer, "customer")));
                self.finish(at, organization).await;
                let _ = reply.send(());
            }
            Order::Deed(user, deed, reply) => self.deed(at, (organization, user), deed, reply).await,
            Order::SocketOpened(user, reply) => {
                let done = self.with(organization, |desk| desk.socket_opened(at, user));
                self.finish(at, organization).await;
                let _ = reply.send(done.unwrap_or(Err(FloorError::Unknown)));
            }
            Order::SocketClosed(user) => {
                let grace = self.settings.agent_grace;
                self.with(organization, |desk| desk.socket_closed(at, user, grace));
                self.finish(at, organization).await;
            }
            Order::Holds(..) | Order::Live(..) | Order::Look(..) | Order::Why(..) => {
                self.look(at, organization, order)
            }
        }
    }

    /// Answers those who only want to see.
    fn look(&self, at: Moment, organization: OrganizationId, order: Order) {
        let Some(desk) = self.desks.get(&organization) else { return };
        // Whoever asked may have gone.
        match order {
            Order::Holds(user, reply) => {
                let count = desk.distribution.agent(user).map_or(0, |agent| agent.serving.len());
                let _ = reply.send(u32::try_from(count).unwrap_or(u32::MAX));
            }
            Order::Live(ids, reply) => {
                let _ = reply.send(ids.into_iter().map(|id| (id, desk.live(id))).collect());
            }
            Order::Look(user, reply) => {
                let _ = reply.send(desk.part(at, &self.directory, user));
            }
            Order::Why(id, reply) => {
                let _ = reply.send(desk.why(at, &self.directory, id));
            }
            Order::Arrived(_)
            | Order::Changed(_)
            | Order::Connected(..)
            | Order::CustomerEnded(..)
            | Order::Deed(..)
            | Order::SocketClosed(_)
            | Order::SocketOpened(..) => {}
        }
    }

    fn with<T>(&mut self, organization: OrganizationId, act: impl FnOnce(&mut Desk) -> T) -> Option<T> {
        self.desks.get_mut(&organization).map(act)
    }

    async fn arrived(&mut self, at: Moment, organization: OrganizationId, id: InteractionId) {
        let store = self.store.clone();
        let read = || store.interaction(organization, id);
        let Some(Some(row)) = self.insist("an interaction cannot be read", read).await else { return };
        if let Some(desk) = self.desks.get_mut(&organization)
            && row.state != InteractionState::Closed
            && !desk.interactions.contains_key(&id)
        {
            desk.admit(at, id, Item::of(&row));
        }
        self.finish(at, organization).await;
    }

    async fn changed(&mut self, at: Moment, organization: OrganizationId, id: InteractionId) {
        let store = self.store.clone();
        let read = || store.interaction(organization, id);
        let Some(Some(row)) = self.insist("an interaction cannot be read", read).await else { return };
        let grace_ms = self.settings.visitor_grace_ms;
        self.with(organization, |desk| {
            desk.batch.touched.insert(id);
            desk.visitor(at, id, row.left_at_ms, grace_ms);
        });
        self.finish(at, organization).await;
    }

    async fn deed(
        &mut self,
        at: Moment,
        (organization, user): (OrganizationId, UserId),
        deed: Deed,
        reply: Reply<Result<(), FloorError>>,
    ) {
        let wanted = match &deed {
            Deed::Accept(number) => self.to_connect(organization, user, *number),
            Deed::Take(interaction) => self.to_pick(organization, user, *interaction),
            _ => Ok(None),
        };
        let done = match wanted {
            Ok(None) => self.act(at, (organization, user), deed),
            Ok(Some((interaction, call, by))) => {
                let connecting = Connecting { interaction, call, user, by, reply };
                return self.connect(organization, connecting);
            }
            Err(error) => Err(error),
        };
        self.finish(at, organization).await;
        let _ = reply.send(done);
    }

    fn act(
        &mut self,
        at: Moment,
        (organization, user): (OrganizationId, UserId),
        deed: Deed,
    ) -> Result<(), FloorError> {
        let agent = self.directory.agent(organization, user).ok_or(FloorError::Unknown)?;
        let desk = self.desks.get_mut(&organization).ok_or(FloorError::Unknown)?;
        let asker = Asker { user, directory: &self.directory, agent, grace: self.settings.agent_grace };
        desk.act(at, asker, deed)
    }

    /// What has to be connected before this offer can be accepted.
    fn to_connect(
        &self,
        organization: OrganizationId,
        user: UserId,
        number: i64,
    ) -> Result<Option<(InteractionId, CallId, By)>, FloorError> {
        let desk = self.desks.get(&organization).ok_or(FloorError::Unknown)?;
        let interaction = desk.offered(user, number)?;
        Ok(desk.call_to_connect(interaction).map(|call| (interaction, call, By::Offer(number))))
    }

    /// What has to be connected before this can be picked.
    fn to_pick(
        &self,
        organization: OrganizationId,
        user: UserId,
        interaction: InteractionId,
    ) -> Result<Option<(InteractionId, CallId, By)>, FloorError> {
        let agent = self.directory.agent(organization, user).ok_or(FloorError::Unknown)?;
        let desk = self.desks.get(&organization).ok_or(FloorError::Unknown)?;
        let asker = Asker { user, directory: &self.directory, agent, grace: self.settings.agent_grace };
        desk.may_take(asker, interaction)?;
        Ok(desk.call_to_connect(interaction).map(|call| (interaction, call, By::Choice)))
    }

    /// Asks signalling to give a caller to an agent; the answer comes back as an order.
    fn connect(&mut self, organization: OrganizationId, connecting: Connecting) {
        let extension = self.directory.agent(organization, connecting.user).and_then(|agent| agent.extension);
        let begun = match (extension, self.desks.get_mut(&organization)) {
            (Some(extension), Some(desk)) => {
                desk.begin_connecting(connecting.interaction).map(|()| extension)
            }
            (None, _) => Err(FloorError::NoPhone),
            (_, None) => Err(FloorError::Unknown),
        };
        let extension = match begun {
            Ok(extension) => extension,
            Err(error) => {
                let _ = connecting.reply.send(Err(error));
                return;
            }
        };
        let (reply, answer) = oneshot::channel();
        let order = VoiceOrder::Connect { call: connecting.call, user: connecting.user, extension, reply };
        let sent = self.voice.try_send(order).is_ok();
        let own = self.own.clone();
        tokio::spawn(async move {
            let answer = match sent {
                true => tokio::time::timeout(CONNECT_TIME, answer).await,
                false => Ok(Ok(Err(VoiceRefusal::Media))),
            };
            // No answer: signalling has stalled, or goes down.
            let answer = answer.ok().and_then(Result::ok).unwrap_or(Err(VoiceRefusal::Media));
            if let Some(own) = own.upgrade() {
                let _ = own.send((organization, Order::Connected(connecting, answer))).await;
            }
        });
    }

    async fn connected(
        &mut self,
        at: Moment,
        organization: OrganizationId,
        connecting: Connecting,
        answer: Result<(), VoiceRefusal>,
    ) {
        let done =
            match (self.directory.agent(organization, connecting.user), self.desks.get_mut(&organization)) {
                (Some(agent), Some(desk)) => {
                    let user = connecting.user;
                    let asker =
                        Asker { user, directory: &self.directory, agent, grace: self.settings.agent_grace };
                    desk.connected(at, asker, &connecting, answer)
                }
                _ => Err(FloorError::Unknown),
            };
        self.finish(at, organization).await;
        let _ = connecting.reply.send(done);
    }

    /// Something has happened to a call.
    pub async fn handle_voice(&mut self, at: Moment, news: VoiceEvent) {
        let call = news.call();
        let news = match news {
            VoiceEvent::Queued { organization, queue, caller, caller_name, at_ms, .. } => {
                let priority = self.directory.queue(organization, queue).map_or(0, |queue| queue.priority);
                let title = caller_name.unwrap_or_else(|| caller.clone());
                let inbound = InteractionDirection::Inbound;
                let new = new_call(organization, call, (inbound, at_ms), title);
                let new = NewInteraction { queue: Some(queue), priority, ..new };
                let view = CallView::new(call, CallState::Waiting, caller, at.wall_ms);
                return self.begin_call(at, new, view).await;
            }
            VoiceEvent::Direct { organization, extension, caller, caller_name, recorded, at_ms, .. } => {
                let Some(agent) = self.user_of(organization, extension) else { return };
                let title = caller_name.unwrap_or_else(|| caller.clone());
                let new = new_call(organization, call, (InteractionDirection::Inbound, at_ms), title);
                let new = NewInteraction { agent: Some(agent), ..new };
                let view = CallView::new(call, CallState::Talking, caller, at.wall_ms);
                return self.begin_call(at, new, CallView { recorded, ..view }).await;
            }
            VoiceEvent::Dialled { organization, extension, to, purpose, at_ms, .. } => {
                let Some(agent) = self.user_of(organization, extension) else { return };
                let new = new_call(organization, call, (InteractionDirection::Outbound, at_ms), to.clone());
                let Purpose { queue, contact } = purpose;
                let new = NewInteraction { agent: Some(agent), queue, contact, ..new };
                let view = CallView::new(call, CallState::Waiting, to, at.wall_ms);
                return self.begin_call(at, new, view).await;
            }
            VoiceEvent::Engaged { organization, extensions, taken, .. } => {
                return self.engaged(at, (organization, call), &extensions, &taken).await;
            }
            VoiceEvent::Connected { recorded, .. } => CallNews::Connected { recorded },
            VoiceEvent::Held { .. } => CallNews::Held,
            VoiceEvent::Resumed { .. } => CallNews::Resumed,
            VoiceEvent::HandedOver { to, extension, .. } => {
                let organization = self.calls.get(&call).map(|(organization, _)| *organization);
                let user =
                    organization.zip(extension).and_then(|(of, extension)| self.user_of(of, extension));
                CallNews::HandedOver { to, user }
            }
            VoiceEvent::SeatLost { .. } => CallNews::SeatLost,
            VoiceEvent::Ended { by, reason, .. } => CallNews::Ended { by, reason },
        };
        let known = match news {
            CallNews::Ended { .. } => self.calls.remove(&call),
            _ => self.calls.get(&call).copied(),
        };
        let Some((organization, interaction)) = known else { return };
        self.with(organization, |desk| desk.call_news(at, interaction, news));
        self.finish(at, organization).await;
    }

    /// Writes the row of a call that begins, and puts it on the floor.
    async fn begin_call(&mut self, at: Moment, mut new: NewInteraction, view: CallView) {
        let (organization, call) = (new.organization, new.call);
        let store = self.store.clone();
        new.number = Some(view.with.clone()).filter(|number| !number.is_empty());
        if new.contact.is_none() {
            let read = || store.contact_of_phone(organization, &view.with);
            if let Some(contact) = self.insist("the contact of a call cannot be read", read).await.flatten() {
                new.contact = Some(contact.id);
                if !contact.name.is_empty() {
                    new.title = contact.name;
                }
            }
        }
        let write = || store.insert_interaction(&new);
        let row = self.insist("the interaction of a call cannot be written", write).await;
        let (Some(row), Some(call)) = (row, call) else {
            if let Some(call) = call {
                let _ = self.voice.try_send(VoiceOrder::HangUp { call });
            }
            return;
        };
        self.calls.insert(call, (organization, row.id));
        self.with(organization, |desk| desk.admit_call(at, &row, call, view));
        self.finish(at, organization).await;
    }

    pub(super) fn user_of(&self, organization: OrganizationId, extension: ExtensionId) -> Option<UserId> {
        let mut agents = self.directory.agents(organization);
        agents.find(|agent| agent.extension == Some(extension)).map(|agent| agent.id)
    }
}

fn new_call(
    organization: OrganizationId,
    call: CallId,
    (direction, started_at_ms): (InteractionDirection, i64),
    title: String,
) -> NewInteraction {
    NewInteraction {
        organization,
        medium: Medium::Voice,
        channel: "voice".to_owned(),
        direction,
        queue: None::<QueueId>,
        agent: None,
        contact: None,
        inbox: None,
        conversation: None,
        call: Some(call),
        title,
        number: None,
        priority: 0,
        started_at_ms,
        visitor: None,
    }
}
