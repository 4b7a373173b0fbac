//! A supervisor in the call of an agent: hears, is heard by whom he means to be, and leaves no gap behind.

use ramal_tests::rtp::tone;
use ramal_tests::{Call, Desk, Node, Rtp, Site, Ua, wav};
use serde_json::json;

const CUSTOMER_HZ: f64 = 350.0;
const AGENT_HZ: f64 = 550.0;
const BOSS_HZ: f64 = 850.0;

/// An agent in a browser talks with a customer; a supervisor sits at his own Seat.
struct Floor {
    node: Node,
    admin: Desk,
    agent: Desk,
    agent_seat: ramal_tests::page::Seat,
    boss: Desk,
    boss_seat: ramal_tests::page::Seat,
    customer: Call,
    ear: Rtp,
    id: String,
    _phone: Ua,
}

impl Floor {
    async fn new() -> Floor {
        let node = Node::start(Site::acme()).await;
        let admin = Desk::first(&node).await;
        let agent = admin.colleague("Ana", "agent", json!({ "extension": "100", "webrtc": true })).await;
        let boss = admin.colleague("Sara", "supervisor", json!({ "extension": "102", "webrtc": true })).await;
        let (agent_seat, boss_seat) = (agent.take_seat().await, boss.take_seat().await);
        let (phone, ear) = (node.phone("101").await, Rtp::new().await);
        let id = agent.dial("101").await;
        let customer = phone.expect_invite().await;
        ear.follow(&customer.offer());
        customer.answer(&ear.sdp()).await;
        ear.speak(CUSTOMER_HZ);
        agent_seat.media.speak(AGENT_HZ);
        boss_seat.media.speak(BOSS_HZ);
        tokio::join!(agent_seat.media.hears(CUSTOMER_HZ), ear.hears(AGENT_HZ));
        Floor { node, admin, agent, agent_seat, boss, boss_seat, customer, ear, id, _phone: phone }
    }

    async fn supervise(&self, mode: &str) {
        self.boss.tell_call(&self.id, "supervise", Some(&json!({ "mode": mode }))).await;
    }
}

#[tokio::test]
async fn he_listens_whispers_barges_in_and_is_heard_by_whom_he_means() {
    let floor = Floor::new().await;
    let began = floor.ear.now();
    floor.supervise("listen").await;
    floor.boss_seat.media.hears_all(&[CUSTOMER_HZ, AGENT_HZ], &[BOSS_HZ]).await;
    tokio::join!(
        floor.agent_seat.media.hears_all(&[CUSTOMER_HZ], &[BOSS_HZ]),
        floor.ear.hears_all(&[AGENT_HZ], &[BOSS_HZ]),
    );
    floor.supervise("whisper").await;
    floor.agent_seat.media.hears_all(&[CUSTOMER_HZ, BOSS_HZ], &[AGENT_HZ]).await;
    tokio::join!(
        floor.boss_seat.media.hears_all(&[CUSTOMER_HZ, AGENT_HZ], &[BOSS_HZ]),
        floor.ear.hears_all(&[AGENT_HZ], &[BOSS_HZ]),
    );
    assert!(floor.ear.loudest(BOSS_HZ, began) < 0.02, "the customer heard nothing of it");
    floor.supervise("barge").await;
    tokio::join!(
        floor.agent_seat.media.hears_all(&[CUSTOMER_HZ, BOSS_HZ], &[AGENT_HZ]),
        floor.ear.hears_all(&[AGENT_HZ, BOSS_HZ], &[CUSTOMER_HZ]),
    );
    // He leaves, and the two are by themselves again.
    assert_eq!(floor.boss.delete(&format!("/calls/{}", floor.id)).await.status, 204);
    tokio::join!(
        floor.agent_seat.media.hears_all(&[CUSTOMER_HZ], &[BOSS_HZ]),
        floor.ear.hears_all(&[AGENT_HZ], &[BOSS_HZ]),
    );
    let numbers: Vec<u16> = floor.ear.heard().iter().map(|heard| heard.packet.sequence).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1)), "no packet is missing");
    let audit = floor.admin.read("/audit?noun=call").await;
    let modes: Vec<&str> = audit["items"]
        .as_array()
        .expect("a list")
        .iter()
        .rev()
        .filter_map(|entry| entry["detail"]["mode"].as_str())
        .collect();
    assert_eq!(modes, ["listen", "whisper", "barge"]);
}

