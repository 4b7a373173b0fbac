//! The shape of a site file.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::model::{DtmfMethod, Network, RecordingRule, SrtpPolicy, ToneCountry, Transport};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SiteFile {
    #[serde(default, rename = "organization")]
    pub organizations: Vec<OrganizationEntry>,
    /// Organizations that may be missing above: everything they own is deleted.
    #[serde(default)]
    pub delete_organizations: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrganizationEntry {
    pub name: String,
    pub formerly: Option<String>,
    pub title: Option<String>,
    pub sip_domain: String,
    pub recording: Option<RecordingRule>,
    pub announcements: Option<String>,
    pub ring_timeout_s: Option<u32>,
    pub country: Option<ToneCountry>,
    pub recording_days: Option<u32>,
    #[serde(default, rename = "extension")]
    pub extensions: Vec<ExtensionEntry>,
    #[serde(default, rename = "trunk")]
    pub trunks: Vec<TrunkEntry>,
    #[serde(default, rename = "rule")]
    pub rules: Vec<RuleEntry>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtensionEntry {
    pub number: String,
    pub formerly: Option<String>,
    pub password: Option<Password>,
    /// In the place of `password`: what is kept of it, as `ramal export --secrets` writes it.
    #[schema(ignore)]
    pub ha1: Option<Ha1Entry>,
    pub display_name: Option<String>,
    pub recording: Option<RecordingRule>,
    pub max_bindings: Option<u32>,
    pub may_call_trunks: Option<bool>,
    pub ring_timeout_s: Option<u32>,
    pub enabled: Option<bool>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrunkEntry {
    pub name: String,
    pub formerly: Option<String>,
    pub host: String,
    pub port: Option<u16>,
    pub transport: Option<Transport>,
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub sources: Vec<Network>,
    pub digest_in: Option<DigestInEntry>,
    pub credentials_out: Option<CredentialsOutEntry>,
    pub register: Option<RegisterEntry>,
    pub options_ping_s: Option<u32>,
    pub codecs: Option<Vec<String>>,
    pub srtp: Option<SrtpPolicy>,
    pub dtmf: Option<DtmfMethod>,
    pub recording: Option<RecordingRule>,
    pub max_calls: Option<u32>,
    pub caller_id: Option<String>,
    pub enabled: Option<bool>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DigestInEntry {
    pub username: String,
    pub password: Option<Password>,
    /// In the place of `password`.
    #[schema(ignore)]
    pub ha1: Option<Ha1Entry>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialsOutEntry {
    pub username: String,
    pub password: Option<Password>,
    pub realm: Option<String>,
    /// In the place of `password`, where there is a realm.
    #[schema(ignore)]
    pub ha1: Option<Ha1Entry>,
    /// In the place of `password`, where there is none: it opens with the key of the node that sealed it.
    #[schema(ignore)]
    pub sealed: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterEntry {
    pub aor: String,
    pub contact_user: Option<String>,
    pub expires_s: Option<u32>,
}

/// One of three kinds, told by its first key: `dial`, `prefix` or `from_trunk`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleEntry {
    pub dial: Option<String>,
    pub prefix: Option<String>,
    pub from_trunk: Option<String>,
    pub trunk: Option<String>,
    pub strip: Option<u32>,
    pub prepend: Option<String>,
    pub min_digits: Option<u32>,
    pub max_digits: Option<u32>,
    pub allow: Option<Vec<String>>,
    /// As the trunk sends it, with or without the `+` of E.164: both are the same number. `*` is any.
    pub number: Option<String>,
    pub extension: Option<String>,
    pub service: Option<ToneOrEcho>,
    pub announcement: Option<String>,
    pub queue: Option<String>,
    pub conference: Option<String>,
    /// Of a conference.
    pub pin: Option<Password>,
    /// Of a conference.
    pub max_members: Option<u32>,
    /// Of a conference: whether the calls of its members are recorded, whatever is said elsewhere.
    pub recording: Option<RecordingRule>,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ToneOrEcho {
    Busy,
    Congestion,
    Echo,
    Ringback,
    Tone,
}

/// What is kept of a password: good for one user name and one realm, and there as good as the password. Has no `Debug`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ha1Entry {
    /// `user@realm`.
    pub(super) of: String,
    pub(super) md5: String,
    pub(super) sha256: String,
}

/// A password as typed. Has no `Debug`: it goes nowhere but into a hash or under a key.
#[derive(Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Password(pub(super) String);
