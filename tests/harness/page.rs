//! A page without a browser: HTTP and events by hand, and a WebRTC stack of its own.

pub mod events;
pub mod http;
pub mod media;

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::Node;
use crate::page::events::Events;
use crate::page::http::Answer;
use crate::page::media::PageMedia;
use crate::site::password;

/// Somebody signed in as an extension.
pub struct WirePage {
    web: SocketAddr,
    token: String,
}

/// A Seat that this page has taken.
pub struct Seat {
    pub media: PageMedia,
    pub location: String,
    pub etag: String,
    /// The gateway's description.
    pub answer: String,
}

impl WirePage {
    /// Signs in with the extension's password.
    pub async fn sign_in(node: &Node, number: &str) -> WirePage {
        let answer = WirePage::try_sign_in(node, number, &node.site.domain, &password(number)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let token = answer.json()["token"].as_str().expect("a token").to_owned();
        WirePage { web: node.web, token }
    }

    /// Asks for a token.
    pub async fn try_sign_in(node: &Node, number: &str, domain: &str, password: &str) -> Answer {
        let body = json!({ "extension": number, "domain": domain, "password": password });
        let json = [("Content-Type", "application/json")];
        http::request(node.web, "POST", "/api/token", &json, body.to_string().as_bytes()).await
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    /// A request with the token.
    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let mut all = vec![("Authorization", bearer.as_str())];
        all.extend(headers);
        http::request(self.web, method, path, &all, body).await
    }

    /// A POST of JSON, or of nothing.
    pub async fn post(&self, path: &str, body: Option<Value>) -> Answer {
        match body {
            Some(body) => {
                let json = [("Content-Type", "application/json")];
                self.ask("POST", path, &json, body.to_string().as_bytes()).await
            }
            None => self.ask("POST", path, &[], &[]).await,
        }
    }

    /// Takes the Seat; media is not waited for.
    pub async fn attach(&self) -> Seat {
        let (media, offer) = PageMedia::offer().await;
        self.attach_by(media, &offer).await
    }

    /// Takes the Seat by this offer; media is not waited for.
    pub async fn attach_by(&self, media: PageMedia, offer: &str) -> Seat {
        let answer =
            self.ask("POST", "/whip", &[("Content-Type", "application/sdp")], offer.as_bytes()).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        media.accept(&answer.text());
        let (location, etag) = (answer.header("Location"), answer.header("ETag"));
        Seat { media, location, etag, answer: answer.text() }
    }

    /// The page's network is another one from now on: it restarts ICE (RFC 9725 §4.3.3).
    pub async fn move_away(&self, seat: &mut Seat) {
        let fragment = seat.media.move_away().await;
        let headers = [("Content-Type", "application/trickle-ice-sdpfrag"), ("If-Match", "*")];
        let answer = self.ask("PATCH", &seat.location, &headers, fragment.as_bytes()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        seat.etag = answer.header("ETag");
        seat.media.arrive(&answer.text());
    }

    /// Takes the Seat and waits until media can flow.
    pub async fn take_seat(&self) -> Seat {
        let seat = self.attach().await;
        seat.media.connected().await;
        seat
    }

    /// Begins to listen to what happens; the snapshot comes first.
    pub async fn events(&self) -> Events {
        Events::open(self.web, &self.token).await
    }

    /// Dials; the id of the call.
    pub async fn dial(&self, to: &str) -> String {
        let answer = self.post("/api/calls", Some(json!({ "to": to }))).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["id"].as_str().expect("an id").to_owned()
    }

    /// Asks something of a call and sees that it is done.
    pub async fn tell(&self, call: &str, verb: &str, body: Option<Value>) {
        let answer = self.post(&format!("/api/calls/{call}/{verb}"), body).await;
        assert!(matches!(answer.status, 202 | 204), "{verb}: {answer:?}");
    }

    pub async fn hang_up(&self, call: &str) {
        let answer = self.ask("DELETE", &format!("/api/calls/{call}"), &[], &[]).await;
        assert_eq!(answer.status, 204, "{answer:?}");
    }
}
