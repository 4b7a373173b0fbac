//! A fault in a file that a person wrote: where it is, what is wrong, what would be right.

use std::fmt;
use std::io::Read as _;
use std::path::Path;

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

/// Keys whose values are not shown: a database's address may hold its password.
const SECRETS: &[&str] = &["secret_key", "access_key", "url"];
/// Longest value that is shown, in characters.
const QUOTED_CHARS: usize = 80;

/// A fault with its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// File as the user named it.
    pub file: String,
    /// Line from 1; 0: the file as a whole.
    pub line: usize,
    /// Column from 1; 0 where the line as a whole is meant.
    pub column: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (0, _) => write!(f, "{}: {}", self.file, self.message),
            (line, 0) => write!(f, "{}:{line}: {}", self.file, self.message),
            (line, column) => write!(f, "{}:{line}:{column}: {}", self.file, self.message),
        }
    }
}

impl std::error::Error for Fault {}

/// One step on the way to a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Position in an array, from 0.
    Item(usize),
    /// Key of a table.
    Key(String),
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Self::Item(index)
    }
}

/// A value that cannot be right, before its line is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrong {
    /// Way to the value.
    pub path: Vec<Step>,
    /// What is wrong and what would be right.
    pub message: String,
    /// Why, where the console has words for it in the reader's language.
    pub cause: Option<Cause>,
}

/// What is wrong with a value that people type into the console too.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cause {
    /// No address of record.
    Aor,
    CallerId,
    /// It cannot be dialled; so many characters would be right.
    Dialled {
        least: usize,
        most: usize,
    },
    /// Passwords hold for the SIP domain as it is.
    DomainHeld,
    Empty,
    Extension,
    /// An extension has this number and takes the calls.
    ExtensionFirst(String),
    Host,
    /// A host with a port at its end.
    HostPort,
    Line,
    Name,
    /// Nothing is called so.
    NoSuch(String),
    /// The password must be given again.
    PasswordAgain,
    PasswordGuessable,
    PasswordShort {
        least: usize,
    },
    Pin {
        least: usize,
        most: usize,
    },
    /// A rule of the dial plan has the number that an extension is to have.
    RuleHasNumber,
    /// Another rule, counted from 1, is for this number too.
    RuleTwice {
        given: String,
        rule: usize,
    },
    /// Sources so wide that the world calls without a password.
    SourceWide(String),
    Taken,
    Within {
        least: u32,
        most: u32,
    },
    Word,
}

/// A wrong value under a path of keys.
pub fn wrong(path: &[&str], message: impl fmt::Display) -> Wrong {
    let key = path.last().copied().unwrap_or_default();
    Wrong {
        path: path.iter().map(|key| Step::from(*key)).collect(),
        message: format!("`{key}` {message}"),
        cause: None,
    }
}

impl Wrong {
    /// With the value that stands in the file, where it stands there and is no secret: `token_h = 0` must be 1 to 168 hours.
    #[must_use]
    pub fn quoting(mut self, text: &str) -> Self {
        let Some(Step::Key(key)) = self.path.last() else { return self };
        if SECRETS.contains(&key.as_str()) {
            return self;
        }
        let named = format!("`{key}`");
        if let (Some(value), true) = (written(text, &self.path), self.message.starts_with(&named)) {
            self.message = format!("`{key} = {value}`{}", self.message.trim_start_matches(&named));
        }
        self
    }

    /// The same, with words for it in each language.
    pub fn because(self, cause: Cause) -> Self {
        Self { cause: Some(cause), ..self }
    }

    /// Finds the line of the value, or of the nearest table around it that is written down.
    pub fn locate(self, file: &str, text: &str) -> Fault {
        let (line, column) =
            offset_of(text, &self.path).map_or((0, 0), |offset| line_and_column(text, offset));
        Fault { file: file.to_owned(), line, column, message: self.message }
    }
}

