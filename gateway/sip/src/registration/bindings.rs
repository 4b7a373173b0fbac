use std::time::Duration;

use crate::message::{Params, Rejection, Request, Uri};
use crate::transport::Flow;

/// What a registrar grants.
#[derive(Clone, Debug)]
pub struct RegistrationLimits {
    /// A shorter wish is refused with 423 (RFC 3261 §10.3).
    pub min_expires_s: u32,
    /// A longer wish is cut to this.
    pub max_expires_s: u32,
    /// Where no wish is told.
    pub default_expires_s: u32,
    /// Bindings of one address of record.
    pub max_bindings: usize,
}

impl Default for RegistrationLimits {
    fn default() -> Self {
        Self { min_expires_s: 60, max_expires_s: 7_200, default_expires_s: 3_600, max_bindings: 10 }
    }
}

/// A REGISTER, understood.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The address of record, from To.
    pub aor: Uri,
    pub call_id: String,
    pub cseq: u32,
    pub change: RegistrationChange,
}

/// What a REGISTER asks for.
#[derive(Clone, Debug)]
pub enum RegistrationChange {
    /// No Contact: the Bindings are asked for.
    Query,
    /// `Contact: *` with `Expires: 0`.
    RemoveAll,
    Update(Vec<ContactUpdate>),
}

/// One Contact of a REGISTER.
#[derive(Clone, Debug)]
pub struct ContactUpdate {
    pub uri: Uri,
    /// Granted seconds; 0 removes.
    pub expires_s: u32,
    /// Preference in thousandths, 0 to 1000.
    pub q_milli: u16,
    /// All parameters but `expires` and `q`; among them `+sip.instance` and `reg-id` (RFC 5626 §4.1).
    pub params: Params,
}

/// Where a phone can be reached now.
#[derive(Clone, Debug)]
pub struct Binding {
    pub uri: Uri,
    pub params: Params,
    pub q_milli: u16,
    pub call_id: String,
    pub cseq: u32,
    /// Milliseconds of the caller's clock.
    pub expires_at_ms: u64,
    /// The way the REGISTER came; requests to the phone go back over it.
    pub flow: Flow,
}

/// The Bindings of one address of record.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    bindings: Vec<Binding>,
}

/// What a REGISTER did.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pub added: Vec<Uri>,
    pub refreshed: Vec<Uri>,
    pub removed: Vec<Uri>,
}

/// Understands a REGISTER, or says with which status to refuse it.
pub fn parse_register(request: &Request, limits: &RegistrationLimits) -> Result<Registration, Rejection> {
    let _ = (request, limits, Duration::ZERO);
    Err(Rejection::new(crate::message::StatusCode::BAD_REQUEST))
}

impl Bindings {
    pub fn new() -> Self {
        Self::default()
    }

    /// Carries out a REGISTER, all of it or nothing (RFC 3261 §10.3 step 7).
    pub fn apply(
        &mut self,
        now_ms: u64,
        registration: &Registration,
        flow: Flow,
        limits: &RegistrationLimits,
    ) -> Result<Changes, Rejection> {
        let _ = (now_ms, registration, flow, limits);
        Ok(Changes::default())
    }

    /// Removes what has expired and returns it.
    pub fn expire(&mut self, now_ms: u64) -> Vec<Binding> {
        let _ = now_ms;
        Vec::new()
    }

    /// Takes a Binding back from storage, after a restart.
    pub fn restore(&mut self, binding: Binding) {
        self.bindings.push(binding);
    }

    /// The Bindings that hold at `now_ms`, best preference first.
    pub fn active(&self, now_ms: u64) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(move |b| b.expires_at_ms > now_ms)
    }

    /// The values of Contact for the 200 to a REGISTER (RFC 3261 §10.3 step 8).
    pub fn contact_values(&self, now_ms: u64) -> Vec<String> {
        let _ = now_ms;
        Vec::new()
    }

    /// When `expire` has to be called next, in milliseconds.
    pub fn next_expiry_ms(&self) -> Option<u64> {
        self.bindings.iter().map(|b| b.expires_at_ms).min()
    }

    pub fn is_empty(&self) -> bool {
        self.bindings.is_empty()
    }
}
