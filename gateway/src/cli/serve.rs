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
        None => println!("Console: {}/", ready.pages),
    }
    println!("{}", next_step(ready));
}

/// What to do first: nobody is sent to extensions that are not there.
fn next_step(ready: &Ready) -> String {
    let first = if ready.extensions == 0 {
        "Next: log in to the console; its home leads from a queue to the first answered call".to_owned()
    } else {
        format!(
            "Next: log in to the console, whose home leads to the first answered call; or register two phones as two of the {} extensions (ramal export lists them) and call one from the other: ramal calls shows the call",
            ready.extensions
        )
    };
    format!("{first}. Recordings are in {}", ready.recordings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready(extensions: usize) -> Ready {
        Ready {
            ready: true,
            sip: std::collections::HashMap::new(),
            listeners: Vec::new(),
            browsers: Vec::new(),
            http: String::new(),
            web: String::new(),
            pages: String::new(),
            control: String::new(),
            recordings: "/recordings".to_owned(),
            extensions,
            setup_link: None,
        }
    }

    #[test]
    fn phones_are_named_only_where_there_are_extensions() {
        assert!(!next_step(&ready(0)).contains("phones"));
        assert!(next_step(&ready(2)).contains("two of the 2 extensions"));
    }
}
