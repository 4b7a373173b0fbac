//! What a body or a query is told that cannot be read: the field to blame, and why in words that know no type of ours.

use axum::http::StatusCode;
use serde::de::IgnoredAny;
use serde_json::error::Category;
use serde_path_to_error::{Error, Segment};

use super::problem::Problem;

/// Before the reader's words about a query.
const OF_A_QUERY: &str = "Failed to deserialize query string: ";

/// Whether what could not be read is JSON at all. The reader says of some values that they are none where they are only of another kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Json,
    Unknown,
}

impl Form {
    pub fn of(bytes: &[u8]) -> Self {
        match serde_json::from_slice::<IgnoredAny>(bytes) {
            Ok(_) => Self::Json,
            Err(_) => Self::Unknown,
        }
    }
}

/// JSON that is not what was asked for.
pub fn body(error: &Error<serde_json::Error>, form: Form) -> Problem {
    let reader = error.inner();
    let refused =
        |detail: String| Problem::caller(StatusCode::BAD_REQUEST, "The body cannot be read", detail);
    match reader.classify() {
        Category::Data => {}
        Category::Eof | Category::Io | Category::Syntax if form == Form::Json => {
            let problem = refused("A value of another kind has to stand here.".to_owned());
            let field = field(error);
            return if field.is_empty() { problem } else { problem.at(field) };
        }
        Category::Eof => return refused("The JSON ends before it is complete.".to_owned()),
        Category::Io | Category::Syntax => {
            let (line, column) = (reader.line(), reader.column());
            return refused(format!("This is no JSON: line {line}, column {column}."));
        }
    }
    let text = reader.to_string();
    // The place in the text is the reader's, who has a field instead.
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    let named = ["unknown field `", "missing field `", "duplicate field `"]
        .iter()
        .find_map(|start| text.strip_prefix(start)?.split('`').next());
    let mut field = field(error);
    if let Some(name) = named.filter(|name| field.split('.').next_back().is_none_or(|last| last != *name)) {
        field = if field.is_empty() { (*name).to_owned() } else { format!("{field}.{name}") };
    }
    let problem = refused(format!("{}.", told(text)));
    if field.is_empty() { problem } else { problem.at(field) }
}

/// A query that is not what was asked for, by what its reader says.
pub fn query(text: &str) -> Problem {
    let refused =
        |detail: String| Problem::caller(StatusCode::BAD_REQUEST, "The query cannot be read", detail);
    let text = text.strip_prefix(OF_A_QUERY).unwrap_or(text);
    let plain = |name: &str| !name.is_empty() && name.bytes().all(|c| c.is_ascii_lowercase() || c == b'_');
    match text.split_once(": ") {
        Some((name, why)) if plain(name) => refused(format!("{}.", told(why))).at(name),
        Some(_) | None => refused(format!("{}.", told(text))),
    }
}

/// `settings.hours[2]`
fn field(error: &Error<serde_json::Error>) -> String {
    error.path().iter().fold(String::new(), |text, step| match step {
        Segment::Seq { index } => format!("{text}[{index}]"),
        Segment::Map { key } if text.is_empty() => key.clone(),
        Segment::Map { key } => format!("{text}.{key}"),
        Segment::Enum { .. } | Segment::Unknown => text,
    })
}

/// The reader's words without its types.
fn told(text: &str) -> String {
    if let Some((found, wanted)) = text.split_once(", expected ") {
        for kind in ["invalid type: ", "invalid value: ", "invalid length "] {
            if let Some(found) = found.strip_prefix(kind) {
                return format!("{} stands here; it has to be {}", found_as(found), wanted_as(wanted));
            }
        }
    }
    match text {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            "It has to be a whole number, and not below 0 where that makes no sense".to_owned()
        }
        "number too large to fit in target type" => "The number is too large".to_owned(),
        "number too small to fit in target type" => "The number is too small".to_owned(),
        "provided string was not `true` or `false`" => "It has to be true or false".to_owned(),
        other => {
            let mut letters = other.chars();
            let first = letters.next().map(|first| first.to_uppercase().collect::<String>());
            first.unwrap_or_default() + letters.as_str()
        }
    }
}

