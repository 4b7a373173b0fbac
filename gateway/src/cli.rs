//! The commands of the command line, a file each.

pub mod apply;
pub mod cdrs;
pub mod check_config;
pub mod export;
pub mod migrate;
pub mod operate;
pub mod plugin;
pub mod sandbox;
pub mod serve;
pub mod user;

use std::path::Path;

use crate::config::Config;

/// Where the configuration is looked for when none is named.
const DEFAULT_CONFIG: &str = "config/ramal.toml";

/// Why a command failed, in words for the one who typed it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CliError(String);

impl CliError {
    pub fn message(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// Reads the named configuration; without a name the one in `config/`, and without that the defaults.
///
/// # Errors
/// The file is not there or not right.
pub fn load_config(path: Option<&Path>) -> Result<Config, CliError> {
    match path {
        Some(path) => Config::load(path).map_err(CliError::message),
        None if Path::new(DEFAULT_CONFIG).exists() => {
            Config::load(Path::new(DEFAULT_CONFIG)).map_err(CliError::message)
        }
        None => Ok(Config::default()),
    }
}
