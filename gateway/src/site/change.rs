//! One change to what one organization owns, by the same rules as a site file and in the same words, as JSON.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::check::Place;
use super::describe::{self, Fields};
use super::plan::{Planner, Tenant};
use super::{rule, trunk};
use crate::config::fault::{Cause, Wrong};
use crate::model::{Directory, Extension, Organization, OrganizationId, Trunk};
use crate::store::{NodeKey, SitePlan};

/// Keys and values as a site file has them; `null` in a change stands for the default.
pub type Entry = Map<String, Value>;

/// What of an organization its own administrators may change. Its name and its folder on the node's disk are the operator's.
const ORGANIZATION_KEYS: [&str; 6] =
    ["title", "sip_domain", "recording", "ring_timeout_s", "country", "recording_days"];

/// A change.
#[derive(Clone, PartialEq, Debug)]
pub enum Change {
    AddExtension(Entry),
    AddTrunk(Entry),
    Extension {
        number: String,
        entry: Entry,
    },
    Organization(Entry),
    RemoveExtension {
        number: String,
    },
    RemoveTrunk {
        name: String,
    },
    /// The whole dial plan, in order.
    Rules(Vec<Entry>),
    Trunk {
        name: String,
        entry: Entry,
    },
}

/// Why a change cannot be made.
#[derive(Debug)]
pub enum ChangeError {
    /// A key or a value is not what is read here.
    Malformed(serde_path_to_error::Error<serde_json::Error>),
    /// What is to be changed is not there.
    NoSuch(&'static str),
    /// Another has this name or number.
    Taken(&'static str),
    /// A value cannot be right.
    Wrong(Wrong),
}

impl From<Wrong> for ChangeError {
    fn from(wrong: Wrong) -> Self {
        Self::Wrong(wrong)
    }
}

/// A change that can be made.
#[derive(Clone, Debug)]
pub struct Changed {
    pub plan: SitePlan,
    /// What it was and what it becomes, without secrets.
    pub before: Value,
    pub after: Value,
}

/// Makes the plan of one change.
///
/// # Errors
/// What is wrong with it; nothing is changed.
pub fn change(
    current: &Directory,
    organization: OrganizationId,
    change: Change,
    key: &NodeKey,
) -> Result<Changed, ChangeError> {
    let row = current.organization(organization).ok_or(ChangeError::NoSuch("organization"))?.clone();
    let mut work = Work { planner: Planner::keeping(current, key), row };
    let (before, after) = match change {
        Change::AddExtension(entry) => work.extension(None, entry)?,
        Change::AddTrunk(entry) => work.trunk(None, entry)?,
        Change::Extension { number, entry } => work.extension(Some(&number), entry)?,
        Change::Organization(entry) => work.organization(entry)?,
        Change::RemoveExtension { number } => work.remove_extension(&number)?,
        Change::RemoveTrunk { name } => work.remove_trunk(&name)?,
        Change::Rules(entries) => work.rules(entries)?,
        Change::Trunk { name, entry } => work.trunk(Some(&name), entry)?,
    };
    work.check_rules()?;
    Ok(Changed { plan: work.planner.plan, before, after })
}

struct Work<'a> {
    planner: Planner<'a>,
    row: Organization,
}

type Differing = (Value, Value);

impl Work<'_> {
    fn organization(&mut self, entry: Entry) -> Result<Differing, ChangeError> {
        if let Some(key) = entry.keys().find(|key| !ORGANIZATION_KEYS.contains(&key.as_str())) {
            let known = ORGANIZATION_KEYS.join(", ");
            return Err(Place::root()
                .at(key.as_str())
                .wrong(format!("`{key}` is not changed here; right are {known}"))
                .into());
        }
        let before = describe::organization(&self.row);
        let new: super::file::OrganizationEntry = read(merged(&before, entry))?;
        let row = self.planner.organization_row(&Place::root(), &new, Some(&self.row))?;
        self.refuse_lost_passwords(&row)?;
        let after = describe::organization(&row);
        replace(&mut self.planner.plan.organizations, row, |old, new| old.id == new.id);
        Ok((as_json(&before).into(), as_json(&after).into()))
    }

