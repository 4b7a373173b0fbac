//! The channels of a node: plugins, conversations, and what passes between them.

use std::sync::Arc;

use tokio::sync::watch;

use crate::chat::Chat;
use crate::config::Config;
use crate::feed::Feed;
use crate::model::Directory;
use crate::plugin::{ChannelParts, Channels, Host, HostOptions, LineHub, Powers};
use crate::routing::floor;
use crate::store::{NodeKey, Store};

/// What channels stand on.
pub struct Ground<'a> {
    pub config: &'a Config,
    pub store: &'a Store,
    pub key: &'a Arc<NodeKey>,
    pub feed: &'a Feed,
    pub floor: &'a floor::Handle,
    pub chat: &'a Chat,
    pub directory: &'a watch::Receiver<Arc<Directory>>,
}

/// Loads the plugins and puts the inboxes to work.
pub async fn start(ground: Ground<'_>) -> Channels {
    let lines = Arc::new(LineHub::default());
    let host = host(&ground, Arc::clone(&lines)).await;
    Channels::start(ChannelParts {
        host,
        store: ground.store.clone(),
        key: Arc::clone(ground.key),
        chat: ground.chat.clone(),
        floor: ground.floor.clone(),
        feed: ground.feed.clone(),
        directory: ground.directory.clone(),
        lines,
        data_dir: ground.config.node.data_dir.clone(),
        public_url: ground.config.web.public_url.clone(),
    })
}

/// A node without plugins still carries calls.
async fn host(ground: &Ground<'_>, lines: Arc<LineHub>) -> Option<Host> {
    let options = HostOptions::in_data_dir(&ground.config.node.data_dir);
    let powers = Powers { store: ground.store.clone(), chat: Some(ground.chat.clone()), lines: Some(lines) };
    match Host::start(options, powers).await {
        Ok(host) => {
            warn_without_channel(&host);
            Some(host)
        }
        Err(error) => {
            tracing::error!(%error, "no plugin can run on this node");
            None
        }
    }
}

/// Calls go on without; but nobody writes, and no inbox can be made.
fn warn_without_channel(host: &Host) {
    if host.has_channel() {
        return;
    }
    let folders: Vec<String> = host.library().folders().map(|folder| folder.display().to_string()).collect();
    tracing::warn!(
        plugin.folders = folders.join(", "),
        "no channel: no plugin for one lies in these folders, so no inbox can be made. Put the folder `plugins` of the release \
         beside the program, or build it with scripts/plugins; a running node takes plugins up within seconds"
    );
}
