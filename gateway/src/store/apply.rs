//! Makes the tables of the site what a plan says, in one transaction.
mod write;

use std::collections::{HashMap, HashSet};

use crate::model::{
    AuditEntry, DialRule, DialRuleKind, Directory, Extension, ExtensionId, Organization, OrganizationId,
    Trunk, TrunkId,
};
use crate::store::database::Tx;
use crate::store::{Store, StoreError, audit, directory};

/// The site as it shall be. Rows that exist carry their number; new rows carry a negative one, by which others in the plan refer to them.
#[derive(Clone, Debug)]
pub struct SitePlan {
    /// Revision that the plan was made from.
    pub based_on_revision: i64,
    /// All organizations; who is missing is deleted with everything but call records, recordings and events.
    pub organizations: Vec<Organization>,
    /// All extensions.
    pub extensions: Vec<Extension>,
    /// All trunks.
    pub trunks: Vec<Trunk>,
    /// All dial rules; their row numbers mean nothing.
    pub rules: Vec<DialRule>,
}

impl SitePlan {
    /// The plan that leaves everything as it is.
    pub fn unchanged(directory: &Directory) -> Self {
        let ids = || directory.organizations().iter().map(|organization| organization.id);
        Self {
            based_on_revision: directory.revision(),
            organizations: directory.organizations().to_vec(),
            extensions: ids().flat_map(|id| directory.extensions(id)).cloned().collect(),
            trunks: directory.all_trunks().to_vec(),
            rules: ids().flat_map(|id| directory.rules(id)).cloned().collect(),
        }
    }
}

impl Store {
    /// Applies a plan and gives back the new revision; the old one if nothing differs.
    ///
    /// # Errors
    /// [`StoreError::Changed`] if the site is no longer what the plan was made from; nothing is changed on any error.
    pub async fn apply(&self, plan: &SitePlan) -> Result<i64, StoreError> {
        self.apply_for(plan, &[]).await
    }

    /// As [`Store::apply`], and writes down who did it where anything differs.
    ///
    /// # Errors
    /// As [`Store::apply`].
    pub async fn apply_for(&self, plan: &SitePlan, entries: &[AuditEntry]) -> Result<i64, StoreError> {
        let mut tx = self.begin().await?;
        let revision = apply_in(&mut tx, plan, entries).await?;
        tx.commit().await?;
        Ok(revision)
    }
}

/// Applies a plan as a part of something larger.
///
/// # Errors
/// As [`Store::apply`].
pub(in crate::store) async fn apply_in(
    tx: &mut Tx,
    plan: &SitePlan,
    entries: &[AuditEntry],
) -> Result<i64, StoreError> {
    let current = directory::load(tx).await?;
    if current.revision() != plan.based_on_revision {
        return Err(StoreError::Changed { expected: plan.based_on_revision, found: current.revision() });
    }
    if !Application::new(tx, &current).run(plan).await? {
        return Ok(current.revision());
    }
    let revision = current.revision() + 1;
    on_tx!(tx, |db| sqlx::query("UPDATE site SET revision = $1").bind(revision).execute(db).await.map(drop))?;
    for entry in entries {
        audit::insert(tx, entry).await?;
    }
    Ok(revision)
}

/// One application at work: which provisional numbers have become which rows.
struct Application<'a> {
    tx: &'a mut Tx,
    current: &'a Directory,
    organizations: HashMap<OrganizationId, OrganizationId>,
    trunks: HashMap<TrunkId, TrunkId>,
    changed: bool,
}

impl<'a> Application<'a> {
    fn new(tx: &'a mut Tx, current: &'a Directory) -> Self {
        Self { tx, current, organizations: HashMap::new(), trunks: HashMap::new(), changed: false }
    }

    /// Whether anything differed. Rules go first and come last, since they hold on to trunks.
    async fn run(mut self, plan: &SitePlan) -> Result<bool, StoreError> {
        let rules_differ = self.rules_differ(plan);
        if rules_differ {
            write::delete_all_rules(self.tx).await?;
            self.changed = true;
        }
        self.delete_missing(plan).await?;
        self.park_renamed(plan).await?;
        self.write_organizations(&plan.organizations).await?;
        self.write_extensions(&plan.extensions).await?;
        self.write_trunks(&plan.trunks).await?;
        if rules_differ {
            for rule in &plan.rules {
                let rule = self.settled_rule(rule)?;
                write::insert_rule(self.tx, &rule).await?;
            }
        }
        Ok(self.changed)
    }

    fn rules_differ(&self, plan: &SitePlan) -> bool {
        let key = |rule: &DialRule| (rule.organization, rule.position);
        let mut wanted: Vec<_> = plan.rules.iter().collect();
        wanted.sort_by_key(|rule| key(rule));
        let current =
            self.current.organizations().iter().flat_map(|organization| self.current.rules(organization.id));
        let mut current: Vec<_> = current.collect();
        current.sort_by_key(|rule| key(rule));
        wanted.len() != current.len()
            || wanted
                .iter()
                .zip(&current)
                .any(|(left, right)| key(left) != key(right) || left.kind != right.kind)
    }

