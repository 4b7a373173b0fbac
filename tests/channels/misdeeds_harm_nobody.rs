//! A plugin loops, one traps, one eats memory: a call and another inbox feel nothing meanwhile, and the API names it.

use ramal_tests::deadline::until_async;
use ramal_tests::talk;
use ramal_tests::visitor::Visitor;
use ramal_tests::wicked::{does, inbox, rested};
use serde_json::json;

use crate::ground::{Ground, key};

#[tokio::test]
async fn a_call_and_another_inbox_go_on_while_one_loops_traps_and_eats() {
    let ground = Ground::new().await;
    let node = &ground.node;
    let wicked = inbox(node, &ground.admin).await;
    let site = ground.website("site").await;
    let (caller, callee) = talk::established(node, "101", "102").await;
    for deed in ["loop", "trap", "eat"] {
        let (status, mut visitor, (), ()) = tokio::join!(
            does(node, &wicked, deed),
            Visitor::begin(node.web, key(&site), json!({})),
            caller.rtp.hears(660.0),
            callee.rtp.hears(440.0),
        );
        assert_eq!(status, 503, "{deed}");
        visitor.say("message-1", "Oi").await;
        rested(node, &wicked).await;
    }
    assert_eq!(ground.interactions().await.len(), 3);
    let plugins = ground.admin.read("/plugins").await;
    let named =
        plugins["items"].as_array().and_then(|all| all.iter().find(|one| one["name"] == "wicked")).cloned();
    let named = named.expect("the plugin");
    assert!(named["faults"].as_u64().is_some_and(|faults| faults >= 3), "{named}");
    assert!(named["fault"].as_str().is_some_and(|fault| fault.contains("memory")), "{named}");
    // A fault shows at the inbox, until it works again.
    let shown = until_async("an inbox that rests", async || {
        // A rest may be over before it was looked at.
        assert_eq!(does(node, &wicked, "trap").await, 503);
        let shown = ground.admin.read(&format!("/inboxes/{}", wicked["id"])).await;
        (shown["state"] == "resting").then_some(shown)
    })
    .await;
    assert!(shown["fault"].as_str().is_some_and(|fault| fault.contains("trapped")), "{shown}");
    assert_eq!(shown["fault_cause"]["code"], "trap", "{shown}");
    rested(node, &wicked).await;
    // It works, and has no queue.
    assert_eq!(ground.admin.read(&format!("/inboxes/{}", wicked["id"])).await["state"], "leads_nowhere");
    // The call stands after all that.
    tokio::join!(caller.rtp.hears(660.0), callee.rtp.hears(440.0));
}
