//! Files that came with messages.

use std::path::Path;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::At;
use super::seen::seen;
use super::signed::Signed;
use crate::api::problem::Problem;
use crate::api::{Web, sound};
use crate::model::AttachmentId;
use crate::store::FetchedFile;

/// Types that a browser may show; none of them can hold a program. Everything else is only saved.
const SHOWN: &[&str] = &[
    "audio/aac",
    "audio/amr",
    "audio/mp4",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "audio/webm",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "video/mp4",
    "video/webm",
];

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(get))
}

/// A file that came with a message. Pictures, sound and films are shown, everything else is saved. Takes `Range`.
#[utoipa::path(get, path = "/attachments/{id}", tag = "messages", params(("id" = AttachmentId, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = [u8]),
        (status = 206, content_type = "application/octet-stream", body = [u8])))]
pub async fn get(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<AttachmentId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let gone = || Problem::not_found("attachment");
    let file = web.store.attachment(signed.organization, id).await?.ok_or_else(gone)?;
    seen(&web, &signed, file.interaction.ok_or_else(gone)?).await.map_err(|_| gone())?;
    let mut response = sound::wav(Path::new(&file.path), &headers).await?;
    for (name, value) in safe(&file) {
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

/// A stranger sent it: the browser takes it for what we say it is, and runs nothing of it.
fn safe(file: &FetchedFile) -> Vec<(HeaderName, HeaderValue)> {
    let bare = |kind: &str| kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let kind = file.media_type.as_deref().map(bare).unwrap_or_default();
    let shown = SHOWN.iter().find(|known| **known == kind);
    let disposition = match (shown, &file.file_name) {
        (Some(_), _) => "inline".to_owned(),
        (None, Some(name)) => format!("attachment; filename*=UTF-8''{}", escaped(name)),
        (None, None) => "attachment".to_owned(),
    };
    let policy = HeaderValue::from_static("default-src 'none'; sandbox");
    let nosniff = HeaderValue::from_static("nosniff");
    let mut all = vec![(header::X_CONTENT_TYPE_OPTIONS, nosniff), (header::CONTENT_SECURITY_POLICY, policy)];
    let kind = HeaderValue::from_static(shown.copied().unwrap_or("application/octet-stream"));
    all.push((header::CONTENT_TYPE, kind));
    all.extend(HeaderValue::from_str(&disposition).ok().map(|value| (header::CONTENT_DISPOSITION, value)));
    all
}

/// A name as RFC 8187 §3.2 wants it.
fn escaped(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    name.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AttachmentKind;

    fn told(media_type: &str, file_name: &str) -> (String, String) {
        let file = FetchedFile {
            interaction: None,
            path: String::new(),
            media_type: Some(media_type.to_owned()),
            file_name: Some(file_name.to_owned()),
            kind: AttachmentKind::Document,
            size_bytes: None,
        };
        let all = safe(&file);
        let of = |wanted: HeaderName| {
            let found = all.iter().find(|(name, _)| *name == wanted).expect("told");
            found.1.to_str().unwrap().to_owned()
        };
        (of(header::CONTENT_TYPE), of(header::CONTENT_DISPOSITION))
    }

    #[test]
    fn pictures_are_shown_and_pages_are_saved() {
        assert_eq!(told("image/png", "a.png"), ("image/png".to_owned(), "inline".to_owned()));
        assert_eq!(told("audio/ogg; codecs=opus", "a.ogg").0, "audio/ogg");
        let (kind, disposition) = told("text/html", "ação \"x\".html");
        assert_eq!(kind, "application/octet-stream");
        assert_eq!(disposition, "attachment; filename*=UTF-8''a%C3%A7%C3%A3o%20%22x%22.html");
        assert_eq!(told("image/svg+xml", "x.svg").0, "application/octet-stream");
    }
}
