//! What people write down about an Interaction.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::visible;
use crate::api::body::JsonBody;
use crate::api::problem::{Code, Problem};
use crate::api::v1::Signed;
use crate::api::v1::extract::At;
use crate::api::{Web, wall_ms};
use crate::model::{ContactId, DispositionId, InteractionId, Permission};
use crate::routing::floor::view::InteractionView;
use crate::store::{ContactOutcome, InteractionEdit};

/// Tags of one Interaction, and characters of one.
const TAGS_LIMIT: usize = 20;
const TAG_LIMIT: usize = 40;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeInteraction {
    /// All of them, at most 20; one has at most 40 characters and no comma.
    tags: Option<Vec<String>>,
    disposition_id: Option<DispositionId>,
    /// What is known of the visitor, an object.
    visitor: Option<Value>,
    /// Whose it is: a contact that there is.
    contact_id: Option<ContactId>,
}

/// Changes tags, disposition, contact or what is known of the visitor; also after the end.
#[utoipa::path(patch, path = "/interactions/{id}", tag = "interactions", params(("id" = InteractionId, Path)),
    request_body = ChangeInteraction, responses((status = 200, body = InteractionView)))]
pub async fn patch(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<InteractionId>,
    JsonBody(asked): JsonBody<ChangeInteraction>,
) -> Result<Json<InteractionView>, Problem> {
    let old = visible(&web, &signed, id).await?;
    let own = old.agent.as_ref().is_some_and(|agent| agent.id == signed.user.0);
    if !own && !signed.role.may(Permission::Supervise) {
        return Err(Problem::forbidden("Only the agent who has it, or a supervisor, writes here.")
            .coded(Code::NotYours));
    }
    if let Some(disposition) = asked.disposition_id
        && !old.dispositions.iter().any(|one| one.id == disposition.0)
    {
        return Err(Problem::wrong("disposition_id", "There is no such disposition in this queue.")
            .coded(Code::DispositionNotOffered));
    }
    if asked.visitor.as_ref().is_some_and(|visitor| !visitor.is_object()) {
        return Err(Problem::wrong("visitor", "This is no object."));
    }
    if let Some(contact) = asked.contact_id {
        associate(&web, &signed, id, contact).await?;
    }
    let tags = asked.tags.as_deref().map(checked_tags).transpose()?;
    let edit = InteractionEdit { tags, disposition: asked.disposition_id, visitor: asked.visitor };
    let by = (signed.user, wall_ms());
    if !web.store.edit_interaction((signed.organization, id), &edit, by).await? {
        return Err(Problem::not_found("interaction"));
    }
    web.floor.changed(signed.organization, id).await;
    Ok(Json(visible(&web, &signed, id).await?))
}

async fn associate(web: &Web, signed: &Signed, id: InteractionId, contact: ContactId) -> Result<(), Problem> {
    signed.may(Permission::EditContacts)?;
    match web.store.associate_contact(signed.organization, id, contact).await? {
        ContactOutcome::Written(_) => Ok(()),
        ContactOutcome::Taken { .. } | ContactOutcome::Missing => {
            Err(Problem::wrong("contact_id", "There is no such contact.").coded(Code::NoContact))
        }
    }
}

fn checked_tags(tags: &[String]) -> Result<Vec<String>, Problem> {
    let wrong = || {
        let detail = format!("At most {TAGS_LIMIT} tags of 1 to {TAG_LIMIT} characters without a comma.");
        Problem::wrong("tags", detail)
            .coded(Code::TagsWrong)
            .with("most", TAGS_LIMIT)
            .with("longest", TAG_LIMIT)
    };
    let fits = |tag: &&str| {
        (1..=TAG_LIMIT).contains(&tag.chars().count()) && !tag.contains(|c: char| c == ',' || c.is_control())
    };
    let tags: Vec<&str> = tags.iter().map(|tag| tag.trim()).collect();
    if tags.len() > TAGS_LIMIT || !tags.iter().all(fits) {
        return Err(wrong());
    }
    Ok(tags.into_iter().map(str::to_owned).collect())
}
