//! A customer writes to a Telegram bot and is answered, with the provider's faults: the sandbox plays Telegram.

use ramal_tests::sandbox::Sandbox;
use serde_json::{Value, json};

use crate::ground::{Ground, key, made};

/// Lets the plugin reach this machine and makes an inbox of the sandbox.
async fn inbox(ground: &Ground, sandbox: &Sandbox) -> Value {
    ground.node.run(&["plugin", "grant", "telegram", "--allow-private-networks", "--allow-cleartext"]).await;
    let settings = json!({ "token": "42:abc", "webhook_secret": "s3cret", "api_url": format!("http://{}", sandbox.address) });
    let body = json!({ "name": "bot", "title": "Bot", "plugin": "telegram", "queue_id": ground.queue, "settings": settings });
    // A running node takes up the grants within seconds; until then the provider cannot be asked.
    let made = made(&ground.admin, "/inboxes", body).await;
    ramal_tests::deadline::within("an inbox that is ready", async {
        let mut tick = tokio::time::interval(std::time::Duration::from_millis(200));
        loop {
            tick.tick().await;
            let tried = ground.admin.patch(&format!("/inboxes/{}", made["id"]), json!({})).await.json();
            if tried["state"] == "ready" {
                return tried;
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_message_comes_in_and_its_answer_goes_out() {
    let (ground, sandbox) = (Ground::new().await, Sandbox::start().await);
    let inbox = inbox(&ground, &sandbox).await;
    assert_eq!(inbox["account"]["title"], "@sandbox_42_bot");
    assert_eq!(inbox["settings"]["token"], true, "a secret is not shown again");
    let _here = ground.attend().await;
    sandbox.write(7, "Ana", "Oi, tudo bem?").await;
    let interaction = ground.expect_interaction("Ana's conversation", |it| it["title"] == "Ana").await;
    assert_eq!((&interaction["channel"], &interaction["medium"]), (&json!("telegram"), &json!("chat")));
    ground.answer(&interaction, "Olá, Ana!").await;
    sandbox.expect_said(7, "Olá, Ana!").await;
    assert_eq!(ground.interactions().await.len(), 1);
}

#[tokio::test]
async fn repeats_change_nothing_and_refusals_are_tried_again_but_what_may_have_arrived_is_not() {
    let (ground, sandbox) = (Ground::new().await, Sandbox::start().await);
    inbox(&ground, &sandbox).await;
    let _here = ground.attend().await;
    sandbox.faults(json!({ "duplicates": 2 })).await;
    for number in 1..=5 {
        sandbox.write(7, "Ana", &format!("mensagem {number}")).await;
    }
    let interaction =
        ground.expect_interaction("the fifth message", |it| it["last"]["text"] == "mensagem 5").await;
    let texts: Vec<String> = ground.messages(&interaction).await.into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, (1..=5).map(|number| format!("mensagem {number}")).collect::<Vec<_>>());
    // Refused twice, then taken.
    sandbox.faults(json!({ "too_many": 1 })).await;
    ground.answer(&interaction, "um momento").await;
    sandbox.expect_said(7, "um momento").await;
    // Taken, and the answer is lost: nobody knows, and it is not said twice.
    sandbox.faults(json!({ "lost": 1 })).await;
    let sent = ground.write(&interaction, "pronto").await;
    sandbox.expect_said(7, "pronto").await;
    ramal_tests::deadline::within("a message of which nobody knows", async {
        let mut tick = tokio::time::interval(std::time::Duration::from_millis(50));
        loop {
            tick.tick().await;
            let page = ground.admin.read(&format!("/interactions/{}/messages", interaction["id"])).await;
            let found =
                page["items"].as_array().and_then(|all| all.iter().find(|one| one["id"] == sent["id"]));
            if found.is_some_and(|one| one["state"] == "unknown") {
                return;
            }
        }
    })
    .await;
    ground.write(&interaction, "até logo").await;
    sandbox.expect_said(7, "até logo").await;
    let said = sandbox.said(7).await;
    assert_eq!(said.iter().filter(|(_, text)| text == "pronto").count(), 1);
}

#[tokio::test]
async fn a_wrong_token_is_named_at_its_field() {
    let (ground, sandbox) = (Ground::new().await, Sandbox::start().await);
    let good = inbox(&ground, &sandbox).await;
    let refused = ground
        .admin
        .patch(&format!("/inboxes/{}", good["id"]), json!({ "settings": { "token": "wrong" } }))
        .await;
    assert_eq!((refused.status, &refused.json()["field"]), (422, &json!("settings.token")));
    assert_eq!(key(&good).len(), 32);
}
