//! A loaded plugin: its lanes, its faults.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::model::OrganizationId;
use crate::plugin::capability::Powers;
use crate::plugin::capability::http::{HttpGate, Network};
use crate::plugin::capability::log::LogGate;
use crate::plugin::engine::{PluginEngine, Prepared};
use crate::plugin::fault::Fault;
use crate::plugin::guest::{Denied, Guest, Meter};
use crate::plugin::host::Shared;
use crate::plugin::lane::Lane;
use crate::plugin::library::Installed;
use crate::plugin::limits::{MAX_REQUESTS, TimeLimit};
use crate::plugin::manifest::{Granted, Lack, Manifest};
use crate::plugin::placement::Placement;
use crate::plugin::plugin_file::PluginFile;

/// Whose lane: the Organization, and its inbox or rule.
type LaneKey = (OrganizationId, String);

/// A plugin in force. Who holds it keeps its version, also when another takes its place.
pub struct Plugin {
    pub(super) engine: PluginEngine,
    pub(super) prepared: Prepared,
    pub(super) threads: tokio::runtime::Handle,
    name: Arc<str>,
    file: PluginFile,
    granted: Arc<Granted>,
    powers: Arc<Powers>,
    http: Arc<HttpGate>,
    lanes: Mutex<HashMap<LaneKey, Desk>>,
    last_fault: Mutex<Option<LastFault>>,
    faults: AtomicU64,
}

/// What one call is lent.
#[derive(Default)]
pub(super) struct Lent {
    /// Files that it may send, by their id.
    pub files: HashMap<String, PathBuf>,
    pub denied: Denied,
}

/// A lane and the log that goes with it.
#[derive(Clone)]
pub(super) struct Desk {
    pub lane: Arc<Lane>,
    pub log: Arc<LogGate>,
}

/// The last fault of a plugin, for the administrator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LastFault {
    pub organization: OrganizationId,
    /// The inbox or rule.
    pub owner: String,
    pub fault: Fault,
    pub at: std::time::SystemTime,
}

impl Plugin {
    pub(super) fn new(shared: &Shared, installed: Installed, prepared: Prepared) -> Self {
        let Installed { file, grants } = installed;
        let granted = Granted::new(&file.manifest, &grants);
        let network = if granted.private_networks { Network::All } else { Network::Public };
        Self {
            engine: shared.engine.clone(),
            prepared,
            threads: shared.threads.1.clone(),
            name: file.manifest.name.as_str().into(),
            file,
            granted: Arc::new(granted),
            powers: Arc::clone(&shared.powers),
            http: Arc::new(HttpGate::new(network)),
            lanes: Mutex::default(),
            last_fault: Mutex::default(),
            faults: AtomicU64::new(0),
        }
    }

    /// What it says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.file.manifest
    }

    /// What it really has.
    pub fn granted(&self) -> &Granted {
        &self.granted
    }

    /// What a placement with these settings needs and is not granted; see [`Granted::lacking`].
    pub fn lacking(&self, settings: &BTreeMap<String, String>) -> Option<Lack> {
        self.granted.lacking(&self.name, settings)
    }

    /// Its last fault since it was loaded.
    pub fn last_fault(&self) -> Option<LastFault> {
        self.last_fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Faults since it was loaded.
    pub fn faults(&self) -> u64 {
        self.faults.load(Ordering::Relaxed)
    }

    #[cfg(test)]
    pub(crate) fn file_for_tests(&self) -> PluginFile {
        self.file.clone()
    }

    pub(super) fn file(&self) -> &PluginFile {
        &self.file
    }

    pub(super) fn guest(
        &self,
        placement: &Arc<Placement>,
        desk: &Desk,
        lent: Lent,
        limit: TimeLimit,
    ) -> Guest {
        Guest {
            plugin: Arc::clone(&self.name),
            placement: Arc::clone(placement),
            granted: Arc::clone(&self.granted),
            powers: Arc::clone(&self.powers),
            http: Arc::clone(&self.http),
            log: Arc::clone(&desk.log),
            files: lent.files,
            requests_left: MAX_REQUESTS,
            denied: lent.denied,
            panicked_at: None,
            meter: Meter::new(limit.ticks(), self.granted.memory_mib),
        }
    }

    pub(super) fn desk(&self, placement: &Placement, now: Instant) -> Desk {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (placement.organization, placement.owner.clone());
        let new = || Desk { lane: Arc::default(), log: Arc::new(LogGate::new(now)) };
        lanes.entry(key).or_insert_with(new).clone()
    }

    /// What the last call of an inbox or rule failed of: it rests, or nobody has asked it since.
    pub fn resting(&self, placement: &Placement) -> Option<Fault> {
        let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.get(&(placement.organization, placement.owner.clone()))?.lane.fault()
    }

    /// Forgets the lane of an inbox or rule that was deleted, unless it has something to remember.
    pub fn forget(&self, placement: &Placement) {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (placement.organization, placement.owner.clone());
        if lanes.get(&key).is_some_and(|desk| desk.lane.is_idle()) {
            lanes.remove(&key);
        }
    }

    pub(super) fn note(&self, placement: &Placement, fault: &Fault, rest: std::time::Duration) {
        self.faults.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(
            plugin = %self.name,
            organization = placement.organization.0,
            owner = %placement.owner,
            rest_ms = u64::try_from(rest.as_millis()).unwrap_or(u64::MAX),
            "a plugin failed: it {fault}"
        );
        let last = LastFault {
            organization: placement.organization,
            owner: placement.owner.clone(),
            fault: fault.clone(),
            at: std::time::SystemTime::now(),
        };
        *self.last_fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
    }
}
