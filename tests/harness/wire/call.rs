//! One INVITE dialog seen from a phone, with every step in the test's hand.

use std::net::SocketAddr;

use super::message::{self, Message, uri_of};
use super::ua::{Ua, new_branch, new_call_id, new_tag};

const SDP: &str = "application/sdp";
/// How long a new call waits for its challenge before the test goes on: a phone that dials without a proof is challenged, or told
/// something else, unless what it calls is no gateway.
const CHALLENGE_WAIT: std::time::Duration = std::time::Duration::from_secs(20);

/// A call that this phone makes or gets. Nothing is sent that the test did not ask for, except an answer to a digest
/// challenge and the ACK of a refusal.
pub struct Call {
    pub ua: Ua,
    pub call_id: String,
    /// The INVITE that came, for an incoming call.
    pub incoming: Option<Message>,
    local: String,
    remote: String,
    target: String,
    routes: Vec<String>,
    destination: SocketAddr,
    cseq: u32,
    invite: Invite,
    authorized: bool,
}

/// What the INVITE now in the air said, to repeat, cancel and acknowledge it.
#[derive(Clone, Default)]
struct Invite {
    cseq: u32,
    via: String,
    uri: String,
    extra: Vec<(String, String)>,
    body: String,
}

impl Call {
    pub(super) fn outgoing(ua: &Ua, uri: &str, offer: &str, extra: &[(&str, &str)]) -> Call {
        Call {
            ua: ua.clone(),
            call_id: new_call_id(),
            incoming: None,
            local: format!("<{}>;tag={}", ua.aor(), new_tag()),
            remote: format!("<{uri}>"),
            target: uri.to_owned(),
            routes: Vec::new(),
            destination: ua.identity.target,
            cseq: 0,
            invite: Invite {
                extra: extra.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
                body: offer.to_owned(),
                ..Invite::default()
            },
            authorized: false,
        }
    }

    pub(super) fn incoming(ua: &Ua, invite: Message) -> Call {
        let to = invite.header("To").unwrap_or_default();
        Call {
            ua: ua.clone(),
            call_id: invite.call_id().to_owned(),
            local: format!("{to};tag={}", new_tag()),
            remote: invite.header("From").unwrap_or_default().to_owned(),
            target: invite.contact_uri().unwrap_or_default(),
            routes: invite.all("Record-Route").iter().map(|r| (*r).to_owned()).collect(),
            destination: invite.source,
            cseq: 0,
            invite: Invite::default(),
            authorized: true,
            incoming: Some(invite),
        }
    }

    /// Our tag in this dialog.
    pub fn local_tag(&self) -> String {
        message::param(&self.local, "tag").unwrap_or_default().to_owned()
    }

    /// Their tag, once known.
    pub fn remote_tag(&self) -> String {
        message::param(&self.remote, "tag").unwrap_or_default().to_owned()
    }

    /// The Contact of the other side, once known.
    pub fn remote_target(&self) -> &str {
        &self.target
    }

    /// `call-id;to-tag=..;from-tag=..` as a Replaces value for whoever takes this dialog over (RFC 3891 §3: tags as
    /// the other side sees them).
    pub fn replaces(&self) -> String {
        format!("{};to-tag={};from-tag={}", self.call_id, self.remote_tag(), self.local_tag())
    }

    /// The SDP that came with the INVITE.
    pub fn offer(&self) -> String {
        self.incoming.as_ref().map(Message::text).unwrap_or_default()
    }

    // ---- requests

    pub(super) async fn send_invite(&mut self) {
        self.cseq += 1;
        self.invite.cseq = self.cseq;
        self.invite.via = self.ua.via();
        self.invite.uri.clone_from(&self.target);
        let mut headers = self.headers("INVITE", self.cseq, &self.invite.via.clone());
        headers.extend(self.invite.extra.clone());
        let body = self.invite.body.clone();
        self.transmit("INVITE", &headers, (!body.is_empty()).then_some((SDP, body.as_bytes()))).await;
    }

