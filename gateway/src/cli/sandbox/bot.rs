//! What a bot of Telegram is, as far as our plugin speaks with it: pure, told the time.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Messages of one chat, and chats, that are kept.
const MAX_MESSAGES: usize = 10_000;
const MAX_CHATS: usize = 1_000;
/// Updates that wait to be fetched or delivered.
const MAX_UPDATES: usize = 100_000;
/// Updates of one answer to `getUpdates`.
const UPDATES_OF_ONE_ANSWER: usize = 100;
/// Characters of a message (core.telegram.org/bots/api#sendmessage).
const TEXT_CHARACTERS: usize = 4_096;

/// A bot with its chats.
#[derive(Default)]
pub struct Bot {
    chats: BTreeMap<i64, Chat>,
    updates: VecDeque<Update>,
    last_update: i64,
    last_message: i64,
    webhook: Option<Webhook>,
    faults: Faults,
}

/// Where updates go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Webhook {
    pub url: String,
    pub secret: String,
}

/// An update that nobody has taken yet.
#[derive(Clone, PartialEq, Debug)]
pub struct Update {
    pub id: i64,
    pub body: Value,
}

/// A customer and what was said.
#[derive(Clone, Default, Debug, Serialize)]
pub struct Chat {
    name: String,
    messages: Vec<Said>,
}

#[derive(Clone, Debug, Serialize)]
struct Said {
    id: i64,
    /// `customer` or `bot`.
    from: &'static str,
    text: String,
    at_ms: i64,
    deleted: bool,
    /// The message that it quotes.
    reply_to: Option<i64>,
}

/// What goes wrong from now on.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Each update comes so many times more.
    pub duplicates: u32,
    /// Updates come shuffled, several at once.
    pub disorder: bool,
    /// So many calls are refused with 429 and `retry_after` 1.
    pub too_many: u32,
    /// So many calls are refused with 500.
    pub errors: u32,
    /// So many messages are taken, and their answers get lost.
    pub lost: u32,
}

/// What a call of the Bot API comes to.
#[derive(Clone, PartialEq, Debug)]
pub enum Answer {
    Done(Value),
    Refused {
        code: u16,
        description: &'static str,
        retry_after: Option<u32>,
    },
    /// It was done, and nobody hears of it.
    Lost,
}

const fn refused(code: u16, description: &'static str) -> Answer {
    Answer::Refused { code, description, retry_after: None }
}

impl Bot {
    /// A method of the Bot API, called with a token.
    pub fn call(&mut self, token: &str, method: &str, arguments: &Value, now_ms: i64) -> Answer {
        let number = token.split(':').next().and_then(|number| number.parse::<i64>().ok());
        let Some(id) = number.filter(|id| *id > 0) else { return refused(401, "Unauthorized") };
        if take(&mut self.faults.too_many) {
            return Answer::Refused { code: 429, description: "Too Many Requests", retry_after: Some(1) };
        }
        if take(&mut self.faults.errors) {
            return refused(500, "Internal Server Error");
        }
        match method {
            "getMe" => Answer::Done(json!({
                "id": id, "is_bot": true, "first_name": "Sandbox", "username": format!("sandbox_{id}_bot"),
            })),
            "setWebhook" => self.set_webhook(arguments),
            "deleteWebhook" => {
                self.webhook = None;
                Answer::Done(true.into())
            }
            "getUpdates" => self.get_updates(arguments),
            "sendMessage" => self.send_message(arguments, now_ms),
            "editMessageText" => self.change(arguments, |said, text| said.text = text),
            "deleteMessage" => match self.change(arguments, |said, _| said.deleted = true) {
                Answer::Done(_) => Answer::Done(true.into()),
                refused => refused,
            },
            "sendChatAction" | "setMessageReaction" => Answer::Done(true.into()),
            _ => refused(404, "Not Found"),
        }
    }

    fn set_webhook(&mut self, arguments: &Value) -> Answer {
        let Some(url) = arguments["url"].as_str().filter(|url| url.starts_with("http://")) else {
            return refused(400, "Bad Request: the sandbox calls http: addresses of this machine only");
        };
        let secret = arguments["secret_token"].as_str().unwrap_or_default();
        self.webhook = Some(Webhook { url: url.to_owned(), secret: secret.to_owned() });
        Answer::Done(true.into())
    }

