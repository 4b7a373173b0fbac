//! A store of objects that speaks S3. The requests are signed by `rusty-s3`; here they are only sent, one connection each.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_LENGTH, HOST, RANGE};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use rusty_s3::actions::{DeleteObject, GetObject, HeadObject, PutObject, S3Action};
use rusty_s3::{Bucket, Credentials, UrlStyle};
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::config::S3Config;

/// How long a connection may take, with TLS.
const CONNECT_TIME: Duration = Duration::from_secs(10);
/// How long an answer may take; a file gets a second more for each [`SLOWEST_BYTES_PER_S`].
const ANSWER_TIME: Duration = Duration::from_secs(60);
/// Slower than this nobody sends a recording, in bytes a second.
const SLOWEST_BYTES_PER_S: u64 = 64 << 10;
/// How long a signature is good for.
const SIGNATURE_TIME: Duration = Duration::from_secs(900);
/// Bytes of a file that are read at once.
const PIECE_BYTES: usize = 256 << 10;
/// Bytes of an answer that tells why not.
const REASON_BYTES: usize = 4 << 10;
/// Where the checksum stands beside the object.
const CHECKSUM_HEADER: &str = "x-amz-meta-sha256";

type Body = UnsyncBoxBody<Bytes, io::Error>;

trait Line: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Line for T {}

/// Why the store did not do it. All but `Refused` may be better a moment later; that too, once somebody has changed a setting.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    #[error("the store of objects cannot be reached: {0}")]
    Away(String),
    #[error("the store of objects has no such object")]
    Missing,
    #[error("the store of objects answers {status}: {reason}")]
    Refused { status: u16, reason: String },
}

/// What the store tells of an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ObjectFacts {
    pub bytes: u64,
    pub sha256: Option<String>,
}

/// See the module.
pub struct Objects {
    bucket: Bucket,
    credentials: Credentials,
    prefix: String,
    tls: Arc<ClientConfig>,
}

