//! Inboxes, plugins and rules as an administrator meets them.

use ramal_tests::deadline::{until, until_async};
use ramal_tests::visitor::{SITE, Visitor};
use ramal_tests::{Desk, Node, Site};
use serde_json::json;

use crate::ground::{Ground, key, made};

#[tokio::test]
async fn what_is_wrong_is_named_at_its_field_and_nothing_is_made() {
    let ground = Ground::new().await;
    let refused = async |body: serde_json::Value| {
        let answer = ground.admin.post("/inboxes", body).await;
        assert_eq!(answer.status, 422, "{}", answer.text());
        answer.json()["field"].as_str().unwrap_or_default().to_owned()
    };
    let inbox = json!({ "name": "site", "title": "Site", "plugin": "webchat" });
    let with = |more: serde_json::Value| {
        let mut body = inbox.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    assert_eq!(refused(with(json!({ "plugin": "pombo" }))).await, "plugin");
    assert_eq!(refused(with(json!({ "name": "O Site" }))).await, "name");
    assert_eq!(refused(with(json!({ "settings": { "colour": "blue" } }))).await, "settings.colour");
    assert_eq!(refused(with(json!({ "settings": { "origins": "shop.test" } }))).await, "settings.origins");
    assert_eq!(refused(with(json!({ "settings": { "position": "top" } }))).await, "settings.position");
    assert_eq!(refused(with(json!({ "settings": { "other": 1 } }))).await, "settings.other");
    assert_eq!(refused(with(json!({ "queue_id": 999_999 }))).await, "queue_id");
    assert_eq!(ground.admin.read("/inboxes").await["items"], json!([]));
    let made = made(&ground.admin, "/inboxes", with(json!({ "settings": { "origins": SITE } }))).await;
    assert_eq!((&made["state"], &made["settings"]["colour"]), (&json!("leads_nowhere"), &json!("#0b6bcb")));
    assert_eq!(refused(inbox.clone()).await, "name", "the name is taken");
    let gone = ground.admin.delete(&format!("/inboxes/{}", made["id"])).await;
    assert_eq!(gone.status, 204);
    assert_eq!(ground.admin.get(&format!("/inboxes/{}", made["id"])).await.status, 404);
}

#[tokio::test]
async fn only_who_may_sees_them_and_plugins_that_ship_are_there() {
    let ground = Ground::new().await;
    for path in ["/inboxes", "/plugins", "/rules"] {
        assert_eq!(ground.agent.get(path).await.status, 403, "{path}");
    }
    let plugins = ground.admin.read("/plugins").await;
    let names: Vec<&str> =
        plugins["items"].as_array().into_iter().flatten().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, ["business-hours", "telegram", "webchat"]);
    assert!(plugins["items"].as_array().into_iter().flatten().all(|one| one["state"] == "ready"));
    assert_eq!(ground.admin.delete("/plugins/webchat").await.status, 409, "it came with the program");
    assert_eq!(ground.admin.delete("/plugins/pombo").await.status, 404);
}

#[tokio::test]
async fn an_inbox_that_leads_nowhere_says_so_and_so_does_what_came_by_it() {
    let ground = Ground::new().await;
    let settings = json!({ "origins": SITE, "ask_name": "off", "ask_email": "off" });
    let body = json!({ "name": "site", "title": "Site", "plugin": "webchat", "settings": settings });
    let inbox = made(&ground.admin, "/inboxes", body).await;
    assert_eq!(inbox["state"], "leads_nowhere");
    let _visitor = Visitor::begin(ground.node.web, key(&inbox), json!({})).await;
    let stranded = ground.expect_interaction("one that waits", |it| it["state"] == "waiting").await;
    let why = format!("/interactions/{}/why", stranded["id"]);
    assert_eq!(ground.admin.read(&why).await["leads_nowhere"], true);
    // Whoever supervises sends it on; the next one finds its way by itself.
    let to = json!({ "to": { "queue": ground.queue } });
    ground.admin.does(&format!("/interactions/{}/transfer", stranded["id"]), to).await;
    assert_eq!(ground.admin.read(&why).await["leads_nowhere"], false);
    let path = format!("/inboxes/{}", inbox["id"]);
    let state = async |path: String, change: serde_json::Value| {
        let answer = ground.admin.patch(&path, change).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        ground.admin.read(&format!("/inboxes/{}", inbox["id"])).await["state"].clone()
    };
    assert_eq!(state(path.clone(), json!({ "queue_id": ground.queue })).await, "ready");
    let queue = format!("/queues/{}", ground.queue);
    assert_eq!(state(queue.clone(), json!({ "enabled": false })).await, "leads_nowhere");
    assert_eq!(state(queue, json!({ "enabled": true })).await, "ready");
    assert_eq!(state(path, json!({ "queue_id": null })).await, "leads_nowhere");
    let hours = json!({ "time_zone": "America/Sao_Paulo", "hours": "mon-fri 08:00-18:00", "queue": "chat" });
    let rule = json!({ "title": "Horário", "plugin": "business-hours", "settings": hours });
    let rule = made(&ground.admin, "/rules", rule).await;
    let listed = ground.admin.read("/inboxes").await["items"][0]["state"].clone();
    assert_eq!(listed, "ready", "a rule may choose a queue");
    let rule = format!("/rules/{}", rule["id"]);
    assert_eq!(state(rule.clone(), json!({ "enabled": false })).await, "leads_nowhere");
    let nowhere = json!({ "enabled": true, "settings": { "queue": null } });
    assert_eq!(state(rule, nowhere).await, "leads_nowhere", "a rule that names no queue gives none");
}

