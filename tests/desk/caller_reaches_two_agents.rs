//! One evening, the half that is heard: a caller of a carrier, two agents in their browsers, one recording.

use ramal_tests::deadline::until_async;
use ramal_tests::node::{carrier_address, carrier_of};
use ramal_tests::page::Seat;
use ramal_tests::page::events::Events;
use ramal_tests::rtp::tone;
use ramal_tests::{Call, Desk, Node, Rtp, Site, Ua, Wav, wav};
use serde_json::{Value, json};

/// What the callers of the queue hear, in hertz: no phone and no music of ours sounds like it.
const MUSIC_HZ: f64 = 1250.0;
const CALLER_HZ: f64 = 440.0;
const ANA_HZ: f64 = 660.0;
const BRUNO_HZ: f64 = 880.0;

/// A contact centre with one queue for calls, reached by a carrier's number and by *80.
struct House {
    node: Node,
    carrier: Ua,
    admin: Desk,
    queue: i64,
    // The music lies in it.
    sounds: tempfile::TempDir,
}

impl House {
    async fn open() -> House {
        House::open_with("").await
    }

    async fn open_with(overrides: &str) -> House {
        let sounds = tempfile::tempdir().expect("a folder");
        wav::write_mono(&sounds.path().join("waiting.wav"), 8000, &tone::sine(MUSIC_HZ, 8000, 0, 16_000));
        let address = carrier_address().await;
        let site = Site::acme().recorded().announcements(sounds.path()).trunk("carrier", address, "");
        let node = Node::start_with(site, overrides).await;
        let carrier = carrier_of(&node, address).await;
        let admin = Desk::first(&node).await;
        let queue = json!({ "name": "sales", "title": "Sales", "medium": "voice", "direction": "inbound",
            "offer_timeout_s": 30, "wrap_up_s": 0, "music": "waiting.wav" });
        let made = admin.post("/queues", queue).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let queue = made.json()["id"].as_i64().expect("a number");
        let mut rules = admin.read("/dial-rules").await;
        let ours = [
            json!({ "from_trunk": "carrier", "number": "551140000000", "queue": "sales" }),
            json!({ "dial": "*80", "queue": "sales" }),
        ];
        rules.as_array_mut().expect("a list").extend(ours);
        let put = admin.put("/dial-rules", rules).await;
        assert_eq!(put.status, 200, "{}", put.text());
        House { node, carrier, admin, queue, sounds }
    }

    async fn agent(&self, name: &str, extension: &str) -> Desk {
        let more = json!({ "extension": extension, "webrtc": true, "queues": [self.queue] });
        self.admin.colleague(name, "agent", more).await
    }

    async fn call(&self) -> (Call, Rtp) {
        let ear = Rtp::new().await;
        let mut call = self.carrier.invite("551140000000", &ear.sdp()).await;
        ear.follow(&call.answered().await.text());
        ear.speak(CALLER_HZ);
        (call, ear)
    }

    async fn log_in(&self, agent: &Desk) -> Events {
        let events = agent.events("").await;
        let asked = json!({ "queues": [self.queue] });
        let answer = agent.post("/presence/login", asked).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        events
    }
}

