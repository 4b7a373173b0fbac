//! A console without a browser: what the API sees of somebody who is logged in.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::Node;
use crate::page::events::Events;
use crate::page::http::{self, Answer};

/// The password of everybody in tests.
pub const PASSWORD: &str = "a password of tests";

/// Somebody's console, logged in.
#[derive(Clone, Debug)]
pub struct Desk {
    web: SocketAddr,
    cookie: String,
    csrf: String,
    /// As `/me` told it at log-in.
    pub me: Value,
}

impl Desk {
    /// The administrator of a fresh node, by the link of its first start.
    pub async fn first(node: &Node) -> Desk {
        let link = node.setup_link.as_deref().expect("a link for the first administrator");
        Desk::by_link(node.web, link).await
    }

    /// Whoever has this link, with [`PASSWORD`].
    pub async fn by_link(web: SocketAddr, link: &str) -> Desk {
        let token = link.rsplit('/').next().expect("a token");
        let answer =
            send(web, "POST", &format!("/links/{token}"), &[], Some(&json!({ "password": PASSWORD }))).await;
        Desk::welcomed(web, &answer)
    }

    /// Logs in with [`PASSWORD`].
    pub async fn log_in(node: &Node, email: &str) -> Desk {
        let answer = Desk::try_log_in(node.web, email, PASSWORD).await;
        Desk::welcomed(node.web, &answer)
    }

    pub async fn try_log_in(web: SocketAddr, email: &str, password: &str) -> Answer {
        send(web, "POST", "/login", &[], Some(&json!({ "email": email, "password": password }))).await
    }

    /// A new colleague, made by an administrator and logged in. `more` are further fields of `POST /users`.
    pub async fn colleague(&self, name: &str, role: &str, more: Value) -> Desk {
        let email = format!(
            "{}@{}.test",
            name.to_lowercase(),
            self.me["organization"]["name"].as_str().unwrap_or("x")
        );
        let mut body = json!({ "name": name, "email": email, "role": role });
        if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
            body.extend(more.clone());
        }
        let made = self.post("/users", body).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let link = made.json()["setup_link"].as_str().expect("a link").to_owned();
        Desk::by_link(self.web, &link).await
    }

    fn welcomed(web: SocketAddr, answer: &Answer) -> Desk {
        assert_eq!(answer.status, 200, "{}", answer.text());
        let cookie = answer.header("Set-Cookie").split(';').next().unwrap_or_default().to_owned();
        let me = answer.json();
        let csrf = me["csrf"].as_str().expect("csrf").to_owned();
        Desk { web, cookie, csrf, me }
    }

    /// Row number of whoever is logged in.
    pub fn id(&self) -> i64 {
        self.me["id"].as_i64().expect("a number")
    }

    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    pub fn csrf(&self) -> &str {
        &self.csrf
    }

    pub fn web(&self) -> SocketAddr {
        self.web
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask("POST", path, Some(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.ask("PUT", path, Some(&body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.ask("PATCH", path, Some(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.ask("DELETE", path, None).await
    }

    /// A request below `/api/v1`, as a page of ours sends it.
    pub async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.ask_with(method, path, &[], body).await
    }

    /// The same with more headers.
    pub async fn ask_with(
        &self,
        method: &str,
        path: &str,
        more: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let origin = format!("http://{}", self.web);
        let mut headers =
            vec![("Cookie", self.cookie.as_str()), ("x-csrf-token", self.csrf.as_str()), ("Origin", &origin)];
        headers.extend(more);
        send(self.web, method, path, &headers, body).await
    }

    /// Its live events; `query` is empty or begins with `?`. The first one is `hello`.
    pub async fn events(&self, query: &str) -> Events {
        let origin = format!("http://{}", self.web);
        let headers = [("Cookie", self.cookie.as_str()), ("Origin", origin.as_str())];
        Events::follow(self.web, &format!("/api/v1/events{query}"), &headers).await
    }

    /// A queue with these members, made by an administrator; its number. `more` are further fields of `POST /queues`.
    pub async fn queue(&self, name: &str, medium: &str, members: &[&Desk], more: Value) -> i64 {
        let members: Vec<i64> = members.iter().map(|member| member.id()).collect();
        let mut body = json!({ "name": name, "medium": medium, "members": members });
        if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
            body.extend(more.clone());
        }
        self.does("/queues", body).await["id"].as_i64().expect("a number")
    }

    /// A number that phones of the organization dial to wait in a queue.
    pub async fn queue_number(&self, dial: &str, queue: &str) {
        let mut rules = self.read("/dial-rules").await;
        rules.as_array_mut().expect("rules").push(json!({ "dial": dial, "queue": queue }));
        let put = self.put("/dial-rules", rules).await;
        assert_eq!(put.status, 200, "{}", put.text());
    }

    /// A POST that does what it should; its answer.
    pub async fn does(&self, path: &str, body: Value) -> Value {
        let answer = self.post(path, body).await;
        assert!(matches!(answer.status, 200 | 201 | 204), "{path}: {} {}", answer.status, answer.text());
        if answer.status == 204 { Value::Null } else { answer.json() }
    }

    /// What a GET gives; anything but 200 fails the test.
    pub async fn read(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }
}

/// A request below `/api/v1` from nobody.
pub async fn send(
    web: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> Answer {
    let path = format!("/api/v1{path}");
    match body {
        Some(body) => {
            let mut all = vec![("Content-Type", "application/json")];
            all.extend(headers);
            http::request(web, method, &path, &all, body.to_string().as_bytes()).await
        }
        None => http::request(web, method, &path, headers, b"").await,
    }
}
