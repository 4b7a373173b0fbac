//! The body of a webhook names the deed; what came of it is the body of the reply.

use std::sync::atomic::{AtomicU32, Ordering};

use ramal_plugin::prelude::*;

struct Wicked;

ramal_plugin::channel!(Wicked);

static CALLS: AtomicU32 = AtomicU32::new(0);

impl Channel for Wicked {
    fn connect(_webhook_url: Option<String>) -> Result<Account, SetupError> {
        Ok(Account {
            id: "wicked".to_owned(),
            title: "Wicked".to_owned(),
            capabilities: None,
            remaining_steps: Vec::new(),
        })
    }

    fn receive(request: WebhookRequest) -> Result<Delivery, Refusal> {
        let text = request.text().ok_or(Refusal::NotOurs)?;
        let (deed, rest) = text.split_once(' ').unwrap_or((text, ""));
        let said = match deed {
            "echo" => rest.to_owned(),
            "loop" => busy(),
            "trap" => panic!("as was asked"),
            "eat" => eat(),
            "flood" => flood(),
            "count" => count(),
            "secret" => settings::secret(rest).unwrap_or_default(),
            "remember" => {
                kv::set("it", rest.as_bytes(), None)
                    .map_err(|error| Refusal::Temporary(format!("{error:?}")))?;
                String::new()
            }
            "recall" => match kv::get("it") {
                Ok(value) => String::from_utf8_lossy(&value.unwrap_or_default()).into_owned(),
                Err(error) => format!("{error:?}"),
            },
            "get" => match HttpRequest::get(rest).send() {
                Ok(response) => format!("{} {}", response.status, String::from_utf8_lossy(&response.body)),
                Err(error) => format!("{error:?}"),
            },
            "many" => many(rest),
            "message" => return Ok(Delivery::of(vec![Event::Message(message(rest))])),
            "events" => return Ok(Delivery::of(vec![Event::TemplatesChanged; 2_000])),
            _ => return Err(Refusal::Malformed(deed.to_owned())),
        };
        Ok(Delivery::answer(200, said))
    }

    fn send(request: OutboundRequest) -> Result<Receipt, SendError> {
        let OutboundRequest::Message(message) = request else { return Err(SendError::Unsupported) };
        let OutboundContent::Written(written) = message.content else { return Err(SendError::Unsupported) };
        let file = written.files.first().map_or(Body::Empty, |file| Body::File(file.id.clone()));
        let request = HttpRequest { method: "POST".to_owned(), body: file, ..HttpRequest::get(written.text) };
        Ok(Receipt::sent(String::from_utf8_lossy(&request.send()?.body)))
    }
}

fn message(text: &str) -> InboundMessage {
    InboundMessage {
        id: format!("m{}", clock::now()),
        thread: "ana".to_owned(),
        author: Author::Customer,
        person: Person::known_as(Identity::Provider("ana".to_owned())),
        sent_at: clock::now(),
        content: Content::text(text),
        reply_to: None,
        album: None,
        attributes: Vec::new(),
    }
}

fn busy() -> String {
    let mut number = 1_u64;
    loop {
        number = std::hint::black_box(number.wrapping_mul(3));
    }
}

fn eat() -> String {
    let mut eaten = Vec::new();
    loop {
        eaten.push(std::hint::black_box(vec![1_u8; 1 << 20]));
    }
}

fn flood() -> String {
    for number in 0..100_000 {
        log::write(log::Level::Error, &format!("line {number}"));
    }
    String::new()
}

/// How often this instance was called: always the first time.
fn count() -> String {
    (CALLS.fetch_add(1, Ordering::Relaxed) + 1).to_string()
}

fn many(url: &str) -> String {
    let sent =
        (0..100).take_while(|_| !matches!(HttpRequest::get(url).send(), Err(HttpError::TooMany))).count();
    sent.to_string()
}
