//! The first start: nobody could log in, so somebody gets a link.

use serde_json::json;

use super::{PeopleError, make_link};
use crate::model::{
    Actor, Capacity, Language, LinkPurpose, Organization, OrganizationId, RecordingRule, Role, User, UserId,
};
use crate::store::{SitePlan, Store, StoreError};

/// What an organization is called that nobody has named yet. `.internal` is kept for private use.
const NAME: &str = "ramal";
const TITLE: &str = "My company";
const SIP_DOMAIN: &str = "ramal.internal";
const RING_TIMEOUT_S: u32 = 30;

/// Where nobody has a password yet: the token of a new link for the administrator of the first organization, who is made if need be, as the
/// organization is. `None` where somebody has one.
///
/// # Errors
/// If the database is away.
pub async fn first_administrator(store: &Store, now_ms: i64) -> Result<Option<String>, PeopleError> {
    if store.has_password().await? {
        return Ok(None);
    }
    let organization = match first_organization(store).await? {
        Some(organization) => organization,
        None => make_organization(store).await?,
    };
    let actor = Actor {
        organization: organization.id,
        at_ms: now_ms,
        user: None,
        name: "first start".to_owned(),
        address: String::new(),
    };
    let users = store.all_users().await?;
    let known = users.into_iter().find(|user| {
        user.organization == organization.id && user.role == Role::Administrator && user.enabled
    });
    let user = match known {
        Some(user) => user,
        None => make_administrator(store, &organization, &actor).await?,
    };
    make_link(store, &user, LinkPurpose::Setup, &actor).await.map(Some)
}

/// The one with the lowest number.
async fn first_organization(store: &Store) -> Result<Option<Organization>, StoreError> {
    let directory = store.load_directory().await?;
    Ok(directory.organizations().iter().min_by_key(|organization| organization.id).cloned())
}

async fn make_organization(store: &Store) -> Result<Organization, PeopleError> {
    let organization = Organization {
        id: OrganizationId(-1),
        name: NAME.to_owned(),
        title: TITLE.to_owned(),
        sip_domain: SIP_DOMAIN.to_owned(),
        recording: RecordingRule::Inherit,
        announcements: None,
        ring_timeout_s: RING_TIMEOUT_S,
        country: crate::model::ToneCountry::Brazil,
        recording_days: None,
    };
    let plan = SitePlan {
        based_on_revision: store.revision().await?,
        organizations: vec![organization],
        extensions: Vec::new(),
        trunks: Vec::new(),
        rules: Vec::new(),
    };
    store.apply(&plan).await?;
    first_organization(store).await?.ok_or(PeopleError::Node("the first organization could not be made"))
}

async fn make_administrator(
    store: &Store,
    organization: &Organization,
    actor: &Actor,
) -> Result<User, PeopleError> {
    let user = User {
        id: UserId(0),
        organization: organization.id,
        email: format!("admin@{}", organization.sip_domain),
        name: "Administrator".to_owned(),
        role: Role::Administrator,
        extension: None,
        webrtc: true,
        omnichannel: true,
        language: Language::PtBr,
        photo_type: None,
        capacity: Capacity::default(),
        enabled: true,
        created_at_ms: actor.at_ms,
    };
    let entry = actor.does("create", "user", "", json!({ "email": user.email, "role": user.role }));
    let id = store.insert_user(&user, entry).await?;
    Ok(User { id, ..user })
}
