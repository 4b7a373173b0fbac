//! Which database the suite runs on: SQLite by default, PostgreSQL when `RAMAL_TEST_DATABASE=postgres`.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::deadline::until_async;

/// Holds SQLite's write lock until it is killed.
const HOLD_LOCK: &str = "import sqlite3, sys, threading\n\
    c = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)\n\
    c.execute('BEGIN IMMEDIATE')\n\
    sys.stdout.write('.'); sys.stdout.flush()\n\
    threading.Event().wait()\n";

/// Prints the first column of a query, a line a row.
const ASK: &str = "import sqlite3, sys\n\
    c = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True, timeout=60)\n\
    for row in c.execute(sys.argv[2]): print(row[0])\n";

/// Changes rows.
const CHANGE: &str = "import sqlite3, sys\n\
    c = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)\n\
    c.execute(sys.argv[2])\n";

/// A database of one test; dropped with it.
pub enum Database {
    Sqlite { path: PathBuf, url: String },
    Postgres { server: String, name: String, url: String },
}

impl Database {
    /// A fresh one. SQLite lies in `folder`; on PostgreSQL it is made on the server of `RAMAL_TEST_POSTGRES_URL`.
    pub fn fresh(folder: &Path) -> Database {
        if std::env::var("RAMAL_TEST_DATABASE").as_deref() != Ok("postgres") {
            let path = folder.join("ramal.db");
            let url = format!("sqlite:{}", path.display());
            return Database::Sqlite { path, url };
        }
        let server = std::env::var("RAMAL_TEST_POSTGRES_URL").expect("run under scripts/with-postgres");
        let name = format!("ramal_{:016x}", rand::random::<u64>());
        psql(&server, &format!("CREATE DATABASE {name}"));
        let url = server.replacen("/postgres?", &format!("/{name}?"), 1);
        Database::Postgres { server, name, url }
    }

    /// As `database.url` takes it.
    pub fn url(&self) -> &str {
        match self {
            Database::Sqlite { url, .. } | Database::Postgres { url, .. } => url,
        }
    }

    /// The first column of a query, as text; empty also when the database cannot be asked now. Phones go on meanwhile.
    pub async fn ask(&self, query: &str) -> Vec<String> {
        let mut asking = match self {
            Database::Sqlite { path, .. } => {
                let mut asking = Command::new("python3");
                asking.args(["-c", ASK]).arg(path).arg(query);
                asking
            }
            Database::Postgres { url, .. } => {
                let mut asking = Command::new("psql");
                asking.args(["-qXAt", url, "-c", query]);
                asking
            }
        };
        asking.stdin(Stdio::null());
        let output = tokio::process::Command::from(asking).kill_on_drop(true).output().await;
        let output = output.expect("python3 or psql: run scripts/install test");
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
    }

    /// Asks until the rows yield a value.
    pub async fn until<T>(&self, what: &str, query: &str, look: impl Fn(Vec<String>) -> Option<T>) -> T {
        until_async(what, || async { look(self.ask(query).await) }).await
    }

    /// Changes rows behind the node's back, as time or a crash would.
    pub fn change(&self, statement: &str) {
        let output = match self {
            Database::Sqlite { path, .. } => {
                Command::new("python3").args(["-c", CHANGE]).arg(path).arg(statement).output()
            }
            Database::Postgres { url, .. } => {
                Command::new("psql").args(["-qXAt", url, "-c", statement]).output()
            }
        };
        let output = output.expect("python3 or psql: run scripts/install test");
        assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Takes the database away from a running node: on PostgreSQL connections are cut and new ones refused, on SQLite
    /// another process holds the write lock.
    pub fn go_away(&self) -> Outage {
        match self {
            Database::Sqlite { path, .. } => {
                let lock = Command::new("python3")
                    .args(["-c", HOLD_LOCK])
                    .arg(path)
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    .spawn()
                    .expect("python3");
                Outage::locked(lock)
            }
            Database::Postgres { server, name, .. } => {
                psql(server, &format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"));
                let cut = format!(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
                );
                psql(server, &cut);
                Outage(None)
            }
        }
    }

    /// Brings it back.
    pub fn come_back(&self, outage: Outage) {
        drop(outage);
        if let Database::Postgres { server, name, .. } = self {
            psql(server, &format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true"));
        }
    }
}

/// A database that is away, until this is given back.
pub struct Outage(Option<Child>);

impl Outage {
    fn locked(mut lock: Child) -> Outage {
        // One octet on its stdout says that the lock is held.
        let mut held = [0];
        lock.stdout.as_mut().expect("a pipe").read_exact(&mut held).expect("the lock");
        Outage(Some(lock))
    }
}

impl Drop for Outage {
    fn drop(&mut self) {
        if let Some(lock) = &mut self.0 {
            let _ = lock.kill();
            let _ = lock.wait();
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Database::Postgres { server, name, .. } = self {
            let _ = run(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

fn psql(server: &str, statement: &str) {
    let output = run(server, statement);
    assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
}

fn run(server: &str, statement: &str) -> std::process::Output {
    Command::new("psql")
        .args(["-qX", server, "-c", statement])
        .output()
        .expect("psql: run scripts/install test")
}
