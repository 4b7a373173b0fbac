//! `ramal sandbox`: a stand-in of Telegram's Bot API on this machine, with a page to write as a customer, and with the faults that
//! providers have. For trying and for tests: it keeps nothing.

mod bot;
mod deliver;
mod server;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::cli::CliError;
use bot::Bot;

/// The one bot that everybody shares, and who waits for news of it.
#[derive(Clone, Default)]
struct Sandbox(Arc<Shared>);

#[derive(Default)]
struct Shared {
    bot: Mutex<Bot>,
    /// There is something for the webhook.
    news: Notify,
}

impl Sandbox {
    fn bot(&self) -> MutexGuard<'_, Bot> {
        self.0.bot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves until it is told to stop.
///
/// # Errors
/// The address is taken, or others than this machine could reach it.
pub async fn run(listen: SocketAddr, ready_json: bool) -> Result<(), CliError> {
    if !listen.ip().is_loopback() {
        return Err(CliError::message("the sandbox has no log-in: it listens on a loopback address only"));
    }
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|error| CliError::message(format!("{listen}: {error}; --listen names another")))?;
    let address = listener.local_addr().map_err(CliError::message)?;
    let sandbox = Sandbox::default();
    tokio::spawn(deliver::run(sandbox.clone()));
    if ready_json {
        println!("{}", serde_json::json!({ "ready": true, "http": address.to_string() }));
    } else {
        println!("{}", introduction(address));
    }
    axum::serve(listener, server::router(sandbox)).await.map_err(CliError::message)
}

fn introduction(address: SocketAddr) -> String {
    format!(
        "A Telegram that is none, until Ctrl-C.\n\n  \
         1. Let the plugin reach this machine:   ramal plugin grant telegram --allow-private-networks --allow-cleartext\n  \
         2. In the console, make an inbox of Telegram: any token such as 42:abc, any secret, and the address\n     \
         of the Bot API http://{address}\n  \
         3. Write as a customer:                  http://{address}/\n"
    )
}
