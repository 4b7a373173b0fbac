//! Calls that were refused are shown to the administrator who can let the next one in.

use ramal_tests::deadline::until_async;
use ramal_tests::node::{carrier_address, carrier_of};
use ramal_tests::sdp::Format;
use ramal_tests::wire::ua::Ua;
use ramal_tests::{Desk, Node, Rtp, Site};
use serde_json::{Value, json};

const SPEEX: Format = Format { payload_type: 97, name: "speex/16000", fmtp: "" };

/// Waits until a refused call fits.
async fn expect(admin: &Desk, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
    until_async(what, || async {
        let listed = admin.read("/refused-calls").await;
        listed["items"].as_array().into_iter().flatten().find(|one| fits(one)).cloned()
    })
    .await
}

#[tokio::test]
async fn a_carrier_that_nobody_knows_is_let_in_step_by_step() {
    let address = carrier_address().await;
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let (phone, carrier) = (node.phone("100").await, carrier_of(&node, address).await);
    let rtp = Rtp::new().await;
    let number = "+551130001000";
    for _ in 0..2 {
        carrier.invite(number, &rtp.sdp()).await.expect_status(407).await;
    }
    let shown = expect(&admin, "the unknown source", |one| one["count"] == 2).await;
    assert_eq!((&shown["reason"], &shown["status"]), (&json!("unknown_source"), &json!(407)));
    assert_eq!((&shown["source"], &shown["dialled"]), (&json!(address.ip()), &json!(number)));
    assert_eq!(shown["caller"], "5511999990000");
    // Its address is added to a trunk: what was refused for it is forgotten, the number is the next obstacle.
    let trunk =
        json!({ "name": "carrier", "host": address.ip(), "port": address.port(), "sources": [address.ip()] });
    admin.does("/trunks", trunk).await;
    assert_eq!(admin.read("/refused-calls").await["items"], json!([]));
    carrier.invite(number, &rtp.sdp()).await.expect_status(404).await;
    let shown = expect(&admin, "the unknown number", |one| one["reason"] == "unknown_number").await;
    assert_eq!((&shown["trunk"], &shown["dialled"]), (&json!("carrier"), &json!(number)));
    // A rule for it, without the plus: both are the same number.
    let mut rules = admin.read("/dial-rules").await;
    let rule = json!({ "from_trunk": "carrier", "number": "551130001000", "extension": "100" });
    rules.as_array_mut().unwrap().push(rule);
    assert_eq!(admin.put("/dial-rules", rules).await.status, 200);
    assert_eq!(admin.read("/refused-calls").await["items"], json!([]));
    let mut call = carrier.invite(number, &rtp.sdp()).await;
    let other = phone.expect_invite().await;
    let answer = rtp.sdp();
    tokio::join!(other.answer(&answer), call.answered());
    tokio::join!(call.bye(), other.expect_bye());
    assert_eq!(admin.read("/refused-calls").await["items"], json!([]));
}

#[tokio::test]
async fn a_phone_that_proves_itself_is_no_refused_call_and_what_it_misdials_is() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let (phone, other) = (node.phone("100").await, node.phone("101").await);
    let rtp = Rtp::new().await;
    let mut call = phone.invite("101", &rtp.sdp()).await;
    other.expect_invite().await.reject(486).await;
    call.expect_status(486).await;
    phone.invite("600", &rtp.sdp()).await.expect_status(404).await;
    phone.invite("601", &rtp.sdp()).await.expect_status(404).await;
    let shown = expect(&admin, "the numbers that are not there", |one| one["dialled"] == "601").await;
    assert_eq!((&shown["count"], &shown["what"]), (&json!(2), &json!("call")), "one row of one phone");
    assert_eq!((&shown["extension"], &shown["trunk"]), (&json!("100"), &json!(null)));
    assert_eq!(admin.read("/refused-calls").await["items"].as_array().map(Vec::len), Some(1));
    let agent = admin.colleague("Ana", "agent", json!({})).await;
    assert_eq!(agent.get("/refused-calls").await.status, 403);
}

#[tokio::test]
async fn an_offer_without_a_common_codec_is_shown_with_its_reason() {
    let address = carrier_address().await;
    let rule = "from_trunk = \"carrier\"\nnumber = \"600\"\nservice = \"echo\"";
    let node = Node::start(Site::acme().trunk("carrier", address, "").rule(rule)).await;
    let admin = Desk::first(&node).await;
    let carrier = carrier_of(&node, address).await;
    let offer = Rtp::new().await.describe(&[SPEEX]).text();
    carrier.invite("600", &offer).await.expect_status(488).await;
    let shown = expect(&admin, "the call without media", |one| one["reason"] == "no_common_media").await;
    assert_eq!((&shown["trunk"], &shown["status"]), (&json!("carrier"), &json!(488)));
}

#[tokio::test]
async fn wrong_passwords_are_shown_by_extension_and_end_with_a_new_one() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    for (number, times) in [("100", 9), ("101", 1), ("777", 1)] {
        for time in 1..=times {
            let expected = if time < 8 { 403 } else { 503 };
            let mut identity = node.identity(number, node.udp);
            identity.password = "a guess".to_owned();
            assert_eq!(Ua::udp(identity).await.register_for(3600).await.status(), Some(expected));
        }
    }
    let locked = expect(&admin, "the lock", |one| one["reason"] == "too_many_passwords").await;
    assert_eq!((&locked["extension"], &locked["count"]), (&json!("100"), &json!(2)), "{locked}");
    assert_eq!((&locked["what"], &locked["source"]), (&json!("registration"), &json!("127.0.0.1")));
    let wrong = expect(&admin, "the guess", |one| one["extension"] == "101").await;
    assert_eq!((&wrong["reason"], &wrong["count"]), (&json!("wrong_password"), &json!(1)));
    let unknown = expect(&admin, "the name that nobody has", |one| one["caller"] == "777").await;
    assert_eq!((&unknown["reason"], &unknown["extension"]), (&json!("wrong_password"), &json!(null)));
    // In pages, as every list.
    let first = admin.read("/refused-calls?limit=3").await;
    let rest =
        admin.read(&format!("/refused-calls?limit=3&cursor={}", first["next"].as_str().unwrap())).await;
    let ids = |page: &Value| -> Vec<u64> {
        page["items"].as_array().unwrap().iter().map(|one| one["id"].as_u64().unwrap()).collect()
    };
    let all = [ids(&first), ids(&rest)].concat();
    assert_eq!((ids(&first).len(), all.len(), &rest["next"]), (3, 4, &json!(null)));
    assert!(all.is_sorted_by(|newer, older| newer > older), "{all:?}");
    let changed = admin.patch("/extensions/100", json!({ "password": "another of tests" })).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    let left = admin.read("/refused-calls").await;
    assert!(left["items"].as_array().unwrap().iter().all(|one| one["extension"] != "100"), "{left}");
}
