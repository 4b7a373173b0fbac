//! A carrier of several machines, as its SRV records name them (RFC 3263 §4): the first that takes the call has it.

use std::net::SocketAddr;
use std::sync::Arc;

use ramal_tests::deadline::until_async;
use ramal_tests::wire::message;
use ramal_tests::wire::ua::{Identity, Ua};
use ramal_tests::{Node, Rtp, Site};
use tokio::net::UdpSocket;

/// A DNS server that knows these places of one service, by priority; everything else is a name that is not there.
struct Dns {
    address: SocketAddr,
    _task: tokio::task::JoinHandle<()>,
}

impl Drop for Dns {
    fn drop(&mut self) {
        self._task.abort();
    }
}

const NAME: &[u8] = b"\x04_sip\x04_udp\x07carrier\x04test\x00";

impl Dns {
    async fn start(places: Vec<(u16, u16)>) -> Dns {
        let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").await.expect("a socket"));
        let address = socket.local_addr().expect("its address");
        let task = tokio::spawn(async move {
            let mut buffer = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                let _ = socket.send_to(&answer(&buffer[..length], &places), from).await;
            }
        });
        Dns { address, _task: task }
    }
}

fn answer(query: &[u8], places: &[(u16, u16)]) -> Vec<u8> {
    // The header, and the question without what is asked of our abilities.
    let name = query.iter().skip(12).position(|byte| *byte == 0).expect("a name");
    let mut out = query[..12 + name + 5].to_vec();
    out[10..12].copy_from_slice(&[0, 0]);
    let is_known = query.get(12..12 + NAME.len()) == Some(NAME);
    out[2] = 0x81;
    out[3] = if is_known { 0x80 } else { 0x83 };
    if !is_known {
        return out;
    }
    out[7] = places.len() as u8;
    let target = b"\x09localhost\x00";
    for (priority, port) in places {
        out.extend([0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, (6 + target.len()) as u8]);
        [*priority, 1, *port].iter().for_each(|number| out.extend(number.to_be_bytes()));
        out.extend(target);
    }
    out
}

/// A machine of the carrier, which sends nothing by itself.
async fn machine() -> Ua {
    let identity = Identity {
        user: "carrier".to_owned(),
        domain: "carrier.test".to_owned(),
        password: String::new(),
        target: SocketAddr::from(([127, 0, 0, 1], 9)),
    };
    Ua::udp(identity).await
}

/// Two machines of a carrier, the first choice first, and the server that names them.
async fn machines() -> (Ua, Ua, Dns) {
    let (first, second) = (machine().await, machine().await);
    let dns = Dns::start(vec![(20, second.link.local.port()), (10, first.link.local.port())]).await;
    (first, second, dns)
}

/// The same with a node whose trunk is known by its name alone, once it knows where they are.
async fn carrier(t1_ms: u32) -> (Ua, Ua, Node, Dns) {
    let (first, second, dns) = machines().await;
    let node = node_with(&dns, t1_ms, "").await;
    let wanted = [&first, &second].map(|machine| machine.link.local.to_string());
    until_async("the addresses of the trunk", || async {
        let trunks = node.trunks().await;
        let known: Vec<String> = trunks.first()?["addresses"]
            .as_array()?
            .iter()
            .filter_map(|address| address.as_str().filter(|a| a.starts_with("127.")).map(str::to_owned))
            .collect();
        (known == wanted).then_some(())
    })
    .await;
    (first, second, node, dns)
}

/// A node with that trunk; `keys`: more of it.
async fn node_with(dns: &Dns, t1_ms: u32, keys: &str) -> Node {
    let more = format!("#sip.dns_servers = [\"{}\"]\n[sip.timers]\nt1_ms = {t1_ms}\n", dns.address);
    let node = Node::start_with(Site::acme(), &more).await;
    let trunk = format!(
        "\n[[organization.trunk]]\nname = \"carrier\"\nhost = \"carrier.test\"\n{keys}\n\
        \n[[organization.rule]]\nprefix = \"0\"\ntrunk = \"carrier\"\n"
    );
    node.apply_text(&format!("{}{trunk}", Site::acme().toml())).await;
    node
}

