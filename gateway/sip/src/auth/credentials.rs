use std::fmt;

use super::Ha1;

/// What we log in with at a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// None: any realm of that trunk's host; Some: only this one.
    pub realm: Option<String>,
    pub username: String,
    pub secret: Secret,
}

/// A password or what is kept of one. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    Password(String),
    /// Holds for one realm only: give [`Credentials::realm`] with it.
    Ha1(Ha1),
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password(_) => f.write_str("Password(..)"),
            Self::Ha1(_) => f.write_str("Ha1(..)"),
        }
    }
}
