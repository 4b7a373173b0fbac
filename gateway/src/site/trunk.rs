//! Trunks of a site file.

use std::collections::HashSet;

use super::check::{self, Place};
use super::file::{DigestInEntry, RegisterEntry, TrunkEntry};
use super::plan::{Planner, Tenant};
use super::secret::{self, Given, Old, Subject};
use crate::config::fault::{Cause, Wrong};
use crate::model::{
    CallerIdPolicy, DtmfMethod, InboundDigest, RecordingRule, RegisterOut, SrtpPolicy, Transport, Trunk,
    TrunkId,
};

/// Expiry asked for where nothing is said.
pub(super) const REGISTER_EXPIRES_S: u32 = 600;
/// A wider source range than this is no peer but the world.
const WIDEST_SOURCE_BITS: u8 = 8;

/// Plans an organization's trunks.
pub(super) fn plan(
    planner: &mut Planner<'_>,
    tenant: &Tenant<'_>,
    entries: &[TrunkEntry],
) -> Result<(), Wrong> {
    let mut names = HashSet::new();
    let mut usernames = HashSet::new();
    for (index, entry) in entries.iter().enumerate() {
        let place = tenant.place.at("trunk").at(index);
        if !names.insert(&entry.name) {
            return Err(place.at("name").wrong(format!("trunk `{}` stands here twice", entry.name)));
        }
        if entry.digest_in.as_ref().is_some_and(|digest| !usernames.insert(&digest.username)) {
            return Err(place
                .at("digest_in")
                .wrong("another trunk of the organization has this user name")
                .because(Cause::Taken));
        }
        let row = trunk(planner, tenant, &place, entry)?;
        planner.plan.trunks.push(row);
    }
    Ok(())
}

pub(super) fn trunk(
    planner: &mut Planner<'_>,
    tenant: &Tenant<'_>,
    place: &Place,
    entry: &TrunkEntry,
) -> Result<Trunk, Wrong> {
    check_plain(place, entry)?;
    let current = planner.current;
    let named = |name: &str| tenant.old.and_then(|old| current.trunk_by_name(old.id, name));
    let old = named(&entry.name).or_else(|| entry.formerly.as_deref().and_then(named));
    let digest_in = entry
        .digest_in
        .as_ref()
        .map(|digest| digest_in(&place.at("digest_in"), tenant, digest, old))
        .transpose()?;
    let old_credentials = old.and_then(|old| old.credentials_out.as_ref());
    let credentials_out = match &entry.credentials_out {
        Some(credentials) => {
            let place = place.at("credentials_out");
            check::word(&place.at("username"), &credentials.username)?;
            Some(secret::outbound(&place, credentials, old_credentials, planner.key)?)
        }
        None => None,
    };
    Ok(Trunk {
        id: old.map_or_else(|| TrunkId(planner.new_row()), |old| old.id),
        organization: tenant.row.id,
        name: entry.name.clone(),
        host: entry.host.clone(),
        port: entry.port,
        transport: entry.transport.unwrap_or(Transport::Udp),
        sources: entry.sources.clone(),
        digest_in,
        credentials_out,
        register: entry
            .register
            .as_ref()
            .map(|register| self::register(&place.at("register"), register))
            .transpose()?,
        options_ping_s: optional(place, "options_ping_s", entry.options_ping_s, 5..=3_600)?,
        codecs: entry.codecs.clone(),
        srtp: entry.srtp.unwrap_or(SrtpPolicy::Off),
        dtmf: entry.dtmf.unwrap_or(DtmfMethod::Rfc4733),
        recording: entry.recording.unwrap_or(RecordingRule::Inherit),
        max_calls: optional(place, "max_calls", entry.max_calls, 1..=100_000)?,
        caller_id: caller_id(&place.at("caller_id"), entry.caller_id.as_deref())?,
        enabled: entry.enabled.unwrap_or(true),
    })
}

