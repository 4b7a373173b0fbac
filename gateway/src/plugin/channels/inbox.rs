//! Inboxes as administrators make and see them.

use std::collections::BTreeMap;

use rand::TryRngCore as _;
use serde_json::Value;

use crate::model::{
    Capabilities, Inbox, InboxAccount, InboxId, InboxState, Medium, OrganizationId, PlacementFault, QueueId,
    SealedSecret,
};
use crate::plugin::channels::{Channels, Idle, Working, fault};
use crate::plugin::fault::CallError;
use crate::plugin::form::{FieldFault, Filled};
use crate::plugin::host::Plugin;
use crate::plugin::manifest::{FieldKind, World};
use crate::plugin::unfit::Unfit;
use crate::plugin::wit::setup::{self, Account, SetupError};
use crate::store::StoreError;

/// Inboxes of one Organization.
pub const MAX_INBOXES: usize = 200;
/// Characters of a name and of a title.
const MAX_NAME: usize = 64;
const MAX_TITLE: usize = 120;

/// What an administrator wants of an inbox; what is `None` stays as it is.
#[derive(Debug, Default)]
pub struct InboxChange {
    pub name: Option<String>,
    pub title: Option<String>,
    pub queue: Option<Option<QueueId>>,
    pub enabled: Option<bool>,
    pub settings: BTreeMap<String, Value>,
}

