//! How SIP travels.

worded_enum! {
    /// Transport of SIP messages (RFC 3261 §18).
    Transport {
        Tcp = "tcp",
        Tls = "tls",
        Udp = "udp",
        /// WebSocket (RFC 7118): phones only.
        Ws = "ws",
        /// WebSocket over TLS (RFC 7118): phones only.
        Wss = "wss",
    }
}
