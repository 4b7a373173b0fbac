//! What is written into a Via at arrival, and where its response goes.

use std::net::SocketAddr;

use super::Flow;
use crate::message::{HeaderName, Headers, Via};

/// Writes `received` and `rport` into the topmost Via (RFC 3261 §18.2.1, RFC 3581 §4).
///
/// Returns the Via as it stands then; `None` when there is none that can be read.
pub fn stamp_via(headers: &mut Headers, source: SocketAddr) -> Option<Via> {
    let mut via = headers.via().ok()?;
    let asked = via.params.contains("rport");
    let mut changed = via.params.remove("received");
    if asked || !is_sent_by(&via, source) {
        via.params.set("received", source.ip().to_canonical().to_string());
        changed = true;
    }
    if asked {
        via.params.set("rport", source.port().to_string());
    }
    if changed {
        replace_top(headers, &via);
    }
    Some(via)
}

/// Where a response goes: to where its request came from, over the same connection.
///
/// Without `rport` RFC 3261 §18.2.2 sends to the port of sent-by over UDP; peers that leave it out
/// sit behind symmetric NAT as well, but those with distinct sending ports need the rule.
pub fn response_flow(via: &Via, request: &Flow) -> Flow {
    if request.transport.is_reliable() || via.params.contains("rport") {
        return *request;
    }
    let port = via.port.unwrap_or(request.transport.default_port());
    Flow { remote: SocketAddr::new(request.remote.ip(), port), ..*request }
}

fn is_sent_by(via: &Via, source: SocketAddr) -> bool {
    let bare = via.host.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.to_canonical() == source.ip().to_canonical())
}

/// Puts `via` in the place of the first element; others in the same header stay behind it.
fn replace_top(headers: &mut Headers, via: &Via) {
    headers.replace_first_element(&HeaderName::Via, &via.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::{ConnectionId, Transport};

    fn stamped(via: &str, source: &str) -> (String, Via) {
        let mut headers = Headers::new();
        headers.push(HeaderName::Via, via.to_owned());
        let top = stamp_via(&mut headers, source.parse().unwrap()).unwrap();
        (headers.get_str(&HeaderName::Via).unwrap().to_owned(), top)
    }

    fn flow(transport: Transport) -> Flow {
        let (local, remote) = ("192.0.2.1:5060".parse().unwrap(), "203.0.113.9:40000".parse().unwrap());
        Flow { transport, local, remote, connection: Some(ConnectionId(1)) }
    }

    #[test]
    fn a_phone_behind_nat_gets_received_and_rport() {
        let (text, top) =
            stamped("SIP/2.0/UDP 10.0.0.2:5060;rport;branch=z9hG4bK1, SIP/2.0/UDP x", "203.0.113.9:40000");
        assert_eq!(
            text,
            "SIP/2.0/UDP 10.0.0.2:5060;rport=40000;branch=z9hG4bK1;received=203.0.113.9, SIP/2.0/UDP x"
        );
        assert_eq!(response_flow(&top, &flow(Transport::Udp)).remote.port(), 40000);
    }

    #[test]
    fn without_rport_the_port_of_sent_by_counts_over_udp() {
        let (text, top) = stamped("SIP/2.0/UDP 203.0.113.9:5070;branch=1", "203.0.113.9:40000");
        assert_eq!(text, "SIP/2.0/UDP 203.0.113.9:5070;branch=1");
        assert_eq!(response_flow(&top, &flow(Transport::Udp)).remote.port(), 5070);
        assert_eq!(response_flow(&top, &flow(Transport::Tcp)), flow(Transport::Tcp));
        let (_, without_port) = stamped("SIP/2.0/UDP 203.0.113.9;branch=1", "203.0.113.9:40000");
        assert_eq!(response_flow(&without_port, &flow(Transport::Udp)).remote.port(), 5060);
    }

    #[test]
    fn a_received_of_the_peer_is_not_believed() {
        let (text, _) =
            stamped("SIP/2.0/UDP phone.example.org;received=198.51.100.1;branch=1", "203.0.113.9:5060");
        assert_eq!(text, "SIP/2.0/UDP phone.example.org;branch=1;received=203.0.113.9");
        let (text, _) = stamped("SIP/2.0/UDP 203.0.113.9;received=198.51.100.1;branch=1", "203.0.113.9:5060");
        assert_eq!(text, "SIP/2.0/UDP 203.0.113.9;branch=1");
    }

    #[test]
    fn ipv6_addresses_stand_without_brackets_in_received() {
        let (text, _) = stamped("SIP/2.0/UDP [2001:db8::2];rport;branch=1", "[2001:db8::9]:5060");
        assert_eq!(text, "SIP/2.0/UDP [2001:db8::2];rport=5060;branch=1;received=2001:db8::9");
    }
}
