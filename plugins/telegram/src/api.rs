//! One request to the Bot API, and what its answer means.

use ramal_plugin::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// How long an answer may take; uploads are large.
const TIMEOUT_MS: u32 = 30_000;

/// The answer to any method.
#[derive(Deserialize)]
struct Answer<T> {
    ok: bool,
    result: Option<T>,
    error_code: Option<u16>,
    description: Option<String>,
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Parameters {
    retry_after: Option<u32>,
}

#[derive(Deserialize)]
pub struct Bot {
    pub id: i64,
    pub first_name: String,
    pub username: Option<String>,
}

#[derive(Deserialize)]
pub struct Chat {
    pub id: i64,
}

#[derive(Deserialize)]
pub struct Sent {
    pub message_id: i64,
    pub chat: Chat,
}

#[derive(Deserialize)]
pub struct FilePlace {
    pub file_path: Option<String>,
}

/// Calls a method with JSON.
///
/// # Errors
/// As [`meaning`] says.
pub fn call<T: DeserializeOwned>(method: &str, arguments: &serde_json::Value) -> Result<T, SendError> {
    post(method, Body::Bytes(arguments.to_string().into_bytes()))
}

/// Calls a method with this body.
///
/// # Errors
/// As [`meaning`] says.
pub fn post<T: DeserializeOwned>(method: &str, body: Body) -> Result<T, SendError> {
    let json = matches!(body, Body::Bytes(_));
    let url = format!("{}/bot{}/{method}", base(), settings::secret("token").unwrap_or_default());
    let mut request =
        HttpRequest { method: "POST".to_owned(), body, timeout_ms: TIMEOUT_MS, ..HttpRequest::get(url) };
    if json {
        request = request.with_header("content-type", "application/json");
    }
    meaning(&request.send()?)
}

/// Where the host finds a file.
pub fn file_url(path: &str) -> String {
    format!("{}/file/bot{}/{path}", base(), settings::secret("token").unwrap_or_default())
}

fn base() -> String {
    settings::get("api_url").unwrap_or_default().trim_end_matches('/').to_owned()
}

/// What an answer means for the request.
///
/// # Errors
/// By Telegram's code; an answer that is none leaves it unknown.
pub fn meaning<T: DeserializeOwned>(response: &HttpResponse) -> Result<T, SendError> {
    let answer: Answer<T> = serde_json::from_slice(&response.body)
        .map_err(|_| SendError::Unknown(format!("status {}", response.status)))?;
    if let (true, Some(result)) = (answer.ok, answer.result) {
        return Ok(result);
    }
    let reason = answer.description.unwrap_or_default();
    Err(match answer.error_code.unwrap_or(response.status) {
        401 | 404 => SendError::Unauthorized(reason),
        403 => SendError::Unreachable(reason),
        429 => {
            let seconds = answer.parameters.and_then(|parameters| parameters.retry_after);
            SendError::RateLimited(seconds.map(|seconds| seconds.saturating_mul(1_000)))
        }
        400 if reason.contains("chat not found") => SendError::Unreachable(reason),
        400..500 => SendError::Invalid(reason),
        _ => SendError::Unknown(reason),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> Result<Sent, SendError> {
        meaning(&HttpResponse { status, headers: Vec::new(), body: body.as_bytes().to_vec() })
    }

    #[test]
    fn what_telegram_says() {
        let sent = read(200, r#"{"ok":true,"result":{"message_id":5,"chat":{"id":-7}}}"#).unwrap();
        assert_eq!((sent.message_id, sent.chat.id), (5, -7));
        let refused = |status, body| read(status, body).err().unwrap();
        assert_eq!(
            refused(
                429,
                r#"{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":3}}"#
            ),
            SendError::RateLimited(Some(3_000))
        );
        assert!(matches!(refused(401, r#"{"ok":false,"error_code":401}"#), SendError::Unauthorized(_)));
        let blocked =
            r#"{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}"#;
        assert!(matches!(refused(403, blocked), SendError::Unreachable(_)));
        let empty = r#"{"ok":false,"error_code":400,"description":"Bad Request: message text is empty"}"#;
        assert!(matches!(refused(400, empty), SendError::Invalid(_)));
        assert!(matches!(refused(502, "<html>"), SendError::Unknown(_)));
    }
}
