//! What happens to the database file: who may read it, which one is refused, what survives?

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

use portcullis_core::model::{AccountId, AuditKind};
use portcullis_core::ports::Store;
use portcullis_core::testing::{NOW, Personas};
use portcullis_store::options::Neighbours;
use portcullis_store::{
    DatabaseOptions, MigrationError, OpenError, SqlStore, SqliteOpenError, SqliteOptions,
};
use rusqlite::Connection;
use tempfile::TempDir;

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("portcullis.db")
    }

    async fn try_open(&self) -> Result<SqlStore, OpenError> {
        try_open(&self.file()).await
    }

    /// Opens a file that is refused; answers why.
    async fn refusal(&self) -> SqliteOpenError {
        refusal(&self.file()).await
    }

    async fn open(&self) -> SqlStore {
        let store = self.try_open().await.unwrap();
        store.migrate(NOW).await.unwrap();
        store
    }

    /// A look at the file that the store does not know of.
    fn raw(&self) -> Connection {
        Connection::open(self.file()).unwrap()
    }
}

async fn try_open(path: &Path) -> Result<SqlStore, OpenError> {
    SqlStore::open(&DatabaseOptions::Sqlite(SqliteOptions::new(path))).await
}

async fn refusal(path: &Path) -> SqliteOpenError {
    match try_open(path).await {
        Err(OpenError::Sqlite(error)) => error,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("opened"),
    }
}