    fn get_updates(&mut self, arguments: &Value) -> Answer {
        if self.webhook.is_some() {
            return refused(409, "Conflict: can't use getUpdates method while webhook is active");
        }
        let offset = arguments["offset"].as_i64().unwrap_or_default();
        self.updates.retain(|update| update.id >= offset);
        let mut given: Vec<Value> =
            self.updates.iter().take(UPDATES_OF_ONE_ANSWER).map(|update| update.body.clone()).collect();
        for _ in 0..self.faults.duplicates {
            given.extend(self.updates.iter().take(UPDATES_OF_ONE_ANSWER).map(|update| update.body.clone()));
        }
        // The plugin's next offset is made of the last one.
        given.sort_by_key(|update| update["update_id"].as_i64());
        Answer::Done(given.into())
    }

    fn send_message(&mut self, arguments: &Value, now_ms: i64) -> Answer {
        let chat = arguments["chat_id"]
            .as_i64()
            .or_else(|| arguments["chat_id"].as_str().and_then(|text| text.parse().ok()));
        let known = chat.filter(|chat| self.chats.contains_key(chat));
        let Some(chat) = known else { return refused(400, "Bad Request: chat not found") };
        let text = arguments["text"].as_str().unwrap_or_default();
        if text.trim().is_empty() {
            return refused(400, "Bad Request: message text is empty");
        }
        if text.chars().count() > TEXT_CHARACTERS {
            return refused(400, "Bad Request: message is too long");
        }
        let reply_to = arguments["reply_parameters"]["message_id"].as_i64();
        let id = self.say(chat, "bot", text, (now_ms, reply_to));
        if take(&mut self.faults.lost) {
            return Answer::Lost;
        }
        Answer::Done(
            json!({ "message_id": id, "date": now_ms / 1_000, "chat": { "id": chat }, "text": text }),
        )
    }

    fn change(&mut self, arguments: &Value, change: impl FnOnce(&mut Said, String)) -> Answer {
        let number =
            |value: &Value| value.as_i64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
        let chat = number(&arguments["chat_id"]).unwrap_or_default();
        let id = number(&arguments["message_id"]).unwrap_or_default();
        let said =
            self.chats.get_mut(&chat).and_then(|chat| chat.messages.iter_mut().find(|said| said.id == id));
        match said {
            Some(said) => {
                change(said, arguments["text"].as_str().unwrap_or_default().to_owned());
                Answer::Done(json!({ "message_id": id, "chat": { "id": chat } }))
            }
            None => refused(400, "Bad Request: message not found"),
        }
    }

    /// A customer writes; the ids of the message and of its update, or none where the sandbox is full.
    pub fn hear(&mut self, chat: i64, name: &str, text: &str, now_ms: i64) -> Option<(i64, i64)> {
        let full = self.updates.len() >= MAX_UPDATES
            || self.chats.len() >= MAX_CHATS && !self.chats.contains_key(&chat);
        if full {
            return None;
        }
        name.clone_into(&mut self.chats.entry(chat).or_default().name);
        let id = self.say(chat, "customer", text, (now_ms, None));
        self.last_update += 1;
        let body = json!({
            "update_id": self.last_update,
            "message": {
                "message_id": id,
                "from": { "id": chat, "is_bot": false, "first_name": name, "language_code": "pt-br" },
                "chat": { "id": chat, "first_name": name, "type": "private" },
                "date": now_ms / 1_000,
                "text": text,
            },
        });
        self.updates.push_back(Update { id: self.last_update, body });
        Some((id, self.last_update))
    }

    fn say(
        &mut self,
        chat: i64,
        from: &'static str,
        text: &str,
        (at_ms, reply_to): (i64, Option<i64>),
    ) -> i64 {
        self.last_message += 1;
        let id = self.last_message;
        let chat = self.chats.entry(chat).or_default();
        if chat.messages.len() >= MAX_MESSAGES {
            chat.messages.remove(0);
        }
        chat.messages.push(Said { id, from, text: text.to_owned(), at_ms, deleted: false, reply_to });
        id
    }

    /// What the webhook is given next: each update as often as the faults say. What is not taken is put back.
    pub fn take_for_webhook(&mut self) -> Option<(Webhook, Vec<Update>, Faults)> {
        let webhook = self.webhook.clone()?;
        let mut updates = Vec::new();
        for update in self.updates.drain(..) {
            for _ in 0..=self.faults.duplicates {
                updates.push(update.clone());
            }
        }
        (!updates.is_empty()).then_some((webhook, updates, self.faults))
    }

