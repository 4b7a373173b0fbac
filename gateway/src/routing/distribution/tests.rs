//! Situations of a desk.

use std::time::{Duration, Instant};

use super::*;
use crate::model::{Capacity, Medium, PauseReasonId};

pub(super) fn queue(id: i64, medium: Medium) -> QueueSettings {
    QueueSettings {
        id: QueueId(id),
        medium,
        offer_timeout: Duration::from_secs(15),
        wrap_up: Duration::ZERO,
        pause_reasons: [reason()].into(),
    }
}

pub(super) fn agent(id: i64, queues: &[i64]) -> AgentSettings {
    AgentSettings {
        id: UserId(id),
        capacity: Capacity::default(),
        queues: queues.iter().copied().map(QueueId).collect(),
    }
}

pub(super) fn arrival(id: i64, medium: Medium) -> Arrival {
    let queue = match medium {
        Medium::Voice => QueueId(1),
        Medium::Chat => QueueId(2),
    };
    let to = Destination::Queue(queue);
    Arrival { id: InteractionId(id), medium, to, home: None, priority: 0, arrived_at_ms: id }
}

pub(super) fn reason() -> PauseReasonId {
    PauseReasonId(7)
}

/// A voice queue 1, a chat queue 2, and agents who are logged in to both.
struct Desk {
    now: Instant,
    inner: Distribution,
}

impl Desk {
    fn with_agents(count: i64) -> Self {
        let now = Instant::now();
        let mut desk = Self { now, inner: Distribution::default() };
        desk.inner.set_queue(now, queue(1, Medium::Voice));
        desk.inner.set_queue(now, queue(2, Medium::Chat));
        for id in 1..=count {
            desk.inner.set_agent(desk.now, agent(id, &[1, 2]));
            desk.inner.log_in(desk.now, UserId(id), QueueId(1)).unwrap();
            desk.inner.log_in(desk.now, UserId(id), QueueId(2)).unwrap();
            desk.pass_ms(1);
        }
        desk.outputs();
        desk
    }

    fn pass_ms(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
        self.inner.handle_timeout(self.now);
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.inner.poll_output()).collect()
    }

    fn arrive(&mut self, id: i64, medium: Medium) {
        self.inner.arrive(self.now, arrival(id, medium)).unwrap();
    }

    /// The offers made since the last look: Interaction, agent.
    fn offers(&mut self) -> Vec<(i64, i64, OfferId)> {
        let offered = |output| match output {
            Output::Offered(offer) => Some((offer.interaction.0, offer.agent.0, offer.id)),
            _ => None,
        };
        self.outputs().into_iter().filter_map(offered).collect()
    }

    fn accept_all(&mut self) -> Vec<(i64, i64)> {
        let mut taken = Vec::new();
        loop {
            let offers = self.offers();
            if offers.is_empty() {
                return taken;
            }
            for (interaction, agent, offer) in offers {
                self.inner.accept(self.now, offer).unwrap();
                taken.push((interaction, agent));
            }
        }
    }

    fn why(&self, interaction: i64, agent: i64) -> NotOffered {
        let all = self.inner.explain(self.now, InteractionId(interaction));
        all.into_iter().find(|(id, _)| *id == UserId(agent)).unwrap().1.unwrap_err()
    }
}

#[test]
fn the_fifth_chat_waits_and_comes_when_one_is_closed() {
    let mut desk = Desk::with_agents(1);
    for id in 1..=5 {
        desk.arrive(id, Medium::Chat);
    }
    assert_eq!(desk.accept_all().len(), 4);
    assert_eq!(desk.why(5, 1), NotOffered::AtCapacity { open: 4, of: 4 });
    desk.inner.close(desk.now, InteractionId(2)).unwrap();
    assert_eq!(desk.accept_all(), [(5, 1)]);
}

