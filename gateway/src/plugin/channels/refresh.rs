//! A plugin that comes in another version, or is granted what it lacked, takes its inboxes along at once: they are connected
//! again, so that what it can do now is what people may do.

use crate::model::{Inbox, InboxState, OrganizationId, PlacementFault};
use crate::plugin::channels::Channels;
use crate::plugin::channels::inbox::InboxError;
use crate::plugin::manifest::World;

/// Looks at all inboxes when the node starts, and whenever a plugin was loaded.
pub async fn run(channels: Channels) {
    let Some(mut loads) = channels.host().map(|host| host.loads()) else { return };
    loop {
        loads.borrow_and_update();
        let organizations: Vec<OrganizationId> =
            channels.directory().organizations().iter().map(|organization| organization.id).collect();
        for organization in organizations {
            refresh(&channels, organization).await;
        }
        if loads.changed().await.is_err() {
            return;
        }
    }
}

async fn refresh(channels: &Channels, organization: OrganizationId) {
    let inboxes = match channels.store().inboxes(organization).await {
        Ok(inboxes) => inboxes,
        Err(error) => {
            tracing::warn!(%error, "the inboxes of plugins that were loaded cannot be read");
            return;
        }
    };
    for inbox in inboxes.into_iter().filter(|inbox| is_stale(channels, inbox)) {
        match channels.reconnect(&inbox).await {
            Ok(()) => {}
            Err(InboxError::Field(fault)) => {
                let fault = PlacementFault::from(&fault);
                if let Err(error) = channels.say_state(&inbox, InboxState::Faulty, Some(&fault)).await {
                    tracing::warn!(%error, inbox = inbox.id.0, "the state of an inbox could not be kept");
                }
            }
            Err(error) => {
                tracing::warn!(%error, inbox = inbox.id.0, "an inbox was not connected again: save it once more");
            }
        }
    }
}

/// Whether its plugin is another one by now, or may have got what it lacked.
fn is_stale(channels: &Channels, inbox: &Inbox) -> bool {
    let Some(plugin) = channels.plugin(&inbox.plugin, World::Channel) else { return false };
    let connected_by = inbox.account.as_ref().map_or("", |account| account.plugin_version.as_str());
    inbox.enabled && (inbox.state == InboxState::Faulty || connected_by != plugin.manifest().version)
}