async fn add_account(store: &SqlStore, personas: &Personas, name: &str) -> AccountId {
    let account = personas.account(name);
    let event = personas.event(AuditKind::AccountCreated, account.id, NOW);
    store.create_account(&account, None, &event).await.unwrap();
    account.id
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_database_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new();
    let store = folder.open().await;
    add_account(&store, &Personas::default(), "alice").await;
    let files: Vec<_> = fs::read_dir(folder.0.path()).unwrap().map(Result::unwrap).collect();
    assert_eq!(files.len(), 3, "the file, its log and the index of the log");
    for file in files {
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.path().display());
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_reopening() {
    let folder = Folder::new();
    let store = folder.open().await;
    let alice = add_account(&store, &Personas::default(), "alice").await;
    drop(store);
    let reopened = folder.open().await;
    assert!(reopened.find_account(alice).await.unwrap().is_some());
    assert!(reopened.integrity_check().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_was_acknowledged_is_there_although_the_file_was_never_closed() {
    let folder = Folder::new();
    let store = folder.open().await;
    let alice = add_account(&store, &Personas::default(), "alice").await;
    // What a crash leaves behind: the file and its log as they are at this moment.
    let crashed = Folder::new();
    for file in fs::read_dir(folder.0.path()).unwrap().map(Result::unwrap) {
        fs::copy(file.path(), crashed.0.path().join(file.file_name())).unwrap();
    }
    let recovered = crashed.open().await;
    assert!(recovered.find_account(alice).await.unwrap().is_some());
    assert!(recovered.integrity_check().await.unwrap().is_empty());
}

#[tokio::test]
async fn two_processes_share_a_file() {
    let folder = Folder::new();
    let (server, command_line) = (folder.open().await, folder.open().await);
    let personas = Personas::default();
    let alice = add_account(&server, &personas, "alice").await;
    let bob = add_account(&command_line, &personas, "bob").await;
    assert!(command_line.find_account(alice).await.unwrap().is_some());
    assert!(server.find_account(bob).await.unwrap().is_some());
}

#[test]
fn many_processes_can_make_and_migrate_one_new_file_at_once() {
    let folder = Folder::new();
    let applied = std::thread::scope(|scope| {
        let start = || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let store = runtime.block_on(folder.try_open()).unwrap();
            runtime.block_on(store.migrate(NOW)).unwrap().len()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(applied.iter().filter(|count| **count > 0).count(), 1, "{applied:?}");
}

#[tokio::test]
async fn the_file_of_another_program_is_refused_and_left_alone() {
    let folder = Folder::new();
    folder
        .raw()
        .execute_batch("CREATE TABLE theirs (data TEXT); INSERT INTO theirs VALUES ('dear')")
        .unwrap();
    let before = fs::read(folder.file()).unwrap();
    let error = folder.refusal().await;
    assert!(matches!(error, SqliteOpenError::Foreign { .. }), "{error}");
    assert!(error.to_string().ends_with("name a file that does not exist yet"));
    assert_eq!(fs::read(folder.file()).unwrap(), before);
}

#[tokio::test]
async fn a_look_into_the_file_of_another_program_changes_nothing() {
    let folder = Folder::new();
    let options = SqliteOptions { neighbours: Neighbours::Tolerated, ..SqliteOptions::new(folder.file()) };
    let pending = SqlStore::look_into(&options).unwrap();
    assert!(!folder.file().exists() && pending.iter().all(|migration| migration.applied_at.is_none()));
    // Its program has it open, and has not closed it when we look.
    let theirs = folder.raw();
    theirs.execute_batch("CREATE TABLE theirs (data TEXT); INSERT INTO theirs VALUES ('dear')").unwrap();
    let before = fs::read(folder.file()).unwrap();
    assert_eq!(SqlStore::look_into(&options).unwrap(), pending);
    assert_eq!(fs::read(folder.file()).unwrap(), before);
    assert_eq!(fs::read_dir(folder.0.path()).unwrap().count(), 1, "no log, no index of it");
    theirs.execute_batch("CREATE TABLE sessions (data TEXT)").unwrap();
    let error = SqlStore::look_into(&options).unwrap_err();
    assert!(matches!(&error, MigrationError::Foreign { tables } if tables == "sessions"), "{error}");
    theirs.execute_batch("DROP TABLE sessions").unwrap();
    let store = SqlStore::open(&DatabaseOptions::Sqlite(options.clone())).await.unwrap();
    let applied = store.migrate(NOW).await.unwrap();
    assert_eq!(SqlStore::look_into(&options).unwrap(), applied);
}

#[tokio::test]
async fn a_look_into_what_is_no_database_says_so() {
    let folder = Folder::new();
    fs::write(folder.file(), "not a database, but long enough to look like one. ".repeat(200)).unwrap();
    let error = SqlStore::look_into(&SqliteOptions::new(folder.file())).unwrap_err();
    assert!(matches!(error, MigrationError::Open(SqliteOpenError::NotADatabase { .. })), "{error}");
}

#[tokio::test]
async fn what_is_no_database_is_refused_and_left_alone() {
    let folder = Folder::new();
    let text = "not a database, but long enough to look like one. ".repeat(200);
    fs::write(folder.file(), &text).unwrap();
    let error = folder.refusal().await;
    assert!(matches!(error, SqliteOpenError::NotADatabase { .. }), "{error}");
    assert_eq!(fs::read_to_string(folder.file()).unwrap(), text);
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let folder = Folder::new();
    let path = folder.0.path().join("missing/portcullis.db");
    let error = refusal(&path).await;
    assert!(matches!(error, SqliteOpenError::Create { .. }), "{error}");
    assert!(error.to_string().contains("missing/portcullis.db"), "{error}");
}

#[tokio::test]
async fn damage_is_found_by_the_integrity_check() {
    let folder = Folder::new();
    let store = folder.open().await;
    let personas = Personas::default();
    add_account(&store, &personas, "ALICE").await;
    add_account(&store, &personas, "bob").await;
    assert!(store.integrity_check().await.unwrap().is_empty());
    drop(store);
    // A row without the one that it belongs to, and an index that does not say what its table says.
    folder
        .raw()
        .execute_batch(
            "PRAGMA foreign_keys = OFF; DELETE FROM accounts WHERE username = 'bob'; \
             PRAGMA writable_schema = ON; \
             UPDATE sqlite_schema SET sql = replace(sql, '(email_key)', '(email)') WHERE name = 'accounts_email_key';",
        )
        .unwrap();
    let problems = folder.open().await.integrity_check().await.unwrap();
    assert!(problems.iter().any(|problem| problem == "a row of passwords points to nothing"), "{problems:?}");
    assert!(problems.iter().any(|problem| problem.contains("accounts_email_key")), "{problems:?}");
}

#[tokio::test]
async fn the_status_tells_what_is_pending_and_what_was_applied() {
    let folder = Folder::new();
    let store = folder.try_open().await.unwrap();
    let pending = store.migration_status().await.unwrap();
    assert!(pending.len() >= 6 && pending.iter().all(|migration| migration.applied_at.is_none()));
    let applied = store.migrate(NOW).await.unwrap();
    assert_eq!(store.migration_status().await.unwrap(), applied);
    assert!(applied.iter().all(|migration| migration.applied_at == Some(NOW)));
    assert_eq!(applied.first().unwrap().name, "0001_accounts");
    assert!(store.migrate(NOW).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_database_without_tables_fails_instead_of_answering() {
    let folder = Folder::new();
    let store = folder.try_open().await.unwrap();
    assert!(store.find_account(Personas::default().account("alice").id).await.is_err());
}

/// Makes a database that a newer version has migrated.
async fn migrated_by_a_newer_version(name: &str) -> Folder {
    let folder = Folder::new();
    folder.open().await.close().await;
    let statement = format!("INSERT INTO schema_migrations VALUES (9999, '{name}', 'x', 1)");
    folder.raw().execute_batch(&statement).unwrap();
    folder
}

#[tokio::test]
async fn a_database_that_a_newer_version_migrated_is_used_on() {
    for name in ["9999_future", "9999_drop_x_needs_0001", "9999_needs"] {
        let folder = migrated_by_a_newer_version(name).await;
        let store = folder.try_open().await.unwrap();
        assert_eq!(store.migrate(NOW).await.unwrap(), [], "{name}");
        let status = store.migration_status().await.unwrap();
        assert!(status.iter().all(|migration| migration.applied_at.is_some() && migration.version < 9999));
        add_account(&store, &Personas::default(), "alice").await;
    }
}

#[tokio::test]
async fn a_database_whose_migration_needs_one_that_is_unknown_is_refused() {
    for name in ["9999_future_needs_9999", "9999_drop_x_needs_9998", "9999_drop_x_needs_more"] {
        let folder = migrated_by_a_newer_version(name).await;
        let store = folder.try_open().await.unwrap();
        for result in [store.migrate(NOW).await, store.migration_status().await] {
            let error = result.unwrap_err();
            assert!(matches!(&error, MigrationError::Newer { name: unknown } if unknown == name), "{error}");
        }
    }
}

#[tokio::test]
async fn a_migration_that_was_edited_after_it_was_applied_is_refused() {
    let folder = Folder::new();
    drop(folder.open().await);
    folder.raw().execute_batch("UPDATE schema_migrations SET checksum = 'other' WHERE version = 2").unwrap();
    let error = folder.try_open().await.unwrap().migrate(NOW).await.unwrap_err();
    assert!(matches!(&error, MigrationError::Changed { name } if name == "0002_passwords"), "{error}");
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_an_error_that_does_not_show_it() {
    let folder = Folder::new();
    let store = folder.open().await;
    let alice = add_account(&store, &Personas::default(), "alice").await;
    folder.raw().execute_batch("UPDATE accounts SET role = 'secret-word'").unwrap();
    let error = store.find_account(alice).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("secret-word"));
}
