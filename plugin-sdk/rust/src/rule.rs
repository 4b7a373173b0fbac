//! The trait of a rule, and the macro that makes it a plugin.

use crate::interaction::{Action, Occasion};

/// Decides about calls and conversations.
pub trait Rule {
    /// What becomes of it. Nothing: what would have happened without the rule.
    ///
    /// # Errors
    /// In words for the operator's log; then too, what would have happened without the rule happens.
    fn decide(occasion: Occasion) -> Result<Vec<Action>, String>;
}

/// Makes a type that implements [`Rule`] the plugin of this crate.
#[macro_export]
macro_rules! rule {
    ($rule:ty) => {
        const _: fn() = $crate::bindings::is_rule::<$rule>;

        // The names of a component's exports mean nothing to the linker of the author's machine, where tests run.
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            use $crate::bindings::rule::exports::ramal::plugin::deciding::Guest;
            use $crate::interaction::{Action, Occasion};

            struct Component;

            impl Guest for Component {
                fn decide(occasion: Occasion) -> Result<Vec<Action>, String> {
                    $crate::panic::tell_where();
                    <$rule as $crate::Rule>::decide(occasion)
                }
            }

    $crate::bindings::rule::export_rule!(Component with_types_in $crate::bindings::rule);
        };
    };
}
