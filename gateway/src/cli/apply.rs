//! `ramal apply`: makes the site what a file says.

use std::path::Path;

use serde_json::json;

use crate::cli::CliError;
use crate::cli::user::actor;
use crate::config::Config;
use crate::model::{AuditEntry, OrganizationId};
use crate::site::{self, Taken};
use crate::store::{NodeKey, Store};

/// What is done with the difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Printed, nothing else.
    DryRun,
    /// Made so, unless a user loses an extension by it.
    Careful,
    /// Made so, whoever loses an extension by it.
    TakeFromUsers,
}

/// Prints the difference and, unless it is a dry run, makes it so.
///
/// # Errors
/// If the file is wrong, takes from users what it was not told to take, or the database is away or was changed meanwhile.
pub async fn run(config: &Config, file: &Path, mode: Mode) -> Result<(), CliError> {
    let store =
        Store::connect(&config.database.url(&config.node.data_dir)).await.map_err(CliError::message)?;
    store.migrate().await.map_err(CliError::message)?;
    let key = NodeKey::load_or_create(&config.node.key_file()).map_err(CliError::message)?;
    let current = store.load_directory().await.map_err(CliError::message)?;
    let (plan, warnings) = site::load(file, &current, &key).map_err(CliError::message)?;
    for warning in &warnings {
        println!("Warning: {warning}");
    }
    let lines = site::diff(&current, &plan);
    let taken = site::taken_from_users(&current, &plan);
    for line in &lines {
        println!("{line}");
    }
    if lines.is_empty() {
        println!(
            "Nothing to change: the site is as {} says (revision {}).",
            file.display(),
            current.revision()
        );
    } else if mode == Mode::DryRun {
        println!("{} changes; nothing was changed (--dry-run).", lines.len());
        if !taken.is_empty() {
            println!("{}", warning(&taken));
        }
    } else if mode == Mode::Careful && !taken.is_empty() {
        store.close().await;
        return Err(CliError::message(format!("nothing was changed. {}", warning(&taken))));
    } else {
        let kept = |id: OrganizationId| plan.organizations.iter().any(|one| one.id == id);
        let stays = current.organizations().iter().filter(|one| kept(one.id));
        let entries: Vec<AuditEntry> =
            stays.filter_map(|one| entry(one.id, &one.name, file, &lines)).collect();
        let revision = store.apply_for(&plan, &entries).await.map_err(CliError::message)?;
        println!("{} changes applied (revision {revision}).", lines.len());
    }
    store.close().await;
    Ok(())
}

/// What a file takes that people work with.
fn warning(taken: &[Taken]) -> String {
    let shown: Vec<String> = taken.iter().take(SHOWN).map(Taken::to_string).collect();
    let more = match taken.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "The file lacks extensions that users of the console have: {}{more}. To keep them, write them into the file (`ramal export` shows \
         them); to delete them, and leave these users without a phone, say --take-from-users.",
        shown.join(", ")
    )
}

/// What of a difference concerns an Organization, for its audit log. None: nothing.
fn entry(id: OrganizationId, name: &str, file: &Path, lines: &[String]) -> Option<AuditEntry> {
    let changes: Vec<&String> = lines.iter().filter(|line| concerns(line, name)).collect();
    let detail = json!({ "file": file.display().to_string(), "changes": changes });
    (!changes.is_empty()).then(|| actor(id).does("apply", "site", "", detail))
}

/// A line of a difference is a sign, what it is about, and the path of that: the Organization's name, alone or before a slash.
fn concerns(line: &str, name: &str) -> bool {
    let path = line.split(' ').nth(2).unwrap_or_default();
    path.split('/').next() == Some(name)
}

/// Extensions that a warning names.
const SHOWN: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_concerns_the_organization_that_its_path_begins_with() {
        assert!(concerns("+ organization acme (name = \"acme\")", "acme"));
        assert!(concerns("- extension acme/1010", "acme"));
        assert!(!concerns("- extension acme-north/1010", "acme"));
        assert!(!concerns("~ extension other/1001 (display_name = \"acme\")", "acme"));
    }
}
