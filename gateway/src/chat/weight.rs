//! How much memory an event takes while it waits: its texts, which are all that a provider can make large.

use super::event::{Attribute, Content, Event, InboundFile, Person, StatusTarget};

/// What a text, a file or a name in a list takes beside its letters, in octets.
const ENTRY_OCTETS: usize = 64;

impl Event {
    /// Octets of its texts, and of what stands in its lists.
    pub(super) fn octets(&self) -> usize {
        match self {
            Self::Deleted(deleted) => deleted.id.len(),
            Self::Edited(edited) => edited.id.len() + content(&edited.content),
            Self::Ended(at) | Self::Left(at) | Self::Returned(at) => at.thread.len(),
            Self::Message(message) => {
                message.id.len()
                    + message.thread.len()
                    + optional(message.reply_to.as_deref())
                    + person(&message.person)
                    + content(&message.content)
                    + attributes(&message.attributes)
            }
            Self::PersonChanged(changed) => changed.before.value.len() + person(&changed.after),
            Self::Reacted(reacted) => reacted.id.len() + optional(reacted.emoji.as_deref()),
            Self::Started(started) => {
                started.thread.len() + person(&started.person) + attributes(&started.attributes)
            }
            Self::Status(status) => target(&status.target) + optional(status.reason.as_deref()),
            Self::Typing(typing) => typing.thread.len(),
        }
    }
}

fn optional(text: Option<&str>) -> usize {
    text.map_or(0, str::len)
}

fn attributes(all: &[Attribute]) -> usize {
    all.iter().map(|one| ENTRY_OCTETS + one.name.len() + one.value.len()).sum()
}

fn person(person: &Person) -> usize {
    let identities: usize = person.identities.iter().map(|one| ENTRY_OCTETS + one.value.len()).sum();
    let texts = optional(person.name.as_deref()) + optional(person.language.as_deref());
    identities + texts + attributes(&person.attributes)
}

fn target(target: &StatusTarget) -> usize {
    match target {
        StatusTarget::Ours(id) | StatusTarget::Provider(id) => id.len(),
        StatusTarget::ThreadUntil { thread, .. } => thread.len(),
    }
}

fn content(content: &Content) -> usize {
    match content {
        Content::Cards(people) => people.iter().map(|one| ENTRY_OCTETS + person(one)).sum(),
        Content::Chosen(choice) => choice.id.len() + choice.title.len(),
        Content::Other(other) => other.kind.len() + other.summary.len() + other.json.len(),
        Content::Place(place) => optional(place.name.as_deref()) + optional(place.address.as_deref()),
        Content::Written(written) => {
            let files: usize = written.files.iter().map(file).sum();
            written.text.len() + optional(written.subject.as_deref()) + files
        }
    }
}

fn file(file: &InboundFile) -> usize {
    let names = optional(file.media_type.as_deref()) + optional(file.file_name.as_deref());
    ENTRY_OCTETS + file.reference.len() + names
}
