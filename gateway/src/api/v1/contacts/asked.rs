//! What is asked for of a contact, and whether it can be right.

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::body::present;
use crate::api::problem::{Code, Problem};
use crate::model::{Identity, IdentityKind, InboxId, InteractionId};
use crate::store::{ContactChange, ContactFields};

/// Characters of a name.
const NAME_LIMIT: usize = 200;
/// Identities of one contact.
const IDENTITIES_LIMIT: usize = 32;
/// Attributes of one contact, and bytes of name and value of one.
const ATTRIBUTES_LIMIT: usize = 64;
const ATTRIBUTE_BYTES: (usize, usize) = (128, 2_048);
/// Bytes of a language.
const LANGUAGE_BYTES: usize = 35;

/// One name by which a person is known.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskedIdentity {
    /// Its row, where it is known already; not looked at.
    #[serde(default, rename = "id")]
    _id: Option<i64>,
    kind: IdentityKind,
    value: String,
    /// For a handle: where it means him.
    #[serde(default)]
    inbox_id: Option<InboxId>,
}

/// A new contact.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewContact {
    name: String,
    #[serde(default)]
    identities: Vec<AskedIdentity>,
    language: Option<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    /// Whose contact he is from now on.
    pub interaction_id: Option<InteractionId>,
}

/// A change of a contact: what is missing stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeContact {
    name: Option<String>,
    /// All that he is known by from now on, but for the ids of providers, which stay.
    identities: Option<Vec<AskedIdentity>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    language: Option<Option<String>>,
    attributes: Option<BTreeMap<String, String>>,
}

impl NewContact {
    /// # Errors
    /// What cannot be right.
    pub fn fields(&self) -> Result<ContactFields, Problem> {
        Ok(ContactFields {
            name: name(&self.name)?,
            language: self.language.as_deref().map(language).transpose()?,
            attributes: attributes(&self.attributes)?,
        })
    }

    /// # Errors
    /// What cannot be right.
    pub fn identities(&self, country: Option<&str>) -> Result<Vec<(InboxId, Identity)>, Problem> {
        if self.identities.iter().any(|one| one.kind == IdentityKind::Provider) {
            return Err(Problem::wrong("identities", "A provider's id comes with a message, not by hand."));
        }
        identities(&self.identities, country)
    }
}

impl ChangeContact {
    /// # Errors
    /// What cannot be right.
    pub fn change(&self, country: Option<&str>) -> Result<ContactChange, Problem> {
        let language = match &self.language {
            Some(Some(text)) => Some(Some(language(text)?)),
            Some(None) => Some(None),
            None => None,
        };
        Ok(ContactChange {
            name: self.name.as_deref().map(name).transpose()?,
            language,
            attributes: self.attributes.as_ref().map(attributes).transpose()?,
            identities: self.identities.as_ref().map(|all| identities(all, country)).transpose()?,
        })
    }
}

fn name(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    Problem::unless_seen("name", text)?;
    if (1..=NAME_LIMIT).contains(&text.chars().count()) {
        Ok(text.to_owned())
    } else {
        Err(Problem::wrong("name", format!("1 to {NAME_LIMIT} characters."))
            .coded(Code::CharactersBetween)
            .with("least", 1)
            .with("most", NAME_LIMIT))
    }
}

fn language(text: &str) -> Result<String, Problem> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let fits = (2..=LANGUAGE_BYTES).contains(&text.len()) && text.chars().all(plain);
    if fits {
        Ok(text.to_owned())
    } else {
        Err(Problem::wrong("language", "Such as pt-BR or en.").coded(Code::LanguageWrong))
    }
}

fn attributes(all: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Problem> {
    let (name_bytes, value_bytes) = ATTRIBUTE_BYTES;
    let fits = |(name, value): (&String, &String)| {
        (1..=name_bytes).contains(&name.len()) && value.len() <= value_bytes
    };
    if all.len() <= ATTRIBUTES_LIMIT && all.iter().all(fits) {
        return Ok(all.clone());
    }
    let detail = format!(
        "At most {ATTRIBUTES_LIMIT}, each with a name of at most {name_bytes} and a value of at most {value_bytes} bytes."
    );
    Err(Problem::wrong("attributes", detail))
}

/// Those of providers are left out: what there is of them stays, and no others can be made by hand.
fn identities(all: &[AskedIdentity], country: Option<&str>) -> Result<Vec<(InboxId, Identity)>, Problem> {
    if all.len() > IDENTITIES_LIMIT {
        return Err(Problem::wrong("identities", format!("At most {IDENTITIES_LIMIT}."))
            .coded(Code::AtMost)
            .with("most", IDENTITIES_LIMIT));
    }
    let own = all.iter().filter(|one| one.kind != IdentityKind::Provider);
    own.map(|one| {
        let identity = Identity::new(one.kind, &one.value, country)
            .map_err(|error| Problem::wrong("identities", format!("{}: {error}.", one.value)))?;
        let inbox = one.inbox_id.unwrap_or(InboxId(0));
        if one.kind == IdentityKind::Handle && inbox.0 == 0 {
            return Err(Problem::wrong(
                "identities",
                "A handle needs `inbox_id`, of an inbox that there is.",
            )
            .coded(Code::HandleNeedsInbox));
        }
        Ok((inbox, identity))
    })
    .collect()
}
