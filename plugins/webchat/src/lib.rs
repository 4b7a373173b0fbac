//! Chat with the visitors of a website. README.md has the frames.

mod appearance;
mod browser;
mod form;
mod frame;
mod site;
mod visitor;

use ramal_plugin::inbound::Visit;
use ramal_plugin::live::ShownMessage;
use ramal_plugin::prelude::*;

use appearance::Appearance;
use frame::{Asked, Told};
use visitor::Origin;

/// Messages of a conversation that a page is shown when it comes.
const SHOWN_MESSAGES: u32 = 200;
/// Messages that one frame may say were seen.
const MAX_SEEN: usize = 100;

struct Webchat;

ramal_plugin::channel!(Webchat);

impl Channel for Webchat {
    fn connect(_webhook_url: Option<String>) -> Result<Account, SetupError> {
        let appearance = Appearance::from_settings(settings::get).map_err(SetupError::Field)?;
        let origins = settings::get("origins").unwrap_or_default();
        site::check(&origins).map_err(SetupError::Field)?;
        Ok(Account {
            id: "webchat".to_owned(),
            title: appearance.title,
            capabilities: None,
            remaining_steps: Vec::new(),
        })
    }

    /// Pages ask what the widget looks like.
    fn receive(request: WebhookRequest) -> Result<Delivery, Refusal> {
        if request.path != "/config" || request.method != "GET" {
            return Err(Refusal::NotOurs);
        }
        let origin = request.header("origin");
        if let Some(origin) = origin.filter(|origin| !site::allows(origin, &request.url, &allowed())) {
            return Ok(refused(origin));
        }
        let appearance =
            Appearance::from_settings(settings::get).map_err(|field| Refusal::Temporary(field.value))?;
        let mut delivery = Delivery::answer(200, appearance.to_json());
        let header = |name: &str, value: &str| Attribute { name: name.to_owned(), value: value.to_owned() };
        delivery.reply.headers = vec![
            header("content-type", "application/json"),
            header("cache-control", "max-age=60"),
            header("vary", "origin"),
        ];
        delivery.reply.headers.extend(origin.map(|origin| header("access-control-allow-origin", origin)));
        Ok(delivery)
    }

    fn open_line(request: WebhookRequest) -> Result<OpenedLine, Refusal> {
        let origin = request.header("origin").ok_or(Refusal::Unauthentic)?;
        if !site::allows(origin, &request.url, &allowed()) {
            return Err(Refusal::Unauthentic);
        }
        let known = request.query("visitor").filter(|token| visitor::is_token(token));
        let returned = known.is_some();
        let token = match known {
            Some(token) => token,
            None => visitor::new_token(&random::bytes(visitor::TOKEN_BYTES))
                .ok_or_else(|| Refusal::Temporary("no randomness".to_owned()))?,
        };
        let thread = visitor::thread(&token);
        let visit = Event::Returned(Visit { thread: thread.clone(), at: clock::now() });
        let came_from = Origin::of(request.header("user-agent").unwrap_or_default(), &request.address);
        Ok(OpenedLine {
            events: if returned { vec![visit] } else { Vec::new() },
            frames: vec![Told::Welcome { visitor: token }.to_json()],
            memo: came_from.to_json(),
            thread,
        })
    }

    fn hear_frame(line: Line, frame: String) -> Result<Heard, Refusal> {
        let thread = line.thread.clone();
        Ok(match frame::read(&frame) {
            Ok(Asked::Hello {}) => told(frame::state(&shown(&thread, SHOWN_MESSAGES))),
            Ok(Asked::Start(start)) => begin(&line, &start)?,
            Ok(Asked::Say { id, text }) => say(&thread, id, text),
            Ok(Asked::Typing { active }) => happened(Event::Typing(Typing { thread, active })),
            Ok(Asked::Seen { ids, state }) => seen(ids, state.into()),
            Ok(Asked::End {}) => Heard {
                events: vec![Event::Ended(Ended { thread, at: clock::now() })],
                frames: vec![Told::Ended { by: "visitor" }.to_json()],
            },
            Ok(Asked::Ping {}) => told(vec![Told::Pong {}.to_json()]),
            Err(fault) => told(vec![fault.to_json()]),
        })
    }

