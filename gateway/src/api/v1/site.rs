//! How extensions, trunks, dial rules and the organization are changed: by the rules of site files, and known to this node when it is answered.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::signed::Signed;
use crate::api::problem::{Code, Problem};
use crate::api::{Web, unreadable};
use crate::config::fault::{Cause, Step};
use crate::model::{Directory, Permission, difference};
use crate::site::{self, Change, ChangeError};
use crate::store::StoreError;

/// A change is planned so often anew when somebody else's came between.
pub const TRIES: u32 = 4;

/// What the audit log calls a change.
#[derive(Clone, Copy, Debug)]
pub struct Deed<'a> {
    pub action: &'a str,
    pub noun: &'a str,
    /// What consoles call rows of this kind.
    pub rows: &'static str,
    pub name: &'a str,
}

/// Makes a change; the directory afterwards.
///
/// # Errors
/// Not allowed, not right, or the database is away.
pub async fn change(
    web: &Web,
    signed: &Signed,
    deed: Deed<'_>,
    change: &Change,
) -> Result<std::sync::Arc<Directory>, Problem> {
    signed.may(Permission::ManageTelephony)?;
    let mut tries = 0;
    let revision = loop {
        let current = web.store.load_directory().await?;
        let changed = site::change(&current, signed.organization, change.clone(), &web.key)?;
        let detail = difference(&changed.before, &changed.after);
        let entry = signed.does(deed.action, deed.noun, deed.name, detail);
        tries += 1;
        match web.store.apply_for(&changed.plan, std::slice::from_ref(&entry)).await {
            Ok(revision) => break revision,
            Err(StoreError::Changed { .. }) if tries < TRIES => {}
            Err(error) => return Err(error.into()),
        }
    };
    web.followed(revision).await;
    web.tell_changed(signed.organization, deed.rows);
    Ok(web.directory())
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Malformed(error) => unreadable::body(&error, unreadable::Form::Json),
            ChangeError::NoSuch(what) => Self::not_found(what),
            ChangeError::Taken(field) => {
                Self::conflict("Taken already", format!("Another has this {field}."))
                    .at(field)
                    .coded(Code::Taken)
            }
            ChangeError::Wrong(wrong) => {
                let field = place(&wrong.path);
                let problem =
                    Self::caller(StatusCode::UNPROCESSABLE_ENTITY, "This cannot be right", wrong.message);
                let problem = match wrong.cause {
                    Some(cause) => worded(problem, cause),
                    None => problem,
                };
                if field.is_empty() { problem } else { problem.at(field) }
            }
        }
    }
}

/// The cause as the console has words for it.
fn worded(problem: Problem, cause: Cause) -> Problem {
    match cause {
        Cause::Aor => problem.coded(Code::AorWrong),
        Cause::CallerId => problem.coded(Code::CallerIdWrong),
        Cause::Dialled { least, most } => {
            problem.coded(Code::DialledWrong).with("least", least).with("most", most)
        }
        Cause::DomainHeld => problem.coded(Code::DomainHeld),
        Cause::Empty => problem.coded(Code::EmptyValue),
        Cause::Extension => problem.coded(Code::ExtensionWrong),
        Cause::ExtensionFirst(given) => problem.coded(Code::ExtensionFirst).with("given", given),
        Cause::Host => problem.coded(Code::HostWrong),
        Cause::HostPort => problem.coded(Code::HostPort),
        Cause::Line => problem.coded(Code::LineWrong),
        Cause::Name => problem.coded(Code::NameWrong),
        Cause::NoSuch(given) => problem.coded(Code::NoneCalledSo).with("given", given),
        Cause::PasswordAgain => problem.coded(Code::PasswordAgain),
        Cause::PasswordGuessable => problem.coded(Code::PasswordGuessable),
        Cause::PasswordShort { least } => problem.coded(Code::PasswordShort).with("least", least),
        Cause::Pin { least, most } => problem.coded(Code::PinWrong).with("least", least).with("most", most),
        Cause::RuleHasNumber => problem.coded(Code::RuleHasNumber),
        Cause::RuleTwice { given, rule } => {
            problem.coded(Code::RuleTwice).with("given", given).with("rule", rule)
        }
        Cause::SourceWide(source) => problem.coded(Code::SourceWide).with("source", source),
        Cause::Taken => problem.coded(Code::Taken),
        Cause::Within { least, most } => problem.coded(Code::Between).with("least", least).with("most", most),
        Cause::Word => problem.coded(Code::WordWrong),
    }
}

/// `rule[2].extension`
fn place(path: &[Step]) -> String {
    path.iter().fold(String::new(), |text, step| match step {
        Step::Item(index) => format!("{text}[{index}]"),
        Step::Key(key) if text.is_empty() => key.clone(),
        Step::Key(key) => format!("{text}.{key}"),
    })
}

/// A text out of a body that is read in full elsewhere; empty where there is none.
pub fn text<'a>(entry: &'a site::Entry, key: &str) -> &'a str {
    entry.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The same body with another value of one key.
pub fn with(mut entry: site::Entry, key: &str, value: &str) -> site::Entry {
    entry.insert(key.to_owned(), json!(value));
    entry
}
