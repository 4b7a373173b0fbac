//! Links by which somebody sets his password, once.

use serde_json::json;

use super::{Origin, People, PeopleError, SignedIn, Turn, password, token};
use crate::model::{Actor, Language, LinkPurpose, User};
use crate::store::Store;

const MS_PER_H: i64 = 3_600_000;
/// Life of a link for a first password, in hours: whoever gets it may be away for a week.
const SETUP_H: i64 = 7 * 24;
/// Life of a link for a new password, in hours.
const RESET_H: i64 = 24;

/// Makes a link for this user, which makes his older ones worthless; its token is kept nowhere here.
///
/// # Errors
/// If the database is away.
pub async fn make_link(
    store: &Store,
    user: &User,
    purpose: LinkPurpose,
    actor: &Actor,
) -> Result<String, PeopleError> {
    let life_h = match purpose {
        LinkPurpose::Setup => SETUP_H,
        LinkPurpose::Reset => RESET_H,
    };
    let token = token::draw()?;
    let kept = token::kept(&token).ok_or(PeopleError::Node("a token that is none"))?;
    let entry = actor.does("link", "user", user.id, json!({ "purpose": purpose }));
    let terms = (purpose, actor.at_ms + life_h * MS_PER_H);
    store.insert_link(&kept, user, terms, &entry).await?;
    Ok(token)
}

impl People {
    /// Whose link this is, and why he got it.
    ///
    /// # Errors
    /// [`PeopleError::LinkGone`] if it is nobody's, used or over.
    pub async fn link(&self, token: &str, now_ms: i64) -> Result<(User, LinkPurpose), PeopleError> {
        let kept = token::kept(token).ok_or(PeopleError::LinkGone)?;
        self.store.link(&kept, now_ms).await?.ok_or(PeopleError::LinkGone)
    }

    /// Sets the password of whoever has the link, and the language that he has chosen beside it, and logs him in.
    ///
    /// # Errors
    /// As [`People::link`], or the password is none that may be taken.
    pub async fn use_link(
        &self,
        turn: Turn,
        token: &str,
        (password, language): (&str, Option<Language>),
        origin: &Origin,
    ) -> Result<SignedIn, PeopleError> {
        let (mut user, purpose) = self.link(token, origin.now_ms).await?;
        password::check(password, &user.email)?;
        let hash = password::hash(turn, password).await?;
        let kept = token::kept(token).ok_or(PeopleError::LinkGone)?;
        let entry = origin.actor(&user).does("set_password", "user", user.id, json!({ "link": purpose }));
        if !self.store.use_link(&kept, &user, &hash, &entry).await? {
            return Err(PeopleError::LinkGone);
        }
        if let Some(language) = language.filter(|language| *language != user.language) {
            let detail = json!({ "language": [user.language, language] });
            user.language = language;
            self.store.set_own(&user, origin.actor(&user).does("change", "user", user.id, detail)).await?;
        }
        self.open(user, origin).await
    }
}
