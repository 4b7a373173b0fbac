//! Why a query failed, and whether it is worth another try.
use std::path::PathBuf;

use sqlx::migrate::MigrateError;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached or is busy; the same request may succeed later.
    #[error("the database is away: {0}")]
    Away(sqlx::Error),
    /// The database answered in time to nothing.
    #[error("the database did not answer within {0} s")]
    Late(u64),
    /// The file of SQLite is no longer the one that was opened.
    #[error("the database file {} was removed or replaced under the running node: put it back, or restart the node", .0.display())]
    Replaced(PathBuf),
    /// There is no database yet.
    #[error("there is no database at {}: `ramal apply` or `ramal serve` makes one", .0.display())]
    Missing(PathBuf),
    /// PostgreSQL cannot be used as `database.url` says.
    #[error("PostgreSQL at {server}: {why}")]
    Postgres {
        /// Host and port, or the folder of its socket.
        server: String,
        /// Whose fault it is and what to do.
        why: String,
    },
    /// The file of SQLite cannot be used.
    #[error("the database file {}: {why}", .path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// Whose fault it is and what to do.
        why: String,
    },
    /// The database refuses this request and always will.
    #[error("the database refuses: {0}")]
    Refused(sqlx::Error),
    /// Another row has what may be there only once.
    #[error("another has this already")]
    Taken,
    /// A row holds what this program cannot have written.
    #[error("table {table} holds what is no {noun}: {detail}")]
    Corrupt {
        /// Table.
        table: &'static str,
        /// What was expected.
        noun: &'static str,
        /// Why it is none.
        detail: String,
    },
    /// Someone else applied a change in between.
    #[error(
        "the site was changed meanwhile: revision {found} instead of {expected}; look at the difference again"
    )]
    Changed {
        /// Revision the plan was made for.
        expected: i64,
        /// Revision now.
        found: i64,
    },
    /// Another wrote the same at the same moment; the same request finds what it wrote.
    #[error("another request wrote the same at the same moment")]
    Crossed,
    /// A plan refers to a row that it does not hold.
    #[error("the plan refers to {0}, which it does not hold")]
    Dangling(String),
    /// Neither SQLite nor PostgreSQL.
    #[error("a database URL must start with `sqlite:` or `postgres://`")]
    Url,
    /// The tables could not be brought up to date.
    #[error("migration failed: {0}")]
    Migrate(#[from] MigrateError),
    /// The folder of the database file could not be made.
    #[error("the folder {} of the database file cannot be made: {error}; name another in database.url or node.data_dir", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// From the system.
        error: std::io::Error,
    },
}

impl StoreError {
    /// Whether the same request may succeed later without a change.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Away(_) | Self::Late(_) | Self::Replaced(_) | Self::Crossed => true,
            Self::Refused(_)
            | Self::Taken
            | Self::Corrupt { .. }
            | Self::Missing(_)
            | Self::Postgres { .. }
            | Self::Sqlite { .. }
            | Self::Changed { .. }
            | Self::Dangling(_)
            | Self::Url
            | Self::Migrate(_)
            | Self::Folder { .. } => false,
        }
    }

    /// Whether a row that it refers to is not there, or not of the same organization.
    pub fn is_dangling(&self) -> bool {
        matches!(self, Self::Refused(sqlx::Error::Database(error)) if error.is_foreign_key_violation())
    }
}

impl StoreError {
    /// Whether two requests met at the same rows, so that the same request succeeds at once.
    pub fn is_crossing(&self) -> bool {
        match self {
            Self::Crossed => true,
            Self::Away(sqlx::Error::Database(error)) => {
                error.code().is_some_and(|code| code.len() == 5 && code.starts_with("40"))
            }
            _ => false,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let taken = error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation);
        match (is_away(&error), taken) {
            (true, _) => Self::Away(error),
            (false, true) => Self::Taken,
            (false, false) => Self::Refused(error),
        }
    }
}

fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        // No request of ours nests transactions: the connection is spoilt, and another will do.
        | sqlx::Error::InvalidSavePointStatement
        | sqlx::Error::BeginFailed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| is_away_code(&code)),
        _ => false,
    }
}

/// PostgreSQL: connection (08), rolled back for concurrency (40), resources (53), shut down or locked (55, 57), system (58), role or database
/// not to be had now (28, 3D). SQLite: busy, locked, I/O error, full, cannot open, by the low byte of the extended code.
fn is_away_code(code: &str) -> bool {
    if code.len() == 5 {
        return ["08", "28", "3D", "40", "53", "55", "57", "58"].iter().any(|class| code.starts_with(class));
    }
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xFF, 5 | 6 | 8 | 10 | 13 | 14))
}
