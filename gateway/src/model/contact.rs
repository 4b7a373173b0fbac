//! Customers, and the names by which they are known.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::model::{ContactId, InboxId, OrganizationId, normalised_phone};

/// What stands for the inbox of an identity that means the same in all of them.
const EVERY_INBOX: InboxId = InboxId(0);

worded_enum! {
    /// What kind of name a person is known by.
    IdentityKind {
        Phone = "phone",
        Email = "email",
        /// A public handle without `@`, in lower case. People change it.
        Handle = "handle",
        /// The provider's own id of the person, stable within one inbox.
        Provider = "provider",
    }
}

/// Bytes of an identity.
const MAX_BYTES: usize = 320;

/// One name by which a person is known, in the form in which it is kept.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Identity {
    pub kind: IdentityKind,
    pub value: String,
}

/// Why a text is no identity.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("an e-mail address has one @ with something on both sides")]
    Email,
    #[error("it is empty")]
    Empty,
    #[error("it has more than 320 bytes")]
    Long,
    #[error("a telephone number has digits, and a + in front where it names its country")]
    Phone,
}

impl Identity {
    /// The form in which it is kept: numbers as [`normalised_phone`], addresses and handles in lower case.
    ///
    /// # Errors
    /// If the text is none of that kind.
    pub fn new(kind: IdentityKind, text: &str, country_prefix: Option<&str>) -> Result<Self, IdentityError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(IdentityError::Empty);
        }
        if text.len() > MAX_BYTES {
            return Err(IdentityError::Long);
        }
        let value = match kind {
            IdentityKind::Phone => normalised_phone(text, country_prefix).ok_or(IdentityError::Phone)?,
            IdentityKind::Email => email(text).ok_or(IdentityError::Email)?,
            IdentityKind::Handle => text.trim_start_matches('@').to_lowercase(),
            IdentityKind::Provider => text.to_owned(),
        };
        Ok(Self { kind, value })
    }

    /// In which inbox it means somebody: numbers and addresses mean the same everywhere.
    pub const fn inbox(&self, inbox: InboxId) -> InboxId {
        match self.kind {
            IdentityKind::Phone | IdentityKind::Email => EVERY_INBOX,
            IdentityKind::Handle | IdentityKind::Provider => inbox,
        }
    }
}

fn email(text: &str) -> Option<String> {
    let (local, domain) = text.rsplit_once('@')?;
    let whole = !local.is_empty() && !domain.is_empty() && !text.contains(char::is_whitespace);
    whole.then(|| text.to_lowercase())
}

/// An identity in its row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ContactIdentity {
    pub id: i64,
    pub kind: IdentityKind,
    pub value: String,
    /// 0 where it means the same in every inbox.
    pub inbox_id: InboxId,
}

/// A customer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Contact {
    pub id: ContactId,
    #[serde(skip)]
    pub organization: OrganizationId,
    /// As he is called; empty while nobody knows it.
    pub name: String,
    /// BCP 47.
    pub language: Option<String>,
    pub photo_url: Option<String>,
    pub identities: Vec<ContactIdentity>,
    pub attributes: BTreeMap<String, String>,
    pub created_at_ms: i64,
    pub updated_at_ms: i64,
}

/// What a person without a name is called: his number, his address, his handle; the last resort is a number of ours.
pub fn title_of(name: Option<&str>, identities: &[Identity], visitor: i64) -> String {
    let named = name.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
    let kinds = [IdentityKind::Phone, IdentityKind::Email, IdentityKind::Handle];
    let known = || {
        let of = |kind| identities.iter().find(move |identity| identity.kind == kind);
        kinds.into_iter().find_map(of).map(|identity| identity.value.clone())
    };
    named.or_else(known).unwrap_or_else(|| format!("Visitor {visitor}"))
}

/// A text without case and the accents of Latin letters, to find `José` by `jose`.
pub fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(plain).collect()
}

const fn plain(letter: char) -> char {
    match letter {
        'à'..='å' => 'a',
        'ç' => 'c',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ñ' => 'n',
        'ò'..='ö' => 'o',
        'ù'..='ü' => 'u',
        'ý' | 'ÿ' => 'y',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(kind: IdentityKind, text: &str) -> Result<String, IdentityError> {
        Identity::new(kind, text, Some("+55")).map(|identity| identity.value)
    }

    #[test]
    fn an_identity_is_kept_in_one_form() {
        assert_eq!(identity(IdentityKind::Email, " Ana@Example.COM ").unwrap(), "ana@example.com");
        assert_eq!(identity(IdentityKind::Handle, "@Ana").unwrap(), "ana");
        assert_eq!(identity(IdentityKind::Phone, "11 98765-4321").unwrap(), "+5511987654321");
        assert_eq!(identity(IdentityKind::Provider, "BR.15Xy").unwrap(), "BR.15Xy");
    }

    #[test]
    fn what_is_none_is_refused() {
        assert_eq!(identity(IdentityKind::Email, "ana"), Err(IdentityError::Email));
        assert_eq!(identity(IdentityKind::Email, "a b@c"), Err(IdentityError::Email));
        assert_eq!(identity(IdentityKind::Phone, "anonymous"), Err(IdentityError::Phone));
        assert_eq!(identity(IdentityKind::Provider, "  "), Err(IdentityError::Empty));
        assert_eq!(identity(IdentityKind::Provider, &"x".repeat(321)), Err(IdentityError::Long));
    }

    #[test]
    fn a_person_is_called_by_what_is_known() {
        let phone = Identity { kind: IdentityKind::Phone, value: "+55119".to_owned() };
        let id = Identity { kind: IdentityKind::Provider, value: "42".to_owned() };
        let both = [id.clone(), phone];
        assert_eq!(title_of(Some("Ana"), &both, 7), "Ana");
        assert_eq!(title_of(Some(" "), &both, 7), "+55119");
        assert_eq!(title_of(None, &[id], 7), "Visitor 7");
    }

    #[test]
    fn accents_do_not_hide_anybody() {
        assert_eq!(folded("José da CONCEIÇÃO"), "jose da conceicao");
    }
}