fn found_as(found: &str) -> String {
    let value = ["integer ", "floating point ", "boolean "].iter().find_map(|kind| found.strip_prefix(kind));
    match (found, value) {
        (_, Some(value)) => value.trim_matches('`').to_owned(),
        ("map", _) => "An object".to_owned(),
        ("null" | "unit value", _) => "null".to_owned(),
        ("sequence", _) => "A list".to_owned(),
        (other, None) => {
            let text = other.strip_prefix("string ").or_else(|| other.strip_prefix("character "));
            text.map_or_else(|| other.to_owned(), |text| format!("The text {text}"))
        }
    }
}

fn wanted_as(wanted: &str) -> &str {
    match wanted {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number of 0 or more, not too large",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        "a map" => "an object",
        _ if wanted.starts_with("struct ") || wanted.starts_with("internally tagged enum ") => "an object",
        _ if wanted.starts_with("tuple struct ") => "a value",
        _ if wanted.starts_with("enum ") || wanted == "variant identifier" => "a word",
        _ if wanted.starts_with("adjacently tagged enum ") => "an object",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use axum::response::IntoResponse as _;
    use serde::Deserialize;
    use serde::de::DeserializeOwned;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "what is read here is refused")]
    struct Asked {
        name: String,
        seats: Option<u32>,
        kind: Option<Kind>,
        parts: Option<Vec<Part>>,
        words: Option<BTreeMap<String, bool>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Chat,
        Voice,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "what is read here is refused")]
    struct Part {
        size: i64,
    }

    fn refused<T: DeserializeOwned + std::fmt::Debug>(text: &str) -> (String, String) {
        let mut reader = serde_json::Deserializer::from_str(text);
        let error = serde_path_to_error::deserialize::<_, T>(&mut reader).unwrap_err();
        let response = body(&error, Form::of(text.as_bytes())).into_response();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        let bytes = futures_util::FutureExt::now_or_never(axum::body::to_bytes(response.into_body(), 4096));
        let problem: serde_json::Value = serde_json::from_slice(&bytes.unwrap().unwrap()).unwrap();
        let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
        (text("field"), text("detail"))
    }

    #[test]
    fn the_field_is_named_and_no_type_of_ours() {
        for (text, field, detail) in [
            ("\"x\"", "", "The text \"x\" stands here; it has to be an object."),
            (r#"{"name": 5}"#, "name", "5 stands here; it has to be a string."),
            (
                r#"{"seats": "x", "name": "a"}"#,
                "seats",
                "The text \"x\" stands here; it has to be a whole number of 0 or more, not too large.",
            ),
            (
                r#"{"seats": -1}"#,
                "seats",
                "-1 stands here; it has to be a whole number of 0 or more, not too large.",
            ),
            (r#"{"kind": "fax"}"#, "kind", "Unknown variant `fax`, expected `chat` or `voice`."),
            (r#"{"kind": 3}"#, "kind", ""),
            (
                r#"{"parts": [{"size": 1}, {"size": null}]}"#,
                "parts[1].size",
                "null stands here; it has to be a whole number.",
            ),
            (r#"{"parts": [{"size": 1}, 2]}"#, "parts[1]", "2 stands here; it has to be an object."),
            (r#"{"parts": [{}]}"#, "parts[0].size", "Missing field `size`."),
            (r#"{"words": {"a": "b"}}"#, "words.a", "The text \"b\" stands here; it has to be a boolean."),
            (r#"{"other": 1}"#, "other", ""),
            ("{}", "name", "Missing field `name`."),
            (r#"{"parts": [{"other": 1}]}"#, "parts[0].other", ""),
            ("{nonsense}", "", "This is no JSON: line 1, column 2."),
            (r#"{"name": "#, "", "The JSON ends before it is complete."),
        ] {
            let (found, words) = refused::<Asked>(text);
            assert_eq!(found, field, "{text}: {words}");
            assert!(detail.is_empty() || words == detail, "{text}: {words}");
            assert!(
                !["struct", "enum", "u32", "ident"].iter().any(|ours| words.contains(ours)),
                "{text}: {words}"
            );
        }
    }

    #[test]
    fn a_query_names_its_parameter() {
        let told = |text: &str| format!("{:?}", query(&format!("{OF_A_QUERY}{text}")));
        assert!(told("limit: invalid digit found in string").contains("field: Some(\"limit\")"));
        assert!(told("Odd words").contains("field: None"));
    }
}
