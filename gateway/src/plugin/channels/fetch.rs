//! Fetches the files that customers sent, one after another, before their providers forget them.

use std::time::Duration;

use crate::plugin::channels::{Channels, wall_ms};
use crate::plugin::host::FetchError;
use crate::plugin::wit::http::{HttpError, HttpResponse};
use crate::plugin::wit::outbound::SendError;
use crate::store::{StoreError, WantedFile};

/// How often it is looked what is wanted.
const LOOK: Duration = Duration::from_secs(1);
/// Files that are looked at at once.
const MOST: u32 = 16;

/// What became of a file.
enum Outcome {
    Fetched(HttpResponse),
    /// It is tried again, later and later.
    Later(String),
    Never(String),
}

/// Fetches until the process ends.
pub async fn run(channels: Channels) {
    if channels.host().is_none() {
        return;
    }
    loop {
        tokio::time::sleep(LOOK).await;
        let wanted = match channels.store().wanted_files(wall_ms(), MOST).await {
            Ok(wanted) => wanted,
            Err(error) => {
                tracing::warn!(%error, "files of customers are not fetched: it cannot be read which are wanted");
                continue;
            }
        };
        for file in wanted {
            if let Err(error) = fetch(&channels, &file).await {
                tracing::warn!(%error, attachment = file.id.0, "a file of a customer could not be kept: later again");
            }
        }
    }
}

async fn fetch(channels: &Channels, file: &WantedFile) -> Result<(), crate::chat::FileError> {
    match ask(channels, file).await? {
        Outcome::Fetched(response) => {
            let named = response.headers.iter().find(|header| header.name == "content-type");
            let media_type = named.map(|header| header.value.as_str());
            let parts = channels.parts();
            parts.chat.keep_file(&parts.data_dir, file, media_type, &response.body).await
        }
        Outcome::Later(reason) => {
            tracing::info!(
                reason,
                attachment = file.id.0,
                "a file of a customer could not be fetched: later again"
            );
            Ok(())
        }
        Outcome::Never(reason) => {
            tracing::info!(reason, attachment = file.id.0, "a file of a customer cannot be had");
            Ok(channels.store().give_file_up(file).await?)
        }
    }
}

async fn ask(channels: &Channels, file: &WantedFile) -> Result<Outcome, StoreError> {
    let Some(inbox) = channels.store().inbox(file.organization, file.inbox).await? else {
        return Ok(Outcome::Never("the inbox was deleted".to_owned()));
    };
    let working = match channels.working(inbox) {
        Ok(working) => working,
        Err(idle) => return Ok(Outcome::Later(idle.to_string())),
    };
    Ok(match working.plugin.fetch(&working.placement, file.reference.clone()).await {
        Ok(Ok(response)) if (200..300).contains(&response.status) => Outcome::Fetched(response),
        Ok(Ok(response)) if response.status >= 500 => Outcome::Later(format!("status {}", response.status)),
        Ok(Ok(response)) => Outcome::Never(format!("status {}", response.status)),
        Ok(Err(error)) => refused(error),
        Err(error) => {
            channels.learn_call(file.organization, &error);
            Outcome::Later(error.to_string())
        }
    })
}

fn refused(error: FetchError) -> Outcome {
    match error {
        FetchError::Request(HttpError::TooLarge) => Outcome::Never("it is too large".to_owned()),
        FetchError::Request(error) => Outcome::Later(format!("{error:?}")),
        FetchError::Source(SendError::Unreachable(reason) | SendError::Invalid(reason)) => {
            Outcome::Never(reason)
        }
        FetchError::Source(SendError::Unsupported) => {
            Outcome::Never("the plugin fetches no files".to_owned())
        }
        FetchError::Source(error) => Outcome::Later(super::translate::words(&error)),
    }
}
