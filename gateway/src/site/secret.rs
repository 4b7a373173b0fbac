//! From passwords to what is kept of them.

use ramal_sip::auth::{Algorithm, ha1};

use super::KEPT;
use super::check::{self, Place};
use super::file::{CredentialsOutEntry, Ha1Entry, Password};
use crate::config::fault::{Cause, Wrong};
use crate::model::{Ha1Pair, OutboundCredentials, OutboundSecret, SealedSecret};
use crate::store::NodeKey;

/// Whom a hash is for: another user name or realm makes the old hash worthless.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Subject<'a> {
    pub username: &'a str,
    pub realm: &'a str,
}

/// Hashes of a subject, old or new.
pub(super) struct Old<'a> {
    pub subject: Subject<'a>,
    pub ha1: &'a Ha1Pair,
}

/// What a file says of a secret.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub password: Option<&'a Password>,
    pub ha1: Option<&'a Ha1Entry>,
}

/// The hashes to keep: those given, or of the password given, or the old ones where it stays and they still fit.
pub(super) fn digest(
    place: &Place,
    subject: Subject<'_>,
    given: Given<'_>,
    old: Option<Old<'_>>,
) -> Result<Ha1Pair, Wrong> {
    if let Some(ha1) = given.ha1 {
        return match given.password {
            Some(Password(text)) if text != KEPT => {
                Err(place.at("ha1").wrong("`ha1` stands in the place of `password`: give one of them"))
            }
            Some(_) | None => exported(&place.at("ha1"), subject, ha1),
        };
    }
    let place = &place.at("password");
    match (given.password, old) {
        (Some(Password(text)), _) if text != KEPT => {
            check::password(place, subject.username, text)?;
            Ok(hashes(subject, text))
        }
        (_, Some(old)) if old.subject == subject => Ok(old.ha1.clone()),
        (_, Some(_)) => Err(place.wrong(format!(
            "the password of `{}` must be given again: only a hash is kept, and it holds for the old name or SIP domain",
            subject.username
        )).because(Cause::PasswordAgain)),
        (Some(_), None) => Err(place.wrong(format!("`{KEPT}` stands for a password that is there already; `{}` is new and needs one", subject.username)).because(Cause::PasswordAgain)),
        (None, None) => Err(place.wrong(format!("`{}` is new and needs `password = \"…\"`", subject.username)).because(Cause::PasswordAgain)),
    }
}

/// Hashes as an export wrote them.
fn exported(place: &Place, subject: Subject<'_>, ha1: &Ha1Entry) -> Result<Ha1Pair, Wrong> {
    let wanted = format!("{}@{}", subject.username, subject.realm);
    if ha1.of != wanted {
        return Err(place.at("of").wrong(format!(
            "these hashes are of `{}` and hold for nobody else; `{wanted}` needs its password",
            ha1.of
        )));
    }
    let hex = |key: &str, text: &str, digits: usize| {
        let is_hex = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let wrong = || place.at(key).wrong(format!("is no hash of {digits} hexadecimal digits"));
        is_hex.then(|| text.to_ascii_lowercase()).ok_or_else(wrong)
    };
    Ok(Ha1Pair { md5: hex("md5", &ha1.md5, 32)?, sha256: hex("sha256", &ha1.sha256, 64)? })
}

/// What to answer a trunk's challenges with.
pub(super) fn outbound(
    place: &Place,
    entry: &CredentialsOutEntry,
    old: Option<&OutboundCredentials>,
    key: &NodeKey,
) -> Result<OutboundCredentials, Wrong> {
    let username = entry.username.clone();
    if let Some(kept) = exported_outbound(place, entry, key)? {
        return Ok(OutboundCredentials { username, secret: kept });
    }
    let Some(Password(password)) = &entry.password else {
        return Err(
            place.wrong(format!("needs `password = \"…\"`, or `\"{KEPT}\"` for the one that is there"))
        );
    };
    let old = old.filter(|old| old.username == username);
    if password == KEPT {
        let fits = |old: &&OutboundCredentials| match (&old.secret, &entry.realm) {
            (OutboundSecret::Ha1 { realm, .. }, Some(wanted)) => realm == wanted,
            (OutboundSecret::Sealed(_), None) => true,
            (OutboundSecret::Ha1 { .. }, None) | (OutboundSecret::Sealed(_), Some(_)) => false,
        };
        return old.filter(fits).cloned().ok_or_else(|| {
            place
                .at("password")
                .wrong("the password must be given again: none is kept for this user name and realm")
                .because(Cause::PasswordAgain)
        });
    }
    if password.is_empty() {
        return Err(place.at("password").wrong("is empty").because(Cause::Empty));
    }
    let secret = match &entry.realm {
        Some(realm) => OutboundSecret::Ha1 {
            realm: realm.clone(),
            ha1: hashes(Subject { username: &username, realm }, password),
        },
        None => sealed(place, &username, password, old, key)?,
    };
    Ok(OutboundCredentials { username, secret })
}

/// What an export wrote in the place of a password; none: it is to be read.
fn exported_outbound(
    place: &Place,
    entry: &CredentialsOutEntry,
    key: &NodeKey,
) -> Result<Option<OutboundSecret>, Wrong> {
    let username = &entry.username;
    match (&entry.ha1, &entry.sealed, &entry.realm) {
        (None, None, _) => Ok(None),
        _ if entry.password.is_some() => {
            Err(place.at("password").wrong("`ha1` or `sealed` stands in its place: give one of them"))
        }
        (Some(ha1), None, Some(realm)) => {
            let ha1 = exported(&place.at("ha1"), Subject { username, realm }, ha1)?;
            Ok(Some(OutboundSecret::Ha1 { realm: realm.clone(), ha1 }))
        }
        (None, Some(sealed), None) => {
            let sealed = SealedSecret(sealed.clone());
            match key.open(username, &sealed) {
                Ok(_) => Ok(Some(OutboundSecret::Sealed(sealed))),
                Err(_) => Err(place.at("sealed").wrong(
                    "does not open with this node's key: another node sealed it, or for another user; give the password",
                )),
            }
        }
        (Some(_), ..) | (None, Some(_), Some(_)) => {
            Err(place.wrong("`ha1` goes with `realm`, and `sealed` without it"))
        }
    }
}

/// Sealing the same password again would look like a change: the old seal is kept if it opens to the same.
fn sealed(
    place: &Place,
    username: &str,
    password: &str,
    old: Option<&OutboundCredentials>,
    key: &NodeKey,
) -> Result<OutboundSecret, Wrong> {
    if let Some(OutboundSecret::Sealed(seal)) = old.map(|old| &old.secret)
        && key.open(username, seal).is_ok_and(|opened| opened == password)
    {
        return Ok(OutboundSecret::Sealed(seal.clone()));
    }
    key.seal(username, password)
        .map(OutboundSecret::Sealed)
        .map_err(|error| place.at("password").wrong(error))
}

fn hashes(subject: Subject<'_>, password: &str) -> Ha1Pair {
    let of = |algorithm| ha1(algorithm, subject.username, subject.realm, password);
    Ha1Pair { md5: of(Algorithm::Md5), sha256: of(Algorithm::Sha256) }
}
