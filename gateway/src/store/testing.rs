//! A fresh database for each test: SQLite in a folder of its own, or PostgreSQL where `RAMAL_TEST_POSTGRES_URL` names a server.
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::model::{
    CallId, CallRecord, Direction, Extension, ExtensionId, Ha1Pair, Organization, OrganizationId,
    RecordingRule,
};
use crate::store::database::Database;
use crate::store::{SitePlan, Store};

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A database of one test, with a folder that is deleted with it.
pub(crate) struct TestStore {
    pub store: Store,
    pub url: String,
    pub folder: PathBuf,
    server: Option<String>,
    name: String,
}

impl TestStore {
    /// An empty database with the tables.
    pub async fn new() -> Self {
        let test = Self::without_tables().await;
        test.store.migrate().await.unwrap();
        test
    }

    /// An empty database.
    pub async fn without_tables() -> Self {
        let name = format!("ramal_test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(&name);
        std::fs::create_dir_all(&folder).unwrap();
        let server = postgres_url();
        let url = match &server {
            Some(server) => {
                administer(server, format!("CREATE DATABASE {name}")).await;
                let (address, options) = server.split_once('?').unwrap_or((server, ""));
                format!("{}/{name}?{options}", address.rsplit_once('/').unwrap().0)
            }
            None => format!("sqlite:{}", folder.join("ramal.db").display()),
        };
        Self { store: Store::connect(&url).await.unwrap(), url, folder, server, name }
    }

    /// Runs a statement as it stands, the same on both databases.
    pub async fn run(&self, statement: String) {
        match self.store.database() {
            Database::Postgres(pool) => {
                sqlx::raw_sql(AssertSqlSafe(statement)).execute(pool).await.map(drop).unwrap()
            }
            Database::Sqlite(pools) => {
                sqlx::raw_sql(AssertSqlSafe(statement)).execute(&pools.writer).await.map(drop).unwrap()
            }
        }
    }

    /// Takes the database away from everyone until [`Outage::end`].
    pub async fn outage(&self) -> Outage {
        let Some(server) = &self.server else {
            let Database::Sqlite(pools) = self.store.database() else {
                unreachable!("no server, no PostgreSQL")
            };
            return Outage::Locked(Box::new(pools.writer.begin_with("BEGIN EXCLUSIVE").await.unwrap()));
        };
        administer(server, format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", self.name)).await;
        administer(
            server,
            format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'", self.name),
        )
        .await;
        Outage::Closed { server: server.clone(), name: self.name.clone() }
    }

    /// Drops the database.
    pub async fn remove(self) {
        self.store.close().await;
        if let Some(server) = &self.server {
            administer(server, format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
        }
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

/// A database that is away.
pub(crate) enum Outage {
    Closed { server: String, name: String },
    Locked(Box<sqlx::Transaction<'static, sqlx::Sqlite>>),
}

impl Outage {
    /// Gives the database back.
    pub async fn end(self) {
        match self {
            Self::Closed { server, name } => {
                administer(&server, format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await
            }
            Self::Locked(tx) => tx.rollback().await.unwrap(),
        }
    }
}

async fn administer(server: &str, statement: String) {
    let mut connection = PgConnection::connect(server).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// An organization with the extension 1001, as a plan for an empty site.
pub(crate) fn small_site(name: &str) -> SitePlan {
    SitePlan {
        based_on_revision: 0,
        organizations: vec![organization(-1, name)],
        extensions: vec![extension(-2, -1, "1001")],
        trunks: Vec::new(),
        rules: Vec::new(),
    }
}

pub(crate) fn organization(id: i64, name: &str) -> Organization {
    Organization {
        id: OrganizationId(id),
        name: name.to_owned(),
        title: name.to_owned(),
        sip_domain: format!("{name}.example"),
        recording: RecordingRule::Inherit,
        announcements: None,
        ring_timeout_s: 30,
        country: crate::model::ToneCountry::Brazil,
        recording_days: None,
    }
}

pub(crate) fn extension(id: i64, organization: i64, number: &str) -> Extension {
    Extension {
        id: ExtensionId(id),
        organization: OrganizationId(organization),
        number: number.to_owned(),
        display_name: None,
        ha1: Ha1Pair { md5: "0".repeat(32), sha256: "0".repeat(64) },
        recording: RecordingRule::Inherit,
        max_bindings: 5,
        may_call_trunks: true,
        ring_timeout_s: None,
        enabled: true,
    }
}

/// A call that began at `started_at_ms`; the same number gives the same id.
pub(crate) fn call(number: u16, started_at_ms: i64) -> CallRecord {
    let [high, low] = number.to_be_bytes();
    let mut record = CallRecord::begun(
        CallId::new(started_at_ms, [0, 0, 0, 0, 0, 0, 0, 0, high, low]),
        "n1",
        Direction::Internal,
        started_at_ms,
    );
    record.caller = "1001".to_owned();
    record.callee = "1002".to_owned();
    record
}

/// The same call, ended as `reason`.
pub(crate) fn ended(mut record: CallRecord, ended_at_ms: i64, reason: &str) -> CallRecord {
    record.ended_at_ms = Some(ended_at_ms);
    record.end_reason = reason.to_owned();
    record.sip_status = Some(200);
    record.q850_cause = Some(16);
    record
}

/// The server that tests may make databases on.
pub fn postgres_url() -> Option<String> {
    std::env::var("RAMAL_TEST_POSTGRES_URL").ok()
}

/// Runs a statement as it stands, for rows whose own functions a test has no use for.
pub(crate) async fn run(store: &Store, statement: String) {
    on_writer!(store, |pool| sqlx::raw_sql(AssertSqlSafe(statement)).execute(pool).await.map(drop)).unwrap();
}

/// One number out of the database.
pub(crate) async fn ask(store: &Store, query: String) -> i64 {
    on_pool!(store, |pool| sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(pool).await).unwrap()
}
