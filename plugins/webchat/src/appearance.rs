//! What the widget looks like and asks, out of the settings.

use ramal_plugin::prelude::Attribute;
use serde::Serialize;

/// Questions of one's own.
const MAX_QUESTIONS: usize = 10;
/// Characters of a message; as the manifest says.
pub const TEXT_CHARACTERS: usize = 10_000;

/// All that a page needs before the first word.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Appearance {
    pub title: String,
    greeting: String,
    colour: String,
    position: String,
    pub form: Vec<FormField>,
    text_characters: usize,
}

/// A field of the form.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct FormField {
    pub name: String,
    pub kind: FormKind,
    /// What is asked; `None` for what the widget has words for.
    pub label: Option<String>,
    pub required: bool,
}

/// What may stand in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FormKind {
    Text,
    Email,
    Phone,
}

impl Appearance {
    /// Reads the settings by their names.
    ///
    /// # Errors
    /// The field, with what is wrong.
    pub fn from_settings(get: impl Fn(&str) -> Option<String>) -> Result<Self, Attribute> {
        let text = |name: &str| get(name).unwrap_or_default().trim().to_owned();
        let colour = text("colour");
        let digits = colour.strip_prefix('#').unwrap_or_default();
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            // Whoever reads it speaks any language, and a plugin is not told which.
            return Err(wrong("colour", "#RRGGBB → #0b6bcb"));
        }
        Ok(Self {
            title: text("title"),
            greeting: text("greeting"),
            colour,
            position: if text("position") == "left" { "left" } else { "right" }.to_owned(),
            form: form(text)?,
            text_characters: TEXT_CHARACTERS,
        })
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn form(text: impl Fn(&str) -> String) -> Result<Vec<FormField>, Attribute> {
    let usual = [
        ("name", "ask_name", FormKind::Text),
        ("email", "ask_email", FormKind::Email),
        ("phone", "ask_phone", FormKind::Phone),
    ];
    let mut fields = Vec::new();
    for (name, setting, kind) in usual {
        let required = match text(setting).as_str() {
            "required" => true,
            "optional" => false,
            _ => continue,
        };
        fields.push(FormField { name: name.to_owned(), kind, label: None, required });
    }
    let questions = text("questions");
    let questions: Vec<&str> = questions.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if questions.len() > MAX_QUESTIONS {
        return Err(wrong("questions", "at most 10"));
    }
    for (at, line) in questions.into_iter().enumerate() {
        let label = line.trim_end_matches('*').trim_end();
        fields.push(FormField {
            name: format!("q{}", at + 1),
            kind: FormKind::Text,
            label: Some(label.to_owned()),
            required: line.ends_with('*'),
        });
    }
    Ok(fields)
}

fn wrong(name: &str, value: &str) -> Attribute {
    Attribute { name: name.to_owned(), value: value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub fn read(settings: &[(&str, &str)]) -> Result<Appearance, Attribute> {
        Appearance::from_settings(|name| {
            settings.iter().find(|(found, _)| *found == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_form_with_a_question_that_must_be_answered() {
        let appearance = read(&[
            ("colour", "#0B6bcb"),
            ("title", "Fale conosco"),
            ("ask_name", "required"),
            ("ask_email", "optional"),
            ("ask_phone", "off"),
            ("questions", "Número do pedido*\n\nAssunto"),
        ])
        .unwrap();
        let form: Vec<(&str, Option<&str>, bool)> = appearance
            .form
            .iter()
            .map(|field| (field.name.as_str(), field.label.as_deref(), field.required))
            .collect();
        assert_eq!(
            form,
            [
                ("name", None, true),
                ("email", None, false),
                ("q1", Some("Número do pedido"), true),
                ("q2", Some("Assunto"), false)
            ]
        );
        assert!(appearance.to_json().contains(r#""position":"right""#));
    }

    #[test]
    fn no_form_and_a_colour_that_is_none() {
        assert_eq!(read(&[("colour", "#123456")]).unwrap().form, []);
        assert_eq!(read(&[("colour", "red; }")]).unwrap_err().name, "colour");
        let many = "Pergunta\n".repeat(11);
        assert_eq!(read(&[("colour", "#123456"), ("questions", &many)]).unwrap_err().name, "questions");
    }
}
