//! Every call of the organization, also those that no agent ever had: how it ended, and whose network was bad.

use ramal_tests::deadline::until_async;
use ramal_tests::node::{carrier_address, carrier_of};
use ramal_tests::talk::{Side, connect, established, hang_up};
use ramal_tests::{Browser, Desk, Node, Rtp, Site};
use serde_json::{Value, json};

use crate::calls::{CALLER_HZ, caller, served};
use crate::office::{AGENT_HZ, Office};
use crate::stage::{choose, console, email, faults, visit};

/// Loses a third of what one says until the other has heard for a while, so that the figures tell of it.
pub async fn talk_badly(bad: &Side, other: &Side) {
    bad.rtp.lose_each(3);
    until_async("a hundred lost packets", || async { (bad.rtp.lost() > 100).then_some(()) }).await;
    bad.rtp.lose_each(0);
    other.rtp.hears(440.0).await;
}

async fn supervisor(admin: &Desk) -> Desk {
    admin.colleague("Sofia", "supervisor", json!({ "language": "en" })).await
}

async fn records(desk: &Desk, least: usize) -> Vec<Value> {
    until_async("the records of the calls", || async {
        let all = desk.read("/call-records").await["items"].as_array().expect("items").clone();
        let over = all.iter().filter(|call| !call["ended_at_ms"].is_null()).count();
        (over >= least).then_some(all)
    })
    .await
}

#[tokio::test]
async fn f142_b08_calls_that_no_agent_had_stand_in_the_list_with_their_end_and_whose_network_was_bad() {
    let address = carrier_address().await;
    let site = Site::acme().recorded().trunk("embratel", address, "").trunk_number(
        "embratel",
        "+551130001000",
        "102",
    );
    let node = Node::start(site).await;
    let admin = Desk::first(&node).await;
    let sofia = supervisor(&admin).await;
    // From phone to phone, and badly heard of the one who called.
    let (mut ana, bia) = established(&node, "100", "101").await;
    talk_badly(&ana, &bia).await;
    hang_up(&mut ana, &bia).await;
    // From the carrier, whose line is bad, to a phone that hangs up.
    let (carrier, phone) = (carrier_of(&node, address).await, node.phone("102").await);
    let (outside, mut inside) =
        connect(carrier, Rtp::new().await, phone, Rtp::new().await, "+551130001000").await;
    talk_badly(&outside, &inside).await;
    hang_up(&mut inside, &outside).await;
    // To nobody.
    let mut lost = node.phone("103").await.invite("999", &Rtp::new().await.sdp()).await;
    lost.expect_status(404).await;
    let all = records(&sofia, 3).await;
    assert_eq!(all[0]["end_reason"], "number_unknown", "{all:#?}");
    // Page by page, without a gap.
    let first = sofia.read("/call-records?limit=2").await;
    let next = first["next"].as_str().expect("a next page");
    let second = sofia.read(&format!("/call-records?limit=2&cursor={next}")).await;
    assert_eq!((&second["items"][0]["id"], &second["next"]), (&all[2]["id"], &Value::Null));

    let browser = Browser::speaking(AGENT_HZ).await;
    let page = console(&browser, &node, "sofia", email(&sofia)).await;
    page.click("nav >> role=link[name=\"Calls\"]").await;
    page.sees("tr:has-text(\"999\")", "There is no such number").await;
    page.sees("tr:has-text(\"100\"):has-text(\"101\")", "The caller hung up").await;
    page.sees("tr:has-text(\"100\"):has-text(\"101\")", "Our side · 100: bad").await;
    page.sees("tr:has-text(\"100\"):has-text(\"101\")", "Our side · 101: good").await;
    page.sees("tr:has-text(\"99999-0000\")", "The called party hung up").await;
    page.sees("tr:has-text(\"99999-0000\")", "Customer’s side: bad").await;
    page.sees("tr:has-text(\"99999-0000\")", "Our side: good").await;
    assert_eq!(faults(&page).await, json!([]));
    for width in [1280, 1024] {
        page.ask("resize", json!({ "width": width, "height": 768 })).await;
        let layout = page.ask("layout", json!({ "selector": ".call-filters" })).await;
        assert_eq!(layout, json!({ "lines": 1, "spills": [] }), "{width}");
        page.screenshot(&format!("more/calls_list_{width}")).await;
        // No column is cut off either.
        assert_eq!(page.ask("whole", json!({ "selector": "th >> nth=-1" })).await, true, "{width}");
    }
    page.ask("resize", json!({ "width": 1366, "height": 768 })).await;
    // By number, however it is grouped, and by direction.
    page.fill("input[type=search]", "+55 11 3000-1000").await;
    page.sees_no("tr:has-text(\"999\"):has-text(\"no such\")").await;
    page.sees_no("tr:has-text(\"101\")").await;
    page.sees("tr", "Inbound").await;
    page.fill("input[type=search]", "").await;
    choose(&page, "Direction", "internal").await;
    page.sees("tr:has-text(\"101\")", "Internal").await;
    page.sees_no("tr:has-text(\"99999-0000\")").await;
    choose(&page, "Direction", "").await;
    // By how they ended.
    choose(&page, "How it ended", "failed").await;
    page.sees_no("tr:has-text(\"101\")").await;
    page.sees("tr:has-text(\"999\")", "There is no such number").await;
    // The filter stands in the address: it is there after a reload, and on the way back from a call.
    page.reload().await;
    page.sees("tr:has-text(\"999\")", "There is no such number").await;
    page.counts("tr:has-text(\"101\")", 0).await;
    page.click("tr:has-text(\"999\")").await;
    page.sees("h1", "Call from 103 to 999").await;
    page.ask("call", json!({ "object": "history", "method": "back", "args": [] })).await;
    page.sees("tr:has-text(\"999\")", "There is no such number").await;
    page.counts("tr:has-text(\"101\")", 0).await;
    choose(&page, "How it ended", "gave_up").await;
    page.sees("main .state-title", "No call fits the filter").await;
    choose(&page, "How it ended", "answered").await;
    page.sees("tr:has-text(\"101\")", "The caller hung up").await;
    page.sees_no("tr:has-text(\"999\"):has-text(\"no such\")").await;
    choose(&page, "How it ended", "").await;
    assert_eq!(sofia.get("/call-records?outcome=lost").await.status, 400);
    choose(&page, "Period", "last_7_days").await;
    page.sees("tr:has-text(\"101\")", "The caller hung up").await;
    // Nothing was before the day of the tests.
    choose(&page, "Period", "chosen").await;
    page.fill("role=textbox[name=\"Until\"]", "2001-01-01T10:00").await;
    page.sees("main .state-title", "No call fits the filter").await;
    choose(&page, "Period", "").await;
    page.click("tr:has-text(\"100\"):has-text(\"101\")").await;
    page.sees("h1", "Call from 100 to 101").await;
    page.sees(".call-sides li >> nth=0", "The network of this side was bad.").await;
    page.sees(".call-sides li >> nth=0", "% lost").await;
    page.sees(".call-sides li >> nth=1", "The network of this side was good.").await;
    page.sees(".recording audio", "").await;
    let seconds = page.ask("sound", json!({ "selector": ".recording audio" })).await;
    assert!(seconds.as_f64().is_some_and(|seconds| seconds > 0.1), "{seconds}");
    assert_eq!(faults(&page).await, json!([]));
    page.screenshot("more/calls_one").await;
}

