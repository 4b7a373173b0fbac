//! What an administrator filled into the form of a plugin.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::plugin::manifest::{Field, FieldKind};
use crate::plugin::unfit::Unfit;

/// Of defaults where no form was shown to anybody: that of new users.
const LANGUAGE: &str = "pt-BR";
/// Of one value.
const MAX_VALUE_BYTES: usize = 16 << 10;

/// A form that is right: settings and secrets by the names of their fields.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Filled {
    pub settings: BTreeMap<String, String>,
    pub secrets: BTreeMap<String, String>,
}

/// The first field that is wrong.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct FieldFault {
    pub field: String,
    pub reason: Unfit,
}

impl FieldFault {
    pub fn new(field: &str, reason: Unfit) -> Self {
        Self { field: field.to_owned(), reason }
    }

    /// The same of a field in the part `settings` of a request.
    pub fn of_settings(self) -> Self {
        Self { field: format!("settings.{}", self.field), ..self }
    }
}

impl Filled {
    /// Puts what came over what stands already: a field that did not come stays, null empties it, and what was never filled in
    /// has its default.
    ///
    /// # Errors
    /// A field that is not there, may not be empty, or cannot hold this.
    pub fn check(
        fields: &[Field],
        before: Self,
        given: &BTreeMap<String, Value>,
    ) -> Result<Self, FieldFault> {
        if let Some(name) = given.keys().find(|name| !fields.iter().any(|field| field.name == **name)) {
            return Err(FieldFault::new(name, Unfit::Unknown));
        }
        let mut filled = Self::default();
        for field in fields {
            let kept = match field.kind {
                FieldKind::Secret => before.secrets.get(&field.name).cloned(),
                _ => before.settings.get(&field.name).cloned(),
            };
            let value = match given.get(&field.name) {
                // What is shown of a secret is `true`: sent back as it was read, it stays.
                Some(Value::Bool(true)) if field.kind == FieldKind::Secret => kept,
                Some(value) => text(&field.name, value)?,
                None => {
                    kept.or_else(|| field.default.as_ref().map(|text| text.in_language(LANGUAGE).to_owned()))
                }
            };
            let value = value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
            let Some(value) = value else {
                if field.required {
                    return Err(FieldFault::new(&field.name, Unfit::Empty));
                }
                continue;
            };
            if value.len() > MAX_VALUE_BYTES {
                return Err(FieldFault::new(&field.name, Unfit::Long { most: MAX_VALUE_BYTES }));
            }
            field.accepts(&value).map_err(|reason| FieldFault::new(&field.name, reason))?;
            let place = match field.kind {
                FieldKind::Secret => &mut filled.secrets,
                _ => &mut filled.settings,
            };
            place.insert(field.name.clone(), value);
        }
        Ok(filled)
    }
}

fn text(name: &str, value: &Value) -> Result<Option<String>, FieldFault> {
    match value {
        Value::Null => Ok(None),
        Value::Bool(on) => Ok(Some(on.to_string())),
        Value::Number(number) => Ok(Some(number.to_string())),
        Value::String(text) => Ok(Some(text.clone())),
        Value::Array(_) | Value::Object(_) => Err(FieldFault::new(name, Unfit::Kind)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plugin::Manifest;

    const MANIFEST: &str = r#"
        name = "pombo"
        version = "1.0.0"
        world = "rule"
        title = "Pombo"
        [[settings]]
        name = "token"
        kind = "secret"
        title = "Token"
        required = true
        [[settings]]
        name = "limit"
        kind = "integer"
        title = "Limit"
        least = 1
        default = "5"
        [[settings]]
        name = "note"
        kind = "lines"
        title = "Note"
    "#;

    fn check(before: Filled, given: Value) -> Result<Filled, FieldFault> {
        let given = given.as_object().unwrap().clone().into_iter().collect();
        Filled::check(&Manifest::parse(MANIFEST).unwrap().settings, before, &given)
    }

    #[test]
    fn secrets_lie_apart_and_defaults_stand_in() {
        let filled = check(Filled::default(), json!({ "token": "t1" })).unwrap();
        assert_eq!(filled.secrets["token"], "t1");
        assert_eq!(filled.settings, BTreeMap::from([("limit".to_owned(), "5".to_owned())]));
    }

    #[test]
    fn what_does_not_come_stays_and_null_empties() {
        let before = check(Filled::default(), json!({ "token": "t1", "limit": 7, "note": "a" })).unwrap();
        let after = check(before.clone(), json!({ "note": null })).unwrap();
        assert_eq!(after.secrets["token"], "t1");
        assert_eq!(after.settings, BTreeMap::from([("limit".to_owned(), "7".to_owned())]));
        assert!(check(before.clone(), json!({ "token": true })) == Ok(before));
    }

    #[test]
    fn each_fault_names_its_field() {
        let fault = |given| check(Filled::default(), given).err().unwrap().field;
        assert_eq!(fault(json!({})), "token");
        assert_eq!(fault(json!({ "token": " " })), "token");
        assert_eq!(fault(json!({ "token": "t", "limit": 0 })), "limit");
        assert_eq!(fault(json!({ "token": "t", "limit": [1] })), "limit");
        assert_eq!(fault(json!({ "token": "t", "other": 1 })), "other");
        assert_eq!(fault(json!({ "token": "t", "note": "x".repeat(20_000) })), "note");
    }
}