/// Takes the next offer; the Interaction.
async fn accept(agent: &Desk, events: &mut Events) -> Value {
    let offer = events.expect("an offer", |e| e["type"] == "offer").await["data"].clone();
    let answer = agent.post(&format!("/offers/{}/accept", offer["id"]), json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// The Interaction's call gets into this state.
async fn call_becomes(events: &mut Events, state: &str) -> Value {
    let fits = |e: &Value| e["type"] == "interaction" && e["data"]["call"]["state"] == state;
    events.expect(&format!("a call that is {state}"), fits).await["data"].clone()
}

#[tokio::test]
async fn waits_with_music_talks_is_held_and_transferred_and_stands_in_the_history() {
    let house = House::open().await;
    let (ana, bruno) = (house.agent("Ana", "100").await, house.agent("Bruno", "101").await);
    let (ana_seat, bruno_seat) = (ana.take_seat().await, bruno.take_seat().await);
    let (call, ear) = house.call().await;
    ear.hears(MUSIC_HZ).await;
    let mut events = house.log_in(&ana).await;
    let taken = accept(&ana, &mut events).await;
    assert_eq!((&taken["state"], &taken["title"]), (&json!("open"), &json!("5511999990000")));
    ana_seat.media.speak(ANA_HZ);
    talk(&ear, ANA_HZ, &ana_seat).await;
    let id = taken["call"]["id"].as_str().expect("a call").to_owned();
    ana.tell_call(&id, "hold", None).await;
    call_becomes(&mut events, "held").await;
    ear.hears(MUSIC_HZ).await;
    ana.tell_call(&id, "resume", None).await;
    tokio::join!(ear.hears(ANA_HZ), ana_seat.media.hears(CALLER_HZ));
    let mut his_events = house.log_in(&bruno).await;
    let path = format!("/interactions/{}", taken["id"]);
    let sent = ana.post(&format!("{path}/transfer"), json!({ "to": { "user": bruno.id() } })).await;
    assert!(sent.status < 300, "{}", sent.text());
    ear.hears(MUSIC_HZ).await;
    let same = accept(&bruno, &mut his_events).await;
    assert_eq!((&same["id"], &same["protocol"]), (&taken["id"], &taken["protocol"]));
    bruno_seat.media.speak(BRUNO_HZ);
    talk(&ear, BRUNO_HZ, &bruno_seat).await;
    let over = format!("{path}/end");
    let (ended, _) = tokio::join!(bruno.post(&over, json!({})), call.expect_bye());
    assert!(ended.status < 300, "{}", ended.text());
    let closed = house.admin.read(&path).await;
    assert_eq!((&closed["state"], &closed["agent"]["id"]), (&json!("closed"), &json!(bruno.id())));
    let record = house.node.expect_cdr().await;
    assert_eq!((&record["queue"], &record["agent"]), (&json!("sales"), &json!(bruno.id())));
    assert_eq!((&record["trunk"], &record["destination"]), (&json!("carrier"), &json!("queue:sales")));
    // Whoever looks for the calls of either finds it.
    for agent in [&ana, &bruno] {
        let his = house.admin.read(&format!("/call-records?agent={}", agent.id())).await;
        assert_eq!(his["items"][0]["id"], id.as_str(), "{his:#}");
    }
    recording_is_heard(&house, &bruno, &path).await;
}

/// Both hear each other for a second at least: the recording is asked for more than one listening takes.
async fn talk(ear: &Rtp, agent_hz: f64, seat: &Seat) {
    for _ in 0..5 {
        tokio::join!(ear.hears(agent_hz), seat.media.hears(CALLER_HZ));
    }
}

/// Whose call it was hears it, whoever has nothing to do with it does not; the agents are on the right.
async fn recording_is_heard(house: &House, agent: &Desk, path: &str) {
    let list = until_async("the recording in the list", || async {
        let list = agent.read(&format!("{path}/recordings")).await;
        list.as_array().is_some_and(|list| !list.is_empty()).then_some(list)
    })
    .await;
    let url = list[0]["url"].as_str().expect("an address").trim_start_matches("/api/v1").to_owned();
    let whole = agent.get(&url).await;
    assert_eq!((whole.status, whole.header("Content-Type").as_str()), (200, "audio/wav"));
    let heard = Wav::parse(whole.bytes()).expect("a WAV file");
    assert_eq!(heard.channels.len(), 2);
    assert!(heard.seconds_of_tone(0, CALLER_HZ) > 0.5, "the caller on the left");
    assert!(heard.seconds_of_tone(1, ANA_HZ) > 0.3, "the first agent on the right");
    assert!(heard.seconds_of_tone(1, BRUNO_HZ) > 0.3, "the second agent on the right");
    // A later piece of the same listening.
    let part = agent.ask_with("GET", &url, &[("Range", "bytes=44-143")], None).await;
    assert_eq!((part.status, part.bytes()), (206, &whole.bytes()[44..144]));
    let stranger = house.agent("Carla", "102").await;
    assert_eq!(stranger.get(&url).await.status, 404);
    assert_eq!(stranger.get(&format!("{path}/recordings")).await.status, 404);
    assert_eq!(house.admin.get(&url).await.status, 200);
    let audit = house.admin.read("/audit?noun=recording").await;
    let listeners: Vec<_> = audit["items"].as_array().expect("a list").iter().map(|e| &e["user"]).collect();
    assert_eq!(listeners, [&json!(house.admin.id()), &json!(agent.id())]);
}

#[tokio::test]
async fn who_hangs_up_while_he_waits_is_gone_from_the_queue() {
    let house = House::open().await;
    let (mut call, ear) = house.call().await;
    ear.hears(MUSIC_HZ).await;
    call.bye().await;
    let record = house.node.expect_cdr().await;
    assert_eq!((&record["queue"], &record["ended_by"]), (&json!("sales"), &json!("caller")));
    until_async("the interaction closed", || async {
        let closed = house.admin.read("/interactions?state=closed").await;
        closed["items"].as_array().is_some_and(|list| list.len() == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn without_a_browser_the_caller_goes_on_waiting_and_the_agent_is_told() {
    let house = House::open().await;
    let ana = house.agent("Ana", "100").await;
    let (_call, ear) = house.call().await;
    let mut events = house.log_in(&ana).await;
    let offer = events.expect("an offer", |e| e["type"] == "offer").await["data"].clone();
    let answer = ana.post(&format!("/offers/{}/accept", offer["id"]), json!({})).await;
    assert_eq!(answer.status, 409, "{}", answer.text());
    assert!(answer.text().contains("no browser audio"), "{}", answer.text());
    ear.hears(MUSIC_HZ).await;
}

#[tokio::test]
async fn a_browser_that_is_gone_for_good_gives_the_caller_back_to_the_queue() {
    let house = House::open_with("#web.seat_grace_s = 1").await;
    let (ana, bruno) = (house.agent("Ana", "100").await, house.agent("Bruno", "101").await);
    let (ana_seat, bruno_seat) = (ana.take_seat().await, bruno.take_seat().await);
    let (_call, ear) = house.call().await;
    let mut events = house.log_in(&ana).await;
    let taken = accept(&ana, &mut events).await;
    ana_seat.media.hears(CALLER_HZ).await;
    let mut his_events = house.log_in(&bruno).await;
    drop(ana_seat);
    ear.hears(MUSIC_HZ).await;
    assert_eq!(accept(&bruno, &mut his_events).await["id"], taken["id"]);
    bruno_seat.media.speak(BRUNO_HZ);
    tokio::join!(ear.hears(BRUNO_HZ), bruno_seat.media.hears(CALLER_HZ));
}

#[tokio::test]
async fn who_plays_the_last_clip_has_ended_the_call() {
    let house = House::open().await;
    let ana = house.agent("Ana", "100").await;
    let _seat = ana.take_seat().await;
    let mut events = ana.events("").await;
    let call = ana.dial("01155512345").await;
    let called = house.carrier.expect_invite().await;
    let ear = Rtp::new().await;
    ear.follow(&called.offer());
    called.answer(&ear.sdp()).await;
    let talks = call_becomes(&mut events, "talking").await;
    let sound = std::fs::read(house.sounds.path().join("waiting.wav")).expect("readable");
    let made = house.admin.send_bytes("POST", "/api/v1/sound-clips?title=bye", "audio/wav", &sound).await;
    assert_eq!(made.status, 201, "{}", made.text());
    ana.tell_call(&call, "clip", Some(&json!({ "clip": made.json()["id"], "then": "hang_up" }))).await;
    called.expect_bye().await;
    call_becomes(&mut events, "ended").await;
    let ended = ana.read(&format!("/interactions/{}", talks["id"])).await;
    assert_eq!(ended["ended_by"], "agent");
}

#[tokio::test]
async fn what_an_agent_dials_and_what_rings_him_are_his_interactions() {
    let house = House::open().await;
    let ana = house.agent("Ana", "100").await;
    let seat = ana.take_seat().await;
    let mut events = ana.events("").await;
    ana.dial("01155512345").await;
    let called = house.carrier.expect_invite().await;
    let ear = Rtp::new().await;
    ear.follow(&called.offer());
    called.answer(&ear.sdp()).await;
    let talks = call_becomes(&mut events, "talking").await;
    assert_eq!((&talks["direction"], &talks["state"]), (&json!("outbound"), &json!("open")));
    assert_eq!((&talks["agent"]["id"], &talks["call"]["with"]), (&json!(ana.id()), &json!("01155512345")));
    ear.speak(CALLER_HZ);
    seat.media.speak(ANA_HZ);
    tokio::join!(ear.hears(ANA_HZ), seat.media.hears(CALLER_HZ));
    let path = format!("/interactions/{}", talks["id"]);
    let over = format!("{path}/end");
    let (ended, _) = tokio::join!(ana.post(&over, json!({})), called.expect_bye());
    assert!(ended.status < 300, "{}", ended.text());
}