    /// Hashes hold for the domain that they were made with.
    fn refuse_lost_passwords(&self, row: &Organization) -> Result<(), Wrong> {
        if row.sip_domain == self.row.sip_domain {
            return Ok(());
        }
        let plan = &self.planner.plan;
        let domain = Place::root().at("sip_domain");
        if plan.organizations.iter().any(|other| other.id != row.id && other.sip_domain == row.sip_domain) {
            return Err(domain
                .wrong("this SIP domain belongs to another organization already")
                .because(Cause::Taken));
        }
        let phones = plan.extensions.iter().any(|extension| extension.organization == row.id);
        let peers = plan.trunks.iter().any(|trunk| trunk.organization == row.id && trunk.digest_in.is_some());
        if phones || peers {
            return Err(domain.wrong(
                "the passwords of the phones hold for the domain as it is: only `ramal apply`, with all of them given again, changes it",
            ).because(Cause::DomainHeld));
        }
        Ok(())
    }

    fn extension(&mut self, number: Option<&str>, entry: Entry) -> Result<Differing, ChangeError> {
        let old = match number {
            Some(number) => Some(self.known_extension(number)?.clone()),
            None => None,
        };
        let before = old.as_ref().map(describe::extension).unwrap_or_default();
        let mut entry = merged(&before, plain(entry)?);
        if let Some(number) = number {
            entry.insert("formerly".to_owned(), number.into());
        }
        let entry: super::file::ExtensionEntry = read(entry)?;
        let taken =
            |row: &Extension| old.as_ref().is_none_or(|old| old.id != row.id) && row.number == entry.number;
        if self.own_extensions().any(taken) {
            return Err(ChangeError::Taken("number"));
        }
        let is_new = old.as_ref().is_none_or(|old| old.number != entry.number);
        if is_new && rule::answers(&self.planner, self.row.id, &entry.number) {
            return Err(Place::root()
                .at("number")
                .wrong("a rule of the dial plan has this number: an extension would take its calls")
                .because(Cause::RuleHasNumber)
                .into());
        }
        let tenant = tenant(&self.row);
        let row = self.planner.extension(&tenant, &Place::root(), &entry)?;
        let secret = old.as_ref().is_some_and(|old| old.ha1 != row.ha1);
        let differing = differing(&before, &describe::extension(&row), secret);
        replace(&mut self.planner.plan.extensions, row, |old, new| old.id == new.id);
        Ok(differing)
    }

    fn remove_extension(&mut self, number: &str) -> Result<Differing, ChangeError> {
        let old = self.known_extension(number)?.clone();
        self.planner.plan.extensions.retain(|row| row.id != old.id);
        Ok(differing(&describe::extension(&old), &Fields::new(), false))
    }

    fn trunk(&mut self, name: Option<&str>, entry: Entry) -> Result<Differing, ChangeError> {
        let old = match name {
            Some(name) => Some(self.known_trunk(name)?.clone()),
            None => None,
        };
        let before = old.as_ref().map(describe::trunk).unwrap_or_default();
        let mut entry = merged(&before, plain(entry)?);
        if let Some(name) = name {
            entry.insert("formerly".to_owned(), name.into());
        }
        let entry: super::file::TrunkEntry = read(entry)?;
        let others = || self.own_trunks().filter(|row| old.as_ref().is_none_or(|old| old.id != row.id));
        if others().any(|row| row.name == entry.name) {
            return Err(ChangeError::Taken("name"));
        }
        let user = entry.digest_in.as_ref().map(|digest| &digest.username);
        if user.is_some() && others().any(|row| row.digest_in.as_ref().map(|digest| &digest.username) == user)
        {
            return Err(ChangeError::Taken("digest_in"));
        }
        let tenant = tenant(&self.row);
        let row = trunk::trunk(&mut self.planner, &tenant, &Place::root(), &entry)?;
        let secret = old
            .as_ref()
            .is_some_and(|old| old.digest_in != row.digest_in || old.credentials_out != row.credentials_out);
        let differing = differing(&before, &describe::trunk(&row), secret);
        replace(&mut self.planner.plan.trunks, row, |old, new| old.id == new.id);
        Ok(differing)
    }

    fn remove_trunk(&mut self, name: &str) -> Result<Differing, ChangeError> {
        let old = self.known_trunk(name)?.clone();
        self.planner.plan.trunks.retain(|row| row.id != old.id);
        Ok(differing(&describe::trunk(&old), &Fields::new(), false))
    }

