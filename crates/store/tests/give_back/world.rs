//! An older backend's table, and Portcullis, which took it over.

use portcullis_core::crypto::password::StoredHash;
use portcullis_core::model::{AuditKind, Email, NewAccount, Profile, Timestamp, Username};
use portcullis_core::ports::Store;
use portcullis_core::ports::store::AccountCreation;
use portcullis_core::testing::Personas;
use portcullis_store::SqlStore;
use portcullis_store::options::DatabaseOptions;
use portcullis_store::takeover::shape::Shape;
use portcullis_store::takeover::{
    Finding, GiveBack, GiveBackReport, Mapping, MissingRows, Plan, Source, TableName, TakeoverError,
    WithoutPassword, give_back, take_over,
};
use portcullis_store::testing::{TestDatabase, TestEngine};
use portcullis_store::transfer::Mode;
use sqlx::{AssertSqlSafe, ConnectOptions, Row};

/// Hashes as the older backends make them.
pub const ADA: &str = "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy";
pub const BOB: &str = "$2b$04$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy";
pub const NEW: &str = "$2b$10$abcdefghijklmnopqrstuuZAgcfl7p92ldGxad68LJZdL17lhWyAa";
pub const ARGON2: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g";
/// The time it is.
pub const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_123);

pub struct World {
    pub old: TestDatabase,
    ours: TestDatabase,
    pub store: SqlStore,
    personas: Personas,
    pub plan: GiveBack,
}

impl World {
    /// An older backend with a table, whose rows were taken over.
    pub async fn new(engine: TestEngine, shape: &str, script: &str) -> Self {
        let world = Self::unread(engine, shape, script).await;
        world.take_over(None).await;
        world
    }

    /// An older backend with a table.
    pub async fn unread(engine: TestEngine, shape: &str, script: &str) -> Self {
        let old = TestDatabase::new(engine).await;
        if let Some(schema) = old.schema() {
            old.execute(&format!("CREATE SCHEMA {schema}")).await;
        }
        old.execute(script).await;
        let ours = TestDatabase::new(TestEngine::Sqlite).await;
        let store = ours.open().await;
        let shape = Shape::named(shape).unwrap();
        let plan =
            GiveBack { shape, mapping: Mapping::default(), mode: Mode::Write, missing: MissingRows::Keep };
        Self { old, ours, store, personas: Personas::default(), plan }
    }

    /// Takes over what is in the table, maybe one of another name.
    pub async fn take_over(&self, table: Option<&str>) {
        let table = table.map(|name| TableName::parse(name).unwrap());
        let source = Source::Database { options: self.old.options().clone(), table };
        let (shape, mapping) = (self.plan.shape, self.plan.mapping.clone());
        let plan =
            Plan { shape, mapping, cut_over: NOW, now: NOW, without_password: WithoutPassword::Refuse };
        let report = take_over(Some(&self.store), Mode::Write, &source, &plan, |_, _| {}).await.unwrap();
        assert_eq!(report.refused_total(), 0, "{report:?}");
    }

    pub async fn give(&self) -> GiveBackReport {
        self.try_give().await.unwrap()
    }

    pub async fn try_give(&self) -> Result<GiveBackReport, TakeoverError> {
        give_back(&self.store, (self.old.options(), None), &self.plan, |_, _| {}).await
    }

    pub async fn look(&self) -> GiveBackReport {
        let plan = GiveBack { mode: Mode::Look, ..self.plan.clone() };
        give_back(&self.store, (self.old.options(), None), &plan, |_, _| {}).await.unwrap()
    }

    /// Changes something in Portcullis.
    pub async fn here(&self, statements: &str) {
        self.ours.execute(statements).await;
    }

    /// A password was set here.
    pub async fn set_password(&self, number: i64, hash: &str) {
        let at = NOW.as_millis();
        self.here(&format!(
            "UPDATE passwords SET hash = '{hash}', updated_at = {at} \
             WHERE account_id = (SELECT id FROM accounts WHERE number = {number})"
        ))
        .await;
    }

