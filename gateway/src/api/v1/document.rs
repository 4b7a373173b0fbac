//! The OpenAPI document: what the code says of each endpoint, and what holds for all of them.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, OpenApi, PathItem, Ref, RefOr, ResponseBuilder, Server,
};
use utoipa::{PartialSchema, ToSchema};

use super::ROOT;
use super::signed::COOKIE;
use crate::model::{CallOutcome, InteractionState};

/// What a request is answered that does not get what it asks for (RFC 9457), as `application/problem+json`.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    r#type: String,
    title: String,
    status: u16,
    detail: String,
    /// `caller`: change the request. `node`: this node cannot, now or at all. `peer`: somebody else refused.
    fault: String,
    /// The field of the body that is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// The cause, the same in every version: what a program looks at, and what words in another language are found by.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// The values that `detail` names.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<serde_json::Value>,
}

/// The whole document.
pub fn text(mut document: OpenApi) -> String {
    document.info = InfoBuilder::new()
        .title("Ramal")
        .version("1")
        .description(Some(
            "What the console and programs use. Lists are read in pages: `limit`, and `cursor` from `next` of the page before. A parameter that an \
             endpoint does not name is refused (400). A POST may carry \
             `Idempotency-Key`: the same request with the same key within a day gets the same answer and is done once. A browser proves itself by its \
             cookie and, where something is changed, by `x-csrf-token` from `/me` and the node's own `Origin`; a program by a bearer token \
             (`ramal user token`). An agent without an open socket at `/events` counts as gone: after `desk.agent_grace_s` what he has waits for others.",
        ))
        .build();
    document.servers = Some(vec![Server::new(ROOT)]);
    let components = document.components.take().map_or_else(ComponentsBuilder::new, ComponentsBuilder::from);
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(COOKIE)));
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    document.components = Some(
        components
            .schema("Problem", ProblemBody::schema())
            // Only parameters name them, and schemas of parameters are not collected.
            .schema("CallOutcome", CallOutcome::schema())
            .schema("InteractionState", InteractionState::schema())
            .security_scheme("cookie", cookie)
            .security_scheme("bearer", bearer)
            .build(),
    );
    document.paths.paths.values_mut().for_each(refusable);
    serde_json::to_string_pretty(&document).map(|text| text + "\n").unwrap_or_default()
}

/// Every endpoint may refuse, and always in the same form.
fn refusable(item: &mut PathItem) {
    let operations = [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.delete,
        &mut item.patch,
        &mut item.head,
        &mut item.options,
    ];
    let content = || ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    for operation in operations.into_iter().flatten() {
        let refusal = ResponseBuilder::new()
            .description("Refused")
            .content("application/problem+json", content())
            .build();
        operation.responses.responses.insert("default".to_owned(), RefOr::T(refusal));
    }
}

/// `GET /api/v1/openapi.json`
pub async fn answer(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");

    /// `RAMAL_WRITE_OPENAPI=1` writes the document that the code makes; the difference is what reviewers look at.
    #[test]
    fn the_document_in_the_repository_is_what_the_code_says() {
        let (_, document) = super::super::router().split_for_parts();
        let told = text(document);
        if std::env::var_os("RAMAL_WRITE_OPENAPI").is_some() {
            std::fs::write(KEPT, &told).unwrap();
        }
        let kept = std::fs::read_to_string(KEPT).unwrap_or_default();
        assert!(
            kept == told,
            "docs/openapi.json is not what the code says: run RAMAL_WRITE_OPENAPI=1 cargo nextest run --workspace --lib the_document_in"
        );
    }

    /// Calls `look` with every value in the document, and the name that it has there.
    fn walk(value: &serde_json::Value, look: &mut impl FnMut(&str, &serde_json::Value)) {
        match value {
            serde_json::Value::Object(fields) => fields.iter().for_each(|(name, field)| {
                look(name, field);
                walk(field, look);
            }),
            serde_json::Value::Array(items) => items.iter().for_each(|item| walk(item, look)),
            _ => {}
        }
    }

    #[test]
    fn what_is_referred_to_is_there_and_words_are_spelt_as_they_are_sent() {
        let (_, document) = super::super::router().split_for_parts();
        let document: serde_json::Value = serde_json::from_str(&text(document)).unwrap();
        let mut faults = Vec::new();
        walk(&document, &mut |name, value| match (name, value.as_str()) {
            ("$ref", Some(at)) if document.pointer(at.trim_start_matches('#')).is_none() => {
                faults.push(at.to_owned());
            }
            ("enum", _) => faults.extend(
                value
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|word| word.as_str())
                    .filter(|word| word.starts_with(char::is_uppercase))
                    .map(str::to_owned),
            ),
            _ => {}
        });
        assert_eq!(faults, Vec::<String>::new());
    }
}
