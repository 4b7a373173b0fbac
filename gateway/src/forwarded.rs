//! Where an HTTP request comes from that a reverse proxy hands on.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

/// Where a request comes from: the last address that a trusted proxy has added, else the peer's. `trusted`: `web.trusted_proxies`.
pub fn source(remote: SocketAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    if !trusted.contains(&remote.ip()) {
        return remote.ip();
    }
    let told = headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
    let last = told.and_then(|value| value.rsplit(',').next()?.trim().parse().ok());
    last.unwrap_or(remote.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", value.parse().unwrap());
        headers
    }

    #[test]
    fn only_a_trusted_proxy_may_say_where_a_request_comes_from() {
        let proxy = SocketAddr::from(([192, 0, 2, 9], 443));
        let told = headers("203.0.113.1, 203.0.113.7");
        assert_eq!(source(proxy, &told, &[]), proxy.ip());
        assert_eq!(source(proxy, &told, &[proxy.ip()]), IpAddr::from([203, 0, 113, 7]));
        assert_eq!(source(proxy, &headers("nonsense"), &[proxy.ip()]), proxy.ip());
    }
}
