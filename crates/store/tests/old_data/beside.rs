//! Could the binary that wrote a database go on working on it while newer ones do?
//!
//! Nodes are replaced one by one, so that for a while both versions serve. For the older one
//! - every column that it uses is there as it was, and none that it does not know wants a value of it;
//! - every statement means something.

use std::collections::BTreeSet;

use portcullis_store::testing::TestDatabase;
use portcullis_store::{DatabaseOptions, MigrationStatus};
use rusqlite::Connection as Sqlite;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, Row, SqlSafeStr};

use crate::folder::OldData;
use crate::reading;
use crate::world::NOW;

/// Tables, columns, types, and whether there may be no value, each in one line.
const COLUMNS_OF_SQLITE: &str = "SELECT t.name || '.' || c.name || ' ' || c.type || ' ' || c.\"notnull\" \
     FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'";
const COLUMNS_OF_POSTGRES: &str = "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable \
     FROM information_schema.columns WHERE table_schema = current_schema()";
const COLUMNS_OF_MARIADB: &str = "SELECT CONCAT(table_name, '.', column_name, ' ', data_type, ' ', is_nullable) \
     FROM information_schema.columns WHERE table_schema = DATABASE()";

/// Whether the binary that wrote the data would refuse the database after these migrations.
pub(crate) fn is_left_behind(data: OldData, migrations: &[MigrationStatus]) -> bool {
    let needed = |migration: &MigrationStatus| migration.name.rsplit_once("_needs_")?.1.parse::<i64>().ok();
    migrations.iter().filter_map(needed).any(|needed| needed > data.version)
}

/// Looks for what would hinder the binary that wrote the data.
pub(crate) async fn check(data: OldData) {
    let database = data.load().await;
    let mut visitor = Visitor::at(&database).await;
    let statements = data.statements();
    let mut before = visitor.columns().await;
    before.retain(|line| is_used(line, &statements));
    let store = database.try_open().await.unwrap();
    store.migrate(NOW).await.unwrap();
    let migrations = store.migration_status().await.unwrap();
    store.close().await;
    if is_left_behind(data, &migrations) {
        return;
    }
    let after = visitor.columns().await;
    let lost: Vec<_> = before.difference(&after).collect();
    assert!(lost.is_empty(), "the binary of {:04} misses {lost:?}", data.version);
    let refused = visitor.refused(&statements).await;
    assert!(refused.is_empty(), "the binary of {:04} is refused:\n{}", data.version, refused.join("\n"));
    check_rows(data, &before).await;
}

/// What the older binary wrote, it could also write into the tables of today; and it is read as if it had been there
/// before.
async fn check_rows(data: OldData, columns: &BTreeSet<String>) {
    let (old, new) = (data.load().await, TestDatabase::new(data.engine).await);
    let store = new.open().await;
    let mut visitor = Visitor::at(&new).await;
    let place = visitor.attach(&old).await;
    // `accounts` is the first of all tables, and what all others refer to.
    for table in columns.iter().map(|line| name(line, '.')).collect::<BTreeSet<_>>() {
        if table == "schema_migrations" {
            continue;
        }
        let prefix = format!("{table}.");
        let names: Vec<_> =
            columns.iter().filter_map(|line| Some(name(line.strip_prefix(&prefix)?, ' '))).collect();
        let names = names.join(", ");
        visitor.run(&format!("INSERT INTO {table} ({names}) SELECT {names} FROM {place}.{table}")).await;
    }
    reading::check(&store, data.version).await;
    store.close().await;
}

/// Whether a statement is about the table and the column of a line. One that was given up before it was removed is in
/// the tables of the last version that knew of it, and in no statement.
fn is_used(line: &str, statements: &[String]) -> bool {
    let (table, column) = (name(line, '.'), name(line.split_once('.').unwrap().1, ' '));
    let has_word = |statement: &str, wanted: &str| {
        statement.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == wanted)
    };
    statements.iter().any(|statement| has_word(statement, table) && has_word(statement, column))
}

/// What stands before a mark.
fn name(line: &str, mark: char) -> &str {
    line.split_once(mark).unwrap().0
}

/// A connection of somebody who knows the engine, not the store.
enum Visitor {
    Sqlite(Sqlite),
    Postgres(PgConnection),
    MariaDb(MySqlConnection),
}

impl Visitor {
    async fn at(database: &TestDatabase) -> Self {
        match database.options() {
            DatabaseOptions::Sqlite(options) => Self::Sqlite(Sqlite::open(&options.path).unwrap()),
            DatabaseOptions::Postgres(_) => {
                let options: PgConnectOptions = database.url().parse().unwrap();
                let options = options.options([("search_path", database.schema().unwrap())]);
                Self::Postgres(options.connect().await.unwrap())
            }
            DatabaseOptions::MySql(_) => {
                let options: MySqlConnectOptions = database.url().parse().unwrap();
                Self::MariaDb(options.connect().await.unwrap())
            }
        }
    }

    /// Makes another database readable; answers by which name.
    async fn attach(&mut self, other: &TestDatabase) -> String {
        match other.options() {
            DatabaseOptions::Sqlite(options) => {
                self.run(&format!("ATTACH '{}' AS old", options.path.display())).await;
                "old".to_owned()
            }
            DatabaseOptions::Postgres(_) => other.schema().unwrap().to_owned(),
            DatabaseOptions::MySql(options) => options.database.clone(),
        }
    }

    async fn run(&mut self, statement: &str) {
        let sql = sqlx::raw_sql(AssertSqlSafe(statement.to_owned()));
        match self {
            Self::Sqlite(connection) => {
                connection.execute_batch(statement).map_err(|error| error.to_string())
            }
            Self::Postgres(connection) => {
                connection.execute(sql).await.map(drop).map_err(|error| error.to_string())
            }
            Self::MariaDb(connection) => {
                connection.execute(sql).await.map(drop).map_err(|error| error.to_string())
            }
        }
        .unwrap_or_else(|error| panic!("{statement}: {error}"));
    }

    async fn columns(&mut self) -> BTreeSet<String> {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare(COLUMNS_OF_SQLITE).unwrap();
                statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
            }
            Self::Postgres(connection) => {
                let rows = sqlx::raw_sql(COLUMNS_OF_POSTGRES).fetch_all(connection).await.unwrap();
                rows.iter().map(|row| row.get_unchecked(0)).collect()
            }
            Self::MariaDb(connection) => {
                let rows = sqlx::raw_sql(COLUMNS_OF_MARIADB).fetch_all(connection).await.unwrap();
                rows.iter().map(|row| row.get_unchecked(0)).collect()
            }
        }
    }

    /// Those of the statements that the engine does not understand, and why.
    async fn refused(&mut self, statements: &[String]) -> Vec<String> {
        let mut refused = Vec::new();
        for statement in statements {
            let sql = AssertSqlSafe(statement.clone()).into_sql_str();
            let outcome = match self {
                Self::Sqlite(connection) => {
                    connection.prepare(statement).map(drop).map_err(|error| error.to_string())
                }
                Self::Postgres(connection) => {
                    connection.prepare(sql).await.map(drop).map_err(|error| error.to_string())
                }
                Self::MariaDb(connection) => {
                    connection.prepare(sql).await.map(drop).map_err(|error| error.to_string())
                }
            };
            refused.extend(outcome.err().map(|error| format!("{statement}: {error}")));
        }
        refused
    }
}
