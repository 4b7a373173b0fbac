//! Calls that were refused at the door or by the dial plan, for whoever can mend it: the last of each kind and how often they came.
//! Kept in memory alone; every Call also leaves its CDR.

use std::collections::HashMap;
use std::net::IpAddr;

use serde::Serialize;
use utoipa::ToSchema;

use crate::call::EndReason;
use crate::model::{CallRecord, Directory, EndedBy, OrganizationId, Party};
use crate::routing::dial_plan::{self, Dialler, Route};

/// Kinds of refused calls kept for one Organization, and as many for those of which it is not known.
pub const KEPT: usize = 50;
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
    /// No rule and no extension has the number.
    UnknownNumber,
    /// A rule has it, but not for this extension.
    NotAllowed,
    /// No codec, or no encryption, in common (488).
    NoCommonMedia,
}

/// Calls that were refused in the same way: from there, to that number, for that reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RefusedCall {
    pub reason: RefusedFor,
    /// What the caller was answered.
    pub status: u16,
    /// Name of the trunk that it came by; none: it came by no trunk that we know.
    pub trunk: Option<String>,
    /// The extension that dialled.
    pub extension: Option<String>,
    /// Address that it came from.
    #[schema(value_type = Option<String>)]
    pub source: Option<IpAddr>,
    /// The caller's number, the last time.
    pub caller: String,
    pub dialled: String,
    pub count: u64,
    pub first_at_ms: i64,
    pub last_at_ms: i64,
}

impl RefusedCall {
    /// One call at this moment.
    pub fn now(wall_ms: i64, reason: RefusedFor, status: u16) -> Self {
        Self {
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

    /// Whether both are mended by the same deed.
    fn is_like(&self, other: &Self) -> bool {
        let what = |one: &Self| (one.reason, one.source);
        what(self) == what(other)
            && self.dialled == other.dialled
            && self.trunk == other.trunk
            && self.extension == other.extension
    }
}

/// By Organization; under `None` those of which it is not known.
#[derive(Debug, Default)]
pub struct RefusedCalls(HashMap<Option<OrganizationId>, Vec<RefusedCall>>);

impl RefusedCalls {
    /// Takes one in. Of a full list the oldest of whoever fills it most goes: a scanner does not push a carrier out.
    pub fn note(&mut self, organization: Option<OrganizationId>, mut call: RefusedCall) {
        call.dialled = short(&call.dialled);
        call.caller = short(&call.caller);
        let kept = self.0.entry(organization).or_default();
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
        let Some(reason) = reason_of(&record.end_reason).filter(|_| ours) else { return };
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
            ..RefusedCall::now(wall_ms, reason, record.sip_status.unwrap_or_default())
        };
        // Somebody may have mended it while its last figures were on the way.
        if !is_mended(directory, Some(organization), &call) {
            self.note(Some(organization), call);
        }
    }

    /// Whoever was asked for a password has shown it.
    pub fn proved(&mut self, organization: OrganizationId, source: IpAddr, dialled: &str) {
        if let Some(kept) = self.0.get_mut(&Some(organization)) {
            kept.retain(|one| {
                one.reason != RefusedFor::UnknownSource
                    || one.source != Some(source)
                    || one.dialled != dialled
            });
        }
    }

    /// Forgets what an administrator has mended.
    pub fn follow(&mut self, directory: &Directory) {
        self.0.retain(|organization, kept| {
            kept.retain(|call| !is_mended(directory, *organization, call));
            organization.is_none_or(|id| directory.organization(id).is_some())
        });
    }

    /// Those of an Organization, the newest first. Those of nobody are shown where there is but one that they can concern.
    pub fn of(&self, directory: &Directory, organization: OrganizationId, wall_ms: i64) -> Vec<RefusedCall> {
        let alone = directory.organizations().len() == 1;
        let nobodys = self.0.get(&None).filter(|_| alone);
        let all = self.0.get(&Some(organization)).into_iter().chain(nobodys).flatten();
        let mut all: Vec<RefusedCall> =
            all.filter(|call| call.last_at_ms > wall_ms - LIFETIME_MS).cloned().collect();
        all.sort_by_key(|call| std::cmp::Reverse(call.last_at_ms));
        all
    }
}

fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(NUMBER_CHARS).collect()
}

