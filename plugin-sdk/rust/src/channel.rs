//! The trait of a channel, and the macro that makes it a plugin.

use crate::bindings::exports::ramal::plugin::messaging::{Heard, Line, OpenedLine};
use crate::http::HttpRequest;
use crate::inbound::{Delivery, Event, Polled, Refusal, WebhookRequest};
use crate::outbound::{OutboundRequest, Receipt, SendError};
use crate::setup::{Account, Entry, SetupError, Template};

/// A messaging provider. Only [`Channel::connect`], [`Channel::receive`] and [`Channel::send`] must be written; the rest
/// answers that it is not supported, which is right for a manifest that does not ask for it.
pub trait Channel {
    /// Looks at the settings, asks the provider who we are and registers `webhook_url` there. Repeated, it changes nothing.
    ///
    /// # Errors
    /// A field that is wrong, or a provider that cannot be asked.
    fn connect(webhook_url: Option<String>) -> Result<Account, SetupError>;

    /// Checks that a request is authentic and says what it means.
    ///
    /// # Errors
    /// Why it is refused.
    fn receive(request: WebhookRequest) -> Result<Delivery, Refusal>;

    /// Does what we ask of the provider.
    ///
    /// # Errors
    /// Why not, which decides what the host does next.
    fn send(request: OutboundRequest) -> Result<Receipt, SendError>;

    /// Undoes [`Channel::connect`].
    ///
    /// # Errors
    /// The provider cannot be asked.
    fn disconnect() -> Result<(), SendError> {
        Ok(())
    }

    /// Entries of a settings field of the kind `entries`.
    ///
    /// # Errors
    /// The provider cannot be asked.
    fn entries(_field: String) -> Result<Vec<Entry>, SetupError> {
        Ok(Vec::new())
    }

    /// Asks the provider for news, where the manifest says `poll = true`.
    ///
    /// # Errors
    /// The provider cannot be asked.
    fn poll(_cursor: Option<String>) -> Result<Polled, SendError> {
        Err(SendError::Unsupported)
    }

    /// The request by which the host fetches a file that came.
    ///
    /// # Errors
    /// The provider has it no more, or cannot be asked.
    fn attachment_source(_reference: String) -> Result<HttpRequest, SendError> {
        Err(SendError::Unsupported)
    }

    /// All templates, where the manifest says `templates = true`.
    ///
    /// # Errors
    /// The provider cannot be asked.
    fn list_templates() -> Result<Vec<Template>, SendError> {
        Err(SendError::Unsupported)
    }

    /// A browser wants a lasting line, where the manifest asks for `live`.
    ///
    /// # Errors
    /// Why it is refused.
    fn open_line(_request: WebhookRequest) -> Result<OpenedLine, Refusal> {
        Err(Refusal::NotOurs)
    }

    /// A text frame came on that line.
    ///
    /// # Errors
    /// Why the line is closed.
    fn hear_frame(_line: Line, _frame: String) -> Result<Heard, Refusal> {
        Err(Refusal::NotOurs)
    }

    /// The last line of the thread was closed.
    fn close_line(_thread: String) -> Vec<Event> {
        Vec::new()
    }
}

/// Makes a type that implements [`Channel`] the plugin of this crate.
#[macro_export]
macro_rules! channel {
    ($channel:ty) => {
        const _: fn() = $crate::bindings::is_channel::<$channel>;

        // The names of a component's exports mean nothing to the linker of the author's machine, where tests run.
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            use $crate::bindings::exports::ramal::plugin::messaging::{Guest, Heard, Line, OpenedLine};
            use $crate::{Channel, http, inbound, outbound, setup};

            struct Component;

            impl Guest for Component {
                fn connect(webhook_url: Option<String>) -> Result<setup::Account, setup::SetupError> {
                    $crate::panic::tell_where();
                    <$channel as Channel>::connect(webhook_url)
                }
                fn disconnect() -> Result<(), outbound::SendError> {
                    $crate::panic::tell_where();
                    <$channel as Channel>::disconnect()
                }
                fn entries(field: String) -> Result<Vec<setup::Entry>, setup::SetupError> {
                    $crate::panic::tell_where();
                    <$channel as Channel>::entries(field)
                }
                fn receive(request: inbound::WebhookRequest) -> Result<inbound::Delivery, inbound::Refusal> {
                    $crate::panic::tell_where();
                    <$channel as Channel>::receive(request)
                }
                fn poll(cursor: Option<String>) -> Result<inbound::Polled, outbound::SendError> {
                    $crate::panic::tell_where();
                    <$channel as Channel>::poll(cursor)
                }
                fn send(
                    request: outbound::OutboundRequest,
                ) -> Result<outbound::Receipt, outbound::SendError> {
                    $crate::panic::tell_where();
                    <$channel as Channel>::send(request)
                }
                fn attachment_source(reference: String) -> Result<http::HttpRequest, outbound::SendError> {
                    $crate::panic::tell_where();
                    <$channel as Channel>::attachment_source(reference)
                }
                fn list_templates() -> Result<Vec<setup::Template>, outbound::SendError> {
                    $crate::panic::tell_where();
                    <$channel as Channel>::list_templates()
                }
                fn open_line(request: inbound::WebhookRequest) -> Result<OpenedLine, inbound::Refusal> {
                    $crate::panic::tell_where();
                    <$channel as Channel>::open_line(request)
                }
                fn hear_frame(line: Line, frame: String) -> Result<Heard, inbound::Refusal> {
                    $crate::panic::tell_where();
                    <$channel as Channel>::hear_frame(line, frame)
                }
                fn close_line(thread: String) -> Vec<inbound::Event> {
                    $crate::panic::tell_where();
                    <$channel as Channel>::close_line(thread)
                }
            }

    $crate::bindings::export_channel!(Component with_types_in $crate::bindings);
        };
    };
}
