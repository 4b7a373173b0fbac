//! `ramal check-config`: says what a node would do with its configuration.

use crate::cli::CliError;
use crate::config::Config;

/// Prints where the node would listen. The file itself was checked when it was read.
///
/// # Errors
/// If a certificate or key that is named cannot be read.
pub async fn run(config: &Config) -> Result<(), CliError> {
    let tls = &config.sip.tls;
    for path in [&tls.certificate, &tls.key, &tls.trusted].into_iter().flatten() {
        tokio::fs::metadata(path)
            .await
            .map_err(|error| CliError::message(format!("{}: {error}", path.display())))?;
    }
    if let Some(keys) = &config.recording.key_file {
        crate::recordings::read_keys(keys).map_err(CliError::message)?;
    }
    println!("The configuration is right.");
    for listen in &config.sip.listen {
        println!("SIP  {} {}", listen.transport, listen.address);
    }
    println!("RTP  {} ports {} to {}", config.media.address, config.media.port_min, config.media.port_max);
    // Where the system is to choose the port, the node says it at its start.
    println!("Pages {}/ (listening on {})", config.web.address(config.web.listen), config.web.listen);
    println!("Metrics http://{}", config.http.listen);
    Ok(())
}
