//! Is what stands in a table of an older backend read as it was meant, on each engine?

use portcullis_core::model::{Email, Role, Username};
use portcullis_store::takeover::shape::Field;
use portcullis_store::testing::{TestDatabase, TestEngine};

use super::place::{BCRYPT, Folder, NOW, Place, plan, refusals, sqlite, table};

super::on_every_engine! {
    a_table_as_sequelize_makes_it_comes_as_it_is
    a_name_that_would_be_a_statement_is_a_name
    a_table_that_is_not_there_is_told_with_those_that_are
    what_is_mapped_is_read_from_where_it_stands
    ids_that_are_no_numbers_get_numbers_in_the_order_of_creation
}

/// What Sequelize makes on each engine of the model of `api-session`.
fn sequelize(engine: TestEngine) -> String {
    let (id, hash, time, quote) = match engine {
        TestEngine::Sqlite => ("INTEGER PRIMARY KEY AUTOINCREMENT", "VARCHAR BINARY(255)", "DATETIME", "`"),
        TestEngine::Postgres => ("SERIAL PRIMARY KEY", "BYTEA", "TIMESTAMP WITH TIME ZONE", "\""),
        TestEngine::MariaDb => {
            ("INTEGER AUTO_INCREMENT PRIMARY KEY", "VARCHAR(255) BINARY", "DATETIME(3)", "`")
        }
    };
    let text = |text: &str| match engine {
        TestEngine::Postgres => format!("convert_to('{text}', 'UTF8')"),
        TestEngine::Sqlite => format!("CAST('{text}' AS BLOB)"),
        TestEngine::MariaDb => format!("'{text}'"),
    };
    let zone = if engine == TestEngine::MariaDb { "" } else { " +00:00" };
    let q = quote;
    format!(
        "CREATE TABLE {q}Users{q} ({q}id{q} {id}, {q}username{q} VARCHAR(30) NOT NULL UNIQUE, \
         {q}email{q} VARCHAR(256) NOT NULL UNIQUE, {q}hashedPassword{q} {hash} NOT NULL, \
         {q}createdAt{q} {time} NOT NULL, {q}updatedAt{q} {time} NOT NULL, {q}phone{q} VARCHAR(20));
         INSERT INTO {q}Users{q} VALUES \
         (3, 'Demo-lition', 'Demo@User.io', {hash1}, '2024-09-16 11:00:00.007{zone}', '2024-09-17 11:00:00.000{zone}', NULL), \
         (12, 'zoë', 'zoe@user.io', {hash2}, '2024-09-16 11:00:01.000{zone}', '2024-09-16 11:00:01.000{zone}', '1');",
        hash1 = text(BCRYPT),
        hash2 = text(&BCRYPT.replace("$2b$", "$2a$")),
    )
}

async fn source(engine: TestEngine, script: &str) -> TestDatabase {
    let database = TestDatabase::new(engine).await;
    if let Some(schema) = database.schema() {
        database.execute(&format!("CREATE SCHEMA {schema}")).await;
    }
    database.execute(script).await;
    database
}

async fn a_table_as_sequelize_makes_it_comes_as_it_is(engine: TestEngine) {
    let source = source(engine, &sequelize(engine)).await;
    let place = Place::new(TestEngine::Sqlite).await;
    let plan = plan("api-session");
    let report = place.take(&table(&source, None), &plan).await;
    assert_eq!((report.rows, report.new, report.there), (2, 2, 0), "{report:?}");
    assert_eq!(report.described.column(Field::Password), Some("hashedPassword"));
    assert_eq!(report.described.passed_over, ["phone"]);
    let [demo, zoe] = &place.accounts().await[..] else { panic!() };
    let account = &demo.account;
    assert_eq!((account.number, account.external_id.as_deref()), (3, None));
    assert_eq!(account.username.as_ref().map(Username::as_str), Some("Demo-lition"));
    assert_eq!(account.username.as_ref().map(Username::key), Some("demo-lition"));
    assert_eq!(account.email.as_ref().map(Email::as_str), Some("Demo@User.io"));
    assert_eq!(account.created_at.as_millis(), 1_726_484_400_007);
    assert_eq!(account.updated_at.as_millis(), 1_726_570_800_000);
    assert_eq!(account.cut_over_at, Some(NOW));
    assert_eq!(demo.password.as_ref().unwrap().hash.as_str(), BCRYPT);
    assert_eq!(zoe.account.number, 12);
    assert_eq!(zoe.account.username.as_ref().map(Username::as_str), Some("zoë"));
    assert_eq!(report.hashes.iter().collect::<Vec<_>>(), [("bcrypt 10", 2)]);
}

