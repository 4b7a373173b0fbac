//! F012 to F015, F223, F229, F230: who gets in, and who does not.

use ramal_tests::deadline::until_async;
use ramal_tests::desk::{PASSWORD, send};
use ramal_tests::talk::AgentCall;
use ramal_tests::{Desk, Node, Site};
use serde_json::json;

#[tokio::test]
async fn the_first_administrator_sets_a_password_by_the_link_of_the_first_start() {
    let node = Node::start(Site::acme()).await;
    let link = node.setup_link.clone().expect("a link");
    let token = link.rsplit('/').next().unwrap();
    assert!(link.starts_with(&format!("http://{}/#/link/", node.web)), "{link}");
    let whose = send(node.web, "GET", &format!("/links/{token}"), &[], None).await.json();
    assert_eq!((&whose["email"], &whose["purpose"]), (&json!("admin@acme.test"), &json!("setup")));
    let admin = Desk::first(&node).await;
    let me = admin.read("/me").await;
    assert_eq!((&me["role"], &me["organization"]["name"]), (&json!("administrator"), &json!("acme")));
    assert!(me["permissions"].as_array().unwrap().contains(&json!("users.manage")));
    let again = Desk::log_in(&node, "ADMIN@acme.test ").await;
    assert_eq!(again.id(), admin.id());
}

#[tokio::test]
async fn a_link_is_good_once() {
    let node = Node::start(Site::acme()).await;
    Desk::first(&node).await;
    let token = node.setup_link.as_deref().unwrap().rsplit('/').next().unwrap();
    let path = format!("/links/{token}");
    assert_eq!(send(node.web, "GET", &path, &[], None).await.status, 404);
    let body = json!({ "password": "another of tests" });
    assert_eq!(send(node.web, "POST", &path, &[], Some(&body)).await.status, 404);
    assert_eq!(Desk::try_log_in(node.web, "admin@acme.test", "another of tests").await.status, 401);
}

#[tokio::test]
async fn a_link_that_is_over_is_none() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let made =
        admin.post("/users", json!({ "name": "Ana", "email": "ana@acme.test", "role": "agent" })).await;
    let link = made.json()["setup_link"].as_str().unwrap().to_owned();
    node.database.change("UPDATE links SET expires_at_ms = 1 WHERE used_at_ms IS NULL");
    let path = format!("/links/{}", link.rsplit('/').next().unwrap());
    assert_eq!(send(node.web, "GET", &path, &[], None).await.status, 404);
    let body = json!({ "password": PASSWORD });
    assert_eq!(send(node.web, "POST", &path, &[], Some(&body)).await.status, 404);
}

#[tokio::test]
async fn a_poor_password_is_refused_and_the_link_stays_good() {
    let node = Node::start(Site::acme()).await;
    let token = node.setup_link.as_deref().unwrap().rsplit('/').next().unwrap();
    let refused =
        send(node.web, "POST", &format!("/links/{token}"), &[], Some(&json!({ "password": "short" }))).await;
    assert_eq!((refused.status, &refused.json()["field"]), (422, &json!("password")));
    Desk::first(&node).await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_told_alike() {
    let node = Node::start(Site::acme()).await;
    Desk::first(&node).await;
    let wrong = Desk::try_log_in(node.web, "admin@acme.test", "not the password").await;
    let unknown = Desk::try_log_in(node.web, "nobody@acme.test", "not the password").await;
    assert_eq!((wrong.status, unknown.status), (401, 401));
    assert_eq!(wrong.text(), unknown.text());
    assert_eq!(wrong.header("Content-Type"), "application/problem+json");
    assert_eq!(wrong.header("Set-Cookie"), "");
}

#[tokio::test]
async fn who_guesses_passwords_is_slowed_down() {
    let node = Node::start(Site::acme()).await;
    Desk::first(&node).await;
    // One of ten guesses is forgotten every ten seconds: on a slow machine the refusal may be over before the next try.
    until_async("a right password that is not even looked at", async || {
        let refused = until_async("a refusal", async || {
            let answer = Desk::try_log_in(node.web, "admin@acme.test", "a wrong password").await;
            assert!(matches!(answer.status, 401 | 429), "{answer:?}");
            (answer.status == 429).then_some(answer)
        })
        .await;
        assert!(refused.header("Retry-After").parse::<u64>().unwrap() > 0);
        let right = Desk::try_log_in(node.web, "admin@acme.test", PASSWORD).await;
        (right.status == 429).then_some(())
    })
    .await;
}

#[tokio::test]
async fn without_the_token_of_the_page_a_cookie_changes_nothing() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let body = json!({ "name": "Mallory" });
    let own = format!("http://{}", node.web);
    let change = |headers: Vec<(&'static str, String)>| {
        let (body, web) = (body.clone(), node.web);
        async move {
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            send(web, "PATCH", "/me", &headers, Some(&body)).await.status
        }
    };
    let cookie = ("Cookie", admin.cookie().to_owned());
    let csrf = ("x-csrf-token", admin.csrf().to_owned());
    assert_eq!(change(vec![cookie.clone()]).await, 403);
    assert_eq!(change(vec![cookie.clone(), ("Origin", own.clone())]).await, 403);
    assert_eq!(change(vec![cookie.clone(), csrf.clone()]).await, 403);
    let strange = ("Origin", "https://evil.example".to_owned());
    assert_eq!(change(vec![cookie.clone(), csrf.clone(), strange]).await, 403);
    let wrong = ("x-csrf-token", "AAAA".to_owned());
    assert_eq!(change(vec![cookie.clone(), wrong, ("Origin", own.clone())]).await, 403);
    assert_eq!(admin.read("/me").await["name"], "Administrator");
    assert_eq!(change(vec![cookie, csrf, ("Origin", own)]).await, 200);
}