/// Why an inbox is not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// The administrator's: this field.
    #[error(transparent)]
    Field(#[from] FieldFault),
    #[error("there is no such inbox")]
    NotThere,
    #[error("there are {MAX_INBOXES} inboxes: delete one first")]
    Full,
    /// The plugin cannot be asked now.
    #[error("the plugin could not look at the settings: {0}")]
    Plugin(CallError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the system gives no random bytes")]
    NoRandomness,
}

/// An inbox as an administrator sees it.
#[derive(Debug)]
pub struct InboxView {
    pub inbox: Inbox,
    /// How it is in this node at this moment.
    pub state: InboxState,
    pub fault: Option<PlacementFault>,
    /// Whether it is a widget on a website.
    pub live: bool,
    /// Its settings as they are shown: of secrets only whether they are there.
    pub settings: BTreeMap<String, Value>,
}

impl Channels {
    /// The inboxes of an Organization.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn inboxes(&self, organization: OrganizationId) -> Result<Vec<InboxView>, StoreError> {
        let inboxes = self.store().inboxes(organization).await?;
        Ok(inboxes.into_iter().map(|inbox| self.view(inbox)).collect())
    }

    /// One inbox.
    ///
    /// # Errors
    /// It is not there, or the database is away.
    pub async fn inbox(&self, organization: OrganizationId, id: InboxId) -> Result<InboxView, InboxError> {
        let inbox = self.store().inbox(organization, id).await?.ok_or(InboxError::NotThere)?;
        Ok(self.view(inbox))
    }

    /// Makes an inbox and connects it with its provider. A provider that cannot be asked now leaves it faulty, not unmade.
    ///
    /// # Errors
    /// A field is wrong, by the form or by the provider; nothing is made then.
    pub async fn make_inbox(
        &self,
        organization: OrganizationId,
        plugin: &str,
        change: InboxChange,
    ) -> Result<InboxView, InboxError> {
        let found = self.plugin_now(plugin, World::Channel).await;
        let plugin = found.ok_or_else(|| FieldFault::new("plugin", Unfit::NoPlugin))?;
        if self.store().inboxes(organization).await?.len() >= MAX_INBOXES {
            return Err(InboxError::Full);
        }
        let mut inbox = Inbox {
            id: InboxId(0),
            organization,
            name: String::new(),
            title: String::new(),
            plugin: plugin.manifest().name.clone(),
            queue: None,
            settings: BTreeMap::new(),
            secrets: BTreeMap::new(),
            enabled: true,
            state: InboxState::Faulty,
            fault: Some(fault::never_connected()),
            hook_key: hook_key()?,
            account: None,
            capabilities: manifest_capabilities(&plugin),
            poll_cursor: None,
        };
        self.fill(&mut inbox, &plugin, change)?;
        inbox.id = self.store().insert_inbox(&inbox).await.map_err(name_taken)?;
        if let Err(error) = self.connect(&mut inbox).await {
            self.store().delete_inbox(organization, inbox.id).await?;
            return Err(error);
        }
        self.store().update_inbox(&inbox).await?;
        self.inbox_changed(organization);
        Ok(self.view(inbox))
    }

    /// Changes an inbox, and connects it again: with nothing to change that is how a fault is tried again.
    ///
    /// # Errors
    /// A field is wrong; nothing is changed then.
    pub async fn change_inbox(
        &self,
        organization: OrganizationId,
        id: InboxId,
        change: InboxChange,
    ) -> Result<InboxView, InboxError> {
        let mut inbox = self.store().inbox(organization, id).await?.ok_or(InboxError::NotThere)?;
        match self.plugin(&inbox.plugin, World::Channel) {
            Some(plugin) => {
                self.fill(&mut inbox, &plugin, change)?;
                if inbox.enabled {
                    self.connect(&mut inbox).await?;
                }
            }
            None if change.settings.is_empty() => self.rename(&mut inbox, change)?,
            None => return Err(FieldFault::new("settings", Unfit::NoPlugin).into()),
        }
        if !self.store().update_inbox(&inbox).await.map_err(name_taken)? {
            return Err(InboxError::NotThere);
        }
        self.inbox_changed(organization);
        Ok(self.view(inbox))
    }

    /// Connects an inbox again as it stands. What an administrator changes meanwhile stays: he connects it himself.
    ///
    /// # Errors
    /// A field does not fit the plugin any more, or the database is away.
    pub async fn reconnect(&self, read: &Inbox) -> Result<(), InboxError> {
        let Some(plugin) = self.plugin(&read.plugin, World::Channel) else { return Ok(()) };
        let mut inbox = read.clone();
        self.fill(&mut inbox, &plugin, InboxChange::default())?;
        self.connect(&mut inbox).await?;
        if self.store().update_connection(read, &inbox).await? {
            self.inbox_changed(read.organization);
        }
        Ok(())
    }

    /// Deletes an inbox; its provider is told if it can be.
    ///
    /// # Errors
    /// It is not there, or the database is away.
    pub async fn delete_inbox(&self, organization: OrganizationId, id: InboxId) -> Result<Inbox, InboxError> {
        let inbox = self.store().inbox(organization, id).await?.ok_or(InboxError::NotThere)?;
        if !self.store().delete_inbox(organization, id).await? {
            return Err(InboxError::NotThere);
        }
        if let Ok(Working { placement, plugin, .. }) = self.working(inbox.clone()) {
            // What the provider still sends finds nobody.
            if let Err(error) = plugin.disconnect(&placement).await {
                tracing::info!(%error, inbox = id.0, "the provider was not told that the inbox is gone");
            }
            plugin.forget(&placement);
        }
        self.inbox_changed(organization);
        Ok(inbox)
    }

    fn inbox_changed(&self, organization: OrganizationId) {
        self.0.changed.notify_one();
        self.changed(organization, "inboxes");
    }

    fn rename(&self, inbox: &mut Inbox, change: InboxChange) -> Result<(), InboxError> {
        if let Some(name) = change.name {
            inbox.name = name.trim().to_owned();
        }
        if let Some(title) = change.title {
            inbox.title = title.trim().to_owned();
        }
        if let Some(enabled) = change.enabled {
            inbox.enabled = enabled;
        }
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
        if inbox.name.is_empty() || inbox.name.len() > MAX_NAME || !inbox.name.bytes().all(plain) {
            return Err(FieldFault::new("name", Unfit::NameLetters { most: MAX_NAME }).into());
        }
        if inbox.title.is_empty() || inbox.title.chars().count() > MAX_TITLE {
            return Err(FieldFault::new("title", Unfit::Characters { least: 1, most: MAX_TITLE }).into());
        }
        if let Some(queue) = change.queue {
            self.check_queue(inbox.organization, queue)?;
            inbox.queue = queue;
        }
        Ok(())
    }

    fn check_queue(&self, organization: OrganizationId, queue: Option<QueueId>) -> Result<(), FieldFault> {
        let Some(queue) = queue else { return Ok(()) };
        match self.directory().queue(organization, queue).map(|queue| queue.medium) {
            Some(Medium::Chat) => Ok(()),
            Some(Medium::Voice) => Err(FieldFault::new("queue_id", Unfit::VoiceQueue)),
            None => Err(FieldFault::new("queue_id", Unfit::NoQueue)),
        }
    }

    fn fill(&self, inbox: &mut Inbox, plugin: &Plugin, mut change: InboxChange) -> Result<(), InboxError> {
        let given = std::mem::take(&mut change.settings);
        self.rename(inbox, change)?;
        let key = &self.parts().key;
        let opened = |(name, sealed): (&String, &SealedSecret)| {
            // What another key sealed has to be filled in again.
            Some((name.clone(), key.open(&inbox.secret_label(name), sealed).ok()?))
        };
        let before = Filled {
            settings: inbox.settings.clone(),
            secrets: inbox.secrets.iter().filter_map(opened).collect(),
        };
        let filled =
            Filled::check(&plugin.manifest().settings, before, &given).map_err(FieldFault::of_settings)?;
        let sealed = filled.secrets.iter().map(|(name, secret)| {
            let sealed = key.seal(&inbox.secret_label(name), secret);
            Ok((name.clone(), sealed.map_err(|_| InboxError::NoRandomness)?))
        });
        inbox.secrets = sealed.collect::<Result<_, InboxError>>()?;
        inbox.settings = filled.settings;
        Ok(())
    }

    /// Asks the provider who we are, and keeps in `inbox` what it said.
    async fn connect(&self, inbox: &mut Inbox) -> Result<(), InboxError> {
        let working = match self.working(inbox.clone()) {
            Ok(working) => working,
            Err(Idle::Off) => return Ok(()),
            Err(idle @ (Idle::NoPlugin | Idle::OtherKey)) => {
                (inbox.state, inbox.fault) = (InboxState::Faulty, Some(idle.into()));
                return Ok(());
            }
        };
        if let Some(lack) = working.plugin.lacking(&inbox.settings) {
            (inbox.state, inbox.fault) = (InboxState::Faulty, Some(lack.into()));
            return Ok(());
        }
        let hook_url = self.hook_url(inbox);
        match working.plugin.connect(&working.placement, hook_url).await {
            Ok(Ok(account)) => {
                (inbox.state, inbox.fault) = (InboxState::Ready, None);
                inbox.capabilities = account
                    .capabilities
                    .as_ref()
                    .map_or_else(|| manifest_capabilities(&working.plugin), capabilities);
                inbox.account = Some(self::account(account, &working.plugin.manifest().version));
            }
            Ok(Err(SetupError::Field(fault))) => {
                return Err(FieldFault::new(&fault.name, Unfit::Said(fault.value)).of_settings().into());
            }
            Ok(Err(SetupError::Provider(error))) => {
                (inbox.state, inbox.fault) = (InboxState::Faulty, Some(fault::not_asked(&error)));
            }
            Err(CallError::NotGranted(lack)) => {
                (inbox.state, inbox.fault) = (InboxState::Faulty, Some(lack.into()));
            }
            Err(error) => {
                self.learn_call(inbox.organization, &error);
                return Err(InboxError::Plugin(error));
            }
        }
        Ok(())
    }

    /// Where the provider of an inbox calls, if this node can be reached.
    pub fn hook_url(&self, inbox: &Inbox) -> Option<String> {
        self.public_url().map(|url| format!("{url}/hooks/{}", inbox.hook_key))
    }

    fn view(&self, inbox: Inbox) -> InboxView {
        let plugin = self.plugin(&inbox.plugin, World::Channel);
        let (state, fault) = self.state_of(&inbox, plugin.as_deref());
        let mut settings: BTreeMap<String, Value> =
            inbox.settings.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
        let fields = plugin.iter().flat_map(|plugin| &plugin.manifest().settings);
        for field in fields {
            let shown = match field.kind {
                FieldKind::Secret if inbox.secrets.contains_key(&field.name) => Value::Bool(true),
                _ => Value::Null,
            };
            settings.entry(field.name.clone()).or_insert(shown);
        }
        let live = plugin.is_some_and(|plugin| plugin.granted().live);
        InboxView { inbox, state, fault, live, settings }
    }

    fn state_of(&self, inbox: &Inbox, plugin: Option<&Plugin>) -> (InboxState, Option<PlacementFault>) {
        if !inbox.enabled {
            return (InboxState::Off, None);
        }
        let (Some(plugin), Ok(placement)) = (plugin, self.placement(inbox)) else {
            let idle = if plugin.is_none() { Idle::NoPlugin } else { Idle::OtherKey };
            return (InboxState::Faulty, Some(idle.into()));
        };
        if let Some(lack) = plugin.lacking(&inbox.settings) {
            return (InboxState::Faulty, Some(lack.into()));
        }
        match plugin.resting(&placement) {
            Some(fault) if inbox.state != InboxState::Faulty => (InboxState::Resting, Some(fault.into())),
            Some(_) | None => (inbox.state, inbox.fault.clone()),
        }
    }
}

