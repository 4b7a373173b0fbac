//! Log-ins that failed, for the audit log: a row a minute for each person and address at most, with a count, and so many rows in all
//! that nobody fills the table.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::{Origin, People};
use crate::model::{Actor, OrganizationId, User};

/// What comes within this from one address for one person is one row, in milliseconds.
const ROW_MS: i64 = 60_000;
/// Persons and addresses that are remembered for so long.
const REMEMBERED: usize = 1_000;
/// Rows in a row, and how many milliseconds make room for one more: some 2,900 a day.
const ROWS_BURST: i64 = 60;
const ROW_EVERY_MS: i64 = 30_000;
/// Longest name that is written, in characters.
const NAME_CHARS: usize = 100;
/// Names that nobody has, of one row.
const NAMES: usize = 5;

/// Why a log-in came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogInFault {
    /// Nobody has this address.
    UnknownUser,
    WrongPassword,
    /// He may not log in any more.
    Disabled,
}

impl LogInFault {
    fn word(self) -> &'static str {
        match self {
            Self::UnknownUser => "unknown_user",
            Self::WrongPassword => "wrong_password",
            Self::Disabled => "disabled",
        }
    }
}

/// See the module. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct FailedLogIns(Arc<Mutex<Table>>);

#[derive(Debug, Default)]
struct Table {
    recent: HashMap<Key, Row>,
    /// Room for rows that was used up, in milliseconds of waiting, as of `at_ms`.
    used_ms: i64,
    at_ms: i64,
    /// Failures that got no row, for want of room.
    unlisted: u64,
}

/// An address, and the person meant; of addresses that nobody has all are one.
type Key = (String, Option<String>);

#[derive(Debug)]
struct Row {
    since_ms: i64,
    id: Option<i64>,
    detail: Detail,
}

#[derive(Clone, Debug)]
struct Detail {
    fault: LogInFault,
    /// Passwords that were looked at.
    count: u64,
    /// Log-ins that were refused without a look, for too many before had failed.
    not_looked_at: u64,
    /// Names that were typed, where nobody has them.
    names: Vec<String>,
    browser: String,
    unlisted: u64,
}

impl Detail {
    fn as_json(&self) -> Value {
        let mut detail = json!({ "reason": self.fault.word(), "count": self.count, "browser": self.browser });
        let more = [
            ("not_looked_at", (self.not_looked_at > 0).then(|| json!(self.not_looked_at))),
            ("names", (!self.names.is_empty()).then(|| json!(self.names))),
            ("unlisted_before", (self.unlisted > 0).then(|| json!(self.unlisted))),
        ];
        if let Some(fields) = detail.as_object_mut() {
            fields.extend(more.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
        }
        detail
    }
}

/// What is to be written.
#[derive(Debug, PartialEq)]
enum Written {
    New(Value),
    Again(i64, Value),
    /// Its row is being written, or there is no room for one.
    Nothing,
}

impl Table {
    /// A password was looked at and not taken.
    fn failed(
        &mut self,
        now_ms: i64,
        (key, name): (&Key, &str),
        fault: LogInFault,
        browser: &str,
    ) -> Written {
        self.forget_old(now_ms);
        if let Some(row) = self.recent.get_mut(key) {
            row.detail.count += 1;
            if key.1.is_none()
                && row.detail.names.len() < NAMES
                && !row.detail.names.iter().any(|n| n == name)
            {
                row.detail.names.push(name.to_owned());
            }
            return row.id.map_or(Written::Nothing, |id| Written::Again(id, row.detail.as_json()));
        }
        if !self.has_room(now_ms) {
            self.unlisted += 1;
            return Written::Nothing;
        }
        let names = if key.1.is_none() { vec![name.to_owned()] } else { Vec::new() };
        let unlisted = std::mem::take(&mut self.unlisted);
        let detail =
            Detail { fault, count: 1, not_looked_at: 0, names, browser: browser.to_owned(), unlisted };
        let written = Written::New(detail.as_json());
        self.recent.insert(key.clone(), Row { since_ms: now_ms, id: None, detail });
        written
    }

