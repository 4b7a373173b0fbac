//! A person who logs in.

use crate::model::{Capacity, ExtensionId, OrganizationId, Permission, Role};

row_id! {
    /// A person who logs in.
    UserId
}

worded_enum! {
    /// What the console speaks to a user.
    Language {
        En = "en",
        PtBr = "pt-BR",
    }
}

/// A person who logs in. The password's hash is not in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    /// Row number.
    pub id: UserId,
    /// Owner.
    pub organization: OrganizationId,
    /// Unique over all organizations, in lower case.
    pub email: String,
    /// What people read.
    pub name: String,
    /// What the user may do.
    pub role: Role,
    /// Whose Seat is this user's; no two users share one.
    pub extension: Option<ExtensionId>,
    /// Whether the browser carries his calls.
    pub webrtc: bool,
    /// Whether he may be a member of chat queues. Needs `webrtc`.
    pub omnichannel: bool,
    /// What the console speaks to him.
    pub language: Language,
    /// Media type of his photo, where he has one.
    pub photo_type: Option<String>,
    /// What he may have open at once.
    pub capacity: Capacity,
    /// `false`: cannot log in, and whatever was logged in is not any more.
    pub enabled: bool,
    /// When the row was made.
    pub created_at_ms: i64,
}

impl User {
    /// Whether his role allows it.
    pub fn may(&self, permission: Permission) -> bool {
        self.role.may(permission)
    }
}