fn reason_of(word: &str) -> Option<RefusedFor> {
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
        (RefusedFor::UnknownNumber | RefusedFor::NotAllowed, None)
        | (RefusedFor::WrongPassword | RefusedFor::NoCommonMedia, _) => false,
    }
}

fn dialler(directory: &Directory, organization: OrganizationId, call: &RefusedCall) -> Option<Dialler> {
    let extension = call.extension.as_ref().and_then(|number| directory.extension(organization, number));
    let trunk = call.trunk.as_ref().and_then(|name| directory.trunk_by_name(organization, name));
    extension.map(|row| Dialler::Extension(row.id)).or(trunk.map(|row| Dialler::Trunk(row.id)))
}

/// The oldest entry of the source that has most of them; of sources that have as many, of the one that came first.
fn most_at(kept: &[RefusedCall]) -> Option<usize> {
    let of = |source: Option<IpAddr>| kept.iter().filter(|one| one.source == source).count();
    let most = kept.iter().rev().map(|one| one.source).max_by_key(|source| of(*source))?;
    kept.iter().position(|one| one.source == most)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUSE: Option<OrganizationId> = Some(OrganizationId(1));

    fn call(source: [u8; 4], dialled: &str, at_ms: i64) -> RefusedCall {
        RefusedCall {
            source: Some(IpAddr::from(source)),
            dialled: dialled.to_owned(),
            ..RefusedCall::now(at_ms, RefusedFor::UnknownSource, 403)
        }
    }

    #[test]
    fn the_same_again_is_counted() {
        let mut refused = RefusedCalls::default();
        refused.note(HOUSE, call([192, 0, 2, 1], "551130001000", 10));
        refused.note(HOUSE, call([192, 0, 2, 2], "551130001000", 20));
        refused.note(HOUSE, call([192, 0, 2, 1], "551130001000", 30));
        let kept = &refused.0[&HOUSE];
        assert_eq!(kept.len(), 2);
        assert_eq!((kept[1].count, kept[1].first_at_ms, kept[1].last_at_ms), (2, 10, 30));
    }

    #[test]
    fn a_scanner_fills_the_list_and_pushes_nobody_else_out() {
        let mut refused = RefusedCalls::default();
        refused.note(HOUSE, call([192, 0, 2, 1], "551130001000", 1));
        for number in 0..10_000 {
            refused.note(HOUSE, call([198, 51, 100, 9], &format!("00{number}"), number));
        }
        let kept = &refused.0[&HOUSE];
        assert_eq!(kept.len(), KEPT);
        assert_eq!(kept[0].dialled, "551130001000");
        refused.note(HOUSE, call([198, 51, 100, 9], &"9".repeat(5_000), 1));
        assert_eq!(refused.0[&HOUSE].last().map(|one| one.dialled.len()), Some(NUMBER_CHARS));
    }

    #[test]
    fn of_many_scanners_the_oldest_goes_and_a_day_empties_the_list() {
        let mut refused = RefusedCalls::default();
        for source in 0..KEPT as u8 {
            refused.note(HOUSE, call([198, 51, 100, source], "00", i64::from(source)));
        }
        refused.note(HOUSE, call([192, 0, 2, 1], "551130001000", 100));
        refused.note(HOUSE, call([192, 0, 2, 2], "551130001000", 101));
        let dialled =
            |refused: &RefusedCalls| refused.0[&HOUSE].iter().filter(|one| one.dialled != "00").count();
        assert_eq!((refused.0[&HOUSE].len(), dialled(&refused)), (KEPT, 2));
        refused.note(HOUSE, call([192, 0, 2, 3], "551130001000", LIFETIME_MS + 101));
        assert_eq!(refused.0[&HOUSE].len(), 1);
    }

    #[test]
    fn who_proves_himself_was_not_refused() {
        let mut refused = RefusedCalls::default();
        refused.note(HOUSE, call([192, 0, 2, 1], "600", 1));
        refused.note(HOUSE, call([192, 0, 2, 1], "601", 1));
        refused.proved(OrganizationId(1), IpAddr::from([192, 0, 2, 1]), "600");
        assert_eq!(refused.0[&HOUSE].iter().map(|one| one.dialled.as_str()).collect::<Vec<_>>(), ["601"]);
    }
}