#[tokio::test]
async fn a_machine_that_cannot_serve_passes_the_call_on_and_is_asked_last_afterwards() {
    let (first, second, node, _dns) = carrier(30).await;
    let phone = node.phone("100").await;
    let rtp = Rtp::new().await;
    let mut call = phone.invite("0115551234", &rtp.sdp()).await;
    first.expect_invite().await.reject(503).await;
    let other = second.expect_invite().await;
    assert_eq!(other.invited_user(), "0115551234");
    let answer = Rtp::new().await.sdp();
    tokio::join!(other.answer(&answer), call.answered());
    tokio::join!(call.bye(), other.expect_bye());
    // The next call goes there at once; the machine that failed is the second choice for a while.
    let mut again = phone.invite("0115551234", &rtp.sdp()).await;
    second.expect_invite().await.reject(503).await;
    first.expect_invite().await.reject(486).await;
    again.expect_status(486).await;
    let records = node.expect_cdrs(2).await;
    assert!(records.iter().any(|record| record["end_reason"] == "busy"), "{records:#?}");
}

#[tokio::test]
async fn a_silent_machine_is_given_up_for_the_next_and_a_busy_number_is_not_tried_twice() {
    let (_silent, second, node, _dns) = carrier(30).await;
    let phone = node.phone("100").await;
    let mut call = phone.invite("0115551234", &Rtp::new().await.sdp()).await;
    second.expect_invite().await.reject(486).await;
    call.expect_status(486).await;
    assert_eq!(node.expect_cdr().await["end_reason"], "busy");
}

/// Timer B would be two minutes here.
#[tokio::test]
async fn nobody_waits_for_timer_b_of_a_silent_machine() {
    let (_silent, second, node, _dns) = carrier(2_000).await;
    let phone = node.phone("100").await;
    let mut call = phone.invite("0115551234", &Rtp::new().await.sdp()).await;
    second.expect_invite().await.reject(486).await;
    call.expect_status(486).await;
    assert_eq!(node.expect_cdr().await["end_reason"], "busy");
}

#[tokio::test]
async fn a_caller_who_gives_up_at_a_silent_machine_leaves_word_of_it() {
    let (silent, second, node, _dns) = carrier(2_000).await;
    let phone = node.phone("100").await;
    let mut call = phone.invite("0115551111", &Rtp::new().await.sdp()).await;
    call.expect_status(100).await;
    silent.inbox.expect_repeat("INVITE").await;
    call.cancel().await;
    assert_eq!(node.expect_cdr().await["end_reason"], "caller_cancelled");
    while silent.inbox.take(|m| m.method() == Some("INVITE")).is_some() {}
    let mut again = phone.invite("0115552222", &Rtp::new().await.sdp()).await;
    loop {
        let asked = second.expect_invite().await;
        if asked.invited_user() == "0115552222" {
            asked.reject(486).await;
            break;
        }
    }
    again.expect_status(486).await;
    assert!(silent.inbox.take(|m| m.method() == Some("INVITE")).is_none(), "it is asked last");
}

#[tokio::test]
async fn the_next_machine_has_our_registration_at_once() {
    let (first, second, dns) = machines().await;
    let keys = "register = { aor = \"sip:acme@carrier.test\", contact_user = \"acme\" }\n\
        options_ping_s = 3600";
    let node = node_with(&dns, 500, keys).await;
    let asked = first.inbox.expect("a REGISTER", |m| m.method() == Some("REGISTER")).await;
    let later = [("Retry-After", "3600")];
    first.send_to(asked.source, &message::response(&asked, 503, "carrier", &later, None)).await;
    let asked = second.inbox.expect("a REGISTER", |m| m.method() == Some("REGISTER")).await;
    let contact = asked.header("Contact").expect("a Contact").to_owned();
    let granted = [("Contact", contact.as_str())];
    second.send_to(asked.source, &message::response(&asked, 200, "carrier", &granted, None)).await;
    until_async("the registration", || async {
        (node.trunks().await.first()?["registered"] == true).then_some(())
    })
    .await;
}
