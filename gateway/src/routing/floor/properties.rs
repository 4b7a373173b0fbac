//! What holds after every step, through the whole floor and its rows.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;
use tokio::runtime::Builder;

use super::order::{Deed, Target};
use super::tests::room::Room;
use crate::model::{InteractionId, InteractionState, Medium};

/// One thing that may happen; numbers choose among what is there.
#[derive(Clone, Copy, Debug)]
enum Step {
    Accept(usize),
    Arrive,
    Close(usize),
    CustomerEnds(usize),
    Hide(usize),
    LogIn(usize),
    LogOut(usize),
    Pass(u64),
    Refuse(usize),
    Release(usize),
    Restart,
    Show(usize),
    Take(usize, usize),
    Transfer(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let any = || 0..1_000_usize;
    prop_oneof![
        6 => any().prop_map(Step::Accept),
        8 => Just(Step::Arrive),
        3 => any().prop_map(Step::Close),
        1 => any().prop_map(Step::CustomerEnds),
        1 => any().prop_map(Step::Hide),
        2 => any().prop_map(Step::LogIn),
        1 => any().prop_map(Step::LogOut),
        4 => (0..40_000_u64).prop_map(Step::Pass),
        1 => any().prop_map(Step::Refuse),
        1 => any().prop_map(Step::Release),
        1 => Just(Step::Restart),
        2 => any().prop_map(Step::Show),
        1 => (any(), any()).prop_map(|(who, which)| Step::Take(who, which)),
        1 => (any(), any()).prop_map(|(who, which)| Step::Transfer(who, which)),
    ]
}

/// A room, and how many consoles of each agent are open.
struct Observed {
    room: Room,
    begun: Vec<InteractionId>,
    consoles: HashMap<usize, u32>,
}

impl Observed {
    async fn act(&mut self, step: Step) {
        let count = self.room.agents.len();
        let agent = |who: usize| self.room.agents[who % count];
        // Errors are right answers to steps that make no sense; what counts is the state after them.
        match step {
            Step::Accept(who) => self.answer(who, Deed::Accept).await,
            Step::Refuse(who) => self.answer(who, Deed::Refuse).await,
            Step::Arrive => {
                let id = self.room.chat().await;
                self.begun.push(id);
            }
            Step::Close(which) => {
                let close = |interaction| Deed::Close { interaction, disposition: None };
                self.held(which, close).await;
            }
            Step::Release(which) => self.held(which, Deed::Release).await,
            Step::CustomerEnds(which) => {
                if let Some(id) = self.any(which) {
                    self.room.customer_ends(id).await;
                }
            }
            Step::Hide(who) => {
                if self.consoles.insert(who % count, 0) == Some(1) {
                    let agent = self.room.agents[who % count];
                    self.room.close_console(agent).await;
                }
            }
            Step::Show(who) => self.show(who % count).await,
            Step::LogIn(who) => {
                let (who, queues) = (agent(who), vec![self.room.chats]);
                let _ = self.room.act(who, Deed::LogIn { queues }).await;
            }
            Step::LogOut(who) => {
                let who = agent(who);
                let _ = self.room.act(who, Deed::LogOut { of: who, queues: None }).await;
            }
            Step::Pass(ms) => self.room.pass_ms(ms).await,
            Step::Restart => {
                self.room.restart().await;
                self.consoles.clear();
            }
            Step::Take(who, which) => {
                let who = agent(who);
                if let Some(id) = self.any(which) {
                    let _ = self.room.act(who, Deed::Take(id)).await;
                }
            }
            Step::Transfer(who, which) => {
                let to =
                    if who % 2 == 0 { Target::Queue(self.room.chats) } else { Target::User(agent(who / 2)) };
                self.held(which, |interaction| Deed::Transfer { interaction, to }).await;
            }
        }
    }

    async fn show(&mut self, who: usize) {
        if self.consoles.insert(who, 1).unwrap_or_default() == 0 {
            let agent = self.room.agents[who];
            self.room.open_console(agent).await;
        }
    }

    async fn answer(&mut self, who: usize, deed: impl Fn(i64) -> Deed) {
        let who = self.room.agents[who % self.room.agents.len()];
        if let Some((number, _)) = self.room.offers(who).first().copied() {
            self.room.act(who, deed(number)).await.unwrap();
        }
    }

    /// Something that somebody has, by the one who has it.
    async fn held(&mut self, which: usize, deed: impl Fn(InteractionId) -> Deed) {
        let desk = &self.room.floor.desks[&self.room.here];
        let open = desk.interactions.iter().filter(|(_, item)| item.state == InteractionState::Open);
        let mut held: Vec<_> = open.filter_map(|(id, item)| Some((*id, item.agent?))).collect();
        held.sort();
        if !held.is_empty() {
            let (id, agent) = held[which % held.len()];
            let _ = self.room.act(agent, deed(id)).await;
        }
    }

    fn any(&self, which: usize) -> Option<InteractionId> {
        let mut all: Vec<_> = self.room.floor.desks[&self.room.here].interactions.keys().copied().collect();
        all.sort();
        (!all.is_empty()).then(|| all[which % all.len()])
    }

    async fn check(&self) {
        let desk = &self.room.floor.desks[&self.room.here];
        for agent in desk.distribution.agents() {
            assert!(agent.open(Medium::Chat) <= 4, "above capacity: {agent:?}");
        }
        let rows = self.room.test.store.unclosed_interactions(self.room.here).await.unwrap();
        let in_rows: HashSet<_> = rows.iter().map(|row| row.id).collect();
        let in_memory: HashSet<_> = desk.interactions.keys().copied().collect();
        assert_eq!(in_rows, in_memory, "rows and memory differ");
        let mut held = HashMap::new();
        for row in rows {
            let item = &desk.interactions[&row.id];
            assert_eq!((row.state, row.agent, row.queue), (item.state, item.agent, item.queue));
            let routed = desk.distribution.interaction(row.id);
            assert!(routed.is_some(), "lost: {row:?}");
            if row.state == InteractionState::Open {
                *held.entry(row.agent.unwrap()).or_insert(0) += 1;
            }
        }
        for (agent, count) in held {
            assert_eq!(desk.distribution.agent(agent).unwrap().serving.len(), count);
        }
        for id in &self.begun {
            let row = self.room.row(*id).await;
            assert!(in_rows.contains(id) || row.closed_at_ms.is_some(), "neither open nor closed: {row:?}");
        }
        let stored: HashMap<_, _> = self
            .room
            .test
            .store
            .standings(self.room.here)
            .await
            .unwrap()
            .into_iter()
            .map(|row| ((row.user, row.queue), row))
            .collect();
        assert_eq!(stored, desk.standings.clone().into_iter().collect(), "standings differ from their rows");
    }
}

proptest! {
    // Each step is written to disk.
    #![proptest_config(ProptestConfig { max_shrink_iters: 64, ..ProptestConfig::with_cases(6) })]

    #[test]
    fn rows_and_memory_never_differ_and_nobody_is_lost(steps in prop::collection::vec(step(), 1..60)) {
        Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let room = Room::attended_by(3).await;
            let mut observed = Observed { room, begun: Vec::new(), consoles: (0..3).map(|n| (n, 1)).collect() };
            for step in steps {
                observed.act(step).await;
                observed.check().await;
            }
            observed.room.remove().await;
        });
    }
}
