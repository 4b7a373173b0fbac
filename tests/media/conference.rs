//! Conferences: each hears all but itself, and who may not come in does not.

use ramal_tests::talk::established;
use ramal_tests::{Call, Desk, Node, Rtp, Site, Ua, Wav, WirePage};
use serde_json::json;

/// Far from each other's overtones and from what mixing makes of any three.
const TONES_HZ: [f64; 5] = [350.0, 550.0, 850.0, 1250.0, 1850.0];
/// No ear is without this one at first: it is what asks for a PIN.
const ASKING_HZ: f64 = 950.0;

/// A phone in a conference.
struct Member {
    rtp: Rtp,
    call: Call,
    _phone: Ua,
}

async fn member(node: &Node, number: &str, dial: &str) -> Member {
    let (phone, rtp) = (node.phone(number).await, Rtp::new().await);
    let mut call = phone.invite(dial, &rtp.sdp()).await;
    rtp.follow(&call.answered().await.text());
    Member { rtp, call, _phone: phone }
}

/// What one of the five is to hear, and what not: itself.
fn parted(own: usize) -> (Vec<f64>, [f64; 1]) {
    let others = (0..TONES_HZ.len()).filter(|place| *place != own).map(|place| TONES_HZ[place]);
    (others.collect(), [TONES_HZ[own]])
}

#[tokio::test]
async fn three_browsers_and_two_phones_each_hear_the_other_four() {
    let site = Site::acme().extension("104", "").rule("dial = \"*70\"\nconference = \"board\"");
    let node = Node::start(site).await;
    let mut pages = Vec::new();
    for number in ["100", "101", "102"] {
        let page = WirePage::sign_in(&node, number).await;
        let seat = page.take_seat().await;
        let call = page.dial("*70").await;
        pages.push((page, seat, call));
    }
    let mut phones = [member(&node, "103", "*70").await, member(&node, "104", "*70").await];
    for (place, (_, seat, _)) in pages.iter().enumerate() {
        seat.media.speak(TONES_HZ[place]);
    }
    for (place, phone) in phones.iter().enumerate() {
        phone.rtp.speak(TONES_HZ[3 + place]);
    }
    let [a, b, c, d, e] = [0, 1, 2, 3, 4].map(parted);
    tokio::join!(
        pages[0].1.media.hears_all(&a.0, &a.1),
        pages[1].1.media.hears_all(&b.0, &b.1),
        pages[2].1.media.hears_all(&c.0, &c.1),
        phones[0].rtp.hears_all(&d.0, &d.1),
        phones[1].rtp.hears_all(&e.0, &e.1),
    );
    // A page puts the conference on hold: it hears nothing, and nobody hears it, or any music.
    pages[0].0.tell(&pages[0].2, "hold", None).await;
    phones[0].rtp.hears_all(&[550.0, 850.0, 1850.0], &[350.0, 1250.0]).await;
    pages[0].0.tell(&pages[0].2, "resume", None).await;
    pages[0].1.media.hears_all(&a.0, &a.1).await;
    // One leaves, the others go on.
    phones[1].call.bye().await;
    phones[0].rtp.hears_all(&TONES_HZ[..3], &[1250.0, 1850.0]).await;
}

#[tokio::test]
async fn the_right_pin_lets_in_and_three_wrong_ones_hang_up() {
    let site = Site::acme().rule("dial = \"*71\"\nconference = \"closed\"\npin = \"47119038\"");
    let node = Node::start(site).await;
    let inside = member(&node, "100", "*71").await;
    inside.rtp.hears(ASKING_HZ).await;
    "47119038".chars().for_each(|digit| inside.rtp.press(digit));
    let mut second = member(&node, "101", "*71").await;
    "1234567847119038".chars().for_each(|digit| second.rtp.press(digit));
    inside.rtp.speak(TONES_HZ[0]);
    second.rtp.speak(TONES_HZ[1]);
    tokio::join!(inside.rtp.hears(TONES_HZ[1]), second.rtp.hears(TONES_HZ[0]));
    second.call.bye().await;

    let guesser = member(&node, "102", "*71").await;
    guesser.rtp.speak(TONES_HZ[2]);
    "1#2222#333#".chars().for_each(|digit| guesser.rtp.press(digit));
    guesser.call.expect_bye().await;
    assert!(inside.rtp.loudest(TONES_HZ[2], 0) < 0.02, "who is not in is not heard");
    let records = node.expect_cdrs(2).await;
    let refused = records.iter().find(|record| record["caller"] == "102").expect("its record");
    assert_eq!(refused["end_reason"], "wrong_pin");
    // So long that no time of day or port looks like it.
    assert!(!node.log().contains("47119038"), "no PIN in the log");
    let exported = node.run(&["export"]).await;
    assert!(exported.contains("conference = \"closed\"") && !exported.contains("47119038"), "{exported}");
    // What was exported leaves the PIN as it is.
    node.apply_text(&exported).await;
    assert_eq!(node.run(&["export"]).await, exported);
}

