//! `[node]` and `[database]`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Who this node is and where it keeps its files.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NodeConfig {
    /// Name, unique among nodes that share a database; stands in every call record.
    pub name: String,
    /// Folder of everything the node writes that is not a recording.
    pub data_dir: PathBuf,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self { name: "ramal".to_owned(), data_dir: PathBuf::from("data") }
    }
}

impl NodeConfig {
    /// The key that trunk passwords are encrypted with. Nodes that share a database share this file.
    pub fn key_file(&self) -> PathBuf {
        self.data_dir.join("node.key")
    }

    /// Where facts wait while the database is away.
    pub fn spool_folder(&self) -> PathBuf {
        self.data_dir.join("spool")
    }
}

/// Where rows are kept.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `sqlite:PATH` or `postgres://…`; `None`: SQLite in `data_dir`.
    pub url: Option<String>,
}

impl DatabaseConfig {
    /// The URL to connect to.
    pub fn url(&self, data_dir: &Path) -> String {
        self.url.clone().unwrap_or_else(|| format!("sqlite:{}", data_dir.join("ramal.db").display()))
    }
}

impl std::fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = self.url.as_deref().map(|url| url.split(':').next().unwrap_or_default());
        f.debug_struct("DatabaseConfig").field("kind", &kind).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_password_in_the_url() {
        let config = DatabaseConfig { url: Some("postgres://ramal:hunter2@db/ramal".to_owned()) };
        let text = format!("{config:?}");
        assert!(text.contains("postgres") && !text.contains("hunter2"));
    }
}
