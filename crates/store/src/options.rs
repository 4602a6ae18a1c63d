//! Which database is it, and how is it reached?

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

pub use crate::engine::sqlite::open::{Durability, Neighbours, SqliteOptions};

/// The database of a [`SqlStore`](crate::SqlStore).
#[derive(Debug, Clone)]
pub enum DatabaseOptions {
    /// A file, in this process.
    Sqlite(SqliteOptions),
    /// A PostgreSQL server, or one that speaks its protocol.
    Postgres(PostgresOptions),
    /// A MySQL or MariaDB server, or one that speaks their protocol.
    MySql(ServerOptions),
}

/// How a database server is reached and used.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// The servers of the database, the preferred one first; never empty. All hold the same data: the next one is
    /// taken when one is away, read-only or not ready.
    pub hosts: Vec<Host>,
    /// The database user.
    pub user: String,
    /// The password; `None` when the server asks for none.
    pub password: Option<SecretString>,
    /// A file whose first line is the password. It is read for each new connection, so another one takes over without a
    /// restart.
    pub password_file: Option<PathBuf>,
    /// The name of the database. It must exist.
    pub database: String,
    /// Who may read along.
    pub tls: Tls,
    /// The most connections at once.
    pub pool_size: usize,
    /// How long an operation may take, the wait for a connection included, before its caller is turned away.
    pub timeout: Duration,
}

/// One server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Its name or address, without brackets.
    pub name: String,
    /// Its port.
    pub port: u16,
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.contains(':') {
            write!(f, "[{}]:{}", self.name, self.port)
        } else {
            write!(f, "{}:{}", self.name, self.port)
        }
    }
}

/// How the connection to a database server is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// Not at all.
    Off,
    /// Against eavesdroppers if the server can, never against somebody in its place.
    Prefer,
    /// Against eavesdroppers; whoever is in the server's place is believed.
    Require,
    /// The server's certificate is by a known authority, for the name that it is reached by. There is nothing in
    /// between: the driver always believes the public authorities as well, and with any of them and any name, anybody.
    VerifyFull {
        /// More authorities than the public ones of the web, a PEM file.
        ca: Option<PathBuf>,
    },
}

/// What is special about PostgreSQL.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// The server.
    pub server: ServerOptions,
    /// The schema of our tables, made when it is missing; the first of the user's `search_path` when there is none.
    pub schema: Option<SchemaName>,
    /// Whether something between us and the server hands connections around.
    pub pooling: Pooling,
}

/// Whether something between us and the server hands connections around.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pooling {
    /// A connection is ours until it ends; what is set on it stays.
    #[default]
    Session,
    /// A connection is ours for a transaction, as with PgBouncer's `pool_mode = transaction`: nothing can be
    /// prepared, set or listened to on it.
    Transaction,
}

/// The name of a PostgreSQL schema: 1 to 63 ASCII letters, digits and `_`, no digit first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaName(String);

impl SchemaName {
    /// `None` when that is no such name. `pg_…` and `information_schema` belong to PostgreSQL.
    pub fn parse(name: &str) -> Option<Self> {
        let is_word = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let begins_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let lower = name.to_ascii_lowercase();
        let is_reserved = lower.starts_with("pg_") || lower == "information_schema";
        (is_word && begins_well && name.len() <= 63 && !is_reserved).then(|| Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::SchemaName;

    #[test]
    fn a_schema_has_a_plain_name_that_is_not_postgresqls_own() {
        for name in ["auth", "_a1", "Auth", &"a".repeat(63)] {
            assert!(SchemaName::parse(name).is_some(), "{name}");
        }
        for name in [
            "",
            "1a",
            "a-b",
            "a b",
            "a;--",
            "a\"b",
            "ä",
            "pg_temp",
            "PG_x",
            "information_schema",
            &"a".repeat(64),
        ] {
            assert!(SchemaName::parse(name).is_none(), "{name}");
        }
    }
}
