//! Customers.

mod asked;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asked, At};
use super::page::{Items, PageQuery};
use super::seen::{reader_of, seen};
use super::signed::Signed;
use crate::api::body::JsonBody;
use crate::api::problem::{Code, Problem};
use crate::api::{Web, wall_ms};
use crate::feed::Audience;
use crate::model::{
    self, ContactId, ContactIdentity, Identity, InteractionId, OrganizationId, Permission, folded, title_of,
};
use crate::routing::floor::view::InteractionView;
use crate::store::{ContactOutcome, ContactPlace, InteractionFilter};

pub use asked::{ChangeContact, NewContact};

/// Bytes of JSON with a contact.
const CONTACT_BODY: usize = 64 << 10;
/// Letters of what is looked for, at least and in bytes at most.
const SEARCH: std::ops::RangeInclusive<usize> = 3..=200;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, patch, delete))
        .routes(routes!(interactions))
}

/// A customer.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Contact {
    id: ContactId,
    /// His name; what he is known by where nobody knows it.
    name: String,
    photo_url: Option<String>,
    /// BCP 47.
    language: Option<String>,
    identities: Vec<ContactIdentity>,
    attributes: std::collections::BTreeMap<String, String>,
    created_at_ms: i64,
}

impl From<model::Contact> for Contact {
    fn from(contact: model::Contact) -> Self {
        let known = |one: &ContactIdentity| Identity { kind: one.kind, value: one.value.clone() };
        let identities: Vec<_> = contact.identities.iter().map(known).collect();
        Self {
            id: contact.id,
            name: title_of(Some(&contact.name), &identities, contact.id.0),
            photo_url: contact.photo_url,
            language: contact.language,
            identities: contact.identities,
            attributes: contact.attributes,
            created_at_ms: contact.created_at_ms,
        }
    }
}

/// Whom somebody looks for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ContactQuery {
    /// A part of the name, of a number or of an address, 3 letters at least; all contacts where nothing is said.
    pub q: Option<String>,
    /// Rows at most, 1 to 100; 50 where nothing is said.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// Contacts by name.
#[utoipa::path(get, path = "/contacts", tag = "contacts", params(ContactQuery), responses((status = 200, body = Items<Contact>)))]
pub async fn list(
    State(web): State<Web>,
    signed: Signed,
    Asked(query): Asked<ContactQuery>,
) -> Result<Json<Items<Contact>>, Problem> {
    signed.may(Permission::Attend)?;
    let text = query.q.as_deref().map(str::trim).filter(|text| !text.is_empty());
    if let Some(text) = text
        && (text.chars().count() < *SEARCH.start() || text.len() > *SEARCH.end())
    {
        return Err(Problem::wrong("q", "Look for at least 3 letters.").coded(Code::SearchShort));
    }
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let after = page.after::<(String, i64)>()?.map(|(search, id)| ContactPlace { search, id });
    let rows = web.store.contacts(signed.organization, text, after.as_ref(), page.rows()).await?;
    let key = |contact: &model::Contact| (folded(&contact.name), contact.id.0);
    Ok(Json(page.page(rows, key, Contact::from)))
}

/// Makes a contact, and the contact of an Interaction if one is named.
#[utoipa::path(post, path = "/contacts", tag = "contacts", request_body = NewContact, responses((status = 201, body = Contact)))]
pub async fn create(
    State(web): State<Web>,
    signed: Signed,
    JsonBody(asked): JsonBody<NewContact, CONTACT_BODY>,
) -> Result<(StatusCode, Json<Contact>), Problem> {
    signed.may(Permission::EditContacts)?;
    if let Some(id) = asked.interaction_id {
        seen(&web, &signed, id).await?;
    }
    let country = web.store.country_prefix(signed.organization).await?;
    let fields = asked.fields()?;
    let identities = asked.identities(country.as_deref())?;
    check_inboxes(&web, &signed, &identities).await?;
    let made = web
        .store
        .create_contact(signed.organization, &fields, &identities, asked.interaction_id, wall_ms())
        .await?;
    let id = written(&web, &signed, made, &identities).await?;
    if let Some(interaction) = asked.interaction_id {
        web.floor.changed(signed.organization, interaction).await;
    }
    Ok((StatusCode::CREATED, Json(told(&web, signed.organization, id).await?)))
}

/// A contact.
#[utoipa::path(get, path = "/contacts/{id}", tag = "contacts", params(("id" = ContactId, Path)), responses((status = 200, body = Contact)))]
pub async fn get(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<ContactId>,
) -> Result<Json<Contact>, Problem> {
    signed.may(Permission::Attend)?;
    Ok(Json(found(&web, signed.organization, id).await?))
}

