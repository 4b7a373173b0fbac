//! What a message holds, as text that anybody reads and as JSON where it is more than text.

use serde_json::{Value, json};

use super::event::{Content, InboundFile, Other, Person, Place, Written, WrittenFormat};
use crate::model::{IdentityKind, TextFormat};

/// Bytes of a text; the rest of a longer one is cut off.
const TEXT_LIMIT: usize = 64 << 10;
/// Bytes of what a plugin has no word for.
const OTHER_LIMIT: usize = 64 << 10;

/// A content in its columns.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Columns {
    pub text: String,
    pub format: TextFormat,
    /// JSON.
    pub content: Option<String>,
}

/// The columns of a content.
pub(super) fn columns(content: &Content) -> Columns {
    let (text, more) = match content {
        Content::Written(written) => return written_columns(written),
        Content::Place(place) => (place_text(place), json!({ "kind": "place", "place": place })),
        Content::Cards(people) => {
            let names: Vec<_> = people.iter().map(person_text).collect();
            (
                names.join("\n"),
                json!({ "kind": "cards", "cards": people.iter().map(card).collect::<Vec<_>>() }),
            )
        }
        Content::Chosen(choice) => (choice.title.clone(), json!({ "kind": "chosen", "choice": choice })),
        Content::Other(other) => (other.summary.clone(), other_json(other)),
    };
    Columns { text: cut(&text, TEXT_LIMIT), format: TextFormat::Plain, content: Some(more.to_string()) }
}

/// The files of a content.
pub(super) fn files(content: &Content) -> &[InboundFile] {
    match content {
        Content::Written(written) => &written.files,
        Content::Place(_) | Content::Cards(_) | Content::Chosen(_) | Content::Other(_) => &[],
    }
}

fn written_columns(written: &Written) -> Columns {
    let (text, format) = match written.format {
        WrittenFormat::Plain => (written.text.clone(), TextFormat::Plain),
        WrittenFormat::Markdown => (written.text.clone(), TextFormat::Markdown),
        WrittenFormat::Html => (text_of_html(&written.text), TextFormat::Plain),
    };
    let subject = written.subject.as_deref();
    let content = subject.map(|subject| json!({ "kind": "mail", "subject": subject }).to_string());
    Columns { text: cut(&text, TEXT_LIMIT), format, content }
}

fn place_text(place: &Place) -> String {
    let words: Vec<_> = [&place.name, &place.address].into_iter().flatten().map(String::as_str).collect();
    match words.is_empty() {
        true => format!("{:.6}, {:.6}", place.latitude_degrees, place.longitude_degrees),
        false => words.join(", "),
    }
}

fn person_text(person: &Person) -> String {
    crate::model::title_of(person.name.as_deref(), &person.identities, 0)
}

fn card(person: &Person) -> Value {
    let known = person.identities.iter().filter(|identity| identity.kind != IdentityKind::Provider);
    let identities: Vec<_> =
        known.map(|identity| json!({ "kind": identity.kind, "value": identity.value })).collect();
    json!({ "name": person.name, "identities": identities })
}

fn other_json(other: &Other) -> Value {
    let came = match other.json.len() {
        0..=OTHER_LIMIT => serde_json::from_str(&other.json).unwrap_or(Value::Null),
        _ => Value::Null,
    };
    json!({ "kind": "other", "word": other.kind, "other": came })
}

/// At most so many bytes, cut between letters.
fn cut(text: &str, bytes: usize) -> String {
    text[..text.floor_char_boundary(bytes)].to_owned()
}

/// The text of untrusted HTML: no tag survives, nor what stands in scripts and styles.
fn text_of_html(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        let Some(end) = rest[at..].find('>').map(|end| at + end) else {
            rest = "";
            break;
        };
        let tag = rest[at + 1..end].trim_start().to_ascii_lowercase();
        rest = &rest[end + 1..];
        if let Some(hidden) = ["script", "style", "head"].into_iter().find(|name| is_tag(&tag, name)) {
            rest = after_close(rest, hidden);
        } else if ["br", "p", "div", "li", "tr", "/p", "/div", "/h1", "/h2", "/h3"]
            .iter()
            .any(|name| is_tag(&tag, name))
        {
            text.push('\n');
        }
    }
    text.push_str(rest);
    let text = unescaped(&text);
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

fn is_tag(tag: &str, name: &str) -> bool {
    tag.strip_prefix(name).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

fn after_close<'a>(rest: &'a str, name: &str) -> &'a str {
    let close = format!("</{name}");
    let at = rest.to_ascii_lowercase().find(&close);
    let after = at.and_then(|at| Some(&rest[at + rest[at..].find('>')? + 1..]));
    after.unwrap_or_default()
}

fn unescaped(text: &str) -> String {
    let pairs =
        [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    pairs.into_iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    fn written(text: &str, format: WrittenFormat) -> Content {
        Content::Written(Written { text: text.to_owned(), format, subject: None, files: Vec::new() })
    }

    #[test]
    fn of_html_only_its_text_is_kept() {
        let html = "<style>p{}</style><p>Hello <b>Ana</b> &amp; co</p><script>alert('<p>')</script>bye<img src=x onerror=y>";
        let columns = columns(&written(html, WrittenFormat::Html));
        assert_eq!(columns.text, "Hello Ana & co\nbye");
        assert_eq!(columns.format, TextFormat::Plain);
    }

    #[test]
    fn a_place_without_a_name_shows_where_it_is() {
        let place = Place { latitude_degrees: -23.5, longitude_degrees: -46.6, name: None, address: None };
        assert_eq!(columns(&Content::Place(place)).text, "-23.500000, -46.600000");
    }

    #[test]
    fn a_text_that_is_too_long_is_cut_between_letters() {
        let columns = columns(&written(&"é".repeat(40_000), WrittenFormat::Plain));
        assert_eq!(columns.text.len(), TEXT_LIMIT);
    }

    proptest! {
        #[test]
        fn html_never_panics(html in any::<String>()) {
            let _ = text_of_html(&html);
        }
    }
}
