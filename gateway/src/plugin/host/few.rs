//! What a plugin gives back is counted before anyone believes it.

use crate::plugin::fault::Fault;
use crate::plugin::limits::MAX_RESULTS;
use crate::plugin::wit::http::HttpRequest;
use crate::plugin::wit::inbound::{Delivery, Event, Polled};
use crate::plugin::wit::interaction::Action;
use crate::plugin::wit::outbound::Receipt;
use crate::plugin::wit::setup::{Account, Entry, Template};
use crate::plugin::wit::{Heard, OpenedLine};

/// How many of anything an answer holds.
pub trait Counted {
    fn count(&self) -> usize;
}

/// Lets an answer through that holds no more than [`MAX_RESULTS`].
///
/// # Errors
/// [`Fault::TooMuch`].
pub fn few<T: Counted>(answer: T) -> wasmtime::Result<T> {
    if answer.count() > MAX_RESULTS { Err(Fault::TooMuch(answer.count()).into()) } else { Ok(answer) }
}

impl<T: Counted, E> Counted for Result<T, E> {
    fn count(&self) -> usize {
        self.as_ref().map_or(0, Counted::count)
    }
}

macro_rules! counted {
    ($($name:ty: |$it:ident| $count:expr),* $(,)?) => {
        $(impl Counted for $name {
            fn count(&self) -> usize {
                let $it = self;
                $count
            }
        })*
    };
}

counted! {
    (): |_it| 0,
    Account: |it| it.remaining_steps.len(),
    Delivery: |it| it.events.len() + it.reply.headers.len(),
    Heard: |it| it.events.len() + it.frames.len(),
    HttpRequest: |it| it.headers.len(),
    OpenedLine: |it| it.events.len() + it.frames.len(),
    Polled: |it| it.events.len(),
    Receipt: |it| it.ids.len(),
    Vec<Action>: |it| it.len(),
    Vec<Entry>: |it| it.len(),
    Vec<Event>: |it| it.len(),
    Vec<Template>: |it| it.len(),
}
