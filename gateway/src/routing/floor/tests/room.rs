//! A floor with a database, two queues and a few agents, all under the test's hand.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use crate::feed::{Audience, Feed, Reading};
use crate::model::{
    Actor, AuditEntry, CallId, Capacity, DispositionId, EndedByWhom, InteractionDirection,
    InteractionEventKind, InteractionId, InteractionRow, Medium, NewInteraction, OrganizationId,
    PauseReasonId, Queue, QueueDirection, QueueId, UserId,
};
use crate::routing::floor::error::FloorError;
use crate::routing::floor::moment::Moment;
use crate::routing::floor::order::{Addressed, Deed, Order};
use crate::routing::floor::state::Floor;
use crate::routing::floor::task::Settings;
use crate::routing::floor::view::DeskPart;
use crate::routing::floor::voice::{Hangup, VoiceEvent, VoiceOrder, VoiceRefusal};
use crate::store::testing::{TestStore, extension, small_site};
use crate::store::{InteractionChange, InteractionStep};

/// Noon in São Paulo on 2026-11-21.
const START_MS: i64 = 1_795_273_200_000;

pub(in crate::routing::floor) struct Room {
    pub test: TestStore,
    pub floor: Floor,
    pub at: Moment,
    pub here: OrganizationId,
    pub calls: QueueId,
    pub chats: QueueId,
    pub lunch: PauseReasonId,
    pub sold: DispositionId,
    pub agents: Vec<UserId>,
    pub voice: mpsc::Receiver<VoiceOrder>,
    own: mpsc::Receiver<Addressed>,
    /// Held, so that answers find the floor.
    sender: mpsc::Sender<Addressed>,
    reading: Reading,
    last_call: u8,
}

impl Room {
    /// So many agents with a phone each, members of a voice queue and of a chat queue, none of them logged in.
    pub async fn with_agents(count: usize) -> Self {
        let test = TestStore::new().await;
        let mut site = small_site("one");
        site.extensions =
            (0..count).map(|n| extension(-10 - n as i64, -1, &format!("{}", 1001 + n))).collect();
        test.store.apply(&site).await.unwrap();
        let directory = test.store.load_directory().await.unwrap();
        let here = directory.organizations()[0].id;
        let mut agents = Vec::new();
        for (n, extension) in directory.extensions(here).enumerate() {
            let id = n as i64 + 1;
            add_user(&test, (here, id), "agent", Some(extension.id.0)).await;
            agents.push(UserId(id));
        }
        add_user(&test, (here, 90), "supervisor", None).await;
        let store = &test.store;
        let lunch = store.insert_pause_reason("Lunch", entry(here)).await.unwrap();
        let sold = store.insert_disposition("Sold", true, &[], entry(here)).await.unwrap();
        let queue = |name: &str, medium, wrap_up_s| Queue {
            members: agents.clone(),
            wrap_up_s,
            pause_reasons: vec![lunch],
            dispositions: vec![sold],
            ..queue(here, name, medium)
        };
        let calls = store.insert_queue(&queue("calls", Medium::Voice, 30), entry(here)).await.unwrap();
        let chats = store.insert_queue(&queue("chats", Medium::Chat, 0), entry(here)).await.unwrap();
        let at = Moment { instant: std::time::Instant::now(), wall_ms: START_MS };
        let feed = Feed::new("test".to_owned());
        let reading = feed.read(here);
        let (sender, own) = mpsc::channel(64);
        let (orders, voice) = mpsc::channel(64);
        let floor = floor(&test, feed, orders, &sender);
        let (agents, last_call) = (agents, 0);
        let mut room = Self {
            test,
            floor,
            at,
            here,
            calls,
            chats,
            lunch,
            sold,
            agents,
            voice,
            own,
            sender,
            reading,
            last_call,
        };
        room.reload().await;
        room
    }

    /// The same with everybody's console open, logged in to both queues.
    pub async fn attended_by(count: usize) -> Self {
        let mut room = Self::with_agents(count).await;
        for agent in room.agents.clone() {
            room.open_console(agent).await;
            let queues = vec![room.calls, room.chats];
            room.act(agent, Deed::LogIn { queues }).await.unwrap();
            room.pass_ms(1).await;
        }
        room.events().await;
        room
    }

