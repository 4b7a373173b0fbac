//! The statements of an application, one noun after the other.

use crate::model::{
    DialRule, Extension, ExtensionId, Organization, OrganizationId, OutboundSecret, SealedSecret, Trunk,
    TrunkId,
};
use crate::store::database::Tx;
use crate::store::rows::caller_id_text;
use crate::store::{StoreError, rule_text};

const INSERT_ORGANIZATION: &str = "INSERT INTO organizations \
    (name, title, sip_domain, recording, announcements, ring_timeout_s, country, recording_days) VALUES \
    ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id";
const UPDATE_ORGANIZATION: &str = "UPDATE organizations SET \
    name = $1, title = $2, sip_domain = $3, recording = $4, announcements = $5, ring_timeout_s = $6, \
    country = $7, recording_days = $8 WHERE id = $9";

macro_rules! bind_organization {
    ($query:expr, $row:expr) => {{
        let row = $row;
        $query
            .bind(&row.name)
            .bind(&row.title)
            .bind(&row.sip_domain)
            .bind(row.recording.as_str())
            .bind(&row.announcements)
            .bind(i64::from(row.ring_timeout_s))
            .bind(row.country.as_str())
            .bind(row.recording_days.map(i64::from))
    }};
}

pub(super) async fn insert_organization(
    tx: &mut Tx,
    row: &Organization,
) -> Result<OrganizationId, StoreError> {
    let id: i64 = on_tx!(tx, |db| bind_organization!(sqlx::query_scalar(INSERT_ORGANIZATION), row)
        .fetch_one(db)
        .await)?;
    Ok(OrganizationId(id))
}

pub(super) async fn update_organization(tx: &mut Tx, row: &Organization) -> Result<(), StoreError> {
    Ok(on_tx!(tx, |db| bind_organization!(sqlx::query(UPDATE_ORGANIZATION), row)
        .bind(row.id.0)
        .execute(db)
        .await
        .map(drop))?)
}

const INSERT_EXTENSION: &str = "INSERT INTO extensions \
    (organization_id, number, display_name, ha1_md5, ha1_sha256, recording, max_bindings, may_call_trunks, \
    ring_timeout_s, enabled) VALUES \
    ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id";
const UPDATE_EXTENSION: &str = "UPDATE extensions SET \
    organization_id = $1, number = $2, display_name = $3, ha1_md5 = $4, ha1_sha256 = $5, recording = $6, \
    max_bindings = $7, may_call_trunks = $8, ring_timeout_s = $9, enabled = $10 WHERE id = $11";

macro_rules! bind_extension {
    ($query:expr, $row:expr) => {{
        let row = $row;
        $query
            .bind(row.organization.0)
            .bind(&row.number)
            .bind(&row.display_name)
            .bind(&row.ha1.md5)
            .bind(&row.ha1.sha256)
            .bind(row.recording.as_str())
            .bind(i64::from(row.max_bindings))
            .bind(row.may_call_trunks)
            .bind(row.ring_timeout_s.map(i64::from))
            .bind(row.enabled)
    }};
}

pub(super) async fn insert_extension(tx: &mut Tx, row: &Extension) -> Result<ExtensionId, StoreError> {
    let id: i64 =
        on_tx!(tx, |db| bind_extension!(sqlx::query_scalar(INSERT_EXTENSION), row).fetch_one(db).await)?;
    Ok(ExtensionId(id))
}

pub(super) async fn update_extension(tx: &mut Tx, row: &Extension) -> Result<(), StoreError> {
    Ok(on_tx!(tx, |db| bind_extension!(sqlx::query(UPDATE_EXTENSION), row)
        .bind(row.id.0)
        .execute(db)
        .await
        .map(drop))?)
}

const INSERT_TRUNK: &str = "INSERT INTO trunks \
    (organization_id, name, host, port, transport, sources, in_username, in_ha1_md5, in_ha1_sha256, out_username, \
    out_realm, out_ha1_md5, out_ha1_sha256, out_sealed, register_aor, register_user, register_expires_s, \
    options_ping_s, codecs, srtp, dtmf, recording, max_calls, caller_id, enabled) VALUES \
    ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, \
    $25) RETURNING id";
const UPDATE_TRUNK: &str = "UPDATE trunks SET \
    organization_id = $1, name = $2, host = $3, port = $4, transport = $5, sources = $6, in_username = $7, \
    in_ha1_md5 = $8, in_ha1_sha256 = $9, out_username = $10, out_realm = $11, out_ha1_md5 = $12, \
    out_ha1_sha256 = $13, out_sealed = $14, register_aor = $15, register_user = $16, register_expires_s = $17, \
    options_ping_s = $18, codecs = $19, srtp = $20, dtmf = $21, recording = $22, max_calls = $23, caller_id = $24, \
    enabled = $25 WHERE id = $26";

