//! Log-in, and who is logged in.

use serde_json::json;

use super::failed::LogInFault;
use super::{People, PeopleError, Turn, password, token};
use crate::model::{Actor, Login, LoginId, LoginKind, OrganizationId, User};
use crate::store::StoreError;

/// How long a login goes unseen before that is written down, in milliseconds: one write a minute, not one a request.
const TOUCH_AFTER_MS: i64 = 60_000;
/// Longest name of a browser or a program that is kept, in characters.
const NAME_CHARACTERS: usize = 200;
/// Tokens of programs that one organization may have.
pub const PROGRAMS_LIMIT: usize = 100;

/// Where a request comes from, and when.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Wall clock.
    pub now_ms: i64,
    /// Address.
    pub address: String,
    /// User-Agent.
    pub browser: String,
}

/// What was typed.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub email: &'a str,
    pub password: &'a str,
}

/// Somebody who has just logged in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// For the cookie; kept nowhere here.
    pub token: String,
    pub login: Login,
    pub user: User,
}

impl Origin {
    /// This user, acting from here.
    pub fn actor(&self, user: &User) -> Actor {
        Actor {
            organization: user.organization,
            at_ms: self.now_ms,
            user: Some(user.id),
            name: user.name.clone(),
            address: self.address.clone(),
        }
    }
}

impl People {
    /// Logs in; `None` if address or password is wrong, or the user may not, which the audit log says. Takes as long for an unknown
    /// address. `nobodys`: whose log has the addresses that nobody has.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn log_in(
        &self,
        turn: Turn,
        Asked { email, password }: Asked<'_>,
        origin: &Origin,
        nobodys: Option<OrganizationId>,
    ) -> Result<Option<SignedIn>, PeopleError> {
        let known = match super::email(email) {
            Some(email) => self.store.user_by_email(&email).await?,
            None => None,
        };
        let (user, hash) = known.map_or((None, None), |(user, hash)| (Some(user), hash));
        let is_right = password::is_right(turn, password, hash).await?;
        let fault = match &user {
            None => LogInFault::UnknownUser,
            Some(_) if !is_right => LogInFault::WrongPassword,
            Some(user) if !user.enabled => LogInFault::Disabled,
            Some(user) => return self.open(user.clone(), origin).await.map(Some),
        };
        self.note_failure((user.as_ref(), email), fault, origin, nobodys);
        Ok(None)
    }

    /// Makes a browser's login for somebody who has proved who he is.
    pub(super) async fn open(&self, user: User, origin: &Origin) -> Result<SignedIn, PeopleError> {
        let name = origin.browser.chars().filter(|c| !c.is_control()).take(NAME_CHARACTERS).collect();
        let expires_at_ms = Some(origin.now_ms + self.life_ms);
        let login = new_login(&user, (LoginKind::Browser, name), origin, expires_at_ms);
        let token = token::draw()?;
        let entry = origin.actor(&user).does("log_in", "user", user.id, json!({ "browser": login.name }));
        let id = self.insert(&token, &login, &entry).await?;
        Ok(SignedIn { token, login: Login { id, ..login }, user })
    }

    async fn insert(
        &self,
        token: &str,
        login: &Login,
        entry: &crate::model::AuditEntry,
    ) -> Result<LoginId, PeopleError> {
        let kept = token::kept(token).ok_or(PeopleError::Node("a token that is none"))?;
        Ok(self.store.insert_login(&kept, login, entry).await?)
    }

    /// Makes a token by which a program has the rights of `user`: the token, told once, and what is kept. `actor`: who makes it.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if the organization has as many as may be.
    pub async fn new_program(
        &self,
        user: &User,
        name: &str,
        actor: &Actor,
    ) -> Result<(String, Login), PeopleError> {
        if self.store.program_tokens(user.organization).await?.len() >= PROGRAMS_LIMIT {
            return Err(StoreError::Taken.into());
        }
        let origin = Origin { now_ms: actor.at_ms, address: actor.address.clone(), browser: String::new() };
        let login = new_login(user, (LoginKind::Program, name.to_owned()), &origin, None);
        let token = token::draw_program()?;
        let entry = actor.does("create", "token", name, json!({}));
        let id = self.insert(&token, &login, &entry).await?;
        Ok((token, Login { id, ..login }))
    }

    /// Whose token this is now, and notes that he was seen.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn signed(&self, token: &str, now_ms: i64) -> Result<Option<(Login, User)>, StoreError> {
        let Some(kept) = token::kept(token) else { return Ok(None) };
        let Some((mut login, user)) = self.store.login(&kept, now_ms).await? else { return Ok(None) };
        if now_ms - login.seen_at_ms >= TOUCH_AFTER_MS {
            login.seen_at_ms = now_ms;
            login.expires_at_ms = login.expires_at_ms.map(|_| now_ms + self.life_ms);
            self.store.touch_login(login.id, now_ms, login.expires_at_ms).await?;
        }
        Ok(Some((login, user)))
    }

    /// Ends a login.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn log_out(&self, login: &Login, user: &User, origin: &Origin) -> Result<(), StoreError> {
        let entry = origin.actor(user).does("log_out", "user", user.id, json!({}));
        self.store.delete_login(login, &entry).await
    }

    /// Changes one's own password; `false` if the current one is wrong. All other browsers are logged out.
    ///
    /// # Errors
    /// If the new one is none that may be taken, or the database is away.
    pub async fn change_password(
        &self,
        (user, login): (&User, &Login),
        (current, new): (&str, &str),
        origin: &Origin,
    ) -> Result<bool, PeopleError> {
        password::check(new, &user.email)?;
        let hash = self.store.user_by_email(&user.email).await?.and_then(|(_, hash)| hash);
        if !password::is_right(self.turn().await?, current, hash).await? {
            return Ok(false);
        }
        let entry = origin.actor(user).does("change_password", "user", user.id, json!({}));
        let hash = password::hash(self.turn().await?, new).await?;
        self.store.set_password(user, Some(&hash), Some(login.id), &entry).await?;
        Ok(true)
    }

    /// Gives a user the password that an administrator chose.
    ///
    /// # Errors
    /// If it is none that may be taken, or the database is away.
    pub async fn set_password(&self, user: &User, password: &str, actor: &Actor) -> Result<(), PeopleError> {
        password::check(password, &user.email)?;
        let hash = password::hash(self.turn().await?, password).await?;
        let entry = actor.does("set_password", "user", user.id, json!({}));
        Ok(self.store.set_password(user, Some(&hash), None, &entry).await?)
    }

    /// What a page must send beside its cookie.
    pub fn csrf(token: &str) -> String {
        token::csrf(token)
    }
}

fn new_login(
    user: &User,
    (kind, name): (LoginKind, String),
    origin: &Origin,
    expires_at_ms: Option<i64>,
) -> Login {
    Login {
        id: LoginId(0),
        organization: user.organization,
        user: user.id,
        kind,
        name,
        created_at_ms: origin.now_ms,
        seen_at_ms: origin.now_ms,
        expires_at_ms,
        address: origin.address.clone(),
    }
}
