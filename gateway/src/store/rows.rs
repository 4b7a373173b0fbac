//! Rows as they lie in the tables of the site, and what the model makes of them.
use crate::model::{
    CallerIdPolicy, DialRule, DialRuleId, DialRuleKind, Extension, ExtensionId, Ha1Pair, InboundDigest,
    Organization, OrganizationId, OutboundCredentials, OutboundSecret, RegisterOut, SealedSecret, Trunk,
    TrunkId,
};
use crate::store::StoreError;
use crate::store::column::{number, optional_number, parsed};
use crate::store::rule_text::{self, RuleText};

row! {
    pub(in crate::store) struct OrganizationRow {
        id: i64,
        name: String,
        title: String,
        sip_domain: String,
        recording: String,
        announcements: Option<String>,
        ring_timeout_s: i64,
        country: String,
        recording_days: Option<i64>,
    }
}

impl TryFrom<OrganizationRow> for Organization {
    type Error = StoreError;

    fn try_from(row: OrganizationRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: OrganizationId(row.id),
            name: row.name,
            title: row.title,
            sip_domain: row.sip_domain,
            recording: parsed("organizations", &row.recording)?,
            announcements: row.announcements,
            ring_timeout_s: number("organizations", row.ring_timeout_s)?,
            country: parsed("organizations", &row.country)?,
            recording_days: optional_number("organizations", row.recording_days)?,
        })
    }
}

row! {
    pub(in crate::store) struct ExtensionRow {
        id: i64,
        organization_id: i64,
        number: String,
        display_name: Option<String>,
        ha1_md5: String,
        ha1_sha256: String,
        recording: String,
        max_bindings: i64,
        may_call_trunks: bool,
        ring_timeout_s: Option<i64>,
        enabled: bool,
    }
}

impl TryFrom<ExtensionRow> for Extension {
    type Error = StoreError;

    fn try_from(row: ExtensionRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: ExtensionId(row.id),
            organization: OrganizationId(row.organization_id),
            number: row.number,
            display_name: row.display_name,
            ha1: Ha1Pair { md5: row.ha1_md5, sha256: row.ha1_sha256 },
            recording: parsed("extensions", &row.recording)?,
            max_bindings: number("extensions", row.max_bindings)?,
            may_call_trunks: row.may_call_trunks,
            ring_timeout_s: optional_number("extensions", row.ring_timeout_s)?,
            enabled: row.enabled,
        })
    }
}

row! {
    pub(in crate::store) struct TrunkRow {
        id: i64,
        organization_id: i64,
        name: String,
        host: String,
        port: Option<i64>,
        transport: String,
        sources: String,
        in_username: Option<String>,
        in_ha1_md5: Option<String>,
        in_ha1_sha256: Option<String>,
        out_username: Option<String>,
        out_realm: Option<String>,
        out_ha1_md5: Option<String>,
        out_ha1_sha256: Option<String>,
        out_sealed: Option<String>,
        register_aor: Option<String>,
        register_user: Option<String>,
        register_expires_s: Option<i64>,
        options_ping_s: Option<i64>,
        codecs: Option<String>,
        srtp: String,
        dtmf: String,
        recording: String,
        max_calls: Option<i64>,
        caller_id: String,
        enabled: bool,
    }
}

impl TryFrom<TrunkRow> for Trunk {
    type Error = StoreError;

    fn try_from(row: TrunkRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: TrunkId(row.id),
            organization: OrganizationId(row.organization_id),
            port: optional_number("trunks", row.port)?,
            transport: parsed("trunks", &row.transport)?,
            sources: words(&row.sources).map(|word| parsed("trunks", word)).collect::<Result<_, _>>()?,
            digest_in: inbound_digest(&row),
            credentials_out: outbound_credentials(&row),
            register: register(&row)?,
            options_ping_s: optional_number("trunks", row.options_ping_s)?,
            codecs: row.codecs.as_deref().map(|codecs| words(codecs).map(str::to_owned).collect()),
            srtp: parsed("trunks", &row.srtp)?,
            dtmf: parsed("trunks", &row.dtmf)?,
            recording: parsed("trunks", &row.recording)?,
            max_calls: optional_number("trunks", row.max_calls)?,
            caller_id: caller_id(row.caller_id),
            enabled: row.enabled,
            name: row.name,
            host: row.host,
        })
    }
}

/// Lists lie in one column, parted by spaces.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_ascii_whitespace()
}

fn inbound_digest(row: &TrunkRow) -> Option<InboundDigest> {
    let ha1 = Ha1Pair { md5: row.in_ha1_md5.clone()?, sha256: row.in_ha1_sha256.clone()? };
    Some(InboundDigest { username: row.in_username.clone()?, ha1 })
}

fn outbound_credentials(row: &TrunkRow) -> Option<OutboundCredentials> {
    let username = row.out_username.clone()?;
    let secret = match &row.out_sealed {
        Some(sealed) => OutboundSecret::Sealed(SealedSecret(sealed.clone())),
        None => OutboundSecret::Ha1 {
            realm: row.out_realm.clone()?,
            ha1: Ha1Pair { md5: row.out_ha1_md5.clone()?, sha256: row.out_ha1_sha256.clone()? },
        },
    };
    Some(OutboundCredentials { username, secret })
}

fn register(row: &TrunkRow) -> Result<Option<RegisterOut>, StoreError> {
    let (Some(aor), Some(contact_user)) = (row.register_aor.clone(), row.register_user.clone()) else {
        return Ok(None);
    };
    let expires_s = optional_number("trunks", row.register_expires_s)?.unwrap_or_default();
    Ok(Some(RegisterOut { aor, contact_user, expires_s }))
}

fn caller_id(text: String) -> CallerIdPolicy {
    match text.as_str() {
        "anonymous" => CallerIdPolicy::Anonymous,
        "pass" => CallerIdPolicy::Pass,
        _ => CallerIdPolicy::Fixed(text),
    }
}

/// The column that stands for a policy.
pub(in crate::store) fn caller_id_text(policy: &CallerIdPolicy) -> &str {
    match policy {
        CallerIdPolicy::Anonymous => "anonymous",
        CallerIdPolicy::Fixed(number) => number,
        CallerIdPolicy::Pass => "pass",
    }
}

row! {
    pub(in crate::store) struct DialRuleRow {
        id: i64,
        organization_id: i64,
        position: i64,
        trunk_id: Option<i64>,
        rule: String,
    }
}

impl TryFrom<DialRuleRow> for DialRule {
    type Error = StoreError;

    fn try_from(row: DialRuleRow) -> Result<Self, StoreError> {
        let corrupt = |detail: String| StoreError::Corrupt { table: "dial_rules", noun: "rule", detail };
        let text: RuleText = serde_json::from_str(&row.rule).map_err(|error| corrupt(error.to_string()))?;
        let kind: DialRuleKind = rule_text::join(text, row.trunk_id.map(TrunkId))
            .ok_or_else(|| corrupt(format!("rule {} lacks its trunk", row.id)))?;
        Ok(Self {
            id: DialRuleId(row.id),
            organization: OrganizationId(row.organization_id),
            position: number("dial_rules", row.position)?,
            kind,
        })
    }
}