fn manifest_capabilities(plugin: &Plugin) -> Capabilities {
    plugin.manifest().capabilities.clone().unwrap_or_default()
}

fn account(account: Account, version: &str) -> InboxAccount {
    InboxAccount {
        id: account.id,
        title: account.title,
        remaining_steps: account.remaining_steps,
        plugin_version: version.to_owned(),
    }
}

fn capabilities(said: &setup::Capabilities) -> Capabilities {
    Capabilities {
        text_characters: said.text_characters,
        attachment_types: said.attachment_types.clone(),
        attachment_bytes: said.attachment_bytes,
        attachments: said.attachments,
        reply_window_s: said.reply_window_s,
        agent_window_s: said.agent_window_s,
        starts_conversations: said.starts_conversations,
        quote: said.quote,
        edit: said.edit,
        delete: said.delete,
        react: said.react,
        typing: said.typing,
        read_receipts: said.read_receipts,
        templates: said.templates,
        choices: said.choices,
        sends_per_second: said.sends_per_second,
        sends_per_person_per_minute: said.sends_per_person_per_minute,
    }
}

fn name_taken(error: StoreError) -> InboxError {
    match error {
        StoreError::Taken => FieldFault::new("name", Unfit::Taken).into(),
        error => error.into(),
    }
}

fn hook_key() -> Result<String, InboxError> {
    let mut bytes = [0; 16];
    rand::rngs::OsRng.try_fill_bytes(&mut bytes).map_err(|_| InboxError::NoRandomness)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