#[test]
fn a_call_wants_an_agent_who_has_nothing_else_and_then_all_of_him() {
    let mut desk = Desk::with_agents(1);
    desk.arrive(1, Medium::Chat);
    desk.accept_all();
    desk.arrive(2, Medium::Voice);
    assert_eq!(desk.why(2, 1), NotOffered::NotFree { open: 1 });
    desk.inner.close(desk.now, InteractionId(1)).unwrap();
    assert_eq!(desk.accept_all(), [(2, 1)]);
    desk.arrive(3, Medium::Chat);
    assert_eq!(desk.offers(), []);
    assert_eq!(desk.why(3, 1), NotOffered::NotFree { open: 1 });
}

#[test]
fn the_one_who_is_idle_longest_is_asked_and_the_reasons_are_kept() {
    let mut desk = Desk::with_agents(3);
    desk.inner.pause(desk.now, UserId(2), Scope::All, reason()).unwrap();
    desk.pass_ms(100);
    desk.outputs();
    desk.arrive(1, Medium::Voice);
    let outputs = desk.outputs();
    let decision = outputs.iter().find_map(|output| match output {
        Output::Decided(decision) => Some(decision.clone()),
        _ => None,
    });
    let decision = decision.unwrap();
    assert_eq!(decision.agent, UserId(1));
    assert_eq!(decision.idle, Duration::from_millis(103));
    let paused = NotOffered::Paused { reason: reason() };
    let shorter = NotOffered::IdleForLess { idle: Duration::from_millis(101) };
    assert_eq!(decision.others, [(UserId(2), paused), (UserId(3), shorter)]);
}

#[test]
fn an_offer_that_times_out_goes_to_the_next_and_the_silent_one_is_spared_for_a_while() {
    let mut desk = Desk::with_agents(2);
    desk.arrive(1, Medium::Voice);
    assert_eq!(desk.offers()[0].1, 1);
    desk.pass_ms(15_000);
    let offers = desk.offers();
    assert_eq!((offers[0].0, offers[0].1), (1, 2));
    desk.inner.refuse(desk.now, offers[0].2).unwrap();
    assert_eq!(desk.offers(), [], "both have declined");
    desk.pass_ms(30_000);
    assert_eq!(desk.offers()[0].1, 1, "thirty seconds after his own time-out");
}

#[test]
fn an_offer_is_accepted_once_and_by_nobody_after_its_time() {
    let mut desk = Desk::with_agents(1);
    desk.arrive(1, Medium::Voice);
    let (_, _, offer) = desk.offers()[0];
    desk.pass_ms(15_001);
    assert_eq!(desk.inner.accept(desk.now, offer), Err(RoutingError::OfferOver));
    desk.pass_ms(30_000);
    let (_, _, again) = desk.offers()[0];
    desk.inner.accept(desk.now, again).unwrap();
    assert_eq!(desk.inner.accept(desk.now, again), Err(RoutingError::OfferOver));
}

#[test]
fn who_drops_gives_back_after_the_grace_and_the_customer_is_first_again() {
    let mut desk = Desk::with_agents(1);
    for id in 1..=5 {
        desk.arrive(id, Medium::Chat);
    }
    desk.accept_all();
    desk.inner.lost(desk.now, UserId(1), Duration::from_secs(60)).unwrap();
    desk.pass_ms(59_000);
    assert!(desk.inner.waiting(Destination::Queue(QueueId(2))).eq([InteractionId(5)]));
    desk.pass_ms(1_000);
    let waiting: Vec<i64> = desk.inner.waiting(Destination::Queue(QueueId(2))).map(|id| id.0).collect();
    assert_eq!(waiting, [1, 2, 3, 4, 5], "in the order of their arrival");
}

#[test]
fn who_is_back_within_the_grace_has_lost_nothing() {
    let mut desk = Desk::with_agents(1);
    desk.arrive(1, Medium::Chat);
    desk.accept_all();
    desk.inner.lost(desk.now, UserId(1), Duration::from_secs(60)).unwrap();
    desk.arrive(2, Medium::Chat);
    assert_eq!(desk.why(2, 1), NotOffered::Lost);
    desk.pass_ms(30_000);
    desk.inner.found(desk.now, UserId(1)).unwrap();
    assert_eq!(desk.accept_all(), [(2, 1)]);
    desk.pass_ms(60_000);
    assert_eq!(desk.inner.agent(UserId(1)).unwrap().open(Medium::Chat), 2);
}

