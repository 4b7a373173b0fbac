//! One call of a plugin, from a fresh instance to its end, within its limits.

use std::pin::Pin;

use wasmtime::error::Context as _;
use wasmtime::{Store, Trap, UpdateDeadline};

use crate::plugin::engine::{PluginEngine, Prepared};
use crate::plugin::fault::{CallError, Fault};
use crate::plugin::guest::{Guest, Spent};
use crate::plugin::limits::TimeLimit;
use crate::plugin::wit::channel::Channel;
use crate::plugin::wit::rule::Rule;

/// Longest reason that is kept, in bytes.
const MAX_REASON_BYTES: usize = 300;

/// A fresh instance of either world.
pub enum Instance {
    Channel(Box<Channel>),
    Rule(Rule),
}

/// A call that runs.
pub type Running<'a, R> = Pin<Box<dyn Future<Output = wasmtime::Result<R>> + Send + 'a>>;

/// Why the call did not give what it should, before it is known whose fault it is.
#[derive(Debug, thiserror::Error)]
#[error("the plugin is of the other world")]
pub struct OtherWorld;

/// Makes an instance, lets it do one thing, and throws it away.
///
/// # Errors
/// How it failed; what it wrote or sent before stays.
pub async fn run<R>(
    engine: &PluginEngine,
    prepared: &Prepared,
    guest: Guest,
    limit: TimeLimit,
    call: impl for<'a> FnOnce(&'a mut Store<Guest>, Instance) -> Running<'a, R>,
) -> Result<R, CallError> {
    let memory_mib = guest.granted.memory_mib;
    let mut store = Store::new(engine.engine(), guest);
    store.limiter(|guest| &mut guest.meter);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|mut store| {
        // Others run between two ticks of this one.
        Ok(if store.data_mut().meter.tick() { UpdateDeadline::Yield(1) } else { UpdateDeadline::Interrupt })
    });
    let whole = async {
        let instance = match prepared {
            Prepared::Channel(pre) => {
                pre.instantiate_async(&mut store).await.map(|instance| Instance::Channel(Box::new(instance)))
            }
            Prepared::Rule(pre) => pre.instantiate_async(&mut store).await.map(Instance::Rule),
        };
        call(&mut store, instance.context("no instance")?).await
    };
    let outcome = tokio::time::timeout(limit.whole, whole).await;
    match outcome {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(error)) => {
            let blamed = blame(&error, store.data().meter.spent(), limit, memory_mib);
            Err(placed(blamed, store.data().panicked_at.as_deref()))
        }
        Err(_) => Err(Fault::TooSlow(limit.whole).into()),
    }
}

/// A trap with where the plugin panicked.
fn placed(error: CallError, panicked_at: Option<&str>) -> CallError {
    match (error, panicked_at) {
        (CallError::Failed(Fault::Trap(reason)), Some(place)) => {
            Fault::Trap(format!("panicked at {place} ({reason})")).into()
        }
        (error, _) => error,
    }
}

fn blame(error: &wasmtime::Error, spent: Option<Spent>, limit: TimeLimit, memory_mib: u32) -> CallError {
    if error.is::<OtherWorld>() {
        return CallError::NotThere;
    }
    if error.is::<wasmtime::PoolConcurrencyLimitError>() {
        return CallError::Busy;
    }
    if let Some(fault) = error.downcast_ref::<Fault>() {
        return fault.clone().into();
    }
    match spent {
        Some(Spent::Time) => Fault::OutOfTime(limit.computing).into(),
        Some(Spent::Memory) => Fault::OutOfMemory(memory_mib).into(),
        None => Fault::Trap(reason(error)).into(),
    }
}

fn reason(error: &wasmtime::Error) -> String {
    let text = match error.downcast_ref::<Trap>() {
        Some(trap) => trap.to_string(),
        None => error.root_cause().to_string(),
    };
    text.get(..text.floor_char_boundary(MAX_REASON_BYTES)).unwrap_or_default().to_owned()
}
