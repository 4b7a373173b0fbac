//! Everything an administrator owns, in memory, as of one revision.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::model::{
    Agent, DialRule, Disposition, Extension, ExtensionId, Organization, OrganizationId, PauseReason, Queue,
    QueueId, Staffing, Trunk, TrunkId, UserId,
};

/// A snapshot to look things up in; shared as `Arc<Directory>` and replaced whole.
/// Look-ups inside an organization take its id: no key of one organization finds anything of another.
#[derive(Clone, Default, Debug)]
pub struct Directory {
    revision: i64,
    organizations: Vec<Organization>,
    extensions: Vec<Extension>,
    trunks: Vec<Trunk>,
    rules: Vec<DialRule>,
    staffing: Staffing,
    queue_by_id: HashMap<QueueId, usize>,
    agent_by_id: HashMap<UserId, usize>,
    organization_by_id: HashMap<OrganizationId, usize>,
    organization_by_domain: HashMap<String, usize>,
    extension_by_number: HashMap<OrganizationId, HashMap<String, usize>>,
    extension_by_id: HashMap<ExtensionId, usize>,
    trunk_by_id: HashMap<TrunkId, usize>,
}

impl Directory {
    /// Builds the snapshot. Rules come out ordered by position.
    pub fn new(
        revision: i64,
        organizations: Vec<Organization>,
        extensions: Vec<Extension>,
        trunks: Vec<Trunk>,
        mut rules: Vec<DialRule>,
    ) -> Self {
        rules.sort_by_key(|rule| (rule.organization, rule.position));
        let mut extension_by_number: HashMap<_, HashMap<_, _>> = HashMap::new();
        for (index, extension) in extensions.iter().enumerate() {
            extension_by_number
                .entry(extension.organization)
                .or_default()
                .insert(extension.number.clone(), index);
        }
        Self {
            revision,
            organization_by_id: index_by(&organizations, |organization| organization.id),
            organization_by_domain: index_by(&organizations, |organization| {
                organization.sip_domain.to_ascii_lowercase()
            }),
            extension_by_number,
            extension_by_id: index_by(&extensions, |extension| extension.id),
            trunk_by_id: index_by(&trunks, |trunk| trunk.id),
            organizations,
            extensions,
            trunks,
            rules,
            staffing: Staffing::default(),
            queue_by_id: HashMap::new(),
            agent_by_id: HashMap::new(),
        }
    }

    /// The same site with its queues and agents.
    pub fn staffed(self, staffing: Staffing) -> Self {
        Self {
            queue_by_id: index_by(&staffing.queues, |queue| queue.id),
            agent_by_id: index_by(&staffing.agents, |agent| agent.id),
            staffing,
            ..self
        }
    }

    /// Grows by one with every change that was applied.
    pub const fn revision(&self) -> i64 {
        self.revision
    }

    /// All organizations, by name.
    pub fn organizations(&self) -> &[Organization] {
        &self.organizations
    }

    /// By row number.
    pub fn organization(&self, id: OrganizationId) -> Option<&Organization> {
        self.organizations.get(*self.organization_by_id.get(&id)?)
    }

    /// By SIP domain, in any case.
    pub fn organization_by_domain(&self, domain: &str) -> Option<&Organization> {
        self.organizations.get(*self.organization_by_domain.get(&domain.to_ascii_lowercase())?)
    }

    /// An organization's extensions.
    pub fn extensions(&self, organization: OrganizationId) -> impl Iterator<Item = &Extension> {
        self.extensions.iter().filter(move |extension| extension.organization == organization)
    }

    /// By number, inside an organization.
    pub fn extension(&self, organization: OrganizationId, number: &str) -> Option<&Extension> {
        self.extensions.get(*self.extension_by_number.get(&organization)?.get(number)?)
    }

    /// By row number.
    pub fn extension_by_id(&self, id: ExtensionId) -> Option<&Extension> {
        self.extensions.get(*self.extension_by_id.get(&id)?)
    }

