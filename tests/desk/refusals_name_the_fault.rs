//! A refusal names what is to blame, in words that know no type of the program.

use ramal_tests::page::http::Answer;
use ramal_tests::{Desk, Node, Site};
use serde_json::{Value, json};

/// Status, field and detail of a refusal.
fn told(answer: &Answer) -> (u16, String, String) {
    let problem = answer.json();
    let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    let detail = text("detail");
    let ours = ["struct ", "enum ", "u32", "i64", "ident", "deserialize", "such row"];
    assert!(!ours.iter().any(|ours| detail.contains(ours)), "{problem}");
    (answer.status, text("field"), detail)
}

#[tokio::test]
async fn bodies_and_queries_name_the_field_and_a_row_that_is_not_there_its_kind() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let post = async |path: &str, body: Value| told(&admin.post(path, body).await);
    let (status, _, detail) = post("/queues", json!("x")).await;
    assert_eq!((status, detail.as_str()), (400, "The text \"x\" stands here; it has to be an object."));
    let (status, field, _) =
        post("/queues", json!({ "name": "a", "medium": "voice", "priority": "x" })).await;
    assert_eq!((status, field.as_str()), (400, "priority"));
    let (status, field, _) = post("/queues", json!({ "name": "a", "medium": "fax" })).await;
    assert_eq!((status, field.as_str()), (400, "medium"));
    let capacity = json!({ "name": "Bia", "email": "bia@acme.test", "role": "agent", "capacity": { "chats": 1.5, "calls": 1 } });
    assert_eq!(post("/users", capacity).await.1, "capacity.chats");
    assert_eq!(post("/extensions", json!({ "number": 300 })).await.1, "number");
    let get = async |path: &str| told(&admin.get(path).await);
    let (status, field, _) = get("/users?limit=many").await;
    assert_eq!((status, field.as_str()), (400, "limit"));
    let (status, _, detail) = get("/interactions?q=%ff").await;
    assert_eq!((status, detail.as_str()), (400, "It is not UTF-8."));
    for list in ["/interactions", "/call-records"] {
        let (status, field, _) = get(&format!("{list}?from_ms=20&to_ms=10")).await;
        assert_eq!((status, field.as_str()), (422, "to_ms"), "{list}");
        assert_eq!(admin.get(&format!("{list}?from_ms=10&to_ms=20")).await.status, 200, "{list}");
    }
    for (path, what) in
        [("/users/NaN", "user"), ("/queues/x", "queue"), ("/sound-clips/x/sound", "sound clip")]
    {
        let answer = admin.get(path).await;
        assert_eq!(told(&answer).2, format!("There is no such {what}."), "{path}");
    }
    assert_eq!(admin.get("/users/NaN").await.json()["code"], "no_user");
    // A length is no reason where a character is.
    let (status, field, detail) = post("/pause-reasons", json!({ "title": "Al\0moço" })).await;
    assert_eq!((status, field.as_str()), (422, "title"));
    assert!(detail.contains("U+0000"), "{detail}");
}

#[tokio::test]
async fn a_user_and_his_new_extension_are_made_both_or_neither() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let user = |email: &str, number: &str| json!({ "name": "Bia", "email": email, "role": "agent", "new_extension": number });
    let numbers = async || {
        let page = admin.read("/extensions?limit=100").await;
        page["items"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| one["number"].as_str().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    let before = numbers().await;
    let own = admin.read("/me").await["email"].as_str().expect("an address").to_owned();
    assert_eq!(admin.post("/users", user("nobody", "250")).await.json()["field"], "email");
    assert_eq!(admin.post("/users", user(&own, "250")).await.status, 409, "the address is taken");
    let taken = admin.post("/users", user("bia@acme.test", "101")).await;
    assert_eq!((taken.status, &taken.json()["field"]), (409, &json!("new_extension")));
    assert_eq!(admin.post("/users", user("bia@acme.test", "2x")).await.json()["field"], "new_extension");
    assert_eq!(numbers().await, before, "no extension is left behind");
    assert_eq!(admin.read("/users").await["items"].as_array().map(Vec::len), Some(1), "and nobody is made");
    let made = admin.does("/users", user("bia@acme.test", "250")).await;
    assert_eq!(made["extension"], "250", "{made}");
    assert_eq!(admin.read("/extensions/250").await["display_name"], "Bia");
    // What was told registers.
    let password = made["extension_password"].as_str().expect("a password");
    let page = ramal_tests::WirePage::try_sign_in(&node, "250", "acme.test", password).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(admin.post("/users", user("eva@acme.test", "250")).await.status, 409);
}
