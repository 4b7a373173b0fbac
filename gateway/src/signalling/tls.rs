//! TLS for SIP: our certificate, and how we look at the peer's (RFC 3261 §26.3.1).

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, ServerConfig, SignatureScheme};

use crate::config::TlsConfig;

/// Both roles of TLS on this node.
#[derive(Clone)]
pub struct Tls {
    pub server: Arc<ServerConfig>,
    pub client: Arc<ClientConfig>,
}

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("sip.tls: {path} cannot be read: {reason}")]
    Read { path: String, reason: String },
    #[error("sip.tls: certificate and key do not fit: {0}")]
    Pair(#[from] rustls::Error),
    #[error("sip.tls: no self-signed pair could be made: {0}")]
    SelfSigned(String),
}

impl Tls {
    /// Reads the configured pair, or makes a self-signed one in `data_dir` and keeps it there.
    ///
    /// # Errors
    /// A file that cannot be read, or a pair that does not fit.
    pub fn load(config: &TlsConfig, data_dir: &Path, names: Vec<String>) -> Result<Self, TlsError> {
        let (certificate, key) = match (&config.certificate, &config.key) {
            (Some(certificate), Some(key)) => (certificate.clone(), key.clone()),
            _ => self_signed(data_dir, names)?,
        };
        let chain = certificates(&certificate)?;
        let key = PrivateKeyDer::from_pem_file(&key).map_err(|e| unreadable(&key, e))?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        let client = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?;
        let client = match &config.trusted {
            Some(path) => {
                let mut roots = RootCertStore::empty();
                for certificate in certificates(path)? {
                    roots.add(certificate)?;
                }
                client.with_root_certificates(roots).with_no_client_auth()
            }
            None => client
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(EncryptOnly { provider }))
                .with_no_client_auth(),
        };
        Ok(Self { server: Arc::new(server), client: Arc::new(client) })
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(path).and_then(|all| all.collect::<Result<Vec<_>, _>>());
    read.map_err(|e| unreadable(path, e))
}

fn unreadable(path: &Path, reason: impl std::fmt::Display) -> TlsError {
    TlsError::Read { path: path.display().to_string(), reason: reason.to_string() }
}

fn self_signed(
    data_dir: &Path,
    names: Vec<String>,
) -> Result<(std::path::PathBuf, std::path::PathBuf), TlsError> {
    let (certificate, key) = (data_dir.join("sip-trial.crt"), data_dir.join("sip-trial.key"));
    if certificate.exists() && key.exists() {
        return Ok((certificate, key));
    }
    let made = rcgen::generate_simple_self_signed(names).map_err(|e| TlsError::SelfSigned(e.to_string()))?;
    write_private(&key, &made.signing_key.serialize_pem())
        .map_err(|e| TlsError::SelfSigned(e.to_string()))?;
    std::fs::write(&certificate, made.cert.pem()).map_err(|e| TlsError::SelfSigned(e.to_string()))?;
    tracing::warn!(path = %certificate.display(), "a self-signed certificate was made for trial: set sip.tls.certificate and sip.tls.key for service");
    Ok((certificate, key))
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

/// Encrypts without knowing with whom: used only while no trusted authorities are configured.
#[derive(Debug)]
struct EncryptOnly {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for EncryptOnly {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
