//! What an administrator allows. A plugin has what its manifest asks and its grants allow, and nothing else.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::plugin::capability::http::Network;
use crate::plugin::limits::{DEFAULT_MEMORY_MIB, MAX_MEMORY_MIB};
use crate::plugin::manifest::hosts::{HostPattern, host_of};
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
    /// What the manifest names, granted or not.
    asked: Vec<HostPattern>,
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
            asked: asks.hosts.clone(),
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

    /// Why a request that was refused was.
    pub fn why_not(&self, plugin: &str, host: &str, settings: &BTreeMap<String, String>) -> Lack {
        let (host, named) =
            (host.to_owned(), self.asked.iter().any(|pattern| pattern.allows(host, settings)));
        let command = self.command(plugin, false, false);
        let plugin = plugin.to_owned();
        if named { Lack::Host { plugin, host, command } } else { Lack::NotNamed { plugin, host } }
    }

    /// Why a request without TLS was refused, or would be.
    pub fn why_not_cleartext(&self, plugin: &str, place: String, private: bool) -> Lack {
        Lack::Cleartext { command: self.command(plugin, private, true), plugin: plugin.to_owned(), place }
    }

    /// Why a request to a host that is none of the public network was refused, or would be.
    pub fn why_not_private(&self, plugin: &str, host: String) -> Lack {
        Lack::Private { command: self.command(plugin, true, false), plugin: plugin.to_owned(), host }
    }

    /// What these settings need and the grants do not give; of several things the first.
    pub fn lacking(&self, plugin: &str, settings: &BTreeMap<String, String>) -> Option<Lack> {
        let url_of = |pattern: &HostPattern| Some(settings.get(pattern.setting()?)?.as_str());
        for pattern in &self.asked {
            let url = url_of(pattern);
            let host = url.and_then(host_of);
            if !self.hosts.contains(pattern) && (pattern.setting().is_none() || host.is_some()) {
                let host = host.unwrap_or_else(|| pattern.as_str().to_owned());
                return Some(self.why_not(plugin, &host, settings));
            }
            let (Some(url), Some(host)) = (url, host) else { continue };
            if url.starts_with("http:") && !self.cleartext {
                return Some(self.why_not_cleartext(plugin, url.to_owned(), is_private(&host)));
            }
            if is_private(&host) && !self.private_networks {
                return Some(self.why_not_private(plugin, host));
            }
        }
        None
    }

    /// What the operator types: all that is asked, what is granted beside it already, and more.
    pub fn command(&self, plugin: &str, private_networks: bool, cleartext: bool) -> String {
        let flag = |wanted: bool, name: &str| if wanted { format!(" {name}") } else { String::new() };
        format!(
            "ramal plugin grant {plugin}{}{}",
            flag(private_networks || self.private_networks, "--allow-private-networks"),
            flag(cleartext || self.cleartext, "--allow-cleartext")
        )
    }
}

/// What a plugin needs and is not granted: in words for the administrator, with what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Lack {
    #[error("{plugin} is not granted requests without TLS ({place}); on the server: {command}")]
    Cleartext { plugin: String, place: String, command: String },
    #[error("{plugin} is not granted requests to {host}; on the server: {command}")]
    Host { plugin: String, host: String, command: String },
    #[error("{plugin} sends requests to {host}, which its manifest does not name: its author has to add it")]
    NotNamed { plugin: String, host: String },
    #[error(
        "{plugin} is not granted hosts in this machine or in private networks ({host}); on the server: {command}"
    )]
    Private { plugin: String, host: String, command: String },
}

/// Whether it is plain without asking for its name that a host is none of the public network.
fn is_private(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| !Network::Public.allows(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lacking_is_said_with_the_command() {
        let asks = manifest(
            "hosts = [\"a.example\", \"{api}\"]\n[[settings]]\nname = \"api\"\nkind = \"url\"\ntitle = \"A\"",
        );
        let settings = |url: &str| BTreeMap::from([("api".to_owned(), url.to_owned())]);
        let none = Granted::new(&asks, &Grants::default());
        let words = none.lacking("ab", &settings("https://b.example")).unwrap().to_string();
        assert!(words.contains("a.example") && words.ends_with("ramal plugin grant ab"), "{words}");
        let all = Granted::new(&asks, &Grants::all_of(&asks));
        assert_eq!(all.lacking("ab", &settings("https://b.example")), None);
        assert_eq!(all.lacking("ab", &BTreeMap::new()), None);
        let words = all.lacking("ab", &settings("http://127.0.0.1:9")).unwrap().to_string();
        assert!(
            words.ends_with("ramal plugin grant ab --allow-private-networks --allow-cleartext"),
            "{words}"
        );
        let words = all.lacking("ab", &settings("https://10.0.0.1/")).unwrap().to_string();
        assert!(words.ends_with("ramal plugin grant ab --allow-private-networks"), "{words}");
        let words = all.why_not("ab", "c.example", &settings("https://b.example")).to_string();
        assert!(words.contains("its author"), "{words}");
    }

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
