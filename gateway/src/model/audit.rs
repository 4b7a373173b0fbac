//! Who changed what.

use serde_json::{Map, Value};

use crate::model::{OrganizationId, UserId};

/// One entry of the audit log.
#[derive(Clone, PartialEq, Debug)]
pub struct AuditEntry {
    /// Owner.
    pub organization: OrganizationId,
    /// When.
    pub at_ms: i64,
    /// Who, where it was a user; `None`: the command line.
    pub user: Option<UserId>,
    /// What he was called then.
    pub actor: String,
    /// `create`, `change`, `delete`, `log_in` …
    pub action: String,
    /// `user`, `extension`, `queue` …
    pub noun: String,
    /// Number or name of the row.
    pub noun_id: String,
    /// What it was and what it became, as JSON, without secrets.
    pub detail: Value,
    /// Where from: an address; empty for the command line.
    pub address: String,
}

/// Who acts, when and from where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    /// Whose row it touches.
    pub organization: OrganizationId,
    /// When.
    pub at_ms: i64,
    /// Who; `None`: the command line.
    pub user: Option<UserId>,
    /// What he is called.
    pub name: String,
    /// Where from.
    pub address: String,
}

impl Actor {
    /// The entry for something that this actor does.
    pub fn does(
        &self,
        action: &str,
        noun: &str,
        noun_id: impl std::fmt::Display,
        detail: Value,
    ) -> AuditEntry {
        AuditEntry {
            organization: self.organization,
            at_ms: self.at_ms,
            user: self.user,
            actor: self.name.clone(),
            action: action.to_owned(),
            noun: noun.to_owned(),
            noun_id: noun_id.to_string(),
            detail,
            address: self.address.clone(),
        }
    }
}

/// What differs between two JSON objects, as `{"before": {…}, "after": {…}}`; both empty where nothing does.
pub fn difference(before: &Value, after: &Value) -> Value {
    let differing = |one: &Value, other: &Value| -> Map<String, Value> {
        let fields = one.as_object().into_iter().flatten();
        fields
            .filter(|(key, value)| other.get(key) != Some(value))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect()
    };
    serde_json::json!({ "before": differing(before, after), "after": differing(after, before) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_changed_is_kept() {
        let (before, after) = (json!({ "a": 1, "b": 2, "gone": 3 }), json!({ "a": 1, "b": 5, "new": 4 }));
        let told = json!({ "before": { "b": 2, "gone": 3 }, "after": { "b": 5, "new": 4 } });
        assert_eq!(difference(&before, &after), told);
    }
}