#[tokio::test]
async fn f142_the_call_of_an_interaction_is_seen_by_its_agent_and_by_no_other_agent() {
    let office = Office::of(Site::acme().recorded()).await;
    let bia = office.hire("Bia", "102").await;
    let ana = served(&office, json!({})).await;
    let page = &ana.page;
    let mut caller = caller(&office, "101").await;
    ana.accept().await;
    page.hears(CALLER_HZ).await;
    caller.call.bye().await;
    page.sees(".call[data-state=ended]", "").await;
    ana.end(None).await;
    let id = records(&office.admin, 1).await[0]["id"].as_str().expect("an id").to_owned();
    page.click("role=tab[name=\"Histórico\"]").await;
    page.click(".lines .line:has-text(\"101\")").await;
    page.click("role=link[name=\"A chamada inteira: qualidade e andamento\"]").await;
    page.sees("h1", "Chamada de 101 para *80").await;
    page.sees(".facts", "Quem ligou desligou").await;
    page.sees(".facts", "Vendas").await;
    page.sees(".recording audio", "").await;
    // No list of what is not hers, and the way there says so.
    assert_eq!(page.count("nav >> role=link[name=\"Chamadas\"]").await, 0);
    assert_eq!(ana.desk.get("/call-records").await.status, 403);
    for path in [format!("/call-records/{id}"), format!("/call-records/{id}/recordings")] {
        assert_eq!(ana.desk.get(&path).await.status, 200, "{path}");
        assert_eq!(bia.get(&path).await.status, 404, "{path}");
    }
    // Back from the call to its Interaction.
    page.click(".facts a").await;
    page.sees(".talk-head", "101").await;
}

#[tokio::test]
async fn b08_the_call_bar_says_in_words_whose_network_is_bad() {
    let office = Office::open().await;
    let ana = served(&office, json!({})).await;
    let page = &ana.page;
    let caller = caller(&office, "101").await;
    ana.accept().await;
    page.hears(CALLER_HZ).await;
    caller.rtp.lose_each(10);
    page.sees(".call .network[data-side=far]", "A rede do cliente está ruim: você o ouve mal").await;
    page.screenshot("more/call_bad_network").await;
    caller.rtp.lose_each(0);
    page.sees_no(".call .network[data-side=far]").await;
}

#[tokio::test]
async fn v13_a_supervisors_list_follows_calls_by_events() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let sofia = supervisor(&admin).await;
    let browser = Browser::speaking(AGENT_HZ).await;
    let page = console(&browser, &node, "sofia", email(&sofia)).await;
    visit(&page, &node, "supervise/calls").await;
    page.sees("main .state-title", "No call").await;
    let (mut ana, bia) = established(&node, "100", "101").await;
    page.sees("tr:has-text(\"101\")", "Talking").await;
    hang_up(&mut ana, &bia).await;
    page.sees("main .state-title", "No call").await;
}
