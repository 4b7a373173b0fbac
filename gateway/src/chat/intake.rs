//! Deliveries on their way into the database. Those that wait are stored together: a commit costs the same for one and for many.
//! Each is stored whole or not at all, whatever becomes of those beside it.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use tokio::sync::{Semaphore, oneshot};

use super::event::Event;
use super::thread::{Delivery, News};
use super::{Chat, ChatError};
use crate::model::{InboxId, InteractionId, MessageId, OrganizationId};
use crate::store::{InboxFacts, StoreError};

/// Deliveries that may wait, and octets of all of them; above either the provider is asked to come again.
const WAITING: usize = 4_000;
const WAITING_OCTETS: usize = 64 << 20;
/// What an event takes beside its texts, in octets.
const EVENT_OCTETS: usize = 512;
/// Deliveries that are stored in one transaction.
const TOGETHER: usize = 32;
/// Tries where deliveries cross each other in the database.
const TRIES: u32 = 10;

/// A delivery that waits to be stored.
#[derive(Debug)]
struct Arrived {
    organization: OrganizationId,
    inbox: InboxId,
    events: Vec<Event>,
    octets: usize,
    now_ms: i64,
    stored: oneshot::Sender<Result<Vec<InteractionId>, ChatError>>,
}

/// What waits, and who may write.
#[derive(Debug)]
pub(super) struct Intake {
    waiting: Mutex<Waiting>,
    /// Transactions at once.
    turns: Semaphore,
    turns_in_all: usize,
}

/// Deliveries that nobody stores yet, and how large they are together.
#[derive(Debug, Default)]
struct Waiting {
    all: VecDeque<Arrived>,
    octets: usize,
}

impl Intake {
    /// For a database that takes so many transactions at once.
    pub fn new(writers: usize) -> Self {
        let waiting = Mutex::default();
        Self { waiting, turns: Semaphore::new(writers), turns_in_all: writers }
    }

    fn enter(&self, arrived: Arrived) -> Result<(), ChatError> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        // One that is larger than all that may wait goes in where nothing else waits: it would never get in otherwise.
        let octets = waiting.octets.saturating_add(arrived.octets);
        if waiting.all.len() >= WAITING || (octets > WAITING_OCTETS && !waiting.all.is_empty()) {
            return Err(ChatError::Full);
        }
        waiting.octets = octets;
        waiting.all.push_back(arrived);
        Ok(())
    }

    /// A fair share of what waits, first come first. Always in one order of threads: two transactions that hold the same
    /// conversations never wait for each other.
    fn take(&self) -> Vec<Arrived> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let share = waiting.all.len().div_ceil(self.turns_in_all).min(TOGETHER);
        let mut together: Vec<Arrived> = waiting.all.drain(..share).collect();
        let taken: usize = together.iter().map(|arrived| arrived.octets).sum();
        waiting.octets = waiting.octets.saturating_sub(taken);
        together.sort_by(|one, other| one.place().cmp(&other.place()));
        together
    }
}

impl Arrived {
    fn place(&self) -> (i64, &str) {
        (self.inbox.0, self.events.iter().find_map(Event::thread).unwrap_or_default())
    }

    fn answer(self, outcome: Result<Vec<InteractionId>, ChatError>) {
        // Whoever brought it may have hung up.
        let _ = self.stored.send(outcome);
    }
}

impl Chat {
    /// Stores what one delivery brought, and tells of it.
    ///
    /// # Errors
    /// Nothing of it was stored.
    pub(super) async fn store_events(
        &self,
        (organization, inbox): (OrganizationId, InboxId),
        events: Vec<Event>,
        now_ms: i64,
    ) -> Result<Vec<InteractionId>, ChatError> {
        let (stored, outcome) = oneshot::channel();
        let octets = events.iter().map(|event| EVENT_OCTETS + event.octets()).sum();
        self.shared.intake.enter(Arrived { organization, inbox, events, octets, now_ms, stored })?;
        let chat = self.clone();
        // A task of its own: who delivers may hang up between the commit and the telling. It stores what waits first, and that
        // may be another's delivery; there are as many tasks as deliveries, so that none is forgotten.
        tokio::spawn(async move { chat.store_waiting().await });
        outcome.await.unwrap_or(Err(ChatError::Stopped))
    }

    async fn store_waiting(&self) {
        let Ok(_turn) = self.shared.intake.turns.acquire().await else { return };
        let together = self.shared.intake.take();
        if together.len() > 1 {
            match self.store_once(&together).await {
                Ok(outcomes) => return self.settle(together, outcomes).await,
                Err(error) => tracing::debug!(%error, "deliveries could not be stored together"),
            }
        }
        self.store_each(together).await;
    }

    /// Answers each of those that were stored together, and tries again what crossed another.
    async fn settle(&self, together: Vec<Arrived>, outcomes: Vec<Result<News, ChatError>>) {
        let (mut stored, mut again) = (Vec::new(), Vec::new());
        for (arrived, outcome) in together.into_iter().zip(outcomes) {
            match outcome {
                Ok(news) => stored.push((arrived, news)),
                Err(ChatError::Away(error)) if error.is_crossing() => again.push(arrived),
                Err(error) => arrived.answer(Err(error)),
            }
        }
        self.tell_and_answer(stored).await;
        self.store_each(again).await;
    }

