//! F223 to F232: users and what they may.

use ramal_tests::desk::{PASSWORD, send};
use ramal_tests::page::http;
use ramal_tests::{Desk, Node, Site};
use serde_json::json;

#[tokio::test]
async fn an_agent_manages_nothing() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let agent = admin.colleague("Ana", "agent", json!({})).await;
    for path in ["/users", "/extensions", "/trunks", "/dial-rules", "/tokens", "/audit", "/organization"] {
        assert_eq!(agent.get(path).await.status, 403, "{path}");
    }
    let new = json!({ "name": "Eva", "email": "eva@acme.test", "role": "administrator" });
    assert_eq!(agent.post("/users", new).await.status, 403);
    let own = format!("/users/{}", agent.id());
    assert_eq!(agent.patch(&own, json!({ "role": "administrator" })).await.status, 403);
    assert_eq!(agent.post("/extensions", json!({ "number": "200" })).await.status, 403);
    assert_eq!(agent.put("/dial-rules", json!([])).await.status, 403);
}

#[tokio::test]
async fn a_user_is_made_changed_and_deleted() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let more = json!({ "extension": "101", "capacity": { "chats": 2, "calls": 1 }, "language": "en" });
    let ana = admin.colleague("Ana", "agent", more).await;
    assert_eq!(ana.me["extension"], "101");
    assert_eq!(ana.me["language"], "en");
    let path = format!("/users/{}", ana.id());
    let changed =
        admin.patch(&path, json!({ "name": "Ana Maria", "extension": null, "role": "supervisor" })).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    let seen = admin.read(&path).await;
    assert_eq!(
        (&seen["name"], &seen["extension"], &seen["role"]),
        (&json!("Ana Maria"), &json!(null), &json!("supervisor"))
    );
    assert_eq!(seen["capacity"], json!({ "chats": 2, "calls": 1 }));
    let me = ana.read("/me").await;
    assert!(me["permissions"].as_array().unwrap().contains(&json!("supervise")));
    assert_eq!(admin.delete(&path).await.status, 204);
    assert_eq!(admin.get(&path).await.status, 404);
    assert_eq!(ana.get("/me").await.status, 401);
}

#[tokio::test]
async fn omnichannel_needs_webrtc() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let ana = admin.colleague("Ana", "agent", json!({ "webrtc": false })).await;
    let path = format!("/users/{}", ana.id());
    assert_eq!(admin.read(&path).await["omnichannel"], false);
    let refused = admin.patch(&path, json!({ "omnichannel": true })).await;
    assert_eq!((refused.status, &refused.json()["field"]), (422, &json!("omnichannel")));
    assert_eq!(admin.patch(&path, json!({ "omnichannel": true, "webrtc": true })).await.status, 200);
    assert_eq!(admin.patch(&path, json!({ "webrtc": false })).await.status, 422);
}

#[tokio::test]
async fn what_is_anothers_or_odd_is_refused_by_field() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    admin.colleague("Ana", "agent", json!({ "extension": "101" })).await;
    let refused = |body: serde_json::Value| {
        let admin = admin.clone();
        async move {
            let answer = admin.post("/users", body).await;
            (answer.status, answer.json()["field"].as_str().unwrap_or_default().to_owned())
        }
    };
    let named = |name: &str, email: &str| json!({ "name": name, "email": email, "role": "agent" });
    assert_eq!(refused(named("Ana", "ana@acme.test")).await.0, 409);
    assert_eq!(refused(named("Bia", "no address")).await, (422, "email".to_owned()));
    assert_eq!(refused(named(" ", "bia@acme.test")).await, (422, "name".to_owned()));
    assert_eq!(
        refused(json!({ "name": "Bia", "email": "bia@acme.test", "role": "agent", "extension": "999" }))
            .await,
        (422, "extension".to_owned())
    );
    assert_eq!(
        refused(json!({ "name": "Bia", "email": "bia@acme.test", "role": "agent", "extension": "101" }))
            .await
            .0,
        409
    );
    assert_eq!(refused(json!({ "name": "Bia", "email": "bia@acme.test" })).await, (400, "role".to_owned()));
    assert_eq!(refused(json!({ "name": "Bia", "email": "bia@acme.test", "role": "king" })).await.0, 400);
    assert_eq!(
        refused(json!({ "name": "Bia", "email": "bia@acme.test", "role": "agent", "is_admin": true })).await,
        (400, "is_admin".to_owned())
    );
    let markup = refused(named("<script>alert(1)</script>", "bia@acme.test")).await;
    assert_eq!(markup.0, 201, "a name is text, whatever it looks like");
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let ana = admin.colleague("Ana", "agent", json!({})).await;
    assert_eq!(admin.patch(&format!("/users/{}", ana.id()), json!({ "enabled": false })).await.status, 200);
    assert_eq!(ana.get("/me").await.status, 401);
    assert_eq!(Desk::try_log_in(node.web, "ana@acme.test", PASSWORD).await.status, 401);
    node.run(&["user", "enable", "ana@acme.test"]).await;
    assert_eq!(Desk::try_log_in(node.web, "ana@acme.test", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_reset_stops_the_old_password_and_an_administrator_may_set_one() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let ana = admin.colleague("Ana", "agent", json!({})).await;
    let path = format!("/users/{}", ana.id());
    let reset = admin.ask("POST", &format!("{path}/reset"), None).await;
    assert_eq!(reset.status, 200, "{}", reset.text());
    assert_eq!(ana.get("/me").await.status, 401);
    assert_eq!(Desk::try_log_in(node.web, "ana@acme.test", PASSWORD).await.status, 401);
    let again = Desk::by_link(node.web, reset.json()["link"].as_str().unwrap()).await;
    assert_eq!(again.id(), ana.id());
    assert_eq!(
        admin.put(&format!("{path}/password"), json!({ "password": "chosen for Ana" })).await.status,
        204
    );
    assert_eq!(again.get("/me").await.status, 401);
    assert_eq!(Desk::try_log_in(node.web, "ana@acme.test", "chosen for Ana").await.status, 200);
}

#[tokio::test]
async fn somebody_can_always_manage() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let own = format!("/users/{}", admin.id());
    assert_eq!(admin.patch(&own, json!({ "role": "agent" })).await.status, 409);
    assert_eq!(admin.patch(&own, json!({ "enabled": false })).await.status, 409);
    assert_eq!(admin.delete(&own).await.status, 409);
    admin.colleague("Eva", "administrator", json!({})).await;
    assert_eq!(admin.patch(&own, json!({ "role": "agent" })).await.status, 200);
    assert_eq!(admin.get("/users").await.status, 403);
}

