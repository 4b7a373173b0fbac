//! The dial plan of a site file.

use std::collections::{HashMap, HashSet};

use super::KEPT;
use super::check::{self, Place};
use super::file::{Password, RuleEntry, ToneOrEcho};
use super::plan::{Planner, Tenant};
use crate::config::fault::{Cause, Wrong, nearest};
use crate::model::{
    AllowedExtensions, Announcement, BUILTIN_ANNOUNCEMENTS, CONFERENCE_MEMBERS, Conference, Destination,
    DialRule, DialRuleId, DialRuleKind, Extension, MAX_CONFERENCE_MEMBERS, OrganizationId, RecordingRule,
    Service, TrunkId, TrunkNumber,
};

/// Of a conference: three can be guessed in 333 calls, which everybody sees in the records.
const PIN_DIGITS: std::ops::RangeInclusive<usize> = 3..=12;

/// Fewest digits of a number for a trunk where nothing is said.
pub(super) const MIN_DIGITS: u32 = 3;
/// Most digits of a number for a trunk where nothing is said: E.164 with a trunk prefix before it.
pub(super) const MAX_DIGITS: u32 = 20;

/// Plans an organization's dial plan.
pub(super) fn plan(
    planner: &mut Planner<'_>,
    tenant: &Tenant<'_>,
    entries: &[RuleEntry],
) -> Result<(), Wrong> {
    for (position, entry) in (0_u32..).zip(entries) {
        let place = tenant.place.at("rule").at(usize::try_from(position).unwrap_or(usize::MAX));
        if let (Some(queue), None) = (&entry.queue, tenant.old) {
            // Queues are made in the console, and a new organization has none yet.
            let skipped = format!(
                "the rule is left out: `{}` is new here and has no queue `{queue}` yet; make the queue in the console, then apply the file again",
                tenant.row.name
            );
            planner.warnings.push(place.at("queue").wrong(skipped));
            continue;
        }
        let rule = Reader { planner, tenant, place: &place, entry };
        let kind = rule.kind()?;
        planner.plan.rules.push(DialRule { id: DialRuleId(0), organization: tenant.row.id, position, kind });
    }
    Ok(())
}

/// What a rule answers to: the kind of its key, its trunk if it has one, the number.
type Subject = (&'static str, String, String);

/// A rule that no call ever reaches.
struct Unreachable {
    index: usize,
    subject: Subject,
    /// The rule that takes its calls; none: an extension does.
    first: Option<usize>,
}

/// Rules that no call would ever reach: what stands before them, or an extension, takes the number. One that is added is refused; those that
/// were there before do no new harm, and are told back. `was_there`: whether the entry at an index is not new.
pub(super) fn refuse_unreachable(
    planner: &Planner<'_>,
    tenant: &Tenant<'_>,
    entries: &[RuleEntry],
    was_there: impl Fn(usize) -> bool,
) -> Result<Vec<Wrong>, Wrong> {
    let own = planner.plan.extensions.iter().filter(|extension| extension.organization == tenant.row.id);
    let mut before = unreachable_before(planner, tenant);
    let mut known = Vec::new();
    for found in unreachable(own, entries.iter().map(subject_of_entry)) {
        let same =
            |old: &Unreachable| old.subject == found.subject && old.first.is_some() == found.first.is_some();
        if let Some(at) = before.iter().position(same) {
            before.swap_remove(at);
            known.push(found.wrong(tenant, found.index));
            continue;
        }
        // The new one of the two is what has to go.
        let added = found.first.filter(|first| was_there(found.index) && !was_there(*first));
        return Err(found.wrong(tenant, added.unwrap_or(found.index)));
    }
    Ok(known)
}

fn unreachable_before(planner: &Planner<'_>, tenant: &Tenant<'_>) -> Vec<Unreachable> {
    let (Some(old), current) = (tenant.old, planner.current) else { return Vec::new() };
    let trunk = |id| current.trunk(id).map_or_else(String::new, |trunk| trunk.name.clone());
    let subject = |rule: &DialRule| match &rule.kind {
        DialRuleKind::Service { number, .. } => Some(("dial", String::new(), number.clone())),
        DialRuleKind::TrunkNumber { trunk: id, number, .. } => {
            let number = match number {
                TrunkNumber::Any => "*",
                TrunkNumber::Exact(number) => number,
            };
            Some(("number", trunk(*id), bare(number)))
        }
        DialRuleKind::Prefix { .. } => None,
    };
    unreachable(current.extensions(old.id), current.rules(old.id).map(subject))
}

fn subject_of_entry(entry: &RuleEntry) -> Option<Subject> {
    match (&entry.dial, &entry.from_trunk, &entry.number) {
        (Some(dial), None, _) => Some(("dial", String::new(), dial.clone())),
        (None, Some(trunk), Some(number)) => Some(("number", trunk.clone(), bare(number))),
        _ => None,
    }
}

/// With and without the `+` of E.164 it is the same number.
fn bare(number: &str) -> String {
    number.strip_prefix('+').unwrap_or(number).to_owned()
}

fn unreachable<'a>(
    extensions: impl Iterator<Item = &'a Extension>,
    subjects: impl Iterator<Item = Option<Subject>>,
) -> Vec<Unreachable> {
    let extensions: HashSet<&str> = extensions.map(|extension| extension.number.as_str()).collect();
    let mut seen: HashMap<Subject, usize> = HashMap::new();
    let mut found = Vec::new();
    for (index, subject) in subjects.enumerate() {
        let Some(subject) = subject else { continue };
        let of_extension = subject.0 == "dial" && extensions.contains(subject.2.as_str());
        match seen.get(&subject) {
            _ if of_extension => found.push(Unreachable { index, subject, first: None }),
            Some(first) => found.push(Unreachable { index, subject, first: Some(*first) }),
            None => drop(seen.insert(subject, index)),
        }
    }
    found
}

