//! `ramal apply`: makes the site what a file says.

use std::path::Path;

use serde_json::json;

use crate::cli::CliError;
use crate::cli::user::actor;
use crate::config::Config;
use crate::model::{AuditEntry, OrganizationId};
use crate::site;
use crate::store::{NodeKey, Store};

/// Prints the difference and, unless `dry_run`, makes it so.
///
/// # Errors
/// If the file is wrong, the database away or changed meanwhile.
pub async fn run(config: &Config, file: &Path, dry_run: bool) -> Result<(), CliError> {
    let store =
        Store::connect(&config.database.url(&config.node.data_dir)).await.map_err(CliError::message)?;
    store.migrate().await.map_err(CliError::message)?;
    let key = NodeKey::load_or_create(&config.node.key_file()).map_err(CliError::message)?;
    let current = store.load_directory().await.map_err(CliError::message)?;
    let plan = site::load(file, &current, &key).map_err(CliError::message)?;
    let lines = site::diff(&current, &plan);
    for line in &lines {
        println!("{line}");
    }
    if lines.is_empty() {
        println!(
            "Nothing to change: the site is as {} says (revision {}).",
            file.display(),
            current.revision()
        );
    } else if dry_run {
        println!("{} changes; nothing was changed (--dry-run).", lines.len());
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
