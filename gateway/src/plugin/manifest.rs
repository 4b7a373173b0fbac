//! `plugin.toml`: what a plugin is and what it asks for. It travels inside the plugin's file.

mod field;
mod grants;
mod hosts;
mod words;

use serde::{Deserialize, Serialize};

pub use crate::model::Capabilities;
pub use field::{Choice, Field, FieldKind};
pub use grants::{Granted, Grants, Lack};
pub use hosts::{HostPattern, host_of};
pub use words::Words;

/// Fields of a settings form.
const MAX_FIELDS: usize = 64;
/// Hosts that a plugin may ask for.
const MAX_HOSTS: usize = 32;
/// Bytes of a manifest.
const MAX_BYTES: usize = 64 << 10;
/// Bytes of a name.
const MAX_NAME_BYTES: usize = 32;

/// What a plugin says of itself.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// 2 to 32 lower-case letters, digits and `-`; unique on a node.
    pub name: String,
    /// Three numbers: what breaks, what is new, what is mended.
    pub version: String,
    pub world: World,
    /// What people call it.
    pub title: Words,
    /// What it does, in a sentence.
    #[serde(default)]
    pub description: Words,
    #[serde(default)]
    pub asks: Asks,
    /// What the provider can do; a channel must say it, a rule has none.
    pub capabilities: Option<Capabilities>,
    /// The settings form of an inbox or a rule.
    #[serde(default)]
    pub settings: Vec<Field>,
}

/// Which of the worlds a plugin exports.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum World {
    Channel,
    Rule,
}

impl World {
    /// Its name in WIT.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Rule => "rule",
        }
    }
}

/// What a plugin wants of the host beyond clock, log, randomness and its settings.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Asks {
    /// Hosts that it sends requests to: `api.example.com`, `*.example.com`, or `{field}` for the host of a URL that the
    /// administrator fills in.
    pub hosts: Vec<HostPattern>,
    /// Whether it keeps values.
    pub kv: bool,
    /// Whether it holds lasting lines to browsers.
    pub live: bool,
    /// Whether it is asked from time to time to fetch news.
    pub poll: bool,
    /// Memory for one call.
    pub memory_mib: Option<u32>,
}

/// What is wrong with a manifest: the author's fault.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("plugin.toml: {0}")]
pub struct ManifestError(String);

fn wrong(text: impl Into<String>) -> ManifestError {
    ManifestError(text.into())
}

impl Manifest {
    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// With the line, or the key and what would be right.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        if text.len() > MAX_BYTES {
            return Err(wrong(format!("has more than {MAX_BYTES} bytes")));
        }
        let manifest: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), ManifestError> {
        if !is_name(&self.name) {
            return Err(wrong(
                "`name` must be 2 to 32 lower-case letters, digits and `-`, beginning with a letter",
            ));
        }
        if !is_version(&self.version) {
            return Err(wrong("`version` must be three numbers, such as 1.0.0"));
        }
        match (self.world, &self.capabilities) {
            (World::Channel, None) => Err(wrong("a channel needs `[capabilities]`")),
            (World::Rule, Some(_)) => Err(wrong("a rule has no `[capabilities]`")),
            (World::Rule, None) if self.asks.live || self.asks.poll => {
                Err(wrong("`live` and `poll` are for channels"))
            }
            (World::Rule, None) | (World::Channel, Some(_)) => Ok(()),
        }?;
        self.check_settings()?;
        self.check_hosts()?;
        let allowed = 1..=crate::plugin::limits::MAX_MEMORY_MIB;
        match self.asks.memory_mib {
            Some(mib) if !allowed.contains(&mib) => {
                Err(wrong(format!("`asks.memory_mib` must be between 1 and {}", allowed.end())))
            }
            _ => Ok(()),
        }
    }

    fn check_settings(&self) -> Result<(), ManifestError> {
        if self.settings.len() > MAX_FIELDS {
            return Err(wrong(format!("more than {MAX_FIELDS} settings")));
        }
        for (at, field) in self.settings.iter().enumerate() {
            field.check()?;
            if self.settings.iter().take(at).any(|other| other.name == field.name) {
                return Err(wrong(format!("the setting `{}` stands twice", field.name)));
            }
        }
        Ok(())
    }

    fn check_hosts(&self) -> Result<(), ManifestError> {
        if self.asks.hosts.len() > MAX_HOSTS {
            return Err(wrong(format!("more than {MAX_HOSTS} hosts")));
        }
        for name in self.asks.hosts.iter().filter_map(HostPattern::setting) {
            let is_url =
                self.settings.iter().any(|field| field.name == name && matches!(field.kind, FieldKind::Url));
            if !is_url {
                return Err(wrong(format!("`{{{name}}}` in `asks.hosts` is no setting of the kind `url`")));
            }
        }
        Ok(())
    }
}

/// Names of plugins and of settings.
fn is_name(text: &str) -> bool {
    (2..=MAX_NAME_BYTES).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
}

fn is_version(text: &str) -> bool {
    let numbers: Vec<&str> = text.split('.').collect();
    numbers.len() == 3 && numbers.iter().all(|number| number.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANNEL: &str = r#"
        name = "pombo"
        version = "1.2.3"
        world = "channel"
        title = "Pombo"
        description = { en = "Messages by pigeon", pt-BR = "Mensagens por pombo" }

        [asks]
        hosts = ["api.pombo.example", "{gateway}"]
        kv = true

        [capabilities]
        text_characters = 160

        [[settings]]
        name = "token"
        kind = "secret"
        title = "Token"
        required = true

        [[settings]]
        name = "gateway"
        kind = "url"
        title = "Gateway"
    "#;

    fn refused(text: &str) -> String {
        Manifest::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_channel_with_all_parts() {
        let manifest = Manifest::parse(CHANNEL).unwrap();
        assert_eq!(manifest.world, World::Channel);
        assert_eq!(manifest.description.in_language("pt-BR"), "Mensagens por pombo");
        assert_eq!(manifest.title.in_language("pt-BR"), "Pombo");
        assert_eq!(manifest.capabilities.unwrap().text_characters, Some(160));
        assert!(manifest.settings[0].required);
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert!(refused(&CHANNEL.replace("pombo\"\n", "Pom bo\"\n")).contains("`name`"));
        assert!(refused(&CHANNEL.replace("1.2.3", "1.2")).contains("`version`"));
        assert!(refused(&CHANNEL.replace("\"channel\"", "\"rule\"")).contains("capabilities"));
        assert!(refused(&CHANNEL.replace("{gateway}", "{token}")).contains("{token}"));
        assert!(refused(&CHANNEL.replace("\"gateway\"", "\"token\"")).contains("twice"));
        assert!(refused(&CHANNEL.replace("kv = true", "kv = true\nmemory_mib = 5000")).contains("256"));
        assert!(refused(&CHANNEL.replace("kv = true", "files = true")).contains("files"));
        assert!(refused(&CHANNEL.replace("api.pombo.example", "*")).contains("host"));
    }
}
