//! Short ways to look into a webhook and to write a request.

use crate::content::Attribute;
use crate::form::pairs;
use crate::http::{Body, HttpError, HttpRequest, HttpResponse};
use crate::inbound::WebhookRequest;
use crate::outbound::SendError;

/// How long an answer may take where a request says nothing else, in milliseconds.
const TIMEOUT_MS: u32 = 10_000;

impl WebhookRequest {
    /// The first header of that name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        value_of(&self.headers, name)
    }

    /// A parameter of the query, decoded.
    pub fn query(&self, name: &str) -> Option<String> {
        let (_, query) = self.url.split_once('?')?;
        pairs(query).find(|(found, _)| found == name).map(|(_, value)| value)
    }

    /// The body as text, if it is UTF-8.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.body).ok()
    }
}

impl HttpRequest {
    /// A request without body.
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: "GET".to_owned(),
            url: url.into(),
            headers: Vec::new(),
            body: Body::Empty,
            timeout_ms: TIMEOUT_MS,
        }
    }

    /// A request with a JSON body.
    pub fn post_json(url: impl Into<String>, json: impl Into<Vec<u8>>) -> Self {
        Self { method: "POST".to_owned(), body: Body::Bytes(json.into()), ..Self::get(url) }
            .with_header("content-type", "application/json")
    }

    /// The same with a header more.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push(Attribute { name: name.to_owned(), value: value.into() });
        self
    }

    /// The same with a bearer token (RFC 6750).
    #[must_use]
    pub fn with_bearer(self, token: &str) -> Self {
        self.with_header("authorization", format!("Bearer {token}"))
    }

    /// Sends it; see [`crate::http::send`].
    ///
    /// # Errors
    /// As the interface `http` says.
    pub fn send(&self) -> Result<HttpResponse, HttpError> {
        crate::http::send(self)
    }
}

impl HttpResponse {
    /// The first header of that name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        value_of(&self.headers, name)
    }

    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// What a failed request means for a message that it carried.
impl From<HttpError> for SendError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::NotAllowed(what) => Self::Other(format!("not granted: {what}")),
            HttpError::Invalid(reason) => Self::Invalid(reason),
            HttpError::NotSent(reason) => Self::Temporary(reason),
            HttpError::NoAnswer(reason) => Self::Unknown(reason),
            HttpError::TooLarge => Self::Unknown("the answer is too large".to_owned()),
            HttpError::TooMany => Self::Other("more requests than one call may make".to_owned()),
            HttpError::Other(reason) => Self::Other(reason),
        }
    }
}

fn value_of<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a str> {
    attributes.iter().find(|attribute| attribute.name == name).map(|attribute| attribute.value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_of_a_provider_that_verifies_an_address() {
        let request = WebhookRequest {
            method: "GET".to_owned(),
            url: "https://example.com/in/7?hub.mode=subscribe&hub.challenge=11%2F58".to_owned(),
            path: String::new(),
            address: "192.0.2.1".to_owned(),
            headers: vec![Attribute { name: "user-agent".to_owned(), value: "facebook".to_owned() }],
            body: Vec::new(),
        };
        assert_eq!(request.query("hub.challenge").as_deref(), Some("11/58"));
        assert_eq!(request.query("hub.verify_token"), None);
        assert_eq!(request.header("user-agent"), Some("facebook"));
    }

    #[test]
    fn only_what_was_never_sent_is_sent_again() {
        assert_eq!(
            SendError::from(HttpError::NotSent("refused".to_owned())),
            SendError::Temporary("refused".to_owned())
        );
        assert!(matches!(SendError::from(HttpError::NoAnswer(String::new())), SendError::Unknown(_)));
    }

    #[test]
    fn a_request_with_a_token() {
        let request = HttpRequest::post_json("https://example.com", "{}").with_bearer("abc");
        let names: Vec<&str> = request.headers.iter().map(|header| header.name.as_str()).collect();
        assert_eq!(names, ["content-type", "authorization"]);
        assert_eq!(request.body, Body::Bytes(b"{}".to_vec()));
    }
}
