//! The folder of plugins: `NAME.wasm`, and beside it `NAME.toml` with its grants. What ships with the program lies beside the
//! program, and is there unless the folder has a plugin of the same name.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::plugin::limits::MAX_FILE_BYTES;
use crate::plugin::manifest::Grants;
use crate::plugin::plugin_file::{PluginFile, PluginFileError};

/// Plugins of one node.
pub const MAX_PLUGINS: usize = 64;
/// Bytes of a file of grants.
const MAX_GRANTS_BYTES: u64 = 64 << 10;

/// Where plugins lie.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Library {
    folder: PathBuf,
    /// Plugins that came with the program, which nobody changes.
    shipped: Option<PathBuf>,
}

/// A plugin that is there, read or not.
#[derive(Debug)]
pub struct Entry {
    pub name: String,
    pub found: Result<Installed, LibraryError>,
}

/// A plugin with what it is allowed.
#[derive(Clone, PartialEq, Debug)]
pub struct Installed {
    pub file: PluginFile,
    pub grants: Grants,
}

/// What tells one content of the two files from another without reading them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stamp([Option<(SystemTime, u64, u64)>; 2]);

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: std::io::Error },
    #[error("{}: {error}", path.display())]
    File { path: PathBuf, error: PluginFileError },
    #[error("{}: {reason}", path.display())]
    Grants { path: PathBuf, reason: String },
    #[error("there is no plugin `{0}`")]
    NotThere(String),
    #[error("{} is named `{name}` inside: rename the file", path.display())]
    OtherName { path: PathBuf, name: String },
    #[error("more than {MAX_PLUGINS} plugins")]
    Full,
    #[error("`{0}` came with the program and cannot be taken out")]
    Shipped(String),
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> LibraryError {
    let path = path.to_owned();
    move |error| LibraryError::Io { path, error }
}

