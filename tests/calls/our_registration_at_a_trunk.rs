//! Our own REGISTER at a carrier: challenged, granted, renewed; refused and tried again; a foreign realm gets no answer.

use ramal_tests::node::{carrier_address, carrier_of};
use ramal_tests::wire::digest::{self, Login};
use ramal_tests::wire::message::{self, Message};
use ramal_tests::{Node, Site, Ua};

const TRUNK: &str = "register = { aor = \"sip:acme@carrier.test\", contact_user = \"acme\", expires_s = 60 }\n\
    credentials_out = { username = \"acme\", password = \"carrier-secret\", realm = \"carrier.test\" }";

async fn next_register(carrier: &Ua) -> Message {
    carrier.inbox.expect("a REGISTER", |m| m.method() == Some("REGISTER")).await
}

async fn reply(carrier: &Ua, request: &Message, status: u16, extra: &[(&str, &str)]) {
    carrier.send_to(request.source, &message::response(request, status, "carrier", extra, None)).await;
}

/// Challenges a REGISTER and returns the one that answers.
async fn challenged(carrier: &Ua, realm: &str, algorithm: &str) -> Message {
    let first = next_register(carrier).await;
    let challenge = digest::challenge(realm, "nonce-1", algorithm);
    reply(carrier, &first, 401, &[("WWW-Authenticate", &challenge)]).await;
    next_register(carrier).await
}

async fn grant(carrier: &Ua, request: &Message, expires_s: u32) {
    let asked = request.header("Contact").expect("a Contact");
    let contact = format!("{};expires={expires_s}", asked.split(";expires").next().unwrap_or(asked));
    reply(carrier, request, 200, &[("Contact", &contact)]).await;
}

#[tokio::test]
async fn it_answers_the_challenge_and_renews() {
    for algorithm in ["MD5", "SHA-256"] {
        let address = carrier_address().await;
        let node = Node::start(Site::acme().trunk("carrier", address, TRUNK)).await;
        let carrier = carrier_of(&node, address).await;
        let answer = challenged(&carrier, "carrier.test", algorithm).await;
        let login = Login { username: "acme".into(), password: "carrier-secret".into() };
        assert!(
            digest::verify(answer.header("Authorization").unwrap(), &login, "REGISTER"),
            "{}",
            answer.dump()
        );
        grant(&carrier, &answer, 4).await;
        let renewal = next_register(&carrier).await;
        assert_eq!(renewal.call_id(), answer.call_id(), "the same registration (RFC 3261 section 10.2)");
        grant(&carrier, &renewal, 60).await;
    }
}

#[tokio::test]
async fn a_foreign_realm_gets_no_answer() {
    let address = carrier_address().await;
    let node = Node::start(Site::acme().trunk("carrier", address, TRUNK)).await;
    let carrier = carrier_of(&node, address).await;
    let first = next_register(&carrier).await;
    let challenge = digest::challenge("evil.test", "nonce-1", "MD5");
    reply(&carrier, &first, 401, &[("WWW-Authenticate", &challenge)]).await;
    ramal_tests::deadline::until_async("the trunk to be seen as refused", async || {
        format!("{:?}", node.trunks().await).to_lowercase().contains("refused").then_some(())
    })
    .await;
    let more = carrier.inbox.take(|m| m.method() == Some("REGISTER"));
    assert!(more.is_none_or(|m| m.header("Authorization").is_none()));
}

#[tokio::test]
async fn a_node_that_stops_gives_it_up_although_it_is_challenged() {
    let address = carrier_address().await;
    let node = Node::start(Site::acme().trunk("carrier", address, TRUNK)).await;
    let carrier = carrier_of(&node, address).await;
    let answer = challenged(&carrier, "carrier.test", "MD5").await;
    grant(&carrier, &answer, 60).await;
    node.stop();
    let farewell = next_register(&carrier).await;
    let challenge = digest::challenge("carrier.test", "nonce-2", "MD5");
    reply(&carrier, &farewell, 401, &[("WWW-Authenticate", &challenge)]).await;
    let proven = next_register(&carrier).await;
    assert!(proven.header("Authorization").is_some_and(|a| a.contains("nonce-2")), "{}", proven.dump());
    assert!(proven.dump().contains("xpires: 0") || proven.dump().contains("expires=0"), "{}", proven.dump());
    reply(&carrier, &proven, 200, &[]).await;
}
