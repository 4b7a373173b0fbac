//! Dialogs and INVITE usages (RFC 3261 §12 to §15, RFC 5057): a file a verb, all of them part of the
//! [`Endpoint`](crate::endpoint::Endpoint).

mod accept;
mod bye;
mod cancel;
pub(crate) mod connect;
mod in_dialog;
mod modify;
pub(crate) mod route;
pub(crate) mod state;