#[tokio::test]
async fn users_come_in_pages_by_name() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    for name in ["Duda", "Bia", "Caio", "Eva"] {
        let body = json!({ "name": name, "email": format!("{name}@acme.test"), "role": "agent" });
        assert_eq!(admin.post("/users", body).await.status, 201);
    }
    let mut names = Vec::new();
    let mut path = "/users?limit=2".to_owned();
    loop {
        let page = admin.read(&path).await;
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        names.extend(items.iter().map(|user| user["name"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/users?limit=2&cursor={next}");
    }
    assert_eq!(names, ["Administrator", "Bia", "Caio", "Duda", "Eva"]);
    assert_eq!(admin.get("/users?cursor=%21").await.status, 422);
    assert_eq!(admin.get("/users?limit=many").await.status, 400);
}

#[tokio::test]
async fn a_slip_of_the_pen_in_a_query_a_path_or_a_method_is_told_in_the_one_form() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let odd = admin.get("/call-records?form_ms=1").await;
    assert_eq!(odd.status, 400, "{}", odd.text());
    let odd = odd.json();
    assert_eq!((&odd["field"], &odd["code"]), (&json!("form_ms"), &json!("unknown_parameter")));
    assert!(odd["detail"].as_str().is_some_and(|detail| detail.contains("from_ms, to_ms")), "{odd}");
    assert_eq!(admin.get("/call-records?from_ms=1&limit=2").await.status, 200);
    let problem = "application/problem+json";
    let none = admin.get("/call-recordings").await;
    assert_eq!((none.status, none.header("Content-Type").as_str()), (404, problem));
    let method = admin.post("/audit", json!({})).await;
    assert_eq!((method.status, method.header("Content-Type").as_str()), (405, problem));
    assert_eq!(method.header("Allow"), "GET,HEAD");
    assert_eq!(method.json()["title"], "Not with this method");
}

#[tokio::test]
async fn a_parameter_is_refused_where_none_is_read_and_nothing_is_done_but_a_provider_may_add_its_own() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let id = admin.read("/users?limit=1").await["items"][0]["id"].clone();
    let named = json!({ "title": "Almoço" });
    let asked = [
        ("GET", "/me?fields=name".to_owned(), None),
        ("GET", format!("/users/{id}?full=1"), None),
        ("POST", "/pause-reasons?dry_run=1".to_owned(), Some(&named)),
        ("DELETE", format!("/users/{id}?force=1"), None),
        ("GET", "/dispositions?limit=1&sort=title".to_owned(), None),
        ("GET", "/openapi.json?pretty=1".to_owned(), None),
    ];
    for (method, path, body) in asked {
        let odd = admin.ask(method, &path, body).await;
        assert_eq!(odd.status, 400, "{method} {path}: {}", odd.text());
        let odd = odd.json();
        assert_eq!(odd["code"], "unknown_parameter", "{method} {path}");
        let name = odd["field"].as_str().expect("a name");
        assert!(path.contains(&format!("{name}=")) && name != "limit", "{method} {path}: {odd}");
    }
    assert_eq!(admin.read("/pause-reasons?limit=100").await["items"], json!([]), "nothing was made");
    assert_eq!(admin.get(&format!("/users/{id}")).await.status, 200, "nobody was deleted");
    assert_eq!(admin.ask("DELETE", "/audit?all=1", None).await.status, 405);
    // What pages of other sites and providers may ask, and files.
    for (method, path, status) in [
        ("GET", "/api/calls?all=1", 400),
        ("POST", "/whip?x=1", 400),
        ("POST", "/hooks/nobody?hub.challenge=1", 404),
        ("GET", "/?utm_source=mail", 200),
        ("GET", "/trial/?x=1", 200),
    ] {
        let answer = http::request(node.web, method, path, &[], b"").await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
    }
}

