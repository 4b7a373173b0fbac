//! Log-ins that failed, for the audit log: a row a minute for each person and network at most, with a count, and so many rows of each
//! organization that nobody fills the table.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::{Origin, People};
use crate::guesses::subscriber;
use crate::model::{Actor, AuditEntry, OrganizationId, User};
use crate::store::Store;

/// What comes within this from one address for one person is one row, in milliseconds.
const ROW_MS: i64 = 60_000;
/// Persons and networks that are remembered for so long.
const REMEMBERED: usize = 1_000;
/// Rows of one organization in a row, and how many milliseconds make room for one more: some 2,900 a day.
const ROWS_BURST: i64 = 60;
const ROW_EVERY_MS: i64 = 30_000;
/// Longest name that is written, in characters.
const NAME_CHARS: usize = 100;
/// Names that nobody has, of one row.
const NAMES: usize = 5;
/// Stands for what was typed where it is no address: it may well be a password.
const NO_ADDRESS: &str = "?";
/// Writes that wait for the database.
const WAITING: usize = 256;

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

/// See the module. Cheap to clone. What is to be written is written by a task of its own: whoever tries a password is answered as soon
/// where there is something to write as where there is not.
#[derive(Clone, Debug)]
pub(super) struct FailedLogIns {
    table: Arc<Mutex<Table>>,
    writes: mpsc::Sender<Write>,
}

/// One write of the task.
#[derive(Debug)]
enum Write {
    New(Key, AuditEntry),
    Again(i64, Value),
}

#[derive(Debug, Default)]
struct Table {
    recent: HashMap<Key, Row>,
    budgets: HashMap<OrganizationId, Budget>,
}

/// The rows of one organization.
#[derive(Debug, Default)]
struct Budget {
    /// Room for rows that was used up, in milliseconds of waiting, as of `at_ms`.
    used_ms: i64,
    at_ms: i64,
    /// Failures that got no row, for want of room.
    unlisted: u64,
}

/// A network, and the person meant; of addresses that nobody has all are one.
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
        organization: OrganizationId,
        fault: LogInFault,
        browser: &str,
    ) -> Written {
        self.forget_old(now_ms);
        let is_name = key.1.is_none() && name != NO_ADDRESS;
        if let Some(row) = self.recent.get_mut(key) {
            row.detail.count += 1;
            if is_name && row.detail.names.len() < NAMES && !row.detail.names.iter().any(|n| n == name) {
                row.detail.names.push(name.to_owned());
            }
            return row.id.map_or(Written::Nothing, |id| Written::Again(id, row.detail.as_json()));
        }
        let is_full = self.recent.len() >= REMEMBERED;
        let budget = self.budgets.entry(organization).or_default();
        if is_full || !budget.has_room(now_ms) {
            budget.unlisted += 1;
            return Written::Nothing;
        }
        let names = if is_name { vec![name.to_owned()] } else { Vec::new() };
        let unlisted = std::mem::take(&mut budget.unlisted);
        let detail =
            Detail { fault, count: 1, not_looked_at: 0, names, browser: browser.to_owned(), unlisted };
        let written = Written::New(detail.as_json());
        self.recent.insert(key.clone(), Row { since_ms: now_ms, id: None, detail });
        written
    }

    /// A log-in was refused without a look. It is written at 1, 2, 4, 8 …: a flood of them costs next to nothing.
    fn refused(&mut self, now_ms: i64, network: &str, name: &str) -> Written {
        self.forget_old(now_ms);
        let of = |who: Option<String>| (network.to_owned(), who);
        let known = of(Some(name.to_owned()));
        let key = if self.recent.contains_key(&known) { known } else { of(None) };
        let Some(row) = self.recent.get_mut(&key) else { return Written::Nothing };
        row.detail.not_looked_at += 1;
        match row.id.filter(|_| row.detail.not_looked_at.is_power_of_two()) {
            Some(id) => Written::Again(id, row.detail.as_json()),
            None => Written::Nothing,
        }
    }

    /// A row could not be written.
    fn lost(&mut self, key: &Key, organization: OrganizationId) {
        let count = self.recent.remove(key).map_or(1, |row| row.detail.count);
        self.budgets.entry(organization).or_default().unlisted += count;
    }

    fn forget_old(&mut self, now_ms: i64) {
        self.recent.retain(|_, row| (0..ROW_MS).contains(&now_ms.saturating_sub(row.since_ms)));
    }
}

impl Budget {
    fn has_room(&mut self, now_ms: i64) -> bool {
        let waited = now_ms.saturating_sub(self.at_ms).max(0);
        (self.used_ms, self.at_ms) = (self.used_ms.saturating_sub(waited).max(0), now_ms);
        let fits = self.used_ms + ROW_EVERY_MS <= ROWS_BURST * ROW_EVERY_MS;
        if fits {
            self.used_ms += ROW_EVERY_MS;
        }
        fits
    }
}

