#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, reason = "tests")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use portcullis_core::ports::StoreError;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::connection::DatabaseError;
use crate::engine::sqlite::Engine;
use crate::engine::sqlite::connection::SqliteConnection;
use crate::engine::sqlite::open::{Durability, SqliteOptions};
use crate::row::Single;
use crate::statement::Sql;

static WRITE: Sql = Sql::new("INSERT INTO notes (text) VALUES ($1)");
static WRITE_ORPHAN: Sql = Sql::new("INSERT INTO replies (note) VALUES ($1)");
static READ: Sql = Sql::new("SELECT text FROM notes ORDER BY text");

const TABLES: &str = "CREATE TABLE notes (text TEXT PRIMARY KEY); \
                      CREATE TABLE replies (note TEXT REFERENCES notes (text));";

/// An engine on a file with a table of notes.
struct Notebook {
    engine: Arc<Engine>,
    path: PathBuf,
    _folder: TempDir,
}

/// A write that holds the writer until it is let go.
struct Hold {
    release: Sender<()>,
    task: JoinHandle<Result<(), StoreError>>,
}

/// The usual options; the notebook has a file of its own.
fn usual() -> SqliteOptions {
    SqliteOptions::new("")
}

impl Notebook {
    async fn open(options: SqliteOptions) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("notes.db");
        let options = SqliteOptions { path: path.clone(), ..options };
        let engine = Arc::new(Engine::start(&options).unwrap());
        let notebook = Self { engine, path, _folder: folder };
        notebook.script(TABLES).await.unwrap();
        notebook
    }

    async fn script(&self, text: &'static str) -> Result<(), StoreError> {
        self.engine.write(move |connection: &mut SqliteConnection| connection.script(text)).await
    }

    /// Begins to write a note; answers when it stands in the queue.
    async fn write(&self, text: impl Into<String>) -> JoinHandle<Result<(), StoreError>> {
        let text = text.into();
        self.submit(move |connection: &mut SqliteConnection| write(connection, &text)).await
    }

    async fn submit<W>(&self, work: W) -> JoinHandle<Result<(), StoreError>>
    where
        W: FnOnce(&mut SqliteConnection) -> Result<(), DatabaseError> + Send + 'static,
    {
        let before = self.engine.metrics().writes_waiting;
        let engine = Arc::clone(&self.engine);
        let task = tokio::spawn(async move { engine.write(work).await });
        while self.engine.metrics().writes_waiting == before && !task.is_finished() {
            tokio::task::yield_now().await;
        }
        task
    }

    /// Makes the writer busy: what is submitted meanwhile waits, and then shares its commit.
    async fn hold(&self) -> Hold {
        let (entered, inside) = channel();
        let (release, wait): (Sender<()>, Receiver<()>) = channel();
        let engine = Arc::clone(&self.engine);
        let work = move |_: &mut SqliteConnection| {
            entered.send(()).unwrap();
            wait.recv().unwrap();
            Ok(())
        };
        let task = tokio::spawn(async move { engine.write(work).await });
        tokio::task::spawn_blocking(move || inside.recv().unwrap()).await.unwrap();
        Hold { release, task }
    }

    async fn notes(&self) -> Vec<String> {
        let read = |connection: &mut SqliteConnection| connection.all::<Single<String>>(&READ, &[]);
        self.engine.read(read).await.unwrap().into_iter().map(|Single(text)| text).collect()
    }
}

impl Hold {
    async fn release(self) -> Result<(), StoreError> {
        self.release.send(()).unwrap();
        self.task.await.unwrap()
    }
}

fn write(connection: &mut SqliteConnection, text: &str) -> Result<(), DatabaseError> {
    connection.execute(&WRITE, &[text.into()]).map(drop)
}

