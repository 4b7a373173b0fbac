//! A contact centre to try: two agents, a caller who waits in a queue, a page with the widget.

use ramal_tests::desk::PASSWORD;
use ramal_tests::{Baresip, Desk, Node, Site};
use serde_json::{Value, json};

use crate::speech;

const CALLER_SAYS: &str = "Hello? I am calling about my order. Can you hear me? I will wait on the line.";
/// Whoever hangs up is called again after so long.
const PAUSE: std::time::Duration = std::time::Duration::from_secs(10);

/// Runs until Ctrl-C.
pub async fn open() {
    let node = Node::start(Site::acme().recorded()).await;
    let admin = Desk::first(&node).await;
    let queue = |name: &str, title: &str, medium: &str| {
        json!({ "name": name, "title": title, "medium": medium, "direction": "inbound", "offer_timeout_s": 30,
            "wrap_up_s": 15 })
    };
    let calls = number(&admin.does("/queues", queue("sales", "Sales", "voice")).await);
    let chats = number(&admin.does("/queues", queue("site", "Site", "chat")).await);
    let mut rules = admin.read("/dial-rules").await;
    if let Some(rules) = rules.as_array_mut() {
        rules.push(json!({ "dial": "*80", "queue": "sales" }));
    }
    let put = admin.put("/dial-rules", rules).await;
    assert_eq!(put.status, 200, "{}", put.text());
    for (name, extension) in [("Ana", "100"), ("Bruno", "101")] {
        let more =
            json!({ "extension": extension, "webrtc": true, "omnichannel": true, "queues": [calls, chats] });
        admin.colleague(name, "agent", more).await;
    }
    let inbox =
        json!({ "name": "site", "title": "Site", "plugin": "webchat", "queue_id": chats, "settings": {} });
    let inbox = admin.does("/inboxes", inbox).await;
    println!("console:  http://{}/", node.web);
    for who in ["ana", "bruno"] {
        println!("agent:    {who}@acme.test, password: {PASSWORD}");
    }
    println!("administrator: {}, the same password", admin.me["email"].as_str().unwrap_or_default());
    let key = inbox["key"].as_str().unwrap_or_default();
    println!("widget:   http://{}/widget/trial?inbox={key}", node.web);
    println!(
        "caller:   dials the queue Sales now, and again after each call. Log in as an agent, be ready for Sales, answer."
    );
    println!("Ctrl-C ends all.");
    tokio::select! {
        () = call_again_and_again(&node) => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

async fn call_again_and_again(node: &Node) {
    let speech = speech(node.folder(), "caller", "en+m3", CALLER_SAYS);
    let mut phone = Baresip::start(&crate::setup(node, "103", &speech.repeated)).await;
    phone.registered().await;
    let domain = node.site.domain.clone();
    loop {
        phone.command("dial", &format!("sip:*80@{domain}")).await;
        phone.closed().await;
        tokio::time::sleep(PAUSE).await;
    }
}

fn number(row: &Value) -> i64 {
    row["id"].as_i64().expect("a number")
}
