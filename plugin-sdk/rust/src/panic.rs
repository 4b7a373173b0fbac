//! Where a plugin panicked: WebAssembly keeps nothing of it, so the host is told before the call ends.

use crate::log;

/// Two lines in the plugin's log, the place first: the host names it in the plugin's fault. What was said stays in the log.
#[doc(hidden)]
pub fn tell_where() {
    std::panic::set_hook(Box::new(|info| {
        if let Some(place) = info.location() {
            let place = format!("panicked at {}:{}:{}", place.file(), place.line(), place.column());
            log::write(log::Level::Error, &place);
        }
        let said = info.payload();
        let said = said.downcast_ref::<&str>().copied().or(said.downcast_ref::<String>().map(String::as_str));
        if let Some(said) = said {
            log::write(log::Level::Error, said);
        }
    }));
}
