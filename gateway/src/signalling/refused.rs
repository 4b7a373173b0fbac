//! Calls and registrations that were refused at the door or by the dial plan, for whoever can mend it: the last of each kind and how
//! often they came. Kept in memory alone; every Call also leaves its CDR.

use std::collections::HashMap;
use std::net::IpAddr;

use serde::Serialize;
use utoipa::ToSchema;

use crate::call::EndReason;
use crate::model::{CallRecord, Directory, EndedBy, OrganizationId, Party};
use crate::routing::dial_plan::{self, Dialler, Route};

/// Rows kept for one Organization, and as many for those of which it is not known.
pub const KEPT: usize = 200;
/// Characters of a number that are kept.
const NUMBER_CHARS: usize = 64;
/// Older ones are nobody's concern any more: a day, in milliseconds.
const LIFETIME_MS: i64 = 86_400_000;

/// What an administrator has to mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefusedFor {
    /// It is no address of a trunk, and no password came.
    UnknownSource,
    /// The password is another, or the name is not there.
    WrongPassword,
    /// So many passwords were wrong that none is looked at for a while.
    TooManyPasswords,
    /// The answer to the challenge is made with another algorithm than it asked for, or without qop: the password cannot be checked.
    UnusableDigest,
    /// The password is right, for another number than the one that was to be registered.
    NotItsNumber,
    /// It names a domain that is not this organization's.
    UnknownDomain,
    /// No rule and no extension has the number.
    UnknownNumber,
    /// A rule has it, but not for this extension.
    NotAllowed,
    /// No codec, or no encryption, in common (488).
    NoCommonMedia,
}

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefusedWhat {
    Call,
    Registration,
}

/// What was refused to the same one, from there, for the same reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RefusedCall {
    /// Number of the row, for as long as the node runs; the same again has a new one.
    pub id: u64,
    pub what: RefusedWhat,
    pub reason: RefusedFor,
    /// What the caller was answered, the last time.
    pub status: u16,
    /// Name of the trunk that it came by; none: it came by no trunk that we know.
    pub trunk: Option<String>,
    /// The extension that dialled or was to be registered.
    pub extension: Option<String>,
    /// Address that it came from.
    #[schema(value_type = Option<String>)]
    pub source: Option<IpAddr>,
    /// The caller's number, or the name that it gave.
    pub caller: String,
    /// The number dialled, the last time.
    pub dialled: String,
    pub count: u64,
    pub first_at_ms: i64,
    pub last_at_ms: i64,
}

/// Who was refused. A carrier's callers are many: of a trunk each number that it dialled is a row, for each needs its own rule.
#[derive(PartialEq, Eq)]
enum Who<'a> {
    Extension(&'a str),
    Number(&'a str),
    Trunk(&'a str, &'a str),
}

impl RefusedCall {
    /// One at this moment.
    pub fn now(wall_ms: i64, what: RefusedWhat, reason: RefusedFor, status: u16) -> Self {
        Self {
            id: 0,
            what,
            reason,
            status,
            trunk: None,
            extension: None,
            source: None,
            caller: String::new(),
            dialled: String::new(),
            count: 1,
            first_at_ms: wall_ms,
            last_at_ms: wall_ms,
        }
    }

    fn who(&self) -> Who<'_> {
        match (&self.trunk, &self.extension) {
            (Some(trunk), _) => Who::Trunk(trunk, &self.dialled),
            (None, Some(extension)) => Who::Extension(extension),
            (None, None) => Who::Number(&self.caller),
        }
    }

    /// Whether both are one row.
    fn is_like(&self, other: &Self) -> bool {
        self.source == other.source
            && self.reason == other.reason
            && self.what == other.what
            && self.who() == other.who()
    }
}

/// By Organization; under `None` those of which it is not known.
#[derive(Debug, Default)]
pub struct RefusedCalls {
    rows: HashMap<Option<OrganizationId>, Vec<RefusedCall>>,
    last_id: u64,
}

impl RefusedCalls {
    /// Takes one in. Of a full list the oldest of the address that fills it most goes: a scanner pushes nobody out but himself.
    pub fn note(&mut self, organization: Option<OrganizationId>, mut call: RefusedCall) {
        call.dialled = short(&call.dialled);
        call.caller = short(&call.caller);
        self.last_id += 1;
        call.id = self.last_id;
        let kept = self.rows.entry(organization).or_default();
        kept.retain(|one| one.last_at_ms > call.last_at_ms - LIFETIME_MS);
        if let Some(at) = kept.iter().position(|one| one.is_like(&call)) {
            let before = kept.remove(at);
            call.count = before.count.saturating_add(1);
            call.first_at_ms = before.first_at_ms;
        } else if kept.len() >= KEPT
            && let Some(at) = most_at(kept)
        {
            kept.remove(at);
        }
        kept.push(call);
    }

