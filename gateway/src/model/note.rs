//! What agents write down about an Interaction.

use serde::Serialize;
use utoipa::ToSchema;

use crate::model::{Author, ContactId, InteractionId};

row_id! {
    /// Row number of a [`Note`].
    NoteId
}

/// For agents' eyes only.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Note {
    pub id: NoteId,
    pub interaction_id: InteractionId,
    pub contact_id: Option<ContactId>,
    /// None: a rule wrote it.
    pub author: Option<Author>,
    pub text: String,
    pub at_ms: i64,
}
