//! A BYE is lost on the way to the other phone: it comes again, and the one who hung up need not wait for it.

use ramal_tests::talk::established;
use ramal_tests::{Node, Site};

#[tokio::test]
async fn the_bye_is_repeated_until_answered() {
    let node = Node::start(Site::acme()).await;
    let (mut a, b) = established(&node, "100", "101").await;
    a.call.bye().await;
    b.call.expect_request("BYE").await;
    let again = b.ua.inbox.expect_repeat("BYE").await;
    b.call.respond(&again, 200, &[], None).await;
    assert_eq!(node.expect_cdr().await["end_reason"], "normal_clearing");
    node.expect_idle().await;
}

#[tokio::test]
async fn a_phone_that_never_answers_its_bye_holds_nothing() {
    let node = Node::start_with(Site::acme(), "[sip.timers]\nt1_ms = 50\nt2_ms = 400\n").await;
    let (mut a, b) = established(&node, "100", "101").await;
    a.call.bye().await;
    b.call.expect_request("BYE").await;
    assert_eq!(node.expect_cdr().await["end_reason"], "normal_clearing");
    node.expect_idle().await;
}