#[tokio::test]
async fn the_command_line_makes_lists_and_resets_users() {
    let node = Node::start(Site::acme()).await;
    let made = node.run(&["user", "add", "Bia@acme.test", "--name", "Bia", "--role", "supervisor"]).await;
    let link = made.split_whitespace().find(|word| word.contains("/#/link/")).expect("a link");
    let bia = Desk::by_link(node.web, link).await;
    assert_eq!(bia.me["role"], "supervisor");
    let listed = node.run(&["user", "list"]).await;
    assert!(listed.contains("bia@acme.test") && listed.contains("admin@acme.test"), "{listed}");
    let reset = node.run(&["user", "reset", "bia@acme.test"]).await;
    assert!(reset.contains("/#/link/"));
    assert_eq!(bia.get("/me").await.status, 401);
    node.run(&["user", "disable", "bia@acme.test"]).await;
    let (good, _, stderr) = node.try_run(&["user", "reset", "nobody@acme.test"]).await;
    assert!(!good && stderr.contains("ramal user list"), "{stderr}");
}

#[tokio::test]
async fn the_command_line_gives_a_program_a_users_rights_by_a_token_that_is_told_once() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let ana = admin.colleague("Ana", "agent", json!({})).await;
    let email = ana.me["email"].as_str().expect("an address");
    // On standard output stands nothing else: scripts take it as it is.
    let token = node.run(&["user", "token", email, "--name", "crm"]).await.trim().to_owned();
    assert!(token.starts_with("ramal_") && !token.contains(char::is_whitespace), "{token}");
    let bearer = format!("Bearer {token}");
    let headers = [("Authorization", bearer.as_str())];
    let me = send(node.web, "GET", "/me", &headers, None).await.json();
    assert_eq!(me["id"], ana.id());
    // It needs neither Origin nor x-csrf-token, and may no more than Ana may.
    let named = json!({ "name": "Ana B." });
    assert_eq!(send(node.web, "PATCH", "/me", &headers, Some(&named)).await.status, 200);
    let refused = send(node.web, "GET", "/users", &headers, None).await;
    assert_eq!((refused.status, &refused.json()["code"]), (403, &json!("no_permission")));
    let listed = admin.read("/tokens").await;
    assert_eq!((&listed["items"][0]["name"], &listed["items"][0]["user"]), (&json!("crm"), &json!(ana.id())));
    assert!(!listed.to_string().contains(&token));
    let audit = admin.read("/audit?limit=100").await.to_string();
    assert!(audit.contains("command line") && !audit.contains(&token), "{audit}");
    node.run(&["user", "disable", email]).await;
    assert_eq!(send(node.web, "GET", "/me", &headers, None).await.status, 401);
    let (good, _, stderr) = node.try_run(&["user", "token", email]).await;
    assert!(!good && stderr.contains("ramal user enable"), "{stderr}");
}

#[tokio::test]
async fn a_photo_is_a_picture_and_colleagues_see_it() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let ana = admin.colleague("Ana", "agent", json!({})).await;
    let png = b"\x89PNG\r\n\x1a\n rest of a picture";
    let origin = format!("http://{}", node.web);
    let put = |kind: &'static str, bytes: Vec<u8>| {
        let (ana, origin, web) = (ana.clone(), origin.clone(), node.web);
        async move {
            let headers = [
                ("Cookie", ana.cookie()),
                ("x-csrf-token", ana.csrf()),
                ("Origin", &origin),
                ("Content-Type", kind),
            ];
            ramal_tests::page::http::request(web, "PUT", "/api/v1/me/photo", &headers, &bytes).await.status
        }
    };
    assert_eq!(put("image/png", b"<script>alert(1)</script>".to_vec()).await, 415);
    assert_eq!(put("text/html", png.to_vec()).await, 415);
    assert_eq!(put("image/png", vec![0; 600 << 10]).await, 413);
    assert_eq!(put("image/png", png.to_vec()).await, 204);
    let url = ana.read("/me").await["photo_url"].as_str().unwrap().to_owned();
    let photo = admin.get(url.trim_start_matches("/api/v1")).await;
    assert_eq!((photo.status, photo.header("Content-Type").as_str()), (200, "image/png"));
    assert_eq!(photo.header("X-Content-Type-Options"), "nosniff");
    assert_eq!(ana.delete("/me/photo").await.status, 204);
    assert_eq!(admin.get(url.trim_start_matches("/api/v1")).await.status, 404);
}
