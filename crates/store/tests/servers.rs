//! Does the store get along with servers as they are configured: encrypted, behind a pooler, gone, read-only, foreign?

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::doc_markdown,
    reason = "tests"
)]

use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::join_all;
use portcullis_core::model::{AuditKind, RevokeReason};
use portcullis_core::ports::Store;
use portcullis_core::ports::store::AccountCreation;
use portcullis_core::testing::{NOW, Personas};
use portcullis_store::options::{Host, Pooling, PostgresOptions, SchemaName, ServerOptions, Tls};
use portcullis_store::testing::{OwnServer, ServerKind, TestDatabase, TestEngine, Visitor, server_at};
use portcullis_store::{DatabaseOptions, MigrationError, OpenError, SqlStore};

const SERVERS: [TestEngine; 2] = [TestEngine::Postgres, TestEngine::MariaDb];

fn options(kind: ServerKind, server: ServerOptions) -> DatabaseOptions {
    match kind {
        ServerKind::Postgres | ServerKind::Standby | ServerKind::PgBouncer => {
            DatabaseOptions::Postgres(PostgresOptions { server, schema: None, pooling: Pooling::Session })
        }
        ServerKind::MariaDb | ServerKind::Galera => DatabaseOptions::MySql(server),
        ServerKind::Redis | ServerKind::Pebble => panic!("{kind:?} is no database"),
    }
}

/// Why a database cannot be opened.
async fn refusal(options: &DatabaseOptions) -> String {
    match SqlStore::open(options).await {
        Ok(_) => panic!("opened"),
        Err(error) => {
            assert!(!error.is_temporary(), "{error}");
            error.to_string()
        }
    }
}