    fn close_line(thread: String) -> Vec<Event> {
        vec![Event::Left(Visit { thread, at: clock::now() })]
    }

    /// A page that is away sees what was written when it says `hello` again.
    fn send(request: OutboundRequest) -> Result<Receipt, SendError> {
        match request {
            OutboundRequest::Message(message) => {
                let (thread, told, id) = frame::of_message(message, clock::now())?;
                live::push(&thread, &told.to_json());
                Ok(Receipt::sent(id))
            }
            OutboundRequest::Typing(thread) => {
                live::push(&thread, &Told::Typing { active: true }.to_json());
                Ok(Receipt::done())
            }
            OutboundRequest::Read(message) => {
                let id = visitor::own_id(&message.thread, &message.id).to_owned();
                live::push(&message.thread, &Told::Status { id, state: "read" }.to_json());
                Ok(Receipt::done())
            }
            OutboundRequest::Ended(thread) => {
                live::push(&thread, &Told::Ended { by: "agent" }.to_json());
                Ok(Receipt::done())
            }
            OutboundRequest::Delete(_) | OutboundRequest::Edit(_) | OutboundRequest::React(_) => {
                Err(SendError::Unsupported)
            }
        }
    }
}

/// What a page of a site that is not named gets: a refusal that its script may read, so that it can say what is wrong.
fn refused(origin: &str) -> Delivery {
    let mut delivery = Delivery::answer(403, r#"{"error":"site_not_allowed"}"#);
    let header = |name: &str, value: &str| Attribute { name: name.to_owned(), value: value.to_owned() };
    delivery.reply.headers = vec![
        header("content-type", "application/json"),
        header("cache-control", "no-store"),
        header("vary", "origin"),
        header("access-control-allow-origin", origin),
    ];
    delivery
}

fn allowed() -> String {
    settings::get("origins").unwrap_or_default()
}

fn shown(thread: &str, most: u32) -> Option<Vec<ShownMessage>> {
    let mut messages = live::conversation(thread, most)?;
    for message in &mut messages {
        message.id = visitor::own_id(thread, &message.id).to_owned();
    }
    Some(messages)
}

fn told(frames: Vec<String>) -> Heard {
    Heard { events: Vec::new(), frames }
}

fn happened(event: Event) -> Heard {
    Heard { events: vec![event], frames: Vec::new() }
}

fn begin(line: &Line, start: &frame::Start) -> Result<Heard, Refusal> {
    let started = vec![Told::Started {}.to_json()];
    if live::conversation(&line.thread, 1).is_some() {
        return Ok(told(started));
    }
    let appearance =
        Appearance::from_settings(settings::get).map_err(|field| Refusal::Temporary(field.value))?;
    Ok(match form::started(&appearance.form, start, line, clock::now()) {
        Ok(event) => Heard { events: vec![event], frames: started },
        Err(field) => told(vec![Told::Fault { code: "form", field: Some(field), id: None }.to_json()]),
    })
}

fn say(thread: &str, id: String, text: String) -> Heard {
    if let Err(code) = frame::check_words(&id, &text) {
        return told(vec![Told::Fault { code, field: None, id: Some(id) }.to_json()]);
    }
    if live::conversation(thread, 1).is_none() {
        return told(vec![Told::Fault { code: "not_started", field: None, id: Some(id) }.to_json()]);
    }
    let at = clock::now();
    Heard {
        events: vec![Event::Message(InboundMessage {
            id: visitor::wide_id(thread, &id),
            thread: thread.to_owned(),
            author: Author::Customer,
            person: visitor::person(thread),
            sent_at: at,
            content: Content::text(text.clone()),
            reply_to: None,
            album: None,
            attributes: Vec::new(),
        })],
        frames: vec![frame::own_message(id, text, at).to_json()],
    }
}

fn seen(ids: Vec<String>, state: DeliveryState) -> Heard {
    let at = clock::now();
    let status = |id| Event::Status(Status { target: StatusTarget::Ours(id), state, at, reason: None });
    Heard { events: ids.into_iter().take(MAX_SEEN).map(status).collect(), frames: Vec::new() }
}