macro_rules! bind_trunk {
    ($query:expr, $row:expr) => {{
        let row = $row;
        let digest_in = row.digest_in.as_ref();
        let out = OutboundColumns::of(row);
        let register = row.register.as_ref();
        $query
            .bind(row.organization.0)
            .bind(&row.name)
            .bind(&row.host)
            .bind(row.port.map(i64::from))
            .bind(row.transport.as_str())
            .bind(spaced(&row.sources))
            .bind(digest_in.map(|digest| &digest.username))
            .bind(digest_in.map(|digest| &digest.ha1.md5))
            .bind(digest_in.map(|digest| &digest.ha1.sha256))
            .bind(row.credentials_out.as_ref().map(|credentials| &credentials.username))
            .bind(out.realm)
            .bind(out.md5)
            .bind(out.sha256)
            .bind(out.sealed)
            .bind(register.map(|register| &register.aor))
            .bind(register.map(|register| &register.contact_user))
            .bind(register.map(|register| i64::from(register.expires_s)))
            .bind(row.options_ping_s.map(i64::from))
            .bind(row.codecs.as_deref().map(spaced))
            .bind(row.srtp.as_str())
            .bind(row.dtmf.as_str())
            .bind(row.recording.as_str())
            .bind(row.max_calls.map(i64::from))
            .bind(caller_id_text(&row.caller_id))
            .bind(row.enabled)
    }};
}

pub(super) async fn insert_trunk(tx: &mut Tx, row: &Trunk) -> Result<TrunkId, StoreError> {
    let id: i64 = on_tx!(tx, |db| bind_trunk!(sqlx::query_scalar(INSERT_TRUNK), row).fetch_one(db).await)?;
    Ok(TrunkId(id))
}

pub(super) async fn update_trunk(tx: &mut Tx, row: &Trunk) -> Result<(), StoreError> {
    Ok(on_tx!(tx, |db| bind_trunk!(sqlx::query(UPDATE_TRUNK), row)
        .bind(row.id.0)
        .execute(db)
        .await
        .map(drop))?)
}

/// The columns of an outbound secret: hashes with their realm, or the sealed password.
#[derive(Default)]
struct OutboundColumns {
    realm: Option<String>,
    md5: Option<String>,
    sha256: Option<String>,
    sealed: Option<String>,
}

impl OutboundColumns {
    fn of(row: &Trunk) -> Self {
        match row.credentials_out.as_ref().map(|credentials| credentials.secret.clone()) {
            Some(OutboundSecret::Ha1 { realm, ha1 }) => {
                Self { realm: Some(realm), md5: Some(ha1.md5), sha256: Some(ha1.sha256), sealed: None }
            }
            Some(OutboundSecret::Sealed(SealedSecret(sealed))) => {
                Self { sealed: Some(sealed), ..Self::default() }
            }
            None => Self::default(),
        }
    }
}

/// Lists lie in one column, parted by spaces.
fn spaced<T: ToString>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(" ")
}

pub(super) async fn insert_rule(tx: &mut Tx, rule: &DialRule) -> Result<(), StoreError> {
    const INSERT: &str =
        "INSERT INTO dial_rules (organization_id, position, trunk_id, rule) VALUES ($1, $2, $3, $4)";
    let (text, trunk) = rule_text::split(&rule.kind);
    let corrupt = |error: serde_json::Error| StoreError::Corrupt {
        table: "dial_rules",
        noun: "rule",
        detail: error.to_string(),
    };
    let text = serde_json::to_string(&text).map_err(corrupt)?;
    Ok(on_tx!(tx, |db| sqlx::query(INSERT)
        .bind(rule.organization.0)
        .bind(i64::from(rule.position))
        .bind(trunk.map(|TrunkId(id)| id))
        .bind(&text)
        .execute(db)
        .await
        .map(drop))?)
}

pub(super) async fn delete_all_rules(tx: &mut Tx) -> Result<(), StoreError> {
    Ok(on_tx!(tx, |db| sqlx::query("DELETE FROM dial_rules").execute(db).await.map(drop))?)
}

pub(super) async fn delete(tx: &mut Tx, statement: &'static str, id: i64) -> Result<(), StoreError> {
    Ok(on_tx!(tx, |db| sqlx::query(statement).bind(id).execute(db).await.map(drop))?)
}

pub(super) async fn park_organization(
    tx: &mut Tx,
    OrganizationId(id): OrganizationId,
) -> Result<(), StoreError> {
    park(tx, "UPDATE organizations SET name = $1, sip_domain = $1 WHERE id = $2", id).await
}

pub(super) async fn park_extension(tx: &mut Tx, ExtensionId(id): ExtensionId) -> Result<(), StoreError> {
    park(tx, "UPDATE extensions SET number = $1 WHERE id = $2", id).await
}

pub(super) async fn park_trunk(tx: &mut Tx, TrunkId(id): TrunkId) -> Result<(), StoreError> {
    park(tx, "UPDATE trunks SET name = $1 WHERE id = $2", id).await
}

/// `~` stands in no name, domain or number that a site may hold.
async fn park(tx: &mut Tx, statement: &'static str, id: i64) -> Result<(), StoreError> {
    Ok(on_tx!(tx, |db| sqlx::query(statement).bind(format!("~{id}")).bind(id).execute(db).await.map(drop))?)
}
