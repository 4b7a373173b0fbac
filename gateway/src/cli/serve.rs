//! `ramal serve`

use crate::cli::CliError;
use crate::config::Config;
use crate::serve::{Ready, serve};
use crate::telemetry::log;

/// Runs the node until it is told to stop.
///
/// # Errors
/// What kept it from starting.
pub async fn run(config: Config, ready_json: bool) -> Result<(), CliError> {
    log::start(&config.log).map_err(CliError::message)?;
    serve(config, |ready| announce(ready, ready_json)).await.map_err(CliError::message)
}

fn announce(ready: &Ready, as_json: bool) {
    if as_json {
        println!("{}", serde_json::to_string(ready).unwrap_or_default());
        return;
    }
    println!(
        "Ramal listens: SIP on {}; pages on {}; metrics on http://{}",
        ready.listeners.join(", "),
        ready.web,
        ready.http
    );
    match &ready.setup_link {
        Some(link) => {
            println!("Nobody can log in yet. The administrator sets a password here, once:\n\n    {link}\n")
        }
        None => println!("Console: http://{}/", ready.web),
    }
    println!(
        "Next: register two phones with the extensions of your site file (ramal export shows them), call one from the other; ramal calls shows the call, recordings are in {}",
        ready.recordings
    );
}
