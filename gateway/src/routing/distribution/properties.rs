//! What holds after every step, whatever the steps were.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::output::GaveBack;
use super::tests::{agent, arrival, queue, reason};
use super::*;
use crate::model::{Capacity, Medium};

const QUEUES: [(i64, Medium); 3] = [(1, Medium::Voice), (2, Medium::Chat), (3, Medium::Chat)];
const AGENTS: i64 = 4;

/// One thing that may happen.
#[derive(Clone, Copy, Debug)]
enum Step {
    Accept(usize),
    Arrive { to: Destination, priority: u8, late_ms: i64 },
    Close(usize),
    EndWrapUp(UserId),
    Found(UserId),
    InCall(UserId, bool),
    Leave(UserId),
    LogIn(UserId, QueueId),
    LogOut(UserId, QueueId),
    Lost(UserId),
    Pass(u64),
    Pause(UserId, Scope),
    Refuse(usize),
    Release(usize),
    Resume(UserId, Scope),
    Take(usize, UserId),
    TookCall(UserId),
    Transfer(usize, Destination),
}

fn user() -> impl Strategy<Value = UserId> {
    (1..=AGENTS).prop_map(UserId)
}

fn some_queue() -> impl Strategy<Value = QueueId> {
    (1..=3_i64).prop_map(QueueId)
}

fn destination() -> impl Strategy<Value = Destination> {
    prop_oneof![
        5 => some_queue().prop_map(Destination::Queue),
        1 => user().prop_map(Destination::Agent),
    ]
}