    /// The Directory is read again, as its follower does.
    pub async fn reload(&mut self) {
        let directory = Arc::new(self.test.store.load_directory().await.unwrap());
        self.floor.take_over(self.at, directory).await;
    }

    /// The node stops and starts: memory is gone, rows are there.
    pub async fn restart(&mut self) {
        let feed = Feed::new("after".to_owned());
        self.reading = feed.read(self.here);
        let (orders, voice) = mpsc::channel(64);
        self.voice = voice;
        self.floor = floor(&self.test, feed, orders, &self.sender);
        self.reload().await;
    }

    pub async fn pass_ms(&mut self, ms: u64) {
        self.at.instant += Duration::from_millis(ms);
        self.at.wall_ms += ms as i64;
        self.floor.handle_timeout(self.at).await;
    }

    pub async fn open_console(&mut self, user: UserId) {
        let (reply, answer) = oneshot::channel();
        self.floor.handle(self.at, (self.here, Order::SocketOpened(user, reply))).await;
        answer.await.unwrap().unwrap();
    }

    pub async fn close_console(&mut self, user: UserId) {
        self.floor.handle(self.at, (self.here, Order::SocketClosed(user))).await;
    }

    /// What needs signalling is answered with `Ok`.
    pub async fn act(&mut self, user: UserId, deed: Deed) -> Result<(), FloorError> {
        self.act_with(user, deed, Ok(())).await
    }

    pub async fn act_with(
        &mut self,
        user: UserId,
        deed: Deed,
        signalling: Result<(), VoiceRefusal>,
    ) -> Result<(), FloorError> {
        let (reply, mut answer) = oneshot::channel();
        self.floor.handle(self.at, (self.here, Order::Deed(user, deed, reply))).await;
        if let Ok(done) = answer.try_recv() {
            return done;
        }
        match self.voice.recv().await.unwrap() {
            VoiceOrder::Connect { reply, .. } => reply.send(signalling).unwrap(),
            other => panic!("signalling is ordered {other:?}"),
        }
        let connected = self.own.recv().await.unwrap();
        self.floor.handle(self.at, connected).await;
        answer.await.unwrap()
    }

    /// A conversation that begins and waits in the chat queue.
    pub async fn chat(&mut self) -> InteractionId {
        let new = NewInteraction { queue: Some(self.chats), ..new_chat(self.here, self.at.wall_ms) };
        let row = self.test.store.insert_interaction(&new).await.unwrap();
        self.floor.handle(self.at, (self.here, Order::Arrived(row.id))).await;
        row.id
    }

    /// A call that arrives at the voice queue.
    /// One that a rule closes before the floor hears of it.
    pub async fn chat_that_a_rule_closes(&mut self) {
        let new = NewInteraction { queue: Some(self.chats), ..new_chat(self.here, self.at.wall_ms) };
        let row = self.test.store.insert_interaction(&new).await.unwrap();
        let change = InteractionChange::Closed { disposition: None, by: EndedByWhom::System };
        let step = InteractionStep { interaction: row.id, change, event: None };
        self.test.store.record_steps(self.here, self.at.wall_ms, &[step], &[]).await.unwrap();
        self.changed(row.id).await;
    }

    pub async fn call(&mut self) -> (InteractionId, CallId) {
        self.last_call += 1;
        let call = CallId::new(self.at.wall_ms, [self.last_call; 10]);
        let queued = VoiceEvent::Queued {
            organization: self.here,
            call,
            queue: self.calls,
            caller: "5511999990000".to_owned(),
            caller_name: None,
            dialled: "1000".to_owned(),
            at_ms: self.at.wall_ms,
        };
        self.tell(queued).await;
        (self.floor.calls[&call].1, call)
    }

    pub async fn tell(&mut self, news: VoiceEvent) {
        self.floor.handle_voice(self.at, news).await;
    }

    pub async fn hang_up(&mut self, call: CallId) {
        self.hung_up_by(Hangup::Customer, call).await;
    }

    pub async fn hung_up_by(&mut self, by: Hangup, call: CallId) {
        let (reason, at_ms) = ("normal", self.at.wall_ms);
        self.tell(VoiceEvent::Ended { call, by, reason, at_ms }).await;
    }

    pub async fn customer_ends(&mut self, interaction: InteractionId) {
        let (reply, answer) = oneshot::channel();
        self.floor.handle(self.at, (self.here, Order::CustomerEnded(interaction, reply))).await;
        answer.await.unwrap();
    }

