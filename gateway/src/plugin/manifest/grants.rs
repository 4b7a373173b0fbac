//! What an administrator allows. A plugin has what its manifest asks and its grants allow, and nothing else.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::plugin::limits::{DEFAULT_MEMORY_MIB, MAX_MEMORY_MIB};
use crate::plugin::manifest::hosts::HostPattern;
use crate::plugin::manifest::{Asks, Manifest};

/// What is allowed, as it stands beside the plugin.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Grants {
    pub hosts: Vec<HostPattern>,
    pub kv: bool,
    pub live: bool,
    pub poll: bool,
    pub memory_mib: Option<u32>,
    /// Whether its hosts may stand in this machine or in private networks. Not for plugins that let customers choose a URL.
    pub private_networks: bool,
    /// Whether it may send requests without TLS.
    pub cleartext: bool,
}

impl Grants {
    /// Everything that a manifest asks for.
    pub fn all_of(manifest: &Manifest) -> Self {
        let Asks { hosts, kv, live, poll, memory_mib } = manifest.asks.clone();
        Self { hosts, kv, live, poll, memory_mib, private_networks: false, cleartext: false }
    }
}

/// What a plugin really has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Granted {
    hosts: Vec<HostPattern>,
    pub kv: bool,
    pub live: bool,
    pub poll: bool,
    pub memory_mib: u32,
    pub private_networks: bool,
    pub cleartext: bool,
}

impl Granted {
    /// What is both asked and allowed.
    pub fn new(manifest: &Manifest, grants: &Grants) -> Self {
        let asks = &manifest.asks;
        let allowed = grants.memory_mib.unwrap_or(DEFAULT_MEMORY_MIB).clamp(1, MAX_MEMORY_MIB);
        Self {
            hosts: asks.hosts.iter().filter(|host| grants.hosts.contains(host)).cloned().collect(),
            kv: asks.kv && grants.kv,
            live: asks.live && grants.live,
            poll: asks.poll && grants.poll,
            memory_mib: asks.memory_mib.unwrap_or(DEFAULT_MEMORY_MIB).min(allowed),
            private_networks: grants.private_networks,
            cleartext: grants.cleartext,
        }
    }

    /// Whether a request may go to this host, in lower case.
    pub fn allows_host(&self, host: &str, settings: &BTreeMap<String, String>) -> bool {
        self.hosts.iter().any(|pattern| pattern.allows(host, settings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(asks: &str) -> Manifest {
        let text =
            format!("name = \"ab\"\nversion = \"1.0.0\"\nworld = \"rule\"\ntitle = \"T\"\n[asks]\n{asks}");
        Manifest::parse(&text).unwrap()
    }

    #[test]
    fn an_update_that_asks_for_more_gets_no_more() {
        let before = manifest("hosts = [\"a.example\"]\nkv = false");
        let after = manifest("hosts = [\"a.example\", \"b.example\"]\nkv = true\nmemory_mib = 200");
        let granted = Granted::new(&after, &Grants::all_of(&before));
        assert!(granted.allows_host("a.example", &BTreeMap::new()));
        assert!(!granted.allows_host("b.example", &BTreeMap::new()));
        assert!(!granted.kv);
        assert_eq!(granted.memory_mib, DEFAULT_MEMORY_MIB);
    }

    #[test]
    fn what_was_not_asked_for_is_not_given() {
        let all = Grants::all_of(&manifest("hosts = [\"a.example\"]\nkv = true\nmemory_mib = 200"));
        let granted = Granted::new(&manifest(""), &all);
        assert!(!granted.kv && !granted.allows_host("a.example", &BTreeMap::new()));
        assert_eq!(granted.memory_mib, DEFAULT_MEMORY_MIB);
    }
}
