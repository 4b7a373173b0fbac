//! What a plan takes from people: extensions that users of the console have, and that a file does not name.

use std::fmt;

use crate::model::{Directory, ExtensionId};
use crate::store::SitePlan;

/// An extension that goes, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Name of the organization.
    pub organization: String,
    pub number: String,
    /// What people call the user.
    pub user: String,
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} of user {}", self.organization, self.number, self.user)
    }
}

/// Extensions of users that the plan deletes. Where a whole organization goes its users go too, and nobody is left to miss them.
pub fn taken_from_users(current: &Directory, plan: &SitePlan) -> Vec<Taken> {
    let stays =
        current.organizations().iter().filter(|one| plan.organizations.iter().any(|kept| kept.id == one.id));
    let gone = stays.flat_map(|organization| {
        let extensions = current.extensions(organization.id);
        extensions
            .filter(|row| !plan.extensions.iter().any(|kept| kept.id == row.id))
            .map(move |row| (organization, row))
    });
    gone.filter_map(|(organization, row)| {
        Some(Taken {
            organization: organization.name.clone(),
            number: row.number.clone(),
            user: owner(current, row.id)?,
        })
    })
    .collect()
}

/// Whose extension it is, as one line.
pub(super) fn owner(current: &Directory, extension: ExtensionId) -> Option<String> {
    let organization = current.extension_by_id(extension)?.organization;
    let user = current.agents(organization).find(|user| user.extension == Some(extension))?;
    Some(user.name.chars().filter(|c| !c.is_control()).collect())
}
