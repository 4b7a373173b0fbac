//! A phone, or a carrier: one socket, one address of record.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::call::Call;
use super::digest::{self, Login};
use super::inbox::Inbox;
use super::link::{Link, Transport};
use super::message::{self, Message};

/// A request that is not answered is sent again after so long (T2 of RFC 3261).
const AGAIN_AFTER: Duration = Duration::from_secs(4);

/// Who a phone is and where it sends.
#[derive(Clone, Debug)]
pub struct Identity {
    /// User part of its address of record, also its digest user name.
    pub user: String,
    /// SIP domain of its organization.
    pub domain: String,
    pub password: String,
    /// Where requests go: the gateway, or another phone here.
    pub target: SocketAddr,
}

/// A user agent. Cloning shares the socket.
#[derive(Clone)]
pub struct Ua {
    pub identity: Arc<Identity>,
    pub link: Arc<Link>,
    pub inbox: Arc<Inbox>,
    /// The host and port that Contact and Via name; differs from the socket for a phone behind NAT, and is made up by one in
    /// a browser, which does not know its own (RFC 7118 appendix B.1).
    claimed: String,
    _options: Arc<Aborted>,
}

struct Aborted(tokio::task::JoinHandle<()>);

impl Drop for Aborted {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Ua {
    /// A phone on UDP at a free port of loopback.
    pub async fn udp(identity: Identity) -> Ua {
        Ua::udp_at(identity, SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// A phone on UDP at this address; all of 127/8 is local.
    pub async fn udp_at(identity: Identity, bind: SocketAddr) -> Ua {
        let inbox = Arc::new(Inbox::new(&identity.user));
        let link = Link::udp(bind, Arc::clone(&inbox)).await;
        Ua::on(identity, link, inbox)
    }

    /// A phone on an open connection to its target.
    pub async fn stream(identity: Identity, transport: Transport) -> Ua {
        let inbox = Arc::new(Inbox::new(&identity.user));
        let bind = SocketAddr::from(([127, 0, 0, 1], 0));
        let link = Link::connect(transport, bind, identity.target, Arc::clone(&inbox)).await;
        Ua::on(identity, link, inbox)
    }

    fn on(identity: Identity, link: Link, inbox: Arc<Inbox>) -> Ua {
        let link = Arc::new(link);
        let options = tokio::spawn(answer_options(Arc::clone(&link), Arc::clone(&inbox)));
        let claimed = match link.transport {
            Transport::Udp | Transport::Tcp | Transport::Tls => link.local.to_string(),
            Transport::Ws | Transport::Wss => format!("{:08x}.invalid", rand::random::<u32>()),
        };
        Ua { claimed, identity: Arc::new(identity), link, inbox, _options: Arc::new(Aborted(options)) }
    }

    /// The same phone claiming another address in Contact and Via, as one behind NAT does.
    pub fn claiming(mut self, address: SocketAddr) -> Ua {
        self.claimed = address.to_string();
        self
    }

    /// The same phone on a new connection, as after a change of network.
    pub async fn reconnected(&self) -> Ua {
        let again = Ua::stream((*self.identity).clone(), self.link.transport).await;
        Ua { claimed: self.claimed.clone(), ..again }
    }

    /// `sip:user@domain`.
    pub fn aor(&self) -> String {
        format!("sip:{}@{}", self.identity.user, self.identity.domain)
    }

    /// The URI in our Contact.
    pub fn contact(&self) -> String {
        let transport = match self.link.transport {
            Transport::Udp => "",
            Transport::Tcp => ";transport=tcp",
            Transport::Tls => ";transport=tls",
            Transport::Ws | Transport::Wss => ";transport=ws",
        };
        format!("sip:{}@{}{transport}", self.identity.user, self.claimed)
    }

    /// A Via value with a fresh branch.
    pub fn via(&self) -> String {
        format!("SIP/2.0/{} {};rport;branch={}", self.link.transport.token(), self.claimed, new_branch())
    }

    /// Sends bytes as they are to the target.
    pub async fn send(&self, bytes: &[u8]) {
        self.send_to(self.identity.target, bytes).await;
    }

    /// Sends bytes as they are to an address (UDP; a stream has only one way).
    pub async fn send_to(&self, to: SocketAddr, bytes: &[u8]) {
        self.inbox.sent(bytes);
        self.link.send(to, bytes).await;
    }

    /// Registers for an hour; panics unless it is granted.
    pub async fn register(&self) -> Message {
        let granted = self.register_for(3600).await;
        assert_eq!(granted.status(), Some(200), "REGISTER refused:\n{}", granted.dump());
        granted
    }

    /// Asks for this expiry (0: remove our Binding) and returns the final response.
    pub async fn register_for(&self, expires_s: u32) -> Message {
        let headers = [("Contact", format!("<{}>", self.contact())), ("Expires", expires_s.to_string())];
        let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        self.request("REGISTER", &format!("sip:{}", self.identity.domain), &headers, None).await
    }

    /// A request outside any dialog to a URI; answers one challenge and returns the final response.
    pub async fn request(
        &self,
        method: &str,
        uri: &str,
        extra: &[(&str, &str)],
        body: Option<(&str, &[u8])>,
    ) -> Message {
        let to = if method == "REGISTER" { self.aor() } else { uri.to_owned() };
        let call_id = new_call_id();
        let tag = new_tag();
        let mut authorization: Option<(String, String)> = None;
        for cseq in 1.. {
            let mut headers = vec![
                ("Via".to_owned(), self.via()),
                ("Max-Forwards".to_owned(), "70".to_owned()),
                ("From".to_owned(), format!("<{}>;tag={tag}", self.aor())),
                ("To".to_owned(), format!("<{to}>")),
                ("Call-ID".to_owned(), call_id.clone()),
                ("CSeq".to_owned(), format!("{cseq} {method}")),
            ];
            headers.extend(authorization.clone());
            headers.extend(extra.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
            let bytes = message::write(&format!("{method} {uri} SIP/2.0"), &headers, body);
            let answer = self.final_response(&call_id, cseq, method);
            let response = self.insist(self.identity.target, &bytes, answer).await;
            if authorization.is_none()
                && let Some(answer) = self.authorization(&response, method, uri)
            {
                authorization = Some(answer);
                continue;
            }
            return response;
        }
        unreachable!("the loop returns")
    }

    /// Sends a request, again and again over UDP, until its answer is there (RFC 3261 §17.1.2): what a node that is late has no
    /// room for is lost.
    pub(super) async fn insist<T>(&self, to: SocketAddr, bytes: &[u8], answer: impl Future<Output = T>) -> T {
        tokio::pin!(answer);
        self.send_to(to, bytes).await;
        loop {
            match tokio::time::timeout(AGAIN_AFTER, &mut answer).await {
                Ok(answer) => return answer,
                Err(_) if self.link.transport == Transport::Udp => self.send_to(to, bytes).await,
                Err(_) => {}
            }
        }
    }

    async fn final_response(&self, call_id: &str, cseq: u32, method: &str) -> Message {
        self.inbox
            .expect(&format!("the final response to {method}"), |m| {
                m.call_id() == call_id && m.cseq() == (cseq, method.to_owned()) && m.status() >= Some(200)
            })
            .await
    }

    /// The header that answers a challenge, `None` when the response holds none.
    pub fn authorization(&self, response: &Message, method: &str, uri: &str) -> Option<(String, String)> {
        let (asks, answers) = match response.status()? {
            401 => ("WWW-Authenticate", "Authorization"),
            407 => ("Proxy-Authenticate", "Proxy-Authorization"),
            _ => return None,
        };
        let challenge = response.header(asks)?;
        let login = Login { username: self.identity.user.clone(), password: self.identity.password.clone() };
        Some((answers.to_owned(), digest::answer(challenge, &login, method, uri, 1)))
    }

    /// Starts a call to a user of our domain; the offer may be empty for a delayed one.
    pub async fn invite(&self, number: &str, offer: &str) -> Call {
        self.invite_with(number, offer, &[]).await
    }

    /// Starts a call with more headers.
    pub async fn invite_with(&self, number: &str, offer: &str, extra: &[(&str, &str)]) -> Call {
        self.invite_uri(&format!("sip:{number}@{}", self.identity.domain), offer, extra).await
    }

    /// Starts a call to whatever a URI names.
    pub async fn invite_uri(&self, uri: &str, offer: &str, extra: &[(&str, &str)]) -> Call {
        let mut call = Call::outgoing(self, uri, offer, extra);
        call.send_invite().await;
        // Whoever has no password is never challenged.
        if !self.identity.password.is_empty() {
            call.answer_challenge().await;
        }
        call
    }

    /// Waits for a call to this phone.
    pub async fn expect_invite(&self) -> Call {
        let invite =
            self.inbox.expect("an INVITE", |m| m.method() == Some("INVITE") && m.tag("To").is_none()).await;
        Call::incoming(self, invite)
    }
}

/// Answers OPTIONS outside dialogs, as every living phone does.
async fn answer_options(link: Arc<Link>, inbox: Arc<Inbox>) {
    loop {
        let request = inbox.next(|m| m.method() == Some("OPTIONS") && m.tag("To").is_none()).await;
        let bytes = message::response(&request, 200, &new_tag(), &[("Accept", "application/sdp")], None);
        inbox.sent(&bytes);
        link.send(request.source, &bytes).await;
    }
}

pub fn new_branch() -> String {
    format!("z9hG4bK{:016x}", rand::random::<u64>())
}

pub fn new_tag() -> String {
    format!("{:08x}", rand::random::<u32>())
}

pub fn new_call_id() -> String {
    format!("{:016x}@wire", rand::random::<u64>())
}