#[tokio::test]
async fn more_than_there_may_be_are_refused_with_the_limit() {
    let site = Site::acme().rule("dial = \"*72\"\nconference = \"small\"\nmax_members = 2");
    let node = Node::start(site).await;
    let (_first, _second) = (member(&node, "100", "*72").await, member(&node, "101", "*72").await);
    let mut third = node.phone("102").await.invite("*72", &Rtp::new().await.sdp()).await;
    third.expect_status(486).await;

    let huge = Site::acme().rule("dial = \"*72\"\nconference = \"small\"\nmax_members = 10000");
    let file = node.folder().join("huge.toml");
    std::fs::write(&file, huge.toml()).expect("a file");
    let (done, _, said) = node.try_run(&["apply", &file.display().to_string()]).await;
    assert!(!done && said.contains("10000 is out of range; right are 2 to 500"), "{said}");
}

#[tokio::test]
async fn a_supervisor_sees_who_talks_and_mutes_and_removes() {
    let site = Site::acme().rule("dial = \"*70\"\nconference = \"board\"");
    let node = Node::start(site).await;
    let admin = Desk::first(&node).await;
    let boss = admin.colleague("Sara", "supervisor", json!({})).await;
    let agent = admin.colleague("Ana", "agent", json!({})).await;
    let (loud, ear) = (member(&node, "100", "*70").await, member(&node, "101", "*70").await);
    loud.rtp.speak(TONES_HZ[0]);
    ear.rtp.hears(TONES_HZ[0]).await;
    assert_eq!(agent.get("/conferences").await.status, 403);
    let shown = ramal_tests::deadline::until_async("a talker in the list", || async {
        let list = boss.read("/conferences").await;
        let members = list["items"][0]["members"].as_array().cloned().unwrap_or_default();
        members.into_iter().find(|member| member["level_dbov"].is_i64())
    })
    .await;
    assert_eq!((&shown["number"], &shown["muted"]), (&json!("100"), &json!(false)));
    let place = format!("/conferences/members/{}", shown["call"].as_str().expect("a call"));
    let muted = boss.patch(&place, json!({ "muted": true })).await;
    assert_eq!((muted.status, &muted.json()["muted"]), (200, &json!(true)));
    ear.rtp.hears_no(TONES_HZ[0]).await;
    assert_eq!(boss.patch(&place, json!({ "gain_db": 90 })).await.status, 422);
    assert_eq!(boss.patch(&place, json!({ "muted": false, "gain_db": 6 })).await.status, 200);
    ear.rtp.hears(TONES_HZ[0]).await;
    assert_eq!(agent.delete(&place).await.status, 403);
    let (kicked, _) = tokio::join!(boss.delete(&place), loud.call.expect_bye());
    assert_eq!(kicked.status, 204);
    let audit = admin.read("/audit?noun=conference_member").await;
    assert_eq!(audit["items"].as_array().map(Vec::len), Some(3), "{audit}");
}

#[tokio::test]
async fn wrong_pins_are_counted_over_calls_and_lock_whoever_guesses_out() {
    let site = Site::acme().rule("dial = \"*71\"\nconference = \"closed\"\npin = \"4711\"");
    let node = Node::start(site).await;
    let phone = node.phone("102").await;
    let asked = async || {
        let rtp = Rtp::new().await;
        let mut call = phone.invite("*71", &rtp.sdp()).await;
        rtp.follow(&call.answered().await.text());
        (rtp, call)
    };
    let mut beside = None;
    for (calls, reason) in [(1, "wrong_pin"), (2, "pin_locked")] {
        if calls == 2 {
            beside = Some(asked().await);
        }
        let (rtp, call) = asked().await;
        "1111#2222#3333#".chars().for_each(|digit| rtp.press(digit));
        call.expect_bye().await;
        let record = &node.expect_cdrs(calls).await[0];
        assert_eq!(
            (&record["end_reason"], &record["sip_status"]),
            (&reason.into(), &200.into()),
            "it was answered"
        );
    }
    assert!(node.expect_event("conference.pin_locked").await.contains("closed: extension:102"));
    // A call that was asked before that guesses no further.
    let (rtp, call) = beside.expect("a call that is asked");
    "4711".chars().for_each(|digit| rtp.press(digit));
    call.expect_bye().await;
    let records = node.expect_cdrs(3).await;
    assert_eq!(
        records.iter().filter(|record| record["end_reason"] == "pin_locked").count(),
        2,
        "{records:#?}"
    );
    let mut again = phone.invite("*71", &Rtp::new().await.sdp()).await;
    let refused = again.expect_status(403).await;
    assert!(refused.header("Warning").is_some_and(|text| text.contains("15 minutes")), "{refused:?}");
    assert_eq!(node.expect_cdrs(4).await[0]["end_reason"], "pin_locked");
    // Nobody else is kept out by it.
    let other = member(&node, "100", "*71").await;
    other.rtp.hears(ASKING_HZ).await;
}