    /// Looks at the record of a Call that is over.
    pub fn learn(&mut self, directory: &Directory, record: &CallRecord) {
        let Some(organization) = record.organization else { return };
        let ours = record.answered_at_ms.is_none() && record.ended_by == Some(EndedBy::System);
        let Some(reason) = reason_of(record).filter(|_| ours) else { return };
        let wall_ms = record.ended_at_ms.unwrap_or(record.started_at_ms);
        let caller = record.legs.first();
        let (extension, trunk) = match caller.map(|leg| &leg.party) {
            Some(Party::Extension(number)) => (Some(number.clone()), None),
            Some(Party::Trunk(name)) => (None, Some(name.clone())),
            Some(Party::Service(_) | Party::Unknown) | None => (None, record.trunk.clone()),
        };
        let call = RefusedCall {
            extension,
            trunk,
            source: caller.and_then(|leg| leg.remote).map(|remote| remote.ip()),
            caller: record.caller.clone(),
            dialled: record.callee.clone(),
            ..RefusedCall::now(wall_ms, RefusedWhat::Call, reason, record.sip_status.unwrap_or_default())
        };
        // Somebody may have mended it while its last figures were on the way.
        if !is_mended(directory, Some(organization), &call) {
            self.note(Some(organization), call);
        }
    }

    /// Whoever was asked for a password has shown it.
    pub fn proved(&mut self, organization: OrganizationId, source: IpAddr, caller: &str) {
        let caller = short(caller);
        if let Some(kept) = self.rows.get_mut(&Some(organization)) {
            kept.retain(|one| {
                one.reason != RefusedFor::UnknownSource || one.source != Some(source) || one.caller != caller
            });
        }
    }

    /// Another password holds for this name now.
    pub fn password_changed(&mut self, organization: OrganizationId, name: &str) {
        let name = short(name);
        let of_passwords = |one: &RefusedCall| {
            matches!(
                one.reason,
                RefusedFor::WrongPassword | RefusedFor::TooManyPasswords | RefusedFor::UnusableDigest
            )
        };
        if let Some(kept) = self.rows.get_mut(&Some(organization)) {
            kept.retain(|one| !of_passwords(one) || one.caller != name);
        }
    }

    /// Forgets what an administrator has mended.
    pub fn follow(&mut self, directory: &Directory) {
        self.rows.retain(|organization, kept| {
            kept.retain(|call| !is_mended(directory, *organization, call));
            organization.is_none_or(|id| directory.organization(id).is_some())
        });
    }

    /// Those of an Organization that are older than `before`, the newest first and at most so many. Those of nobody are shown where
    /// there is but one that they can concern.
    pub fn of(&self, directory: &Directory, wanted: &RefusedPage, wall_ms: i64) -> Vec<RefusedCall> {
        let alone = directory.organizations().len() == 1;
        let nobodys = self.rows.get(&None).filter(|_| alone);
        let all = self.rows.get(&Some(wanted.organization)).into_iter().chain(nobodys).flatten();
        let is_wanted = |call: &&RefusedCall| {
            call.last_at_ms > wall_ms - LIFETIME_MS && wanted.before.is_none_or(|before| call.id < before)
        };
        let mut all: Vec<&RefusedCall> = all.filter(is_wanted).collect();
        all.sort_by_key(|call| std::cmp::Reverse(call.id));
        all.into_iter().take(wanted.rows).cloned().collect()
    }
}

/// A page of the list.
#[derive(Clone, Copy, Debug)]
pub struct RefusedPage {
    pub organization: OrganizationId,
    /// Only rows whose number is less; none: from the newest on.
    pub before: Option<u64>,
    pub rows: usize,
}

fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(NUMBER_CHARS).collect()
}

fn reason_of(record: &CallRecord) -> Option<RefusedFor> {
    let word = &record.end_reason;
    // Only a call for somebody outside keeps the host that it named.
    if record.callee.contains('@') {
        return Some(RefusedFor::UnknownDomain);
    }
    let reasons = [
        (EndReason::NumberUnknown, RefusedFor::UnknownNumber),
        (EndReason::NotAllowed, RefusedFor::NotAllowed),
        (EndReason::MediaIncompatible, RefusedFor::NoCommonMedia),
        (EndReason::NetworkIncompatible, RefusedFor::NoCommonMedia),
    ];
    reasons.into_iter().find(|(reason, _)| reason.cdr_text() == word).map(|(_, reason)| reason)
}

