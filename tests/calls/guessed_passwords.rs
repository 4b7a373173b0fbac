//! Whoever guesses the password of a phone is refused for a while, from where he guesses and from nowhere else.

use std::net::SocketAddr;

use ramal_tests::wire::ua::Ua;
use ramal_tests::{Node, Rtp, Site};

/// Wrong passwords that are looked at.
const LOOKED_AT: usize = 8;

/// The phone of extension 100, or who says so, at this address of loopback.
async fn at(node: &Node, address: [u8; 4], password: Option<&str>) -> Ua {
    let mut identity = node.identity("100", node.udp);
    if let Some(password) = password {
        identity.password = password.to_owned();
    }
    Ua::udp_at(identity, SocketAddr::from((address, 0))).await
}

const THERE: [u8; 4] = [127, 0, 0, 66];

async fn guess(node: &Node, times: usize) {
    for n in 0..times {
        let refused = at(node, THERE, Some(&format!("guess {n}"))).await.register_for(3600).await;
        let is_locked = n + 1 >= LOOKED_AT;
        assert_eq!(refused.status(), Some(if is_locked { 503 } else { 403 }), "{}", refused.dump());
        assert_eq!(refused.header("Retry-After").is_some(), is_locked, "guess {n}");
    }
}

#[tokio::test]
async fn after_too_many_wrong_ones_not_even_the_right_one_is_looked_at_from_there() {
    let node = Node::start(Site::acme()).await;
    guess(&node, 3 * LOOKED_AT).await;
    let right = at(&node, THERE, None).await;
    let refused = right.register_for(3600).await;
    assert_eq!(refused.status(), Some(503), "{}", refused.dump());
    let left: u64 = refused.header("Retry-After").and_then(|text| text.parse().ok()).expect("seconds");
    assert!((1..=60).contains(&left), "{left}");
    // A call is refused like a registration, and leaves no Call behind.
    right.invite("101", &Rtp::new().await.sdp()).await.expect_status(503).await;
    assert!(node.calls().await.is_empty());
    let event = node.expect_event("sip.password_locked").await;
    assert!(event.contains("100") && event.contains("127.0.0.66"), "{event}");
    let counted =
        async |event: &str| node.metric(&format!("ramal_sip_total{{event=\"{event}\"}}")).await as usize;
    assert_eq!(counted("wrong_passwords").await, LOOKED_AT);
    assert_eq!(counted("passwords_not_looked_at").await, 2 * LOOKED_AT + 2);
    node.stop();
    node.logged("stopping").await;
    assert_eq!(node.logged("refused from there for a while").await, 1, "one line for one lock");
}

/// An old telephone with the password of yesterday stands beside the one that is in use, behind the same address.
#[tokio::test]
async fn the_phone_that_is_registered_works_on_beside_one_that_guesses() {
    let node = Node::start(Site::acme()).await;
    let (phone, other) = (at(&node, THERE, None).await, node.phone("101").await);
    phone.register().await;
    guess(&node, 2 * LOOKED_AT).await;
    phone.register().await;
    let mut call = phone.invite("101", &Rtp::new().await.sdp()).await;
    other.expect_invite().await.reject(486).await;
    call.expect_status(486).await;
    // Its right password does not help whoever comes from another port.
    assert_eq!(at(&node, THERE, Some("one more guess")).await.register_for(3600).await.status(), Some(503));
}

#[tokio::test]
async fn nobody_locks_a_phone_out_that_stands_elsewhere() {
    let node = Node::start(Site::acme()).await;
    guess(&node, LOOKED_AT).await;
    let phone = at(&node, [127, 0, 0, 77], None).await;
    phone.register().await;
    // Its neighbour at the address of whoever guesses is another phone.
    let neighbour = Ua::udp_at(node.identity("101", node.udp), SocketAddr::from((THERE, 0))).await;
    neighbour.register().await;
    let mut call = neighbour.invite("100", &Rtp::new().await.sdp()).await;
    phone.expect_invite().await.reject(486).await;
    call.expect_status(486).await;
}

#[tokio::test]
async fn guesses_by_calls_and_by_registrations_are_counted_together() {
    let node = Node::start(Site::acme()).await;
    let offer = Rtp::new().await.sdp();
    for n in 1..LOOKED_AT {
        let caller = at(&node, THERE, Some(&format!("guess {n}"))).await;
        let refused = caller.invite("101", &offer).await.expect_status(403).await;
        assert_eq!(refused.header("Retry-After"), None);
    }
    let last = at(&node, THERE, Some("the last guess")).await.register_for(3600).await;
    assert!(last.header("Retry-After").is_some(), "{}", last.dump());
    let refused = at(&node, THERE, None).await.invite("101", &offer).await.expect_status(503).await;
    assert!(refused.header("Retry-After").is_some(), "{refused:?}");
}

#[tokio::test]
async fn an_unknown_name_is_locked_out_like_a_known_one() {
    let node = Node::start(Site::acme()).await;
    let answers = async |number: &str| {
        let mut told = Vec::new();
        for _ in 0..=LOOKED_AT {
            let mut identity = node.identity(number, node.udp);
            identity.password = "a guess".to_owned();
            let answer = Ua::udp_at(identity, SocketAddr::from((THERE, 0))).await.register_for(3600).await;
            told.push((answer.status(), answer.header("Retry-After").is_some()));
        }
        told
    };
    assert_eq!(answers("100").await, answers("777").await);
}

