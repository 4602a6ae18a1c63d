//! How many refresh tokens are exchanged in a second?

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use portcullis_core::model::{SessionId, Timestamp};
use portcullis_core::ports::Store;
use portcullis_core::ports::store::RotationOutcome;
use portcullis_core::testing::{DAY, Personas};
use portcullis_store::SqlStore;

use super::bare::{self, Refresh};
use super::bulk;
use super::measure::{Figures, answer, measure};
use super::place::{Driver, Place};

const ACCOUNTS: u32 = 20_000;
const SESSIONS: u32 = 20_000;
/// Clients, each with a session of its own that it refreshes as fast as it can.
const CLIENTS: u32 = 32;
/// The most exchanges that a session remembers. A client that refreshes again and again has so many.
const REMEMBERED: i64 = 32;

/// A full database, and who uses it.
struct Bench {
    driver: Driver,
    store: SqlStore,
    personas: Personas,
    rotations: String,
    /// The generations of the sessions that the store refreshes.
    generations: Vec<AtomicU32>,
}

/// Fills the database, and measures what it is told to.
pub async fn serve(url: &str) {
    let place = Place::of(url);
    let store = SqlStore::open(&place.options()).await.unwrap();
    store.migrate(now()).await.unwrap();
    let driver = place.driver().await;
    bulk::accounts(&driver, ACCOUNTS).await;
    let long_ago = now().minus(DAY).as_millis();
    let entry = |generation: i64| format!("{}@{long_ago}@{long_ago}", 10_000 + generation);
    let rotations = (0..REMEMBERED).map(entry).collect::<Vec<_>>().join(" ");
    bulk::sessions(&driver, SESSIONS, ACCOUNTS, now().plus(DAY).as_millis(), &rotations).await;
    let generations = (0..CLIENTS).map(|_| AtomicU32::new(1)).collect();
    let bench = Arc::new(Bench { driver, store, personas: Personas::default(), rotations, generations });
    answer(async |command| figures(&bench, command).await).await;
    bench.store.close().await;
}

async fn figures(bench: &Arc<Bench>, command: &str) -> Figures {
    let clients = usize::try_from(CLIENTS).unwrap();
    match command {
        "transaction" => {
            let bench = Arc::clone(bench);
            measure(clients, move |task| bare(Arc::clone(&bench), task, Way::Transaction)).await
        }
        "statements" => {
            let bench = Arc::clone(bench);
            measure(clients, move |task| bare(Arc::clone(&bench), task, Way::Alone)).await
        }
        "store" => {
            let bench = Arc::clone(bench);
            measure(clients, move |task| rotate(Arc::clone(&bench), task)).await
        }
        command => panic!("{command} is no command"),
    }
}

enum Way {
    Transaction,
    Alone,
}

async fn bare(bench: Arc<Bench>, task: usize, way: Way) {
    let now = now();
    let refresh = Refresh {
        session: bulk::id(CLIENTS + number(task)),
        rotations: &bench.rotations,
        now: now.as_millis(),
        idle_expires_at: now.plus(DAY).as_millis(),
    };
    match way {
        Way::Transaction => bare::transaction(&bench.driver, &refresh).await,
        Way::Alone => bare::alone(&bench.driver, &refresh).await,
    }
}

async fn rotate(bench: Arc<Bench>, task: usize) {
    let (id, generation) = (SessionId::from_uuid(bulk::id(number(task))), &bench.generations[task]);
    let rotation = bench.personas.rotation(id, generation.load(Ordering::Relaxed), now());
    match bench.store.rotate_session(&rotation).await.unwrap() {
        RotationOutcome::Continued { session, .. } => generation.store(session.generation, Ordering::Relaxed),
        other => panic!("{other:?}"),
    }
}

/// Rows are counted from 1.
fn number(task: usize) -> u32 {
    u32::try_from(task).unwrap() + 1
}

fn now() -> Timestamp {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    Timestamp::from_millis(i64::try_from(millis).unwrap())
}
