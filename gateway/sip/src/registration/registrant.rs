use std::time::Instant;

use crate::auth::Credentials;
use crate::endpoint::{Failure, OutOfDialog};
use crate::message::{Response, StatusCode, Uri};
use crate::transport::Flow;

/// Our registration at a trunk.
#[derive(Clone, Debug)]
pub struct RegistrantConfig {
    /// Request-URI: the registrar's domain, without user.
    pub registrar: Uri,
    /// Address of record, in From and To.
    pub aor: Uri,
    pub contact: Uri,
    pub target: Flow,
    pub credentials: Option<Credentials>,
    /// Wished for; the registrar grants less or more.
    pub expires_s: u32,
}

/// Where our registration stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RegistrantState {
    Unregistered,
    /// The first REGISTER, or one after a failure, is out.
    Registering,
    /// Calls reach us until then; it is renewed earlier.
    Registered {
        until: Instant,
    },
    /// The registrar said no.
    Refused {
        status: StatusCode,
        retry_at: Instant,
    },
    /// The registrar did not answer.
    Failed {
        failure: Failure,
        retry_at: Instant,
    },
    Unregistering,
}

/// What [`Registrant::poll_output`] gives.
#[derive(Clone, Debug)]
pub enum RegistrantOutput {
    /// Hand it to `Endpoint::request`; give the outcome to [`Registrant::handle_response`].
    Request(OutOfDialog),
    /// The state has changed.
    State(RegistrantState),
    /// Nothing more for now. Call `handle_timeout` at this time, if any.
    Timeout(Option<Instant>),
}

/// Keeps us registered at a trunk: renews, and tries again after a refusal or silence.
#[derive(Debug)]
pub struct Registrant {
    config: RegistrantConfig,
    state: RegistrantState,
}

impl Registrant {
    /// `seed` makes the Call-ID, the tag and the jitter.
    pub fn new(config: RegistrantConfig, seed: [u8; 32]) -> Self {
        let _ = seed;
        Self { config, state: RegistrantState::Unregistered }
    }

    /// Starts to register, and keeps on until [`unregister`](Self::unregister).
    pub fn register(&mut self, now: Instant) {
        let _ = now;
    }

    /// Removes our Contact and stops.
    pub fn unregister(&mut self, now: Instant) {
        let _ = now;
    }

    /// Takes the outcome of the request handed out last.
    pub fn handle_response(&mut self, now: Instant, outcome: Result<&Response, Failure>) {
        let _ = (now, outcome);
    }

    /// Takes a new way to the registrar, such as after a look-up of its name.
    pub fn set_target(&mut self, target: Flow) {
        self.config.target = target;
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        let _ = now;
    }

    pub fn poll_output(&mut self) -> RegistrantOutput {
        RegistrantOutput::Timeout(None)
    }

    pub fn state(&self) -> RegistrantState {
        self.state
    }
}