    fn rules(&mut self, entries: Vec<Entry>) -> Result<Differing, ChangeError> {
        let before = self.described_rules();
        let known: Vec<bool> = entries.iter().map(|entry| before.contains(entry)).collect();
        let read: Vec<super::file::RuleEntry> = entries.into_iter().map(read).collect::<Result<_, _>>()?;
        let was_there = |index: usize| known.get(index) == Some(&true);
        rule::refuse_unreachable(&self.planner, &tenant(&self.row), &read, was_there)?;
        self.plan_rules(&read)?;
        Ok((json!({ "rules": before }), json!({ "rules": self.described_rules() })))
    }

    /// What rules lead to may have gone, or have another name now.
    fn check_rules(&mut self) -> Result<(), ChangeError> {
        let own = self.planner.plan.rules.iter().filter(|rule| rule.organization == self.row.id);
        let pins = own.map(|rule| rule.kind.conference().and_then(|conference| conference.pin.clone()));
        let pins: Vec<Option<String>> = pins.collect();
        let with_pin = |(mut entry, pin): (Entry, Option<String>)| {
            // Descriptions keep it for themselves.
            entry.extend(pin.map(|pin| ("pin".to_owned(), pin.into())));
            read(entry)
        };
        let entries = self.described_rules().into_iter().zip(pins);
        let entries = entries.map(with_pin).collect::<Result<Vec<_>, _>>()?;
        Ok(self.plan_rules(&entries)?)
    }

    fn plan_rules(&mut self, entries: &[super::file::RuleEntry]) -> Result<(), Wrong> {
        let id = self.row.id;
        self.planner.plan.rules.retain(|rule| rule.organization != id);
        let tenant = tenant(&self.row);
        rule::plan(&mut self.planner, &tenant, entries)
    }

    fn described_rules(&self) -> Vec<Entry> {
        let plan = &self.planner.plan;
        let own = plan.rules.iter().filter(|rule| rule.organization == self.row.id);
        let name = |id| {
            let planned = plan.trunks.iter().find(|trunk| trunk.id == id);
            planned.or_else(|| self.planner.current.trunk(id)).map(|trunk| trunk.name.as_str())
        };
        own.map(|rule| as_json(&describe::rule(&rule.kind, name))).collect()
    }

    fn own_extensions(&self) -> impl Iterator<Item = &Extension> {
        self.planner.plan.extensions.iter().filter(|row| row.organization == self.row.id)
    }

    fn own_trunks(&self) -> impl Iterator<Item = &Trunk> {
        self.planner.plan.trunks.iter().filter(|row| row.organization == self.row.id)
    }

    fn known_extension(&self, number: &str) -> Result<&Extension, ChangeError> {
        self.own_extensions().find(|row| row.number == number).ok_or(ChangeError::NoSuch("extension"))
    }

    fn known_trunk(&self, name: &str) -> Result<&Trunk, ChangeError> {
        self.own_trunks().find(|row| row.name == name).ok_or(ChangeError::NoSuch("trunk"))
    }
}

/// An organization's dial plan in the words of a site file.
pub fn rules(directory: &Directory, organization: OrganizationId) -> Vec<Entry> {
    let name = |id| directory.trunk(id).map(|trunk| trunk.name.as_str());
    directory.rules(organization).map(|rule| as_json(&describe::rule(&rule.kind, name))).collect()
}

fn tenant(row: &Organization) -> Tenant<'_> {
    Tenant { place: Place::root(), row, old: Some(row) }
}

fn read<T: DeserializeOwned>(entry: Entry) -> Result<T, ChangeError> {
    serde_path_to_error::deserialize(Value::Object(entry)).map_err(ChangeError::Malformed)
}

/// Another name for a row is a change of that row here, never of one by its former name; and what a database holds of a password is for
/// files alone: whoever got hold of it elsewhere must not get in with it.
fn plain(entry: Entry) -> Result<Entry, Wrong> {
    refuse_keys(&Place::root(), &entry, &["formerly", "ha1", "sealed"])?;
    for (key, value) in &entry {
        if let Value::Object(nested) = value {
            refuse_keys(&Place::root().at(key.as_str()), nested, &["ha1", "sealed"])?;
        }
    }
    Ok(entry)
}

