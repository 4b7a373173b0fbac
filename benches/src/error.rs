//! Why a bench gave no figure.

use thiserror::Error;

/// Result of anything here.
pub type Outcome<T> = Result<T, BenchError>;

/// See the module.
#[derive(Debug, Error)]
pub enum BenchError {
    /// The caller asked for something that is not there.
    #[error("{0}")]
    Usage(String),
    /// The machine refused.
    #[error("{what}: {error}")]
    Io { what: String, error: std::io::Error },
    /// What is measured, or its peer, did not do its part.
    #[error("{who}: {what}")]
    Subject { who: &'static str, what: String },
}

impl BenchError {
    /// See [`Self::Usage`].
    pub fn usage(text: impl Into<String>) -> Self {
        Self::Usage(text.into())
    }

    /// See [`Self::Subject`].
    pub fn subject(who: &'static str, what: impl Into<String>) -> Self {
        Self::Subject { who, what: what.into() }
    }
}

/// Names what was tried.
pub fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> BenchError {
    let what = what.into();
    move |error| BenchError::Io { what, error }
}