    /// All trunks of all organizations.
    pub fn all_trunks(&self) -> &[Trunk] {
        &self.trunks
    }

    /// An organization's trunks.
    pub fn trunks(&self, organization: OrganizationId) -> impl Iterator<Item = &Trunk> {
        self.trunks.iter().filter(move |trunk| trunk.organization == organization)
    }

    /// By row number.
    pub fn trunk(&self, id: TrunkId) -> Option<&Trunk> {
        self.trunks.get(*self.trunk_by_id.get(&id)?)
    }

    /// By name, inside an organization.
    pub fn trunk_by_name(&self, organization: OrganizationId, name: &str) -> Option<&Trunk> {
        self.trunks(organization).find(|trunk| trunk.name == name)
    }

    /// Enabled trunks that may call from `source` without digest, the narrowest range first. More than one is left for the dialled domain to decide.
    pub fn trunks_by_source(&self, source: IpAddr) -> Vec<&Trunk> {
        let narrowest = |trunk: &Trunk| {
            trunk
                .sources
                .iter()
                .filter(|network| network.contains(source))
                .map(|network| network.prefix_bits())
                .max()
        };
        let mut found: Vec<_> = self
            .trunks
            .iter()
            .filter(|trunk| trunk.enabled)
            .filter_map(|trunk| narrowest(trunk).map(|bits| (bits, trunk)))
            .collect();
        found.sort_by_key(|(bits, trunk)| (std::cmp::Reverse(*bits), trunk.id));
        found.into_iter().map(|(_, trunk)| trunk).collect()
    }

    /// The enabled trunk that answers challenges of this organization under `username`.
    pub fn trunk_by_digest(&self, organization: OrganizationId, username: &str) -> Option<&Trunk> {
        self.trunks(organization)
            .filter(|trunk| trunk.enabled)
            .find(|trunk| trunk.digest_in.as_ref().is_some_and(|digest| digest.username == username))
    }

    /// An organization's dial plan, in order.
    pub fn rules(&self, organization: OrganizationId) -> impl Iterator<Item = &DialRule> {
        self.rules.iter().filter(move |rule| rule.organization == organization)
    }

    /// An organization's queues.
    pub fn queues(&self, organization: OrganizationId) -> impl Iterator<Item = &Queue> {
        self.staffing.queues.iter().filter(move |queue| queue.organization == organization)
    }

    /// By row number, inside an organization.
    pub fn queue(&self, organization: OrganizationId, id: QueueId) -> Option<&Queue> {
        let queue = self.staffing.queues.get(*self.queue_by_id.get(&id)?)?;
        (queue.organization == organization).then_some(queue)
    }

    /// By name, inside an organization.
    pub fn queue_by_name(&self, organization: OrganizationId, name: &str) -> Option<&Queue> {
        self.queues(organization).find(|queue| queue.name == name)
    }

    /// An organization's users, as the floor sees them.
    pub fn agents(&self, organization: OrganizationId) -> impl Iterator<Item = &Agent> {
        self.staffing.agents.iter().filter(move |agent| agent.organization == organization)
    }

    /// By row number, inside an organization.
    pub fn agent(&self, organization: OrganizationId, id: UserId) -> Option<&Agent> {
        let agent = self.staffing.agents.get(*self.agent_by_id.get(&id)?)?;
        (agent.organization == organization).then_some(agent)
    }

    /// An organization's reasons to pause.
    pub fn pause_reasons(&self, organization: OrganizationId) -> impl Iterator<Item = &PauseReason> {
        self.staffing.pause_reasons.iter().filter(move |reason| reason.organization == organization)
    }

    /// An organization's dispositions.
    pub fn dispositions(&self, organization: OrganizationId) -> impl Iterator<Item = &Disposition> {
        self.staffing.dispositions.iter().filter(move |one| one.organization == organization)
    }
}

fn index_by<T, K: std::hash::Hash + Eq>(rows: &[T], key: impl Fn(&T) -> K) -> HashMap<K, usize> {
    rows.iter().enumerate().map(|(index, row)| (key(row), index)).collect()
}
