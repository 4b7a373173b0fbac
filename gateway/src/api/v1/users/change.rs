//! What may be said of a user, and what of that cannot be right.

use serde::Deserialize;
use utoipa::ToSchema;

use super::Capacity;
use crate::api::body::present;
use crate::api::problem::{Code, Problem};
use crate::api::v1::signed::Signed;
use crate::model::{self, Directory, ExtensionId, Language, OrganizationId, QueueId, Role, User, UserId};
use crate::people;

/// Most conversations that anybody may be said to have room for.
const CHATS_LIMIT: u32 = 100;

/// A new user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    name: String,
    email: String,
    role: Role,
    /// Number of an extension that is nobody's.
    extension: Option<String>,
    /// Number of an extension that is made with him, both or neither; in the place of `extension`.
    pub new_extension: Option<String>,
    /// Whether the browser carries his calls; yes where nothing is said.
    webrtc: Option<bool>,
    /// Whether he may attend chats; needs `webrtc`; yes where nothing is said and `webrtc` is.
    omnichannel: Option<bool>,
    language: Option<Language>,
    capacity: Option<Capacity>,
    /// Queues that he is a member of.
    queues: Option<Vec<QueueId>>,
}

/// A change of a user: what is not named stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeUser {
    name: Option<String>,
    email: Option<String>,
    role: Option<Role>,
    /// `null`: none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    extension: Option<Option<String>>,
    webrtc: Option<bool>,
    omnichannel: Option<bool>,
    language: Option<Language>,
    capacity: Option<Capacity>,
    /// All queues that he is a member of.
    queues: Option<Vec<QueueId>>,
    enabled: Option<bool>,
}

impl NewUser {
    /// The queues that he is a member of.
    pub fn queues(&self, signed: &Signed, directory: &Directory) -> Result<Vec<QueueId>, Problem> {
        Ok(queues(self.queues.as_deref(), signed, directory)?.unwrap_or_default())
    }

    /// The row, without a number.
    pub fn user(self, signed: &Signed, directory: &Directory) -> Result<User, Problem> {
        if self.extension.is_some() && self.new_extension.is_some() {
            return Err(Problem::wrong(
                "new_extension",
                "He has one extension: name one that is there, or a new one.",
            ));
        }
        let webrtc = self.webrtc.unwrap_or(true);
        let user = User {
            id: UserId(0),
            organization: signed.organization,
            email: String::new(),
            name: String::new(),
            role: self.role,
            extension: None,
            webrtc,
            omnichannel: self.omnichannel.unwrap_or(webrtc),
            language: self.language.unwrap_or(signed.person.language),
            photo_type: None,
            capacity: model::Capacity::default(),
            enabled: true,
            created_at_ms: signed.origin.now_ms,
        };
        let rest = ChangeUser {
            name: Some(self.name),
            email: Some(self.email),
            role: None,
            extension: Some(self.extension),
            webrtc: None,
            omnichannel: None,
            language: None,
            capacity: self.capacity,
            queues: None,
            enabled: None,
        };
        rest.applied(&user, directory)
    }
}

impl ChangeUser {
    /// The queues that he is a member of from now on; `None`: as they are.
    pub fn queues(&self, signed: &Signed, directory: &Directory) -> Result<Option<Vec<QueueId>>, Problem> {
        queues(self.queues.as_deref(), signed, directory)
    }

    /// The user as he shall be.
    pub fn applied(self, old: &User, directory: &Directory) -> Result<User, Problem> {
        let mut user = old.clone();
        if let Some(name) = &self.name {
            Problem::unless_seen("name", name)?;
            user.name = people::person_name(name).ok_or_else(|| {
                Problem::wrong("name", "A name is one line of 1 to 120 bytes.").coded(Code::PersonNameWrong)
            })?;
        }
        if let Some(email) = &self.email {
            user.email = people::email(email).ok_or_else(|| {
                Problem::wrong("email", "This is no e-mail address.").coded(Code::EmailWrong)
            })?;
        }
        if let Some(number) = self.extension {
            user.extension =
                number.map(|number| extension(directory, old.organization, &number)).transpose()?;
        }
        if let Some(asked) = self.capacity {
            user.capacity = capacity(asked)?;
        }
        user.role = self.role.unwrap_or(user.role);
        user.webrtc = self.webrtc.unwrap_or(user.webrtc);
        user.omnichannel = self.omnichannel.unwrap_or(user.omnichannel);
        user.language = self.language.unwrap_or(user.language);
        user.enabled = self.enabled.unwrap_or(user.enabled);
        if user.omnichannel && !user.webrtc {
            let why =
                "Without WebRTC a user cannot be enabled for omnichannel use: switch both on, or both off.";
            return Err(Problem::wrong("omnichannel", why));
        }
        Ok(user)
    }
}

fn queues(
    asked: Option<&[QueueId]>,
    signed: &Signed,
    directory: &Directory,
) -> Result<Option<Vec<QueueId>>, Problem> {
    let Some(asked) = asked else { return Ok(None) };
    let mut queues = asked.to_vec();
    queues.sort_unstable();
    queues.dedup();
    match queues.iter().find(|id| directory.queue(signed.organization, **id).is_none()) {
        Some(id) => Err(Problem::wrong("queues", format!("There is no queue {id}.")).coded(Code::NoQueue)),
        None => Ok(Some(queues)),
    }
}

fn extension(
    directory: &Directory,
    organization: OrganizationId,
    number: &str,
) -> Result<ExtensionId, Problem> {
    let found = directory.extension(organization, number);
    found
        .map(|row| row.id)
        .ok_or_else(|| Problem::wrong("extension", "There is no such extension.").coded(Code::NoExtension))
}

fn capacity(asked: Capacity) -> Result<model::Capacity, Problem> {
    if asked.chats > CHATS_LIMIT {
        return Err(Problem::wrong("capacity", "At most 100 chats at once.")
            .coded(Code::AtMost)
            .with("most", CHATS_LIMIT));
    }
    if asked.calls > 1 {
        return Err(Problem::wrong("capacity", "At most one call at once.")
            .coded(Code::AtMost)
            .with("most", 1));
    }
    Ok(model::Capacity { chats: asked.chats, calls: asked.calls })
}
