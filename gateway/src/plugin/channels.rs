//! Channels at work: what providers and pages bring goes to the chat, what the chat asks goes to providers.
//!
//! The row of an inbox is the truth and is read for each delivery: a change of settings, on whatever node it was made, holds
//! from the next one on.

mod arrival;
mod fault;
mod fetch;
mod hook;
mod inbox;
mod lines;
mod open_line;
mod outbox;
mod pace;
mod poll;
mod refresh;
mod rule;
pub mod translate;

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;
use tokio::sync::{Notify, watch};

use crate::chat::{Chat, ChatError};
use crate::feed::{Audience, Feed};
use crate::model::{Directory, Inbox, InboxState, OrganizationId, Permission, PlacementFault};
use crate::plugin::channels::translate::Notice;
use crate::plugin::fault::CallError;
use crate::plugin::host::{Host, Plugin};
use crate::plugin::manifest::World;
use crate::plugin::placement::Placement;
use crate::plugin::wit::inbound::Event;
use crate::plugin::wit::outbound::SendError;
use crate::routing::floor;
use crate::store::{NodeKey, Store, StoreError};

pub use hook::HookRefusal;
pub use inbox::{InboxChange, InboxError, InboxView, MAX_INBOXES};
pub use lines::LineHub;
pub use open_line::OpenLine;
pub use rule::{RuleChange, RuleView};

/// What channels need of the node.
pub struct ChannelParts {
    /// None where no plugin can run.
    pub host: Option<Host>,
    pub store: Store,
    pub key: Arc<NodeKey>,
    pub chat: Chat,
    pub floor: floor::Handle,
    pub feed: Feed,
    pub directory: watch::Receiver<Arc<Directory>>,
    pub lines: Arc<LineHub>,
    /// Where files of customers are kept.
    pub data_dir: PathBuf,
    /// Where providers reach this node, without a slash at its end.
    pub public_url: Option<String>,
}

/// The channels of a node. Cheap to clone.
#[derive(Clone)]
pub struct Channels(Arc<Shared>);

struct Shared {
    parts: ChannelParts,
    /// Rung when an inbox was made or changed here: who polls looks at once.
    changed: Notify,
}

/// An inbox with what it takes to ask its plugin.
#[derive(Clone)]
pub struct Working {
    pub inbox: Inbox,
    pub placement: Arc<Placement>,
    pub plugin: Arc<Plugin>,
}

/// Why an inbox or rule does not work.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Idle {
    #[error("it is switched off")]
    Off,
    #[error("its plugin is not installed on this node, or cannot be loaded")]
    NoPlugin,
    #[error("its secrets cannot be opened with this node's key: fill them in again")]
    OtherKey,
}

