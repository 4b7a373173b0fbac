//! `http`: requests to granted hosts only, with limits of size, number and time.

mod body;
mod connect;
mod network;

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use crate::plugin::guest::Guest;
use crate::plugin::limits::{MAX_REQUEST_HEADERS, MAX_REQUEST_TIME, MAX_RESPONSE_BYTES};
use crate::plugin::manifest::{Lack, host_of};
use crate::plugin::wit::content::Attribute;
use crate::plugin::wit::http::{Host, HttpError, HttpRequest, HttpResponse};

use body::OutgoingBody;
use connect::{Connector, NotPublic};
pub use network::Network;

/// Idle connections to one host that are kept, and for how long.
const MAX_IDLE_PER_HOST: usize = 4;
const IDLE_TIME: Duration = Duration::from_secs(60);
/// Headers that are the host's to write.
const OURS: &[&str] =
    &["connection", "content-length", "expect", "host", "te", "trailer", "transfer-encoding", "upgrade"];

/// The way out of one plugin. Its connections are its own.
pub struct HttpGate {
    client: Client<Connector, OutgoingBody>,
}

impl HttpGate {
    /// `network`: which addresses a granted name may stand for.
    pub fn new(network: Network) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE_TIME)
            .pool_max_idle_per_host(MAX_IDLE_PER_HOST)
            // A request that may have been taken is never sent twice by itself.
            .retry_canceled_requests(false)
            .build(Connector::new(network));
        Self { client }
    }

    async fn send(
        &self,
        request: Request<OutgoingBody>,
        limit_bytes: usize,
    ) -> Result<HttpResponse, HttpError> {
        let response = self.client.request(request).await.map_err(|error| {
            if let Some(NotPublic { host }) = not_public(&error) {
                HttpError::NotAllowed(host.clone())
            } else if error.is_connect() {
                HttpError::NotSent(cause(&error))
            } else {
                HttpError::NoAnswer(cause(&error))
            }
        })?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, limit_bytes).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                HttpError::TooLarge
            } else {
                HttpError::NoAnswer(error.to_string())
            }
        })?;
        let attribute = |(name, value): (&HeaderName, &HeaderValue)| Attribute {
            name: name.as_str().to_owned(),
            value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
        };
        Ok(HttpResponse {
            status: head.status.as_u16(),
            headers: head.headers.iter().map(attribute).collect(),
            body: body.to_bytes().to_vec(),
        })
    }
}

/// That the network behind a name was refused, if it was.
fn not_public<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a NotPublic> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let inside = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if let Some(found) = inside.and_then(|inside| inside.downcast_ref()) {
            return Some(found);
        }
        cause = error.source();
    }
    None
}

/// The innermost reason: the outer ones say "client error".
fn cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

impl Host for Guest {
    async fn send(&mut self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        if !self.take_request() {
            return Err(HttpError::TooMany);
        }
        self.ask(request, MAX_RESPONSE_BYTES).await
    }
}

impl Guest {
    /// Sends a request within what is granted; an answer may have so many bytes.
    ///
    /// # Errors
    /// As WIT says.
    pub async fn ask(&self, request: HttpRequest, limit_bytes: usize) -> Result<HttpResponse, HttpError> {
        let uri = self.granted_uri(&request.url)?;
        let timeout = Duration::from_millis(request.timeout_ms.into()).min(MAX_REQUEST_TIME);
        let request = checked(request, uri, &self.files).await?;
        let answer = tokio::time::timeout(timeout, self.http.send(request, limit_bytes)).await;
        if !matches!(answer, Ok(Err(HttpError::NotAllowed(_) | HttpError::NotSent(_)))) {
            self.denied.something_went_out();
        }
        match answer {
            Ok(Err(HttpError::NotAllowed(host))) => {
                Err(self.deny(self.granted.why_not_private(&self.plugin, host.clone()), host))
            }
            Ok(outcome) => outcome,
            Err(_) => Err(HttpError::NoAnswer(format!("no answer within {} ms", timeout.as_millis()))),
        }
    }

    fn granted_uri(&self, url: &str) -> Result<Uri, HttpError> {
        let invalid = || HttpError::Invalid("no http: or https: URL".to_owned());
        let host = host_of(url).ok_or_else(invalid)?;
        let uri: Uri = url.parse().map_err(|_| invalid())?;
        if uri.scheme_str() == Some("http") && !self.granted.cleartext {
            let why = self.granted.why_not_cleartext(&self.plugin, host, false);
            return Err(self.deny(why, "http: without TLS".to_owned()));
        }
        if !self.granted.allows_host(&host, &self.placement.settings) {
            tracing::warn!(plugin = %self.plugin, owner = %self.placement.owner, host, "the plugin asked for a host that it was not granted");
            let why = self.granted.why_not(&self.plugin, &host, &self.placement.settings);
            return Err(self.deny(why, host));
        }
        Ok(uri)
    }

    fn deny(&self, why: Lack, what: String) -> HttpError {
        self.denied.deny(why);
        HttpError::NotAllowed(what)
    }
}

async fn checked(
    request: HttpRequest,
    uri: Uri,
    files: &HashMap<String, PathBuf>,
) -> Result<Request<OutgoingBody>, HttpError> {
    let invalid = |what: &str| HttpError::Invalid(what.to_owned());
    if request.headers.len() > MAX_REQUEST_HEADERS {
        return Err(invalid("too many headers"));
    }
    let method = Method::from_bytes(request.method.as_bytes()).map_err(|_| invalid("method"))?;
    if method == Method::CONNECT {
        return Err(invalid("method"));
    }
    let outgoing = OutgoingBody::new(request.body, files).await?;
    let mut builder = Request::builder().method(method).uri(uri);
    for header in &request.headers {
        let name = HeaderName::from_bytes(header.name.as_bytes()).map_err(|_| invalid("name of a header"))?;
        let value = HeaderValue::from_str(&header.value).map_err(|_| invalid("value of a header"))?;
        if OURS.contains(&name.as_str()) {
            return Err(HttpError::Invalid(format!("the header {name} is the host's")));
        }
        builder = builder.header(name, value);
    }
    if let Some(media_type) = outgoing.media_type() {
        builder = builder.header(hyper::header::CONTENT_TYPE, media_type);
    }
    builder.body(outgoing).map_err(|error| HttpError::Invalid(error.to_string()))
}
