//! Profiles and levels of H.264 in an offer and its answer (RFC 6184 §8.2.2).

use super::Codec;

/// Baseline at level 1, where nothing is said (RFC 6184 §8.1).
const DEFAULT_PROFILE_LEVEL: u32 = 0x42_00_0A;

/// What a decoder must be able to do. The profile is spread over two bytes, in more than one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Profile {
    Baseline,
    ConstrainedBaseline,
    ConstrainedHigh,
    High,
    Main,
    /// Same only as itself.
    Other(u32),
}

/// Whether both mean the same profile (RFC 6184 §8.1, table 5). Levels may differ.
pub(super) fn same_profile(left: &Codec, right: &Codec) -> bool {
    match (profile_level(left), profile_level(right)) {
        (Some(left), Some(right)) => profile(left) == profile(right),
        _ => false,
    }
}

/// The answer to `theirs`: their profile, at our level where both let the levels differ by direction, else at the lower.
pub(super) fn answered_fmtp(ours: &Codec, theirs: &Codec) -> String {
    let level = |codec| profile_level(codec).unwrap_or(DEFAULT_PROFILE_LEVEL) & 0xFF;
    let asymmetric = |codec: &Codec| codec.parameter("level-asymmetry-allowed") == Some("1");
    let both = asymmetric(ours) && asymmetric(theirs);
    let level = if both { level(ours) } else { level(ours).min(level(theirs)) };
    let profile = profile_level(theirs).unwrap_or(DEFAULT_PROFILE_LEVEL) & 0xFF_FF_00;
    let mode = theirs.parameter("packetization-mode").unwrap_or("0");
    let asymmetry = if both { "level-asymmetry-allowed=1;" } else { "" };
    format!("{asymmetry}packetization-mode={mode};profile-level-id={:06x}", profile | level)
}

fn profile_level(codec: &Codec) -> Option<u32> {
    let Some(digits) = codec.parameter("profile-level-id") else { return Some(DEFAULT_PROFILE_LEVEL) };
    let all_hex = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if all_hex { u32::from_str_radix(digits, 16).ok() } else { None }
}

/// RFC 6184 §8.1, table 5: profile_idc with the constraint flags that count for it.
fn profile(profile_level: u32) -> Profile {
    let (idc, flags) = (profile_level >> 16, profile_level >> 8 & 0xFF);
    let set = |mask: u32, value: u32| flags & mask == value;
    match idc {
        0x42 if set(0x40, 0x40) => Profile::ConstrainedBaseline,
        0x42 => Profile::Baseline,
        0x4D if set(0x80, 0x80) => Profile::ConstrainedBaseline,
        0x4D => Profile::Main,
        0x58 if set(0xC0, 0xC0) => Profile::ConstrainedBaseline,
        0x58 if set(0xC0, 0x80) => Profile::Baseline,
        0x64 if set(0x0C, 0x0C) => Profile::ConstrainedHigh,
        0x64 if set(0x0C, 0x00) => Profile::High,
        _ => Profile::Other(profile_level >> 8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn h264(fmtp: &str) -> Codec {
        Codec { fmtp: Some(fmtp.to_owned()), ..Codec::h264() }
    }

    #[test]
    fn one_profile_has_several_spellings() {
        let same = |left: &str, right: &str| {
            let id = |digits: &str| h264(&format!("packetization-mode=1;profile-level-id={digits}"));
            id(left).same_format(&id(right))
        };
        assert!(same("42e01f", "42C02A"));
        assert!(same("42e01f", "4d8015"));
        assert!(same("42e01f", "58e01f"));
        assert!(!same("42e01f", "42001f"));
        assert!(!same("42e01f", "4d001f"));
        assert!(same("640c1f", "640c34"));
        assert!(!same("640c1f", "64001f"));
        assert!(!same("42e01f", "42e01"));
        assert!(!same("+2e01f", "+2e01f"));
    }

    #[test]
    fn packetization_must_be_the_same() {
        assert!(!h264("profile-level-id=42e01f").same_format(&Codec::h264()));
        assert!(h264("profile-level-id=42e01f;packetization-mode=1").same_format(&Codec::h264()));
    }

    #[test]
    fn levels_meet_at_the_lower_unless_both_let_them_differ() {
        let ours = h264("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e034");
        let answer = |theirs: &str| answered_fmtp(&ours, &h264(theirs));
        assert_eq!(
            answer("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42c01f"),
            "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42c034"
        );
        assert_eq!(
            answer("packetization-mode=1;profile-level-id=42e01f"),
            "packetization-mode=1;profile-level-id=42e01f"
        );
        assert_eq!(answer("max-br=500"), "packetization-mode=0;profile-level-id=42000a");
    }
}