/// Whether a call like this would find its way now.
fn is_mended(directory: &Directory, organization: Option<OrganizationId>, call: &RefusedCall) -> bool {
    match (call.reason, organization) {
        (RefusedFor::UnknownSource, _) => {
            call.source.is_some_and(|source| !directory.trunks_by_source(source).is_empty())
        }
        (RefusedFor::UnknownNumber | RefusedFor::NotAllowed, Some(organization)) => {
            let Some(dialler) = dialler(directory, organization, call) else { return false };
            let route = dial_plan::route(directory, organization, dialler, &call.dialled);
            !matches!(route, Route::Refused(_))
        }
        (RefusedFor::UnknownDomain, _) => {
            let domain =
                call.dialled.rsplit_once('@').and_then(|(_, host)| directory.organization_by_domain(host));
            domain.is_some_and(|found| organization.is_none_or(|id| found.id == id))
        }
        (RefusedFor::UnknownNumber | RefusedFor::NotAllowed, None)
        | (
            RefusedFor::WrongPassword
            | RefusedFor::TooManyPasswords
            | RefusedFor::UnusableDigest
            | RefusedFor::NotItsNumber
            | RefusedFor::NoCommonMedia,
            _,
        ) => false,
    }
}

fn dialler(directory: &Directory, organization: OrganizationId, call: &RefusedCall) -> Option<Dialler> {
    let extension = call.extension.as_ref().and_then(|number| directory.extension(organization, number));
    let trunk = call.trunk.as_ref().and_then(|name| directory.trunk_by_name(organization, name));
    extension.map(|row| Dialler::Extension(row.id)).or(trunk.map(|row| Dialler::Trunk(row.id)))
}

/// The oldest row of whoever has most rows at the address that has most; of those that have as many, of the one that came first.
fn most_at(kept: &[RefusedCall]) -> Option<usize> {
    let mut of_source: HashMap<Option<IpAddr>, usize> = HashMap::new();
    for one in kept {
        *of_source.entry(one.source).or_default() += 1;
    }
    let rows = |source: &Option<IpAddr>| of_source.get(source).copied().unwrap_or_default();
    let source = kept.iter().rev().map(|one| one.source).max_by_key(rows)?;
    let mut of_party: HashMap<Option<&String>, usize> = HashMap::new();
    for one in kept.iter().filter(|one| one.source == source) {
        *of_party.entry(party(one)).or_default() += 1;
    }
    let most = of_party.values().max().copied();
    kept.iter().position(|one| one.source == source && of_party.get(&party(one)).copied() == most)
}