async fn a_name_that_would_be_a_statement_is_a_name(engine: TestEngine) {
    let quote = if engine == TestEngine::MariaDb { '`' } else { '"' };
    let q = |name: &str| format!("{quote}{}{quote}", name.replace(quote, &format!("{quote}{quote}")));
    let odd = "x\"; DROP TABLE `y`; --";
    let script = format!(
        "CREATE TABLE {t} (id INTEGER, email VARCHAR(50), {p} VARCHAR(60)); \
         INSERT INTO {t} VALUES (1, 'ada@example.com', '{BCRYPT}');",
        t = q(odd),
        p = q(odd)
    );
    let source = source(engine, &script).await;
    let place = Place::new(TestEngine::Sqlite).await;
    let mut plan = plan("sequelize-users");
    plan.mapping.set(Field::Password, Some(odd.to_owned()));
    plan.mapping.set(Field::Username, None);
    let report = place.take(&table(&source, Some(odd)), &plan).await;
    assert_eq!((report.new, report.refused_total()), (1, 0));
}

async fn a_table_that_is_not_there_is_told_with_those_that_are(engine: TestEngine) {
    let source = source(engine, &sequelize(engine)).await;
    let place = Place::new(TestEngine::Sqlite).await;
    let error = place.try_take(&table(&source, Some("Peoples")), &plan("api-session")).await.unwrap_err();
    assert!(error.to_string().contains("`Peoples`") && error.to_string().contains("Users"), "{error}");
    assert!(error.fix().contains("--table"), "{}", error.fix());
    let error = place.try_take(&table(&source, None), &plan("users-cookies")).await.unwrap_err();
    // SQLite does not tell `Users` from `users`; it has another column for the password there.
    let word = if engine == TestEngine::Sqlite { "`password`" } else { "no table `users`" };
    assert!(error.to_string().contains(word) || engine == TestEngine::MariaDb, "{error}");
    assert!(place.accounts().await.is_empty());
}

async fn what_is_mapped_is_read_from_where_it_stands(engine: TestEngine) {
    let (yes, no) = if engine == TestEngine::Postgres { ("TRUE", "FALSE") } else { ("1", "0") };
    let script = format!(
        "CREATE TABLE members (key_id BIGINT, mail VARCHAR(50), pw VARCHAR(60), blocked BOOLEAN, kind VARCHAR(20), \
         joined BIGINT, about TEXT); INSERT INTO members VALUES \
         (5, 'a@b.c', '{BCRYPT}', {yes}, 'admin', 1700000000, 'x'), (6, 'd@e.f', '{BCRYPT}', {no}, 'editor', 1700000000123, NULL);"
    );
    let source = source(engine, &script).await;
    let place = Place::new(TestEngine::Sqlite).await;
    let mut plan = plan("sequelize-users");
    for (field, column) in [
        (Field::Id, Some("key_id")),
        (Field::Email, Some("mail")),
        (Field::Username, None),
        (Field::Password, Some("pw")),
        (Field::Disabled, Some("blocked")),
        (Field::Role, Some("kind")),
        (Field::CreatedAt, Some("joined")),
        (Field::Bio, Some("about")),
    ] {
        plan.mapping.set(field, column.map(str::to_owned));
    }
    let report = place.take(&table(&source, Some("members")), &plan).await;
    assert_eq!(refusals(&report), []);
    assert_eq!((report.admins, report.disabled, report.other_roles.get("editor")), (1, 1, Some(&1)));
    let [first, second] = &place.accounts().await[..] else { panic!() };
    assert_eq!((first.account.role, first.account.is_disabled()), (Role::Admin, true));
    assert_eq!(first.account.profile.bio.as_deref(), Some("x"));
    assert_eq!(first.account.created_at.as_millis(), 1_700_000_000_000);
    assert_eq!((second.account.role, second.account.is_disabled()), (Role::User, false));
    assert_eq!(second.account.created_at.as_millis(), 1_700_000_000_123);
}

