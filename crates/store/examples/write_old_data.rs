//! What would this version leave behind? Writes it down for `tests/old_data.rs`; `tests/old_data/write` runs this.
//!
//! Without an argument: the databases, tokens and statements of every engine, into a folder that must not exist yet.
//! With `--again` it may. With `--statements`: only the statements.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "not a product")]

#[path = "../tests/old_data/folder.rs"]
#[allow(dead_code, reason = "it is the tests that read it all")]
mod folder;
#[path = "../tests/old_data/history.rs"]
mod history;
#[path = "../tests/old_data/world.rs"]
#[allow(dead_code, reason = "it is the tests that compare it all")]
mod world;

use std::fs;
use std::process::Command;
use std::sync::Arc;

use portcullis_store::options::ServerOptions;
use portcullis_store::testing::{TestDatabase, TestEngine, statements};
use portcullis_store::{DatabaseOptions, SqliteOptions};
use secrecy::ExposeSecret;

use crate::folder::{OldData, SCHEMA};

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    New,
    Again,
    Statements,
}

#[tokio::main]
async fn main() {
    let what = match std::env::args().nth(1).as_deref() {
        None => What::New,
        Some("--again") => What::Again,
        Some("--statements") => What::Statements,
        Some(other) => panic!("{other}: --again or --statements"),
    };
    let version = newest_version().await;
    for engine in [TestEngine::Sqlite, TestEngine::Postgres, TestEngine::MariaDb] {
        let data = OldData { version, engine };
        assert!(
            what != What::New || !data.folder().exists(),
            "{} exists: what a release wrote is kept as it is; --again if there was no release with it",
            data.folder().display()
        );
        fs::create_dir_all(data.folder()).unwrap();
        fs::write(data.statements_file(), lines(statements(engine).into_iter())).unwrap();
        if what != What::Statements {
            write(data).await;
        }
        println!("{}", data.folder().display());
    }
}

async fn newest_version() -> i64 {
    let database = TestDatabase::new(TestEngine::Sqlite).await;
    let store = database.open().await;
    let version = store.migration_status().await.unwrap().last().unwrap().version;
    store.close().await;
    version
}

/// Writes a database and the tokens that go with it.
async fn write(data: OldData) {
    let database = TestDatabase::new(data.engine).await;
    let store = Arc::new(database.try_open().await.unwrap());
    store.migrate(world::NOW).await.unwrap();
    let tokens = history::write(Arc::clone(&store), data.version).await;
    store.close().await;
    fs::write(data.tokens_file(), lines(tokens.iter().map(|(name, token)| format!("{name} {token}"))))
        .unwrap();
    let dump = match database.options() {
        DatabaseOptions::Sqlite(options) => return copy(options, data),
        DatabaseOptions::Postgres(_) => {
            let schema = database.schema().unwrap();
            dump_of_postgres(database.url(), schema).replace(schema, SCHEMA)
        }
        DatabaseOptions::MySql(options) => dump_of_mariadb(options),
    };
    fs::write(data.database_file(), dump).unwrap();
}

/// Copies a file, small and without a log beside it.
fn copy(options: &SqliteOptions, data: OldData) {
    let connection = rusqlite::Connection::open(&options.path).unwrap();
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); VACUUM").unwrap();
    connection.close().unwrap();
    let bytes = fs::read(&options.path).unwrap();
    fs::write(data.database_file(), bytes).unwrap();
}

fn dump_of_postgres(url: &str, schema: &str) -> String {
    let options = ["--inserts", "--no-owner", "--no-privileges", "--schema", schema, url];
    output(Command::new("pg_dump").args(options))
}

fn dump_of_mariadb(options: &ServerOptions) -> String {
    let (host, password) = (options.hosts.first().unwrap(), options.password.as_ref().unwrap());
    let mut dump = Command::new("mariadb-dump");
    dump.args(["--no-defaults", "--skip-opt", "--create-options", "--complete-insert", "--hex-blob"]);
    dump.args(["--skip-comments", "--order-by-primary", "--default-character-set=utf8mb4"]);
    dump.args([
        "--protocol=tcp",
        "--host",
        &host.name,
        "--port",
        &host.port.to_string(),
        "--user",
        &options.user,
    ]);
    dump.env("MYSQL_PWD", password.expose_secret()).arg(&options.database);
    output(&mut dump)
}

/// What a program prints, but for remarks and what only its own shell understands.
fn output(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let is_remark = |line: &&str| {
        ["--", "\\restrict", "\\unrestrict", "SET transaction_timeout", "/*M!999999\\-"]
            .iter()
            .any(|start| line.starts_with(start))
    };
    text.split_inclusive('\n').filter(|line| !is_remark(line)).collect()
}

fn lines<T: AsRef<str>>(lines: impl Iterator<Item = T>) -> String {
    let mut text = String::new();
    for line in lines {
        assert!(!line.as_ref().contains('\n'), "{}", line.as_ref());
        text.push_str(line.as_ref());
        text.push('\n');
    }
    text
}