#[test]
fn wrap_up_holds_the_next_call_until_it_is_over_or_ended() {
    let mut desk = Desk::with_agents(1);
    desk.inner
        .set_queue(desk.now, QueueSettings { wrap_up: Duration::from_secs(20), ..queue(1, Medium::Voice) });
    desk.arrive(1, Medium::Voice);
    desk.accept_all();
    desk.inner.close(desk.now, InteractionId(1)).unwrap();
    desk.arrive(2, Medium::Voice);
    let until = desk.now + Duration::from_secs(20);
    assert_eq!(desk.why(2, 1), NotOffered::WrapUp { until });
    assert_eq!(desk.inner.poll_timeout(), Some(until));
    desk.pass_ms(20_000);
    assert_eq!(desk.accept_all(), [(2, 1)]);
    desk.inner.close(desk.now, InteractionId(2)).unwrap();
    desk.arrive(3, Medium::Voice);
    desk.inner.end_wrap_up(desk.now, UserId(1)).unwrap();
    assert_eq!(desk.accept_all(), [(3, 1)]);
}

#[test]
fn a_pause_of_voice_reaches_all_voice_queues_and_no_chat() {
    let mut desk = Desk::with_agents(1);
    desk.inner.pause(desk.now, UserId(1), Scope::Medium(Medium::Voice), reason()).unwrap();
    desk.arrive(1, Medium::Voice);
    assert_eq!(desk.why(1, 1), NotOffered::Paused { reason: reason() });
    desk.arrive(2, Medium::Chat);
    assert_eq!(desk.accept_all(), [(2, 1)]);
    let other = PauseReasonId(8);
    assert_eq!(desk.inner.pause(desk.now, UserId(1), Scope::All, other), Err(RoutingError::NoSuchReason));
}

#[test]
fn pausing_while_offered_passes_the_offer_on() {
    let mut desk = Desk::with_agents(2);
    desk.arrive(1, Medium::Voice);
    assert_eq!(desk.offers()[0].1, 1);
    desk.inner.pause(desk.now, UserId(1), Scope::All, reason()).unwrap();
    assert_eq!(desk.offers()[0].1, 2);
}

#[test]
fn a_transfer_keeps_the_arrival_and_spares_who_sent_it() {
    let mut desk = Desk::with_agents(2);
    desk.arrive(1, Medium::Chat);
    assert_eq!(desk.accept_all(), [(1, 1)]);
    desk.inner.transfer(desk.now, InteractionId(1), Destination::Queue(QueueId(2))).unwrap();
    assert_eq!(desk.accept_all(), [(1, 2)]);
    desk.inner.transfer(desk.now, InteractionId(1), Destination::Agent(UserId(1))).unwrap();
    assert_eq!(desk.accept_all(), [(1, 1)]);
    assert_eq!(desk.inner.interaction(InteractionId(1)).unwrap().arrival.arrived_at_ms, 1);
}

#[test]
fn what_is_meant_for_one_agent_waits_for_him() {
    let mut desk = Desk::with_agents(2);
    desk.inner.leave(desk.now, UserId(1)).unwrap();
    let to = Destination::Agent(UserId(1));
    desk.inner.arrive(desk.now, Arrival { to, ..arrival(1, Medium::Chat) }).unwrap();
    assert_eq!(desk.offers(), []);
    desk.inner.log_in(desk.now, UserId(1), QueueId(2)).unwrap();
    assert_eq!(desk.accept_all(), [(1, 1)]);
}

/// Interaction 1, which the first of two agents has given to the second.
fn given_to_the_second() -> Desk {
    let mut desk = Desk::with_agents(2);
    desk.arrive(1, Medium::Chat);
    assert_eq!(desk.accept_all(), [(1, 1)]);
    desk.inner.transfer(desk.now, InteractionId(1), Destination::Agent(UserId(2))).unwrap();
    desk
}