/// Reads a file of at most `max_bytes`.
///
/// # Errors
/// If it cannot be read, is too long or is not UTF-8.
pub fn read(path: &Path, max_bytes: u64) -> Result<String, Fault> {
    let fault = |message| Fault { file: path.display().to_string(), line: 0, column: 0, message };
    let file = std::fs::File::open(path).map_err(|error| fault(format!("cannot be opened: {error}")))?;
    let mut bytes = Vec::new();
    file.take(max_bytes + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| fault(format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > max_bytes {
        return Err(fault(format!("is longer than {max_bytes} bytes")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let line = error
            .as_bytes()
            .iter()
            .take(error.utf8_error().valid_up_to())
            .filter(|byte| **byte == b'\n')
            .count()
            + 1;
        Fault { line, ..fault("is not UTF-8".to_owned()) }
    })
}

/// Reads TOML; an unknown key or word comes with the nearest known one.
///
/// # Errors
/// With the place that the TOML reader names.
pub fn from_toml<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Fault> {
    toml::from_str(text).map_err(|error| {
        let (line, column) = error.span().map_or((0, 0), |span| line_and_column(text, span.start));
        let mut message = explain(error.message());
        // The reader of addresses does not say what it has read; what an array of them holds is found by its line.
        if message.starts_with("is no ")
            && let Some(value) = error.span().and_then(|span| text.get(span)).filter(|value| is_short(value))
        {
            message = format!("`{value}` {message}");
        }
        Fault { file: file.to_owned(), line, column, message }
    })
}

/// Turns the reader's "unknown field `a`, expected one of `b`, `c`" into words for people, with the nearest of them.
fn explain(message: &str) -> String {
    let message = message.trim_end().replace('\n', " ");
    if let Some(meant) = explain_value(&message) {
        return meant;
    }
    let Some((what, rest)) = [("unknown field `", "key"), ("unknown variant `", "word")]
        .iter()
        .find_map(|(start, what)| Some((*what, message.strip_prefix(start)?)))
    else {
        return message;
    };
    let Some((given, expected)) = rest.split_once('`') else { return message };
    let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    let list = known.join(", ");
    match nearest(given, &known) {
        Some(meant) => format!("unknown {what} `{given}`; did you mean `{meant}`? Known here: {list}"),
        None => format!("unknown {what} `{given}`; known here: {list}"),
    }
}

/// Turns "invalid value: integer `-1`, expected u32" and the like into what would be right.
fn explain_value(message: &str) -> Option<String> {
    match message {
        "invalid socket address syntax" => {
            return Some(
                "is no address with a port; right would be `127.0.0.1:5060` or `[::1]:5060`".to_owned(),
            );
        }
        "invalid IP address syntax" => {
            return Some(
                "is no IP address; right would be `192.0.2.1` or `2001:db8::1`, without a port".to_owned(),
            );
        }
        _ => {}
    }
    let rest = message.strip_prefix("invalid value: ").or_else(|| message.strip_prefix("invalid type: "))?;
    let (given, expected) = rest.rsplit_once(", expected ")?;
    let most = match expected {
        "u8" => u64::from(u8::MAX),
        "u16" => u64::from(u16::MAX),
        "u32" => u64::from(u32::MAX),
        "u64" | "usize" => i64::MAX as u64,
        other => return Some(format!("{given} does not fit here; right would be {other}")),
    };
    Some(format!("{given} does not fit here; right would be a whole number from 0 to {most}"))
}

/// The known word that `given` is most likely a slip of.
pub fn nearest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    let farthest = (given.chars().count() / 3).max(2);
    known
        .iter()
        .map(|word| (distance(given, word), *word))
        .filter(|(steps, _)| *steps <= farthest)
        .min()
        .map(|(_, word)| word)
}

/// Levenshtein distance, counted in characters.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, from) in left.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (column, to) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            row[column + 1] = substituted.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

fn is_short(value: &str) -> bool {
    !value.is_empty() && value.len() <= QUOTED_CHARS && !value.contains('\n')
}

/// The value at `path` as it is written, on one line.
fn written(text: &str, path: &[Step]) -> Option<String> {
    let table = DeTable::parse(text).ok()?;
    let (first, rest) = path.split_first()?;
    let Step::Key(first) = first else { return None };
    let mut value = table.get_ref().iter().find(|(name, _)| name.get_ref() == first)?.1;
    for step in rest {
        value = match (step, value.get_ref()) {
            (Step::Key(key), DeValue::Table(table)) => {
                table.iter().find(|(name, _)| name.get_ref() == key)?.1
            }
            (Step::Item(index), DeValue::Array(array)) => array.get(*index)?,
            _ => return None,
        };
    }
    let words = text.get(value.span())?.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_long = words.chars().count() > QUOTED_CHARS;
    let quoted: String = words.chars().take(QUOTED_CHARS).collect();
    Some(if is_long { quoted + " …" } else { quoted })
}

fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |start| start.chars().count()) + 1;
    (line, column)
}

/// Byte offset of the value at `path`, or of the last step that exists.
fn offset_of(text: &str, path: &[Step]) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let mut offset = None;
    let mut steps = path.iter();
    let mut value: Option<&DeValue<'_>> = None;
    if let Some(Step::Key(key)) = steps.next() {
        let (found_key, found) = table.get_ref().iter().find(|(name, _)| name.get_ref() == key)?;
        offset = Some(found_key.span().start);
        value = Some(found.get_ref());
    }
    for step in steps {
        match (step, value) {
            (Step::Key(key), Some(DeValue::Table(table))) => {
                let Some((found_key, found)) = table.iter().find(|(name, _)| name.get_ref() == key) else {
                    return offset;
                };
                offset = Some(found_key.span().start);
                value = Some(found.get_ref());
            }
            (Step::Item(index), Some(DeValue::Array(array))) => {
                let Some(found) = array.get(*index) else { return offset };
                offset = Some(found.span().start);
                value = Some(found.get_ref());
            }
            _ => return offset,
        }
    }
    offset
}