    async fn delete_missing(&mut self, plan: &SitePlan) -> Result<(), StoreError> {
        let kept: HashSet<_> = plan.extensions.iter().map(|row| row.id).collect();
        let kept_trunks: HashSet<_> = plan.trunks.iter().map(|row| row.id).collect();
        let kept_organizations: HashSet<_> = plan.organizations.iter().map(|row| row.id).collect();
        for organization in self.current.organizations() {
            for row in self.current.extensions(organization.id).filter(|row| !kept.contains(&row.id)) {
                write::delete(
                    self.tx,
                    "UPDATE users SET extension_id = NULL WHERE extension_id = $1",
                    row.id.0,
                )
                .await?;
                write::delete(self.tx, "DELETE FROM extensions WHERE id = $1", row.id.0).await?;
                self.changed = true;
            }
            for row in self.current.trunks(organization.id).filter(|row| !kept_trunks.contains(&row.id)) {
                write::delete(self.tx, "DELETE FROM trunks WHERE id = $1", row.id.0).await?;
                self.changed = true;
            }
            if !kept_organizations.contains(&organization.id) {
                write::delete(self.tx, "DELETE FROM organizations WHERE id = $1", organization.id.0).await?;
                self.changed = true;
            }
        }
        Ok(())
    }

    /// Gives rows whose unique text changes a name that nobody has, so that two may swap theirs.
    async fn park_renamed(&mut self, plan: &SitePlan) -> Result<(), StoreError> {
        for row in &plan.organizations {
            let differs = |old: &Organization| old.name != row.name || old.sip_domain != row.sip_domain;
            if self.current.organization(row.id).is_some_and(differs) {
                write::park_organization(self.tx, row.id).await?;
            }
        }
        for row in &plan.extensions {
            if self.current.extension_by_id(row.id).is_some_and(|old| old.number != row.number) {
                write::park_extension(self.tx, row.id).await?;
            }
        }
        for row in &plan.trunks {
            if self.current.trunk(row.id).is_some_and(|old| old.name != row.name) {
                write::park_trunk(self.tx, row.id).await?;
            }
        }
        Ok(())
    }

    async fn write_organizations(&mut self, rows: &[Organization]) -> Result<(), StoreError> {
        for row in rows {
            let settled = match self.current.organization(row.id) {
                Some(old) if old == row => row.id,
                Some(_) => {
                    self.changed = true;
                    write::update_organization(self.tx, row).await?;
                    row.id
                }
                None => {
                    self.changed = true;
                    write::insert_organization(self.tx, row).await?
                }
            };
            self.organizations.insert(row.id, settled);
        }
        Ok(())
    }

    async fn write_extensions(&mut self, rows: &[Extension]) -> Result<(), StoreError> {
        for row in rows {
            let row = Extension { organization: self.settled(row.organization)?, ..row.clone() };
            match self.current.extension_by_id(row.id) {
                Some(old) if *old == row => {}
                Some(old) => {
                    self.changed = true;
                    write::update_extension(self.tx, &row).await?;
                    self.forget_phones(old, &row).await?;
                }
                None => {
                    self.changed = true;
                    write::insert_extension(self.tx, &row).await?;
                }
            }
        }
        Ok(())
    }

    /// Phones that registered with what no longer holds must do so again.
    async fn forget_phones(&mut self, old: &Extension, new: &Extension) -> Result<(), StoreError> {
        if old.ha1 != new.ha1 || old.number != new.number || !new.enabled {
            let ExtensionId(id) = new.id;
            write::delete(self.tx, "DELETE FROM bindings WHERE extension_id = $1", id).await?;
        }
        Ok(())
    }

    async fn write_trunks(&mut self, rows: &[Trunk]) -> Result<(), StoreError> {
        for row in rows {
            let settled = Trunk { organization: self.settled(row.organization)?, ..row.clone() };
            let id = match self.current.trunk(row.id) {
                Some(old) if *old == settled => row.id,
                Some(_) => {
                    self.changed = true;
                    write::update_trunk(self.tx, &settled).await?;
                    row.id
                }
                None => {
                    self.changed = true;
                    write::insert_trunk(self.tx, &settled).await?
                }
            };
            self.trunks.insert(row.id, id);
        }
        Ok(())
    }

    fn settled(&self, organization: OrganizationId) -> Result<OrganizationId, StoreError> {
        let found = self.organizations.get(&organization).copied();
        found.ok_or_else(|| StoreError::Dangling(format!("organization {organization}")))
    }

    fn settled_rule(&self, rule: &DialRule) -> Result<DialRule, StoreError> {
        let mut rule = rule.clone();
        rule.organization = self.settled(rule.organization)?;
        match &mut rule.kind {
            DialRuleKind::Prefix { trunk, .. } | DialRuleKind::TrunkNumber { trunk, .. } => {
                *trunk = self
                    .trunks
                    .get(trunk)
                    .copied()
                    .ok_or_else(|| StoreError::Dangling(format!("trunk {trunk}")))?;
            }
            DialRuleKind::Service { .. } => {}
        }
        Ok(rule)
    }
}
