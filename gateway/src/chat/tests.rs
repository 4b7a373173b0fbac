//! The same situations on SQLite and on PostgreSQL.

mod contacts;
mod outgoing;
mod received;
mod statuses;

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::{Attribute, Chat, Content, Event, InboundMessage, Person, Writer, Written, WrittenFormat};
use crate::feed::Feed;
use crate::model::{
    Directory, Identity, IdentityKind, InboxId, InteractionId, InteractionRow, Message, OrganizationId,
    UserId,
};
use crate::routing::floor;
use crate::store::testing::{TestStore, ask, organization, run, small_site};

/// When everything in these tests happens.
const NOW: i64 = 1_700_000_000_500;

/// A database with two organizations, an inbox of the first, an agent, and the chat above it.
struct Desk {
    test: TestStore,
    chat: Chat,
    here: OrganizationId,
    there: OrganizationId,
    inbox: InboxId,
    agent: UserId,
}

impl Desk {
    async fn new() -> Self {
        let test = TestStore::new().await;
        let mut plan = small_site("acme");
        plan.organizations.push(organization(-9, "other"));
        test.store.apply(&plan).await.unwrap();
        let directory = test.store.load_directory().await.unwrap();
        let of = |name: &str| directory.organizations().iter().find(|one| one.name == name).unwrap().id;
        let (here, there) = (of("acme"), of("other"));
        add_inbox(&test, here, r#"{"text_characters": 100, "typing": true, "quote": true}"#).await;
        let statement = format!(
            "INSERT INTO users (organization_id, email, name, role, webrtc, omnichannel, language, capacity_chats, \
            capacity_calls, enabled, created_at_ms) VALUES ({here}, 'ana@acme.example', 'Ana', 'agent', false, true, \
            'pt-BR', 4, 1, true, 0)"
        );
        run(&test.store, statement).await;
        let inbox = InboxId(ask(&test.store, "SELECT MAX(id) FROM inboxes".to_owned()).await);
        let agent = UserId(ask(&test.store, "SELECT MAX(id) FROM users".to_owned()).await);
        let chat = chat(&test).await;
        Self { test, chat, here, there, inbox, agent }
    }

    async fn receive(&self, events: Vec<Event>) {
        self.chat.receive(self.here, self.inbox, events, NOW).await.unwrap();
    }

    /// The only number that a query gives.
    async fn ask(&self, query: &str) -> i64 {
        ask(&self.test.store, query.to_owned()).await
    }

    async fn run(&self, statement: &str) {
        run(&self.test.store, statement.to_owned()).await;
    }

    /// The Interaction that began last.
    async fn latest(&self) -> InteractionRow {
        let id = InteractionId(self.ask("SELECT MAX(id) FROM interactions").await);
        self.test.store.interaction(self.here, id).await.unwrap().unwrap()
    }

    /// All messages of an Interaction, in the order in which agents see them.
    async fn messages(&self, interaction: InteractionId) -> Vec<Message> {
        self.test.store.messages(self.here, interaction, None, 2_000).await.unwrap()
    }

    async fn texts(&self, interaction: InteractionId) -> Vec<String> {
        self.messages(interaction).await.into_iter().map(|message| message.text).collect()
    }

    /// An Interaction with one message of the customer, which the agent has.
    async fn taken(&self) -> InteractionId {
        self.receive(vec![message("m1", "t1", "hello", NOW - 1_000)]).await;
        let id = self.latest().await.id;
        let Self { agent, .. } = self;
        self.run(&format!("UPDATE interactions SET state = 'open', agent_id = {agent} WHERE id = {id}"))
            .await;
        id
    }
}

async fn add_inbox(test: &TestStore, organization: OrganizationId, capabilities: &str) {
    let statement = format!(
        "INSERT INTO inboxes (organization_id, name, title, plugin, settings, enabled, state, hook_key, capabilities) \
        VALUES ({organization}, 'site', 'Site', 'webchat', '{{}}', true, 'ready', 'key-{organization}', '{capabilities}')"
    );
    run(&test.store, statement).await;
}

/// A chat above a floor that nobody works on.
async fn chat(test: &TestStore) -> Chat {
    let (_, directory) = watch::channel(Arc::new(Directory::default()));
    let (_, voice_events) = mpsc::channel(1);
    let (voice_orders, _) = mpsc::channel(1);
    let feed = Feed::new("test".to_owned());
    let parts = floor::Parts {
        store: test.store.clone(),
        feed: feed.clone(),
        directory,
        settings: floor::Settings::default(),
        voice_events,
        voice_orders,
    };
    Chat::new(test.store.clone(), feed, floor::start(parts).await)
}

fn identity(kind: IdentityKind, text: &str) -> Identity {
    Identity::new(kind, text, None).unwrap()
}

/// A person who is known by an id of the provider.
fn person(id: &str) -> Person {
    Person {
        identities: vec![identity(IdentityKind::Provider, id)],
        name: Some("Bia".to_owned()),
        language: None,
        attributes: Vec::new(),
    }
}

fn written(text: &str) -> Content {
    Content::Written(Written {
        text: text.to_owned(),
        format: WrittenFormat::Plain,
        subject: None,
        files: Vec::new(),
    })
}

fn inbound(id: &str, thread: &str, text: &str, sent_at_ms: i64) -> InboundMessage {
    InboundMessage {
        id: id.to_owned(),
        thread: thread.to_owned(),
        writer: Writer::Customer,
        person: person(thread),
        sent_at_ms,
        content: written(text),
        reply_to: None,
        attributes: vec![Attribute { name: "origin".to_owned(), value: "/prices".to_owned() }],
    }
}

fn message(id: &str, thread: &str, text: &str, sent_at_ms: i64) -> Event {
    Event::Message(Box::new(inbound(id, thread, text, sent_at_ms)))
}
