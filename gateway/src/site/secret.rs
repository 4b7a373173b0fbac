//! From passwords to what is kept of them.

use ramal_sip::auth::{Algorithm, ha1};

use super::KEPT;
use super::check::{self, Place};
use super::file::{CredentialsOutEntry, Password};
use crate::config::fault::{Cause, Wrong};
use crate::model::{Ha1Pair, OutboundCredentials, OutboundSecret};
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

/// The hashes to keep: of the password given, or the old ones where it stays and they still fit.
pub(super) fn digest(
    place: &Place,
    subject: Subject<'_>,
    password: Option<&Password>,
    old: Option<Old<'_>>,
) -> Result<Ha1Pair, Wrong> {
    match (password, old) {
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

/// What to answer a trunk's challenges with.
pub(super) fn outbound(
    place: &Place,
    entry: &CredentialsOutEntry,
    old: Option<&OutboundCredentials>,
    key: &NodeKey,
) -> Result<OutboundCredentials, Wrong> {
    let username = entry.username.clone();
    let Password(password) = &entry.password;
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
