//! `ramal export`: writes the site as a file that `ramal apply` takes back.

use crate::cli::CliError;
use crate::config::Config;
use crate::site::{self, Secrets};
use crate::store::Store;

/// Prints the site.
///
/// # Errors
/// If the database is away.
pub async fn run(config: &Config, secrets: Secrets) -> Result<(), CliError> {
    let store = Store::open(&config.database.url(&config.node.data_dir)).await.map_err(CliError::message)?;
    store.migrate().await.map_err(CliError::message)?;
    let directory = store.load_directory().await.map_err(CliError::message)?;
    print!("{}", site::export(&directory, secrets));
    store.close().await;
    Ok(())
}
