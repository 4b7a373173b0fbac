//! The DTLS certificate of a Node: self-signed, for its descriptions vouch for it (RFC 8827 §6.5).

use aws_lc_rs::digest::{SHA256, digest};
use thiserror::Error;

use super::Fingerprint;

/// A certificate with its key. One for all browsers of a Node.
#[derive(Clone)]
pub struct DtlsCertificate {
    certificate_der: Vec<u8>,
    private_key_der: Vec<u8>,
}

/// The crypto provider could make no certificate.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("no DTLS certificate could be made")]
pub struct CertificateError;

impl DtlsCertificate {
    /// A fresh one with an ECDSA key on P-256.
    pub fn generate() -> Result<Self, CertificateError> {
        let provider = str0m::crypto::from_feature_flags().dtls_provider;
        let made = provider.generate_certificate().ok_or(CertificateError)?;
        Ok(Self::new(made.certificate, made.private_key))
    }

    /// `private_key_der` is PKCS#8.
    pub fn new(certificate_der: Vec<u8>, private_key_der: Vec<u8>) -> Self {
        Self { certificate_der, private_key_der }
    }

    /// As our descriptions name it.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, &self.certificate_der).as_ref());
        Fingerprint(bytes)
    }

    /// As str0m takes it.
    pub fn to_str0m(&self) -> str0m::config::DtlsCert {
        str0m::config::DtlsCert {
            certificate: self.certificate_der.clone(),
            private_key: self.private_key_der.clone(),
        }
    }
}

impl std::fmt::Debug for DtlsCertificate {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DtlsCertificate").field("fingerprint", &self.fingerprint()).finish_non_exhaustive()
    }
}