    async fn store_each(&self, each: Vec<Arrived>) {
        let mut away = false;
        for arrived in each {
            if away {
                // It was asked a moment ago, and each question may take seconds.
                arrived.answer(Err(ChatError::Full));
                continue;
            }
            match self.store_alone(&arrived).await {
                Ok(news) => self.tell_and_answer(vec![(arrived, news)]).await,
                Err(error) => {
                    away = matches!(&error, ChatError::Away(error) if error.is_transient());
                    arrived.answer(Err(error));
                }
            }
        }
    }

    async fn store_alone(&self, arrived: &Arrived) -> Result<News, ChatError> {
        let mut tries = 1;
        loop {
            let outcome = match self.store_once(std::slice::from_ref(arrived)).await {
                Ok(mut only) => only.pop().unwrap_or(Err(ChatError::Stopped)),
                Err(error) => Err(error),
            };
            match outcome {
                Err(ChatError::Away(error)) if error.is_crossing() && tries < TRIES => tries += 1,
                outcome => return outcome,
            }
        }
    }

    /// One transaction. What became of each delivery; none of them is stored if there is an error outside.
    async fn store_once(&self, together: &[Arrived]) -> Result<Vec<Result<News, ChatError>>, ChatError> {
        let mut tx = self.store.begin().await?;
        let mut known: HashMap<(OrganizationId, InboxId), InboxFacts> = HashMap::new();
        let mut outcomes = Vec::with_capacity(together.len());
        for (number, arrived) in together.iter().enumerate() {
            let Arrived { organization, inbox, .. } = *arrived;
            if together.len() > 1 {
                tx.mark(number == 0).await?;
            }
            let facts = match known.get(&(organization, inbox)) {
                Some(facts) => facts.clone(),
                None => match tx.inbox_facts(organization, inbox).await? {
                    Some(facts) => known.entry((organization, inbox)).or_insert(facts).clone(),
                    None => {
                        outcomes.push(Err(ChatError::NoInbox));
                        continue;
                    }
                },
            };
            let news = News::default();
            let mut delivery = Delivery { tx, organization, inbox, facts, now_ms: arrived.now_ms, news };
            let outcome = delivery.store_all(&arrived.events).await;
            let news = delivery.news;
            tx = delivery.tx;
            if outcome.is_err() && together.len() > 1 {
                tx.back_to_mark().await?;
            }
            outcomes.push(outcome.map(|()| news).map_err(ChatError::from));
        }
        if together.len() == 1 && outcomes.iter().any(Result::is_err) {
            return Ok(outcomes);
        }
        tx.commit().await?;
        Ok(outcomes)
    }

    /// Tells the floor and those who look, each thing once, and then whoever brought it.
    async fn tell_and_answer(&self, stored: Vec<(Arrived, News)>) {
        let begun: BTreeSet<InteractionId> =
            stored.iter().flat_map(|(_, news)| &news.begun).copied().collect();
        let (mut changed, mut ended) = (BTreeSet::new(), BTreeSet::new());
        let mut messages: BTreeMap<OrganizationId, Vec<MessageId>> = BTreeMap::new();
        for (Arrived { organization, .. }, news) in &stored {
            let of_it = |id: &InteractionId| (*organization, *id);
            changed.extend(news.changed.iter().filter(|id| !begun.contains(*id)).map(of_it));
            ended.extend(news.ended.iter().map(of_it));
            messages.entry(*organization).or_default().extend(&news.messages);
        }
        for (organization, interaction) in changed {
            self.floor.changed(organization, interaction).await;
        }
        for (organization, interaction) in ended {
            self.floor.customer_ended(organization, interaction).await;
        }
        for (organization, messages) in messages {
            self.show(organization, &messages).await;
        }
        for (arrived, news) in stored {
            self.tell_of_typing((arrived.organization, arrived.inbox), &arrived.events).await;
            arrived.answer(Ok(news.begun));
        }
    }
}

impl Delivery {
    async fn store_all(&mut self, events: &[Event]) -> Result<(), StoreError> {
        for event in events {
            self.store(event).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::AtThread;

    fn arrived(octets: usize) -> Arrived {
        let event = Event::Ended(AtThread { thread: "t".repeat(octets), at_ms: 0 });
        let weighed = event.octets();
        assert_eq!(weighed, octets);
        Arrived {
            organization: OrganizationId(1),
            inbox: InboxId(1),
            events: vec![event],
            octets: weighed,
            now_ms: 0,
            stored: oneshot::channel().0,
        }
    }

    #[test]
    fn what_waits_is_bounded_in_number_and_in_octets() {
        let intake = Intake::new(1);
        let large = WAITING_OCTETS / 4;
        for _ in 0..4 {
            intake.enter(arrived(large)).unwrap();
        }
        assert!(matches!(intake.enter(arrived(1)), Err(ChatError::Full)), "the provider comes again");
        assert_eq!(intake.take().len(), 4);
        // There is room again, and one that is larger than all that may wait gets in by itself.
        intake.enter(arrived(WAITING_OCTETS + 1)).unwrap();
        assert!(matches!(intake.enter(arrived(1)), Err(ChatError::Full)));
        assert_eq!(intake.take().len(), 1);
        for _ in 0..WAITING {
            intake.enter(arrived(1)).unwrap();
        }
        assert!(matches!(intake.enter(arrived(1)), Err(ChatError::Full)));
        while !intake.take().is_empty() {}
        assert_eq!(intake.waiting.lock().unwrap().octets, 0);
    }
}
