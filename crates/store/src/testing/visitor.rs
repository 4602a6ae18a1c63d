//! How does a test do something to a database server behind the store's back?

use std::time::Duration;

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlSslMode};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};
use tokio::time::timeout;

/// A server that takes longer to let somebody in hangs.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection of somebody else. What it holds, it lets go of when it is dropped.
pub struct Visitor(Engine);

enum Engine {
    Postgres(PgConnection),
    MySql(MySqlConnection),
}

impl Visitor {
    /// Comes to the database of a URL.
    pub async fn at(url: &str) -> Self {
        Self::try_at(url).await.expect("the server lets us in")
    }

    /// The same; why not, if it does not let us in.
    pub async fn try_at(url: &str) -> Result<Self, sqlx::Error> {
        timeout(CONNECT_TIMEOUT, connect(url)).await.expect("the server answers").map(Self)
    }

    /// Runs statements. A transaction that they begin stays open.
    pub async fn run(&mut self, statements: &str) {
        let script = sqlx::raw_sql(AssertSqlSafe(statements.to_owned()));
        match &mut self.0 {
            Engine::Postgres(connection) => connection.execute(script).await.map(drop),
            Engine::MySql(connection) => connection.execute(script).await.map(drop),
        }
        .unwrap_or_else(|error| panic!("{statements}: {error}"));
    }

    /// The numbers in the first column of the answer to a question.
    pub async fn numbers(&mut self, question: &str) -> Vec<i64> {
        let script = sqlx::raw_sql(AssertSqlSafe(question.to_owned()));
        // In the text protocol every number is a text.
        let texts: Vec<String> = match &mut self.0 {
            Engine::Postgres(connection) => {
                let rows = script.fetch_all(connection).await.unwrap();
                rows.iter().map(|row| row.try_get_unchecked(0).unwrap()).collect()
            }
            Engine::MySql(connection) => {
                let rows = script.fetch_all(connection).await.unwrap();
                rows.iter().map(|row| row.try_get_unchecked(0).unwrap()).collect()
            }
        };
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    /// Leaves; the server knows at once.
    pub async fn leave(self) {
        match self.0 {
            Engine::Postgres(connection) => connection.close().await.unwrap(),
            Engine::MySql(connection) => connection.close().await.unwrap(),
        }
    }
}

async fn connect(url: &str) -> Result<Engine, sqlx::Error> {
    if url.starts_with("postgres") {
        let options: PgConnectOptions = url.parse()?;
        return options.ssl_mode(PgSslMode::Disable).connect().await.map(Engine::Postgres);
    }
    let options: MySqlConnectOptions = url.parse()?;
    options.ssl_mode(MySqlSslMode::Disabled).connect().await.map(Engine::MySql)
}