impl Unreachable {
    /// The fault as it stands at the rule of this index, which is one of the two.
    fn wrong(&self, tenant: &Tenant<'_>, index: usize) -> Wrong {
        let (key, _, number) = &self.subject;
        let place = tenant.place.at("rule").at(index).at(*key);
        let Some(first) = self.first else {
            return place
                .wrong(format!(
                    "`{number}` is an extension: whoever dials it reaches the phone, and never this rule; give the rule another number, or the extension"
                ))
                .because(Cause::ExtensionFirst(number.clone()));
        };
        if index == first {
            let other = self.index + 1;
            return place
                .wrong(format!(
                    "`{number}` stands in rule {other} as well, whose calls this rule would take: remove one of the two"
                ))
                .because(Cause::RuleTwice { given: number.clone(), rule: other });
        }
        let other = first + 1;
        place
            .wrong(format!(
                "`{number}` stands in rule {other} already, which takes all its calls: remove one of the two"
            ))
            .because(Cause::RuleTwice { given: number.clone(), rule: other })
    }
}

/// Whether a rule for what extensions dial has this number.
pub(super) fn answers(planner: &Planner<'_>, organization: OrganizationId, dialled: &str) -> bool {
    let own = planner.plan.rules.iter().filter(|rule| rule.organization == organization);
    own.into_iter()
        .any(|rule| matches!(&rule.kind, DialRuleKind::Service { number, .. } if number == dialled))
}

struct Reader<'a> {
    planner: &'a Planner<'a>,
    tenant: &'a Tenant<'a>,
    place: &'a Place,
    entry: &'a RuleEntry,
}

