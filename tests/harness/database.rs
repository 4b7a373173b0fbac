//! Which database the suite runs on: SQLite by default, PostgreSQL when `RAMAL_TEST_DATABASE=postgres`.

use std::path::Path;
use std::process::Command;

/// A database of one test; dropped with it.
pub enum Database {
    Sqlite { url: String },
    Postgres { server: String, name: String, url: String },
}

impl Database {
    /// A fresh one. SQLite lies in `folder`; on PostgreSQL it is made on the server of `RAMAL_TEST_POSTGRES_URL`.
    pub fn fresh(folder: &Path) -> Database {
        if std::env::var("RAMAL_TEST_DATABASE").as_deref() != Ok("postgres") {
            return Database::Sqlite { url: format!("sqlite:{}", folder.join("ramal.db").display()) };
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
            Database::Sqlite { url } | Database::Postgres { url, .. } => url,
        }
    }

    /// Takes the database away from a running node: connections are cut and new ones refused. `None` on SQLite, where
    /// there is no server to lose.
    pub fn go_away(&self) -> Option<()> {
        let Database::Postgres { server, name, .. } = self else { return None };
        psql(server, &format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"));
        psql(
            server,
            &format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"),
        );
        Some(())
    }

    /// Brings it back.
    pub fn come_back(&self) {
        if let Database::Postgres { server, name, .. } = self {
            psql(server, &format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true"));
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
