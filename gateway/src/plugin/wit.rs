//! What wasmtime makes of `plugin-sdk/wit/v1`.

pub mod channel {
    //! The world of channels.
    wasmtime::component::bindgen!({
        world: "channel",
        path: "../plugin-sdk/wit/v1",
        imports: {
            "ramal:plugin/http": async,
            "ramal:plugin/kv": async,
            "ramal:plugin/live": async,
            "ramal:plugin/live.conversation": async | trappable,
        },
        exports: { default: async },
        additional_derives: [Clone, PartialEq],
    });
}

pub mod rule {
    //! The world of rules; what both worlds share stands in [`super::channel`].
    wasmtime::component::bindgen!({
        world: "rule",
        path: "../plugin-sdk/wit/v1",
        exports: { default: async },
        additional_derives: [Clone, PartialEq],
        with: {
            "ramal:plugin/clock": super::channel::ramal::plugin::clock,
            "ramal:plugin/content": super::channel::ramal::plugin::content,
            "ramal:plugin/http": super::channel::ramal::plugin::http,
            "ramal:plugin/kv": super::channel::ramal::plugin::kv,
            "ramal:plugin/log": super::channel::ramal::plugin::log,
            "ramal:plugin/random": super::channel::ramal::plugin::random,
            "ramal:plugin/settings": super::channel::ramal::plugin::settings,
        },
    });
}

pub use channel::exports::ramal::plugin::messaging::{Heard, Line, OpenedLine};
pub use channel::ramal::plugin::{
    clock, content, http, inbound, kv, live, log, outbound, random, settings, setup,
};
pub use rule::ramal::plugin::interaction;
