//! What wit-bindgen makes of `wit/`.

wit_bindgen::generate!({
    world: "channel",
    path: "wit",
    pub_export_macro: true,
    export_macro_name: "export_channel",
    default_bindings_module: "ramal_plugin::bindings",
    additional_derives: [Clone, PartialEq],
});

/// The world of rules; what both worlds share stands above.
pub mod rule {
    wit_bindgen::generate!({
        world: "rule",
        path: "wit",
        pub_export_macro: true,
        export_macro_name: "export_rule",
        default_bindings_module: "ramal_plugin::bindings::rule",
        additional_derives: [Clone, PartialEq],
        with: {
            "ramal:plugin/clock@1.0.0": crate::bindings::ramal::plugin::clock,
            "ramal:plugin/content@1.0.0": crate::bindings::ramal::plugin::content,
            "ramal:plugin/http@1.0.0": crate::bindings::ramal::plugin::http,
            "ramal:plugin/kv@1.0.0": crate::bindings::ramal::plugin::kv,
            "ramal:plugin/log@1.0.0": crate::bindings::ramal::plugin::log,
            "ramal:plugin/random@1.0.0": crate::bindings::ramal::plugin::random,
            "ramal:plugin/settings@1.0.0": crate::bindings::ramal::plugin::settings,
        },
    });
}

/// Says in the author's crate, on any machine, that the trait is there.
#[doc(hidden)]
pub fn is_channel<T: crate::Channel>() {}

/// As [`is_channel`].
#[doc(hidden)]
pub fn is_rule<T: crate::Rule>() {}