#[tokio::test]
async fn the_cookie_is_for_this_site_and_no_script() {
    let node = Node::start(Site::acme()).await;
    Desk::first(&node).await;
    let answer = Desk::try_log_in(node.web, "admin@acme.test", PASSWORD).await;
    let cookie = answer.header("Set-Cookie");
    assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Strict"), "{cookie}");
    assert_eq!(answer.header("Cache-Control"), "no-store");
}

#[tokio::test]
async fn after_log_out_the_cookie_is_nobodys() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let other = Desk::log_in(&node, "admin@acme.test").await;
    assert_eq!(admin.ask("POST", "/logout", None).await.status, 204);
    assert_eq!(admin.get("/me").await.status, 401);
    assert_eq!(other.get("/me").await.status, 200);
}

#[tokio::test]
async fn a_login_that_is_over_asks_to_log_in_again() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    node.database.change("UPDATE logins SET expires_at_ms = 1");
    assert_eq!(admin.get("/me").await.status, 401);
}

#[tokio::test]
async fn another_password_logs_all_other_browsers_out() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let elsewhere = Desk::log_in(&node, "admin@acme.test").await;
    let wrong = json!({ "current": "not the password", "new": "the next of tests" });
    let refused = admin.post("/me/password", wrong).await;
    assert_eq!((refused.status, &refused.json()["field"]), (422, &json!("current")));
    let right = json!({ "current": PASSWORD, "new": "the next of tests" });
    assert_eq!(admin.post("/me/password", right).await.status, 204);
    assert_eq!(admin.get("/me").await.status, 200);
    assert_eq!(elsewhere.get("/me").await.status, 401);
    assert_eq!(Desk::try_log_in(node.web, "admin@acme.test", PASSWORD).await.status, 401);
    assert_eq!(Desk::try_log_in(node.web, "admin@acme.test", "the next of tests").await.status, 200);
}

#[tokio::test]
async fn a_program_needs_no_page() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let made = admin.post("/tokens", json!({ "name": "Reports" })).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let bearer = format!("Bearer {}", made.json()["token"].as_str().unwrap());
    let program = [("Authorization", bearer.as_str())];
    assert_eq!(send(node.web, "GET", "/me", &program, None).await.status, 200);
    let renamed = send(node.web, "PATCH", "/me", &program, Some(&json!({ "name": "By program" }))).await;
    assert_eq!(renamed.status, 200, "{}", renamed.text());
    let listed = admin.read("/tokens").await;
    assert!(!listed.to_string().contains(made.json()["token"].as_str().unwrap()));
    let path = format!("/tokens/{}", made.json()["id"]);
    assert_eq!(admin.delete(&path).await.status, 204);
    let revoked = send(node.web, "GET", "/me", &program, None).await;
    assert_eq!((revoked.status, &revoked.json()["code"]), (401, &json!("token_unknown")));
    // The cookie's token is for cookies, and the other way round.
    let stolen = format!("Bearer {}", admin.cookie().split('=').nth(1).unwrap());
    assert_eq!(send(node.web, "GET", "/me", &[("Authorization", &stolen)], None).await.status, 401);
}

#[tokio::test]
async fn who_is_in_a_call_of_his_own_does_not_log_out_before_it_ends() {
    let node = Node::start(Site::acme()).await;
    let talk = AgentCall::begin(&node).await;
    let refused = talk.ana.post("/logout", json!({})).await;
    assert_eq!((refused.status, &refused.json()["code"]), (409, &json!("call_open")), "{}", refused.text());
    talk.goes_on().await;
    let hung_up = talk.ana.delete(&format!("/calls/{}", talk.id)).await;
    assert!(hung_up.status < 300, "{}", hung_up.text());
    talk.phone.expect_bye().await;
    assert_eq!(talk.ana.post("/logout", json!({})).await.status, 204);
}
