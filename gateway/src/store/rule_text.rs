//! A dial rule as it lies in its column: everything but the trunk, which is a column of its own so that the database can check it.
use serde::{Deserialize, Serialize};

use crate::model::{AllowedExtensions, Destination, DialRuleKind, Service, TrunkId, TrunkNumber};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::store) enum RuleText {
    Service {
        number: String,
        service: Service,
    },
    Prefix {
        prefix: String,
        strip: u32,
        prepend: String,
        min_digits: u32,
        max_digits: u32,
        allow: AllowedExtensions,
    },
    TrunkNumber {
        number: TrunkNumber,
        destination: Destination,
    },
}

/// Parts a rule from its trunk.
pub(in crate::store) fn split(kind: &DialRuleKind) -> (RuleText, Option<TrunkId>) {
    match kind.clone() {
        DialRuleKind::Service { number, service } => (RuleText::Service { number, service }, None),
        DialRuleKind::Prefix { prefix, trunk, strip, prepend, min_digits, max_digits, allow } => {
            (RuleText::Prefix { prefix, strip, prepend, min_digits, max_digits, allow }, Some(trunk))
        }
        DialRuleKind::TrunkNumber { trunk, number, destination } => {
            (RuleText::TrunkNumber { number, destination }, Some(trunk))
        }
    }
}

/// Puts them together again; `None` if the rule needs a trunk and has none.
pub(in crate::store) fn join(text: RuleText, trunk: Option<TrunkId>) -> Option<DialRuleKind> {
    Some(match text {
        RuleText::Service { number, service } => DialRuleKind::Service { number, service },
        RuleText::Prefix { prefix, strip, prepend, min_digits, max_digits, allow } => {
            DialRuleKind::Prefix { prefix, trunk: trunk?, strip, prepend, min_digits, max_digits, allow }
        }
        RuleText::TrunkNumber { number, destination } => {
            DialRuleKind::TrunkNumber { trunk: trunk?, number, destination }
        }
    })
}
