//! F055 to F059, F071, F132, F179, F196 to F203: a caller waits, is offered, taken, sent on and ended.

use ramal_tests::deadline::until_async;
use ramal_tests::{Call, Desk, Node, Rtp, Site, WirePage, talk};
use serde_json::{Value, json};

/// Two agents with phones, a voice queue behind *80, and a phone that calls it.
struct Shop {
    node: Node,
    admin: Desk,
    ana: Desk,
    rui: Desk,
    queue: i64,
}

impl Shop {
    async fn open(more: Value) -> Shop {
        let node = Node::start(Site::acme()).await;
        let admin = Desk::first(&node).await;
        let ana = admin.colleague("Ana", "agent", json!({ "extension": "101" })).await;
        let rui = admin.colleague("Rui", "agent", json!({ "extension": "102" })).await;
        let queue = admin.queue("sales", "voice", &[&ana, &rui], more).await;
        admin.queue_number("*80", "sales").await;
        Shop { node, admin, ana, rui, queue }
    }

    /// A phone calls the queue and is answered with music.
    async fn caller(&self) -> (Call, Rtp) {
        let (phone, rtp) = (self.node.phone("103").await, Rtp::new().await);
        let mut call = phone.invite("*80", &rtp.sdp()).await;
        rtp.follow(&call.answered().await.text());
        (call, rtp)
    }

    fn log_in(&self) -> Value {
        json!({ "queues": [self.queue] })
    }
}

