//! Requests that are not as they must be: each gets its status, and nothing of them is stored.

use ramal_tests::page::http;
use serde_json::json;

use crate::ground::{Ground, key, telegram};

#[tokio::test]
async fn each_gets_its_status_and_nothing_is_stored() {
    let ground = Ground::new().await;
    let inbox = telegram(&ground, "bot").await;
    let web = ground.node.web;
    let address = format!("/hooks/{}", key(&inbox));
    let secret = ("x-telegram-bot-api-secret-token", "s3cret");
    let update = json!({ "update_id": 1, "message": { "message_id": 1, "date": 1, "text": "Oi",
        "from": { "id": 7, "first_name": "Ana" }, "chat": { "id": 7 } } })
    .to_string();
    let post = async |path: &str, headers: &[(&str, &str)], body: &[u8]| {
        http::request(web, "POST", path, headers, body).await.status
    };
    assert_eq!(post(&address, &[], update.as_bytes()).await, 403, "no secret");
    assert_eq!(post(&address, &[(secret.0, "guess")], update.as_bytes()).await, 403, "a wrong secret");
    assert_eq!(post(&address, &[secret], b"{").await, 400, "no JSON");
    assert_eq!(post("/hooks/00000000000000000000000000000000", &[secret], update.as_bytes()).await, 404);
    let large = format!(
        "POST {address} HTTP/1.1\r\nHost: {web}\r\nConnection: close\r\nContent-Length: 20000000\r\n\r\n"
    );
    assert_eq!(http::raw(web, large.as_bytes(), &vec![b'x'; 1 << 16]).await.status, 413, "20 MB");
    // The same without a word of its length.
    let chunk = [b"100000\r\n", vec![b'x'; 1 << 20].as_slice(), b"\r\n"].concat();
    let chunked = format!(
        "POST {address} HTTP/1.1\r\nHost: {web}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    assert_eq!(http::raw(web, chunked.as_bytes(), &chunk.repeat(20)).await.status, 413, "20 MB in chunks");
    assert_eq!(ground.interactions().await.len(), 0);
    // The same, right: and only once.
    for _ in 0..3 {
        assert_eq!(post(&address, &[secret], update.as_bytes()).await, 200);
    }
    ground.expect_interaction("Ana's conversation", |it| it["last"]["text"] == "Oi").await;
    assert_eq!(ground.interactions().await.len(), 1);
    // Switched off it is not there.
    let off = ground.admin.patch(&format!("/inboxes/{}", inbox["id"]), json!({ "enabled": false })).await;
    assert_eq!((off.status, &off.json()["state"]), (200, &json!("off")));
    assert_eq!(post(&address, &[secret], update.as_bytes()).await, 404);
    // A widget on another site can read that there is no chat.
    let origin = ("Origin", "https://shop.example");
    let gone = http::request(web, "GET", &format!("{address}/config"), &[origin], b"").await;
    assert_eq!((gone.status, gone.header("Access-Control-Allow-Origin").as_str()), (404, "*"));
}

#[tokio::test]
async fn what_a_plugin_answers_is_no_page_of_ours() {
    let ground = Ground::new().await;
    let inbox = ground.website("site").await;
    let answer =
        http::request(ground.node.web, "GET", &format!("/hooks/{}/config", key(&inbox)), &[], b"").await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("Content-Security-Policy").starts_with("sandbox"));
    assert_eq!(answer.header("X-Content-Type-Options"), "nosniff");
    let voice = ground.admin.queue("voz", "voice", &[], json!({})).await;
    let refused =
        ground.admin.patch(&format!("/inboxes/{}", inbox["id"]), json!({ "queue_id": voice })).await;
    assert_eq!((refused.status, &refused.json()["field"]), (422, &json!("queue_id")));
}
