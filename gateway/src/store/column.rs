//! From what a column holds to what the model means, with an error that names the table.
use std::fmt::Display;
use std::str::FromStr;

use crate::store::StoreError;

/// A value that lies as text.
pub(in crate::store) fn parsed<T>(table: &'static str, text: &str) -> Result<T, StoreError>
where
    T: FromStr,
    T::Err: Display,
{
    text.parse().map_err(|error: T::Err| StoreError::Corrupt {
        table,
        noun: "value",
        detail: error.to_string(),
    })
}

/// A value that may be missing.
pub(in crate::store) fn optional_parsed<T>(
    table: &'static str,
    text: Option<&str>,
) -> Result<Option<T>, StoreError>
where
    T: FromStr,
    T::Err: Display,
{
    text.map(|text| parsed(table, text)).transpose()
}

/// A number narrower than its column.
pub(in crate::store) fn number<T: TryFrom<i64>>(table: &'static str, value: i64) -> Result<T, StoreError> {
    T::try_from(value).map_err(|_| StoreError::Corrupt {
        table,
        noun: "number",
        detail: format!("{value} is out of range"),
    })
}

/// A number that may be missing.
pub(in crate::store) fn optional_number<T: TryFrom<i64>>(
    table: &'static str,
    value: Option<i64>,
) -> Result<Option<T>, StoreError> {
    value.map(|value| number(table, value)).transpose()
}

/// A value that lies as JSON.
pub(in crate::store) fn parsed_json<T: serde::de::DeserializeOwned>(
    table: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt {
        table,
        noun: "JSON",
        detail: error.to_string(),
    })
}

/// The JSON of a value of ours, whose names are all text.
pub(in crate::store) fn json_text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