    /// The webhook did not take it: it comes again.
    pub fn put_back(&mut self, update: Update) {
        if !self.updates.iter().any(|waiting| waiting.id == update.id) {
            self.updates.push_back(update);
        }
    }

    /// Everything that was said.
    pub fn chats(&self) -> Value {
        let chats = self
            .chats
            .iter()
            .map(|(id, chat)| json!({ "id": id, "name": chat.name, "messages": chat.messages }));
        chats.collect::<Vec<_>>().into()
    }

    pub fn faults(&self) -> Faults {
        self.faults
    }

    pub fn set_faults(&mut self, faults: Faults) {
        self.faults = faults;
    }
}

fn take(left: &mut u32) -> bool {
    let had = *left > 0;
    *left = left.saturating_sub(1);
    had
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(bot: &mut Bot, method: &str, arguments: Value) -> Answer {
        bot.call("42:abc", method, &arguments, 1_000)
    }

    #[test]
    fn a_customer_writes_is_fetched_and_answered() {
        let mut bot = Bot::default();
        assert_eq!(bot.hear(7, "Ana", "Oi", 1_000), Some((1, 1)));
        let Answer::Done(updates) = call(&mut bot, "getUpdates", json!({ "offset": null })) else { panic!() };
        assert_eq!(updates[0]["message"]["text"], "Oi");
        assert_eq!(call(&mut bot, "getUpdates", json!({ "offset": 2 })), Answer::Done(json!([])));
        let Answer::Done(sent) = call(&mut bot, "sendMessage", json!({ "chat_id": "7", "text": "Olá" }))
        else {
            panic!()
        };
        assert_eq!(sent["message_id"], 2);
        assert_eq!(bot.chats()[0]["messages"][1]["from"], "bot");
    }

    #[test]
    fn what_telegram_refuses() {
        let mut bot = Bot::default();
        let code = |answer| match answer {
            Answer::Refused { code, .. } => code,
            other => panic!("{other:?}"),
        };
        assert_eq!(code(bot.call("wrong", "getMe", &json!({}), 0)), 401);
        assert_eq!(code(call(&mut bot, "sendMessage", json!({ "chat_id": 9, "text": "x" }))), 400);
        bot.hear(9, "Ana", "Oi", 0);
        let long = "x".repeat(4_097);
        assert_eq!(code(call(&mut bot, "sendMessage", json!({ "chat_id": 9, "text": long }))), 400);
        assert_eq!(code(call(&mut bot, "setWebhook", json!({ "url": "https://a.example" }))), 400);
        assert_eq!(
            call(&mut bot, "setWebhook", json!({ "url": "http://127.0.0.1:1/x" })),
            Answer::Done(true.into())
        );
        assert_eq!(code(call(&mut bot, "getUpdates", json!({}))), 409);
        assert_eq!(code(call(&mut bot, "launchRocket", json!({}))), 404);
    }

    #[test]
    fn faults_happen_as_often_as_was_said() {
        let mut bot = Bot::default();
        bot.hear(7, "Ana", "Oi", 0);
        bot.set_faults(Faults { duplicates: 2, too_many: 1, errors: 1, lost: 1, ..Faults::default() });
        assert!(matches!(
            call(&mut bot, "getMe", json!({})),
            Answer::Refused { code: 429, retry_after: Some(1), .. }
        ));
        assert!(matches!(call(&mut bot, "getMe", json!({})), Answer::Refused { code: 500, .. }));
        assert_eq!(call(&mut bot, "sendMessage", json!({ "chat_id": 7, "text": "x" })), Answer::Lost);
        assert_eq!(bot.chats()[0]["messages"].as_array().unwrap().len(), 2);
        call(&mut bot, "setWebhook", json!({ "url": "http://127.0.0.1:1/x", "secret_token": "s" }));
        let (webhook, updates, _) = bot.take_for_webhook().unwrap();
        assert_eq!((webhook.secret.as_str(), updates.len()), ("s", 3));
        assert!(bot.take_for_webhook().is_none());
        bot.put_back(updates[0].clone());
        bot.put_back(updates[1].clone());
        assert_eq!(bot.take_for_webhook().unwrap().1.len(), 3);
    }
}
