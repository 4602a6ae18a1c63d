//! What can be done with a connection to a server that is none of an operation's business?

use crate::connection::{Connection, DatabaseError};
use crate::engine::mysql::connection::MySqlConnection;
use crate::engine::postgres::connection::PostgresConnection;
use crate::options::SchemaName;

/// A connection to one server of the database.
pub(crate) struct Session {
    engine: Engine,
    /// Which server it is, by its place in the options.
    host: usize,
}

enum Engine {
    Postgres(PostgresConnection),
    MySql(MySqlConnection),
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Begin {
    /// Changes; sees what others commit meanwhile.
    Write,
    /// Reads.
    Read,
    /// Reads of many statements that all see the database as it was at the first.
    Snapshot,
}

/// Calls the same method, whichever engine it is.
macro_rules! either {
    ($session:ident.$method:ident($($argument:expr),*)) => {
        match &mut $session.engine {
            Engine::Postgres(connection) => connection.$method($($argument),*).await,
            Engine::MySql(connection) => connection.$method($($argument),*).await,
        }
    };
}

impl Session {
    /// A session with PostgreSQL.
    pub(crate) const fn postgres(connection: PostgresConnection, host: usize) -> Self {
        Self { engine: Engine::Postgres(connection), host }
    }

    /// A session with MySQL or MariaDB.
    pub(crate) const fn mysql(connection: MySqlConnection, host: usize) -> Self {
        Self { engine: Engine::MySql(connection), host }
    }

    /// Which server it is, by its place in the options.
    pub(super) const fn host(&self) -> usize {
        self.host
    }

    /// The schema of our tables, where there are schemas.
    pub(super) fn schema(&self) -> Option<&str> {
        match &self.engine {
            Engine::Postgres(connection) => connection.schema(),
            Engine::MySql(_) => None,
        }
    }

    /// Makes the schema of our tables if it is missing, where there are schemas.
    pub(crate) async fn ensure_schema(&mut self, schema: &SchemaName) -> Result<(), DatabaseError> {
        match &mut self.engine {
            Engine::Postgres(connection) => connection.ensure_schema(schema).await,
            Engine::MySql(_) => Ok(()),
        }
    }

    /// Whether a transaction can change tables. MySQL ends it instead.
    pub(crate) const fn changes_tables_in_transactions(&self) -> bool {
        matches!(self.engine, Engine::Postgres(_))
    }

    /// The connection as operations know it.
    pub(crate) const fn connection(&mut self) -> Connection<'_> {
        match &mut self.engine {
            Engine::Postgres(connection) => Connection::Postgres(connection),
            Engine::MySql(connection) => Connection::MySql(connection),
        }
    }

    /// Begins a transaction.
    pub(crate) async fn begin(&mut self, begin: Begin) -> Result<(), DatabaseError> {
        either!(self.begin(begin))
    }

    /// Commits the transaction.
    pub(crate) async fn commit(&mut self) -> Result<(), DatabaseError> {
        either!(self.commit()).map_err(|error| match error {
            DatabaseError::Lost { cause } => DatabaseError::InDoubt { cause },
            error => error,
        })
    }

    /// Undoes the transaction.
    pub(crate) async fn roll_back(&mut self) -> Result<(), DatabaseError> {
        either!(self.roll_back())
    }

    /// Asks the server for a sign of life.
    pub(super) async fn ping(&mut self) -> Result<(), DatabaseError> {
        either!(self.ping())
    }

    /// Lets statements take as long as they need.
    pub(super) async fn lift_limits(&mut self) -> Result<(), DatabaseError> {
        either!(self.lift_limits())
    }

    /// Whether the last transaction did something that other nodes should look at, once.
    pub(super) const fn take_news(&mut self) -> bool {
        match &mut self.engine {
            Engine::Postgres(connection) => connection.take_news(),
            Engine::MySql(_) => false,
        }
    }

    /// Tells the other nodes, if they can be told.
    pub(super) async fn spread_news(&mut self) {
        if let Engine::Postgres(connection) = &mut self.engine {
            connection.spread_news().await;
        }
    }

    /// Says goodbye to the server.
    pub(crate) async fn close(self) {
        match self.engine {
            Engine::Postgres(connection) => connection.close().await,
            Engine::MySql(connection) => connection.close().await,
        }
    }
}