fn check_plain(place: &Place, entry: &TrunkEntry) -> Result<(), Wrong> {
    check::slug(&place.at("name"), &entry.name)?;
    check::host(&place.at("host"), &entry.host)?;
    if entry.port == Some(0) {
        return Err(place.at("port").wrong("0 is no port; leave it out for the transport's own"));
    }
    if matches!(entry.transport, Some(Transport::Ws | Transport::Wss)) {
        return Err(place.at("transport").wrong("WebSocket is for phones; right would be udp, tcp or tls"));
    }
    if let Some(wide) = entry.sources.iter().find(|source| source.prefix_bits() < WIDEST_SOURCE_BITS) {
        return Err(place
            .at("sources")
            .wrong(format!("{wide} lets the world call without a password; name the peer's own addresses"))
            .because(Cause::SourceWide(wide.to_string())));
    }
    for codec in entry.codecs.iter().flatten() {
        check::word(&place.at("codecs"), codec)?;
    }
    if entry.codecs.as_ref().is_some_and(Vec::is_empty) {
        return Err(place.at("codecs").wrong("is empty; leave it out to offer all").because(Cause::Empty));
    }
    Ok(())
}

fn digest_in(
    place: &Place,
    tenant: &Tenant<'_>,
    entry: &DigestInEntry,
    old: Option<&Trunk>,
) -> Result<InboundDigest, Wrong> {
    check::word(&place.at("username"), &entry.username)?;
    let subject = Subject { username: &entry.username, realm: &tenant.row.sip_domain };
    let old_digest =
        old.and_then(|old| old.digest_in.as_ref()).zip(tenant.old).map(|(digest, organization)| Old {
            subject: Subject { username: &digest.username, realm: &organization.sip_domain },
            ha1: &digest.ha1,
        });
    let given = Given { password: entry.password.as_ref(), ha1: entry.ha1.as_ref() };
    let ha1 = secret::digest(place, subject, given, old_digest)?;
    Ok(InboundDigest { username: entry.username.clone(), ha1 })
}

fn register(place: &Place, entry: &RegisterEntry) -> Result<RegisterOut, Wrong> {
    let address = entry.aor.strip_prefix("sip:").or_else(|| entry.aor.strip_prefix("sips:"));
    let Some((user, _)) =
        address.and_then(|address| address.split_once('@')).filter(|(user, _)| !user.is_empty())
    else {
        return Err(place
            .at("aor")
            .wrong(format!("`{}` is no address of record; right would be `sip:user@host`", entry.aor))
            .because(Cause::Aor));
    };
    check::line(&place.at("aor"), &entry.aor)?;
    let contact_user = entry.contact_user.clone().unwrap_or_else(|| user.to_owned());
    check::word(&place.at("contact_user"), &contact_user)?;
    let expires_s =
        check::within(&place.at("expires_s"), entry.expires_s.unwrap_or(REGISTER_EXPIRES_S), 60..=86_400)?;
    Ok(RegisterOut { aor: entry.aor.clone(), contact_user, expires_s })
}

fn caller_id(place: &Place, text: Option<&str>) -> Result<CallerIdPolicy, Wrong> {
    match text {
        None | Some("pass") => Ok(CallerIdPolicy::Pass),
        Some("anonymous") => Ok(CallerIdPolicy::Anonymous),
        Some(number) => {
            check::dialled(place, number, 2..=20).map_err(|_| {
                place
                    .wrong(format!("`{number}` is no caller id; right are `pass`, `anonymous` or a number"))
                    .because(Cause::CallerId)
            })?;
            Ok(CallerIdPolicy::Fixed(number.to_owned()))
        }
    }
}

fn optional(
    place: &Place,
    key: &str,
    value: Option<u32>,
    limits: std::ops::RangeInclusive<u32>,
) -> Result<Option<u32>, Wrong> {
    value.map(|value| check::within(&place.at(key), value, limits)).transpose()
}
