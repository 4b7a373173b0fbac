//! The phone in a console: the Seat of whoever is logged in, and his calls.

use serde_json::{Value, json};

use crate::desk::Desk;
use crate::page::Seat;
use crate::page::http::{self, Answer};
use crate::page::media::PageMedia;

impl Desk {
    /// Takes the Seat and waits until media can flow.
    pub async fn take_seat(&self) -> Seat {
        let (media, offer) = PageMedia::offer().await;
        let answer = self.send_bytes("POST", "/api/v1/whip", "application/sdp", offer.as_bytes()).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        media.accept(&answer.text());
        let (location, etag) = (answer.header("Location"), answer.header("ETag"));
        let seat = Seat { media, location, etag, answer: answer.text() };
        seat.media.connected().await;
        seat
    }

    /// A request with a body of another type than JSON.
    pub async fn send_bytes(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Answer {
        let origin = format!("http://{}", self.web());
        let headers = [
            ("Cookie", self.cookie()),
            ("x-csrf-token", self.csrf()),
            ("Origin", origin.as_str()),
            ("Content-Type", kind),
        ];
        http::request(self.web(), method, path, &headers, body).await
    }

    /// Dials; the id of the call.
    pub async fn dial(&self, to: &str) -> String {
        let answer = self.post("/calls", json!({ "to": to })).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["id"].as_str().expect("an id").to_owned()
    }

    /// Asks something of a call and sees that it is done.
    pub async fn tell_call(&self, call: &str, verb: &str, body: Option<&Value>) {
        let answer = self.ask("POST", &format!("/calls/{call}/{verb}"), body).await;
        assert!(matches!(answer.status, 202 | 204), "{verb}: {}", answer.text());
    }
}
