//! `ramal migrate`: brings the database up to date without starting a node.

use crate::cli::CliError;
use crate::config::Config;
use crate::store::Store;

/// Brings the tables up to date.
///
/// # Errors
/// If the database is away, or newer than the program.
pub async fn run(config: &Config) -> Result<(), CliError> {
    let store =
        Store::connect(&config.database.url(&config.node.data_dir)).await.map_err(CliError::message)?;
    store.migrate().await.map_err(CliError::message)?;
    println!("The database is up to date.");
    store.close().await;
    Ok(())
}