#[tokio::test]
async fn he_takes_the_call_over() {
    let mut floor = Floor::new().await;
    floor.supervise("listen").await;
    floor.boss_seat.media.hears_all(&[CUSTOMER_HZ, AGENT_HZ], &[BOSS_HZ]).await;
    // Until he does, what is done in the call is the agent's.
    for (verb, body) in [
        ("mask", json!({ "masked": true })),
        ("merge", json!({ "to": "103" })),
        ("recording", json!({ "to": "start" })),
    ] {
        let refused = floor.boss.post(&format!("/calls/{}/{verb}", floor.id), body).await;
        assert_eq!(refused.status, 409, "{verb}: {}", refused.text());
    }
    floor.supervise("take_over").await;
    tokio::join!(
        floor.boss_seat.media.hears_all(&[CUSTOMER_HZ], &[AGENT_HZ]),
        floor.ear.hears_all(&[BOSS_HZ], &[AGENT_HZ]),
    );
    assert_eq!(floor.agent.read("/calls").await, json!([]));
    assert_eq!(floor.boss.read("/calls").await[0]["number"], "101");
    floor.customer.bye().await;
    let record = floor.node.expect_cdr().await;
    assert_eq!(record["transferred_to"], "102");
}

#[tokio::test]
async fn who_may_not_supervise_does_not() {
    let floor = Floor::new().await;
    let there = format!("/calls/{}/supervise", floor.id);
    let colleague =
        floor.admin.colleague("Rui", "agent", json!({ "extension": "103", "webrtc": true })).await;
    let listen = json!({ "mode": "listen" });
    assert_eq!(colleague.post(&there, listen.clone()).await.status, 403);
    // A supervisor without a Seat has no ear.
    let other = floor.admin.colleague("Eva", "supervisor", json!({})).await;
    assert_eq!(other.post(&there, listen.clone()).await.status, 404);
    // Where nobody talks there is nobody to listen to.
    let own = floor.boss.dial("*43").await;
    let answer = floor.boss.post(&format!("/calls/{own}/supervise"), listen.clone()).await;
    assert_eq!(answer.status, 409, "{}", answer.text());
    let nowhere = "/calls/00000000000000000000000000/supervise";
    assert_eq!(floor.boss.post(nowhere, listen).await.status, 404);
}

#[tokio::test]
async fn the_customer_hangs_up_and_the_supervisor_is_free() {
    let mut floor = Floor::new().await;
    floor.supervise("barge").await;
    floor.ear.hears_all(&[AGENT_HZ, BOSS_HZ], &[CUSTOMER_HZ]).await;
    floor.customer.bye().await;
    floor.node.expect_cdr().await;
    assert_eq!(floor.boss.read("/calls").await, json!([]));
}

#[tokio::test]
async fn a_clip_from_before_he_came_makes_room_for_one_that_is_heard_beside_what_all_say() {
    const CLIP_HZ: f64 = 1250.0;
    let floor = Floor::new().await;
    let path = floor.node.folder().join("clip.wav");
    wav::write_mono(&path, 16_000, &tone::sine(CLIP_HZ, 16_000, 0, 16_000 * 60));
    let bytes = std::fs::read(path).expect("readable");
    let made = floor.admin.send_bytes("POST", "/api/v1/sound-clips?title=clip", "audio/wav", &bytes).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let clip = json!({ "clip": made.json()["id"], "hears": "both" });
    floor.agent.tell_call(&floor.id, "clip", Some(&clip)).await;
    tokio::join!(floor.agent_seat.media.hears(CLIP_HZ), floor.ear.hears(CLIP_HZ));
    floor.supervise("barge").await;
    floor.agent.tell_call(&floor.id, "clip", Some(&clip)).await;
    tokio::join!(
        floor.agent_seat.media.hears_all(&[CUSTOMER_HZ, BOSS_HZ, CLIP_HZ], &[AGENT_HZ]),
        floor.ear.hears_all(&[AGENT_HZ, BOSS_HZ, CLIP_HZ], &[CUSTOMER_HZ]),
        floor.boss_seat.media.hears_all(&[CUSTOMER_HZ, AGENT_HZ, CLIP_HZ], &[BOSS_HZ]),
    );
}