    fn headers(&self, method: &str, cseq: u32, via: &str) -> Vec<(String, String)> {
        let mut headers = vec![
            ("Via".to_owned(), via.to_owned()),
            ("Max-Forwards".to_owned(), "70".to_owned()),
            ("From".to_owned(), self.local.clone()),
            ("To".to_owned(), self.remote.clone()),
            ("Call-ID".to_owned(), self.call_id.clone()),
            ("CSeq".to_owned(), format!("{cseq} {method}")),
            ("Contact".to_owned(), format!("<{}>", self.ua.contact())),
        ];
        headers.extend(self.routes.iter().map(|r| ("Route".to_owned(), r.clone())));
        headers
    }

    async fn transmit(&self, method: &str, headers: &[(String, String)], body: Option<(&str, &[u8])>) {
        let bytes = self.written(method, headers, body);
        self.ua.send_to(self.destination, &bytes).await;
    }

    fn written(&self, method: &str, headers: &[(String, String)], body: Option<(&str, &[u8])>) -> Vec<u8> {
        message::write(&format!("{method} {} SIP/2.0", self.target), headers, body)
    }

    /// Sends a request in the dialog and returns its sequence number; does not wait.
    pub async fn send_request(
        &mut self,
        method: &str,
        extra: &[(&str, &str)],
        body: Option<(&str, &[u8])>,
    ) -> u32 {
        let bytes = self.next_request(method, extra, body);
        self.ua.send_to(self.destination, &bytes).await;
        self.cseq
    }

