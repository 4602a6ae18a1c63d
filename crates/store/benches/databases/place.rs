//! Where is a database, and how is it reached beside the store?

use std::path::PathBuf;
use std::str::FromStr;

use portcullis_store::options::{Pooling, PostgresOptions, SchemaName, ServerOptions};
use portcullis_store::testing::server_at;
use portcullis_store::{DatabaseOptions, SqliteOptions};
use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Executor, MySqlPool, PgPool};

/// Connections at once, of the store and of the bare driver: the default of the server.
pub const POOL_SIZE: u32 = 16;

/// One database, a part of what the URL says when it has a name.
pub enum Place {
    Sqlite(PathBuf),
    Postgres { url: String, schema: Option<String> },
    MySql { url: String },
}

/// The bare driver.
pub enum Driver {
    Sqlite(PathBuf),
    Postgres(PgPool),
    MySql(MySqlPool),
}

impl Place {
    /// The database of a URL.
    pub fn of(url: &str) -> Self {
        match url.split_once(':').unwrap() {
            ("sqlite", folder) => Self::Sqlite(PathBuf::from(folder).join("bench.db")),
            ("postgres", _) => Self::Postgres { url: url.to_owned(), schema: None },
            ("mysql", _) => Self::MySql { url: url.to_owned() },
            (engine, _) => panic!("{engine} is no engine"),
        }
    }

    /// An empty one of that name in the same place.
    pub async fn part(url: &str, name: &str) -> Self {
        match Self::of(url) {
            Self::Sqlite(path) => Self::Sqlite(path.with_file_name(name)),
            Self::Postgres { url, .. } => Self::Postgres { url, schema: Some(name.to_owned()) },
            Self::MySql { url } => {
                let Driver::MySql(pool) = (Self::MySql { url: url.clone() }).driver().await else {
                    unreachable!()
                };
                let create = format!("CREATE DATABASE {name} CHARACTER SET utf8mb4");
                pool.execute(AssertSqlSafe(create)).await.unwrap();
                let (server, _) = url.rsplit_once('/').unwrap();
                Self::MySql { url: format!("{server}/{name}") }
            }
        }
    }

    /// How the store reaches it.
    pub fn options(&self) -> DatabaseOptions {
        let server = |url| ServerOptions { pool_size: usize::try_from(POOL_SIZE).unwrap(), ..server_at(url) };
        match self {
            Self::Sqlite(path) => DatabaseOptions::Sqlite(SqliteOptions::new(path.clone())),
            Self::Postgres { url, schema } => {
                let schema = schema.as_deref().map(|name| SchemaName::parse(name).unwrap());
                let options = PostgresOptions { server: server(url), schema, pooling: Pooling::Session };
                DatabaseOptions::Postgres(options)
            }
            Self::MySql { url } => DatabaseOptions::MySql(server(url)),
        }
    }

    /// How the bare driver reaches it, at its best: it does not ask for a sign of life each time.
    pub async fn driver(&self) -> Driver {
        match self {
            Self::Sqlite(path) => Driver::Sqlite(path.clone()),
            Self::Postgres { url, schema } => {
                let mut options = PgConnectOptions::from_str(url).unwrap();
                if let Some(schema) = schema {
                    options = options.options([("search_path", schema)]);
                }
                let pool = PgPoolOptions::new().max_connections(POOL_SIZE).test_before_acquire(false);
                Driver::Postgres(pool.connect_with(options).await.unwrap())
            }
            Self::MySql { url } => {
                let options = MySqlConnectOptions::from_str(url).unwrap();
                let pool = MySqlPoolOptions::new().max_connections(POOL_SIZE).test_before_acquire(false);
                Driver::MySql(pool.connect_with(options).await.unwrap())
            }
        }
    }
}

impl Driver {
    /// Runs a statement.
    pub async fn run(&self, statement: String) {
        match self {
            Self::Sqlite(path) => {
                rusqlite::Connection::open(path).unwrap().execute_batch(&statement).unwrap();
            }
            Self::Postgres(pool) => drop(pool.execute(AssertSqlSafe(statement)).await.unwrap()),
            Self::MySql(pool) => drop(pool.execute(AssertSqlSafe(statement)).await.unwrap()),
        }
    }
}