impl Library {
    /// The plugins in a folder, which need not be there yet.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, shipped: None }
    }

    /// The same with what came with the program.
    #[must_use]
    pub fn with_shipped(self, shipped: Option<PathBuf>) -> Self {
        Self { shipped, ..self }
    }

    /// Where plugins are looked for: those that were installed, then those that came with the program.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(self.folder.as_path()).chain(self.shipped.as_deref())
    }

    /// Names of what lies there and how it is stamped, in order; at most [`MAX_PLUGINS`].
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn names(&self) -> Result<Vec<(String, Stamp)>, LibraryError> {
        let mut names = names_in(&self.folder)?;
        if let Some(shipped) = &self.shipped {
            names.extend(names_in(shipped)?);
        }
        names.sort();
        names.dedup();
        names.truncate(MAX_PLUGINS);
        Ok(names.into_iter().map(|name| (name.clone(), self.stamp(&name))).collect())
    }

    fn stamp(&self, name: &str) -> Stamp {
        Stamp([self.wasm(name), self.grants(name)].map(|path| {
            use std::os::unix::fs::MetadataExt as _;
            let found = std::fs::metadata(path).ok()?;
            Some((found.modified().ok()?, found.len(), found.ino()))
        }))
    }

    /// Reads one plugin and its grants. Without a file of grants nothing is allowed, but for one that came with the program
    /// all that it asks.
    ///
    /// # Errors
    /// If it is not there or not right.
    pub fn read(&self, name: &str) -> Result<Installed, LibraryError> {
        let path = self.wasm(name);
        let file = read_plugin(&path)?;
        if file.manifest.name != name {
            return Err(LibraryError::OtherName { path, name: file.manifest.name });
        }
        let grants = match self.read_grants(name)? {
            Some(grants) => grants,
            None if self.is_shipped(name) => Grants::all_of(&file.manifest),
            None => Grants::default(),
        };
        Ok(Installed { file, grants })
    }

    fn read_grants(&self, name: &str) -> Result<Option<Grants>, LibraryError> {
        let path = self.grants(name);
        let wrong = |reason: String| LibraryError::Grants { path: path.clone(), reason };
        match std::fs::metadata(&path) {
            Ok(found) if found.len() > MAX_GRANTS_BYTES => return Err(wrong("too large".to_owned())),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io(&path)(error)),
        }
        let text = std::fs::read_to_string(&path).map_err(io(&path))?;
        toml::from_str(&text).map(Some).map_err(|error| wrong(error.to_string()))
    }

    /// All plugins, in order of their names.
    ///
    /// # Errors
    /// If the folder cannot be read; a plugin that cannot be read stands in the list with its error.
    pub fn list(&self) -> Result<Vec<Entry>, LibraryError> {
        let entry = |(name, _): (String, Stamp)| Entry { found: self.read(&name), name };
        Ok(self.names()?.into_iter().map(entry).collect())
    }

    /// Puts a plugin in, or a new version in the place of the old one. A running node takes it up by itself.
    ///
    /// # Errors
    /// If the folder cannot be written or is full.
    pub fn install(&self, installed: &Installed) -> Result<(), LibraryError> {
        let name = &installed.file.manifest.name;
        let names = self.names()?;
        if names.len() >= MAX_PLUGINS && !names.iter().any(|(found, _)| found == name) {
            return Err(LibraryError::Full);
        }
        // Grants first: a plugin is never there with more than its own.
        self.grant(name, &installed.grants)?;
        replace(&self.own(name), &installed.file.bytes)
    }

    /// Says what a plugin is allowed, whether or not it came with the program.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn grant(&self, name: &str, grants: &Grants) -> Result<(), LibraryError> {
        std::fs::create_dir_all(&self.folder).map_err(io(&self.folder))?;
        let text = toml::to_string(grants)
            .map_err(|error| LibraryError::Grants { path: self.grants(name), reason: error.to_string() })?;
        replace(&self.grants(name), text.as_bytes())
    }

    /// Takes a plugin out. A running node lets running calls end.
    ///
    /// # Errors
    /// If it is not there or cannot be deleted.
    pub fn remove(&self, name: &str) -> Result<(), LibraryError> {
        let known = self.names()?.iter().any(|(found, _)| found == name);
        if !known {
            return Err(LibraryError::NotThere(name.to_owned()));
        }
        if self.is_shipped(name) {
            return Err(LibraryError::Shipped(name.to_owned()));
        }
        std::fs::remove_file(self.own(name)).map_err(io(&self.own(name)))?;
        match std::fs::remove_file(self.grants(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(io(&self.grants(name))(error)),
            _ => Ok(()),
        }
    }

    /// Whether a plugin is in force that came with the program.
    pub fn is_shipped(&self, name: &str) -> bool {
        self.wasm(name) != self.own(name)
    }

    /// What was installed goes before what came with the program.
    fn wasm(&self, name: &str) -> PathBuf {
        let own = self.own(name);
        let shipped = self.shipped.as_ref().map(|folder| folder.join(format!("{name}.wasm")));
        match shipped {
            Some(shipped) if !own.exists() && shipped.exists() => shipped,
            Some(_) | None => own,
        }
    }

    fn own(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.wasm"))
    }

    fn grants(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.toml"))
    }
}

fn names_in(folder: &Path) -> Result<Vec<String>, LibraryError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io(folder)(error)),
    };
    let names = entries.filter_map(|entry| {
        entry.ok()?.file_name().into_string().ok()?.strip_suffix(".wasm").map(str::to_owned)
    });
    Ok(names.filter(|name| !name.starts_with('.')).collect())
}

/// Reads the file of a plugin from anywhere.
///
/// # Errors
/// If it cannot be read or is no plugin.
pub fn read_plugin(path: &Path) -> Result<PluginFile, LibraryError> {
    let wrong = |error| LibraryError::File { path: path.to_owned(), error };
    let found = std::fs::metadata(path).map_err(io(path))?;
    if found.len() > MAX_FILE_BYTES {
        return Err(wrong(PluginFileError::TooLarge));
    }
    PluginFile::read(std::fs::read(path).map_err(io(path))?).map_err(wrong)
}

/// Whoever reads the path sees the old file or the new one, whole.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), LibraryError> {
    let stem = path.file_name().unwrap_or_default().to_string_lossy();
    let new = path.with_file_name(format!(".{stem}.{}", std::process::id()));
    let write = || {
        let mut file = std::fs::File::create(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&new, path)
    };
    write().map_err(io(path))
}