    /// A log-in was refused without a look. It is written at 1, 2, 4, 8 …: a flood of them costs next to nothing.
    fn refused(&mut self, now_ms: i64, address: &str, name: &str) -> Written {
        self.forget_old(now_ms);
        let of = |who: Option<String>| (address.to_owned(), who);
        let known = of(Some(name.to_owned()));
        let key = if self.recent.contains_key(&known) { known } else { of(None) };
        let Some(row) = self.recent.get_mut(&key) else { return Written::Nothing };
        row.detail.not_looked_at += 1;
        match row.id.filter(|_| row.detail.not_looked_at.is_power_of_two()) {
            Some(id) => Written::Again(id, row.detail.as_json()),
            None => Written::Nothing,
        }
    }

    fn has_room(&mut self, now_ms: i64) -> bool {
        let waited = now_ms.saturating_sub(self.at_ms).max(0);
        (self.used_ms, self.at_ms) = (self.used_ms.saturating_sub(waited).max(0), now_ms);
        let fits = self.used_ms + ROW_EVERY_MS <= ROWS_BURST * ROW_EVERY_MS && self.recent.len() < REMEMBERED;
        if fits {
            self.used_ms += ROW_EVERY_MS;
        }
        fits
    }

    fn forget_old(&mut self, now_ms: i64) {
        self.recent.retain(|_, row| (0..ROW_MS).contains(&now_ms.saturating_sub(row.since_ms)));
    }
}

impl People {
    /// Writes down that a log-in failed. `user`: whose address it is; `nobodys`: who is told where it is nobody's.
    pub(super) async fn note_failure(
        &self,
        (user, typed): (Option<&User>, &str),
        fault: LogInFault,
        origin: &Origin,
        nobodys: Option<OrganizationId>,
    ) {
        let Some(organization) = user.map(|user| user.organization).or(nobodys) else { return };
        let name = cleaned(typed);
        let key = (origin.address.clone(), user.map(|user| user.email.clone()));
        let browser: String = origin.browser.chars().filter(|c| !c.is_control()).take(NAME_CHARS).collect();
        let written = self.failed.table().failed(origin.now_ms, (&key, &name), fault, &browser);
        match written {
            Written::New(detail) => {
                let actor = Actor {
                    organization,
                    at_ms: origin.now_ms,
                    user: None,
                    name: name.clone(),
                    address: origin.address.clone(),
                };
                let noun_id = user.map_or(name, |user| user.id.to_string());
                let entry = actor.does("log_in_failed", "user", noun_id, detail);
                match self.store.audit(&entry).await {
                    Ok(id) => self.found_row(&key, id).await,
                    Err(error) => {
                        tracing::warn!(%error, "a failed log-in could not be written into the audit log")
                    }
                }
            }
            Written::Again(id, detail) => self.write_again(id, &detail).await,
            Written::Nothing => {}
        }
    }

    /// Writes down that somebody was refused without a look at his password.
    pub async fn note_refusal(&self, typed: &str, origin: &Origin) {
        let name = typed.trim().to_lowercase();
        let written = self.failed.table().refused(origin.now_ms, &origin.address, &name);
        if let Written::Again(id, detail) = written {
            self.write_again(id, &detail).await;
        }
    }

    /// The row is there; what failed meanwhile is written into it.
    async fn found_row(&self, key: &Key, id: i64) {
        let more = {
            let mut table = self.failed.table();
            let Some(row) = table.recent.get_mut(key) else { return };
            row.id = Some(id);
            (row.detail.count > 1).then(|| row.detail.as_json())
        };
        if let Some(detail) = more {
            self.write_again(id, &detail).await;
        }
    }