async fn ids_that_are_no_numbers_get_numbers_in_the_order_of_creation(engine: TestEngine) {
    let time = if engine == TestEngine::Postgres { "TIMESTAMP" } else { "DATETIME" };
    let script = format!(
        "CREATE TABLE users (id VARCHAR(40), name TEXT, email VARCHAR(50), password VARCHAR(60), created_at {time}); \
         INSERT INTO users VALUES ('c', NULL, 'c@x.y', '{BCRYPT}', '2024-01-03 00:00:00'), \
         ('b', NULL, 'b@x.y', '{BCRYPT}', '2024-01-01 00:00:00'), ('a', NULL, 'a@x.y', '{BCRYPT}', '2024-01-02 00:00:00');"
    );
    let source = source(engine, &script).await;
    let place = Place::new(engine).await;
    let report = place.take(&table(&source, None), &plan("users-cookies")).await;
    assert_eq!(report.new, 3, "{report:?}");
    let numbered: Vec<_> = place
        .accounts()
        .await
        .into_iter()
        .map(|a| (a.account.number, a.account.external_id.unwrap()))
        .collect();
    assert_eq!(numbered, [(1, "b".into()), (2, "a".into()), (3, "c".into())]);
}

#[tokio::test]
async fn padded_bytes_zero_dates_and_unsigned_numbers_of_mysql_are_read() {
    let script = format!(
        "CREATE TABLE users (id BIGINT UNSIGNED, name TEXT, email VARBINARY(50), password BINARY(100), \
         created_at TIMESTAMP NULL, updated_at DATETIME); SET SESSION sql_mode = ''; SET SESSION time_zone = '+02:00'; \
         INSERT INTO users VALUES (1, 'a', 'a@b.c', '{BCRYPT}', '2024-01-01 02:00:00', '0000-00-00 00:00:00'), \
         (18446744073709551615, 'b', 'b@b.c', '{BCRYPT}', NULL, NULL);"
    );
    let source = source(TestEngine::MariaDb, &script).await;
    let place = Place::new(TestEngine::Sqlite).await;
    let report = place.take(&table(&source, None), &plan("users-cookies")).await;
    assert_eq!(refusals(&report), [(portcullis_store::takeover::Reason::Id, 1)]);
    let [only] = &place.accounts().await[..] else { panic!() };
    assert_eq!(only.account.created_at.as_millis(), 1_704_067_200_000);
    assert_eq!(only.account.updated_at, only.account.created_at);
    assert_eq!(only.password.as_ref().unwrap().hash.as_str(), BCRYPT);
}

#[tokio::test]
async fn what_stands_in_a_write_ahead_log_comes_too_and_the_file_stays_as_it_is() {
    let folder = Folder::new();
    let path = folder.path("dev.db");
    let live = rusqlite::Connection::open(&path).unwrap();
    live.execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;").unwrap();
    live.execute_batch(&sequelize(TestEngine::Sqlite)).unwrap();
    let log = folder.path("dev.db-wal");
    let before = (std::fs::read(&path).unwrap(), std::fs::read(&log).unwrap());
    assert!(!before.1.is_empty());
    let place = Place::new(TestEngine::Sqlite).await;
    assert_eq!(place.take(&sqlite(path.clone()), &plan("api-session")).await.new, 2);
    assert_eq!((std::fs::read(&path).unwrap(), std::fs::read(&log).unwrap()), before);
    // The same of a backend that was killed: nobody has the file open.
    let copy = Folder::new();
    for name in ["dev.db", "dev.db-wal"] {
        std::fs::copy(folder.path(name), copy.path(name)).unwrap();
    }
    drop(live);
    let place = Place::new(TestEngine::Sqlite).await;
    assert_eq!(place.take(&sqlite(copy.path("dev.db")), &plan("api-session")).await.new, 2);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_told() {
    let folder = Folder::new();
    let place = Place::new(TestEngine::Sqlite).await;
    let missing = place.try_take(&sqlite(folder.path("none.db")), &plan("api-session")).await.unwrap_err();
    assert!(missing.to_string().contains("there is no file"), "{missing}");
    assert!(!folder.path("none.db").exists());
    std::fs::write(folder.path("odd.db"), "hello, I am no database at all, and long enough".repeat(50))
        .unwrap();
    let odd = place.try_take(&sqlite(folder.path("odd.db")), &plan("api-session")).await.unwrap_err();
    assert!(odd.to_string().contains("cannot be read"), "{odd}");
}