#[tokio::test]
async fn a_new_password_lets_the_phone_in_at_once() {
    let node = Node::start(Site::acme()).await;
    guess(&node, LOOKED_AT).await;
    let mut site = Site::acme();
    let new = "another password of tests";
    site.extensions.iter_mut().find(|one| one.number == "100").unwrap().password = new.to_owned();
    node.apply(&site).await;
    let phone = at(&node, THERE, Some(new)).await;
    ramal_tests::deadline::until_async("the new password", async || {
        (phone.register_for(3600).await.status() == Some(200)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_phone_that_was_plugged_in_before_its_extension_was_made_comes_in_at_once() {
    let node = Node::start(Site::acme()).await;
    let early = async || Ua::udp(node.identity("150", node.udp)).await.register_for(3600).await.status();
    for _ in 0..LOOKED_AT {
        early().await;
    }
    assert_eq!(early().await, Some(503));
    node.apply(&Site::acme().extension("150", "")).await;
    ramal_tests::deadline::until_async("the new extension", async || {
        (early().await == Some(200)).then_some(())
    })
    .await;
}

/// Whoever forges the address of a phone does not hear the challenge: with one that was given to him elsewhere he counts for nobody.
#[tokio::test]
async fn an_answer_to_a_challenge_of_another_network_counts_for_nobody() {
    let node = Node::start(Site::acme()).await;
    let forger = at(&node, [127, 9, 9, 9], Some("a guess")).await;
    // Without an answer a REGISTER is only asked for one.
    let asked = send_once(&forger, ("Subject", "nothing")).await;
    let (name, stolen) = forger.authorization(&asked, "REGISTER", "sip:acme.test").expect("a challenge");
    for _ in 0..2 * LOOKED_AT {
        let phone = at(&node, [127, 0, 0, 77], None).await;
        let answer = send_once(&phone, (&name, &stolen)).await;
        assert_eq!(answer.status(), Some(401), "{}", answer.dump());
        assert!(answer.header("WWW-Authenticate").is_some_and(|text| text.contains("stale=true")));
    }
    at(&node, [127, 0, 0, 77], None).await.register().await;
}

/// His neighbour's address he may forge as well, and what he was asked himself is looked at: it counts against both, and is refused
/// alone.
#[tokio::test]
async fn an_answer_to_a_challenge_of_a_neighbour_locks_no_phone_out() {
    let node = Node::start(Site::acme()).await;
    let forger = at(&node, THERE, Some("a guess")).await;
    let asked = send_once(&forger, ("Subject", "nothing")).await;
    let (name, stolen) = forger.authorization(&asked, "REGISTER", "sip:acme.test").expect("a challenge");
    let mut told = Vec::new();
    for _ in 0..=LOOKED_AT {
        let answer = send_once(&at(&node, [127, 0, 0, 77], None).await, (&name, &stolen)).await;
        told.push(answer.status().expect("a response"));
    }
    let expected = [[403; LOOKED_AT - 1].as_slice(), &[503, 401]].concat();
    assert_eq!(told, expected, "the last is asked anew, whatever it says");
    at(&node, [127, 0, 0, 77], None).await.register().await;
}

#[tokio::test]
async fn an_answer_that_came_before_is_asked_for_anew_and_is_no_wrong_password() {
    let node = Node::start(Site::acme()).await;
    let phone = at(&node, THERE, None).await;
    let asked = send_once(&phone, ("Subject", "nothing")).await;
    let (name, answer) = phone.authorization(&asked, "REGISTER", "sip:acme.test").expect("a challenge");
    assert_eq!(send_once(&phone, (&name, &answer)).await.status(), Some(200));
    let again = send_once(&phone, (&name, &answer)).await;
    assert_eq!(again.status(), Some(401), "{}", again.dump());
    assert!(again.header("WWW-Authenticate").is_some_and(|text| text.contains("stale=true")));
    let without_qop = answer.replace("qop=auth, ", "").replace("qop=auth,", "");
    assert_ne!(without_qop, answer);
    assert_eq!(send_once(&phone, (&name, &without_qop)).await.status(), Some(403));
    assert_eq!(node.metric("ramal_sip_total{event=\"wrong_passwords\"}").await as u64, 0);
}

/// A REGISTER with this header, and the answer to it whatever it is.
async fn send_once(ua: &Ua, (name, value): (&str, &str)) -> ramal_tests::wire::message::Message {
    use ramal_tests::wire::message;
    use ramal_tests::wire::ua::{new_call_id, new_tag};
    let call_id = new_call_id();
    let headers: Vec<(String, String)> = [
        ("Via", ua.via()),
        ("Max-Forwards", "70".to_owned()),
        ("From", format!("<{}>;tag={}", ua.aor(), new_tag())),
        ("To", format!("<{}>", ua.aor())),
        ("Call-ID", call_id.clone()),
        ("CSeq", "1 REGISTER".to_owned()),
        ("Contact", format!("<{}>", ua.contact())),
        (name, value.to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    ua.send(&message::write(&format!("REGISTER sip:{} SIP/2.0", ua.identity.domain), &headers, None)).await;
    ua.inbox.expect("the answer to REGISTER", |m| m.call_id() == call_id && m.status() >= Some(200)).await
}
