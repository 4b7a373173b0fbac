//! `ramal export`: writes the site as a file that `ramal apply` takes back.

use crate::cli::CliError;
use crate::config::Config;
use crate::site;
use crate::store::Store;

/// Prints the site; passwords are not in it.
///
/// # Errors
/// If the database is away.
pub async fn run(config: &Config) -> Result<(), CliError> {
    let store = Store::open(&config.database.url(&config.node.data_dir)).await.map_err(CliError::message)?;
    store.migrate().await.map_err(CliError::message)?;
    let directory = store.load_directory().await.map_err(CliError::message)?;
    print!("{}", site::export(&directory));
    store.close().await;
    Ok(())
}