#[tokio::test]
async fn refused_by_one_taken_by_the_other_transferred_back_and_ended() {
    let shop = Shop::open(json!({ "wrap_up_s": 60 })).await;
    let (ana, rui) = (&shop.ana, &shop.rui);
    let _ana_seat = WirePage::sign_in(&shop.node, "101").await.take_seat().await;
    let rui_seat = WirePage::sign_in(&shop.node, "102").await.take_seat().await;
    let mut ana_events = ana.events("").await;
    ana.does("/presence/login", shop.log_in()).await;
    let (mut call, ear) = shop.caller().await;
    let offer = ana_events.expect("an offer", |event| event["type"] == "offer").await["data"].clone();
    assert_eq!(offer["interaction"]["state"], "offered");
    assert_eq!(offer["interaction"]["queue"]["id"], shop.queue);
    let (number, id) = (&offer["id"], offer["interaction"]["id"].as_i64().unwrap());
    assert_eq!(rui.post(&format!("/offers/{number}/accept"), json!({})).await.status, 404);
    let mut rui_events = rui.events("").await;
    rui.does("/presence/login", shop.log_in()).await;
    ana.does(&format!("/offers/{number}/refuse"), json!({})).await;
    let over = ana_events.expect("the end of the offer", |event| event["type"] == "offer.over").await;
    assert_eq!((&over["data"]["id"], &over["data"]["why"]), (number, &json!("refused")));
    let offer = rui_events.expect("an offer", |event| event["type"] == "offer").await["data"].clone();
    let taken = rui.does(&format!("/offers/{}/accept", offer["id"]), json!({})).await;
    assert_eq!((&taken["state"], &taken["call"]["state"]), (&json!("open"), &json!("talking")));
    ear.speak(440.0);
    rui_seat.media.hears(440.0).await;
    // Who does not have it knows nothing of it any more.
    let gone = ana_events.expect("that it is gone", |event| event["type"] == "interaction.gone").await;
    assert_eq!(gone["data"]["id"], id);
    assert_eq!(ana.get(&format!("/interactions/{id}")).await.status, 404);
    rui.does(&format!("/interactions/{id}/transfer"), json!({ "to": { "user": ana.id() } })).await;
    let offer = ana_events.expect("an offer", |event| event["type"] == "offer").await["data"].clone();
    assert_eq!(offer["interaction"]["protocol"], taken["protocol"]);
    assert_eq!(offer["interaction"]["started_at_ms"], taken["started_at_ms"]);
    ana.does(&format!("/offers/{}/accept", offer["id"]), json!({})).await;
    call.bye().await;
    ana_events.expect("the end of the call", |event| event["data"]["call"]["state"] == "ended").await;
    let ended = ana.does(&format!("/interactions/{id}/end"), json!({})).await;
    assert_eq!(ended["state"], "closed");
    let desk = ana.read("/desk").await["desk"].clone();
    assert_eq!(desk["presence"]["wrap_up_interaction"], id);
    assert_eq!(desk["boards"][0]["handled_today"], 1);
    let events = ana.read(&format!("/interactions/{id}/events")).await;
    let kinds: Vec<&str> =
        events["items"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    let wanted = [
        "arrived",
        "offered",
        "refused",
        "offered",
        "assigned",
        "transferred",
        "offered",
        "assigned",
        "ended",
        "closed",
    ];
    assert_eq!(kinds, wanted);
    let finished = ana.read("/interactions?state=closed").await;
    assert_eq!(finished["items"][0]["id"], id);
    // Who had a part in it finds it in his history, and writes nothing there.
    assert_eq!(rui.read("/interactions").await["items"][0]["id"], id);
    let written = rui.patch(&format!("/interactions/{id}"), json!({ "tags": ["mine"] })).await;
    assert_eq!(written.status, 403, "{}", written.text());
}

#[tokio::test]
async fn an_offer_that_nobody_answers_times_out_and_says_why_it_waits() {
    let shop = Shop::open(json!({ "offer_timeout_s": 5 })).await;
    let ana = &shop.ana;
    let mut events = ana.events("").await;
    ana.does("/presence/login", shop.log_in()).await;
    let (mut call, _rtp) = shop.caller().await;
    let offer = events.expect("an offer", |event| event["type"] == "offer").await["data"].clone();
    let over = events.expect("its end", |event| event["type"] == "offer.over").await;
    assert_eq!(over["data"]["why"], "timed_out");
    let id = &offer["interaction"]["id"];
    let why = ana.read(&format!("/interactions/{id}/why")).await;
    let of = |who: &Desk| {
        let agents = why["agents"].as_array().unwrap();
        agents.iter().find(|agent| agent["id"] == who.id()).unwrap()["reasons"].clone()
    };
    assert_eq!((of(ana), of(&shop.rui)), (json!(["declined"]), json!(["not_logged_in"])));
    call.bye().await;
    let closed = events.expect("its close", |event| event["data"]["state"] == "closed").await;
    assert_eq!(&closed["data"]["id"], id);
    let board =
        events.expect("a board", |event| event["type"] == "board" && event["data"]["abandoned_today"] == 1);
    assert_eq!(board.await["data"]["waiting"], 0);
}

#[tokio::test]
async fn without_a_seat_the_call_is_not_given_and_the_agent_is_told() {
    let shop = Shop::open(json!({})).await;
    let ana = &shop.ana;
    let mut events = ana.events("").await;
    ana.does("/presence/login", shop.log_in()).await;
    let (_call, _rtp) = shop.caller().await;
    let offer = events.expect("an offer", |event| event["type"] == "offer").await["data"].clone();
    let refused = ana.post(&format!("/offers/{}/accept", offer["id"]), json!({})).await;
    assert_eq!(refused.status, 409);
    assert!(refused.text().contains("no browser audio"), "{}", refused.text());
    let waiting = shop.admin.read(&format!("/interactions/{}", offer["interaction"]["id"])).await;
    assert_eq!(waiting["state"], "waiting");
}

#[tokio::test]
async fn who_is_in_a_call_of_his_own_is_offered_none_until_it_ends_and_another_is_meanwhile() {
    let shop = Shop::open(json!({ "offer_timeout_s": 120 })).await;
    let (ana, rui) = (&shop.ana, &shop.rui);
    let (mut ana_events, mut rui_events) = (ana.events("").await, rui.events("").await);
    // She has been free for longer: without her call the first caller would be hers.
    ana.does("/presence/login", shop.log_in()).await;
    rui.does("/presence/login", shop.log_in()).await;
    let (mut friend, _her_phone) = talk::established(&shop.node, "100", "101").await;
    let counts = |event: &Value| event["type"] == "board" && event["data"]["agents_connected"] == 2;
    ana_events.expect("one who is free", |event| counts(event) && event["data"]["agents_free"] == 1).await;
    let (_first, _first_ear) = shop.caller().await;
    let first = rui_events.expect("an offer", |event| event["type"] == "offer").await["data"].clone();
    let (_second, _second_ear) = shop.caller().await;
    ana_events.expect("two who wait", |event| counts(event) && event["data"]["waiting"] == 2).await;
    let waits = shop.admin.read("/interactions?state=waiting").await;
    let is_second = |one: &&Value| one["id"] != first["interaction"]["id"];
    let second =
        waits["items"].as_array().unwrap().iter().find(is_second).expect("the second caller")["id"].clone();
    let why = shop.admin.read(&format!("/interactions/{second}/why")).await;
    let hers = why["agents"].as_array().unwrap().iter().find(|agent| agent["id"] == ana.id()).unwrap();
    assert_eq!(hers["reasons"], json!(["in_call"]));
    friend.call.bye().await;
    let offer = ana_events.expect("an offer", |event| event["type"] == "offer").await["data"].clone();
    assert_eq!(offer["interaction"]["id"], second);
}

#[tokio::test]
async fn an_offer_that_rings_goes_to_the_next_when_its_agent_takes_another_call_and_is_not_declined() {
    let shop = Shop::open(json!({ "offer_timeout_s": 120 })).await;
    let (ana, rui) = (&shop.ana, &shop.rui);
    let (mut ana_events, mut rui_events) = (ana.events("").await, rui.events("").await);
    ana.does("/presence/login", shop.log_in()).await;
    rui.does("/presence/login", shop.log_in()).await;
    let (_caller, _ear) = shop.caller().await;
    let offer = ana_events.expect("an offer", |event| event["type"] == "offer").await["data"].clone();
    let (_friend, _her_phone) = talk::established(&shop.node, "100", "101").await;
    let withdrawn = ana_events.expect("its end", |event| event["type"] == "offer.over").await;
    assert_eq!(withdrawn["data"]["why"], "in_call", "{withdrawn}");
    let next = rui_events.expect("an offer", |event| event["type"] == "offer").await["data"].clone();
    assert_eq!(next["interaction"]["id"], offer["interaction"]["id"]);
    let id = &offer["interaction"]["id"];
    let why = shop.admin.read(&format!("/interactions/{id}/why")).await;
    let hers = why["agents"].as_array().unwrap().iter().find(|agent| agent["id"] == ana.id()).unwrap();
    assert_eq!(hers["reasons"], json!(["in_call"]), "she has declined nothing");
}

#[tokio::test]
async fn a_record_tells_waiting_from_talk_and_is_found_by_who_took_the_call_and_its_queue() {
    let shop = Shop::open(json!({})).await;
    let (admin, ana) = (&shop.admin, &shop.ana);
    let _seat = WirePage::sign_in(&shop.node, "101").await.take_seat().await;
    let mut events = ana.events("").await;
    // Nobody is there: he gives up.
    let (mut gone, _ear) = shop.caller().await;
    events.expect("who waits", |event| event["type"] == "board" && event["data"]["waiting"] == 1).await;
    gone.bye().await;
    events
        .expect("who gave up", |event| event["type"] == "board" && event["data"]["abandoned_today"] == 1)
        .await;
    ana.does("/presence/login", shop.log_in()).await;
    let (mut call, _ear) = shop.caller().await;
    let offer = events.expect("an offer", |event| event["type"] == "offer").await["data"].clone();
    ana.does(&format!("/offers/{}/accept", offer["id"]), json!({})).await;
    call.bye().await;
    let found = |query: String, count: usize| async move {
        until_async("the records", || async {
            let path = format!("/call-records{query}");
            let items = admin.read(&path).await["items"].as_array().expect("items").clone();
            let over = items.iter().filter(|call| !call["ended_at_ms"].is_null()).count();
            // What the floor says of a call is written beside what the call says.
            let known = items.iter().all(|call| call["gave_up"] == true || !call["agent"].is_null());
            (over == count && items.len() == count && known).then_some(items)
        })
        .await
    };
    let all = found(String::new(), 2).await;
    let (served, left) = (&all[0], &all[1]);
    assert_eq!((&left["gave_up"], &left["talk_ms"]), (&json!(true), &json!(0)), "{left:#}");
    assert_eq!(served["gave_up"], false, "{served:#}");
    let time = |call: &Value, key: &str| call[key].as_i64().expect("a time");
    assert!(time(left, "waited_ms") > 0, "{left:#}");
    let whole = time(served, "ended_at_ms") - time(served, "answered_at_ms");
    assert_eq!(time(served, "talk_ms"), (whole - time(served, "waited_ms")).max(0), "{served:#}");
    // By the number, and the name, of who took it; by the queue.
    for query in ["?number=101".to_owned(), format!("?agent={}", ana.id())] {
        assert_eq!(found(query.clone(), 1).await[0]["id"], served["id"], "{query}");
    }
    found(format!("?queue={}", shop.queue), 2).await;
    found(format!("?queue={}&agent={}", shop.queue, shop.rui.id()), 0).await;
    assert_eq!(admin.get("/call-records?queue=999999").await.status, 404);
    // What a colleague answers at his extension is his too.
    let (mut friend, _his_phone) = talk::established(&shop.node, "100", "102").await;
    friend.call.bye().await;
    until_async("his call", || async {
        let his = admin.read(&format!("/call-records?agent={}", shop.rui.id())).await["items"].clone();
        let over = his[0]["callee"]["number"] == "102" && !his[0]["ended_at_ms"].is_null();
        (over && his.as_array().map(Vec::len) == Some(1)).then_some(())
    })
    .await;
}
