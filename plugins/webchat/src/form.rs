//! A form that was filled in begins a conversation.

use ramal_plugin::prelude::*;

use crate::appearance::{FormField, FormKind};
use crate::frame::Start;
use crate::visitor::{Origin, person};

/// Characters of an answer that are kept.
const MAX_ANSWER_CHARACTERS: usize = 500;
/// Characters of a page's address that are kept.
const MAX_PAGE_CHARACTERS: usize = 2_000;

/// The event, or the first field that is not as it must be.
///
/// # Errors
/// The name of that field.
pub fn started(form: &[FormField], start: &Start, line: &Line, at: u64) -> Result<Event, String> {
    let answer = |field: &FormField| start.form.get(&field.name).map_or("", |text| text.trim()).to_owned();
    if let Some(field) = form.iter().find(|field| !is_right(field, &answer(field))) {
        return Err(field.name.clone());
    }
    let origin = Origin::from_json(&line.memo);
    let mut attributes = vec![attribute("ip", &origin.ip)];
    let page =
        start.page.as_deref().filter(|page| page.starts_with("https://") || page.starts_with("http://"));
    attributes.extend(page.map(|page| attribute("origin", &cut(page, MAX_PAGE_CHARACTERS))));
    attributes.extend(origin.browser.iter().map(|name| attribute("browser", name)));
    attributes.extend(origin.os.iter().map(|name| attribute("os", name)));
    for field in form {
        let text = cut(&answer(field), MAX_ANSWER_CHARACTERS);
        if !text.is_empty() {
            let name = field.label.as_ref().unwrap_or(&field.name);
            attributes.push(attribute(name, &text));
        }
    }
    let name = form.iter().find(|field| field.name == "name").map(answer).filter(|name| !name.is_empty());
    let language = start.language.as_ref().map(|language| cut(language, 35));
    let person =
        Person { name: name.map(|name| cut(&name, MAX_ANSWER_CHARACTERS)), language, ..person(&line.thread) };
    Ok(Event::Started(Started { thread: line.thread.clone(), person, at, attributes }))
}

fn is_right(field: &FormField, answer: &str) -> bool {
    if answer.is_empty() {
        return !field.required;
    }
    match field.kind {
        FormKind::Text => true,
        FormKind::Email => {
            let parts = answer.split_once('@');
            parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'))
                && !answer.contains(char::is_whitespace)
        }
        FormKind::Phone => {
            let digits = answer.bytes().filter(u8::is_ascii_digit).count();
            digits >= 5 && answer.bytes().all(|byte| byte.is_ascii_digit() || b"+-() .".contains(&byte))
        }
    }
}

fn attribute(name: &str, value: &str) -> Attribute {
    Attribute { name: name.to_owned(), value: value.to_owned() }
}

fn cut(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn field(name: &str, kind: FormKind, label: Option<&str>, required: bool) -> FormField {
        FormField { name: name.to_owned(), kind, label: label.map(str::to_owned), required }
    }

    fn line() -> Line {
        let memo = Origin { browser: Some("Firefox 140".to_owned()), os: None, ip: "192.0.2.7".to_owned() };
        Line { thread: "t".to_owned(), memo: memo.to_json() }
    }

    fn start(answers: &[(&str, &str)]) -> Start {
        let form = answers.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        Start {
            page: Some("https://shop.example/prices".to_owned()),
            language: Some("pt-BR".to_owned()),
            form: form.collect::<BTreeMap<_, _>>(),
        }
    }

    #[test]
    fn answers_become_visitor_data_and_prove_nobody() {
        let form = [
            field("name", FormKind::Text, None, true),
            field("email", FormKind::Email, None, false),
            field("q1", FormKind::Text, Some("Pedido"), true),
        ];
        let answers = start(&[("name", " Ana "), ("email", "ana@example.com"), ("q1", "123"), ("q9", "x")]);
        let Ok(Event::Started(started)) = started(&form, &answers, &line(), 5) else { panic!() };
        assert_eq!(started.person.identities, [Identity::Provider("t".to_owned())]);
        assert_eq!(started.person.name.as_deref(), Some("Ana"));
        let attributes: Vec<(&str, &str)> = started
            .attributes
            .iter()
            .map(|attribute| (attribute.name.as_str(), attribute.value.as_str()))
            .collect();
        assert_eq!(
            attributes,
            [
                ("ip", "192.0.2.7"),
                ("origin", "https://shop.example/prices"),
                ("browser", "Firefox 140"),
                ("name", "Ana"),
                ("email", "ana@example.com"),
                ("Pedido", "123")
            ]
        );
    }

    #[test]
    fn what_is_required_cannot_be_skipped() {
        let name = [field("name", FormKind::Text, None, true)];
        assert_eq!(started(&name, &start(&[("name", "  ")]), &line(), 5), Err("name".to_owned()));
        assert_eq!(started(&name, &start(&[]), &line(), 5), Err("name".to_owned()));
    }

    #[test]
    fn what_is_no_address_and_no_number() {
        let email = field("email", FormKind::Email, None, false);
        let phone = field("phone", FormKind::Phone, None, false);
        assert!(is_right(&email, "") && is_right(&email, "a@b.example"));
        for text in ["a", "@b.example", "a@b", "a b@c.example", "a@b@c.example"] {
            assert!(!is_right(&email, text), "{text}");
        }
        assert!(is_right(&phone, "+55 (11) 98765-4321"));
        assert!(!is_right(&phone, "call me") && !is_right(&phone, "12"));
    }
}
