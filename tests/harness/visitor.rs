//! A visitor of a website, as its widget speaks (plugins/webchat/README.md).

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::deadline::within;
use crate::wire::websocket::{CLOSE, PING, PONG, Page, TEXT, WebSocket};

/// The origin of every visitor in tests; inboxes allow it in their settings.
pub const SITE: &str = "https://shop.test";

/// A page with an open line.
pub struct Visitor {
    socket: WebSocket<TcpStream>,
    /// Whoever has it is this visitor.
    pub token: String,
}

impl Visitor {
    /// Opens a line, as somebody new or as whoever has this token; the status line of a refusal is the error.
    pub async fn open(web: SocketAddr, key: &str, token: Option<&str>) -> Result<Visitor, String> {
        Visitor::open_from(web, key, token, Some(SITE)).await
    }

    /// The same from a page of another site.
    pub async fn open_from(
        web: SocketAddr,
        key: &str,
        token: Option<&str>,
        origin: Option<&'static str>,
    ) -> Result<Visitor, String> {
        let stream = TcpStream::connect(web).await.map_err(|error| error.to_string())?;
        let path = match token {
            Some(token) => format!("/live/{key}?visitor={token}"),
            None => format!("/live/{key}"),
        };
        let page = Page { origin, subprotocol: None };
        let host = web.to_string();
        let opening = WebSocket::open_at(stream, &host, &path, page);
        let socket = within("the line of a visitor", opening).await?;
        let mut visitor = Visitor { socket, token: String::new() };
        let welcome = visitor.expect("a welcome", |frame| frame["type"] == "welcome").await;
        visitor.token = welcome["visitor"].as_str().expect("a token").to_owned();
        Ok(visitor)
    }

    /// Opens a line, says hello, and begins a conversation with this form.
    pub async fn begin(web: SocketAddr, key: &str, form: Value) -> Visitor {
        let mut visitor = Visitor::open(web, key, None).await.expect("a line");
        visitor.tell(json!({ "type": "start", "page": format!("{SITE}/prices"), "language": "pt-BR", "form": form })).await;
        visitor.expect("a conversation", |frame| frame["type"] == "started").await;
        visitor
    }

    pub async fn tell(&mut self, frame: Value) {
        self.try_tell(frame).await.expect("an open line");
    }

    /// The same on a line that may be closed meanwhile.
    pub async fn try_tell(&mut self, frame: Value) -> std::io::Result<()> {
        self.socket.send(TEXT, frame.to_string().as_bytes()).await
    }

    /// Writes a message, and waits until it is stored.
    pub async fn say(&mut self, id: &str, text: &str) {
        self.tell(json!({ "type": "say", "id": id, "text": text })).await;
        self.expect("the own message", |frame| frame["type"] == "message" && frame["id"] == id).await;
    }

    /// Asks what stands, and gives its messages; whether a conversation is open stands in the frame.
    pub async fn hello(&mut self) -> Value {
        self.tell(json!({ "type": "hello" })).await;
        self.expect("the state", |frame| frame["type"] == "state").await
    }

    /// The next frame that fits; those before it are dropped.
    pub async fn expect(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        within(what, async {
            loop {
                match self.next().await {
                    Ok(frame) if fits(&frame) => return frame,
                    Ok(_) => {}
                    Err(code) => panic!("the line was closed ({code:?}) before {what}"),
                }
            }
        })
        .await
    }

    /// The close code of the line, whatever came before it.
    pub async fn expect_close(&mut self) -> Option<u16> {
        within("the end of the line", async {
            loop {
                if let Err(code) = self.next().await {
                    return code;
                }
            }
        })
        .await
    }

    async fn next(&mut self) -> Result<Value, Option<u16>> {
        loop {
            match self.socket.next().await {
                Some((TEXT, payload)) => return Ok(serde_json::from_slice(&payload).expect("JSON")),
                Some((PING, payload)) => {
                    let _ = self.socket.send(PONG, &payload).await;
                }
                Some((CLOSE, payload)) => {
                    return Err(payload.first_chunk().map(|code| u16::from_be_bytes(*code)));
                }
                Some(_) => {}
                None => return Err(None),
            }
        }
    }
}