/// Why a delivery was not taken.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Chat(#[from] ChatError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Channels {
    /// Starts what runs by itself: polls, the outbox, and the lines that a stopped node left behind.
    pub fn start(parts: ChannelParts) -> Self {
        let channels = Self(Arc::new(Shared { parts, changed: Notify::new() }));
        tokio::spawn(poll::run(channels.clone()));
        tokio::spawn(outbox::run(channels.clone()));
        tokio::spawn(refresh::run(channels.clone()));
        tokio::spawn(fetch::run(channels.clone()));
        tokio::spawn(lines::close_left_behind(channels.clone()));
        channels
    }

    /// The host of plugins, where it runs.
    pub fn host(&self) -> Option<&Host> {
        self.0.parts.host.as_ref()
    }

    /// Where providers reach this node, if they do.
    pub fn public_url(&self) -> Option<&str> {
        self.0.parts.public_url.as_deref()
    }

    fn parts(&self) -> &ChannelParts {
        &self.0.parts
    }

    fn store(&self) -> &Store {
        &self.0.parts.store
    }

    fn plugin(&self, name: &str, world: World) -> Option<Arc<Plugin>> {
        self.host()?.plugin(name).filter(|plugin| plugin.manifest().world == world)
    }

    /// The same, also where it was installed a moment ago.
    async fn plugin_now(&self, name: &str, world: World) -> Option<Arc<Plugin>> {
        self.host()?.plugin_now(name).await.filter(|plugin| plugin.manifest().world == world)
    }

    /// Puts an inbox to work.
    fn working(&self, inbox: Inbox) -> Result<Working, Idle> {
        if !inbox.enabled {
            return Err(Idle::Off);
        }
        let plugin = self.plugin(&inbox.plugin, World::Channel).ok_or(Idle::NoPlugin)?;
        let placement = self.placement(&inbox)?;
        Ok(Working { inbox, placement, plugin })
    }

    fn placement(&self, inbox: &Inbox) -> Result<Arc<Placement>, Idle> {
        let key = &self.parts().key;
        let secrets = inbox.secrets.iter().map(|(name, sealed)| {
            let opened = key.open(&inbox.secret_label(name), sealed).map_err(|_| Idle::OtherKey)?;
            Ok((name.clone(), opened))
        });
        Ok(Arc::new(Placement {
            organization: inbox.organization,
            owner: inbox.owner(),
            inbox: Some(inbox.id),
            settings: inbox.settings.clone(),
            secrets: secrets.collect::<Result<_, Idle>>()?,
        }))
    }

    /// Gives the chat what a plugin brought. After an `Ok` it is stored.
    async fn deliver(&self, working: &Working, events: Vec<Event>) -> Result<(), DeliveryError> {
        let (events, notices) = translate::events(events);
        for notice in notices {
            self.heed(&working.inbox, notice).await?;
        }
        if events.is_empty() {
            return Ok(());
        }
        let (channels, inbox) = (self.clone(), working.inbox.clone());
        // A task of its own: who delivers may hang up between the commit and the routing.
        let task = tokio::spawn(async move {
            let chat = &channels.parts().chat;
            let begun = chat.receive(inbox.organization, inbox.id, events, wall_ms()).await?;
            arrival::welcome(&channels, &inbox, begun).await;
            Ok(())
        });
        task.await.unwrap_or(Err(ChatError::Stopped.into()))
    }

    async fn heed(&self, inbox: &Inbox, notice: Notice) -> Result<(), StoreError> {
        match notice {
            Notice::Alarm(words) => self.say_state(inbox, inbox.state, Some(&fault::alarm(words))).await,
            // Templates are asked for when somebody looks at them.
            Notice::TemplatesChanged => Ok(()),
        }
    }

    /// Keeps how an inbox is, and tells administrators if that is news.
    async fn say_state(
        &self,
        inbox: &Inbox,
        state: InboxState,
        fault: Option<&PlacementFault>,
    ) -> Result<(), StoreError> {
        if inbox.state == state && inbox.fault.as_ref() == fault {
            return Ok(());
        }
        if self.store().set_inbox_state(inbox, state, fault).await? {
            tracing::info!(inbox = inbox.id.0, state = state.as_str(), "an inbox is in another state");
            self.changed(inbox.organization, "inboxes");
        }
        Ok(())
    }

    /// What the provider said tells how the inbox is.
    async fn learn(&self, inbox: &Inbox, outcome: Result<(), &SendError>) {
        let said = match outcome {
            Ok(()) if inbox.state == InboxState::Faulty => {
                self.say_state(inbox, InboxState::Ready, None).await
            }
            Err(SendError::Unauthorized(reason)) => {
                self.say_state(inbox, InboxState::Faulty, Some(&fault::token_refused(reason))).await
            }
            Ok(()) | Err(_) => Ok(()),
        };
        if let Err(error) = said {
            tracing::warn!(%error, inbox = inbox.id.0, "the state of an inbox could not be kept");
        }
    }

    /// A request was refused that the plugin is not granted: the inbox says so until it is.
    async fn learn_lack(&self, inbox: &Inbox, error: &CallError) {
        let CallError::NotGranted(lack) = error else { return };
        let fault = lack.clone().into();
        if let Err(error) = self.say_state(inbox, InboxState::Faulty, Some(&fault)).await {
            tracing::warn!(%error, inbox = inbox.id.0, "the state of an inbox could not be kept");
        }
    }

    /// A fault of a plugin shows on the administrators' screens at once.
    fn learn_call(&self, organization: OrganizationId, error: &CallError) {
        if matches!(error, CallError::Failed(_)) {
            self.changed(organization, "inboxes");
            self.changed(organization, "plugins");
        }
    }

    fn changed(&self, organization: OrganizationId, what: &'static str) {
        let permission = match what {
            "plugins" | "rules" => Permission::ManagePlugins,
            _ => Permission::ManageInboxes,
        };
        self.parts().feed.publish(
            organization,
            Audience::Permitted(permission),
            "changed",
            json!({ "what": what }),
        );
    }

    fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.parts().directory.borrow())
    }
}

fn wall_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
