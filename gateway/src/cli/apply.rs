//! `ramal apply`: makes the site what a file says.

use std::path::Path;

use crate::cli::CliError;
use crate::config::Config;
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
        let revision = store.apply(&plan).await.map_err(CliError::message)?;
        println!("{} changes applied (revision {revision}).", lines.len());
    }
    store.close().await;
    Ok(())
}
