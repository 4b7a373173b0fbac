//! `config/ramal.toml`: what one node needs to know. Every key has a default; a wrong key or value is refused with its place.

mod check;
mod desk;
pub mod fault;
mod http;
mod media;
mod node;
mod recording;
mod sip;
mod speech;
mod web;

use std::path::Path;

use serde::{Deserialize, Serialize};

pub use desk::DeskConfig;
pub use fault::Fault as ConfigError;
pub use http::{HttpConfig, LogConfig, LogFormat};
pub use media::{BrowserListen, MediaConfig, WebRtcConfig};
pub use node::{DatabaseConfig, NodeConfig};
pub use recording::{RecordingConfig, RecordingFormat, S3Config};
pub use sip::{DigestAlgorithm, Listen, SipConfig, SipLimits, SipTimers, TlsConfig};
pub use speech::SpeechConfig;
pub use web::WebConfig;

/// Largest configuration file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// The configuration of one node.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `[node]`
    pub node: NodeConfig,
    /// `[database]`
    pub database: DatabaseConfig,
    /// `[sip]`
    pub sip: SipConfig,
    /// `[media]`
    pub media: MediaConfig,
    /// `[recording]`
    pub recording: RecordingConfig,
    /// `[speech]`
    pub speech: SpeechConfig,
    /// `[http]`
    pub http: HttpConfig,
    /// `[web]`
    pub web: WebConfig,
    /// `[desk]`
    pub desk: DeskConfig,
    /// `[log]`
    pub log: LogConfig,
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// With file, line and what would be right.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::parse(&path.display().to_string(), &fault::read(path, MAX_FILE_BYTES)?)
    }

    /// Checks a text; `file` is what errors call it.
    ///
    /// # Errors
    /// With file, line and what would be right.
    pub fn parse(file: &str, text: &str) -> Result<Self, ConfigError> {
        let config: Self = fault::from_toml(file, text)?;
        check::check(&config).map_err(|wrong| wrong.quoting(text).locate(file, text))?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests;