impl People {
    /// Writes down that a log-in failed. `user`: whose address it is; `nobodys`: who is told where it is nobody's.
    pub(super) fn note_failure(
        &self,
        (user, typed): (Option<&User>, &str),
        fault: LogInFault,
        origin: &Origin,
        nobodys: Option<OrganizationId>,
    ) {
        let Some(organization) = user.map(|user| user.organization).or(nobodys) else { return };
        let name = cleaned(typed);
        let key = (network(&origin.address), user.map(|user| user.email.clone()));
        let browser: String = origin.browser.chars().filter(|c| !c.is_control()).take(NAME_CHARS).collect();
        let written = self.failed.table().failed(origin.now_ms, (&key, &name), organization, fault, &browser);
        let write = match written {
            Written::New(detail) => {
                let actor = Actor {
                    organization,
                    at_ms: origin.now_ms,
                    user: None,
                    name: name.clone(),
                    address: origin.address.clone(),
                };
                let noun_id = user.map_or(name, |user| user.id.to_string());
                Write::New(key.clone(), actor.does("log_in_failed", "user", noun_id, detail))
            }
            Written::Again(id, detail) => Write::Again(id, detail),
            Written::Nothing => return,
        };
        self.failed.write(write);
    }

    /// Writes down that somebody was refused without a look at his password.
    pub fn note_refusal(&self, typed: &str, origin: &Origin) {
        let name = typed.trim().to_lowercase();
        let written = self.failed.table().refused(origin.now_ms, &network(&origin.address), &name);
        if let Written::Again(id, detail) = written {
            self.failed.write(Write::Again(id, detail));
        }
    }
}

impl FailedLogIns {
    /// Starts the task that writes; it ends with the last clone.
    pub fn start(store: Store) -> Self {
        let (writes, mut waiting) = mpsc::channel(WAITING);
        let table = Arc::<Mutex<Table>>::default();
        let known = Arc::clone(&table);
        tokio::spawn(async move {
            while let Some(write) = waiting.recv().await {
                perform(&store, &known, write).await;
            }
        });
        Self { table, writes }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        locked(&self.table)
    }

    /// Where too much waits for the database already, a new row is not written but counted; what a count lacks, the next one has.
    fn write(&self, write: Write) {
        if let Err(
            TrySendError::Full(Write::New(key, entry)) | TrySendError::Closed(Write::New(key, entry)),
        ) = self.writes.try_send(write)
        {
            self.table().lost(&key, entry.organization);
        }
    }
}

async fn perform(store: &Store, table: &Mutex<Table>, write: Write) {
    let again = match write {
        Write::New(key, entry) => match store.audit(&entry).await {
            Ok(id) => found_row(&mut locked(table), &key, id).map(|detail| (id, detail)),
            Err(error) => {
                tracing::warn!(%error, "a failed log-in could not be written into the audit log");
                locked(table).lost(&key, entry.organization);
                None
            }
        },
        Write::Again(id, detail) => Some((id, detail)),
    };
    if let Some((id, detail)) = again
        && let Err(error) = store.count_failed_log_in(id, &detail).await
    {
        tracing::warn!(%error, "failed log-ins could not be counted in the audit log");
    }
}

/// The row is there; what failed meanwhile is to be written into it.
fn found_row(table: &mut Table, key: &Key, id: i64) -> Option<Value> {
    let row = table.recent.get_mut(key)?;
    row.id = Some(id);
    (row.detail.count > 1 || row.detail.not_looked_at > 0).then(|| row.detail.as_json())
}

fn locked(table: &Mutex<Table>) -> MutexGuard<'_, Table> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whom an address belongs to.
fn network(address: &str) -> String {
    address.parse().map_or_else(|_| address.to_owned(), |ip| subscriber(ip).to_string())
}

/// What was typed, as it may be shown.
fn cleaned(typed: &str) -> String {
    if !typed.contains('@') {
        return NO_ADDRESS.to_owned();
    }
    typed.trim().chars().filter(|c| !c.is_control()).take(NAME_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(address: &str, who: Option<&str>) -> Key {
        (address.to_owned(), who.map(str::to_owned))
    }

    const ACME: OrganizationId = OrganizationId(1);

    fn fail(table: &mut Table, now_ms: i64, key: &Key, name: &str) -> Written {
        table.failed(now_ms, (key, name), ACME, LogInFault::WrongPassword, "")
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
        let (other, there) = (OrganizationId(2), key("192.0.2.1", None));
        let row = table.failed(0, (&there, "x"), other, LogInFault::UnknownUser, "");
        assert!(matches!(row, Written::New(_)), "each organization has room of its own");
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
        assert_eq!(cleaned(" a\n\u{7}b@c "), "ab@c");
        assert_eq!(cleaned(&"@".repeat(5_000)).len(), NAME_CHARS);
        assert_eq!(cleaned("correct horse"), NO_ADDRESS, "it may be a password");
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one() {
        assert_eq!(network("2001:db8:1:2::9"), network("2001:db8:1:2:ffff::1"));
        assert_ne!(network("2001:db8:1:2::9"), network("2001:db8:1:3::9"));
        assert_eq!(network("192.0.2.1"), "192.0.2.1");
    }

    #[test]
    fn what_could_not_be_written_is_counted_by_the_next_row() {
        let (mut table, ana) = (Table::default(), key("192.0.2.1", Some("ana@acme.test")));
        for _ in 0..3 {
            fail(&mut table, 0, &ana, "ana@acme.test");
        }
        table.lost(&ana, ACME);
        let Written::New(detail) = fail(&mut table, 1, &ana, "ana@acme.test") else { panic!("a row") };
        assert_eq!(detail["unlisted_before"], 3);
    }
}
