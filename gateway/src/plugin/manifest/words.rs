//! Words for people, in one language or several.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The language that is shown to whom no other fits.
const FALLBACK: &str = "en";

/// A text, or one by language (BCP 47).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Words {
    One(String),
    ByLanguage(BTreeMap<String, String>),
}

impl Default for Words {
    fn default() -> Self {
        Self::One(String::new())
    }
}

impl Words {
    /// The text in each language.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let (one, more) = match self {
            Self::One(text) => (Some(text.as_str()), None),
            Self::ByLanguage(texts) => (None, Some(texts.values().map(String::as_str))),
        };
        one.into_iter().chain(more.into_iter().flatten())
    }

    /// The text for a reader of this language: that, English, or any.
    pub fn in_language(&self, language: &str) -> &str {
        match self {
            Self::One(text) => text,
            Self::ByLanguage(texts) => texts
                .get(language)
                .or_else(|| texts.get(FALLBACK))
                .or_else(|| texts.values().next())
                .map_or("", String::as_str),
        }
    }
}