    async fn write_again(&self, id: i64, detail: &Value) {
        if let Err(error) = self.store.count_failed_log_in(id, detail).await {
            tracing::warn!(%error, "failed log-ins could not be counted in the audit log");
        }
    }
}

impl FailedLogIns {
    fn table(&self) -> std::sync::MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was typed, as it may be shown.
fn cleaned(typed: &str) -> String {
    typed.trim().chars().filter(|c| !c.is_control()).take(NAME_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(address: &str, who: Option<&str>) -> Key {
        (address.to_owned(), who.map(str::to_owned))
    }

    fn fail(table: &mut Table, now_ms: i64, key: &Key, name: &str) -> Written {
        table.failed(now_ms, (key, name), LogInFault::WrongPassword, "")
    }

    fn wrote(table: &mut Table, key: &Key, id: i64) {
        table.recent.get_mut(key).unwrap().id = Some(id);
    }

    #[test]
    fn a_minute_of_one_person_and_address_is_one_row_with_a_count() {
        let (mut table, ana) = (Table::default(), key("192.0.2.1", Some("ana@acme.test")));
        assert!(matches!(fail(&mut table, 0, &ana, "ana@acme.test"), Written::New(_)));
        assert_eq!(fail(&mut table, 1, &ana, "ana@acme.test"), Written::Nothing);
        wrote(&mut table, &ana, 7);
        let Written::Again(7, detail) = fail(&mut table, 2, &ana, "ana@acme.test") else { panic!("a count") };
        assert_eq!((&detail["count"], &detail["reason"]), (&json!(3), &json!("wrong_password")));
        let elsewhere = key("192.0.2.2", Some("ana@acme.test"));
        assert!(matches!(fail(&mut table, 3, &elsewhere, "ana@acme.test"), Written::New(_)));
        assert!(matches!(fail(&mut table, ROW_MS, &ana, "ana@acme.test"), Written::New(_)));
    }

    #[test]
    fn what_is_not_looked_at_is_counted_and_seldom_written() {
        let (mut table, ana) = (Table::default(), key("192.0.2.1", Some("ana@acme.test")));
        fail(&mut table, 0, &ana, "ana@acme.test");
        wrote(&mut table, &ana, 7);
        let writes =
            (0..1_000).filter(|_| table.refused(1, "192.0.2.1", "ana@acme.test") != Written::Nothing).count();
        assert_eq!(writes, 10);
        assert_eq!(table.refused(1, "192.0.2.9", "ana@acme.test"), Written::Nothing);
    }

    #[test]
    fn names_that_nobody_has_share_a_row_with_the_first_few() {
        let (mut table, nobody) = (Table::default(), key("192.0.2.1", None));
        fail(&mut table, 0, &nobody, "a");
        wrote(&mut table, &nobody, 7);
        for name in ["b", "a", "c", "d", "e", "f"] {
            fail(&mut table, 0, &nobody, name);
        }
        let Written::Again(7, detail) = fail(&mut table, 0, &nobody, "g") else { panic!("a count") };
        assert_eq!((&detail["count"], &detail["names"]), (&json!(8), &json!(["a", "b", "c", "d", "e"])));
    }

    #[test]
    fn nobody_fills_the_table_and_what_got_no_row_is_told_by_the_next() {
        let mut table = Table::default();
        let rows = |table: &mut Table, now_ms: i64| {
            let from = |n: u32| key(&std::net::Ipv4Addr::from(n).to_string(), None);
            (0..200).filter(|n| fail(table, now_ms, &from(*n), "x") != Written::Nothing).count()
        };
        assert_eq!(rows(&mut table, 0), ROWS_BURST as usize);
        let Written::New(detail) = fail(&mut table, 2 * ROW_EVERY_MS, &key("192.0.2.1", None), "x") else {
            panic!("a row")
        };
        assert_eq!(detail["unlisted_before"], 200 - ROWS_BURST);
        assert!(table.recent.len() <= REMEMBERED);
        let mut day = Table::default();
        let of_a_day: usize = (0..1_440).map(|minute| rows(&mut day, minute * ROW_MS)).sum();
        assert!(of_a_day <= 3_000, "{of_a_day}");
    }

    #[test]
    fn what_was_typed_is_one_line_of_bounded_length() {
        assert_eq!(cleaned(" a\n\u{7}b "), "ab");
        assert_eq!(cleaned(&"x".repeat(5_000)).len(), NAME_CHARS);
    }
}
