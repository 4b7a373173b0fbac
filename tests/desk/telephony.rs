//! Extensions, trunks and the dial plan, made in the console and good at once.

use ramal_tests::wire::ua::{Identity, Ua};
use ramal_tests::{Desk, Node, Site};
use serde_json::json;

#[tokio::test]
async fn a_new_extension_registers_and_calls_at_once() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let made = admin.post("/extensions", json!({ "number": "200", "display_name": "Stock" })).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let password = made.json()["password"].as_str().expect("told once").to_owned();
    assert!(!admin.read("/extensions/200").await.to_string().contains(&password));
    let identity =
        Identity { user: "200".to_owned(), domain: node.site.domain.clone(), password, target: node.udp };
    let phone = Ua::udp(identity).await;
    phone.register().await;
    assert_eq!(node.registrations().await.len(), 1);
    let renewed = admin.ask("POST", "/extensions/200/password", None).await.json()["password"].clone();
    assert_ne!(renewed, made.json()["password"]);
    assert_eq!(admin.delete("/extensions/200").await.status, 204);
    assert_eq!(admin.get("/extensions/200").await.status, 404);
}

#[tokio::test]
async fn an_extension_is_checked_by_the_rules_of_site_files() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let refused = |body: serde_json::Value| {
        let admin = admin.clone();
        async move {
            let answer = admin.post("/extensions", body).await;
            (answer.status, answer.json()["field"].as_str().unwrap_or_default().to_owned())
        }
    };
    assert_eq!(refused(json!({ "number": "1" })).await, (422, "number".to_owned()));
    assert_eq!(refused(json!({ "number": "100" })).await, (409, "number".to_owned()));
    assert_eq!(
        refused(json!({ "number": "300", "max_bindings": 0 })).await,
        (422, "max_bindings".to_owned())
    );
    assert_eq!(refused(json!({ "number": "300", "password": "short" })).await, (422, "password".to_owned()));
    assert_eq!(refused(json!({ "number": "300", "formerly": "100" })).await, (422, "formerly".to_owned()));
    assert_eq!(refused(json!({ "number": "300", "ha1": {} })).await, (422, "ha1".to_owned()));
    assert_eq!(refused(json!({ "number": "300", "colour": "red" })).await, (400, "colour".to_owned()));
    let changed =
        admin.patch("/extensions/100", json!({ "ring_timeout_s": 20, "enabled": false })).await.json();
    assert_eq!((&changed["ring_timeout_s"], &changed["enabled"]), (&json!(20), &json!(false)));
    let back = admin.patch("/extensions/100", json!({ "ring_timeout_s": null })).await.json();
    assert_eq!((&back["ring_timeout_s"], &back["enabled"]), (&json!(null), &json!(false)));
    // Only a hash is kept, and it holds for the number.
    assert_eq!(admin.patch("/extensions/100", json!({ "number": "500" })).await.status, 422);
}

#[tokio::test]
async fn a_trunk_and_its_rules_come_and_go() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let trunk = json!({ "name": "carrier", "host": "127.0.0.9", "sources": ["127.0.0.9/32"],
        "credentials_out": { "username": "acme", "password": "a secret of tests" } });
    let made = admin.post("/trunks", trunk).await;
    assert_eq!(made.status, 201, "{}", made.text());
    assert!(!made.text().contains("a secret of tests"));
    // What a database holds of a password is no password here.
    let hashes = json!({ "of": "acme@pbx.test", "md5": "0".repeat(32), "sha256": "0".repeat(64) });
    for (key, field, value) in [
        ("digest_in", "ha1", &hashes),
        ("credentials_out", "ha1", &hashes),
        ("credentials_out", "sealed", &json!("x")),
    ] {
        let body = json!({ key: { "username": "acme", "realm": "pbx.test", field: value } });
        let answer = admin.patch("/trunks/carrier", body).await;
        assert_eq!((answer.status, &answer.json()["field"]), (422, &json!(format!("{key}.{field}"))));
    }
    let mut rules = admin.read("/dial-rules").await;
    assert_eq!(rules.as_array().unwrap().len(), 3);
    rules.as_array_mut().unwrap().push(json!({ "from_trunk": "carrier", "number": "*", "extension": "100" }));
    let put = admin.put("/dial-rules", rules.clone()).await;
    assert_eq!((put.status, put.json()), (200, rules));
    let listed = admin.read("/trunks").await;
    assert_eq!(listed["items"][0]["name"], "carrier");
    assert!(listed["items"][0]["state"].is_object(), "{listed}");
    // A rule leads to both: they stay until it has gone.
    assert_eq!(admin.delete("/trunks/carrier").await.status, 422);
    assert_eq!(admin.delete("/extensions/100").await.status, 422);
    let kept = admin.patch("/trunks/carrier", json!({ "options_ping_s": 30 })).await;
    assert_eq!((kept.status, &kept.json()["credentials_out"]["username"]), (200, &json!("acme")));
    let wrong = admin.put("/dial-rules", json!([{ "prefix": "0", "trunk": "carrer" }])).await;
    assert_eq!((wrong.status, &wrong.json()["field"]), (422, &json!("rule[0].trunk")));
    assert!(wrong.text().contains("carrier"), "{}", wrong.text());
    let twice = json!([{ "dial": "*1", "service": "echo" }, { "dial": "*1", "service": "busy" }]);
    let wrong = admin.put("/dial-rules", twice).await;
    assert_eq!((wrong.status, &wrong.json()["field"]), (422, &json!("rule[1].dial")));
    assert_eq!(wrong.json()["code"], "rule_twice", "{}", wrong.text());
    assert_eq!(admin.put("/dial-rules", json!([])).await.status, 200);
    assert_eq!(admin.delete("/trunks/carrier").await.status, 204);
}

#[tokio::test]
async fn an_extension_of_a_user_can_go() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let ana = admin.colleague("Ana", "agent", json!({ "extension": "101" })).await;
    assert_eq!(admin.delete("/extensions/101").await.status, 204);
    assert_eq!(ana.read("/me").await["extension"], json!(null));
}

#[tokio::test]
async fn two_administrators_change_at_the_same_time() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let numbers = ["301", "302", "303"];
    let made = numbers.map(|number| {
        let admin = admin.clone();
        tokio::spawn(async move { admin.post("/extensions", json!({ "number": number })).await.status })
    });
    for made in made {
        assert_eq!(made.await.unwrap(), 201);
    }
    for number in numbers {
        assert_eq!(admin.get(&format!("/extensions/{number}")).await.status, 200);
    }
}