fn scope() -> impl Strategy<Value = Scope> {
    prop_oneof![
        Just(Scope::All),
        Just(Scope::Medium(Medium::Voice)),
        Just(Scope::Medium(Medium::Chat)),
        some_queue().prop_map(Scope::Queue),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let which = || any::<usize>();
    prop_oneof![
        6 => which().prop_map(Step::Accept),
        8 => (destination(), 0..3_u8, 0..50_i64).prop_map(|(to, priority, late_ms)| Step::Arrive { to, priority, late_ms }),
        4 => which().prop_map(Step::Close),
        1 => user().prop_map(Step::EndWrapUp),
        1 => user().prop_map(Step::Found),
        3 => (user(), any::<bool>()).prop_map(|(user, in_call)| Step::InCall(user, in_call)),
        1 => user().prop_map(Step::Leave),
        6 => (user(), some_queue()).prop_map(|(user, queue)| Step::LogIn(user, queue)),
        1 => (user(), some_queue()).prop_map(|(user, queue)| Step::LogOut(user, queue)),
        1 => user().prop_map(Step::Lost),
        5 => (0..40_000_u64).prop_map(Step::Pass),
        1 => (user(), scope()).prop_map(|(user, scope)| Step::Pause(user, scope)),
        2 => which().prop_map(Step::Refuse),
        1 => which().prop_map(Step::Release),
        2 => (user(), scope()).prop_map(|(user, scope)| Step::Resume(user, scope)),
        1 => (which(), user()).prop_map(|(which, user)| Step::Take(which, user)),
        2 => user().prop_map(Step::TookCall),
        1 => (which(), destination()).prop_map(|(which, to)| Step::Transfer(which, to)),
    ]
}

/// A distribution, and what somebody who only sees its outputs believes.
struct Observed {
    now: Instant,
    wall_ms: i64,
    inner: Distribution,
    last_interaction: i64,
    held: HashMap<InteractionId, UserId>,
    offers: HashMap<OfferId, Offer>,
}

impl Observed {
    fn new() -> Self {
        let now = Instant::now();
        let mut inner = Distribution::default();
        for (id, medium) in QUEUES {
            let wrap_up = if medium == Medium::Voice { 10 } else { 0 };
            inner
                .set_queue(now, QueueSettings { wrap_up: Duration::from_secs(wrap_up), ..queue(id, medium) });
        }
        for id in 1..=AGENTS {
            inner.set_agent(now, agent(id, &[1, 2, 3]));
        }
        let (held, offers) = (HashMap::new(), HashMap::new());
        Self { now, wall_ms: 1_000, inner, last_interaction: 0, held, offers }
    }

    fn offer(&self, which: usize) -> Option<OfferId> {
        let mut all: Vec<_> = self.offers.keys().copied().collect();
        all.sort();
        (!all.is_empty()).then(|| all[which % all.len()])
    }

    fn interaction(&self, which: usize) -> Option<InteractionId> {
        let mut all: Vec<_> = self.inner.interactions.keys().copied().collect();
        all.sort();
        (!all.is_empty()).then(|| all[which % all.len()])
    }

    fn act(&mut self, step: Step) {
        let now = self.now;
        // Errors are right answers to steps that make no sense; what counts is the state after them.
        let _ = match step {
            Step::Accept(which) => self.offer(which).map(|offer| {
                self.offers.remove(&offer);
                self.inner.accept(now, offer).map(drop)
            }),
            Step::Arrive { to, priority, late_ms } => {
                self.last_interaction += 1;
                self.wall_ms += 10;
                let medium = match to {
                    Destination::Queue(QueueId(1)) => Medium::Voice,
                    Destination::Queue(_) | Destination::Agent(_) => Medium::Chat,
                };
                let id = self.last_interaction;
                let one =
                    Arrival { to, priority, arrived_at_ms: self.wall_ms - late_ms, ..arrival(id, medium) };
                Some(self.inner.arrive(now, one))
            }
            Step::Close(which) => self.interaction(which).map(|interaction| {
                self.held.remove(&interaction);
                self.inner.close(now, interaction)
            }),
            Step::EndWrapUp(user) => Some(self.inner.end_wrap_up(now, user)),
            Step::Found(user) => Some(self.inner.found(now, user)),
            Step::InCall(user, in_call) => Some(self.inner.set_in_call(now, user, in_call)),
            Step::Leave(user) => Some(self.inner.leave(now, user)),
            Step::LogIn(user, queue) => Some(self.inner.log_in(now, user, queue)),
            Step::LogOut(user, queue) => Some(self.inner.log_out(now, user, queue)),
            Step::Lost(user) => Some(self.inner.lost(now, user, Duration::from_secs(60))),
            Step::Pass(ms) => {
                self.now += Duration::from_millis(ms);
                self.inner.handle_timeout(self.now);
                None
            }
            Step::Pause(user, scope) => Some(self.inner.pause(now, user, scope, reason())),
            Step::Refuse(which) => self.offer(which).map(|offer| self.inner.refuse(now, offer)),
            Step::Release(which) => self
                .interaction(which)
                .and_then(|interaction| self.held.get(&interaction).map(|agent| (interaction, *agent)))
                .map(|(interaction, agent)| self.inner.release(now, interaction, agent, GaveBack::Released)),
            Step::Resume(user, scope) => Some(self.inner.resume(now, user, scope)),
            Step::Take(which, user) => self.interaction(which).map(|i| self.inner.take(now, i, user)),
            Step::TookCall(user) => {
                let done = self.inner.took_call(now, user, None);
                let calls = self.inner.agent(user).map(|agent| {
                    agent.offers.values().filter(|(_, medium)| *medium == Medium::Voice).count()
                });
                assert_eq!(calls, Some(0), "a call rings on at {user}, who is in another");
                Some(done)
            }
            Step::Transfer(which, to) => self.interaction(which).map(|interaction| {
                let done = self.inner.transfer(now, interaction, to);
                if done.is_ok() {
                    self.held.remove(&interaction);
                }
                done
            }),
        };
        self.watch();
    }

    /// Follows the outputs as a caller would; two agents must never seem to have one Interaction.
    fn watch(&mut self) {
        while let Some(output) = self.inner.poll_output() {
            match output {
                Output::Assigned { interaction, agent } => {
                    let before = self.held.insert(interaction, agent);
                    assert_eq!(before, None, "{interaction} was with an agent already");
                }
                Output::GivenBack { interaction, agent, .. } => {
                    assert_eq!(self.held.remove(&interaction), Some(agent));
                }
                Output::Offered(offer) => {
                    assert!(!self.held.contains_key(&offer.interaction), "offered while somebody has it");
                    let twice = self.offers.values().any(|other| other.interaction == offer.interaction);
                    assert!(!twice, "{} is offered to two", offer.interaction);
                    self.finds_him_in_no_call(offer);
                    self.offers.insert(offer.id, offer);
                }
                Output::Withdrawn { offer, .. } => {
                    assert_eq!(self.offers.remove(&offer.id), Some(offer));
                }
                Output::SentHome { interaction, .. } => {
                    assert!(!self.held.contains_key(&interaction), "sent home while somebody has it");
                }
                Output::AgentChanged(_) | Output::Decided(_) | Output::WrappedUp { .. } => {}
            }
        }
    }

    fn finds_him_in_no_call(&self, offer: Offer) {
        let (agent, one) = (self.inner.agent(offer.agent), self.inner.interaction(offer.interaction));
        let in_call = agent.is_some_and(|agent| agent.in_call);
        let is_call = one.is_some_and(|one| one.arrival.medium == Medium::Voice);
        assert!(!(in_call && is_call), "a call is offered to who is in a call: {offer:?}");
    }

    fn check(&self) {
        for agent in self.inner.agents() {
            let (calls, chats) = (agent.open(Medium::Voice), agent.open(Medium::Chat));
            assert!(calls <= 1 && chats <= 4, "above capacity: {agent:?}");
            assert!(calls == 0 || chats == 0, "a call beside chats: {agent:?}");
        }
        for routed in self.inner.interactions.values() {
            let id = routed.arrival.id;
            let waits = self.inner.waiting(routed.arrival.to).any(|other| other == id);
            assert_eq!(waits, routed.progress == Progress::Waiting, "lost: {routed:?}");
            let alone_for_ever = routed.alone_is_over(self.now) && routed.arrival.home.is_some();
            assert!(!alone_for_ever, "waits for one who does not take it: {routed:?}");
            match routed.progress {
                Progress::Waiting => assert!(!self.held.contains_key(&id)),
                Progress::Offered(offer) => assert_eq!(self.offers.get(&offer.id), Some(&offer)),
                Progress::Served(agent) => assert_eq!(self.held.get(&id), Some(&agent)),
            }
        }
        let waiting: usize = self.inner.waiting.values().map(BTreeSet::len).sum();
        let open = self.inner.interactions.values().filter(|r| r.progress == Progress::Waiting).count();
        assert_eq!(waiting, open, "something waits that is not there");
        self.nobody_waits_in_vain();
    }

    /// Whoever waits has no agent who could take it: the queue is drained the moment there is room.
    fn nobody_waits_in_vain(&self) {
        for routed in self.inner.interactions.values().filter(|r| r.progress == Progress::Waiting) {
            for (agent, verdict) in self.inner.explain(self.now, routed.arrival.id) {
                assert!(verdict.is_err(), "{agent} is free for {routed:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn never_above_capacity_never_two_agents_nobody_lost(steps in prop::collection::vec(step(), 1..120)) {
        let mut observed = Observed::new();
        for step in steps {
            observed.act(step);
            observed.check();
        }
    }

    /// Agents come one after the other: what they are offered is in the one order.
    #[test]
    fn order_is_kept(arrivals in prop::collection::vec((2..=3_i64, 0..3_u8, 0..1_000_i64), 1..40)) {
        let now = Instant::now();
        let mut distribution = Distribution::default();
        for (id, medium) in QUEUES {
            distribution.set_queue(now, queue(id, medium));
        }
        for (number, (to, priority, arrived_at_ms)) in (1..).zip(&arrivals) {
            let to = Destination::Queue(QueueId(*to));
            let one = Arrival { to, priority: *priority, arrived_at_ms: *arrived_at_ms, ..arrival(number, Medium::Chat) };
            distribution.arrive(now, one).unwrap();
        }
        let capacity = Capacity { chats: 1, calls: 1 };
        let mut places = Vec::new();
        for id in 1..=arrivals.len() as i64 {
            distribution.set_agent(now, AgentSettings { capacity, ..agent(id, &[2, 3]) });
            // Logged in to one queue he gets its first; to have the first of both he pauses nothing and joins both at once.
            distribution.log_in(now, UserId(id), QueueId(2)).unwrap();
            distribution.log_in(now, UserId(id), QueueId(3)).unwrap();
            while let Some(output) = distribution.poll_output() {
                if let Output::Offered(offer) = output {
                    let routed = distribution.interaction(offer.interaction).unwrap();
                    places.push((routed.queue(), routed.place()));
                    distribution.accept(now, offer.id).unwrap();
                }
            }
        }
        for queue in [QueueId(2), QueueId(3)] {
            let of: Vec<_> = places.iter().filter(|(q, _)| *q == Some(queue)).map(|(_, place)| *place).collect();
            let mut sorted = of.clone();
            sorted.sort();
            prop_assert_eq!(of, sorted);
        }
        prop_assert_eq!(places.len(), arrivals.len());
    }
}
