//! Where a registered phone can be reached now.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::model::{ExtensionId, OrganizationId, Transport};

/// One contact of an extension's address of record (RFC 3261 §10.3).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Binding {
    /// Owner.
    pub organization: OrganizationId,
    /// Whose phone it is.
    pub extension: ExtensionId,
    /// Contact URI as registered; one Binding per extension and URI.
    pub uri: String,
    /// The way the REGISTER came.
    pub flow: BindingFlow,
    /// Call-ID of the REGISTER.
    pub call_id: String,
    /// CSeq of the REGISTER.
    pub cseq: u32,
    /// Unix time in milliseconds.
    pub expires_at_ms: i64,
    /// User-Agent of the phone.
    pub user_agent: Option<String>,
    /// `+sip.instance` (RFC 5626 §4.1).
    pub instance: Option<String>,
    /// Path header (RFC 3327).
    pub path: Option<String>,
}

/// The way to a phone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BindingFlow {
    /// Transport.
    pub transport: Transport,
    /// Our end.
    pub local: SocketAddr,
    /// Its end, as seen by us.
    pub remote: SocketAddr,
    /// Number of the open stream; means nothing after a restart.
    pub connection: Option<u64>,
}
