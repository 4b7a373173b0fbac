//! The file of keys that recordings are sealed with.

use std::path::Path;
use std::sync::Arc;

use ramal_media::recorder::{RecordingKey, RecordingKeys};

/// Largest file of keys that is read, in bytes.
const MAX_BYTES: u64 = 64 << 10;

/// Reads keys, one a line: 64 hexadecimal digits. Empty lines and those that begin with `#` say nothing.
///
/// # Errors
/// In words for the administrator; they hold nothing of a key.
pub fn read(path: &Path) -> Result<RecordingKeys, String> {
    let named = |what: String| format!("recording.key_file {}: {what}", path.display());
    let length = std::fs::metadata(path).map_err(|error| named(error.to_string()))?.len();
    if length > MAX_BYTES {
        return Err(named(format!("is larger than {MAX_BYTES} bytes: name a file of keys")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| named(error.to_string()))?;
    let mut keys = Vec::new();
    for (number, line) in text.lines().map(str::trim).enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let secret = unhex(line).ok_or_else(|| {
            named(format!(
                "line {} is not 64 hexadecimal digits, as `openssl rand -hex 32` makes them",
                number + 1
            ))
        })?;
        keys.push(Arc::new(RecordingKey::new(secret)));
    }
    if keys.is_empty() {
        return Err(named("holds no key; `openssl rand -hex 32` makes one".to_owned()));
    }
    Ok(RecordingKeys(keys))
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> = text.chars().map(|digit| Some(digit.to_digit(16)? as u8)).collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    if digits.len() == 64 { bytes.try_into().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_key_and_errors_hold_none() {
        let folder = std::env::temp_dir().join(format!("ramal-keys-{}", std::process::id()));
        let key = "0123456789abcdef".repeat(4);
        std::fs::write(&folder, format!("# new\n{key}\n\n{}\n", "F".repeat(64))).unwrap();
        assert_eq!(read(&folder).unwrap().0.len(), 2);
        for wrong in ["", "# only words", "12", &key[1..], &format!("{key}0"), &"é".repeat(32)] {
            std::fs::write(&folder, wrong).unwrap();
            let told = read(&folder).unwrap_err();
            assert!(told.contains("openssl rand -hex 32") && !told.contains(&key[1..20]), "{told}");
        }
        std::fs::remove_file(&folder).unwrap();
        assert!(read(&folder).unwrap_err().contains("recording.key_file"));
    }
}
