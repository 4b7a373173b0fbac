//! How the rest of the node speaks with the floor.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use super::error::FloorError;
use super::moment::Moment;
use super::order::{Addressed, Deed, Order, Reply};
use super::task::Settings;
use super::view::{self, AgentView, DeskPart, DeskView, InteractionView, Live, OfferView, PresenceView, Why};
use crate::feed::Feed;
use crate::model::{Directory, InteractionId, OrganizationId, UserId};
use crate::store::{InteractionFilter, NamedInteraction, Reader, Store, StoreError};

/// How long the floor may take to answer.
const ANSWER_TIME: Duration = Duration::from_secs(15);
/// Interactions that a desk shows; more wait in queues than anybody looks through.
const DESK_LIMIT: u32 = 500;

/// The way to the floor. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Handle {
    orders: mpsc::Sender<Addressed>,
    store: Store,
    feed: Feed,
    directory: watch::Receiver<Arc<Directory>>,
    settings: Settings,
}

/// Why somebody does not see what he asks for.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    #[error(transparent)]
    Floor(#[from] FloorError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A console that is open: as long as this is held its user is here.
#[derive(Debug)]
pub struct Console {
    orders: mpsc::Sender<Addressed>,
    organization: OrganizationId,
    user: UserId,
}

impl Drop for Console {
    fn drop(&mut self) {
        let (orders, gone) = (self.orders.clone(), (self.organization, Order::SocketClosed(self.user)));
        if let Err(mpsc::error::TrySendError::Full(gone)) = orders.try_send(gone) {
            // It must be said, however much the floor has to do.
            tokio::spawn(async move { orders.send(gone).await });
        }
    }
}

impl Handle {
    pub(super) fn new(
        orders: mpsc::Sender<Addressed>,
        store: Store,
        feed: Feed,
        directory: watch::Receiver<Arc<Directory>>,
        settings: Settings,
    ) -> Self {
        Self { orders, store, feed, directory, settings }
    }

    /// A row in state `waiting` was inserted: it is routed. One that has an agent already is his.
    pub async fn arrived(&self, organization: OrganizationId, interaction: InteractionId) {
        self.tell(organization, Order::Arrived(interaction)).await;
    }

    /// A row has changed elsewhere: it is told to those who see it. A visitor who left his page has his time from here.
    pub async fn changed(&self, organization: OrganizationId, interaction: InteractionId) {
        self.tell(organization, Order::Changed(interaction)).await;
    }

    /// The customer has ended it: closed, if it waits; else it stays with its agent until he closes it. The row says so when this returns.
    pub async fn customer_ended(&self, organization: OrganizationId, interaction: InteractionId) {
        // The floor is gone only when the node goes down.
        let _ = self.ask(organization, |reply| Order::CustomerEnded(interaction, reply)).await;
    }

    /// What a person does at the desk.
    ///
    /// # Errors
    /// In words for him.
    pub async fn act(
        &self,
        organization: OrganizationId,
        user: UserId,
        deed: Deed,
    ) -> Result<(), FloorError> {
        self.ask(organization, |reply| Order::Deed(user, deed, reply)).await?
    }

    /// The user's console is open until the answer is dropped.
    ///
    /// # Errors
    /// He has too many open.
    pub async fn connected(&self, organization: OrganizationId, user: UserId) -> Result<Console, FloorError> {
        self.ask(organization, |reply| Order::SocketOpened(user, reply)).await??;
        Ok(Console { orders: self.orders.clone(), organization, user })
    }

    /// He leaves the platform: out of all queues.
    pub async fn signed_out(&self, organization: OrganizationId, user: UserId) {
        // Somebody whom the floor does not know has nothing to leave.
        let _ = self.act(organization, user, Deed::SignOut).await;
    }

    /// How many Interactions he has open.
    ///
    /// # Errors
    /// The floor does not answer.
    pub async fn open_interactions(
        &self,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<u32, FloorError> {
        self.ask(organization, |reply| Order::Holds(user, reply)).await
    }

    /// Why an Interaction is where it is; none: it is closed, or not of this organization.
    ///
    /// # Errors
    /// The floor does not answer.
    pub async fn why(
        &self,
        organization: OrganizationId,
        interaction: InteractionId,
    ) -> Result<Option<Why>, FloorError> {
        self.ask(organization, |reply| Order::Why(interaction, reply)).await
    }

    /// An agent's own standing.
    ///
    /// # Errors
    /// The floor does not answer.
    pub async fn presence(
        &self,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<PresenceView, FloorError> {
        Ok(self.part(organization, user).await?.presence)
    }

    /// All agents as this user sees them.
    ///
    /// # Errors
    /// The floor does not answer.
    pub async fn agents(
        &self,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<Vec<AgentView>, FloorError> {
        Ok(self.part(organization, user).await?.agents)
    }

    /// Everything that a user has before him, and the number of the newest event that is in it.
    ///
    /// # Errors
    /// The floor or the database does not answer.
    pub async fn desk(
        &self,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<(u64, DeskView), LookError> {
        // Read first: what happens meanwhile may be in the desk already and is told again, but nothing is missing.
        let seq = self.feed.newest(organization);
        let DeskPart { presence, offers, boards, agents, live } = self.part(organization, user).await?;
        let live: HashMap<InteractionId, Live> = live.into_iter().collect();
        let found = self.store.desk_interactions(organization, user, DESK_LIMIT).await?;
        let mut drafts: HashMap<_, _> = self.store.drafts_of(organization, user).await?.into_iter().collect();
        let interactions: Vec<InteractionView> = found
            .into_iter()
            .map(|one| {
                let draft = drafts.remove(&one.row.id);
                InteractionView { draft, ..self.view(one, &live) }
            })
            .collect();
        let offer = |(id, interaction, until_ms): (i64, InteractionId, i64)| {
            let interaction = interactions.iter().find(|one| one.id == interaction.0)?.clone();
            Some(OfferView { id, interaction, until_ms })
        };
        let offers = offers.into_iter().filter_map(offer).collect();
        let server_time_ms = Moment::now().wall_ms;
        Ok((seq, DeskView { server_time_ms, presence, offers, interactions, boards, agents }))
    }

    /// One Interaction, if the reader may see it.
    ///
    /// # Errors
    /// The floor or the database does not answer.
    pub async fn interaction(
        &self,
        organization: OrganizationId,
        reader: Reader,
        id: InteractionId,
    ) -> Result<Option<InteractionView>, LookError> {
        let found = self.store.named_interaction(organization, reader, id).await?;
        Ok(self.views(organization, found.into_iter().collect()).await?.pop())
    }

    /// Interactions that are looked for, newest first.
    ///
    /// # Errors
    /// The floor or the database does not answer.
    pub async fn interactions(
        &self,
        organization: OrganizationId,
        reader: Reader,
        filter: &InteractionFilter,
        limit: u32,
    ) -> Result<Vec<InteractionView>, LookError> {
        let found = self.store.list_interactions(organization, reader, filter, limit).await?;
        self.views(organization, found).await
    }

    async fn views(
        &self,
        organization: OrganizationId,
        found: Vec<NamedInteraction>,
    ) -> Result<Vec<InteractionView>, LookError> {
        let ids = found.iter().map(|one| one.row.id).collect();
        let live = self.ask(organization, |reply| Order::Live(ids, reply)).await?.into_iter().collect();
        Ok(found.into_iter().map(|one| self.view(one, &live)).collect())
    }

    fn view(&self, found: NamedInteraction, live: &HashMap<InteractionId, Live>) -> InteractionView {
        let of_it = live.get(&found.row.id);
        view::interaction(&self.directory.borrow(), found, of_it, self.settings.visitor_grace_ms)
    }

    async fn part(&self, organization: OrganizationId, user: UserId) -> Result<DeskPart, FloorError> {
        self.ask(organization, |reply| Order::Look(user, reply)).await
    }

    async fn tell(&self, organization: OrganizationId, order: Order) {
        // The floor is gone only when the node goes down; the row stays and is found at the next start.
        let _ = self.orders.send((organization, order)).await;
    }

    async fn ask<T>(
        &self,
        organization: OrganizationId,
        order: impl FnOnce(Reply<T>) -> Order,
    ) -> Result<T, FloorError> {
        let (reply, answer) = oneshot::channel();
        let asked = async {
            self.orders.send((organization, order(reply))).await.map_err(|_| FloorError::Away)?;
            answer.await.map_err(|_| FloorError::Away)
        };
        tokio::time::timeout(ANSWER_TIME, asked).await.unwrap_or(Err(FloorError::Away))
    }
}
