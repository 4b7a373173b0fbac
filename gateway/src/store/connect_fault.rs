//! Why a database cannot be used at the start: whose fault it is, and what to do.
use std::io;
use std::path::Path;

use sqlx::postgres::PgConnectOptions;

use crate::store::StoreError;

/// Low bytes of the result codes of SQLite (sqlite.org/rescode.html).
const READ_ONLY: u32 = 8;
const CANNOT_OPEN: u32 = 14;
const NOT_A_DATABASE: u32 = 26;

/// What opening a SQLite file, or a first write to it, ended in.
pub fn sqlite(path: &Path, error: sqlx::Error) -> StoreError {
    let code = match &error {
        sqlx::Error::Database(told) => told.code().and_then(|code| code.parse::<u32>().ok()),
        _ => None,
    };
    let why = match code.map(|code| code & 0xFF) {
        Some(NOT_A_DATABASE) => {
            "is no SQLite database: move it away, or name another file in database.url".to_owned()
        }
        Some(READ_ONLY) => {
            "can only be read: it and its folder must be writable for the user that runs ramal".to_owned()
        }
        Some(CANNOT_OPEN) => {
            "can be neither opened nor made: it and its folder must be there and writable for the user that runs ramal"
                .to_owned()
        }
        _ => return error.into(),
    };
    StoreError::Sqlite { path: path.to_owned(), why }
}

/// What a first connection to PostgreSQL ended in.
pub fn postgres(options: &PgConnectOptions, error: &sqlx::Error) -> StoreError {
    let why = match error {
        sqlx::Error::Io(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => {
                "nobody listens there: start PostgreSQL, or correct host and port in database.url".to_owned()
            }
            _ => format!("cannot be reached: {error}; check host and port in database.url"),
        },
        sqlx::Error::Database(told) => {
            let code = told.code().unwrap_or_default().into_owned();
            let advice = match code.as_str() {
                "28000" | "28P01" => "correct user and password in database.url",
                "3D000" => "make the database (createdb), or correct its name in database.url",
                "53300" => "raise max_connections of PostgreSQL, or close other clients",
                "57P03" => "it starts or stops just now: try again in a moment",
                _ => "see the log of PostgreSQL",
            };
            format!("{}: {advice}", told.message())
        }
        other => format!("{other}; check database.url"),
    };
    StoreError::Postgres { server: server(options), why }
}

/// Nothing came back in time.
pub fn silent_postgres(options: &PgConnectOptions) -> StoreError {
    let why = "does not answer: check host and port in database.url, and firewalls on the way".to_owned();
    StoreError::Postgres { server: server(options), why }
}

fn server(options: &PgConnectOptions) -> String {
    match options.get_socket() {
        Some(folder) => folder.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use crate::store::Store;
    use crate::store::testing::postgres_url;

    async fn told(url: &str) -> String {
        match Store::connect(url).await {
            Ok(_) => "connected".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[tokio::test]
    async fn nobody_listens_where_postgresql_should() {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let text = told(&format!("postgres://ramal:secret@127.0.0.1:{port}/ramal")).await;
        assert!(text.starts_with(&format!("PostgreSQL at 127.0.0.1:{port}: nobody listens there")), "{text}");
        assert!(!text.contains("secret"));
    }

    #[tokio::test]
    async fn postgresql_has_no_such_database() {
        let Some(url) = postgres_url() else { return };
        let text = told(&url.replacen("/postgres?", "/no_such_database?", 1)).await;
        assert!(text.contains("no_such_database") && text.contains("createdb"), "{text}");
    }

    #[tokio::test]
    async fn postgresql_knows_no_such_user() {
        let Some(url) = postgres_url() else { return };
        let text = told(&url.replacen("//ramal@", "//stranger@", 1)).await;
        assert!(text.contains("stranger") && text.contains("correct user and password"), "{text}");
    }

    #[tokio::test]
    async fn a_file_of_something_else_is_no_database() {
        let path = std::env::temp_dir().join(format!("ramal_no_database_{}", std::process::id()));
        std::fs::write(&path, "not a database, but long enough to have a header of one ".repeat(100))
            .unwrap();
        let text = told(&format!("sqlite:{}", path.display())).await;
        std::fs::remove_file(&path).unwrap();
        assert!(text.contains("is no SQLite database: move it away"), "{text}");
    }

    #[tokio::test]
    async fn a_folder_where_the_file_should_be_cannot_be_opened() {
        let text = told(&format!("sqlite:{}", std::env::temp_dir().display())).await;
        assert!(text.contains("can be neither opened nor made"), "{text}");
    }
}