    pub async fn disable(&self, number: i64) {
        self.here(&format!("UPDATE accounts SET disabled_at = 1800000000000 WHERE number = {number}")).await;
    }

    pub async fn delete(&self, number: i64) {
        self.here(&format!(
            "DELETE FROM passwords WHERE account_id = (SELECT id FROM accounts WHERE number = {number}); \
             DELETE FROM accounts WHERE number = {number}"
        ))
        .await;
    }

    /// Somebody registers here. Answers the number.
    pub async fn register(&self, name: &str, change: impl FnOnce(&mut NewAccount)) -> i64 {
        let mut account = self.personas.account(name);
        account.created_at = NOW;
        account.email = Some(Email::lenient(&format!("{name}@example.com")).unwrap());
        account.username = Some(Username::lenient(name).unwrap());
        account.profile = Profile { name: Some(name.to_owned()), ..Profile::default() };
        account.password = Some(StoredHash::parse(NEW).unwrap());
        change(&mut account);
        let event = self.personas.event(AuditKind::AccountCreated, account.id, NOW);
        match self.store.create_account(&account, None, &event).await.unwrap() {
            AccountCreation::Created { number } => number,
            other => panic!("{other:?}"),
        }
    }

    /// What a question to the older database answers: values as text, columns parted by `|`.
    pub async fn ask(&self, columns: &[&str], rest: &str) -> Vec<String> {
        let engine = self.old.options();
        let (quote, text) = match engine {
            DatabaseOptions::Sqlite(_) | DatabaseOptions::Postgres(_) => ('"', "TEXT"),
            DatabaseOptions::MySql(_) => ('`', "CHAR"),
        };
        let column = |name: &&str| format!("COALESCE(CAST({quote}{name}{quote} AS {text}), 'NULL')");
        let columns: Vec<_> = columns.iter().map(column).collect();
        let rest = if matches!(engine, DatabaseOptions::MySql(_)) {
            rest.replace('"', "`")
        } else {
            rest.to_owned()
        };
        self.ask_plainly(&format!("SELECT {} {rest}", columns.join(", ")), columns.len()).await
    }

    async fn ask_plainly(&self, sql: &str, columns: usize) -> Vec<String> {
        let joined = |values: Vec<String>| values.join("|");
        match self.old.options() {
            DatabaseOptions::Sqlite(options) => {
                let connection = rusqlite::Connection::open(&options.path).unwrap();
                let mut statement = connection.prepare(sql).unwrap();
                let row =
                    |row: &rusqlite::Row<'_>| Ok(joined((0..columns).map(|c| row.get(c).unwrap()).collect()));
                statement.query_map([], row).unwrap().map(Result::unwrap).collect()
            }
            DatabaseOptions::Postgres(_) => {
                let driver: sqlx::postgres::PgConnectOptions = self.old.url().parse().unwrap();
                let schema = self.old.schema().unwrap();
                let driver = driver.options([("search_path", schema), ("timezone", "UTC")]);
                let mut connection = driver.connect().await.unwrap();
                let rows =
                    sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(&mut connection).await.unwrap();
                rows.iter().map(|row| joined((0..columns).map(|c| row.get(c)).collect())).collect()
            }
            DatabaseOptions::MySql(_) => {
                let driver: sqlx::mysql::MySqlConnectOptions = self.old.url().parse().unwrap();
                let mut connection = driver.connect().await.unwrap();
                let rows =
                    sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(&mut connection).await.unwrap();
                let text = |row: &sqlx::mysql::MySqlRow, c| {
                    String::from_utf8(row.try_get_unchecked::<Vec<u8>, _>(c).unwrap()).unwrap()
                };
                rows.iter().map(|row| joined((0..columns).map(|c| text(row, c)).collect())).collect()
            }
        }
    }
}

/// Inserted, changed, unchanged.
pub const fn counts(report: &GiveBackReport) -> (u64, u64, u64) {
    (report.inserted, report.updated, report.unchanged)
}

/// What was found and how often.
pub fn findings(report: &GiveBackReport) -> Vec<(Finding, u64)> {
    report.findings.iter().map(|(finding, noted)| (*finding, noted.count)).collect()
}