fn queue_of_the_first(desk: &Desk) -> Option<QueueId> {
    desk.inner.interaction(InteractionId(1)).unwrap().queue()
}

#[test]
fn what_one_agent_alone_refuses_or_leaves_goes_to_its_queue() {
    let mut desk = given_to_the_second();
    let [(1, 2, offer)] = desk.offers()[..] else { panic!("not offered to him alone") };
    desk.inner.refuse(desk.now, offer).unwrap();
    assert_eq!(queue_of_the_first(&desk), Some(QueueId(2)));
    let home = Output::SentHome { interaction: InteractionId(1), agent: UserId(2), queue: QueueId(2) };
    assert!(desk.outputs().contains(&home));
    // Neither is asked at once: the one has sent it away, the other has refused it.
    desk.pass_ms(30_000);
    assert_eq!(desk.accept_all().len(), 1);

    let mut desk = given_to_the_second();
    assert_eq!(desk.offers().len(), 1);
    desk.pass_ms(29_999);
    assert_eq!(queue_of_the_first(&desk), None);
    desk.pass_ms(1);
    assert_eq!(queue_of_the_first(&desk), Some(QueueId(2)));
}

#[test]
fn what_one_agent_alone_cannot_be_asked_for_waits_a_minute_for_him_and_then_in_its_queue() {
    let mut desk = Desk::with_agents(2);
    desk.arrive(1, Medium::Chat);
    assert_eq!(desk.accept_all(), [(1, 1)]);
    desk.inner.leave(desk.now, UserId(2)).unwrap();
    desk.inner.transfer(desk.now, InteractionId(1), Destination::Agent(UserId(2))).unwrap();
    desk.pass_ms(59_999);
    assert_eq!((queue_of_the_first(&desk), desk.offers()), (None, vec![]));
    desk.pass_ms(1);
    assert_eq!(desk.accept_all(), [(1, 1)], "the one who is there has it");
}

#[test]
fn what_is_overdue_with_one_agent_goes_home_when_its_queue_is_there_again() {
    let mut desk = Desk::with_agents(2);
    desk.arrive(1, Medium::Chat);
    assert_eq!(desk.accept_all(), [(1, 1)]);
    desk.inner.leave(desk.now, UserId(2)).unwrap();
    desk.inner.transfer(desk.now, InteractionId(1), Destination::Agent(UserId(2))).unwrap();
    assert_eq!(desk.inner.remove_queue(desk.now, QueueId(2)), []);
    desk.pass_ms(120_000);
    assert_eq!(queue_of_the_first(&desk), None);
    desk.inner.set_queue(desk.now, queue(2, Medium::Chat));
    assert_eq!(queue_of_the_first(&desk), Some(QueueId(2)));
}

#[test]
fn who_leaves_while_he_is_asked_alone_may_come_back_within_the_minute() {
    let mut desk = given_to_the_second();
    assert_eq!(desk.offers().len(), 1);
    desk.inner.leave(desk.now, UserId(2)).unwrap();
    assert_eq!(queue_of_the_first(&desk), None);
    desk.pass_ms(20_000);
    desk.inner.log_in(desk.now, UserId(2), QueueId(2)).unwrap();
    assert_eq!(desk.accept_all(), [(1, 2)]);
    // The minute is over long ago: it stays with him.
    desk.pass_ms(120_000);
    assert_eq!(desk.inner.agent(UserId(2)).unwrap().serving.len(), 1);
}

#[test]
fn priority_goes_first_and_within_it_the_older() {
    let mut desk = Desk::with_agents(0);
    desk.arrive(1, Medium::Chat);
    desk.arrive(2, Medium::Chat);
    desk.inner.arrive(desk.now, Arrival { priority: 1, ..arrival(3, Medium::Chat) }).unwrap();
    desk.inner.set_agent(desk.now, agent(1, &[2]));
    desk.inner.log_in(desk.now, UserId(1), QueueId(2)).unwrap();
    let order: Vec<i64> = desk.offers().into_iter().map(|(interaction, _, _)| interaction).collect();
    assert_eq!(order, [3, 1, 2]);
}

