//! One of two databases, and the way to say a thing to both.
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, PgConnection, PgPool, Postgres, Sqlite, SqlitePool, Transaction};

use crate::store::{StoreError, connect_fault};

/// SQLite waits so long for another writer.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a query may wait for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections held at most.
const MAX_CONNECTIONS: u32 = 8;

/// The two databases.
#[derive(Clone, Debug)]
pub(in crate::store) enum Database {
    Postgres(PgPool),
    Sqlite(SqlitePools),
}

/// SQLite has one writer at a time, and lets whoever waits for it try again now and then: one who is unlucky tries until he is told
/// that the database is locked. So all writers of a node share one connection, for which they queue.
#[derive(Clone, Debug)]
pub(in crate::store) struct SqlitePools {
    /// May change nothing, so that a write that was meant for the writer is found at once.
    pub readers: SqlitePool,
    /// One connection.
    pub writer: SqlitePool,
}

/// A transaction on either.
pub(crate) enum Tx {
    Postgres(Transaction<'static, Postgres>),
    Sqlite(Transaction<'static, Sqlite>),
}

/// Runs the same expression, which only reads, on whichever pool there is.
macro_rules! on_pool {
    ($store:expr, |$pool:ident| $body:expr) => {
        match $store.database() {
            $crate::store::database::Database::Postgres($pool) => $body,
            $crate::store::database::Database::Sqlite(pools) => {
                let $pool = &pools.readers;
                $body
            }
        }
    };
}

/// The same for an expression that writes.
macro_rules! on_writer {
    ($store:expr, |$pool:ident| $body:expr) => {
        match $store.database() {
            $crate::store::database::Database::Postgres($pool) => $body,
            $crate::store::database::Database::Sqlite(pools) => {
                let $pool = &pools.writer;
                $body
            }
        }
    };
}

/// Runs the same expression on the connection of whichever transaction there is.
macro_rules! on_tx {
    ($tx:expr, |$connection:ident| $body:expr) => {
        match $tx {
            $crate::store::database::Tx::Postgres(tx) => {
                let $connection = &mut **tx;
                $body
            }
            $crate::store::database::Tx::Sqlite(tx) => {
                let $connection = &mut **tx;
                $body
            }
        }
    };
}

/// A struct that is read out of a row, each field from the column of its name; `..field: Kind` is read out of the same row by
/// itself. `derive(FromRow)` would do the same, but builds both databases' drivers, with their C code, a second time for the compiler.
macro_rules! row {
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $kind:ty,)*
        $(.. $part:ident: $part_kind:ty,)*
    }) => {
        $(#[$meta])*
        $vis struct $name {
            $($(#[$field_meta])* $field_vis $field: $kind,)*
            $($part: $part_kind,)*
        }

        impl<'r, R: sqlx::Row> sqlx::FromRow<'r, R> for $name
        where
            &'static str: sqlx::ColumnIndex<R>,
            $($kind: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,)*
            $($part_kind: sqlx::FromRow<'r, R>,)*
        {
            fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
                Ok(Self {
                    $($field: row.try_get(stringify!($field))?,)*
                    $($part: <$part_kind as sqlx::FromRow<'r, R>>::from_row(row)?,)*
                })
            }
        }
    };
}

/// The database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    database: Database,
    /// The file of SQLite, as it was when it was opened.
    file: Option<DatabaseFile>,
}

/// Which file a path meant.
#[derive(Clone, PartialEq, Eq, Debug)]
struct DatabaseFile {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl DatabaseFile {
    fn at(path: &Path) -> Option<Self> {
        let found = std::fs::metadata(path).ok()?;
        Some(Self { path: path.to_owned(), device: found.dev(), inode: found.ino() })
    }
}

impl Store {
    /// Opens `sqlite:PATH` (made if missing) or `postgres://…`. Waits for nothing that is not there.
    ///
    /// # Errors
    /// If the URL is neither, or the database cannot be reached.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        let mut file = None;
        let database = if let Some(path) = sqlite_path(url) {
            let pools = connect_sqlite(path).await?;
            file = DatabaseFile::at(Path::new(path));
            Database::Sqlite(pools)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Database::Postgres(connect_postgres(url).await?)
        } else {
            return Err(StoreError::Url);
        };
        Ok(Self { database, file })
    }

    /// As [`Store::connect`], but a SQLite file that is not there is not made.
    ///
    /// # Errors
    /// As [`Store::connect`], and [`StoreError::Missing`].
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        match sqlite_path(url).map(Path::new) {
            Some(path) if !path.exists() => Err(StoreError::Missing(path.to_owned())),
            _ => Self::connect(url).await,
        }
    }

    /// SQLite goes on writing into a file that was deleted or replaced: what it takes then is lost.
    pub(in crate::store) fn check_file(&self) -> Result<(), StoreError> {
        match &self.file {
            Some(opened) if DatabaseFile::at(&opened.path).as_ref() != Some(opened) => {
                Err(StoreError::Replaced(opened.path.clone()))
            }
            _ => Ok(()),
        }
    }

    pub(in crate::store) const fn database(&self) -> &Database {
        &self.database
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// If there is none.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.check_file()?;
        on_pool!(self, |pool| sqlx::query("SELECT 1").execute(pool).await.map(drop))?;
        Ok(())
    }

    /// Closes all connections; SQLite folds its journal into the file.
    pub async fn close(&self) {
        match &self.database {
            Database::Postgres(pool) => pool.close().await,
            Database::Sqlite(SqlitePools { readers, writer }) => {
                readers.close().await;
                writer.close().await;
            }
        }
    }

    /// Transactions that may write at once without only waiting for each other.
    pub(crate) const fn writers(&self) -> usize {
        match self.database {
            Database::Postgres(_) => MAX_CONNECTIONS as usize / 2,
            Database::Sqlite(_) => 1,
        }
    }

    /// `BEGIN IMMEDIATE` on SQLite: a transaction that reads first could not wait for another writer afterwards.
    pub(crate) async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(match &self.database {
            Database::Postgres(pool) => Tx::Postgres(pool.begin().await?),
            Database::Sqlite(pools) => Tx::Sqlite(pools.writer.begin_with("BEGIN IMMEDIATE").await?),
        })
    }
}

