//! A user, as far as it decides what he is given.

use crate::model::{Capacity, ExtensionId, Medium, OrganizationId, Permission, Role, UserId};

/// A user who may be asked to take Interactions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Agent {
    /// Row number.
    pub id: UserId,
    /// Owner.
    pub organization: OrganizationId,
    /// What colleagues and customers read.
    pub name: String,
    pub role: Role,
    /// Whose lasting browser Leg is his phone.
    pub extension: Option<ExtensionId>,
    /// Takes calls, in the browser.
    pub webrtc: bool,
    /// Takes conversations.
    pub omnichannel: bool,
    /// What he may have open at once.
    pub capacity: Capacity,
    /// Has a picture.
    pub has_photo: bool,
    /// `false`: cannot log in.
    pub enabled: bool,
}

impl Agent {
    /// What he may have open, given what he is equipped for: no calls without a phone, no conversations without leave for them.
    pub fn usable_capacity(&self) -> Capacity {
        Capacity {
            chats: if self.takes(Medium::Chat) { self.capacity.chats } else { 0 },
            calls: if self.takes(Medium::Voice) { self.capacity.calls } else { 0 },
        }
    }

    /// Whether he can be given this medium at all.
    pub fn takes(&self, medium: Medium) -> bool {
        match medium {
            Medium::Chat => self.enabled && self.omnichannel,
            Medium::Voice => self.enabled && self.webrtc && self.extension.is_some(),
        }
    }

    /// What he may do now; nothing once he is switched off.
    pub fn may(&self, permission: Permission) -> bool {
        self.enabled && self.role.may(permission)
    }

    /// Where his picture is served.
    pub fn photo_url(&self) -> Option<String> {
        self.has_photo.then(|| format!("/api/v1/users/{}/photo", self.id))
    }
}
