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