#[tokio::test]
async fn each_member_of_a_recorded_conference_has_a_file_with_its_voice_and_with_the_room() {
    let site = Site::acme().rule("dial = \"*73\"\nconference = \"minutes\"\nrecording = \"always\"");
    let node = Node::start(site).await;
    let admin = Desk::first(&node).await;
    let mut members = [
        member(&node, "100", "*73").await,
        member(&node, "101", "*73").await,
        member(&node, "102", "*73").await,
    ];
    for (place, member) in members.iter().enumerate() {
        member.rtp.speak(TONES_HZ[place]);
    }
    for _ in 0..4 {
        members[0].rtp.hears_all(&TONES_HZ[1..3], &TONES_HZ[..1]).await;
    }
    let list = admin.read("/conferences").await;
    let shown = list["items"][0]["members"].as_array().expect("members").clone();
    assert!(shown.iter().all(|member| member["recorded"] == true), "{list}");
    // Who was muted is in no file from then on.
    let muted = shown.iter().find(|member| member["number"] == "102").expect("the third")["call"].clone();
    let place = format!("/conferences/members/{}", muted.as_str().expect("a call"));
    assert_eq!(admin.patch(&place, json!({ "muted": true })).await.status, 200);
    members[0].rtp.hears_no(TONES_HZ[2]).await;
    members[2].rtp.speak(TONES_HZ[4]);
    for _ in 0..4 {
        members[0].rtp.hears(TONES_HZ[1]).await;
    }
    for member in &mut members {
        member.call.bye().await;
    }
    node.expect_cdrs(3).await;
    let mut seen = 0;
    for path in node.recordings() {
        let wav = Wav::read(&path);
        let own = TONES_HZ[..3].iter().position(|hz| wav.seconds_of_tone(0, *hz) > 0.3).expect("a voice");
        let others: Vec<f64> = (0..3).filter(|other| *other != own).map(|other| TONES_HZ[other]).collect();
        assert!(wav.seconds_of_mix(1, &others, &[TONES_HZ[own]]) > 0.3, "the room of {own}");
        assert!(wav.loudest(0, TONES_HZ[4]) < 0.1 && wav.loudest(1, TONES_HZ[4]) < 0.1);
        seen += 1 << own;
    }
    assert_eq!(seen, 0b111, "a file for each");
}

#[tokio::test]
async fn who_is_transferred_to_a_conference_that_is_never_recorded_is_recorded_until_then() {
    let rule = "dial = \"*74\"\nconference = \"private\"\nrecording = \"never\"";
    let node = Node::start(Site::acme().recorded().rule(rule)).await;
    let inside = member(&node, "102", "*74").await;
    inside.rtp.speak(TONES_HZ[2]);
    let (mut caller, mut agent) = established(&node, "100", "101").await;
    for _ in 0..3 {
        tokio::join!(caller.rtp.hears(660.0), agent.rtp.hears(440.0));
    }
    agent.call.request("REFER", &[("Refer-To", "<sip:*74@acme.test>")], None).await;
    agent.call.expect_bye().await;
    caller.rtp.speak(TONES_HZ[4]);
    for _ in 0..3 {
        tokio::join!(caller.rtp.hears(TONES_HZ[2]), inside.rtp.hears(TONES_HZ[4]));
    }
    // The file is complete while the call goes on.
    node.expect_recording("sealed").await;
    caller.call.bye().await;
    node.expect_cdrs(1).await;
    let paths = node.recordings();
    let [path] = paths.as_slice() else { panic!("one file: {paths:?}") };
    let wav = Wav::read(path);
    assert!(wav.seconds_of_tone(0, 440.0) > 0.1, "what was said before");
    for channel in [0, 1] {
        assert!(wav.loudest(channel, TONES_HZ[2]) < 0.1 && wav.loudest(channel, TONES_HZ[4]) < 0.1);
    }
}
