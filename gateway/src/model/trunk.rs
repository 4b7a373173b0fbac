//! A carrier or PBX that calls are exchanged with.

use crate::model::{Ha1Pair, Network, OrganizationId, RecordingRule, SealedSecret, Transport};

row_id! {
    /// Row number of a [`Trunk`].
    TrunkId
}

/// A carrier or PBX: how to reach it, how it proves who it is, how we do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trunk {
    /// Row number.
    pub id: TrunkId,
    /// Owner.
    pub organization: OrganizationId,
    /// Short name, unique inside the organization.
    pub name: String,
    /// Host name or IP address of the peer.
    pub host: String,
    /// `None`: the transport's own port.
    pub port: Option<u16>,
    /// Transport of our requests.
    pub transport: Transport,
    /// Sources accepted without digest.
    pub sources: Vec<Network>,
    /// How the peer proves itself when it calls from elsewhere.
    pub digest_in: Option<InboundDigest>,
    /// How we answer the peer's challenges.
    pub credentials_out: Option<OutboundCredentials>,
    /// Our own registration there.
    pub register: Option<RegisterOut>,
    /// Interval of OPTIONS probes; `None`: no probes.
    pub options_ping_s: Option<u32>,
    /// Codecs to offer, in order; `None`: all that we know.
    pub codecs: Option<Vec<String>>,
    /// Media encryption.
    pub srtp: SrtpPolicy,
    /// How key presses go to the peer.
    pub dtmf: DtmfMethod,
    /// Recording rule of this trunk.
    pub recording: RecordingRule,
    /// Most calls at once, both directions together.
    pub max_calls: Option<u32>,
    /// What the called party sees.
    pub caller_id: CallerIdPolicy,
    /// `false`: no calls, no registration, no probes.
    pub enabled: bool,
}

/// Inbound digest; the realm is the organization's `sip_domain`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InboundDigest {
    /// User name the peer answers challenges with.
    pub username: String,
    /// What checking needs.
    pub ha1: Ha1Pair,
}

/// What we answer the peer's challenges with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutboundCredentials {
    /// Digest user name.
    pub username: String,
    /// Kept as narrowly as the realm allows.
    pub secret: OutboundSecret,
}

/// An outbound secret: hashed where the realm is known beforehand, else encrypted with the node's key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OutboundSecret {
    /// Good for this realm only.
    Ha1 {
        /// The realm the peer will name.
        realm: String,
        /// Hashes for it.
        ha1: Ha1Pair,
    },
    /// Good for whatever realm the trunk's own host names.
    Sealed(SealedSecret),
}

/// Our own REGISTER at the peer (RFC 3261 §10.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegisterOut {
    /// Address of record, a `sip:` or `sips:` URI.
    pub aor: String,
    /// User part of the contact we register.
    pub contact_user: String,
    /// Expiry asked for.
    pub expires_s: u32,
}

worded_enum! {
    /// Media encryption towards a trunk (SDES, RFC 4568).
    SrtpPolicy {
        Off = "off",
        /// We offer SRTP and take RTP if the peer does not.
        Offered = "offered",
        /// A call without SRTP is refused.
        Required = "required",
    }
}

worded_enum! {
    /// How key presses go to a trunk.
    DtmfMethod {
        Info = "info",
        Rfc4733 = "rfc4733",
    }
}

/// What the called party sees.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CallerIdPolicy {
    /// `Anonymous`, with Privacy: id (RFC 3323 §4.1).
    Anonymous,
    /// This number, whoever calls.
    Fixed(String),
    /// The caller's own number.
    Pass,
}
