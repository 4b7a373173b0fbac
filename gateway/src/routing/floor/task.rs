//! The shell: one task that owns the floors, and its mailboxes.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::handle::Handle;
use super::moment::Moment;
use super::order::Addressed;
use super::state::Floor;
use super::view::VISITOR_GRACE_MS;
use super::voice::{VoiceEvent, VoiceOrder};
use crate::feed::Feed;
use crate::model::Directory;
use crate::store::Store;

/// Orders that may wait for the floor; who orders waits for room.
const ORDERS_LIMIT: usize = 4_096;
/// Numbers of offers of one run of the process, for each millisecond between two starts.
const OFFERS_PER_MS: i64 = 1_000;

/// How long people may be away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// An agent whose browser is gone keeps what he has for so long.
    pub agent_grace: Duration,
    /// A visitor who left the page may come back for so long.
    pub visitor_grace_ms: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { agent_grace: Duration::from_secs(60), visitor_grace_ms: VISITOR_GRACE_MS }
    }
}

/// What the floor needs.
#[derive(Debug)]
pub struct Parts {
    pub store: Store,
    pub feed: Feed,
    pub directory: watch::Receiver<Arc<Directory>>,
    pub settings: Settings,
    pub voice_events: mpsc::Receiver<VoiceEvent>,
    pub voice_orders: mpsc::Sender<VoiceOrder>,
}

/// Finds the floor as its rows say, and starts it.
pub async fn start(mut parts: Parts) -> Handle {
    let (sender, orders) = mpsc::channel(ORDERS_LIMIT);
    let at = Moment::now();
    let directory = Arc::clone(&parts.directory.borrow_and_update());
    let mut floor = Floor {
        store: parts.store.clone(),
        feed: parts.feed.clone(),
        directory: Arc::clone(&directory),
        settings: parts.settings,
        desks: Default::default(),
        calls: Default::default(),
        engaged: Default::default(),
        voice: parts.voice_orders,
        own: sender.downgrade(),
        offer_base: at.wall_ms.saturating_mul(OFFERS_PER_MS),
    };
    floor.take_over(at, directory).await;
    let handle = Handle::new(sender, parts.store, parts.feed, parts.directory.clone(), parts.settings);
    tokio::spawn(run(floor, orders, parts.directory, parts.voice_events));
    handle
}

/// Until nobody orders anything any more.
async fn run(
    mut floor: Floor,
    mut orders: mpsc::Receiver<Addressed>,
    mut directory: watch::Receiver<Arc<Directory>>,
    mut voice: mpsc::Receiver<VoiceEvent>,
) {
    loop {
        let due = floor.poll_timeout().map(tokio::time::Instant::from_std);
        let timeout = async {
            match due {
                Some(due) => tokio::time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            order = orders.recv() => match order {
                Some(order) => floor.handle(Moment::now(), order).await,
                None => return,
            },
            Some(news) = voice.recv() => floor.handle_voice(Moment::now(), news).await,
            Ok(()) = directory.changed() => {
                let newest = Arc::clone(&directory.borrow_and_update());
                floor.take_over(Moment::now(), newest).await;
            }
            () = timeout => floor.handle_timeout(Moment::now()).await,
        }
    }
}
