//! Where a request inside a dialog goes (RFC 3261 §12.2.1.1, §8.1.2) and how peers behind NAT are reached.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;

use super::state::Dialog;
use crate::message::{NameAddr, Uri};
use crate::transport::{Flow, Transport};

/// Request-URI and Route values: loose routing, or strict where the first hop lacks `lr` (RFC 3261
/// §12.2.1.1).
pub(crate) fn uri_and_routes(dialog: &Dialog) -> (Uri, Vec<Bytes>) {
    let first = dialog.routes.first().and_then(|route| NameAddr::parse(route));
    match first {
        Some(first) if first.uri.param("lr").is_none() => {
            let mut routes: Vec<Bytes> = dialog.routes.iter().skip(1).cloned().collect();
            routes.push(format!("<{}>", dialog.target).into());
            (first.uri, routes)
        }
        Some(_) | None => (dialog.target.clone(), dialog.routes.clone()),
    }
}

/// The flow for the next request.
///
/// Over a stream, or behind NAT (the next hop names a private address that its messages do not come from),
/// only the way back of the peer's last message works. A host name is not looked up here: the peer's last
/// flow stands for it.
pub(crate) fn next_flow(dialog: &Dialog) -> Flow {
    let came = dialog.flow;
    if came.transport.is_reliable() {
        return came;
    }
    match next_address(dialog) {
        Some(hop) if is_same_host(hop, came.remote) || !is_private(hop.ip()) => {
            let transport =
                hop_uri(dialog).transport().and_then(Transport::from_token).unwrap_or(came.transport);
            // A socket for both families knows the peer by its mapped address.
            let ip = if is_same_host(hop, came.remote) { came.remote.ip() } else { hop.ip() };
            Flow { transport, remote: SocketAddr::new(ip, hop.port()), ..came }
        }
        Some(_) | None => came,
    }
}

/// Where to connect if an open stream is gone.
pub(crate) fn fallback(dialog: &Dialog) -> Option<SocketAddr> {
    next_address(dialog).filter(|_| dialog.flow.transport.is_reliable())
}

fn next_address(dialog: &Dialog) -> Option<SocketAddr> {
    let uri = hop_uri(dialog);
    let transport = uri.transport().and_then(Transport::from_token).unwrap_or(dialog.flow.transport);
    Some(SocketAddr::new(uri.ip()?, uri.port().unwrap_or(transport.default_port())))
}

fn hop_uri(dialog: &Dialog) -> Uri {
    let first = dialog.routes.first().and_then(|route| NameAddr::parse(route));
    first.map_or_else(|| dialog.target.clone(), |route| route.uri)
}

fn is_same_host(a: SocketAddr, b: SocketAddr) -> bool {
    a.ip().to_canonical() == b.ip().to_canonical()
}

/// Addresses that mean nothing outside their own network (RFC 1918, RFC 6598, RFC 3927, RFC 4193).
fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, _, _] = v4.octets();
            let is_shared = a == 100 && (64..128).contains(&b);
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() || is_shared
        }
        IpAddr::V6(v6) => {
            v6.is_loopback() || v6.is_unspecified() || v6.is_unique_local() || v6.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialog(contact: &str, routes: &[&str], remote: &str) -> Dialog {
        Dialog {
            call_id: Bytes::new(),
            local: Bytes::new(),
            remote: Bytes::new(),
            remote_tag: Bytes::new(),
            target: Uri::parse(contact.as_bytes()).expect("uri"),
            routes: routes.iter().map(|route| Bytes::copy_from_slice(route.as_bytes())).collect(),
            flow: Flow {
                transport: Transport::Udp,
                local: "192.0.2.1:5060".parse().expect("address"),
                remote: remote.parse().expect("address"),
                connection: None,
            },
            local_cseq: 1,
            remote_cseq: None,
        }
    }

    fn goes_to(contact: &str, routes: &[&str], remote: &str) -> String {
        next_flow(&dialog(contact, routes, remote)).remote.to_string()
    }

    #[test]
    fn contact_says_where_unless_the_peer_is_behind_nat() {
        assert_eq!(goes_to("sip:a@198.51.100.7:5070", &[], "198.51.100.7:5060"), "198.51.100.7:5070");
        assert_eq!(goes_to("sip:a@198.51.100.9", &[], "198.51.100.7:5062"), "198.51.100.9:5060");
        assert_eq!(goes_to("sip:a@10.0.0.5:5060", &[], "198.51.100.7:40001"), "198.51.100.7:40001");
        assert_eq!(goes_to("sip:a@100.64.1.1:5060", &[], "198.51.100.7:40001"), "198.51.100.7:40001");
        assert_eq!(goes_to("sip:a@10.0.0.5:5061", &[], "10.0.0.5:5060"), "10.0.0.5:5061");
        assert_eq!(goes_to("sip:a@phone.example", &[], "198.51.100.7:40001"), "198.51.100.7:40001");
    }

    #[test]
    fn first_route_goes_before_the_contact() {
        let routes = ["<sip:198.51.100.20;lr>", "<sip:198.51.100.21;lr>"];
        assert_eq!(goes_to("sip:a@198.51.100.7", &routes, "198.51.100.20:5060"), "198.51.100.20:5060");
        let (uri, printed) = uri_and_routes(&dialog("sip:a@198.51.100.7", &routes, "198.51.100.20:5060"));
        assert_eq!((uri.to_string().as_str(), printed.len()), ("sip:a@198.51.100.7", 2));
    }

    #[test]
    fn strict_router_gets_itself_as_request_uri() {
        let routes = ["<sip:198.51.100.20>", "<sip:198.51.100.21;lr>"];
        let (uri, printed) = uri_and_routes(&dialog("sip:a@198.51.100.7", &routes, "198.51.100.20:5060"));
        assert_eq!(uri.to_string(), "sip:198.51.100.20");
        assert_eq!(printed, ["<sip:198.51.100.21;lr>", "<sip:a@198.51.100.7>"]);
    }

    #[test]
    fn stream_is_used_both_ways() {
        let mut over_tcp = dialog("sip:a@198.51.100.9", &[], "198.51.100.7:40001");
        over_tcp.flow.transport = Transport::Tcp;
        assert_eq!(next_flow(&over_tcp).remote.port(), 40001);
        assert_eq!(
            fallback(&over_tcp).map(|address| address.to_string()).as_deref(),
            Some("198.51.100.9:5060")
        );
    }
}
