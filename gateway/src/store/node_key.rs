//! The node's key: outbound passwords are encrypted with it while they lie in the database, and tokens are known by it.
use std::fmt;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::model::SealedSecret;

const KEY_BYTES: usize = 32;
/// What the key of tokens is derived by.
const TOKENS_LABEL: &[u8] = b"ramal bearer tokens 1";
/// Others than the owner may do nothing with the key file.
const KEY_FILE_MODE: u32 = 0o600;

/// Kept in a file beside the database and never in it.
pub struct NodeKey {
    /// AES-256-GCM.
    key: LessSafeKey,
    /// HMAC-SHA-256, derived.
    tokens: hmac::Key,
}

/// Why a key or a sealed secret is of no use.
#[derive(Debug, thiserror::Error)]
pub enum NodeKeyError {
    /// The file cannot be read or made.
    #[error("the key file {} cannot be used: {error}; it must be a file of the user that runs ramal", .path.display())]
    File {
        /// Key file.
        path: PathBuf,
        /// From the system.
        error: std::io::Error,
    },
    /// The file holds something else.
    #[error(
        "{0} does not hold 32 bytes in base64: put the key back from a backup. With a new one (move the file away) every trunk's password must be applied again"
    )]
    Malformed(PathBuf),
    /// Others may read the file.
    #[error("{0} can be read by others; right would be: chmod 600")]
    Exposed(PathBuf),
    /// The system has no randomness to give.
    #[error("the system gives no random bytes")]
    NoRandomness,
    /// Sealed with another key, for another user name, or damaged.
    #[error("the stored password of this trunk cannot be opened with this node's key; apply it again")]
    NotOurs,
}

impl fmt::Debug for NodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NodeKey(kept secret)")
    }
}

impl NodeKey {
    /// Reads the key; makes one, readable by the owner alone, where there is none.
    ///
    /// # Errors
    /// If the file cannot be read or made, is no key, or is open to others.
    pub fn load_or_create(path: &Path) -> Result<Self, NodeKeyError> {
        let file_error = |error| NodeKeyError::File { path: path.to_owned(), error };
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let mode = std::fs::metadata(path).map_err(file_error)?.permissions().mode();
                if mode & 0o077 != 0 {
                    return Err(NodeKeyError::Exposed(path.to_owned()));
                }
                let bytes =
                    STANDARD.decode(text.trim()).map_err(|_| NodeKeyError::Malformed(path.to_owned()))?;
                Self::from_bytes(&bytes).ok_or_else(|| NodeKeyError::Malformed(path.to_owned()))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::create(path),
            Err(error) => Err(file_error(error)),
        }
    }

    fn create(path: &Path) -> Result<Self, NodeKeyError> {
        let file_error = |error| NodeKeyError::File { path: path.to_owned(), error };
        let mut bytes = [0; KEY_BYTES];
        SystemRandom::new().fill(&mut bytes).map_err(|_| NodeKeyError::NoRandomness)?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(file_error)?;
        }
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(KEY_FILE_MODE)
            .open(path)
            .map_err(file_error)?;
        writeln!(file, "{}", STANDARD.encode(bytes)).and_then(|()| file.sync_all()).map_err(file_error)?;
        Self::from_bytes(&bytes).ok_or_else(|| NodeKeyError::Malformed(path.to_owned()))
    }

    /// A key of 32 bytes.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, bytes).ok()?);
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, bytes), TOKENS_LABEL);
        Some(Self { key, tokens: hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()) })
    }

    /// The tag by which a token is known to be ours.
    pub fn authenticate(&self, claim: &[u8]) -> Vec<u8> {
        hmac::sign(&self.tokens, claim).as_ref().to_vec()
    }

    /// True if the tag was made by a node with this key. Takes as long for any tag.
    pub fn is_authentic(&self, claim: &[u8], tag: &[u8]) -> bool {
        hmac::verify(&self.tokens, claim, tag).is_ok()
    }

    /// Encrypts a password; it opens for the same user name only.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn seal(&self, username: &str, password: &str) -> Result<SealedSecret, NodeKeyError> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| NodeKeyError::NoRandomness)?;
        let mut text = password.as_bytes().to_vec();
        self.key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(username.as_bytes()),
                &mut text,
            )
            .map_err(|_| NodeKeyError::NotOurs)?;
        let mut sealed = nonce.to_vec();
        sealed.append(&mut text);
        Ok(SealedSecret(STANDARD.encode(sealed)))
    }

    /// Decrypts a password.
    ///
    /// # Errors
    /// If it was sealed with another key or for another user name, or is damaged.
    pub fn open(&self, username: &str, sealed: &SealedSecret) -> Result<String, NodeKeyError> {
        let bytes = STANDARD.decode(&sealed.0).map_err(|_| NodeKeyError::NotOurs)?;
        let (nonce, text) = bytes.split_first_chunk::<NONCE_LEN>().ok_or(NodeKeyError::NotOurs)?;
        let mut text = text.to_vec();
        let opened = self
            .key
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(username.as_bytes()), &mut text)
            .map_err(|_| NodeKeyError::NotOurs)?;
        String::from_utf8(opened.to_vec()).map_err(|_| NodeKeyError::NotOurs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> NodeKey {
        NodeKey::from_bytes(&[byte; KEY_BYTES]).unwrap()
    }

    #[test]
    fn sealed_opens_with_the_same_key_and_user_only() {
        let sealed = key(1).seal("alice", "wonderland").unwrap();
        assert_eq!(key(1).open("alice", &sealed).unwrap(), "wonderland");
        assert!(matches!(key(2).open("alice", &sealed), Err(NodeKeyError::NotOurs)));
        assert!(matches!(key(1).open("bob", &sealed), Err(NodeKeyError::NotOurs)));
        assert!(!sealed.0.contains("wonderland"));
    }

    #[test]
    fn garbage_is_not_ours() {
        for text in ["", "####", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert!(matches!(key(1).open("a", &SealedSecret(text.to_owned())), Err(NodeKeyError::NotOurs)));
        }
    }

    #[test]
    fn key_file_is_made_once_for_the_owner_alone() {
        let folder = std::env::temp_dir().join(format!("ramal-key-{}", std::process::id()));
        let path = folder.join("node.key");
        let sealed = NodeKey::load_or_create(&path).unwrap().seal("a", "b").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(NodeKey::load_or_create(&path).unwrap().open("a", &sealed).unwrap(), "b");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(NodeKey::load_or_create(&path), Err(NodeKeyError::Exposed(_))));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
