//! From a site file and the site as it is to the plan.

use std::collections::HashSet;

use super::check::{self, Place};
use super::file::{ExtensionEntry, OrganizationEntry, SiteFile};
use super::secret::{self, Given, Old, Subject};
use super::{rule, trunk};
use crate::config::fault::{Wrong, nearest};
use crate::model::{
    Directory, Extension, ExtensionId, Organization, OrganizationId, RecordingRule, ToneCountry,
};
use crate::store::{NodeKey, SitePlan};

/// How long an extension rings where nothing is said.
pub(super) const RING_TIMEOUT_S: u32 = 30;
/// How many days recordings may be kept where that is limited.
const RECORDING_DAYS: std::ops::RangeInclusive<u32> = 1..=36_500;
/// Phones at once where nothing is said.
pub(super) const MAX_BINDINGS: u32 = 5;

/// The work of making a plan.
pub(super) struct Planner<'a> {
    pub current: &'a Directory,
    pub key: &'a NodeKey,
    pub plan: SitePlan,
    /// What is done all the same, but may not be what was meant.
    pub warnings: Vec<Wrong>,
    new_rows: i64,
}

/// An organization as it shall be and as it was.
pub(super) struct Tenant<'a> {
    pub place: Place,
    pub row: &'a Organization,
    pub old: Option<&'a Organization>,
}

/// Makes the plan, and says what of it may not be meant.
pub(super) fn make(
    file: &SiteFile,
    current: &Directory,
    key: &NodeKey,
) -> Result<(SitePlan, Vec<Wrong>), Wrong> {
    let plan = SitePlan {
        based_on_revision: current.revision(),
        organizations: Vec::new(),
        extensions: Vec::new(),
        trunks: Vec::new(),
        rules: Vec::new(),
    };
    let mut planner = Planner { current, key, plan, warnings: Vec::new(), new_rows: 0 };
    for (index, entry) in file.organizations.iter().enumerate() {
        planner.organization(&Place::root().at("organization").at(index), entry)?;
    }
    planner.refuse_silent_deletion(file)?;
    Ok((planner.plan, planner.warnings))
}

impl<'a> Planner<'a> {
    /// Begins with everything as it is.
    pub(super) fn keeping(current: &'a Directory, key: &'a NodeKey) -> Self {
        Self { current, key, plan: SitePlan::unchanged(current), warnings: Vec::new(), new_rows: 0 }
    }
}