fn refuse_keys(place: &Place, entry: &Entry, keys: &[&str]) -> Result<(), Wrong> {
    match keys.iter().find(|key| entry.contains_key(**key)) {
        Some(key) => Err(place.at(*key).wrong(format!("`{key}` has no meaning here"))),
        None => Ok(()),
    }
}

fn merged(before: &Fields, entry: Entry) -> Entry {
    let mut merged = as_json(before);
    for (key, value) in entry {
        match value {
            Value::Null => drop(merged.remove(&key)),
            value => drop(merged.insert(key, value)),
        }
    }
    merged
}

/// Fields as JSON. What `describe` writes is TOML, a line a key.
fn as_json(fields: &Fields) -> Entry {
    let text: String = fields.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
    toml::from_str(&text).unwrap_or_default()
}

fn differing(before: &Fields, after: &Fields, secret: bool) -> Differing {
    let (before, mut after) = (as_json(before), as_json(after));
    if secret {
        after.insert("password".to_owned(), "(changed)".into());
    }
    (before.into(), after.into())
}

fn replace<T>(rows: &mut Vec<T>, row: T, same: impl Fn(&T, &T) -> bool) {
    match rows.iter_mut().find(|old| same(old, &row)) {
        Some(old) => *old = row,
        None => rows.push(row),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{TestStore, small_site};

    fn entry(value: Value) -> Entry {
        value.as_object().cloned().unwrap_or_default()
    }

    async fn tried(what: Change) -> Result<Changed, ChangeError> {
        let test = TestStore::new().await;
        test.store.apply(&small_site("acme")).await.unwrap();
        let directory = test.store.load_directory().await.unwrap();
        let key = NodeKey::from_bytes(&[7; 32]).unwrap();
        let organization = directory.organizations()[0].id;
        let changed = change(&directory, organization, what, &key);
        if let Ok(changed) = &changed {
            test.store.apply(&changed.plan).await.unwrap();
        }
        test.remove().await;
        changed
    }

    #[tokio::test]
    async fn a_change_touches_one_row_and_tells_no_secret() {
        let new = json!({ "number": "2002", "password": "correct horse", "display_name": "Stock" });
        let changed = tried(Change::AddExtension(entry(new))).await.unwrap();
        assert_eq!(changed.plan.extensions.len(), 2);
        assert_eq!(changed.before, json!({}));
        assert_eq!(changed.after, json!({ "number": "2002", "password": "(kept)", "display_name": "Stock" }));
        let number = || "1001".to_owned();
        let secret =
            Change::Extension { number: number(), entry: entry(json!({ "password": "correct horse" })) };
        assert_eq!(tried(secret).await.unwrap().after["password"], "(changed)");
        let cleared = Change::Extension { number: number(), entry: entry(json!({ "display_name": null })) };
        let cleared = tried(cleared).await.unwrap();
        assert_eq!(cleared.before, cleared.after);
    }

    #[tokio::test]
    async fn what_a_rule_leads_to_stays() {
        let rules = vec![entry(json!({ "dial": "*43", "service": "echo" }))];
        let changed = tried(Change::Rules(rules)).await.unwrap();
        assert_eq!(changed.after, json!({ "rules": [{ "dial": "*43", "service": "echo" }] }));
        let trunk = json!({ "prefix": "0", "trunk": "carrier" });
        assert!(matches!(tried(Change::Rules(vec![entry(trunk)])).await, Err(ChangeError::Wrong(_))));
    }

    #[tokio::test]
    async fn what_is_not_there_taken_or_malformed_is_told_apart() {
        let gone = tried(Change::RemoveTrunk { name: "carrier".to_owned() }).await;
        assert!(matches!(gone, Err(ChangeError::NoSuch("trunk"))));
        let taken = entry(json!({ "number": "1001", "password": "correct horse" }));
        assert!(matches!(tried(Change::AddExtension(taken)).await, Err(ChangeError::Taken("number"))));
        let odd = entry(json!({ "number": 1001 }));
        assert!(matches!(tried(Change::AddExtension(odd)).await, Err(ChangeError::Malformed(_))));
        let folder = entry(json!({ "announcements": "/etc" }));
        assert!(matches!(tried(Change::Organization(folder)).await, Err(ChangeError::Wrong(_))));
    }
}