#[test]
fn a_queue_that_is_removed_gives_what_waited_in_it() {
    let mut desk = Desk::with_agents(1);
    desk.arrive(1, Medium::Voice);
    desk.arrive(2, Medium::Voice);
    assert_eq!(desk.offers().len(), 1);
    let mut stranded = desk.inner.remove_queue(desk.now, QueueId(1));
    stranded.sort();
    assert_eq!(stranded, [InteractionId(1), InteractionId(2)]);
    assert!(desk.inner.agent(UserId(1)).unwrap().offers.is_empty());
}

#[test]
fn after_a_restart_agents_have_what_they_had() {
    let mut desk = Desk::with_agents(1);
    desk.inner.restore(arrival(1, Medium::Voice), UserId(1)).unwrap();
    desk.arrive(2, Medium::Chat);
    assert_eq!(desk.why(2, 1), NotOffered::NotFree { open: 1 });
}

#[test]
fn what_a_person_took_goes_back_to_the_queue_it_came_from() {
    let mut desk = Desk::with_agents(2);
    desk.arrive(1, Medium::Chat);
    desk.accept_all();
    desk.inner.transfer(desk.now, InteractionId(1), Destination::Agent(UserId(2))).unwrap();
    assert_eq!(desk.accept_all(), [(1, 2)]);
    desk.inner.leave(desk.now, UserId(2)).unwrap();
    assert_eq!(desk.inner.interaction(InteractionId(1)).unwrap().queue(), Some(QueueId(2)));
}

#[test]
fn who_is_said_to_be_lost_again_has_his_grace_anew() {
    let mut desk = Desk::with_agents(1);
    desk.arrive(1, Medium::Chat);
    desk.accept_all();
    let grace = Duration::from_secs(60);
    desk.inner.lost(desk.now, UserId(1), grace).unwrap();
    desk.pass_ms(50_000);
    desk.inner.lost(desk.now, UserId(1), grace).unwrap();
    desk.pass_ms(50_000);
    assert_eq!(desk.inner.agent(UserId(1)).unwrap().serving.len(), 1);
    desk.pass_ms(10_000);
    assert!(desk.inner.agent(UserId(1)).unwrap().serving.is_empty());
}

#[test]
fn who_takes_another_call_loses_the_offer_to_the_next_and_has_not_declined() {
    let mut desk = Desk::with_agents(2);
    desk.arrive(1, Medium::Voice);
    desk.arrive(2, Medium::Voice);
    let [(1, 1, _), (2, 2, second)] = desk.offers()[..] else { panic!("not one each") };
    desk.inner.set_in_call(desk.now, UserId(1), true).unwrap();
    assert_eq!(desk.inner.agent(UserId(1)).unwrap().offers.len(), 1, "his phone only rings");
    desk.inner.took_call(desk.now, UserId(1), Some(InteractionId(1))).unwrap();
    assert_eq!(desk.inner.agent(UserId(1)).unwrap().offers.len(), 1, "it is this very call");
    desk.inner.took_call(desk.now, UserId(1), None).unwrap();
    let withdrawn = |output: &Output| matches!(output, Output::Withdrawn { offer, why: Withdrawal::InCall } if offer.agent == UserId(1));
    assert!(desk.outputs().iter().any(withdrawn));
    assert_eq!(desk.why(1, 1), NotOffered::InCall);
    // Its place is kept: it goes before what came later.
    desk.arrive(3, Medium::Voice);
    desk.inner.refuse(desk.now, second).unwrap();
    let offers: Vec<_> =
        desk.offers().into_iter().map(|(interaction, agent, _)| (interaction, agent)).collect();
    assert_eq!(offers, [(1, 2)]);
    desk.inner.set_in_call(desk.now, UserId(1), false).unwrap();
    assert_eq!(desk.offers().first().map(|(interaction, agent, _)| (*interaction, *agent)), Some((2, 1)));
}