    fn next_request(&mut self, method: &str, extra: &[(&str, &str)], body: Option<(&str, &[u8])>) -> Vec<u8> {
        self.cseq += 1;
        let mut headers = self.headers(method, self.cseq, &self.ua.via());
        headers.extend(extra.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        self.written(method, &headers, body)
    }

    /// Sends a request in the dialog and returns its final response; one challenge is answered.
    pub async fn request(
        &mut self,
        method: &str,
        extra: &[(&str, &str)],
        body: Option<(&str, &[u8])>,
    ) -> Message {
        let response = self.exchange(method, extra, body).await;
        let Some((name, value)) = self.ua.authorization(&response, method, &self.target) else {
            return response;
        };
        let mut again = extra.to_vec();
        again.push((&name, &value));
        self.exchange(method, &again, body).await
    }

    /// Sends a request until it is answered.
    async fn exchange(
        &mut self,
        method: &str,
        extra: &[(&str, &str)],
        body: Option<(&str, &[u8])>,
    ) -> Message {
        let bytes = self.next_request(method, extra, body);
        let answer = self.final_response(method, self.cseq);
        self.ua.insist(self.destination, &bytes, answer).await
    }

    /// The final response to a request of ours.
    pub async fn final_response(&self, method: &str, cseq: u32) -> Message {
        self.response(&format!("the final response to {method}"), method, cseq, |s| s >= 200).await
    }

    async fn response(&self, what: &str, method: &str, cseq: u32, fits: impl Fn(u16) -> bool) -> Message {
        self.ua
            .inbox
            .expect(what, |m| {
                m.call_id() == self.call_id
                    && m.cseq() == (cseq, method.to_owned())
                    && m.status().is_some_and(&fits)
            })
            .await
    }

    /// Ends the call; panics unless the BYE is answered 200.
    pub async fn bye(&mut self) {
        let response = self.request("BYE", &[], None).await;
        assert_eq!(response.status(), Some(200), "BYE answered:\n{}", response.dump());
    }

    // ---- our INVITE

    /// Waits for this response to our INVITE; any other final one fails at once. A 200 is not acknowledged.
    pub async fn expect_status(&mut self, status: u16) -> Message {
        let what = format!("{status} to our INVITE");
        loop {
            let cseq = self.invite.cseq;
            let response = self.response(&what, "INVITE", cseq, |s| s == status || s >= 200).await;
            let got = response.status().unwrap_or_default();
            if got >= 300 {
                self.ack_refusal(&response).await;
            }
            if !self.authorized && got != status && self.retry_authorized(&response).await {
                continue;
            }
            assert_eq!(got, status, "{what}; got:\n{}", response.dump());
            self.learn(&response);
            return response;
        }
    }

    /// Answers the challenge of our INVITE when one comes soon; a later one is answered by the next wait.
    pub(super) async fn answer_challenge(&mut self) {
        let ours = (self.invite.cseq, "INVITE".to_owned());
        let response = |m: &Message| m.call_id() == self.call_id && m.cseq() == ours;
        let told = self.ua.inbox.holds(|m| response(m) && m.status() > Some(100));
        let _ = tokio::time::timeout(CHALLENGE_WAIT, told).await;
        let challenge = |m: &Message| response(m) && matches!(m.status(), Some(401 | 407));
        if let Some(response) = self.ua.inbox.take(challenge) {
            self.ack_refusal(&response).await;
            self.retry_authorized(&response).await;
        }
    }

    async fn retry_authorized(&mut self, response: &Message) -> bool {
        let Some(answer) = self.ua.authorization(response, "INVITE", &self.target) else { return false };
        self.authorized = true;
        self.invite.extra.push(answer);
        self.send_invite().await;
        true
    }

    /// Waits for the 200 and acknowledges it; the response holds the answer.
    pub async fn answered(&mut self) -> Message {
        let response = self.expect_status(200).await;
        self.ack().await;
        response
    }

    fn learn(&mut self, response: &Message) {
        if response.status().is_some_and(|s| s > 100 && s < 300) {
            if let Some(to) = response.header("To") {
                self.remote = to.to_owned();
            }
            if let Some(contact) = response.contact_uri() {
                self.target = contact;
            }
            self.routes = response.all("Record-Route").iter().rev().map(|r| (*r).to_owned()).collect();
        }
    }

    /// Acknowledges the 2xx of our last INVITE.
    pub async fn ack(&self) {
        self.ack_with("").await;
    }

    /// Acknowledges with an answer, when the offer came in the 200.
    pub async fn ack_with(&self, answer: &str) {
        let headers = self.headers("ACK", self.invite.cseq, &self.ua.via());
        self.transmit("ACK", &headers, (!answer.is_empty()).then_some((SDP, answer.as_bytes()))).await;
    }

    // RFC 3261 §17.1.1.3: same branch, To of the response.
    async fn ack_refusal(&self, response: &Message) {
        let headers = self.in_transaction("ACK", response.header("To").unwrap_or(&self.remote));
        let bytes = message::write(&format!("ACK {} SIP/2.0", self.invite.uri), &headers, None);
        self.ua.send_to(self.destination, &bytes).await;
    }

    fn in_transaction(&self, method: &str, to: &str) -> Vec<(String, String)> {
        vec![
            ("Via".to_owned(), self.invite.via.clone()),
            ("Max-Forwards".to_owned(), "70".to_owned()),
            ("From".to_owned(), self.local.clone()),
            ("To".to_owned(), to.to_owned()),
            ("Call-ID".to_owned(), self.call_id.clone()),
            ("CSeq".to_owned(), format!("{} {method}", self.invite.cseq)),
        ]
    }

    /// Sends CANCEL for our INVITE; does not wait.
    pub async fn send_cancel(&self) {
        let to = self.remote.split(";tag=").next().unwrap_or_default().to_owned();
        let headers = self.in_transaction("CANCEL", &to);
        let bytes = message::write(&format!("CANCEL {} SIP/2.0", self.invite.uri), &headers, None);
        self.ua.send_to(self.destination, &bytes).await;
    }

    /// Cancels and waits for the 200 of the CANCEL and the 487 of the INVITE.
    pub async fn cancel(&mut self) {
        self.send_cancel().await;
        let response = self.final_response("CANCEL", self.invite.cseq).await;
        assert_eq!(response.status(), Some(200), "CANCEL answered:\n{}", response.dump());
        self.expect_status(487).await;
    }

    /// Sends a new offer in the dialog (empty: asks for one); does not wait.
    pub async fn send_reinvite(&mut self, offer: &str) {
        self.invite.body = offer.to_owned();
        self.invite.extra.clear();
        self.authorized = false;
        self.send_invite().await;
    }

    /// Sends a new offer, waits for its 200 and acknowledges it.
    pub async fn reinvite(&mut self, offer: &str) -> Message {
        self.send_reinvite(offer).await;
        self.answered().await
    }

    // ---- their INVITE

    /// 180 without a body.
    pub async fn ring(&self) {
        self.reply_invite(180, "").await;
    }

    /// 183 with early media.
    pub async fn progress(&self, sdp: &str) {
        self.reply_invite(183, sdp).await;
    }

    /// Sends the 200; does not wait for the ACK.
    pub async fn send_answer(&self, answer: &str) {
        self.reply_invite(200, answer).await;
    }

    /// Sends the 200 and waits for its ACK, which holds the answer of a delayed offer.
    pub async fn answer(&self, answer: &str) -> Message {
        self.send_answer(answer).await;
        self.expect_request("ACK").await
    }

    /// Refuses with a status of 300 or more and waits for the ACK.
    pub async fn reject(&self, status: u16) {
        self.reply_invite(status, "").await;
        self.expect_request("ACK").await;
    }

    /// Sends the caller elsewhere and waits for the ACK.
    pub async fn redirect(&self, status: u16, contact: &str) {
        let invite = self.incoming.as_ref().expect("an incoming call");
        let bytes = message::response(invite, status, &self.local_tag(), &[("Contact", contact)], None);
        self.ua.send_to(invite.source, &bytes).await;
        self.expect_request("ACK").await;
    }

    async fn reply_invite(&self, status: u16, sdp: &str) {
        let invite = self.incoming.as_ref().expect("an incoming call");
        self.respond(invite, status, &[], (!sdp.is_empty()).then_some((SDP, sdp.as_bytes()))).await;
    }

    /// Waits for the CANCEL, answers it and ends the INVITE with 487.
    pub async fn expect_cancel(&self) -> Message {
        let cancel = self.expect_request("CANCEL").await;
        self.respond(&cancel, 200, &[], None).await;
        self.reject(487).await;
        cancel
    }

    /// Waits for a request of theirs in this dialog; it is not answered.
    pub async fn expect_request(&self, method: &str) -> Message {
        self.ua
            .inbox
            .expect(&format!("{method} in the dialog"), |m| {
                m.method() == Some(method) && m.call_id() == self.call_id
            })
            .await
    }

    /// Waits for a request and answers it 200.
    pub async fn expect_and_accept(&self, method: &str) -> Message {
        let request = self.expect_request(method).await;
        self.respond(&request, 200, &[], None).await;
        request
    }

    /// Waits for the BYE and answers it 200.
    pub async fn expect_bye(&self) -> Message {
        self.expect_and_accept("BYE").await
    }

    /// Waits for a re-INVITE, answers it with this SDP and waits for the ACK.
    pub async fn accept_reinvite(&self, answer: &str) -> Message {
        let request = self.expect_request("INVITE").await;
        self.respond(&request, 200, &[], Some((SDP, answer.as_bytes()))).await;
        self.expect_request("ACK").await;
        request
    }

    /// Answers any request of theirs.
    pub async fn respond(
        &self,
        request: &Message,
        status: u16,
        extra: &[(&str, &str)],
        body: Option<(&str, &[u8])>,
    ) {
        let contact = format!("<{}>", self.ua.contact());
        let mut headers = vec![("Contact", contact.as_str())];
        headers.extend_from_slice(extra);
        let bytes = message::response(request, status, &self.local_tag(), &headers, body);
        self.ua.send_to(request.source, &bytes).await;
    }

    /// A header of the incoming INVITE.
    pub fn invited_header(&self, name: &str) -> Option<&str> {
        self.incoming.as_ref()?.header(name)
    }

    /// The user part the INVITE was sent to.
    pub fn invited_user(&self) -> &str {
        let uri = self.incoming.as_ref().map(Message::uri).unwrap_or_default();
        uri_of(uri).trim_start_matches("sip:").split('@').next().unwrap_or_default()
    }

    /// A branch for messages built by hand.
    pub fn new_branch() -> String {
        new_branch()
    }
}
