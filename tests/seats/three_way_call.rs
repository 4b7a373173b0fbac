//! F069: a call with three participants, out of which any may leave.

use ramal_tests::{Call, Desk, Node, Rtp, Site, Ua};
use serde_json::{Value, json};

const CUSTOMER_HZ: f64 = 350.0;
const AGENT_HZ: f64 = 550.0;
const EXPERT_HZ: f64 = 850.0;

/// An agent in a browser talks with a customer, and has brought an expert in.
struct ThreeWay {
    node: Node,
    agent: Desk,
    seat: ramal_tests::page::Seat,
    customer: (Call, Rtp, Ua),
    expert: (Call, Rtp, Ua),
    id: String,
}

impl ThreeWay {
    async fn new() -> ThreeWay {
        let node = Node::start(Site::acme()).await;
        let admin = Desk::first(&node).await;
        let agent = admin.colleague("Ana", "agent", json!({ "extension": "100", "webrtc": true })).await;
        let seat = agent.take_seat().await;
        seat.media.speak(AGENT_HZ);
        let (phone, expert_phone) = (node.phone("101").await, node.phone("102").await);
        let ear = Rtp::new().await;
        let id = agent.dial("101").await;
        let customer = phone.expect_invite().await;
        ear.follow(&customer.offer());
        customer.answer(&ear.sdp()).await;
        ear.speak(CUSTOMER_HZ);
        tokio::join!(seat.media.hears(CUSTOMER_HZ), ear.hears(AGENT_HZ));
        // One request: the expert is rung, and is in the call as soon as he answers.
        agent.tell_call(&id, "merge", Some(&json!({ "to": "102" }))).await;
        let expert = expert_phone.expect_invite().await;
        let his = Rtp::new().await;
        his.follow(&expert.offer());
        expert.answer(&his.sdp()).await;
        his.speak(EXPERT_HZ);
        let all = ThreeWay {
            node,
            agent,
            seat,
            customer: (customer, ear, phone),
            expert: (expert, his, expert_phone),
            id,
        };
        tokio::join!(
            all.seat.media.hears_all(&[CUSTOMER_HZ, EXPERT_HZ], &[AGENT_HZ]),
            all.customer.1.hears_all(&[AGENT_HZ, EXPERT_HZ], &[CUSTOMER_HZ]),
            all.expert.1.hears_all(&[AGENT_HZ, CUSTOMER_HZ], &[EXPERT_HZ]),
        );
        all
    }

    async fn call(&self) -> Value {
        let list = self.agent.read("/calls").await;
        assert_eq!(list.as_array().map(Vec::len), Some(1), "{list}");
        list[0].clone()
    }
}

#[tokio::test]
async fn f069_the_agent_leaves_and_the_others_go_on() {
    let mut all = ThreeWay::new().await;
    let call = all.call().await;
    assert_eq!((&call["number"], &call["others"][0]["number"]), (&json!("101"), &json!("102")));
    assert_eq!(all.agent.delete(&format!("/calls/{}", all.id)).await.status, 204);
    tokio::join!(
        all.customer.1.hears_all(&[EXPERT_HZ], &[AGENT_HZ]),
        all.expert.1.hears_all(&[CUSTOMER_HZ], &[AGENT_HZ]),
    );
    assert_eq!(all.agent.read("/calls").await, json!([]));
    all.customer.0.bye().await;
    all.expert.0.expect_bye().await;
    all.node.expect_cdrs(2).await;
}

#[tokio::test]
async fn f069_the_customer_leaves_and_the_agent_talks_with_the_expert() {
    let mut all = ThreeWay::new().await;
    all.customer.0.bye().await;
    tokio::join!(
        all.seat.media.hears_all(&[EXPERT_HZ], &[CUSTOMER_HZ]),
        all.expert.1.hears_all(&[AGENT_HZ], &[CUSTOMER_HZ]),
    );
    assert_eq!(all.call().await["number"], "102");
}

#[tokio::test]
async fn f069_the_agent_drops_the_expert() {
    let all = ThreeWay::new().await;
    let expert = all.call().await["others"][0]["id"].clone();
    all.agent.tell_call(&all.id, "drop", Some(&json!({ "party": expert }))).await;
    all.expert.0.expect_bye().await;
    tokio::join!(
        all.seat.media.hears_all(&[CUSTOMER_HZ], &[EXPERT_HZ]),
        all.customer.1.hears_all(&[AGENT_HZ], &[EXPERT_HZ]),
    );
    assert_eq!(all.call().await["others"], json!([]));
}

#[tokio::test]
async fn f069_the_agent_ends_it_for_all() {
    let all = ThreeWay::new().await;
    all.agent.tell_call(&all.id, "end", None).await;
    tokio::join!(all.customer.0.expect_bye(), all.expert.0.expect_bye());
}

#[tokio::test]
async fn f069_two_calls_that_are_up_become_one() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let agent = admin.colleague("Ana", "agent", json!({ "extension": "100", "webrtc": true })).await;
    let seat = agent.take_seat().await;
    seat.media.speak(AGENT_HZ);
    let mut calls = Vec::new();
    for (number, hz) in [("101", CUSTOMER_HZ), ("102", EXPERT_HZ)] {
        let (phone, ear) = (node.phone(number).await, Rtp::new().await);
        let id = agent.dial(number).await;
        let call = phone.expect_invite().await;
        ear.follow(&call.offer());
        call.answer(&ear.sdp()).await;
        ear.speak(hz);
        seat.media.hears(hz).await;
        calls.push((id, ear, call, phone));
    }
    agent.tell_call(&calls[0].0, "merge", Some(&json!({ "call": calls[1].0 }))).await;
    tokio::join!(
        seat.media.hears_all(&[CUSTOMER_HZ, EXPERT_HZ], &[AGENT_HZ]),
        calls[0].1.hears_all(&[AGENT_HZ, EXPERT_HZ], &[CUSTOMER_HZ]),
        calls[1].1.hears_all(&[AGENT_HZ, CUSTOMER_HZ], &[EXPERT_HZ]),
    );
    // The agent holds all of it: the two hear each other, and no music.
    agent.tell_call(&calls[0].0, "hold", None).await;
    tokio::join!(
        calls[0].1.hears_all(&[EXPERT_HZ], &[AGENT_HZ]),
        calls[1].1.hears_all(&[CUSTOMER_HZ], &[AGENT_HZ]),
    );
    agent.tell_call(&calls[0].0, "resume", None).await;
    seat.media.hears_all(&[CUSTOMER_HZ, EXPERT_HZ], &[AGENT_HZ]).await;
    let refused = agent.post(&format!("/calls/{}/transfer", calls[0].0), json!({ "to": "103" })).await;
    assert_eq!(refused.status, 409, "{}", refused.text());
}
