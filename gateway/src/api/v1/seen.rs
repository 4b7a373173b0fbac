//! Who may look at what was said in an Interaction.

use super::interactions::reader;
use super::signed::Signed;
use crate::api::Web;
use crate::api::problem::Problem;
use crate::model::{ContactId, InteractionId, Permission};
use crate::store::Reader;

/// Whether he may see it: his own, what waits in his queues, all if his role reads all; and the history of a contact whom
/// he is serving.
///
/// # Errors
/// 404 where he may not, as for one that does not exist.
pub async fn seen(web: &Web, signed: &Signed, id: InteractionId) -> Result<(), Problem> {
    signed.may(Permission::Attend)?;
    let found = web.store.named_interaction(signed.organization, reader(signed), id).await?;
    if found.is_some() || web.store.serves_same_contact(signed.organization, signed.user, id).await? {
        return Ok(());
    }
    Err(Problem::not_found("interaction"))
}

/// As whom he reads the history of a contact: whoever serves him reads all of it.
///
/// # Errors
/// The database is away.
pub async fn reader_of(web: &Web, signed: &Signed, contact: ContactId) -> Result<Reader, Problem> {
    if web.store.serves_contact(signed.organization, signed.user, contact).await? {
        return Ok(Reader::All);
    }
    Ok(reader(signed))
}