impl Tx {
    /// Marks a place to which the transaction can go back; the mark before it, if this is not the first, is given up.
    pub(crate) async fn mark(&mut self, first: bool) -> Result<(), StoreError> {
        let statement = if first { "SAVEPOINT mark" } else { "RELEASE SAVEPOINT mark; SAVEPOINT mark" };
        Ok(on_tx!(self, |db| sqlx::raw_sql(statement).execute(db).await.map(drop))?)
    }

    /// Undoes what was written since the mark.
    pub(crate) async fn back_to_mark(&mut self) -> Result<(), StoreError> {
        Ok(on_tx!(self, |db| sqlx::raw_sql("ROLLBACK TO SAVEPOINT mark").execute(db).await.map(drop))?)
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Postgres(tx) => tx.commit().await?,
            Self::Sqlite(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

fn sqlite_path(url: &str) -> Option<&str> {
    url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path))
}

/// WAL: readers and the writer do not wait for each other. FULL: a commit that was answered survives a power cut; batches spread the cost.
async fn connect_sqlite(path: &str) -> Result<SqlitePools, StoreError> {
    if let Some(folder) = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|error| StoreError::Folder { path: folder.to_owned(), error })?;
    }
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true);
    // SQLite ends a transaction by itself when its disk fails; the driver then counts one for ever and begins no other.
    let pool = SqlitePoolOptions::new()
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }));
    // The writer first: it makes the file.
    let writer = pool.clone().max_connections(1).connect_with(options.clone()).await;
    let writer = writer.map_err(|error| connect_fault::sqlite(Path::new(path), error))?;
    let only_reads = options.pragma("query_only", "ON");
    let readers = pool.max_connections(MAX_CONNECTIONS).connect_with(only_reads).await;
    let readers = readers.map_err(|error| connect_fault::sqlite(Path::new(path), error))?;
    Ok(SqlitePools { readers, writer })
}

async fn connect_postgres(url: &str) -> Result<PgPool, StoreError> {
    let options = PgConnectOptions::from_str(url)?.application_name("ramal");
    // The pool would try again and again, and then know only that it took too long.
    let first = tokio::time::timeout(ACQUIRE_TIMEOUT, PgConnection::connect_with(&options));
    let first = first.await.map_err(|_| connect_fault::silent_postgres(&options))?;
    let first = first.map_err(|error| connect_fault::postgres(&options, &error))?;
    first.close().await?;
    let pool = PgPoolOptions::new().max_connections(MAX_CONNECTIONS).acquire_timeout(ACQUIRE_TIMEOUT);
    Ok(pool.connect_with(options).await?)
}