/// Whom we know by name; all others of one address count together.
fn party(one: &RefusedCall) -> Option<&String> {
    one.trunk.as_ref().or(one.extension.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUSE: Option<OrganizationId> = Some(OrganizationId(1));
    const CARRIER: [u8; 4] = [192, 0, 2, 1];
    const SCANNER: [u8; 4] = [198, 51, 100, 9];

    fn call(source: [u8; 4], caller: &str, at_ms: i64) -> RefusedCall {
        RefusedCall {
            source: Some(IpAddr::from(source)),
            caller: caller.to_owned(),
            dialled: "551130001000".to_owned(),
            ..RefusedCall::now(at_ms, RefusedWhat::Call, RefusedFor::UnknownSource, 403)
        }
    }

    fn of_extension(number: &str, dialled: &str, at_ms: i64) -> RefusedCall {
        RefusedCall {
            extension: Some(number.to_owned()),
            dialled: dialled.to_owned(),
            reason: RefusedFor::UnknownNumber,
            ..call(CARRIER, number, at_ms)
        }
    }

    fn page(refused: &RefusedCalls, before: Option<u64>, rows: usize) -> Vec<RefusedCall> {
        let wanted = RefusedPage { organization: OrganizationId(1), before, rows };
        refused.of(&Directory::default(), &wanted, 0)
    }

    #[test]
    fn the_same_again_is_counted_and_others_of_one_address_are_not_laid_to_it() {
        let mut refused = RefusedCalls::default();
        refused.note(HOUSE, call(CARRIER, "100", 10));
        refused.note(HOUSE, RefusedCall { reason: RefusedFor::WrongPassword, ..call(CARRIER, "100", 15) });
        refused.note(HOUSE, call(CARRIER, "101", 20));
        refused.note(HOUSE, RefusedCall { dialled: "600".to_owned(), ..call(CARRIER, "100", 30) });
        let kept = &refused.rows[&HOUSE];
        assert_eq!(kept.len(), 3);
        assert_eq!((kept[2].count, kept[2].first_at_ms, kept[2].last_at_ms), (2, 10, 30));
        assert_eq!(kept[2].dialled, "600");
    }

    #[test]
    fn what_one_extension_misdials_is_one_row_and_each_number_of_a_carrier_its_own() {
        let mut refused = RefusedCalls::default();
        for number in 0..60 {
            refused.note(HOUSE, of_extension("100", &number.to_string(), number));
            let by_trunk = RefusedCall {
                trunk: Some("carrier".to_owned()),
                extension: None,
                ..of_extension("100", &(number % 3).to_string(), number)
            };
            refused.note(HOUSE, by_trunk);
        }
        let shown = page(&refused, None, KEPT);
        assert_eq!(shown.len(), 4);
        let phone = shown.iter().find(|one| one.trunk.is_none()).unwrap();
        assert_eq!((phone.count, phone.dialled.as_str()), (60, "59"));
    }

    #[test]
    fn a_scanner_fills_the_list_and_pushes_nobody_else_out() {
        let mut refused = RefusedCalls::default();
        refused.note(HOUSE, call(CARRIER, "551130001000", 1));
        for number in 0..10_000 {
            refused.note(HOUSE, call(SCANNER, &format!("00{number}"), number));
        }
        let kept = &refused.rows[&HOUSE];
        assert_eq!(kept.len(), KEPT);
        assert_eq!(kept[0].caller, "551130001000");
        refused.note(HOUSE, call(SCANNER, &"9".repeat(5_000), 1));
        assert_eq!(refused.rows[&HOUSE].last().map(|one| one.caller.len()), Some(NUMBER_CHARS));
    }

    #[test]
    fn names_that_somebody_makes_up_do_not_push_out_a_phone_at_the_same_address() {
        let mut refused = RefusedCalls::default();
        refused.note(HOUSE, of_extension("100", "600", 1));
        (0..10_000).for_each(|number| refused.note(HOUSE, call(CARRIER, &format!("00{number}"), number)));
        assert_eq!(refused.rows[&HOUSE][0].extension.as_deref(), Some("100"));
    }

    #[test]
    fn of_many_scanners_the_oldest_goes_and_a_day_empties_the_list() {
        let mut refused = RefusedCalls::default();
        for source in 0..KEPT as u8 {
            refused.note(HOUSE, call([198, 51, 100, source], "00", i64::from(source)));
        }
        refused.note(HOUSE, call(CARRIER, "551130001000", 300));
        refused.note(HOUSE, call([192, 0, 2, 2], "551130001000", 301));
        let named =
            |refused: &RefusedCalls| refused.rows[&HOUSE].iter().filter(|one| one.caller != "00").count();
        assert_eq!((refused.rows[&HOUSE].len(), named(&refused)), (KEPT, 2));
        refused.note(HOUSE, call([192, 0, 2, 3], "551130001000", LIFETIME_MS + 301));
        assert_eq!(refused.rows[&HOUSE].len(), 1);
    }

    #[test]
    fn pages_join_without_a_gap() {
        let mut refused = RefusedCalls::default();
        (0..7).for_each(|number| refused.note(HOUSE, call(CARRIER, &number.to_string(), number)));
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let rows = page(&refused, before, 3);
            let Some(last) = rows.last() else { break };
            before = Some(last.id);
            seen.extend(rows.into_iter().map(|row| row.caller));
        }
        assert_eq!(seen, ["6", "5", "4", "3", "2", "1", "0"]);
    }

    #[test]
    fn who_proves_himself_was_not_refused_and_a_new_password_ends_what_was_said_of_the_old() {
        let mut refused = RefusedCalls::default();
        refused.note(HOUSE, call(CARRIER, "600", 1));
        refused.note(HOUSE, call(CARRIER, "601", 1));
        refused.proved(OrganizationId(1), IpAddr::from(CARRIER), "600");
        assert_eq!(
            page(&refused, None, KEPT).iter().map(|one| one.caller.as_str()).collect::<Vec<_>>(),
            ["601"]
        );
        refused.note(HOUSE, RefusedCall { reason: RefusedFor::WrongPassword, ..call(CARRIER, "100", 2) });
        refused.password_changed(OrganizationId(1), "100");
        assert_eq!(page(&refused, None, KEPT).len(), 1);
    }
}
