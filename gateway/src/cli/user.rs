//! `ramal user`: people who log in, through the database; a running node sees the change at once.

use clap::Subcommand;
use serde_json::json;

use crate::api::link;
use crate::cli::CliError;
use crate::config::{Config, WebConfig};
use crate::model::{
    Actor, Capacity, Directory, Language, LinkPurpose, Organization, OrganizationId, Role, User, UserId,
};
use crate::people::{self, People, PeopleError, make_link};
use crate::store::{Store, StoreError};

/// What to do with users.
#[derive(Subcommand)]
pub enum UserCommand {
    /// Lists the users of all organizations.
    List {
        #[arg(long)]
        json: bool,
    },
    /// Makes a user and prints the link by which he sets his password.
    Add {
        email: String,
        /// What people read; the address where it is left out.
        #[arg(long)]
        name: Option<String>,
        /// `administrator`, `supervisor` or `agent`
        #[arg(long, default_value = "agent")]
        role: Role,
        /// Short name of the organization; may be left out where there is one.
        #[arg(long)]
        organization: Option<String>,
    },
    /// Takes a user's password away and prints the link by which he sets another.
    Reset { email: String },
    /// Makes a token by which a program has a user's rights, and prints it, once: `Authorization: Bearer TOKEN`.
    Token {
        email: String,
        /// What the token is called where tokens are listed and deleted.
        #[arg(long, default_value = "command line")]
        name: String,
    },
    /// Logs a user out everywhere and lets him in no more.
    Disable { email: String },
    /// Lets a disabled user in again.
    Enable { email: String },
}

/// Does it.
///
/// # Errors
/// The database is away, or there is no such user or organization.
pub async fn run(config: &Config, command: UserCommand) -> Result<(), CliError> {
    let store = Store::open(&config.database.url(&config.node.data_dir)).await.map_err(CliError::message)?;
    store.migrate().await.map_err(CliError::message)?;
    let outcome = match command {
        UserCommand::List { json } => list(&store, json).await,
        UserCommand::Add { email, name, role, organization } => {
            let new = New { email, name, role, organization };
            add(&store, &config.web, new).await
        }
        UserCommand::Reset { email } => reset(&store, &config.web, &email).await,
        UserCommand::Token { email, name } => token(&store, &email, &name).await,
        UserCommand::Disable { email } => set_enabled(&store, &email, false).await,
        UserCommand::Enable { email } => set_enabled(&store, &email, true).await,
    };
    store.close().await;
    outcome
}

struct New {
    email: String,
    name: Option<String>,
    role: Role,
    organization: Option<String>,
}

async fn list(store: &Store, as_json: bool) -> Result<(), CliError> {
    let directory = store.load_directory().await.map_err(CliError::message)?;
    let users = store.all_users().await.map_err(CliError::message)?;
    let organization = |id| directory.organization(id).map_or("?", |row| row.name.as_str());
    if as_json {
        let rows: Vec<_> = users
            .iter()
            .map(|user| {
                json!({ "id": user.id, "organization": organization(user.organization), "email": user.email,
                    "name": user.name, "role": user.role, "enabled": user.enabled })
            })
            .collect();
        println!("{}", json!(rows));
        return Ok(());
    }
    for user in users {
        let state = if user.enabled { "" } else { "  disabled" };
        println!("{}  {}  {}  {}{state}", organization(user.organization), user.email, user.role, user.name);
    }
    Ok(())
}

