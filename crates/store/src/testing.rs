//! Where do tests get an empty database of each engine?
//!
//! SQLite is a file in a folder that goes away with the test. The servers are started by `tests/services`, which
//! `./test` does; where they are is in the environment. A server that is missing fails the test.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::missing_panics_doc,
    missing_docs,
    reason = "tests"
)]

mod own_server;
mod visitor;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use portcullis_core::testing::NOW;
use secrecy::SecretString;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};
use tempfile::TempDir;

use crate::options::{
    DatabaseOptions, Host, Pooling, PostgresOptions, SchemaName, ServerOptions, SqliteOptions, Tls,
};
use crate::statement::Sql;
use crate::{OpenError, SqlStore, operations};

pub use own_server::{OwnServer, ServerKind};
pub use visitor::Visitor;

/// The engines that everything is tested on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestEngine {
    Sqlite,
    Postgres,
    MariaDb,
}

/// An empty database of one test.
#[derive(Clone)]
pub struct TestDatabase {
    options: DatabaseOptions,
    url: String,
    /// Goes away with the last copy.
    _folder: Option<Arc<TempDir>>,
}

impl TestDatabase {
    /// Makes one. It has no tables yet.
    pub async fn new(engine: TestEngine) -> Self {
        match engine {
            TestEngine::Sqlite => {
                let folder = TempDir::new().unwrap();
                let path = folder.path().join("portcullis.db");
                let url = format!("sqlite:{}", path.display());
                let options = DatabaseOptions::Sqlite(SqliteOptions::new(path));
                Self { options, url, _folder: Some(Arc::new(folder)) }
            }
            TestEngine::Postgres => {
                let server = server_in("PORTCULLIS_TEST_POSTGRES_URL");
                let schema = unique_name();
                let url = url_of("postgres", &server);
                let schema = Some(SchemaName::parse(&schema).unwrap());
                let options = PostgresOptions { server, schema, pooling: Pooling::Session };
                Self { options: DatabaseOptions::Postgres(options), url, _folder: None }
            }
            TestEngine::MariaDb => {
                let mut server = server_in("PORTCULLIS_TEST_MARIADB_URL");
                let url = url_of("mysql", &server);
                let driver: sqlx::mysql::MySqlConnectOptions = url.parse().unwrap();
                server.database = unique_name();
                let create = format!("CREATE DATABASE {} CHARACTER SET utf8mb4", server.database);
                driver.connect().await.unwrap().execute(AssertSqlSafe(create)).await.unwrap();
                let url = url_of("mysql", &server);
                Self { options: DatabaseOptions::MySql(server), url, _folder: None }
            }
        }
    }

    /// How a store reaches it.
    pub fn options(&self) -> &DatabaseOptions {
        &self.options
    }

    /// Its URL. On PostgreSQL every test has a schema of its own, which [`Self::schema`] names.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The schema of its tables, on PostgreSQL.
    pub fn schema(&self) -> Option<&str> {
        match &self.options {
            DatabaseOptions::Postgres(options) => options.schema.as_ref().map(SchemaName::as_str),
            DatabaseOptions::Sqlite(_) | DatabaseOptions::MySql(_) => None,
        }
    }

    /// Runs statements on it that the store does not know of.
    pub async fn execute(&self, statements: &str) {
        let script = sqlx::raw_sql(AssertSqlSafe(statements.to_owned()));
        match &self.options {
            DatabaseOptions::Sqlite(options) => {
                let connection = rusqlite::Connection::open(&options.path).unwrap();
                connection.execute_batch(statements).unwrap();
            }
            DatabaseOptions::Postgres(_) => {
                let driver: sqlx::postgres::PgConnectOptions = self.url.parse().unwrap();
                let schema = self.schema().unwrap_or("public");
                let mut connection = driver.options([("search_path", schema)]).connect().await.unwrap();
                connection.execute(script).await.unwrap();
            }
            DatabaseOptions::MySql(_) => {
                let driver: sqlx::mysql::MySqlConnectOptions = self.url.parse().unwrap();
                driver.connect().await.unwrap().execute(script).await.unwrap();
            }
        }
    }

    /// Opens it as it is.
    pub async fn try_open(&self) -> Result<SqlStore, OpenError> {
        SqlStore::open(&self.options).await
    }

    /// Opens it, with all tables.
    pub async fn open(&self) -> SqlStore {
        let store = self.try_open().await.unwrap();
        store.migrate(NOW).await.unwrap();
        store
    }
}

/// Every statement that the store sends to an engine about its tables, as it spells them, in alphabetical order.
pub fn statements(engine: TestEngine) -> Vec<&'static str> {
    let spell = match engine {
        TestEngine::Sqlite | TestEngine::Postgres => Sql::text,
        TestEngine::MariaDb => Sql::mysql,
    };
    let texts: BTreeSet<_> = operations::statements().map(spell).collect();
    texts.into_iter().collect()
}

/// A name that no other test of any process has.
fn unique_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros();
    format!("test_{now}_{}_{count}", std::process::id())
}

/// The server that an environment variable names.
fn server_in(variable: &str) -> ServerOptions {
    let url = std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: run ./test, or first: eval \"$(tests/services env /tmp/servers)\"")
    });
    server_at(&url)
}

/// The server of a URL as `tests/services` prints it.
pub fn server_at(url: &str) -> ServerOptions {
    let (_, rest) = url.split_once("://").unwrap();
    let (user_info, place) = rest.rsplit_once('@').unwrap();
    let (user, password) = user_info.split_once(':').unwrap();
    let (host, database) = place.split_once('/').unwrap();
    let (name, port) = host.rsplit_once(':').unwrap();
    ServerOptions {
        hosts: vec![Host { name: name.into(), port: port.parse().unwrap() }],
        user: user.into(),
        password: Some(SecretString::from(password)),
        password_file: None,
        database: database.into(),
        tls: Tls::Off,
        // Many tests share a server.
        pool_size: 8,
        // Longer than usual: what is tested is not the speed of a crowded machine.
        timeout: Duration::from_secs(20),
    }
}

fn url_of(scheme: &str, server: &ServerOptions) -> String {
    use secrecy::ExposeSecret;
    let password = server.password.as_ref().unwrap().expose_secret();
    let host = server.hosts.first().unwrap();
    format!("{scheme}://{}:{password}@{host}/{}", server.user, server.database)
}