impl Planner<'_> {
    /// A number that no row has.
    pub(super) fn new_row(&mut self) -> i64 {
        self.new_rows -= 1;
        self.new_rows
    }

    fn organization(&mut self, place: &Place, entry: &OrganizationEntry) -> Result<(), Wrong> {
        self.refuse_twice(place, entry)?;
        let current = self.current;
        let named =
            |name: &str| current.organizations().iter().find(|organization| organization.name == name);
        let old = named(&entry.name).or_else(|| entry.formerly.as_deref().and_then(named));
        let row = self.organization_row(place, entry, old)?;
        let tenant = Tenant { place: place.clone(), row: &row, old };
        self.extensions(&tenant, &entry.extensions)?;
        trunk::plan(self, &tenant, &entry.trunks)?;
        let known = rule::refuse_unreachable(self, &tenant, &entry.rules, |_| false)?;
        self.warnings.extend(known);
        rule::plan(self, &tenant, &entry.rules)?;
        self.plan.organizations.push(row);
        Ok(())
    }

    /// An organization without what it owns.
    pub(super) fn organization_row(
        &mut self,
        place: &Place,
        entry: &OrganizationEntry,
        old: Option<&Organization>,
    ) -> Result<Organization, Wrong> {
        check::slug(&place.at("name"), &entry.name)?;
        check::host(&place.at("sip_domain"), &entry.sip_domain)?;
        let title = entry.title.clone().unwrap_or_else(|| entry.name.clone());
        check::line(&place.at("title"), &title)?;
        Ok(Organization {
            id: old.map_or_else(|| OrganizationId(self.new_row()), |old| old.id),
            name: entry.name.clone(),
            title,
            sip_domain: entry.sip_domain.clone(),
            recording: entry.recording.unwrap_or(RecordingRule::Inherit),
            announcements: entry.announcements.clone(),
            ring_timeout_s: check::within(
                &place.at("ring_timeout_s"),
                entry.ring_timeout_s.unwrap_or(RING_TIMEOUT_S),
                5..=600,
            )?,
            country: entry.country.unwrap_or(ToneCountry::Brazil),
            recording_days: entry
                .recording_days
                .map(|days| check::within(&place.at("recording_days"), days, RECORDING_DAYS))
                .transpose()?,
        })
    }

    fn refuse_twice(&self, place: &Place, entry: &OrganizationEntry) -> Result<(), Wrong> {
        for other in &self.plan.organizations {
            if other.name == entry.name {
                return Err(place
                    .at("name")
                    .wrong(format!("organization `{}` stands here twice", entry.name)));
            }
            if other.sip_domain == entry.sip_domain {
                let message = format!(
                    "SIP domain `{}` belongs to organization `{}` already",
                    entry.sip_domain, other.name
                );
                return Err(place.at("sip_domain").wrong(message));
            }
        }
        Ok(())
    }

    /// A slip in a name must not cost a company its site.
    fn refuse_silent_deletion(&self, file: &SiteFile) -> Result<(), Wrong> {
        let kept: HashSet<_> = self.plan.organizations.iter().map(|organization| organization.id).collect();
        let gone =
            self.current.organizations().iter().filter(|organization| !kept.contains(&organization.id));
        for organization in gone {
            if !file.delete_organizations.contains(&organization.name) {
                let names: Vec<_> =
                    self.plan.organizations.iter().map(|organization| organization.name.as_str()).collect();
                let renamed = nearest(&organization.name, &names)
                    .map(|name| format!(", or `formerly = \"{0}\"` in `{name}`", organization.name));
                return Err(Place::root().wrong(format!(
                    "organization `{0}` is missing; to delete it with all it owns, write `delete_organizations = [\"{0}\"]`{1}",
                    organization.name,
                    renamed.unwrap_or_default()
                )));
            }
        }
        let clash = file
            .delete_organizations
            .iter()
            .find(|name| self.plan.organizations.iter().any(|kept| kept.name == **name));
        match clash {
            Some(name) => Err(Place::root()
                .at("delete_organizations")
                .wrong(format!("`{name}` is to be deleted and stands here as well"))),
            None => Ok(()),
        }
    }

    fn extensions(&mut self, tenant: &Tenant<'_>, entries: &[ExtensionEntry]) -> Result<(), Wrong> {
        let mut seen = HashSet::new();
        for (index, entry) in entries.iter().enumerate() {
            let place = tenant.place.at("extension").at(index);
            if !seen.insert(&entry.number) {
                return Err(place
                    .at("number")
                    .wrong(format!("extension `{}` stands here twice", entry.number)));
            }
            let row = self.extension(tenant, &place, entry)?;
            self.plan.extensions.push(row);
        }
        Ok(())
    }

    pub(super) fn extension(
        &mut self,
        tenant: &Tenant<'_>,
        place: &Place,
        entry: &ExtensionEntry,
    ) -> Result<Extension, Wrong> {
        check::extension_number(&place.at("number"), &entry.number)?;
        if let Some(name) = &entry.display_name {
            check::line(&place.at("display_name"), name)?;
        }
        let old_organization = tenant.old;
        let numbered = |number: &str| old_organization.and_then(|old| self.current.extension(old.id, number));
        let old = numbered(&entry.number).or_else(|| entry.formerly.as_deref().and_then(numbered));
        let subject = Subject { username: &entry.number, realm: &tenant.row.sip_domain };
        let old_hashes = old.zip(old_organization).map(|(old, organization)| Old {
            subject: Subject { username: &old.number, realm: &organization.sip_domain },
            ha1: &old.ha1,
        });
        let given = Given { password: entry.password.as_ref(), ha1: entry.ha1.as_ref() };
        let ha1 = secret::digest(place, subject, given, old_hashes)?;
        let ring_timeout_s = entry
            .ring_timeout_s
            .map(|seconds| check::within(&place.at("ring_timeout_s"), seconds, 5..=600))
            .transpose()?;
        Ok(Extension {
            id: old.map_or_else(|| ExtensionId(self.new_row()), |old| old.id),
            organization: tenant.row.id,
            number: entry.number.clone(),
            display_name: entry.display_name.clone(),
            ha1,
            recording: entry.recording.unwrap_or(RecordingRule::Inherit),
            max_bindings: check::within(
                &place.at("max_bindings"),
                entry.max_bindings.unwrap_or(MAX_BINDINGS),
                1..=50,
            )?,
            may_call_trunks: entry.may_call_trunks.unwrap_or(true),
            ring_timeout_s,
            enabled: entry.enabled.unwrap_or(true),
        })
    }
}