async fn add(store: &Store, web: &WebConfig, new: New) -> Result<(), CliError> {
    let directory = store.load_directory().await.map_err(CliError::message)?;
    let organization = named_organization(&directory, new.organization.as_deref())?;
    let email = people::email(&new.email)
        .ok_or_else(|| CliError::message(format!("`{}` is no e-mail address", new.email)))?;
    let name = people::person_name(new.name.as_deref().unwrap_or(&email))
        .ok_or_else(|| CliError::message("a name is one line of 1 to 120 bytes"))?;
    let actor = actor(organization.id);
    let user = User {
        id: UserId(0),
        organization: organization.id,
        email,
        name,
        role: new.role,
        extension: None,
        webrtc: true,
        omnichannel: true,
        language: Language::PtBr,
        photo_type: None,
        capacity: Capacity::default(),
        enabled: true,
        created_at_ms: actor.at_ms,
    };
    let entry = actor.does("create", "user", "", json!({ "email": user.email, "role": user.role }));
    let id = store.insert_user(&user, entry).await.map_err(CliError::message)?;
    print_link(store, web, &User { id, ..user }, LinkPurpose::Setup).await
}

async fn reset(store: &Store, web: &WebConfig, email: &str) -> Result<(), CliError> {
    print_link(store, web, &known(store, email).await?, LinkPurpose::Reset).await
}

async fn token(store: &Store, email: &str, name: &str) -> Result<(), CliError> {
    let user = known(store, email).await?;
    if !user.enabled {
        return Err(CliError::message(format!("{} is disabled: `ramal user enable` first", user.email)));
    }
    let name =
        people::person_name(name).ok_or_else(|| CliError::message("a name is one line of 1 to 120 bytes"))?;
    // A program's token does not end by itself: the life of browsers' logins means nothing here.
    let made = People::new(store.clone(), 1).new_program(&user, &name, &actor(user.organization)).await;
    let (token, _) = made.map_err(|error| match error {
        PeopleError::Store(StoreError::Taken) => {
            CliError::message("the organization has 100 tokens: delete one first (Administration, Tokens)")
        }
        error => CliError::message(error),
    })?;
    // Alone on standard output, for scripts.
    eprintln!("A program with this token has the rights of {}. It is shown this once:", user.email);
    println!("{token}");
    Ok(())
}

async fn set_enabled(store: &Store, email: &str, enabled: bool) -> Result<(), CliError> {
    let user = User { enabled, ..known(store, email).await? };
    let entry = actor(user.organization).does("change", "user", user.id, json!({ "enabled": enabled }));
    store.update_user(&user, entry).await.map_err(CliError::message)?;
    println!("{} is {}.", user.email, if enabled { "enabled" } else { "disabled and logged out" });
    Ok(())
}

async fn print_link(
    store: &Store,
    web: &WebConfig,
    user: &User,
    purpose: LinkPurpose,
) -> Result<(), CliError> {
    let token =
        make_link(store, user, purpose, &actor(user.organization)).await.map_err(CliError::message)?;
    println!("{} sets a password here, once:\n  {}", user.email, link(&web.address(web.listen), &token));
    Ok(())
}

async fn known(store: &Store, email: &str) -> Result<User, CliError> {
    let unknown = || CliError::message(format!("there is no user `{email}`; `ramal user list` shows them"));
    let address = people::email(email).ok_or_else(unknown)?;
    let found = store.user_by_email(&address).await.map_err(CliError::message)?;
    found.map(|(user, _)| user).ok_or_else(unknown)
}

fn named_organization<'a>(
    directory: &'a Directory,
    name: Option<&str>,
) -> Result<&'a Organization, CliError> {
    let all = directory.organizations();
    let names = || all.iter().map(|row| row.name.as_str()).collect::<Vec<_>>().join(", ");
    match (name, all) {
        (Some(name), _) => all.iter().find(|row| row.name == name).ok_or_else(|| {
            CliError::message(format!("there is no organization `{name}`; there are: {}", names()))
        }),
        (None, [one]) => Ok(one),
        (None, []) => {
            Err(CliError::message("there is no organization yet: `ramal apply` or `ramal serve` makes one"))
        }
        (None, _) => Err(CliError::message(format!("say --organization, one of: {}", names()))),
    }
}

pub(super) fn actor(organization: OrganizationId) -> Actor {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Actor {
        organization,
        at_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        user: None,
        name: "command line".to_owned(),
        address: String::new(),
    }
}
