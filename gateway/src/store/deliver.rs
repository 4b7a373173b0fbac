//! Writes a batch of facts in one transaction.
use std::collections::{HashMap, HashSet};

use crate::model::{Binding, CallRecord, EventRow, ExtensionId, RecordingRow};
use crate::store::{Envelope, Fact, Store, StoreError, binding, call, event, recording};

/// A batch sorted by statement. What is about one call or one event commutes, since a beginning never overwrites an end; of the facts about
/// one Binding only the last counts.
#[derive(Default)]
struct Sorted<'a> {
    began: HashMap<String, &'a CallRecord>,
    ended: HashMap<String, &'a CallRecord>,
    bindings: HashMap<(ExtensionId, &'a str), Option<&'a Binding>>,
    recordings_began: Vec<&'a RecordingRow>,
    recordings_ended: Vec<&'a RecordingRow>,
    events: Vec<(&'a str, &'a EventRow)>,
}

impl<'a> Sorted<'a> {
    fn new(batch: &'a [Envelope]) -> Self {
        let mut sorted = Self::default();
        for Envelope { id, fact } in batch {
            match fact {
                Fact::BindingSaved(binding) => {
                    sorted.bindings.insert((binding.extension, &binding.uri), Some(binding));
                }
                Fact::BindingRemoved { extension, uri } => {
                    sorted.bindings.insert((*extension, uri), None);
                }
                Fact::CallBegan(call) | Fact::CallAnswered(call) => {
                    sorted.began.insert(call.id.to_string(), call);
                }
                Fact::CallEnded(call) => {
                    sorted.ended.insert(call.id.to_string(), call);
                }
                Fact::Event(event) => sorted.events.push((id, event)),
                Fact::RecordingBegan(recording) => sorted.recordings_began.push(recording),
                Fact::RecordingEnded(recording) => sorted.recordings_ended.push(recording),
            }
        }
        let ended: HashSet<_> = sorted.ended.keys().cloned().collect();
        sorted.began.retain(|id, _| !ended.contains(id));
        sorted
    }
}

impl Store {
    /// Writes facts in one transaction: all or none. Writing the same facts again changes nothing.
    ///
    /// # Errors
    /// If the database is away, or refuses one of them.
    pub async fn deliver(&self, batch: &[Envelope]) -> Result<(), StoreError> {
        self.check_file()?;
        let sorted = Sorted::new(batch);
        let mut tx = self.begin().await?;
        if !sorted.began.is_empty() {
            call::begin(&mut tx, &sorted.began.values().copied().collect::<Vec<_>>()).await?;
        }
        if !sorted.ended.is_empty() {
            call::finish(&mut tx, &sorted.ended.values().copied().collect::<Vec<_>>()).await?;
        }
        for recording in &sorted.recordings_began {
            recording::begin(&mut tx, recording).await?;
        }
        for recording in &sorted.recordings_ended {
            recording::end(&mut tx, recording).await?;
        }
        if !sorted.events.is_empty() {
            event::insert(&mut tx, &sorted.events).await?;
        }
        let removed: Vec<_> =
            sorted.bindings.iter().filter(|(_, saved)| saved.is_none()).map(|(key, _)| *key).collect();
        if !removed.is_empty() {
            binding::remove(&mut tx, &removed).await?;
        }
        for saved in sorted.bindings.values().copied().flatten() {
            binding::save(&mut tx, saved).await?;
        }
        tx.commit().await
    }
}
