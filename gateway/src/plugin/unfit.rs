//! Why a value cannot stand in a field: in words, and by a code and its values for whoever has words of his own.

use std::fmt;

/// What is wrong with a value that somebody filled in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unfit {
    Boolean,
    /// A text of another length, in characters.
    Characters {
        least: usize,
        most: usize,
    },
    Choice,
    Empty,
    Integer {
        least: Option<i64>,
        most: Option<i64>,
    },
    /// A list, or an object.
    Kind,
    Line,
    /// Longer than this, in bytes.
    Long {
        most: usize,
    },
    NameLetters {
        most: usize,
    },
    NoPlugin,
    NoQueue,
    /// There may be no more than this.
    Rows {
        most: usize,
    },
    /// In the words of the plugin.
    Said(String),
    Taken,
    TimeZone,
    /// There is no such field.
    Unknown,
    Url,
    /// A queue of calls where one of conversations is meant.
    VoiceQueue,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean => f.write_str("must be true or false"),
            Self::Characters { least, most } => write!(f, "{least} to {most} characters"),
            Self::Choice => f.write_str("is none of the choices"),
            Self::Empty => f.write_str("must be filled in"),
            Self::Integer { least: Some(least), most: Some(most) } => {
                write!(f, "must be a whole number from {least} to {most}")
            }
            Self::Integer { least: Some(least), most: None } => {
                write!(f, "must be a whole number, {least} or more")
            }
            Self::Integer { least: None, most: Some(most) } => {
                write!(f, "must be a whole number, at most {most}")
            }
            Self::Integer { least: None, most: None } => f.write_str("must be a whole number"),
            Self::Kind => f.write_str("must be a text, a number, true or false"),
            Self::Line => f.write_str("must be one line"),
            Self::Long { most } => write!(f, "longer than {most} bytes"),
            Self::NameLetters { most } => {
                write!(f, "1 to {most} lower-case letters, digits, `-` and `_`")
            }
            Self::NoPlugin => f.write_str("the plugin is not on this node"),
            Self::NoQueue => f.write_str("there is no such queue"),
            Self::Rows { most } => write!(f, "there are {most}: delete one first"),
            Self::Said(words) => f.write_str(words),
            Self::Taken => f.write_str("another has this name"),
            Self::TimeZone => f.write_str("is no time zone of the tz database, such as America/Sao_Paulo"),
            Self::Unknown => f.write_str("there is no such field"),
            Self::Url => f.write_str("is no URL such as https://example.com/path"),
            Self::VoiceQueue => f.write_str("this queue is for calls"),
        }
    }
}

impl Unfit {
    /// What the words of the console are found by; what a plugin says has its own.
    pub const fn code(&self) -> Option<&'static str> {
        Some(match self {
            Self::Boolean => "boolean_wrong",
            Self::Characters { .. } => "characters_between",
            Self::Choice => "choice_wrong",
            Self::Empty => "empty_value",
            Self::Integer { least: Some(_), most: Some(_) } => "between",
            Self::Integer { least: Some(_), most: None } => "at_least",
            Self::Integer { least: None, most: Some(_) } => "at_most",
            Self::Integer { least: None, most: None } => "integer_wrong",
            Self::Kind => "value_wrong",
            Self::Line => "one_line",
            Self::Long { .. } => "bytes_at_most",
            Self::NameLetters { .. } => "name_letters",
            Self::NoPlugin => "no_plugin",
            Self::NoQueue => "no_queue",
            Self::Rows { .. } => "too_many_rows",
            Self::Said(_) => return None,
            Self::Taken => "taken",
            Self::TimeZone => "time_zone_wrong",
            Self::Unknown => "field_unknown",
            Self::Url => "url_wrong",
            Self::VoiceQueue => "wrong_medium",
        })
    }

    /// The values that those words have places for.
    pub fn values(&self) -> impl Iterator<Item = (&'static str, i64)> + use<> {
        let counted = |most: usize| i64::try_from(most).ok();
        let (least, most) = match *self {
            Self::Characters { least, most } => (counted(least), counted(most)),
            Self::Integer { least, most } => (least, most),
            Self::Long { most } | Self::NameLetters { most } | Self::Rows { most } => (None, counted(most)),
            _ => (None, None),
        };
        let values = [("least", least), ("most", most)];
        values.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }
}
