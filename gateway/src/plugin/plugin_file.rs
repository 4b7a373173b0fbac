//! The one file of a plugin: a WebAssembly component with its manifest in a custom section.

use aws_lc_rs::digest::{SHA256, digest};

use crate::plugin::limits::MAX_FILE_BYTES;
use crate::plugin::manifest::{Manifest, ManifestError};

/// Magic, version 13 and layer 1: a component (component model, Binary.md).
const COMPONENT: &[u8] = &[0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
/// Id of a custom section.
const CUSTOM: u8 = 0x00;
/// Name of the section that holds `plugin.toml`.
const MANIFEST_SECTION: &[u8] = b"ramal-plugin";

/// A plugin as it lies on disk.
#[derive(Clone, PartialEq, Debug)]
pub struct PluginFile {
    pub manifest: Manifest,
    pub bytes: Vec<u8>,
}

/// Why a file is no plugin.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PluginFileError {
    #[error("larger than {} MiB", MAX_FILE_BYTES >> 20)]
    TooLarge,
    #[error("no WebAssembly component")]
    NoComponent,
    #[error("cut off or damaged")]
    Malformed,
    #[error("holds no manifest: it was not made with `ramal plugin build`")]
    NoManifest,
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

impl PluginFileError {
    /// What it is called where words are looked up, of what whoever put the file there can mend.
    pub const fn code(&self) -> Option<&'static str> {
        match self {
            Self::Malformed => Some("damaged"),
            Self::NoComponent => Some("no_component"),
            Self::NoManifest => Some("no_manifest"),
            Self::Manifest(_) | Self::TooLarge => None,
        }
    }
}

impl PluginFile {
    /// Reads a file's bytes. Whether the component is sound shows when it is compiled.
    ///
    /// # Errors
    /// The author's or the carrier's fault.
    pub fn read(bytes: Vec<u8>) -> Result<Self, PluginFileError> {
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(PluginFileError::TooLarge);
        }
        let manifest = manifest_text(&bytes)?.ok_or(PluginFileError::NoManifest)?;
        let text = std::str::from_utf8(manifest).map_err(|_| PluginFileError::Malformed)?;
        Ok(Self { manifest: Manifest::parse(text)?, bytes })
    }

    /// Makes the file of a component and the text of its manifest.
    ///
    /// # Errors
    /// If either is wrong, or the component has a manifest already.
    pub fn make(mut component: Vec<u8>, manifest: &str) -> Result<Self, PluginFileError> {
        if manifest_text(&component)?.is_some() {
            return Err(PluginFileError::Malformed);
        }
        let mut payload = Vec::with_capacity(manifest.len() + MANIFEST_SECTION.len() + 1);
        write_size(MANIFEST_SECTION.len(), &mut payload);
        payload.extend_from_slice(MANIFEST_SECTION);
        payload.extend_from_slice(manifest.as_bytes());
        component.push(CUSTOM);
        write_size(payload.len(), &mut component);
        component.extend_from_slice(&payload);
        Self::read(component)
    }

    /// SHA-256 in lower-case hexadecimal.
    pub fn digest(&self) -> String {
        digest(&SHA256, &self.bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn manifest_text(bytes: &[u8]) -> Result<Option<&[u8]>, PluginFileError> {
    let mut rest = bytes.strip_prefix(COMPONENT).ok_or(PluginFileError::NoComponent)?;
    while let Some((&id, after)) = rest.split_first() {
        let (payload, after) = sized(after).ok_or(PluginFileError::Malformed)?;
        if id == CUSTOM {
            let (name, text) = sized(payload).ok_or(PluginFileError::Malformed)?;
            if name == MANIFEST_SECTION {
                return Ok(Some(text));
            }
        }
        rest = after;
    }
    Ok(None)
}

/// Bytes with their length before them, and what follows.
fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut size: u64 = 0;
    for (at, byte) in bytes.iter().enumerate().take(5) {
        size |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return bytes.get(at + 1..)?.split_at_checked(usize::try_from(size).ok()?);
        }
    }
    None
}

/// LEB128, unsigned.
fn write_size(mut size: usize, out: &mut Vec<u8>) {
    loop {
        let low = (size & 0x7f) as u8;
        size >>= 7;
        if size == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "name = \"night\"\nversion = \"1.0.0\"\nworld = \"rule\"\ntitle = \"Night\"\n";

    #[test]
    fn a_manifest_travels_in_the_file() {
        let long = format!("{RULE}description = \"{}\"\n", "x".repeat(1000));
        let file = PluginFile::make(COMPONENT.to_vec(), &long).unwrap();
        let read = PluginFile::read(file.bytes.clone()).unwrap();
        assert_eq!(read.manifest.name, "night");
        assert_eq!(read.digest().len(), 64);
        assert_eq!(PluginFile::make(file.bytes, RULE), Err(PluginFileError::Malformed));
    }

    #[test]
    fn what_is_no_plugin() {
        assert_eq!(PluginFile::read(b"\x7fELF".to_vec()), Err(PluginFileError::NoComponent));
        assert_eq!(PluginFile::read(COMPONENT.to_vec()), Err(PluginFileError::NoManifest));
        let file = PluginFile::make(COMPONENT.to_vec(), RULE).unwrap();
        for length in 0..file.bytes.len() {
            assert!(PluginFile::read(file.bytes[..length].to_vec()).is_err());
        }
    }

    #[test]
    fn never_panics_on_damaged_bytes() {
        let file = PluginFile::make(COMPONENT.to_vec(), RULE).unwrap();
        for at in 0..file.bytes.len() {
            for value in 0..=u8::MAX {
                let mut bytes = file.bytes.clone();
                bytes[at] = value;
                let _ = PluginFile::read(bytes);
            }
        }
    }
}
