//! Files that customers sent: fetched once by the channel, kept in a folder of the node.

use std::io;
use std::path::{Path, PathBuf};

use super::Chat;
use crate::store::{StoreError, WantedFile};

/// Where files lie, inside the node's data folder.
pub const FOLDER: &str = "attachments";

/// Why a file was not kept.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("{0}")]
    Away(#[from] StoreError),
    #[error("the file {} cannot be written: {error}", .path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// From the system.
        error: io::Error,
    },
}

impl Chat {
    /// Keeps a file that was fetched, and shows it.
    ///
    /// # Errors
    /// The disk is full, or the database is away: it is fetched again later.
    pub async fn keep_file(
        &self,
        data_dir: &Path,
        file: &WantedFile,
        media_type: Option<&str>,
        bytes: &[u8],
    ) -> Result<(), FileError> {
        let path = format!("{}/{}", file.organization, file.id);
        let whole = data_dir.join(FOLDER).join(&path);
        write(&whole, bytes).await.map_err(|error| FileError::Disk { path: whole, error })?;
        self.store.note_fetched(file, &path, media_type, bytes.len() as u64).await?;
        self.show(file.organization, &[file.message]).await;
        Ok(())
    }
}

async fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        tokio::fs::create_dir_all(folder).await?;
    }
    // Under another name first: a node that dies leaves no half of a file behind.
    let half = path.with_extension("half");
    tokio::fs::write(&half, bytes).await?;
    tokio::fs::rename(&half, path).await
}