impl Reader<'_> {
    fn kind(&self) -> Result<DialRuleKind, Wrong> {
        match (&self.entry.dial, &self.entry.prefix, &self.entry.from_trunk) {
            (Some(number), None, None) => self.service_rule(number),
            (None, Some(prefix), None) => self.prefix_rule(prefix),
            (None, None, Some(trunk)) => self.trunk_rule(trunk),
            _ => Err(self.place.wrong("a rule has exactly one of `dial`, `prefix` and `from_trunk`")),
        }
    }

    fn service_rule(&self, number: &str) -> Result<DialRuleKind, Wrong> {
        let wanted =
            ["dial", "service", "announcement", "queue", "conference", "pin", "max_members", "recording"];
        self.refuse_others("dial", &wanted)?;
        check::dialled(&self.place.at("dial"), number, 1..=20)?;
        let service = self.service()?.ok_or_else(|| {
            self.place.wrong("`dial` needs `service`, `announcement`, `queue` or `conference` beside it")
        })?;
        Ok(DialRuleKind::Service { number: number.to_owned(), service })
    }

    fn prefix_rule(&self, prefix: &str) -> Result<DialRuleKind, Wrong> {
        self.refuse_others(
            "prefix",
            &["prefix", "trunk", "strip", "prepend", "min_digits", "max_digits", "allow"],
        )?;
        check::dialled(&self.place.at("prefix"), prefix, 0..=20)?;
        let name =
            self.entry.trunk.as_ref().ok_or_else(|| self.place.wrong("`prefix` needs `trunk` beside it"))?;
        let prepend = self.entry.prepend.clone().unwrap_or_default();
        check::dialled(&self.place.at("prepend"), &prepend, 0..=20)?;
        let min_digits =
            check::within(&self.place.at("min_digits"), self.entry.min_digits.unwrap_or(MIN_DIGITS), 1..=40)?;
        let max_digits = check::within(
            &self.place.at("max_digits"),
            self.entry.max_digits.unwrap_or(MAX_DIGITS),
            min_digits..=40,
        )?;
        let strip = check::within(&self.place.at("strip"), self.entry.strip.unwrap_or(0), 0..=min_digits)?;
        let trunk = self.trunk("trunk", name)?;
        Ok(DialRuleKind::Prefix {
            prefix: prefix.to_owned(),
            trunk,
            strip,
            prepend,
            min_digits,
            max_digits,
            allow: self.allow()?,
        })
    }

    fn trunk_rule(&self, name: &str) -> Result<DialRuleKind, Wrong> {
        let wanted = [
            "from_trunk",
            "number",
            "extension",
            "service",
            "announcement",
            "queue",
            "conference",
            "pin",
            "max_members",
            "recording",
        ];
        self.refuse_others("from_trunk", &wanted)?;
        let number =
            self.entry.number.as_deref().ok_or_else(|| {
                self.place.wrong("`from_trunk` needs `number`, or `number = \"*\"` for any")
            })?;
        let number = if number == "*" {
            TrunkNumber::Any
        } else {
            check::dialled(&self.place.at("number"), number, 1..=32)?;
            TrunkNumber::Exact(number.to_owned())
        };
        let destination = match (&self.entry.extension, self.service()?) {
            (Some(extension), None) => {
                self.known_extension("extension", extension)?;
                Destination::Extension(extension.clone())
            }
            (None, Some(service)) => Destination::Service(service),
            (Some(_), Some(_)) | (None, None) => {
                return Err(self.place.wrong(
                    "`from_trunk` needs exactly one of `extension`, `service`, `announcement`, `queue` and `conference`",
                ));
            }
        };
        Ok(DialRuleKind::TrunkNumber { trunk: self.trunk("from_trunk", name)?, number, destination })
    }

    fn service(&self) -> Result<Option<Service>, Wrong> {
        let entry = self.entry;
        match (entry.service, &entry.announcement, &entry.queue, &entry.conference) {
            (None, None, None, Some(name)) => Ok(Some(Service::Conference(self.conference(name)?))),
            _ if entry.pin.is_some() || entry.max_members.is_some() || entry.recording.is_some() => {
                Err(self.place.wrong("`pin`, `max_members` and `recording` are of a `conference`"))
            }
            (Some(ToneOrEcho::Busy), None, None, None) => Ok(Some(Service::Busy)),
            (Some(ToneOrEcho::Congestion), None, None, None) => Ok(Some(Service::Congestion)),
            (Some(ToneOrEcho::Ringback), None, None, None) => Ok(Some(Service::Ringback)),
            (Some(ToneOrEcho::Echo), None, None, None) => Ok(Some(Service::Echo)),
            (Some(ToneOrEcho::Tone), None, None, None) => Ok(Some(Service::Tone)),
            (None, Some(name), None, None) => Ok(Some(Service::Announcement(self.announcement(name)?))),
            (None, None, Some(name), None) => Ok(Some(Service::Queue(self.queue(name)?))),
            (None, None, None, None) => Ok(None),
            _ => {
                Err(self.place.wrong("a rule has one of `service`, `announcement`, `queue` and `conference`"))
            }
        }
    }

    fn conference(&self, name: &str) -> Result<Conference, Wrong> {
        check::slug(&self.place.at("conference"), name)?;
        let wished = self.entry.max_members.unwrap_or(CONFERENCE_MEMBERS);
        let max_members = check::within(&self.place.at("max_members"), wished, 2..=MAX_CONFERENCE_MEMBERS)?;
        let pin = self.entry.pin.as_ref().map(|Password(pin)| self.pin(name, pin)).transpose()?;
        let recording = self.entry.recording.unwrap_or(RecordingRule::Inherit);
        Ok(Conference { name: name.to_owned(), pin, max_members, recording })
    }

    fn pin(&self, conference: &str, pin: &str) -> Result<String, Wrong> {
        let place = self.place.at("pin");
        if pin == KEPT {
            let old = self.tenant.old.into_iter().flat_map(|old| self.planner.current.rules(old.id));
            let kept = old.filter_map(|rule| rule.kind.conference()).find(|old| old.name == conference);
            return kept.and_then(|old| old.pin.clone()).ok_or_else(|| {
                place.wrong(format!(
                    "`{KEPT}` stands for a PIN that is there already; `{conference}` has none"
                ))
            });
        }
        if PIN_DIGITS.contains(&pin.len()) && pin.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(pin.to_owned());
        }
        let (least, most) = (PIN_DIGITS.start(), PIN_DIGITS.end());
        Err(place
            .wrong(format!("a PIN has {least} to {most} digits"))
            .because(Cause::Pin { least: *least, most: *most }))
    }

    /// Queues are made in the console; a rule may name one that is there.
    fn queue(&self, name: &str) -> Result<String, Wrong> {
        let known = self.tenant.old.into_iter().flat_map(|old| self.planner.current.queues(old.id));
        let names: Vec<_> = known.map(|queue| queue.name.as_str()).collect();
        if names.contains(&name) {
            Ok(name.to_owned())
        } else {
            Err(self.unknown("queue", "queue", name, &names))
        }
    }

    /// A plain name only: no site file reads files outside the organization's folder.
    fn announcement(&self, name: &str) -> Result<Announcement, Wrong> {
        let place = self.place.at("announcement");
        let announcement = Announcement::named(name);
        let plain = match &announcement {
            Announcement::Builtin(plain) | Announcement::File(plain) => plain.as_str(),
            // A site file is applied to any database; numbers of rows mean nothing there.
            Announcement::Clip(_) => "",
        };
        let builtin = Announcement::BUILTIN;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if plain.is_empty() || plain.len() > 128 || plain.starts_with('.') || !plain.bytes().all(is_plain) {
            return Err(place.wrong(format!(
                "`{name}` is no plain file name; right would be `closed.wav` or `{builtin}welcome`"
            )));
        }
        let is_builtin = matches!(announcement, Announcement::Builtin(_));
        if is_builtin && !BUILTIN_ANNOUNCEMENTS.contains(&plain) {
            let known = BUILTIN_ANNOUNCEMENTS.join(", ");
            return Err(
                place.wrong(format!("`{name}` is not shipped; there are, after `{builtin}`: {known}"))
            );
        }
        if !is_builtin && self.tenant.row.announcements.is_none() {
            return Err(place.wrong("needs `announcements = \"FOLDER\"` in the organization"));
        }
        Ok(announcement)
    }

    fn allow(&self) -> Result<AllowedExtensions, Wrong> {
        let Some(numbers) = &self.entry.allow else { return Ok(AllowedExtensions::All) };
        for number in numbers {
            self.known_extension("allow", number)?;
        }
        Ok(AllowedExtensions::Only(numbers.clone()))
    }

    fn known_extension(&self, key: &str, number: &str) -> Result<(), Wrong> {
        let own = self
            .planner
            .plan
            .extensions
            .iter()
            .filter(|extension| extension.organization == self.tenant.row.id);
        let numbers: Vec<_> = own.map(|extension| extension.number.as_str()).collect();
        if numbers.contains(&number) { Ok(()) } else { Err(self.unknown(key, "extension", number, &numbers)) }
    }

    fn trunk(&self, key: &str, name: &str) -> Result<TrunkId, Wrong> {
        let own = self.planner.plan.trunks.iter().filter(|trunk| trunk.organization == self.tenant.row.id);
        let trunks: Vec<_> = own.map(|trunk| (trunk.name.as_str(), trunk.id)).collect();
        let names: Vec<_> = trunks.iter().map(|(name, _)| *name).collect();
        let found = trunks.iter().find(|(known, _)| *known == name).map(|(_, id)| *id);
        found.ok_or_else(|| self.unknown(key, "trunk", name, &names))
    }

    fn unknown(&self, key: &str, noun: &str, given: &str, known: &[&str]) -> Wrong {
        let meant = nearest(given, known).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
        self.place
            .at(key)
            .wrong(format!("organization `{}` has no {noun} `{given}`{meant}", self.tenant.row.name))
            .because(Cause::NoSuch(given.to_owned()))
    }

    fn refuse_others(&self, kind: &str, wanted: &[&str]) -> Result<(), Wrong> {
        let entry = self.entry;
        let present = [
            ("trunk", entry.trunk.is_some()),
            ("strip", entry.strip.is_some()),
            ("prepend", entry.prepend.is_some()),
            ("min_digits", entry.min_digits.is_some()),
            ("max_digits", entry.max_digits.is_some()),
            ("allow", entry.allow.is_some()),
            ("number", entry.number.is_some()),
            ("extension", entry.extension.is_some()),
            ("service", entry.service.is_some()),
            ("announcement", entry.announcement.is_some()),
            ("conference", entry.conference.is_some()),
            ("pin", entry.pin.is_some()),
            ("max_members", entry.max_members.is_some()),
            ("recording", entry.recording.is_some()),
        ];
        match present.iter().find(|(key, is_there)| *is_there && !wanted.contains(key)) {
            Some((key, _)) => Err(self.place.at(*key).wrong(format!(
                "`{key}` has no meaning in a `{kind}` rule; right are {}",
                wanted.join(", ")
            ))),
            None => Ok(()),
        }
    }
}
