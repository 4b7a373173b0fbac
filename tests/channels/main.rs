//! Channels: what providers and visitors bring and are told, through plugins.

mod grants_are_missing;
mod ground;
mod hooks_refuse_kindly;
mod inboxes_are_managed;
mod killed_amid_webhooks;
mod misdeeds_harm_nobody;
mod rules_at_arrival;
mod telegram_through_the_sandbox;
mod visitor_of_a_website;
