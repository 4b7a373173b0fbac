//! What an event may hold (the limits of WIT): a plugin that does not keep to it gets nothing stored.

use super::error::ChatError;
use super::event::{Attribute, Content, Event, Person, StatusTarget};

/// Events of one delivery.
const EVENTS: usize = 1_000;
/// Bytes of an id or a thread.
const NAME_BYTES: usize = 512;
/// Bytes of a reference of a file.
const REFERENCE_BYTES: usize = 4_096;
/// Files of one message.
const FILES: usize = 32;
/// Names of one person.
const IDENTITIES: usize = 16;
/// Attributes of one event or person.
const ATTRIBUTES: usize = 64;
/// Bytes of an attribute's name and of its value.
const ATTRIBUTE_BYTES: (usize, usize) = (128, 4_096);
/// Bytes of a person's name.
const PERSON_NAME_BYTES: usize = 512;

/// Whether all of a delivery may be stored.
pub(super) fn delivery(events: &[Event]) -> Result<(), ChatError> {
    within(events.len() <= EVENTS, "more than 1000 events in one delivery")?;
    events.iter().try_for_each(event)
}

fn event(event: &Event) -> Result<(), ChatError> {
    match event {
        Event::Message(message) => {
            name(&message.id)?;
            name(&message.thread)?;
            message.reply_to.as_deref().map_or(Ok(()), name)?;
            person(&message.person)?;
            attributes(&message.attributes)?;
            content(&message.content)
        }
        Event::Edited(edited) => {
            name(&edited.id)?;
            content(&edited.content)
        }
        Event::Deleted(deleted) => name(&deleted.id),
        Event::Reacted(reacted) => {
            name(&reacted.id)?;
            let emoji = reacted.emoji.as_deref().unwrap_or_default();
            within(emoji.len() <= 64, "an emoji of more than 64 bytes")
        }
        Event::Status(status) => match &status.target {
            StatusTarget::Provider(id) | StatusTarget::Ours(id) => name(id),
            StatusTarget::ThreadUntil { thread, .. } => name(thread),
        },
        Event::Typing(typing) => name(&typing.thread),
        Event::Started(started) => {
            name(&started.thread)?;
            person(&started.person)?;
            attributes(&started.attributes)
        }
        Event::Ended(at) | Event::Left(at) | Event::Returned(at) => name(&at.thread),
        Event::PersonChanged(changed) => person(&changed.after),
    }
}

fn content(content: &Content) -> Result<(), ChatError> {
    match content {
        Content::Written(written) => {
            within(written.files.len() <= FILES, "more than 32 files in one message")?;
            let fits = |text: &str| text.len() <= REFERENCE_BYTES;
            let all = written.files.iter().all(|file| fits(&file.reference));
            within(all, "a file's reference of more than 4096 bytes")
        }
        Content::Cards(people) => {
            within(people.len() <= FILES, "more than 32 contact cards in one message")?;
            people.iter().try_for_each(person)
        }
        Content::Place(_) | Content::Chosen(_) | Content::Other(_) => Ok(()),
    }
}

fn person(person: &Person) -> Result<(), ChatError> {
    within(person.identities.len() <= IDENTITIES, "a person with more than 16 identities")?;
    let known_as = person.name.as_deref().unwrap_or_default();
    within(known_as.len() <= PERSON_NAME_BYTES, "a person's name of more than 512 bytes")?;
    attributes(&person.attributes)
}

fn attributes(attributes: &[Attribute]) -> Result<(), ChatError> {
    within(attributes.len() <= ATTRIBUTES, "more than 64 attributes")?;
    let fits = |one: &Attribute| one.name.len() <= ATTRIBUTE_BYTES.0 && one.value.len() <= ATTRIBUTE_BYTES.1;
    within(attributes.iter().all(fits), "an attribute of more than 128 and 4096 bytes")
}

fn name(text: &str) -> Result<(), ChatError> {
    within(
        (1..=NAME_BYTES).contains(&text.len()),
        "an id or a thread that is empty or of more than 512 bytes",
    )
}

fn within(fits: bool, what: &'static str) -> Result<(), ChatError> {
    if fits { Ok(()) } else { Err(ChatError::Malformed(what)) }
}