impl Objects {
    /// # Errors
    /// The settings make no address.
    pub fn new(config: &S3Config) -> Result<Self, String> {
        let style = if config.path_style { UrlStyle::Path } else { UrlStyle::VirtualHost };
        let endpoint = config.endpoint.parse().map_err(|error| format!("recording.s3.endpoint: {error}"))?;
        let bucket = Bucket::new(endpoint, style, config.bucket.clone(), config.region.clone());
        let mut roots = RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            bucket: bucket.map_err(|error| format!("recording.s3: {error}"))?,
            credentials: Credentials::new(config.access_key.clone(), config.secret_key.clone()),
            prefix: config.prefix.clone(),
            tls: Arc::new(tls),
        })
    }

    /// The key of an object for this name.
    pub fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// What is there under a key; `None`: nothing.
    pub async fn head(&self, key: &str) -> Result<Option<ObjectFacts>, ObjectError> {
        let url = HeadObject::new(&self.bucket, Some(&self.credentials), key).sign(SIGNATURE_TIME);
        let response = match self.send(request(Method::HEAD, url.as_str(), empty())?, ANSWER_TIME).await {
            Ok(response) => response,
            Err(ObjectError::Missing) => return Ok(None),
            Err(error) => return Err(error),
        };
        let text = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let bytes = text(CONTENT_LENGTH.as_str()).and_then(|length| length.parse().ok()).unwrap_or(0);
        Ok(Some(ObjectFacts { bytes, sha256: text(CHECKSUM_HEADER).map(str::to_owned) }))
    }

    /// Sends a file of so many bytes.
    pub async fn put(&self, key: &str, file: File, bytes: u64, sha256: &str) -> Result<(), ObjectError> {
        let mut action = PutObject::new(&self.bucket, Some(&self.credentials), key);
        action.headers_mut().insert(CHECKSUM_HEADER, sha256);
        let url = action.sign(SIGNATURE_TIME);
        let mut request = request(Method::PUT, url.as_str(), pieces(file, bytes))?;
        request.headers_mut().insert(CONTENT_LENGTH, bytes.into());
        if let Ok(value) = sha256.parse() {
            request.headers_mut().insert(CHECKSUM_HEADER, value);
        }
        let time = ANSWER_TIME + Duration::from_secs(bytes / SLOWEST_BYTES_PER_S);
        self.send(request, time).await.map(drop)
    }

    /// A part of an object, as far as it goes.
    pub async fn get(&self, key: &str, range: Range<u64>) -> Result<Vec<u8>, ObjectError> {
        let Some(last) = range.end.checked_sub(1).filter(|last| *last >= range.start) else {
            return Ok(Vec::new());
        };
        let url = GetObject::new(&self.bucket, Some(&self.credentials), key).sign(SIGNATURE_TIME);
        let mut request = request(Method::GET, url.as_str(), empty())?;
        if let Ok(value) = format!("bytes={}-{last}", range.start).parse() {
            request.headers_mut().insert(RANGE, value);
        }
        let limit = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
        let response = self.send(request, ANSWER_TIME).await?;
        let body = Limited::new(response.into_body(), limit).collect();
        let body = tokio::time::timeout(ANSWER_TIME, body).await.map_err(|_| late())?;
        body.map(|body| body.to_bytes().to_vec()).map_err(|error| ObjectError::Away(error.to_string()))
    }

    /// Deletes an object; one that is not there is deleted.
    pub async fn delete(&self, key: &str) -> Result<(), ObjectError> {
        let url = DeleteObject::new(&self.bucket, Some(&self.credentials), key).sign(SIGNATURE_TIME);
        match self.send(request(Method::DELETE, url.as_str(), empty())?, ANSWER_TIME).await {
            Ok(_) | Err(ObjectError::Missing) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn send(&self, request: Request<Body>, time: Duration) -> Result<Response<Incoming>, ObjectError> {
        let line = tokio::time::timeout(CONNECT_TIME, self.connect()).await.map_err(|_| late())?;
        let line = line.map_err(|error| ObjectError::Away(error.to_string()))?;
        let away = |error: hyper::Error| ObjectError::Away(error.to_string());
        let (mut sender, connection) = http1::handshake(TokioIo::new(line)).await.map_err(away)?;
        // Ends by itself once the answer was read, or nobody wants it any more.
        tokio::spawn(connection);
        let response = tokio::time::timeout(time, sender.send_request(request)).await.map_err(|_| late())?;
        let response = response.map_err(away)?;
        match response.status() {
            status if status.is_success() => Ok(response),
            StatusCode::NOT_FOUND
                if response.headers().get("x-amz-error-code").is_none_or(|code| code != "NoSuchBucket") =>
            {
                self.told_missing(response).await
            }
            status => Err(ObjectError::Refused { status: status.as_u16(), reason: reason(response).await }),
        }
    }

    /// A bucket that is not there is no object that is not there.
    async fn told_missing(&self, response: Response<Incoming>) -> Result<Response<Incoming>, ObjectError> {
        let reason = reason(response).await;
        if reason.contains("NoSuchBucket") {
            Err(ObjectError::Refused { status: 404, reason })
        } else {
            Err(ObjectError::Missing)
        }
    }

    async fn connect(&self) -> io::Result<Box<dyn Line>> {
        let url = self.bucket.base_url();
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let port = url.port_or_known_default().unwrap_or(443);
        let tcp = TcpStream::connect((host.as_str(), port)).await?;
        tcp.set_nodelay(true)?;
        if url.scheme() == "http" {
            return Ok(Box::new(tcp));
        }
        let name = ServerName::try_from(host).map_err(io::Error::other)?;
        Ok(Box::new(TlsConnector::from(Arc::clone(&self.tls)).connect(name, tcp).await?))
    }
}

/// In the form that a server itself is asked, with its name beside it.
fn request(method: Method, url: &str, body: Body) -> Result<Request<Body>, ObjectError> {
    let wrong = |what: &dyn std::fmt::Display| ObjectError::Away(format!("no address for it: {what}"));
    let uri: hyper::Uri = url.parse().map_err(|error| wrong(&error))?;
    let host = uri.authority().map(|authority| authority.as_str().to_owned()).unwrap_or_default();
    let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    Request::builder().method(method).uri(path).header(HOST, host).body(body).map_err(|error| wrong(&error))
}

fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// A file, piece by piece; one that ends before cuts the request off.
fn pieces(file: File, bytes: u64) -> Body {
    let pieces = stream::try_unfold((file, bytes), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let mut piece = vec![0; PIECE_BYTES.min(usize::try_from(left).unwrap_or(PIECE_BYTES))];
        let count = file.read(&mut piece).await?;
        if count == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        piece.truncate(count);
        Ok(Some((Frame::data(Bytes::from(piece)), (file, left - count as u64))))
    });
    StreamBody::new(pieces).boxed_unsync()
}

/// What the store says, in one line.
async fn reason(response: Response<Incoming>) -> String {
    let body =
        tokio::time::timeout(CONNECT_TIME, Limited::new(response.into_body(), REASON_BYTES).collect()).await;
    let text = match body {
        Ok(Ok(body)) => String::from_utf8_lossy(&body.to_bytes()).into_owned(),
        Ok(Err(_)) | Err(_) => String::new(),
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn late() -> ObjectError {
    ObjectError::Away("no answer in time".to_owned())
}
