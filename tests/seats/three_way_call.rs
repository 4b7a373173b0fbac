//! F069: a call with three participants, out of which any may leave.

use ramal_tests::deadline::until_async;
use ramal_tests::rtp::endpoint::Speech;
use ramal_tests::rtp::tone;
use ramal_tests::talk::AgentCall;
use ramal_tests::{Call, Desk, Node, Rtp, Site, Ua, Wav, wav};
use serde_json::{Value, json};

const CUSTOMER_HZ: f64 = 350.0;
const AGENT_HZ: f64 = 550.0;
const EXPERT_HZ: f64 = 850.0;

/// An agent in a browser talks with a customer, and has brought an expert in.
struct ThreeWay {
    node: Node,
    admin: Desk,
    agent: Desk,
    seat: ramal_tests::page::Seat,
    customer: (Call, Rtp, Ua),
    expert: (Call, Rtp, Ua),
    id: String,
}

impl ThreeWay {
    async fn new() -> ThreeWay {
        ThreeWay::of(Site::acme(), "").await
    }

    async fn of(site: Site, overrides: &str) -> ThreeWay {
        ThreeWay::with("102", site, overrides).await
    }

    async fn with(expert: &str, site: Site, overrides: &str) -> ThreeWay {
        let node = Node::start_with(site, overrides).await;
        let admin = Desk::first(&node).await;
        let agent = admin.colleague("Ana", "agent", json!({ "extension": "100", "webrtc": true })).await;
        let seat = agent.take_seat().await;
        seat.media.speak(AGENT_HZ);
        let (phone, expert_phone) = (node.phone("101").await, node.phone(expert).await);
        let ear = Rtp::new().await;
        let id = agent.dial("101").await;
        let customer = phone.expect_invite().await;
        ear.follow(&customer.offer());
        customer.answer(&ear.sdp()).await;
        ear.speak(CUSTOMER_HZ);
        tokio::join!(seat.media.hears(CUSTOMER_HZ), ear.hears(AGENT_HZ));
        // One request: the expert is rung, and is in the call as soon as he answers.
        agent.tell_call(&id, "merge", Some(&json!({ "to": expert }))).await;
        let expert = expert_phone.expect_invite().await;
        let his = Rtp::new().await;
        his.follow(&expert.offer());
        expert.answer(&his.sdp()).await;
        his.speak(EXPERT_HZ);
        let all = ThreeWay {
            node,
            admin,
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

impl ThreeWay {
    /// What the screen of calls says of the expert's own call, once it says that it is over, or is not.
    async fn record_of_expert(&self, over: bool) -> Value {
        let looked = || async {
            let list = self.admin.read("/call-records").await;
            let own = list["items"].as_array()?.iter().find(|one| one["callee"]["number"] == "102")?.clone();
            (own["answered_at_ms"].is_i64() && own["ended_at_ms"].is_i64() == over).then_some(own)
        };
        until_async("the record of the expert's call", looked).await
    }
}

#[tokio::test]
async fn who_was_brought_in_has_a_record_that_lasts_until_he_hangs_up() {
    let mut all = ThreeWay::new().await;
    let going_on = all.record_of_expert(false).await;
    assert_eq!((&going_on["end_reason"], &going_on["talk_ms"]), (&json!(""), &json!(0)), "{going_on}");
    assert_eq!(all.agent.delete(&format!("/calls/{}", all.id)).await.status, 204);
    all.expert.1.hears_all(&[CUSTOMER_HZ], &[AGENT_HZ]).await;
    all.expert.0.bye().await;
    all.customer.0.expect_bye().await;
    all.node.expect_cdrs(2).await;
    let own = all.record_of_expert(true).await;
    let first = all.admin.read(&format!("/call-records/{}", all.id)).await;
    assert_eq!(
        (&own["end_reason"], &own["ended_by"]),
        (&json!("normal_clearing"), &json!("callee")),
        "{own}"
    );
    assert_eq!((&own["joined"], &own["sip_status"]), (&json!(all.id), &json!(200)), "{own}");
    assert_eq!(own["ended_at_ms"], first["ended_at_ms"], "he was the last but one in it: {own} {first}");
    let ms = |name: &str| own[name].as_i64().unwrap_or_else(|| panic!("{own}"));
    assert_eq!(ms("talk_ms"), ms("ended_at_ms") - ms("answered_at_ms"));
    assert!(ms("talk_ms") > 0, "{own}");
    let sides = own["sides"].as_array().cloned().unwrap_or_default();
    assert!(sides.iter().any(|side| side["party"] == "102"), "what was counted of him: {own}");
}

#[tokio::test]
async fn who_was_brought_in_and_is_dropped_has_a_record_that_says_so_while_the_others_talk() {
    let all = ThreeWay::new().await;
    let expert = all.call().await["others"][0]["id"].clone();
    all.agent.tell_call(&all.id, "drop", Some(&json!({ "party": expert }))).await;
    all.expert.0.expect_bye().await;
    let own = all.record_of_expert(true).await;
    assert_eq!(
        (&own["end_reason"], &own["ended_by"]),
        (&json!("normal_clearing"), &json!("caller")),
        "{own}"
    );
    assert!(own["talk_ms"].as_i64().is_some_and(|ms| ms > 0), "{own}");
    let first = all.admin.read(&format!("/call-records/{}", all.id)).await;
    assert_eq!(first["ended_at_ms"], Value::Null, "the two talk on: {first}");
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
    // Whoever may not have the keys of one may not have those of both.
    agent.tell_call(&calls[1].0, "mask", Some(&json!({ "masked": true }))).await;
    agent.tell_call(&calls[0].0, "merge", Some(&json!({ "call": calls[1].0 }))).await;
    tokio::join!(
        seat.media.hears_all(&[CUSTOMER_HZ, EXPERT_HZ], &[AGENT_HZ]),
        calls[0].1.hears_all(&[AGENT_HZ, EXPERT_HZ], &[CUSTOMER_HZ]),
        calls[1].1.hears_all(&[AGENT_HZ, CUSTOMER_HZ], &[EXPERT_HZ]),
    );
    assert_eq!(agent.read("/calls").await[0]["keys_masked"], true);
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

const CLIP_HZ: f64 = 1250.0;

impl ThreeWay {
    async fn clip(&self, seconds: usize) -> Value {
        let path = self.node.folder().join("clip.wav");
        wav::write_mono(&path, 16_000, &tone::sine(CLIP_HZ, 16_000, 0, 16_000 * seconds));
        let bytes = std::fs::read(path).expect("readable");
        let made = self.admin.send_bytes("POST", "/api/v1/sound-clips?title=clip", "audio/wav", &bytes).await;
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()["id"].clone()
    }

    async fn play(&self, body: Value) {
        self.agent.tell_call(&self.id, "clip", Some(&body)).await;
    }

    async fn recording(&self) -> Wav {
        let sealed = async || {
            let paths = self.node.database.ask("SELECT path FROM recordings WHERE state = 'sealed'").await;
            assert!(paths.len() <= 1, "the call that was to come in has none of its own: {paths:?}");
            paths.into_iter().next()
        };
        Wav::read(std::path::Path::new(&until_async("a sealed recording", sealed).await))
    }
}

#[tokio::test]
async fn a_clip_is_heard_beside_what_the_three_say_by_all_or_by_the_customer() {
    let all = ThreeWay::new().await;
    let (long, short) = (all.clip(60).await, all.clip(5).await);
    all.play(json!({ "clip": long, "hears": "both" })).await;
    tokio::join!(
        all.seat.media.hears_all(&[CUSTOMER_HZ, EXPERT_HZ, CLIP_HZ], &[AGENT_HZ]),
        all.customer.1.hears_all(&[AGENT_HZ, EXPERT_HZ, CLIP_HZ], &[CUSTOMER_HZ]),
        all.expert.1.hears_all(&[AGENT_HZ, CUSTOMER_HZ, CLIP_HZ], &[EXPERT_HZ]),
    );
    assert_eq!(all.call().await["clip"], long);
    assert_eq!(all.agent.delete(&format!("/calls/{}/clip", all.id)).await.status, 204);
    all.customer.1.hears_all(&[AGENT_HZ, EXPERT_HZ], &[CLIP_HZ]).await;
    all.play(json!({ "clip": long })).await;
    tokio::join!(
        all.customer.1.hears_all(&[AGENT_HZ, EXPERT_HZ, CLIP_HZ], &[CUSTOMER_HZ]),
        all.seat.media.hears_all(&[CUSTOMER_HZ, EXPERT_HZ], &[CLIP_HZ]),
        all.expert.1.hears_all(&[AGENT_HZ, CUSTOMER_HZ], &[CLIP_HZ]),
    );
    // One more makes room for it, and its end is the end of the call. It is short: he listens before it begins.
    tokio::join!(
        all.expert.1.hears_all(&[AGENT_HZ, CUSTOMER_HZ, CLIP_HZ], &[EXPERT_HZ]),
        all.play(json!({ "clip": short, "hears": "both", "then": "hang_up" })),
    );
    tokio::join!(all.customer.0.expect_bye(), all.expert.0.expect_bye());
    assert_eq!(all.agent.read("/calls").await, json!([]));
}

#[tokio::test]
async fn a_clip_goes_on_when_the_third_one_leaves() {
    let all = ThreeWay::new().await;
    let long = all.clip(60).await;
    all.play(json!({ "clip": long, "hears": "both" })).await;
    let third = all.call().await["others"][0]["id"].clone();
    all.agent.tell_call(&all.id, "drop", Some(&json!({ "party": third }))).await;
    all.expert.0.expect_bye().await;
    tokio::join!(
        all.seat.media.hears_all(&[CUSTOMER_HZ, CLIP_HZ], &[AGENT_HZ, EXPERT_HZ]),
        all.customer.1.hears_all(&[AGENT_HZ, CLIP_HZ], &[CUSTOMER_HZ, EXPERT_HZ]),
    );
    assert_eq!(all.call().await["clip"], long);
    assert_eq!(all.agent.delete(&format!("/calls/{}/clip", all.id)).await.status, 204);
    tokio::join!(
        all.seat.media.hears_all(&[CUSTOMER_HZ], &[CLIP_HZ]),
        all.customer.1.hears_all(&[AGENT_HZ], &[CLIP_HZ]),
    );
}

#[tokio::test]
async fn a_third_one_brings_in_a_fourth() {
    const FOURTH_HZ: f64 = 1250.0;
    const FIRST_HZ: f64 = AgentCall::PHONE_HZ;
    const SECOND_HZ: f64 = AgentCall::AGENT_HZ;
    let node = Node::start(Site::acme()).await;
    let talk = AgentCall::begin(&node).await;
    let third = json!({ "extension": "102", "webrtc": true });
    let third = talk.admin.colleague("Eva", "agent", third).await;
    let seat = third.take_seat().await;
    seat.media.speak(EXPERT_HZ);
    talk.ana.tell_call(&talk.id, "merge", Some(&json!({ "to": "102" }))).await;
    let rings = || async {
        let list = third.read("/calls").await;
        list[0]["id"].as_str().filter(|_| list[0]["state"] == "ringing").map(ToOwned::to_owned)
    };
    let ringing = until_async("a call that rings", rings).await;
    third.tell_call(&ringing, "answer", None).await;
    seat.media.hears_all(&[FIRST_HZ, SECOND_HZ], &[EXPERT_HZ]).await;
    let (phone, ear) = (node.phone("103").await, Rtp::new().await);
    third.tell_call(&talk.id, "merge", Some(&json!({ "to": "103" }))).await;
    let fourth = phone.expect_invite().await;
    ear.follow(&fourth.offer());
    fourth.answer(&ear.sdp()).await;
    ear.speak(FOURTH_HZ);
    tokio::join!(
        ear.hears_all(&[FIRST_HZ, SECOND_HZ, EXPERT_HZ], &[FOURTH_HZ]),
        seat.media.hears_all(&[FIRST_HZ, SECOND_HZ, FOURTH_HZ], &[EXPERT_HZ]),
        talk.rtp.hears_all(&[SECOND_HZ, EXPERT_HZ, FOURTH_HZ], &[FIRST_HZ]),
    );
}

#[tokio::test]
async fn the_third_one_a_clip_and_who_joins_in_are_in_the_recording_and_a_whisper_is_not() {
    const BOSS_HZ: f64 = 1850.0;
    let all = ThreeWay::of(Site::acme().recorded(), "").await;
    let boss = json!({ "extension": "103", "webrtc": true });
    let boss = all.admin.colleague("Sara", "supervisor", boss).await;
    let seat = boss.take_seat().await;
    seat.media.speak(BOSS_HZ);
    for _ in 0..8 {
        all.customer.1.hears_all(&[AGENT_HZ, EXPERT_HZ], &[CUSTOMER_HZ]).await;
    }
    let enter = |mode: &'static str| {
        let (boss, id) = (&boss, all.id.clone());
        async move { boss.tell_call(&id, "supervise", Some(&json!({ "mode": mode }))).await }
    };
    enter("whisper").await;
    for _ in 0..3 {
        all.seat.media.hears_all(&[CUSTOMER_HZ, EXPERT_HZ, BOSS_HZ], &[AGENT_HZ]).await;
    }
    let clip = all.clip(60).await;
    all.play(json!({ "clip": clip })).await;
    for _ in 0..8 {
        all.customer.1.hears_all(&[AGENT_HZ, EXPERT_HZ, CLIP_HZ], &[CUSTOMER_HZ, BOSS_HZ]).await;
    }
    assert_eq!(all.agent.delete(&format!("/calls/{}/clip", all.id)).await.status, 204);
    all.customer.1.hears_all(&[AGENT_HZ, EXPERT_HZ], &[CLIP_HZ, BOSS_HZ]).await;
    enter("barge").await;
    for _ in 0..6 {
        all.customer.1.hears_all(&[AGENT_HZ, EXPERT_HZ, BOSS_HZ], &[CUSTOMER_HZ]).await;
    }
    all.agent.tell_call(&all.id, "end", None).await;
    all.customer.0.expect_bye().await;
    let wav = all.recording().await;
    // The agent has called: left is what the customer heard, right what he said.
    assert!(wav.seconds_of_tone(1, CUSTOMER_HZ) >= 1.0);
    assert!(wav.seconds_of_mix(0, &[AGENT_HZ, EXPERT_HZ], &[CUSTOMER_HZ, BOSS_HZ]) >= 0.6, "the third one");
    assert!(wav.seconds_of_mix(0, &[AGENT_HZ, EXPERT_HZ, CLIP_HZ], &[BOSS_HZ]) >= 0.6, "the clip");
    assert!(wav.seconds_of_mix(0, &[AGENT_HZ, EXPERT_HZ, BOSS_HZ], &[CUSTOMER_HZ]) >= 0.4, "who joined in");
}

#[tokio::test]
async fn who_is_lost_in_a_room_is_silence_for_the_grace_and_leaves_then() {
    let ThreeWay { node, admin, agent, seat, customer, expert, id } =
        ThreeWay::of(Site::acme(), "#web.seat_grace_s = 2").await;
    drop(seat);
    tokio::join!(
        customer.1.hears_all(&[EXPERT_HZ], &[AGENT_HZ]),
        expert.1.hears_all(&[CUSTOMER_HZ], &[AGENT_HZ]),
    );
    let told = node.expect_event("room.member_lost").await;
    assert!(told.contains("extension:100"), "{told}");
    node.expect_event("room.member_left").await;
    let gone = until_async("a call without the agent", || async {
        let running = admin.read("/supervision/calls").await;
        let parties = running["items"][0]["parties"].as_array().cloned().unwrap_or_default();
        (parties.len() == 2).then_some(parties)
    });
    let numbers: Vec<Value> = gone.await.iter().map(|party| party["number"].clone()).collect();
    assert!(numbers.contains(&json!("101")) && numbers.contains(&json!("102")), "{numbers:?} {id}");
    assert_eq!(agent.read("/calls").await, json!([]));
    tokio::join!(
        customer.1.hears_all(&[EXPERT_HZ], &[AGENT_HZ]),
        expert.1.hears_all(&[CUSTOMER_HZ], &[AGENT_HZ]),
    );
}

#[tokio::test]
async fn a_third_one_who_is_always_recorded_is_from_his_arrival() {
    let site = Site::acme().extension("104", "recording = \"always\"");
    let all = ThreeWay::with("104", site, "").await;
    for _ in 0..6 {
        all.customer.1.hears_all(&[AGENT_HZ, EXPERT_HZ], &[CUSTOMER_HZ]).await;
    }
    assert_eq!(all.call().await["recorded"], true);
    all.agent.tell_call(&all.id, "end", None).await;
    let wav = all.recording().await;
    assert!(wav.seconds_of_mix(0, &[AGENT_HZ, EXPERT_HZ], &[CUSTOMER_HZ]) >= 0.4, "what the customer heard");
}

/// An agent talks with 101 and has asked 102 to come in, who rings.
async fn asked_in(node: &Node) -> (AgentCall, Call, Ua) {
    let talk = AgentCall::begin(node).await;
    let phone = node.phone("102").await;
    talk.ana.tell_call(&talk.id, "merge", Some(&json!({ "to": "102" }))).await;
    let expert = phone.expect_invite().await;
    (talk, expert, phone)
}

/// He answers, and talks with the agent alone: a call of its own, recorded by its own rules.
async fn stays_by_himself(talk: &AgentCall, expert: &Call) {
    let ear = Rtp::new().await;
    ear.follow(&expert.offer());
    expert.answer(&ear.sdp()).await;
    ear.speak(EXPERT_HZ);
    tokio::join!(talk.seat.media.hears(EXPERT_HZ), ear.hears(AgentCall::AGENT_HZ));
    let list = talk.ana.read("/calls").await;
    let own = list.as_array().and_then(|calls| calls.iter().find(|call| call["number"] == "102"));
    let own = own.unwrap_or_else(|| panic!("{list}"));
    assert_eq!((&own["recorded"], &own["joins"]), (&json!(true), &Value::Null), "{list}");
}

#[tokio::test]
async fn who_was_to_come_into_a_call_that_is_over_talks_with_the_agent_and_is_recorded() {
    let node = Node::start(Site::acme().recorded()).await;
    let (mut talk, expert, _phone) = asked_in(&node).await;
    talk.phone.bye().await;
    node.expect_cdrs(1).await;
    stays_by_himself(&talk, &expert).await;
}

#[tokio::test]
async fn who_was_to_come_into_a_call_that_is_being_given_away_talks_with_the_agent_and_is_recorded() {
    let node = Node::start(Site::acme().recorded()).await;
    let (talk, expert, _phone) = asked_in(&node).await;
    let other = node.phone("103").await;
    talk.ana.tell_call(&talk.id, "transfer", Some(&json!({ "to": "103" }))).await;
    let _rings = other.expect_invite().await;
    stays_by_himself(&talk, &expert).await;
}

#[tokio::test]
async fn the_keys_of_a_third_one_who_comes_into_a_masked_call_are_heard_by_nobody() {
    const KEY: [f64; 2] = [770.0, 1336.0];
    let node = Node::start(Site::acme()).await;
    let talk = AgentCall::begin(&node).await;
    talk.ana.tell_call(&talk.id, "mask", Some(&json!({ "masked": true }))).await;
    talk.rtp.hush();
    let phone = node.phone("102").await;
    talk.ana.tell_call(&talk.id, "merge", Some(&json!({ "to": "102" }))).await;
    let (expert, his) = (phone.expect_invite().await, Rtp::new().await);
    his.follow(&expert.offer());
    expert.answer(&his.sdp()).await;
    his.speak(EXPERT_HZ);
    tokio::join!(
        talk.seat.media.hears(EXPERT_HZ),
        talk.rtp.hears_all(&[AgentCall::AGENT_HZ, EXPERT_HZ], &[])
    );
    let (agent, customer) = (talk.seat.media.heard_so_far(), talk.rtp.now());
    for _ in 0..2 {
        his.say(Speech::Key(KEY[0], KEY[1]));
        talk.rtp.hears(AgentCall::AGENT_HZ).await;
        his.speak(EXPERT_HZ);
        talk.seat.media.hears(EXPERT_HZ).await;
    }
    for hz in KEY {
        let loudest = [talk.seat.media.loudest_since(agent, hz), talk.rtp.loudest(hz, customer)];
        assert!(loudest.into_iter().all(|share| share < 0.2), "{hz} Hz was {loudest:?} of what was heard");
    }
}

#[tokio::test]
async fn a_conference_comes_into_no_call_and_is_recorded_by_its_own_rule() {
    let site = Site::acme().rule("dial = \"*73\"\nconference = \"minutes\"\nrecording = \"always\"");
    let node = Node::start(site).await;
    let talk = AgentCall::begin(&node).await;
    talk.ana.tell_call(&talk.id, "merge", Some(&json!({ "to": "*73" }))).await;
    let list = talk.ana.read("/calls").await;
    let own = list.as_array().and_then(|calls| calls.iter().find(|call| call["dialled"] == "*73"));
    let own = own.unwrap_or_else(|| panic!("{list}"));
    assert_eq!((&own["recorded"], &own["joins"]), (&json!(true), &Value::Null), "{list}");
}
