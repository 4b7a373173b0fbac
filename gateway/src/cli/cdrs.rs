//! `ramal cdrs`

use serde_json::json;

use crate::cli::CliError;
use crate::cli::operate::print_table;
use crate::config::Config;
use crate::store::{Scope, Store};

/// Prints the last call records, newest first.
///
/// # Errors
/// The database is away.
pub async fn run(config: &Config, limit: u32, as_json: bool) -> Result<(), CliError> {
    let url = config.database.url(&config.node.data_dir);
    let store = Store::open(&url).await.map_err(CliError::message)?;
    store.migrate().await.map_err(CliError::message)?;
    let calls = store.recent_calls(Scope::Node, limit).await.map_err(CliError::message)?;
    if as_json {
        println!("{}", serde_json::to_string_pretty(&calls).map_err(CliError::message)?);
        return Ok(());
    }
    let row = |call: &crate::model::CallRecord| {
        json!({
            "id": call.id, "direction": call.direction, "caller": call.caller, "callee": call.callee,
            "talk_s": call.talk_ms() / 1000, "end": call.end_reason, "status": call.sip_status,
            "recording": call.recording,
        })
    };
    print_table(&calls.iter().map(row).collect::<Vec<_>>());
    Ok(())
}
