//! The difference between the site as it is and as it shall be, line by line: `+` new, `-` deleted, `~` changed.

use std::collections::HashMap;
use std::hash::Hash;

use super::describe::{self, Fields};
use super::taken;
use crate::model::{DialRule, Directory, Extension, OrganizationId, Trunk, TrunkId};
use crate::store::SitePlan;

/// Compares; no lines mean that applying changes nothing. No line holds a secret.
pub fn diff(current: &Directory, plan: &SitePlan) -> Vec<String> {
    let names: HashMap<_, _> = current
        .organizations()
        .iter()
        .chain(&plan.organizations)
        .map(|row| (row.id, row.name.clone()))
        .collect();
    let owner = |id: OrganizationId| names.get(&id).map_or("?", String::as_str);
    let extensions: Vec<_> =
        current.organizations().iter().flat_map(|row| current.extensions(row.id)).collect();
    let mut lines = Vec::new();
    compare(
        &mut lines,
        current.organizations().iter(),
        plan.organizations.iter(),
        &Noun {
            key: |row| row.id,
            title: &|row| format!("organization {}", row.name),
            owner: &|_| None,
            fields: &|row| describe::organization(row),
            secret_differs: &|_, _| false,
        },
    );
    compare(
        &mut lines,
        extensions.into_iter(),
        plan.extensions.iter(),
        &Noun {
            key: |row: &Extension| row.id,
            title: &|row| format!("extension {}/{}", owner(row.organization), row.number),
            owner: &|row: &Extension| taken::owner(current, row.id),
            fields: &|row| describe::extension(row),
            secret_differs: &|old, new| old.ha1 != new.ha1,
        },
    );
    compare(
        &mut lines,
        current.all_trunks().iter(),
        plan.trunks.iter(),
        &Noun {
            key: |row: &Trunk| row.id,
            title: &|row| format!("trunk {}/{}", owner(row.organization), row.name),
            owner: &|_| None,
            fields: &|row| describe::trunk(row),
            secret_differs: &trunk_secret_differs,
        },
    );
    for id in names.keys().collect::<std::collections::BTreeSet<_>>() {
        rules(&mut lines, *id, owner(*id), current, plan);
    }
    lines
}

fn trunk_secret_differs(old: &Trunk, new: &Trunk) -> bool {
    old.digest_in != new.digest_in || old.credentials_out != new.credentials_out
}

struct Noun<'a, T, K> {
    key: fn(&T) -> K,
    title: &'a dyn Fn(&T) -> String,
    /// The user from whom it is taken when it goes.
    owner: &'a dyn Fn(&T) -> Option<String>,
    fields: &'a dyn Fn(&T) -> Fields,
    secret_differs: &'a dyn Fn(&T, &T) -> bool,
}

fn compare<'a, T: 'a, K: Eq + Hash>(
    lines: &mut Vec<String>,
    old: impl Iterator<Item = &'a T>,
    new: impl Iterator<Item = &'a T>,
    noun: &Noun<'_, T, K>,
) {
    let new: Vec<_> = new.collect();
    let wanted: HashMap<_, _> = new.iter().map(|row| ((noun.key)(row), *row)).collect();
    let old: Vec<_> = old.collect();
    let known: HashMap<_, _> = old.iter().map(|row| ((noun.key)(row), *row)).collect();
    lines.extend(old.iter().filter(|row| !wanted.contains_key(&(noun.key)(row))).map(
        |row| match (noun.owner)(row) {
            Some(user) => format!("- {} (taken from user {user})", (noun.title)(row)),
            None => format!("- {}", (noun.title)(row)),
        },
    ));
    for row in new {
        match known.get(&(noun.key)(row)) {
            None => {
                lines.push(format!("+ {} ({})", (noun.title)(row), describe::one_line(&(noun.fields)(row))))
            }
            Some(before) => {
                let mut changes = field_changes(&(noun.fields)(before), &(noun.fields)(row));
                if changes.is_empty() && (noun.secret_differs)(before, row) {
                    changes.push("password changed".to_owned());
                }
                lines.extend(changes.into_iter().map(|change| format!("~ {}: {change}", (noun.title)(row))));
            }
        }
    }
}

fn field_changes(old: &Fields, new: &Fields) -> Vec<String> {
    let value = |fields: &Fields, key: &str| {
        let found = fields.iter().find(|(known, _)| *known == key);
        found.map_or_else(|| "(default)".to_owned(), |(_, value)| value.clone())
    };
    let added = new.iter().filter(|(key, _)| !old.iter().any(|(known, _)| known == key));
    let keys = old.iter().chain(added).map(|(key, _)| *key);
    keys.filter(|key| value(old, key) != value(new, key))
        .map(|key| format!("{key}: {} -> {}", value(old, key), value(new, key)))
        .collect()
}

fn rules(
    lines: &mut Vec<String>,
    organization: OrganizationId,
    owner: &str,
    current: &Directory,
    plan: &SitePlan,
) {
    let old_name = |id: TrunkId| current.trunk(id).map(|trunk| trunk.name.as_str());
    let new_name =
        |id: TrunkId| plan.trunks.iter().find(|trunk| trunk.id == id).map(|trunk| trunk.name.as_str());
    let old: Vec<_> = current
        .rules(organization)
        .map(|rule| describe::one_line(&describe::rule(&rule.kind, old_name)))
        .collect();
    let new = plan.rules.iter().filter(|rule: &&DialRule| rule.organization == organization);
    let new: Vec<_> = new.map(|rule| describe::one_line(&describe::rule(&rule.kind, new_name))).collect();
    for position in 0..old.len().max(new.len()) {
        let title = format!("rule {owner}/{}", position + 1);
        match (old.get(position), new.get(position)) {
            (Some(before), Some(after)) if before == after => {}
            (Some(before), Some(after)) => lines.push(format!("~ {title}: {before} -> {after}")),
            (Some(before), None) => lines.push(format!("- {title} ({before})")),
            (None, Some(after)) => lines.push(format!("+ {title} ({after})")),
            (None, None) => {}
        }
    }
}
