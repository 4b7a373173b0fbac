//! STUN connectivity checks (RFC 8445 §7.3), read before anything else sees them.

use aws_lc_rs::hmac::{Context, HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key};
use str0m::ice::StunMessage;

use crate::webrtc::WebRtcAgreed;

/// What an authentic check asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    Probes,
    /// USE-CANDIDATE: send here from now on.
    Nominates,
}

/// The ufrag of ours that a check names, which finds the Leg. None for all that is no Binding request with a USERNAME.
pub(crate) fn ufrag_of(packet: &[u8]) -> Option<&str> {
    let message = StunMessage::parse(packet).ok()?;
    let username = message.is_binding_request().then(|| message.username())??;
    username.split_once(':').map(|(ours, _)| ours)
}

impl Check {
    /// None where names or MESSAGE-INTEGRITY are not those that were agreed on.
    pub fn of(packet: &[u8], agreed: &WebRtcAgreed) -> Option<Self> {
        let message = StunMessage::parse(packet).ok()?;
        let (ours, theirs) = message.is_binding_request().then(|| message.split_username())??;
        let named = ours == agreed.local_ice.ufrag && theirs == agreed.remote_ice.ufrag;
        if !named || !message.verify(agreed.local_ice.pwd.as_bytes(), hmac_sha1) {
            return None;
        }
        Some(if message.use_candidate() { Self::Nominates } else { Self::Probes })
    }
}

/// STUN knows no other algorithm that browsers use (RFC 8489 §14.5).
fn hmac_sha1(key: &[u8], parts: &[&[u8]]) -> [u8; 20] {
    let mut context = Context::with_key(&Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, key));
    parts.iter().for_each(|part| context.update(part));
    let mut bytes = [0; 20];
    bytes.copy_from_slice(context.sign().as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn never_panics_on_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = ufrag_of(&bytes);
        }

        #[test]
        fn never_panics_on_any_attributes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut packet = vec![0, 1, 0, bytes.len() as u8, 0x21, 0x12, 0xA4, 0x42];
            packet.extend([7; 12]);
            packet.extend(bytes);
            let _ = ufrag_of(&packet);
        }
    }
}