fn is_unavailable(result: &Result<(), StoreError>) -> bool {
    matches!(result, Err(StoreError::Unavailable { retry_after, .. }) if *retry_after == Duration::from_secs(1))
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_that_wait_together_share_commits_of_at_most_64() {
    let notebook = Notebook::open(usual()).await;
    let before = notebook.engine.metrics();
    let hold = notebook.hold().await;
    let mut tasks = Vec::new();
    for number in 0..100 {
        tasks.push(notebook.write(format!("{number:03}")).await);
    }
    hold.release().await.unwrap();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let after = notebook.engine.metrics();
    assert_eq!((after.commits - before.commits, after.writes - before.writes), (2, 101));
    assert_eq!(after.largest_group, 64);
    assert_eq!(notebook.notes().await.len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_fails_is_undone_alone() {
    let notebook = Notebook::open(usual()).await;
    let hold = notebook.hold().await;
    let first = notebook.write("first").await;
    let failing = notebook
        .submit(|connection: &mut SqliteConnection| {
            write(connection, "half")?;
            Err(DatabaseError::failed("on purpose"))
        })
        .await;
    let duplicate = notebook.write("first").await;
    let last = notebook.write("last").await;
    hold.release().await.unwrap();

    first.await.unwrap().unwrap();
    last.await.unwrap().unwrap();
    let error = failing.await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "the database failed: on purpose");
    assert!(matches!(duplicate.await.unwrap(), Err(StoreError::Failed { .. })));
    assert_eq!(notebook.notes().await, ["first", "last"]);
    assert_eq!(notebook.engine.metrics().failed_commits, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_panics_harms_only_itself() {
    let notebook = Notebook::open(usual()).await;
    let hold = notebook.hold().await;
    let first = notebook.write("first").await;
    let panicking = notebook
        .submit(|connection: &mut SqliteConnection| {
            write(connection, "half")?;
            panic!("on purpose")
        })
        .await;
    let last = notebook.write("last").await;
    hold.release().await.unwrap();

    first.await.unwrap().unwrap();
    last.await.unwrap().unwrap();
    let error = panicking.await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "the database failed: a store operation panicked: on purpose");
    notebook.write("afterwards").await.await.unwrap().unwrap();
    assert_eq!(notebook.notes().await, ["afterwards", "first", "last"]);
    assert_eq!(notebook.engine.metrics().panics, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_answered_before_the_commit() {
    let notebook = Notebook::open(usual()).await;
    let first = notebook.hold().await;
    let write = notebook.write("note").await;
    let (entered, inside) = channel();
    let (release, wait) = channel::<()>();
    let second = notebook
        .submit(move |_: &mut SqliteConnection| {
            entered.send(()).unwrap();
            wait.recv().unwrap();
            Ok(())
        })
        .await;
    first.release.send(()).unwrap();
    // The second hold is in the same group, after the note.
    tokio::task::spawn_blocking(move || inside.recv().unwrap()).await.unwrap();
    assert!(!write.is_finished() && !first.task.is_finished());
    assert!(notebook.notes().await.is_empty());
    release.send(()).unwrap();
    for task in [write, first.task, second] {
        task.await.unwrap().unwrap();
    }
    assert_eq!(notebook.notes().await, ["note"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_commit_is_told_to_everybody_in_the_group() {
    let notebook = Notebook::open(usual()).await;
    let hold = notebook.hold().await;
    let first = notebook.write("first").await;
    // A foreign key that is only checked at the commit.
    let culprit = notebook
        .submit(|connection: &mut SqliteConnection| {
            connection.script("PRAGMA defer_foreign_keys = ON")?;
            connection.execute(&WRITE_ORPHAN, &["nothing".into()]).map(drop)
        })
        .await;
    let last = notebook.write("last").await;
    let own = hold.release().await;
    for result in [own, first.await.unwrap(), culprit.await.unwrap(), last.await.unwrap()] {
        assert!(matches!(result, Err(StoreError::Failed { .. })), "{result:?}");
    }
    assert!(notebook.notes().await.is_empty());
    assert_eq!(notebook.engine.metrics().failed_commits, 1);
    notebook.write("afterwards").await.await.unwrap().unwrap();
    assert_eq!(notebook.notes().await, ["afterwards"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_to_everybody_in_the_group_and_the_next_one_works() {
    let notebook = Notebook::open(usual()).await;
    notebook.script("PRAGMA max_page_count = 12").await.unwrap();
    let hold = notebook.hold().await;
    let first = notebook.write("first").await;
    let large = notebook.write("x".repeat(100_000)).await;
    let last = notebook.write("last").await;
    let own = hold.release().await;
    for result in [own, first.await.unwrap(), large.await.unwrap()] {
        assert!(is_unavailable(&result), "{result:?}");
    }
    // The one behind it went into the next transaction.
    last.await.unwrap().unwrap();
    assert_eq!(notebook.notes().await, ["last"]);
    notebook.write("afterwards").await.await.unwrap().unwrap();
    assert_eq!(notebook.notes().await, ["afterwards", "last"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_that_writes_for_too_long_makes_the_store_unavailable() {
    let options = SqliteOptions { busy_timeout: Duration::from_millis(20), ..usual() };
    let notebook = Notebook::open(options).await;
    let other = rusqlite::Connection::open(&notebook.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE; INSERT INTO notes VALUES ('theirs')").unwrap();
    let refused = notebook.write("ours").await.await.unwrap();
    assert!(is_unavailable(&refused), "{refused:?}");
    assert!(notebook.notes().await.is_empty(), "reads go on");
    other.execute_batch("COMMIT").unwrap();
    notebook.write("ours").await.await.unwrap().unwrap();
    assert_eq!(notebook.notes().await, ["ours", "theirs"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_waited_too_long_is_turned_away_and_nothing_is_done() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("notes.db");
    let options = SqliteOptions { queue_timeout: Duration::ZERO, ..SqliteOptions::new(path) };
    let engine = Engine::start(&options).unwrap();
    let late = engine.write(|connection: &mut SqliteConnection| connection.script(TABLES)).await;
    assert!(is_unavailable(&late), "{late:?}");
    assert_eq!((engine.metrics().late, engine.metrics().writes), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_turns_callers_away_at_once() {
    let notebook = Notebook::open(SqliteOptions { queue_capacity: 2, ..usual() }).await;
    let hold = notebook.hold().await;
    let waiting = [notebook.write("one").await, notebook.write("two").await];
    let refused = notebook.write("three").await.await.unwrap();
    assert!(is_unavailable(&refused), "{refused:?}");
    hold.release().await.unwrap();
    for task in waiting {
        task.await.unwrap().unwrap();
    }
    assert_eq!(notebook.notes().await, ["one", "two"]);
    assert_eq!(notebook.engine.metrics().refused, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_caller_has_gone_is_not_run() {
    let notebook = Notebook::open(usual()).await;
    let hold = notebook.hold().await;
    let gone = notebook.write("gone").await;
    let stays = notebook.write("stays").await;
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    hold.release().await.unwrap();
    stays.await.unwrap().unwrap();
    assert_eq!(notebook.notes().await, ["stays"]);
    assert_eq!(notebook.engine.metrics().abandoned, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_finishes_what_was_accepted_and_leaves_one_file() {
    let notebook = Notebook::open(usual()).await;
    let hold = notebook.hold().await;
    let mut accepted = Vec::new();
    for number in 0..100 {
        accepted.push(notebook.write(format!("{number:03}")).await);
    }
    let engine = Arc::clone(&notebook.engine);
    let closing = tokio::task::spawn_blocking(move || engine.close());
    hold.release().await.unwrap();
    closing.await.unwrap();
    for task in accepted {
        task.await.unwrap().unwrap();
    }
    let refused = notebook.write("late").await.await.unwrap();
    assert!(is_unavailable(&refused), "{refused:?}");

    let files = std::fs::read_dir(notebook.path.parent().unwrap()).unwrap();
    assert_eq!(files.count(), 1, "the log is part of the file now");
    let reopened = rusqlite::Connection::open(&notebook.path).unwrap();
    let count: i64 = reopened.query_row("SELECT count(*) FROM notes", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_waits_for_the_disk_unless_told_otherwise() {
    static SYNCHRONOUS: Sql = Sql::new("PRAGMA synchronous");
    let setting = async |options| {
        let notebook = Notebook::open(options).await;
        let read = |connection: &mut SqliteConnection| connection.one::<Single<i64>>(&SYNCHRONOUS, &[]);
        notebook.engine.write(read).await.unwrap().map(|Single(level)| level)
    };
    let (normal, full) = (Some(1), Some(2));
    assert_eq!(setting(usual()).await, full);
    let relaxed = SqliteOptions { durability: Durability::Relaxed, ..usual() };
    assert_eq!(setting(relaxed).await, normal);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_cannot_write() {
    let notebook = Notebook::open(usual()).await;
    let sneaky = notebook.engine.read(|connection: &mut SqliteConnection| write(connection, "x")).await;
    assert!(matches!(sneaky, Err(StoreError::Failed { .. })), "{sneaky:?}");
    assert!(notebook.notes().await.is_empty());
}
