//! Bearer tokens: proof that somebody knew an extension's password, good for hours, kept nowhere.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension as Given, Json};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ramal_sip::auth::{Algorithm, ha1};
use serde::{Deserialize, Serialize};

use super::body::JsonBody;
use super::problem::Problem;
use super::{Source, Web, wall_ms};
use crate::model::{Directory, Extension, ExtensionId};
use crate::store::NodeKey;

const VERSION: u8 = 1;
/// Version, extension, end of life.
const CLAIM_BYTES: usize = 17;
const MAC_BYTES: usize = 32;
const MS_PER_H: i64 = 3_600_000;
/// Longest fields of a request for a token, in bytes.
const FIELD_LIMIT: usize = 255;

/// What is asked with a password.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    extension: String,
    domain: String,
    password: String,
}

#[derive(Serialize)]
struct Granted {
    token: String,
    expires_at_ms: i64,
    extension: String,
    display_name: Option<String>,
}

/// `POST /api/token`
pub async fn grant(
    State(web): State<Web>,
    Given(Source(source)): Given<Source>,
    JsonBody(login): JsonBody<Login>,
) -> Result<Response, Problem> {
    if [&login.extension, &login.domain, &login.password].iter().any(|f| f.len() > FIELD_LIMIT) {
        return Err(unknown());
    }
    let subject = format!("{}@{}", login.extension, login.domain.to_ascii_lowercase());
    web.guesses.allow(&source, &subject)?;
    let directory = web.directory();
    let Some(extension) = known(&directory, &login) else {
        web.guesses.failed(&source, &subject);
        return Err(unknown());
    };
    let expires_at_ms = wall_ms() + i64::from(web.config.token_h) * MS_PER_H;
    let granted = Granted {
        token: issue(&web.key, extension, expires_at_ms),
        expires_at_ms,
        extension: extension.number.clone(),
        display_name: extension.display_name.clone(),
    };
    Ok(Json(granted).into_response())
}

fn unknown() -> Problem {
    Problem::unauthorized("Extension, domain or password is wrong.")
}

/// The extension whose password this is. An unknown one is looked at as long as a known one.
fn known<'a>(directory: &'a Directory, login: &Login) -> Option<&'a Extension> {
    let organization = directory.organization_by_domain(&login.domain);
    let realm = organization.map_or("", |o| o.sip_domain.as_str());
    let extension = organization.and_then(|o| directory.extension(o.id, &login.extension));
    let told = ha1(Algorithm::Sha256, &login.extension, realm, &login.password);
    let kept = extension.map_or("", |e| e.ha1.sha256.as_str());
    // Of equal length, so that the comparison takes as long for an unknown extension.
    let compared = if kept.len() == told.len() { kept.to_owned() } else { "-".repeat(told.len()) };
    let equal =
        aws_lc_rs::constant_time::verify_slices_are_equal(told.as_bytes(), compared.as_bytes()).is_ok();
    extension.filter(|e| equal && e.enabled)
}

/// A token for this extension, which another password makes worthless.
fn issue(key: &NodeKey, extension: &Extension, expires_at_ms: i64) -> String {
    let mut token = Vec::with_capacity(CLAIM_BYTES + MAC_BYTES);
    token.push(VERSION);
    token.extend(extension.id.0.to_be_bytes());
    token.extend(expires_at_ms.to_be_bytes());
    let mac = key.authenticate(&signed(&token, extension));
    token.extend(mac);
    URL_SAFE_NO_PAD.encode(token)
}

fn signed(claim: &[u8], extension: &Extension) -> Vec<u8> {
    [claim, extension.ha1.sha256.as_bytes()].concat()
}

/// Whose token this is; `None` when it is nobody's, or not any more.
pub fn bearer(key: &NodeKey, directory: &Directory, token: &str, now_ms: i64) -> Option<ExtensionId> {
    let mut bytes = [0; CLAIM_BYTES + MAC_BYTES];
    let length = URL_SAFE_NO_PAD.decode_slice(token, &mut bytes).ok()?;
    let (claim, mac) = bytes.get(..length)?.split_at_checked(CLAIM_BYTES)?;
    let (version, claimed) = claim.split_first()?;
    let id = ExtensionId(i64::from_be_bytes(*claimed.first_chunk()?));
    let expires_at_ms = i64::from_be_bytes(*claimed.last_chunk()?);
    if *version != VERSION || expires_at_ms <= now_ms {
        return None;
    }
    let extension = directory.extension_by_id(id).filter(|e| e.enabled)?;
    key.is_authentic(&signed(claim, extension), mac).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Ha1Pair, Organization, OrganizationId, RecordingRule};

    fn directory(password: &str) -> Directory {
        let organization = Organization {
            id: OrganizationId(1),
            name: "acme".to_owned(),
            title: "Acme".to_owned(),
            sip_domain: "acme.test".to_owned(),
            recording: RecordingRule::Never,
            announcements: None,
            ring_timeout_s: 30,
            country: crate::model::ToneCountry::Brazil,
            recording_days: None,
        };
        let extension = Extension {
            id: ExtensionId(7),
            organization: OrganizationId(1),
            number: "100".to_owned(),
            display_name: None,
            ha1: Ha1Pair { md5: String::new(), sha256: ha1(Algorithm::Sha256, "100", "acme.test", password) },
            recording: RecordingRule::Inherit,
            max_bindings: 1,
            may_call_trunks: false,
            ring_timeout_s: None,
            enabled: true,
        };
        Directory::new(1, vec![organization], vec![extension], Vec::new(), Vec::new())
    }

    fn login(extension: &str, password: &str) -> Login {
        Login {
            extension: extension.to_owned(),
            domain: "ACME.test".to_owned(),
            password: password.to_owned(),
        }
    }

    fn key() -> NodeKey {
        NodeKey::from_bytes(&[3; 32]).unwrap()
    }

    #[test]
    fn the_password_of_a_phone_opens_the_page() {
        let directory = directory("swordfish");
        assert!(known(&directory, &login("100", "swordfish")).is_some());
        assert!(known(&directory, &login("100", "Swordfish")).is_none());
        assert!(known(&directory, &login("101", "swordfish")).is_none());
    }

    #[test]
    fn a_token_is_good_until_its_end_and_for_its_extension() {
        let directory = directory("swordfish");
        let extension = directory.extension_by_id(ExtensionId(7)).unwrap();
        let token = issue(&key(), extension, 1_000);
        assert_eq!(bearer(&key(), &directory, &token, 999), Some(ExtensionId(7)));
        assert_eq!(bearer(&key(), &directory, &token, 1_000), None);
        let other = NodeKey::from_bytes(&[4; 32]).unwrap();
        assert_eq!(bearer(&other, &directory, &token, 999), None);
    }

    #[test]
    fn another_password_makes_a_token_worthless() {
        let before = directory("swordfish");
        let token = issue(&key(), before.extension_by_id(ExtensionId(7)).unwrap(), 1_000);
        assert_eq!(bearer(&key(), &directory("marlin"), &token, 1), None);
    }

    #[test]
    fn a_changed_token_is_nobodys() {
        let directory = directory("swordfish");
        let token = issue(&key(), directory.extension_by_id(ExtensionId(7)).unwrap(), 1_000);
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            let same = URL_SAFE_NO_PAD.decode(&changed).ok() == URL_SAFE_NO_PAD.decode(&token).ok();
            assert!(same || bearer(&key(), &directory, &changed, 1).is_none(), "{at}");
        }
        for odd in ["", "A", "====", &"A".repeat(10_000)] {
            assert_eq!(bearer(&key(), &directory, odd, 1), None);
        }
    }
}