/// Changes a contact. Of its identities those of providers stay, whatever the list says.
#[utoipa::path(patch, path = "/contacts/{id}", tag = "contacts", params(("id" = ContactId, Path)), request_body = ChangeContact,
    responses((status = 200, body = Contact)))]
pub async fn patch(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<ContactId>,
    JsonBody(asked): JsonBody<ChangeContact, CONTACT_BODY>,
) -> Result<Json<Contact>, Problem> {
    signed.may(Permission::EditContacts)?;
    let country = web.store.country_prefix(signed.organization).await?;
    let change = asked.change(country.as_deref())?;
    let identities = change.identities.clone().unwrap_or_default();
    check_inboxes(&web, &signed, &identities).await?;
    let outcome = web.store.update_contact(signed.organization, id, &change, wall_ms()).await?;
    let id = written(&web, &signed, outcome, &identities).await?;
    Ok(Json(told(&web, signed.organization, id).await?))
}

/// Deletes a contact; what was said with him stays.
#[utoipa::path(delete, path = "/contacts/{id}", tag = "contacts", params(("id" = ContactId, Path)), responses((status = 204)))]
pub async fn delete(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<ContactId>,
) -> Result<StatusCode, Problem> {
    signed.may(Permission::EditContacts)?;
    let entry = signed.does("delete", "contact", id, json!({}));
    if !web.store.delete_contact(signed.organization, id, &entry).await? {
        return Err(Problem::not_found("contact"));
    }
    Ok(StatusCode::NO_CONTENT)
}

/// What there was with a contact, newest first. Who serves him now sees all of it.
#[utoipa::path(get, path = "/contacts/{id}/interactions", tag = "contacts", params(("id" = ContactId, Path), PageQuery),
    responses((status = 200, body = Items<InteractionView>)))]
pub async fn interactions(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<ContactId>,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Items<InteractionView>>, Problem> {
    signed.may(Permission::Attend)?;
    found(&web, signed.organization, id).await?;
    let reader = reader_of(&web, &signed, id).await?;
    let before = query.after::<i64>()?.map(InteractionId);
    let filter = InteractionFilter { contact: Some(id), before, ..InteractionFilter::default() };
    let rows = web.floor.interactions(signed.organization, reader, &filter, query.rows()).await?;
    Ok(Json(query.page(rows, |row| row.id, |row| row)))
}

async fn found(web: &Web, organization: OrganizationId, id: ContactId) -> Result<Contact, Problem> {
    let contact = web.store.contact(organization, id).await?;
    contact.map(Contact::from).ok_or_else(|| Problem::not_found("contact"))
}

/// The contact as it is now, which everybody is told.
async fn told(web: &Web, organization: OrganizationId, id: ContactId) -> Result<Contact, Problem> {
    let contact = found(web, organization, id).await?;
    web.feed.publish(organization, Audience::Everybody, "contact", &contact);
    Ok(contact)
}

/// The contact that was written.
///
/// # Errors
/// It was not: somebody has one of the identities already.
async fn written(
    web: &Web,
    signed: &Signed,
    outcome: ContactOutcome,
    identities: &[(model::InboxId, Identity)],
) -> Result<ContactId, Problem> {
    match outcome {
        ContactOutcome::Written(id) => Ok(id),
        ContactOutcome::Missing => Err(Problem::not_found("contact")),
        ContactOutcome::Taken { at, by } => {
            let value = identities.get(at).map(|(_, identity)| identity.value.as_str()).unwrap_or_default();
            let name = found(web, signed.organization, by).await?.name;
            let detail = format!("{value} belongs to {name} already (contact {by}).");
            Err(Problem::conflict("Somebody else's", detail)
                .at("identities")
                .coded(Code::IdentityElsewhere)
                .with("value", value)
                .with("name", name))
        }
    }
}

/// A handle means somebody in one inbox only, which must be one of the Organization.
async fn check_inboxes(
    web: &Web,
    signed: &Signed,
    identities: &[(model::InboxId, Identity)],
) -> Result<(), Problem> {
    for (inbox, identity) in identities {
        let inbox = identity.inbox(*inbox);
        if inbox.0 != 0 && !web.store.has_inbox(signed.organization, inbox).await? {
            return Err(Problem::wrong(
                "identities",
                "A handle needs `inbox_id`, of an inbox that there is.",
            )
            .coded(Code::HandleNeedsInbox));
        }
    }
    Ok(())
}