#[tokio::test]
async fn a_queue_that_something_leads_to_is_not_deleted_and_what_leads_there_is_named() {
    let ground = Ground::new().await;
    let inbox = ground.website("site").await;
    let hours = json!({ "time_zone": "America/Sao_Paulo", "hours": "mon-fri 08:00-18:00", "queue": "chat" });
    let rule = json!({ "title": "Horário", "plugin": "business-hours", "settings": hours });
    let rule = made(&ground.admin, "/rules", rule).await;
    let queue = format!("/queues/{}", ground.queue);
    let refused = async |code: &str, name: &str, value: &str| {
        let answer = ground.admin.delete(&queue).await;
        let problem = answer.json();
        assert_eq!((answer.status, &problem["code"]), (409, &json!(code)), "{problem}");
        assert_eq!(problem["parameters"][name], value, "{problem}");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(value)), "{problem}");
    };
    refused("rule_sends_here", "rule", "Horário").await;
    assert_eq!(
        ground.admin.patch(&queue, json!({ "name": "other" })).await.status,
        409,
        "the rule has its name"
    );
    assert_eq!(ground.admin.delete(&format!("/rules/{}", rule["id"])).await.status, 204);
    refused("inbox_leads_here", "inbox", "site").await;
    let inbox = format!("/inboxes/{}", inbox["id"]);
    assert_eq!(ground.admin.patch(&inbox, json!({ "queue_id": null })).await.status, 200);
    assert_eq!(ground.admin.delete(&queue).await.status, 204);
}

#[tokio::test]
async fn a_program_without_its_plugins_says_where_it_looked() {
    let node = Node::start_bare(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let beside = node.folder().join("bare/plugins");
    let log = until("a warning", || Some(node.log()).filter(|log| log.contains("no channel"))).await;
    let warning = log.lines().find(|line| line.contains("no channel")).unwrap_or_default();
    assert!(warning.contains("WARN") && warning.contains(&*beside.to_string_lossy()), "{warning}");
    let plugins = admin.read("/plugins").await;
    assert_eq!((&plugins["items"], &plugins["running"]), (&json!([]), &json!(true)));
    assert_eq!(plugins["folders"][1], json!(beside), "{plugins}");
    // The folder is laid there while the node runs, and it has channels.
    let shipped = ramal_tests::node::binary().with_file_name("plugins");
    std::fs::create_dir_all(beside.join("code")).unwrap();
    for code in std::fs::read_dir(shipped.join("code")).into_iter().flatten().filter_map(Result::ok) {
        std::fs::copy(code.path(), beside.join("code").join(code.file_name())).unwrap();
    }
    std::fs::copy(shipped.join("webchat.wasm"), beside.join("webchat.wasm")).unwrap();
    until_async("the channel", || async {
        let plugins = admin.read("/plugins").await;
        (plugins["items"][0]["name"] == "webchat").then_some(())
    })
    .await;
}

/// A component without a single export, with a manifest that says otherwise.
fn hollow(name: &str) -> Vec<u8> {
    let manifest = format!("name = \"{name}\"\nversion = \"1.0.0\"\nworld = \"rule\"\ntitle = \"Hollow\"\n");
    let section = "ramal-plugin";
    let mut payload = vec![u8::try_from(section.len()).expect("a short section")];
    payload.extend([section.as_bytes(), manifest.as_bytes()].concat());
    let size = u8::try_from(payload.len()).ok().filter(|size| *size < 0x80).expect("one byte of LEB128");
    [b"\0asm\x0d\0\x01\0".as_slice(), &[0, size], &payload].concat()
}

#[tokio::test]
async fn a_plugin_that_lacks_what_its_world_needs_is_not_installed() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let file = node.folder().join("hollow.wasm");
    std::fs::write(&file, hollow("hollow")).expect("written");
    let (good, told, why) = node.try_run(&["plugin", "install", "--yes", &file.to_string_lossy()]).await;
    assert!(!good && !told.contains("Installed."), "{told}{why}");
    assert!(why.contains("nothing was installed") && why.contains("ramal:plugin/"), "{why}");
    assert!(!node.run(&["plugin", "list"]).await.contains("hollow"));
    // The same by the API.
    let asked = "/api/v1/plugins?grant=all";
    let refused = admin.send_bytes("POST", asked, "application/wasm", &hollow("hollow")).await;
    let problem = refused.json();
    assert_eq!((refused.status, &problem["code"]), (422, &json!("plugin_unfit")), "{problem}");
    assert!(
        problem["parameters"]["reason"].as_str().is_some_and(|why| why.contains("ramal:plugin/")),
        "{problem}"
    );
    assert!(!node.folder().join("plugins/hollow.wasm").exists());
    assert!(!admin.read("/plugins").await.to_string().contains("hollow"));
}
