//! kill -9 in the middle of a thousand webhooks, each sent three times and shuffled: one copy of each, in order, none lost that
//! was answered 200.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use ramal_tests::Desk;
use ramal_tests::page::http;
use rand::seq::SliceRandom as _;
use serde_json::json;
use tokio::sync::{Semaphore, watch};

use crate::ground::{Ground, key, telegram};

const MESSAGES: usize = 1_000;
const COPIES: usize = 3;
/// Customers among whom they are spread.
const CHATS: usize = 10;
/// Requests at once.
const AT_ONCE: usize = 16;

/// The update of one message; its text is its number within its chat.
fn update(number: usize) -> String {
    let chat = number % CHATS + 1;
    json!({ "update_id": number, "message": {
        "message_id": number, "date": 1_700_000_000 + number, "text": format!("{:04}", number / CHATS),
        "from": { "id": chat, "first_name": format!("Cliente {chat}") }, "chat": { "id": chat },
    } })
    .to_string()
}

/// Numbers of the messages that were answered 200.
type Answered = watch::Sender<BTreeSet<usize>>;

/// Posts all of these, several at once, and notes which were answered 200.
async fn post(web: SocketAddr, path: String, numbers: Vec<usize>, answered: Arc<Answered>) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = Vec::new();
    for number in numbers {
        let place = Arc::clone(&places).acquire_owned().await.expect("a place");
        let (answered, path) = (Arc::clone(&answered), path.clone());
        running.push(tokio::spawn(async move {
            let _place = place;
            let secret = [("x-telegram-bot-api-secret-token", "s3cret")];
            if http::try_post(web, &path, &secret, update(number).as_bytes()).await == Some(200) {
                answered.send_if_modified(|all| all.insert(number));
            }
        }));
    }
    for one in running {
        one.await.expect("no panic");
    }
}

#[tokio::test]
async fn one_copy_each_in_order_and_none_lost() {
    let mut ground = Ground::new().await;
    let inbox = telegram(&ground, "bot").await;
    let path = format!("/hooks/{}", key(&inbox));
    let mut all: Vec<usize> = (0..MESSAGES).flat_map(|number| [number; COPIES]).collect();
    all.shuffle(&mut rand::rng());
    let mut later = all.split_off(all.len() * 2 / 3);
    let (answered, mut known) = watch::channel(BTreeSet::new());
    let answered = Arc::new(answered);
    let began = Instant::now();
    let posting = tokio::spawn(post(ground.node.web, path.clone(), all, Arc::clone(&answered)));
    // Cut off while requests are on their way and hundreds are stored. Each request has its own deadline.
    let half = known.wait_for(|all| all.len() >= MESSAGES / 2).await.expect("answers").len();
    println!("{half} messages in {:?}", began.elapsed());
    ground.node.kill().await;
    posting.await.expect("no panic");
    let before = answered.borrow().clone();
    assert!(before.len() < MESSAGES, "the node was killed after everything was answered");
    ground.node.serve().await;
    let found: BTreeSet<(String, String)> = stored_texts(&ground).await.into_iter().collect();
    for number in &before {
        assert!(found.contains(&named(*number)), "{number} was answered 200 and is lost");
    }
    // The provider sends again what was not answered, and more of what was, until it is.
    answered.send_modify(BTreeSet::clear);
    later.extend((0..MESSAGES).filter(|number| !before.contains(number)));
    while !later.is_empty() {
        later.shuffle(&mut rand::rng());
        post(ground.node.web, path.clone(), later.clone(), Arc::clone(&answered)).await;
        let missing = later.len();
        later.retain(|number| !answered.borrow().contains(number));
        assert!(later.len() < missing, "nothing is taken any more: {}", ground.node.log());
    }
    let mut expected: Vec<(String, String)> = (0..MESSAGES).map(named).collect();
    expected.sort();
    assert_eq!(stored_texts(&ground).await, expected);
    let email = ground.admin.me["email"].as_str().expect("an address").to_owned();
    ground.admin = Desk::log_in(&ground.node, &email).await;
    assert_eq!(ground.interactions().await.len(), CHATS);
}

/// Chat and text of a message.
fn named(number: usize) -> (String, String) {
    (format!("{}", number % CHATS + 1), format!("{:04}", number / CHATS))
}

/// Chat and text of every message that is stored, chat by chat in the order in which they are shown.
async fn stored_texts(ground: &Ground) -> Vec<(String, String)> {
    let query = "SELECT c.thread || ' ' || m.text FROM messages m \
        JOIN conversations c ON c.id = m.conversation_id ORDER BY m.at_ms, m.id";
    let rows = ground.database().ask(query).await;
    let mut texts: Vec<(String, String)> = rows
        .iter()
        .filter_map(|row| row.split_once(' ').map(|(chat, text)| (chat.to_owned(), text.to_owned())))
        .collect();
    // Stable: within a chat they stay as they are shown.
    texts.sort_by(|one, other| one.0.cmp(&other.0));
    texts
}
