//! The mailboxes between signalling and the floor.

use std::collections::VecDeque;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::media::Media;
use super::state::{Now, Signalling};
use crate::call::QueueDoor;
use crate::routing::floor::voice::{VOICE_EVENTS_LIMIT, VoiceEvent, VoiceOrder};

/// The way to the floor and back, with what its full mailbox has not taken yet.
pub struct Voice {
    events: mpsc::Sender<VoiceEvent>,
    orders: mpsc::Receiver<VoiceOrder>,
    /// A few events for each running call at most: holds are not kept above [`VOICE_EVENTS_LIMIT`].
    waiting: VecDeque<VoiceEvent>,
}

impl Voice {
    pub fn new(events: mpsc::Sender<VoiceEvent>, orders: mpsc::Receiver<VoiceOrder>) -> Self {
        Self { events, orders, waiting: VecDeque::new() }
    }

    /// Callers of queues are taken as long as the floor follows.
    pub fn door(&self) -> QueueDoor {
        if self.waiting.is_empty() && !self.events.is_closed() { QueueDoor::Open } else { QueueDoor::Closed }
    }

    /// Tells the floor, in order; never waits.
    pub fn tell(&mut self, event: VoiceEvent) {
        let is_detail = matches!(event, VoiceEvent::Held { .. } | VoiceEvent::Resumed { .. });
        if is_detail && self.waiting.len() >= VOICE_EVENTS_LIMIT {
            return;
        }
        self.waiting.push_back(event);
        self.hand_over();
    }

    /// Waits for an order, and for room in the floor's mailbox while something waits for it.
    pub async fn next(&mut self) -> Next {
        let Self { events, orders, waiting } = self;
        tokio::select! {
            _ = events.reserve(), if !waiting.is_empty() => Next::Room,
            Some(order) = orders.recv() => Next::Order(order),
            else => std::future::pending().await,
        }
    }

    /// Hands over what there is room for.
    pub fn hand_over(&mut self) {
        while let Some(event) = self.waiting.pop_front() {
            match self.events.try_send(event) {
                Ok(()) => {}
                Err(TrySendError::Full(event)) => {
                    self.waiting.push_front(event);
                    return;
                }
                Err(TrySendError::Closed(_)) => self.waiting.clear(), // The node stops.
            }
        }
    }
}

/// What the shell has to do for the floor.
pub enum Next {
    Order(VoiceOrder),
    /// [`Voice::hand_over`].
    Room,
}

/// Does what the floor has decided.
pub fn obey(signalling: &mut Signalling<Media>, now: Now, order: VoiceOrder) {
    match order {
        VoiceOrder::Connect { call, user, extension, reply } => {
            let _ = reply.send(signalling.connect_agent(now, call, user, extension));
        }
        VoiceOrder::BackToWaiting { call, queue } => signalling.back_to_waiting(now, call, queue),
        VoiceOrder::HangUp { call } => signalling.end_for_floor(now, call),
        VoiceOrder::Announce { call, prompt } => signalling.announce(now, call, &prompt),
    }
}
