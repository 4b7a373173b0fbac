//! A user and an extension of his, made in one step.

use serde_json::json;

use crate::api::Web;
use crate::api::problem::Problem;
use crate::api::v1::extensions::draw_password;
use crate::api::v1::signed::Signed;
use crate::api::v1::site::TRIES;
use crate::model::{AuditEntry, Permission, User, UserId, difference};
use crate::site::{self, Change, Entry};
use crate::store::StoreError;

/// Makes both or neither; the password of the extension is told this once.
///
/// # Errors
/// Not allowed, the number or the address is taken or wrong, or the database is away.
pub async fn insert(
    web: &Web,
    signed: &Signed,
    (user, entry): (&User, AuditEntry),
    number: &str,
) -> Result<(UserId, String), Problem> {
    signed.may(Permission::ManageTelephony)?;
    let password = draw_password()?;
    let mut row = Entry::new();
    for (key, value) in [("number", number), ("display_name", &user.name), ("password", &password)] {
        row.insert(key.to_owned(), json!(value));
    }
    let mut tries = 0;
    loop {
        let current = web.store.load_directory().await?;
        let changed =
            site::change(&current, signed.organization, Change::AddExtension(row.clone()), &web.key)
                .map_err(|error| Problem::from(error).at("new_extension"))?;
        let planned = signed.does("create", "extension", number, difference(&changed.before, &changed.after));
        tries += 1;
        let plan = (&changed.plan, &planned, number);
        match web.store.insert_user_with_extension(user, entry.clone(), plan).await {
            Ok(id) => return Ok((id, password)),
            Err(StoreError::Changed { .. }) if tries < TRIES => {}
            Err(error) => return Err(error.into()),
        }
    }
}
