//! A sound that agents play into calls.

use serde::Serialize;
use utoipa::ToSchema;

row_id! {
    /// Row number of a [`SoundClip`].
    SoundClipId
}

/// Without its sound.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct SoundClip {
    pub id: SoundClipId,
    pub title: String,
    pub media_type: String,
    pub seconds: f64,
    /// What is said, where a program spoke it.
    pub text: Option<String>,
    /// Not offered to agents any more.
    pub archived: bool,
    pub created_at_ms: i64,
}
