//! Where accounts come from and where they go to.

use std::fs;
use std::path::PathBuf;

use portcullis_core::model::{AuditKind, NewAccount, Session, Timestamp};
use portcullis_core::ports::Store;
use portcullis_core::ports::store::AccountCreation;
use portcullis_core::testing::Personas;
use portcullis_store::SqlStore;
use portcullis_store::options::{DatabaseOptions, SqliteOptions};
use portcullis_store::takeover::shape::Shape;
use portcullis_store::takeover::{
    Format, Mapping, Plan, Reason, Source, TableName, TakeoverError, TakeoverReport, WithoutPassword,
    take_over,
};
use portcullis_store::testing::{TestDatabase, TestEngine};
use portcullis_store::transfer::{AccountRecord, Mode, Record};
use tempfile::TempDir;

/// A hash as bcryptjs makes it.
pub const BCRYPT: &str = "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy";
/// The time it is.
pub const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// A store that accounts are brought into.
pub struct Place {
    _database: TestDatabase,
    pub store: SqlStore,
    pub personas: Personas,
}

impl Place {
    pub async fn new(engine: TestEngine) -> Self {
        let database = TestDatabase::new(engine).await;
        let store = database.open().await;
        Self { _database: database, store, personas: Personas::default() }
    }

    pub async fn take(&self, source: &Source, plan: &Plan) -> TakeoverReport {
        self.try_take(source, plan).await.unwrap()
    }

    pub async fn try_take(&self, source: &Source, plan: &Plan) -> Result<TakeoverReport, TakeoverError> {
        take_over(Some(&self.store), Mode::Write, source, plan, |_, _| {}).await
    }

    pub async fn look(&self, source: &Source, plan: &Plan) -> TakeoverReport {
        take_over(Some(&self.store), Mode::Look, source, plan, |_, _| {}).await.unwrap()
    }

    /// Somebody registers here. Answers the number.
    pub async fn create(&self, account: &NewAccount) -> i64 {
        let event = self.personas.event(AuditKind::AccountCreated, account.id, NOW);
        match self.store.create_account(account, None, &event).await.unwrap() {
            AccountCreation::Created { number } => number,
            other => panic!("{other:?}"),
        }
    }

    pub async fn records(&self) -> Vec<Record> {
        let mut snapshot = self.store.snapshot().await.unwrap();
        let mut records = Vec::new();
        while let Some(record) = snapshot.next().await.unwrap() {
            records.push(record);
        }
        snapshot.close().await;
        records
    }

    pub async fn accounts(&self) -> Vec<AccountRecord> {
        let of_account = |record| if let Record::Account(record) = record { Some(record) } else { None };
        self.records().await.into_iter().filter_map(of_account).collect()
    }

    pub async fn sessions(&self) -> Vec<Session> {
        let of_session = |record| if let Record::Session(session) = record { Some(session) } else { None };
        self.records().await.into_iter().filter_map(of_session).collect()
    }
}

/// What would come when there is no database yet.
pub async fn look_nowhere(source: &Source, plan: &Plan) -> TakeoverReport {
    take_over(None, Mode::Look, source, plan, |_, _| {}).await.unwrap()
}

pub fn plan(shape: &str) -> Plan {
    Plan {
        shape: Shape::named(shape).unwrap(),
        mapping: Mapping::default(),
        cut_over: NOW,
        now: NOW,
        without_password: WithoutPassword::Refuse,
    }
}

/// A folder with what an older backend left.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A file of rows.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> Source {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        let is_csv = path.extension().is_some_and(|extension| extension == "csv");
        let format = if is_csv { Format::Csv } else { Format::Json };
        Source::File { path, format }
    }

    /// An SQLite file that a script made.
    pub fn sqlite(&self, script: &str) -> Source {
        let path = self.path("dev.db");
        rusqlite::Connection::open(&path).unwrap().execute_batch(script).unwrap();
        sqlite(path)
    }
}

pub fn sqlite(path: PathBuf) -> Source {
    Source::Database { options: DatabaseOptions::Sqlite(SqliteOptions::new(path)), table: None }
}

pub fn table(database: &TestDatabase, name: Option<&str>) -> Source {
    let table = name.map(|name| TableName::parse(name).unwrap());
    Source::Database { options: database.options().clone(), table }
}

/// How many rows cannot come for each reason.
pub fn refusals(report: &TakeoverReport) -> Vec<(Reason, u64)> {
    report.refused.iter().map(|(reason, refusals)| (*reason, refusals.count)).collect()
}
