//! A Telegram bot (core.telegram.org/bots/api).

mod api;
mod outgoing;
mod update;

use ramal_plugin::prelude::*;

/// The header by which Telegram shows that it is Telegram.
const SECRET_HEADER: &str = "x-telegram-bot-api-secret-token";
/// Updates that we want: reactions do not come unless they are asked for.
const ALLOWED_UPDATES: [&str; 4] = ["message", "edited_message", "callback_query", "message_reaction"];
/// When an inbox without webhook asks again.
const POLL_INTERVAL_MS: u32 = 2_000;

struct Telegram;

ramal_plugin::channel!(Telegram);

impl Channel for Telegram {
    fn connect(webhook_url: Option<String>) -> Result<Account, SetupError> {
        let refused = |error: SendError| match error {
            SendError::Unauthorized(reason) | SendError::Unreachable(reason) => {
                SetupError::Field(Attribute { name: "token".to_owned(), value: reason })
            }
            other => SetupError::Provider(other),
        };
        let bot: api::Bot = api::call("getMe", &serde_json::json!({})).map_err(refused)?;
        let set: Result<bool, SendError> = match webhook_url {
            Some(url) => {
                let secret = settings::secret("webhook_secret").unwrap_or_default();
                let webhook = serde_json::json!({
                    "url": url, "secret_token": secret, "allowed_updates": ALLOWED_UPDATES,
                });
                api::call("setWebhook", &webhook)
            }
            // Telegram gives no updates to who polls while a webhook is set.
            None => api::call("deleteWebhook", &serde_json::json!({})),
        };
        set.map_err(refused)?;
        let title = bot.username.map_or(bot.first_name, |name| format!("@{name}"));
        Ok(Account { id: bot.id.to_string(), title, capabilities: None, remaining_steps: Vec::new() })
    }

    fn disconnect() -> Result<(), SendError> {
        api::call::<bool>("deleteWebhook", &serde_json::json!({})).map(drop)
    }

    fn receive(request: WebhookRequest) -> Result<Delivery, Refusal> {
        let shown = request.header(SECRET_HEADER).unwrap_or_default();
        if !settings::secret_is("webhook_secret", shown) {
            return Err(Refusal::Unauthentic);
        }
        let update =
            serde_json::from_slice(&request.body).map_err(|error| Refusal::Malformed(error.to_string()))?;
        Ok(Delivery::of(update::events(update)))
    }

    fn poll(cursor: Option<String>) -> Result<Polled, SendError> {
        let asked = serde_json::json!({
            "offset": cursor.as_deref().and_then(|text| text.parse::<i64>().ok()),
            "allowed_updates": ALLOWED_UPDATES,
        });
        let updates: Vec<update::Update> = api::call("getUpdates", &asked)?;
        // The next poll begins after the last one of these, and so tells Telegram that they are stored.
        let next = updates.last().map(|update| (update.update_id + 1).to_string());
        Ok(Polled {
            events: updates.into_iter().flat_map(update::events).collect(),
            cursor: next.or(cursor),
            again_in_ms: POLL_INTERVAL_MS,
        })
    }

    fn send(request: OutboundRequest) -> Result<Receipt, SendError> {
        match outgoing::call_for(request)? {
            outgoing::Call::Message(method, body) => {
                let sent: api::Sent = api::post(method, body)?;
                Ok(Receipt::sent(update::message_id(sent.chat.id, sent.message_id)))
            }
            outgoing::Call::Action(method, body) => {
                api::post::<serde_json::Value>(method, body)?;
                Ok(Receipt::done())
            }
            outgoing::Call::Nothing => Ok(Receipt::done()),
        }
    }

    fn attachment_source(reference: String) -> Result<HttpRequest, SendError> {
        let file: api::FilePlace = api::call("getFile", &serde_json::json!({ "file_id": reference }))?;
        let path =
            file.file_path.ok_or(SendError::Unreachable("Telegram has the file no more".to_owned()))?;
        Ok(HttpRequest::get(api::file_url(&path)))
    }
}
