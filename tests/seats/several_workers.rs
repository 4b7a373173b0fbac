//! A node with several media threads: all browsers of an organization are on one of them, and calls that began elsewhere go there.

use ramal_tests::talk::{connect, established};
use ramal_tests::{Node, Rtp, Site, WirePage};

const WORKERS: usize = 3;

#[tokio::test]
async fn calls_of_phones_on_every_worker_are_handed_to_a_page() {
    let node = Node::start_with(Site::acme(), &format!("#media.workers = {WORKERS}")).await;
    // Nobody has a browser yet, so that the calls are spread over the Workers.
    let (first, second) = established(&node, "101", "102").await;
    let mut calls = vec![(first, second)];
    for _ in 1..WORKERS {
        let (a, b) = (calls[0].0.ua.clone(), calls[0].1.ua.clone());
        calls.push(connect(a, Rtp::new().await, b, Rtp::new().await, "102").await);
    }
    let page = WirePage::sign_in(&node, "100").await;
    let seat = page.take_seat().await;
    let mut events = page.events().await;
    seat.media.speak(550.0);
    for (stays, mut leaves) in calls {
        let to = [("Refer-To", "<sip:100@acme.test>")];
        let accepted = leaves.call.request("REFER", &to, None).await;
        assert_eq!(accepted.status(), Some(202));
        let id = events.expect_call("ringing").await["id"].as_str().expect("an id").to_owned();
        page.tell(&id, "answer", None).await;
        leaves.call.expect_bye().await;
        // 440 Hz is what the one who stays speaks.
        tokio::join!(seat.media.hears(440.0), stays.rtp.hears(550.0));
        tokio::join!(page.hang_up(&id), stays.call.expect_bye());
        stays.rtp.hush();
    }
}

#[tokio::test]
async fn every_organization_has_its_browsers_on_some_worker() {
    let node = Node::start_with(Site::acme(), &format!("#media.workers = {WORKERS}")).await;
    let (near, far) = (WirePage::sign_in(&node, "100").await, WirePage::sign_in(&node, "101").await);
    let (near_seat, far_seat) = (near.take_seat().await, far.take_seat().await);
    let mut events = far.events().await;
    let call = near.dial("101").await;
    let id = events.expect_call("ringing").await["id"].as_str().expect("an id").to_owned();
    far.tell(&id, "answer", None).await;
    near_seat.media.speak(440.0);
    far_seat.media.speak(660.0);
    tokio::join!(near_seat.media.hears(660.0), far_seat.media.hears(440.0));
    near.hang_up(&call).await;
    events.expect_ended(&id).await;
}