    pub async fn changed(&mut self, interaction: InteractionId) {
        self.floor.handle(self.at, (self.here, Order::Changed(interaction))).await;
    }

    pub async fn row(&self, interaction: InteractionId) -> InteractionRow {
        self.test.store.interaction(self.here, interaction).await.unwrap().unwrap()
    }

    pub async fn kinds(&self, interaction: InteractionId) -> Vec<InteractionEventKind> {
        let events = self.test.store.interaction_events(self.here, interaction, 0, 100).await.unwrap();
        events.into_iter().map(|event| event.kind).collect()
    }

    /// What was published since the last look.
    pub async fn events(&mut self) -> Vec<(Audience, Value)> {
        let mut all = Vec::new();
        while self.reading.seen() < self.floor.feed.newest(self.here) {
            let events = self.reading.next().await.unwrap();
            all.extend(events.iter().map(|e| (e.audience, serde_json::from_str(&e.frame).unwrap())));
        }
        all
    }

    /// The offers that stand: number, Interaction.
    pub fn offers(&self, user: UserId) -> Vec<(i64, InteractionId)> {
        self.part(user).offers.into_iter().map(|(number, interaction, _)| (number, interaction)).collect()
    }

    pub fn part(&self, user: UserId) -> DeskPart {
        self.floor.desks[&self.here].part(self.at, &self.floor.directory, user)
    }

    /// Takes the only offer of this agent.
    pub async fn accept(&mut self, user: UserId) -> InteractionId {
        let [(number, interaction)] = self.offers(user)[..] else { panic!("{:?}", self.offers(user)) };
        self.act(user, Deed::Accept(number)).await.unwrap();
        interaction
    }

    pub async fn remove(self) {
        self.test.remove().await;
    }
}

pub(in crate::routing::floor) fn queue(organization: OrganizationId, name: &str, medium: Medium) -> Queue {
    Queue {
        id: QueueId(0),
        organization,
        name: name.to_owned(),
        title: name.to_owned(),
        medium,
        direction: QueueDirection::Inbound,
        offer_timeout_s: 15,
        wrap_up_s: 0,
        priority: 0,
        music: None,
        enabled: true,
        members: Vec::new(),
        pause_reasons: Vec::new(),
        dispositions: Vec::new(),
    }
}

pub(in crate::routing::floor) fn new_chat(
    organization: OrganizationId,
    started_at_ms: i64,
) -> NewInteraction {
    NewInteraction {
        organization,
        medium: Medium::Chat,
        channel: "webchat".to_owned(),
        direction: InteractionDirection::Inbound,
        queue: None,
        agent: None,
        contact: None,
        inbox: None,
        conversation: None,
        call: None,
        title: "Visitor 1".to_owned(),
        number: None,
        priority: 0,
        started_at_ms,
        visitor: None,
    }
}

pub(in crate::routing::floor) async fn add_user(
    test: &TestStore,
    (organization, id): (OrganizationId, i64),
    role: &str,
    extension: Option<i64>,
) {
    let Capacity { chats, calls } = Capacity::default();
    let extension = extension.map_or("NULL".to_owned(), |id| id.to_string());
    test.run(format!(
        "INSERT INTO users (id, organization_id, email, name, role, extension_id, webrtc, omnichannel, language, \
         capacity_chats, capacity_calls, enabled, created_at_ms) VALUES ({id}, {organization}, 'u{id}-{organization}@example', \
         'User {id}', '{role}', {extension}, TRUE, TRUE, 'en', {chats}, {calls}, TRUE, 0)"
    ))
    .await;
}

fn entry(organization: OrganizationId) -> AuditEntry {
    let (address, name) = (String::new(), "test".to_owned());
    Actor { organization, at_ms: 0, user: None, name, address }.does("create", "", "", serde_json::json!({}))
}

fn floor(
    test: &TestStore,
    feed: Feed,
    voice: mpsc::Sender<VoiceOrder>,
    sender: &mpsc::Sender<Addressed>,
) -> Floor {
    Floor {
        store: test.store.clone(),
        feed,
        directory: Arc::default(),
        settings: Settings::default(),
        desks: Default::default(),
        calls: Default::default(),
        engaged: Default::default(),
        voice,
        own: sender.downgrade(),
        offer_base: 1_000,
    }
}
