//! A field of a settings form.

use serde::{Deserialize, Serialize};

use crate::plugin::manifest::words::Words;
use crate::plugin::manifest::{ManifestError, is_name, wrong};
use crate::plugin::unfit::Unfit;

/// Choices of one field.
const MAX_CHOICES: usize = 100;

/// What an administrator fills in.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// What the plugin asks for it by.
    pub name: String,
    pub kind: FieldKind,
    pub title: Words,
    /// A sentence below the field.
    #[serde(default)]
    pub note: Words,
    #[serde(default)]
    pub required: bool,
    /// What stands there at first: for people to read, in one language or several.
    pub default: Option<Words>,
    /// For `choice`.
    #[serde(default)]
    pub choices: Vec<Choice>,
    /// For `integer`.
    pub least: Option<i64>,
    /// For `integer`.
    pub most: Option<i64>,
}

/// What may stand in a field, and how it is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldKind {
    /// `true` or `false`.
    Boolean,
    /// One of `choices`.
    Choice,
    /// Days, one a line: `2026-12-25`, or `12-25` for each year; words after it are a note.
    Dates,
    /// One of the entries that the plugin's `entries` gives.
    Entries,
    Integer,
    /// One of the Organization's queues, by its name.
    Queue,
    /// Text of several lines.
    Lines,
    /// Kept encrypted and never shown again.
    Secret,
    Text,
    /// A zone of the tz database, such as `America/Sao_Paulo`.
    TimeZone,
    /// `https:`, or `http:` where the grant allows it.
    Url,
    /// Hours of a week, one a line: `mon-fri 08:00-12:00 13:30-18:00`.
    Week,
}

/// One of the choices of a field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    pub value: String,
    pub title: Words,
}

impl Field {
    pub(super) fn check(&self) -> Result<(), ManifestError> {
        let name = &self.name;
        if !is_name(name) {
            return Err(wrong(format!(
                "the setting `{name}` needs a name of lower-case letters, digits and `_`"
            )));
        }
        let chooses = self.kind == FieldKind::Choice;
        if chooses == self.choices.is_empty() || self.choices.len() > MAX_CHOICES {
            return Err(wrong(format!(
                "the setting `{name}`: `choices` belong to the kind `choice`, 1 to 100"
            )));
        }
        if self.kind != FieldKind::Integer && (self.least.is_some() || self.most.is_some()) {
            return Err(wrong(format!("the setting `{name}`: `least` and `most` are for integers")));
        }
        let mut defaults = self.default.iter().flat_map(Words::texts);
        defaults.try_for_each(|value| {
            self.accepts(value).map_err(|reason| wrong(format!("the setting `{name}`: {reason}")))
        })
    }

    /// Whether a value may stand in this field, as far as its kind says.
    ///
    /// # Errors
    /// What may stand there.
    pub fn accepts(&self, value: &str) -> Result<(), Unfit> {
        let (right, otherwise) = match self.kind {
            FieldKind::Boolean => (["true", "false"].contains(&value), Unfit::Boolean),
            FieldKind::Choice => (self.choices.iter().any(|choice| choice.value == value), Unfit::Choice),
            FieldKind::Integer => {
                let within = |number: i64| {
                    self.least.is_none_or(|least| least <= number)
                        && self.most.is_none_or(|most| number <= most)
                };
                let otherwise = Unfit::Integer { least: self.least, most: self.most };
                (value.parse().is_ok_and(within), otherwise)
            }
            FieldKind::TimeZone => (jiff::tz::TimeZone::get(value).is_ok(), Unfit::TimeZone),
            FieldKind::Url => (super::hosts::host_of(value).is_some(), Unfit::Url),
            FieldKind::Queue | FieldKind::Secret | FieldKind::Text => {
                (!value.contains(['\n', '\r']), Unfit::Line)
            }
            FieldKind::Dates | FieldKind::Entries | FieldKind::Lines | FieldKind::Week => return Ok(()),
        };
        if right { Ok(()) } else { Err(otherwise) }
    }
}
