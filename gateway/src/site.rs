//! What an administrator owns, as a file: read, compared with the database, applied, written back.

mod change;
mod check;
mod describe;
mod diff;
mod export;
mod file;
mod plan;
mod rule;
mod secret;
mod taken;
mod trunk;

use std::path::Path;

pub use change::{Change, ChangeError, Changed, Entry, change, rules};
pub use diff::diff;
pub use export::{Secrets, export};
pub use file::{CredentialsOutEntry, DigestInEntry, ExtensionEntry, RegisterEntry, RuleEntry, TrunkEntry};
pub use taken::{Taken, taken_from_users};

use crate::config::{ConfigError, fault};
use crate::model::Directory;
use crate::store::{NodeKey, SitePlan};

/// Largest site file that is read, in bytes: some 50,000 extensions.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// Stands for a password that stays as it is.
pub const KEPT: &str = "(kept)";

/// Reads a site file and makes the plan that turns `current` into it; with what of it may not be meant.
///
/// # Errors
/// With file, line and what would be right.
pub fn load(
    path: &Path,
    current: &Directory,
    key: &NodeKey,
) -> Result<(SitePlan, Vec<ConfigError>), ConfigError> {
    parse(&path.display().to_string(), &fault::read(path, MAX_FILE_BYTES)?, current, key)
}

/// The same out of a text; `name` is what errors call it.
///
/// # Errors
/// With file, line and what would be right.
pub fn parse(
    name: &str,
    text: &str,
    current: &Directory,
    key: &NodeKey,
) -> Result<(SitePlan, Vec<ConfigError>), ConfigError> {
    let file: file::SiteFile = fault::from_toml(name, text)?;
    let located = |wrong: fault::Wrong| wrong.locate(name, text);
    let (plan, warnings) = plan::make(&file, current, key).map_err(located)?;
    Ok((plan, warnings.into_iter().map(located).collect()))
}

#[cfg(test)]
mod tests;
