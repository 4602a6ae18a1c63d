//! Where does a version's old data lie, and how does a database get it?

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use portcullis_store::DatabaseOptions;
use portcullis_store::testing::{TestDatabase, TestEngine};

/// What stands in a dump of PostgreSQL instead of the schema that it is loaded into.
pub(crate) const SCHEMA: &str = "portcullis_old_data";

/// What one version left on one engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OldData {
    /// The number of its last migration.
    pub(crate) version: i64,
    pub(crate) engine: TestEngine,
}

/// The folder of all.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/old_data")
}

impl OldData {
    /// `0007/postgres`.
    pub(crate) fn folder(self) -> PathBuf {
        root().join(format!("{:04}", self.version)).join(word(self.engine))
    }

    /// The whole database.
    pub(crate) fn database_file(self) -> PathBuf {
        self.folder().join(if self.engine == TestEngine::Sqlite { "database.db" } else { "database.sql" })
    }

    /// Every statement that the version sends, one a line.
    pub(crate) fn statements_file(self) -> PathBuf {
        self.folder().join("statements.txt")
    }

    /// The tokens that it handed out: name and token, one a line.
    pub(crate) fn tokens_file(self) -> PathBuf {
        self.folder().join("tokens.txt")
    }

    /// A database as the version left it.
    pub(crate) async fn load(self) -> TestDatabase {
        let database = TestDatabase::new(self.engine).await;
        if let DatabaseOptions::Sqlite(options) = database.options() {
            fs::copy(self.database_file(), &options.path).unwrap();
            return database;
        }
        let script = fs::read_to_string(self.database_file()).unwrap();
        let script = database.schema().map(|schema| script.replace(SCHEMA, schema)).unwrap_or(script);
        database.execute(&script).await;
        database
    }

    pub(crate) fn statements(self) -> Vec<String> {
        let text = fs::read_to_string(self.statements_file()).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    pub(crate) fn tokens(self) -> BTreeMap<String, String> {
        let text = fs::read_to_string(self.tokens_file()).unwrap();
        text.lines()
            .map(|line| line.split_once(' ').unwrap())
            .map(|(name, token)| (name.into(), token.into()))
            .collect()
    }
}

/// The folder of an engine.
pub(crate) const fn word(engine: TestEngine) -> &'static str {
    match engine {
        TestEngine::Sqlite => "sqlite",
        TestEngine::Postgres => "postgres",
        TestEngine::MariaDb => "mariadb",
    }
}
