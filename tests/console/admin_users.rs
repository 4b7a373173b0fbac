//! Users in the hands of an administrator.

use ramal_tests::deadline::until_async;
use ramal_tests::desk::PASSWORD;
use ramal_tests::{Browser, Desk, Node, Site};
use serde_json::json;

use crate::stage::{administrator, choose, console, email, faults, made, press, reads, switch, visit, write};

#[tokio::test]
async fn f223_f265_an_agent_sees_neither_administration_nor_monitoring() {
    let node = Node::start(Site::acme()).await;
    let admin = administrator(&node).await;
    let ana = admin.colleague("Ana", "agent", json!({ "language": "en" })).await;
    let browser = Browser::speaking(440.0).await;
    let page = console(&browser, &node, "ana", email(&ana)).await;
    page.counts("nav a[href='#/admin'], nav a[href='#/supervise']", 0).await;
    visit(&page, &node, "admin/users").await;
    page.sees_no(".admin").await;
    assert_eq!(ana.get("/users").await.status, 403);
}

#[tokio::test]
async fn f225_f226_f228_the_switches_need_each_other_and_saving_asks_first() {
    let node = Node::start(Site::acme()).await;
    let admin = administrator(&node).await;
    let bruno = admin.colleague("Bruno", "agent", json!({ "webrtc": false, "language": "en" })).await;
    let body = json!({ "name": "support", "title": "Support", "medium": "chat", "direction": "inbound", "members": [] });
    let queue = made(&admin, "/queues", body).await["id"].clone();
    let browser = Browser::speaking(440.0).await;
    let page = console(&browser, &node, "admin", email(&admin)).await;
    // F226: without the switch nobody can put him into a chat queue.
    visit(&page, &node, &format!("admin/queues/{queue}")).await;
    page.sees(".tick:has(input:disabled)", "Bruno not omnichannel").await;
    visit(&page, &node, &format!("admin/users/{}", bruno.id())).await;
    page.sees(".panel", "Agent screen options").await;
    // F225: omnichannel without WebRTC is refused with the reason.
    switch(&page, "Enable agent for omnichannel use").await;
    reads(&page, "Omnichannel use needs WebRTC").await;
    press(&page, "Save").await;
    page.counts("dialog[open]", 0).await;
    switch(&page, "Enable WebRTC").await;
    // F228: No saves nothing.
    press(&page, "Save").await;
    page.sees("dialog[open]", "the system logs the user out of the queue(s)").await;
    press(&page, "No").await;
    assert_eq!(admin.read(&format!("/users/{}", bruno.id())).await["omnichannel"], false);
    press(&page, "Save").await;
    press(&page, "Yes").await;
    reads(&page, "Saved.").await;
    assert_eq!(admin.read(&format!("/users/{}", bruno.id())).await["omnichannel"], true);
    visit(&page, &node, &format!("admin/queues/{queue}")).await;
    page.click("role=checkbox[name=/^Bruno/]").await;
    press(&page, "Save").await;
    page.sees(".form-foot .button[aria-disabled=true]", "Save").await;
    until_async("the member in the queue", async || {
        let members = admin.read(&format!("/queues/{queue}")).await["members"].clone();
        (members == json!([bruno.id()])).then_some(())
    })
    .await;
    assert_eq!(faults(&page).await, json!([]));
}

#[tokio::test]
async fn f229_a_reset_gives_a_link_and_stops_the_old_password() {
    let node = Node::start(Site::acme()).await;
    let admin = administrator(&node).await;
    let carla = admin.colleague("Carla", "agent", json!({})).await;
    let browser = Browser::speaking(440.0).await;
    let page = console(&browser, &node, "admin", email(&admin)).await;
    visit(&page, &node, &format!("admin/users/{}", carla.id())).await;
    press(&page, "Actions").await;
    page.click("role=menuitem[name=\"Reset password\"]").await;
    page.click("dialog[open] >> role=button[name=\"Reset password\"]").await;
    page.sees("dialog[open]", "Link for a new password").await;
    let link = page.text("dialog[open] code").await;
    assert_eq!(Desk::try_log_in(node.web, email(&carla), PASSWORD).await.status, 401);
    Desk::by_link(node.web, &link).await;
    assert_eq!(Desk::try_log_in(node.web, email(&carla), PASSWORD).await.status, 200);
}

#[tokio::test]
async fn f230_an_administrator_sets_a_password() {
    let node = Node::start(Site::acme()).await;
    let admin = administrator(&node).await;
    let davi = admin.colleague("Davi", "agent", json!({})).await;
    let browser = Browser::speaking(440.0).await;
    let page = console(&browser, &node, "admin", email(&admin)).await;
    visit(&page, &node, &format!("admin/users/{}", davi.id())).await;
    page.click("role=tab[name=\"Password\"]").await;
    write(&page, "New password", "quite another password").await;
    write(&page, "New password, again", "quite another password").await;
    press(&page, "Set password").await;
    reads(&page, "The password was set.").await;
    // Who is not there, or is no number, is told as what it is, and not asked for again.
    for nobody in ["999999", "x"] {
        visit(&page, &node, &format!("admin/users/{nobody}")).await;
        page.sees("main .state-title", "There is no such user").await;
        assert_eq!(page.count("role=button[name=\"Try again\"]").await, 0, "{nobody}");
        page.click("main .crumb").await;
        page.sees("h1", "Users").await;
    }
    assert_eq!(Desk::try_log_in(node.web, email(&davi), PASSWORD).await.status, 401);
    assert_eq!(Desk::try_log_in(node.web, email(&davi), "quite another password").await.status, 200);
}

#[tokio::test]
async fn f235_a_link_to_a_queue_reaches_the_agent_without_a_new_log_in() {
    let node = Node::start(Site::acme()).await;
    let admin = administrator(&node).await;
    let eva = admin.colleague("Eva", "agent", json!({ "language": "en", "extension": "101" })).await;
    let queue = made(
        &admin,
        "/queues",
        json!({ "name": "sales", "title": "Sales", "medium": "chat", "direction": "inbound", "members": [] }),
    )
    .await;
    let browser = Browser::speaking(440.0).await;
    let page = console(&browser, &node, "admin", email(&admin)).await;
    visit(&page, &node, &format!("admin/queues/{}", queue["id"])).await;
    page.click("role=checkbox[name=/^Eva/]").await;
    press(&page, "Save").await;
    reads(&page, "Saved.").await;
    // Her page is open all the while: the channel is there without a reload.
    let hers = console(&browser, &node, "eva", email(&eva)).await;
    hers.sees("#channels-chat", "0/1").await;
    visit(&page, &node, "admin/queues").await;
    press(&page, "New queue").await;
    write(&page, "Title", "Evening").await;
    choose(&page, "For", "chat").await;
    page.click("dialog >> role=checkbox[name=/^Eva/]").await;
    press(&page, "Create").await;
    hers.sees("#channels-chat", "0/2").await;
    hers.click("#channels-chat").await;
    for title in ["Sales", "Evening"] {
        hers.sees(".channel-row", title).await;
    }
}
