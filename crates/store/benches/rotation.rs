//! How many refresh tokens does the store on SQLite exchange in a second?
//!
//! `cargo bench -p portcullis-store --bench rotation -- [folder]`: the database is made in `folder` (by default
//! the folder for temporary files; name one on the disk that matters), with 20,000 sessions of 2,000 accounts.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::doc_markdown,
    reason = "a measurement, not a product"
)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use portcullis_core::model::{AuditKind, SessionId};
use portcullis_core::ports::Store;
use portcullis_core::ports::store::RotationOutcome;
use portcullis_core::testing::{NOW, Personas};
use portcullis_store::{DatabaseOptions, Durability, SqlStore, SqliteMetrics, SqliteOptions, StoreMetrics};
use tempfile::TempDir;

const ACCOUNTS: usize = 2_000;
const SESSIONS: usize = 20_000;
const RUN: Duration = Duration::from_secs(3);

/// A store full of sessions, and the generation that is current in each.
struct Bench {
    _folder: TempDir,
    store: SqlStore,
    started: Instant,
    personas: Personas,
    sessions: Vec<(SessionId, AtomicU32)>,
}

#[derive(Clone, Copy)]
enum Work {
    Refresh,
    FindSession,
}

fn main() {
    let parent = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let parent = parent.map_or_else(std::env::temp_dir, Into::into);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    println!(
        "{:<9} {:>6}  {:<13} {:>9} {:>8} {:>8}  {:>5}",
        "commits", "tasks", "work", "per s", "p50 ms", "p99 ms", "group"
    );
    for durability in [Durability::Full, Durability::Relaxed] {
        let bench = Arc::new(runtime.block_on(Bench::fill(&parent, durability)));
        for (work, tasks) in [
            (Work::Refresh, 1),
            (Work::Refresh, 32),
            (Work::Refresh, 128),
            (Work::FindSession, 1),
            (Work::FindSession, 32),
        ] {
            runtime.block_on(measure(&bench, durability, work, tasks));
        }
        runtime.block_on(bench.store.close());
    }
}

impl Bench {
    async fn fill(parent: &Path, durability: Durability) -> Self {
        let folder = tempfile::tempdir_in(parent).unwrap();
        let options = SqliteOptions { durability, ..SqliteOptions::new(folder.path().join("bench.db")) };
        let store = SqlStore::open(&DatabaseOptions::Sqlite(options)).await.unwrap();
        store.migrate(NOW).await.unwrap();
        let personas = Personas::default();
        let mut accounts = Vec::new();
        for number in 0..ACCOUNTS {
            let account = personas.account(&format!("person-{number}"));
            let event = personas.event(AuditKind::AccountCreated, account.id, NOW);
            store.create_account(&account, None, &event).await.unwrap();
            accounts.push(account.id);
        }
        let mut sessions = Vec::new();
        for number in 0..SESSIONS {
            let session = personas.session(accounts[number % ACCOUNTS], NOW);
            let event = personas.event(AuditKind::LoggedIn, session.account_id, NOW);
            store.create_session(&session, None, &event).await.unwrap();
            sessions.push((session.id, AtomicU32::new(1)));
        }
        Self { _folder: folder, store, started: Instant::now(), personas, sessions }
    }

    fn metrics(&self) -> SqliteMetrics {
        match self.store.metrics() {
            StoreMetrics::Sqlite(metrics) => metrics,
            StoreMetrics::Server(_) => panic!("not SQLite"),
        }
    }

    async fn once(&self, work: Work, session: usize) {
        let (id, generation) = &self.sessions[session];
        let now = NOW.plus(self.started.elapsed());
        match work {
            Work::Refresh => {
                let rotation = self.personas.rotation(*id, generation.load(Ordering::Relaxed), now);
                match self.store.rotate_session(&rotation).await.unwrap() {
                    RotationOutcome::Continued { session, .. } => {
                        generation.store(session.generation, Ordering::Relaxed);
                    }
                    other => panic!("{other:?}"),
                }
            }
            Work::FindSession => assert!(self.store.find_session(*id).await.unwrap().is_some()),
        }
    }
}

async fn measure(bench: &Arc<Bench>, durability: Durability, work: Work, tasks: usize) {
    let before = bench.metrics();
    let start = Instant::now();
    let run_one = |task: usize| {
        let bench = Arc::clone(bench);
        tokio::spawn(async move {
            let mut times = Vec::new();
            let mut turn = task;
            while start.elapsed() < RUN {
                let began = Instant::now();
                // A prime stride: neighbours in time are not neighbours on disk.
                bench.once(work, (turn * 7919) % SESSIONS).await;
                times.push(began.elapsed());
                turn += tasks;
            }
            times
        })
    };
    let running: Vec<_> = (0..tasks).map(run_one).collect();
    let mut times = Vec::new();
    for task in running {
        times.extend(task.await.unwrap());
    }
    let seconds = start.elapsed().as_secs_f64();
    let after = bench.metrics();
    times.sort();
    let at = |part: usize| times[(times.len() - 1) * part / 100].as_secs_f64() * 1000.0;
    let commits = (after.commits - before.commits).max(1);
    println!(
        "{:<9} {tasks:>6}  {:<13} {:>9.0} {:>8.2} {:>8.2}  {:>5.1}",
        format!("{durability:?}").to_lowercase(),
        match work {
            Work::Refresh => "refresh",
            Work::FindSession => "find session",
        },
        per_second(times.len(), seconds),
        at(50),
        at(99),
        per_second(
            usize::try_from(after.writes - before.writes).unwrap_or(0),
            f64::from(u32::try_from(commits).unwrap_or(1))
        ),
    );
}

#[expect(clippy::cast_precision_loss, reason = "counts of a few seconds")]
fn per_second(count: usize, seconds: f64) -> f64 {
    count as f64 / seconds
}