async fn works(options: &DatabaseOptions) {
    let store = SqlStore::open(options).await.unwrap();
    store.migrate(NOW).await.unwrap();
    store.ping().await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_server_is_believed_as_far_as_the_settings_say() {
    for kind in [ServerKind::Postgres, ServerKind::MariaDb] {
        let own = OwnServer::start(kind, &["--tls"]);
        let with = |tls| options(kind, ServerOptions { tls, ..server_at(own.url()) });
        let ca = || Some(own.file("tls/ca.crt"));
        for tls in [Tls::Off, Tls::Prefer, Tls::Require, Tls::VerifyFull { ca: ca() }] {
            works(&with(tls)).await;
        }
        let message = refusal(&with(Tls::VerifyFull { ca: None })).await;
        assert!(message.contains("PORTCULLIS_DATABASE_TLS_CA"), "{kind:?} {message}");
        let other = Tls::VerifyFull { ca: Some(own.file("tls/self-signed.crt")) };
        let message = refusal(&with(other)).await;
        assert!(message.contains("not by the authority"), "{kind:?} {message}");
        let missing = Tls::VerifyFull { ca: Some(PathBuf::from("/nowhere/ca.crt")) };
        let message = refusal(&with(missing)).await;
        assert!(message.contains("/nowhere/ca.crt cannot be read"), "{kind:?} {message}");
    }
}

#[tokio::test]
async fn a_server_without_encryption_is_refused_when_it_is_demanded() {
    for engine in SERVERS {
        let database = TestDatabase::new(engine).await;
        let mut options = database.options().clone();
        match &mut options {
            DatabaseOptions::Postgres(options) => options.server.tls = Tls::Require,
            DatabaseOptions::MySql(options) => options.tls = Tls::Require,
            DatabaseOptions::Sqlite(_) => unreachable!(),
        }
        let message = refusal(&options).await;
        assert!(message.contains("PORTCULLIS_DATABASE_TLS=off"), "{engine:?} {message}");
    }
}

#[tokio::test]
async fn who_may_not_in_is_told_what_to_do() {
    for engine in SERVERS {
        let database = TestDatabase::new(engine).await;
        let change = |change: &dyn Fn(&mut ServerOptions)| {
            let mut options = database.options().clone();
            match &mut options {
                DatabaseOptions::Postgres(options) => change(&mut options.server),
                DatabaseOptions::MySql(options) => change(options),
                DatabaseOptions::Sqlite(_) => unreachable!(),
            }
            options
        };
        let message = refusal(&change(&|server| server.password = Some("wrong-one".into()))).await;
        assert!(message.contains("fix: check the user portcullis and its password"), "{message}");
        assert!(!message.contains("wrong-one"), "{message}");
        let message = refusal(&change(&|server| server.database = "nowhere".into())).await;
        assert!(
            message.contains("fix: make it: CREATE DATABASE") && message.contains("nowhere"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_may_come_later() {
    for engine in SERVERS {
        let mut options = TestDatabase::new(engine).await.options().clone();
        // Port 1 of this machine: nobody listens there.
        let nobody = vec![Host { name: "127.0.0.1".into(), port: 1 }];
        match &mut options {
            DatabaseOptions::Postgres(options) => options.server.hosts = nobody,
            DatabaseOptions::MySql(options) => options.hosts = nobody,
            DatabaseOptions::Sqlite(_) => unreachable!(),
        }
        let Err(error) = SqlStore::open(&options).await else { panic!("opened") };
        assert!(
            matches!(&error, OpenError::Unreachable { server, .. } if server == "127.0.0.1:1"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn the_next_server_is_taken_when_the_first_is_away() {
    for engine in SERVERS {
        let mut options = TestDatabase::new(engine).await.options().clone();
        let nobody = Host { name: "127.0.0.1".into(), port: 1 };
        match &mut options {
            DatabaseOptions::Postgres(options) => options.server.hosts.insert(0, nobody),
            DatabaseOptions::MySql(options) => options.hosts.insert(0, nobody),
            DatabaseOptions::Sqlite(_) => unreachable!(),
        }
        works(&options).await;
    }
}

#[tokio::test]
async fn the_tables_of_another_program_are_not_taken_for_ours() {
    for engine in SERVERS {
        let database = TestDatabase::new(engine).await;
        let table = match database.schema() {
            Some(schema) => format!("CREATE SCHEMA {schema}; CREATE TABLE {schema}.sessions (theirs INT)"),
            None => "CREATE TABLE sessions (theirs INT)".to_owned(),
        };
        database.execute(&table).await;
        let store = database.try_open().await.unwrap();
        let error = store.migrate(NOW).await.unwrap_err();
        assert!(matches!(&error, MigrationError::Foreign { tables } if tables == "sessions"), "{error}");
        assert!(matches!(store.migration_status().await, Err(MigrationError::Foreign { .. })));
    }
}

#[tokio::test]
async fn many_nodes_can_migrate_one_new_database_at_once() {
    for engine in SERVERS {
        let database = TestDatabase::new(engine).await;
        let migrate = || async {
            let store = database.try_open().await.unwrap();
            store.migrate(NOW).await.unwrap();
            let status = store.migration_status().await.unwrap();
            assert!(status.iter().all(|migration| migration.applied_at.is_some()));
        };
        join_all((0..8).map(|_| migrate())).await;
    }
}

/// A node looks for tables while another one makes the last of them: on MySQL it sees table by table.
#[tokio::test]
async fn a_migration_that_is_under_way_is_no_damage() {
    let database = TestDatabase::new(TestEngine::MariaDb).await;
    let store = database.open().await;
    let all = store.migration_status().await.unwrap();
    // Take away below what the last migration made that makes a table, and the notes from it on.
    let Some(last) = all.iter().find(|migration| migration.name == "0011_audit_seals") else {
        panic!("it is not in {all:?}")
    };
    let mut other = Visitor::at(database.url()).await;
    let mut maker = Visitor::at(database.url()).await;
    maker.run("RENAME TABLE audit_seals TO not_made_yet").await;
    let entry = format!("FROM schema_migrations WHERE version >= {}", last.version);
    maker.run(&format!("CREATE TABLE not_noted_yet AS SELECT * {entry}")).await;
    maker.run(&format!("DELETE {entry}")).await;

    other.run("LOCK TABLES schema_migrations WRITE, not_noted_yet READ").await;
    let make = async {
        let waits = "SELECT count(*) FROM information_schema.processlist \
                     WHERE db = DATABASE() AND state LIKE 'Waiting for table%'";
        while maker.numbers(waits).await != [1] {}
        maker.run("RENAME TABLE not_made_yet TO audit_seals").await;
        other.run("INSERT INTO schema_migrations SELECT * FROM not_noted_yet").await;
        other.run("UNLOCK TABLES").await;
    };
    let both = async { tokio::join!(store.migration_status(), make) };
    let (seen, ()) = tokio::time::timeout(Duration::from_secs(30), both).await.unwrap();
    assert_eq!(seen.unwrap(), all);
    other.leave().await;
    maker.leave().await;
    store.close().await;
}

/// What a crash between a change of a table and the note that it was made leaves on MySQL.
#[tokio::test]
async fn a_migration_that_was_made_and_not_noted_is_met_again_without_harm() {
    let database = TestDatabase::new(TestEngine::MariaDb).await;
    let store = database.open().await;
    let all = store.migration_status().await.unwrap();
    for done in (0..all.len()).rev() {
        database.execute(&format!("DELETE FROM schema_migrations WHERE version > {done}")).await;
        assert_eq!(store.migrate(NOW).await.unwrap().len(), all.len() - done);
        assert_eq!(store.migration_status().await.unwrap(), all);
    }
    store.close().await;
}

#[tokio::test]
async fn a_status_changes_nothing() {
    for engine in [TestEngine::Sqlite, TestEngine::Postgres, TestEngine::MariaDb] {
        let database = TestDatabase::new(engine).await;
        let store = database.try_open().await.unwrap();
        let pending = store.migration_status().await.unwrap();
        assert!(pending.iter().all(|migration| migration.applied_at.is_none()));
        assert_eq!(store.migration_status().await.unwrap(), pending);
        assert_eq!(store.migrate(NOW).await.unwrap().len(), pending.len());
        assert!(store.migrate(NOW).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn behind_pgbouncer_it_works_or_says_what_to_set() {
    let postgres = OwnServer::start(ServerKind::Postgres, &[]);
    let bouncer = OwnServer::start(ServerKind::PgBouncer, &[postgres.url()]);
    let server = server_at(bouncer.url());
    let message = refusal(&options(ServerKind::PgBouncer, server.clone())).await;
    assert!(message.contains("PORTCULLIS_DATABASE_POOLING=transaction"), "{message}");

    let pooled = |schema: Option<&str>| {
        let schema = schema.map(|name| SchemaName::parse(name).unwrap());
        DatabaseOptions::Postgres(PostgresOptions {
            server: server.clone(),
            schema,
            pooling: Pooling::Transaction,
        })
    };
    let message = refusal(&pooled(Some("auth"))).await;
    assert!(message.contains("ALTER ROLE portcullis SET search_path = \"auth\""), "{message}");

    let store = SqlStore::open(&pooled(None)).await.unwrap();
    store.migrate(NOW).await.unwrap();
    let personas = Personas::default();
    let create = |number: usize| {
        let (store, personas) = (&store, &personas);
        async move {
            let account = personas.account(&format!("person-{number}"));
            let event = personas.event(AuditKind::AccountCreated, account.id, NOW);
            let created = store.create_account(&account, None, &event).await.unwrap();
            assert!(matches!(created, AccountCreation::Created { .. }));
            assert!(store.find_account(account.id).await.unwrap().is_some());
            let session = personas.session(account.id, NOW);
            let event = personas.event(AuditKind::LoggedIn, account.id, NOW);
            store.create_session(&session, None, &event).await.unwrap();
            let rotation = personas.rotation(session.id, 1, NOW.plus(Duration::from_secs(1)));
            store.rotate_session(&rotation).await.unwrap();
        }
    };
    join_all((0..100).map(create)).await;
    store.ping().await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_schema_has_exactly_the_name_that_was_asked_for() {
    let mut options = TestDatabase::new(TestEngine::Postgres).await.options().clone();
    let DatabaseOptions::Postgres(postgres) = &mut options else { unreachable!() };
    let name = postgres.schema.as_ref().unwrap().as_str().replace("test", "Test");
    postgres.schema = SchemaName::parse(&name);
    works(&options).await;
    works(&options).await;
}

#[tokio::test]
async fn nodes_that_came_before_their_schema_tell_each_other_what_they_did() {
    let database = TestDatabase::new(TestEngine::Postgres).await;
    let stores = [database.try_open().await.unwrap(), database.try_open().await.unwrap()];
    stores[0].migrate(NOW).await.unwrap();
    let personas = Personas::default();
    for (turn, (one, other)) in [(&stores[0], &stores[1]), (&stores[1], &stores[0])].into_iter().enumerate() {
        let account = personas.account(&format!("person-{turn}"));
        let event = personas.event(AuditKind::AccountCreated, account.id, NOW);
        one.create_account(&account, None, &event).await.unwrap();
        let do_something = async || {
            let event = personas.event(AuditKind::AccountDisabled, account.id, NOW);
            let session = personas.session(account.id, NOW);
            one.create_session(&session, None, &personas.event(AuditKind::LoggedIn, account.id, NOW))
                .await
                .unwrap();
            let reason = RevokeReason::LoggedOut;
            one.revoke_session(account.id, session.id, reason, &event).await.unwrap();
            tokio::time::timeout(Duration::from_millis(500), other.wait_for_news()).await.is_ok()
        };
        let mut is_told = false;
        // It may not have listened yet.
        for _ in 0..10 {
            is_told = is_told || do_something().await;
        }
        assert!(is_told, "turn {turn}");
    }
}
