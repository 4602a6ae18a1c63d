//! How does the store run on a database server?
//!
//! ```text
//!  caller ──▶ task: connection of the pool ─▶ BEGIN · operation · COMMIT ──▶ answer
//!               ▲                                  │ conflict, lost connection
//!               └────── after a short wait ◀───────┘ until the deadline
//! ```
//!
//! Invariants
//! - An operation runs to its end in a task of its own, whether its caller still listens or not: nobody can make
//!   us throw connections away by hanging up.
//! - It takes no longer than the deadline. A connection that was busy then is closed, never used again.
//! - A transaction whose commit may have happened is never run again.

pub(crate) mod failure;
mod hosts;
mod lease;
pub(crate) mod metrics;
pub(crate) mod password;
pub(crate) mod pool;
mod session;
pub(crate) mod tls;

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::{Pool, PoolConfig, PoolError, QueueMode, Timeouts};
use portcullis_core::ports::StoreError;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::lease::Lease;
use self::metrics::{Counters, ServerMetrics};
use self::pool::{ConnectError, Connector};
pub(crate) use self::session::{Begin, Session};
use super::Operation;
use super::postgres::news;
use crate::connection::DatabaseError;
use crate::options::Pooling;

/// How often an operation is tried before its caller is turned away.
const ATTEMPTS: u32 = 10;
/// How many callers may wait for a connection before more are turned away.
const MOST_WAITING: usize = 4096;
/// The first wait between two attempts; it doubles, and is made uneven so that rivals do not meet again.
const FIRST_WAIT: Duration = Duration::from_millis(2);
/// How long telling the other nodes may take; they look by themselves before long.
const NEWS_TIMEOUT: Duration = Duration::from_millis(500);
/// How long saying goodbye to the servers may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_millis(200);

/// The connections to the servers of one database. Cheap to clone.
#[derive(Clone)]
pub(crate) struct ServerEngine {
    shared: Arc<Shared>,
}

struct Shared {
    pool: Pool<Connector>,
    timeout: Duration,
    pooling: Pooling,
    counters: Counters,
    tasks: TaskTracker,
    stop: CancellationToken,
    /// Rung when another node has something to tell.
    news: Arc<Notify>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Around which statements is there a transaction?
#[derive(Debug, Clone, Copy)]
enum Scope {
    /// Around all of them.
    Transaction(Begin),
    /// Around each alone, as servers do it by themselves.
    Statement,
}

impl ServerEngine {
    /// Connects once, so that what is wrong is known now, and keeps the connection for the first caller.
    pub(crate) async fn start(connector: Connector) -> Result<Self, ConnectError> {
        let options = connector.options().clone();
        let pooling = connector.pooling();
        let first = connector.connect().await?;
        let listening = connector.listening(&first);
        connector.keep(first);
        // The connection that was used last is used next, so that a quiet server needs few. All waiting is bounded
        // by the deadline of the operation that waits.
        let (max_size, queue_mode) = (options.pool_size.max(1), QueueMode::Lifo);
        let config = PoolConfig { max_size, timeouts: Timeouts::default(), queue_mode };
        let pool = Pool::builder(connector)
            .config(config)
            .build()
            .map_err(|error| ConnectError::of_pool(&error.to_string()))?;
        let shared = Shared {
            pool,
            timeout: options.timeout,
            pooling,
            counters: Counters::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            news: Arc::default(),
        };
        let engine = Self { shared: Arc::new(shared) };
        if let Some(listening) = listening {
            let (news, stop) = (Arc::clone(&engine.shared.news), engine.shared.stop.clone());
            engine.shared.tasks.spawn(stop.run_until_cancelled_owned(news::listen(listening, news)));
        }
        Ok(engine)
    }

    /// Runs an operation in a transaction; answers after the commit.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        operation: impl Operation<T>,
    ) -> Result<T, StoreError> {
        let running = self.run(Scope::Transaction(Begin::Write), operation);
        self.shared.counters.writing.observe(running).await
    }

    /// Runs a read of one statement.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        operation: impl Operation<T>,
    ) -> Result<T, StoreError> {
        self.shared.counters.reading.observe(self.run(self.alone(Begin::Read), operation)).await
    }

    /// Runs an operation of which one statement at most writes, and which does no harm when it is run again though
    /// that statement had succeeded.
    pub(crate) async fn write_alone<T: Send + 'static>(
        &self,
        operation: impl Operation<T>,
    ) -> Result<T, StoreError> {
        self.shared.counters.writing.observe(self.run(self.alone(Begin::Write), operation)).await
    }

    /// A connection without limits of time and outside of the pool: for migrations, and for moving data.
    pub(crate) async fn connect_unhurried(&self) -> Result<Session, DatabaseError> {
        let mut session = self.shared.pool.manager().connect().await?;
        session.lift_limits().await?;
        Ok(session)
    }

    /// Waits until another node has something to tell; for ever if this engine cannot know.
    pub(crate) async fn wait_for_news(&self) {
        self.shared.news.notified().await;
    }

    /// What has been done, and who waits.
    pub(crate) fn metrics(&self) -> ServerMetrics {
        self.shared.counters.snapshot(&self.shared.pool.status())
    }

    /// Lets the operations that have begun come to their end, and closes the connections.
    pub(crate) async fn close(&self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
        let sessions = self.shared.pool.retain(|_, _| false).removed;
        let goodbyes = sessions.into_iter().map(Session::close);
        // They are gone either way.
        let _ = timeout(CLOSE_TIMEOUT, futures_util::future::join_all(goodbyes)).await;
        self.shared.pool.close();
    }

    /// Behind a pooler a statement and its preparation only meet inside a transaction.
    fn alone(&self, begin: Begin) -> Scope {
        match self.shared.pooling {
            Pooling::Session => Scope::Statement,
            Pooling::Transaction => Scope::Transaction(begin),
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        scope: Scope,
        operation: impl Operation<T>,
    ) -> Result<T, StoreError> {
        let counters = &self.shared.counters;
        if self.shared.pool.status().waiting >= MOST_WAITING {
            counters.refused.add(1);
            return Err(DatabaseError::unavailable("too many callers wait for the database").into());
        }
        counters.operations.add(1);
        let engine = self.clone();
        let task = self.shared.tasks.spawn(async move { engine.run_until_it_works(scope, operation).await });
        match task.await {
            Ok(result) => result.map_err(StoreError::from),
            Err(error) if error.is_panic() => Err(DatabaseError::failed("a store operation panicked").into()),
            Err(_) => Err(DatabaseError::unavailable("the database has been closed").into()),
        }
    }

    async fn run_until_it_works<T>(
        &self,
        scope: Scope,
        operation: impl Operation<T>,
    ) -> Result<T, DatabaseError> {
        let counters = &self.shared.counters;
        let deadline = Instant::now() + self.shared.timeout;
        let mut attempt = 1;
        loop {
            let outcome = timeout_at(deadline, self.run_once(scope, &operation)).await;
            let error = match outcome {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => error,
                Err(_) => {
                    counters.late.add(1);
                    self.shared.pool.manager().was_late();
                    return Err(DatabaseError::unavailable("the database did not answer in time"));
                }
            };
            let again = Instant::now() + wait_after(attempt);
            if !error.may_pass() || attempt >= ATTEMPTS || again >= deadline {
                return Err(error);
            }
            counters.retries.add(1);
            tracing::debug!(%error, attempt, "a store operation is tried again");
            sleep_until(again).await;
            attempt += 1;
        }
    }

    async fn run_once<T>(&self, scope: Scope, operation: &impl Operation<T>) -> Result<T, DatabaseError> {
        let mut lease = self.lease().await?;
        let session = lease.session()?;
        let result = match scope {
            Scope::Statement => operation(session.connection()).await,
            Scope::Transaction(begin) => transact(session, begin, operation).await,
        };
        if result.as_ref().is_err_and(DatabaseError::ends_the_connection) {
            self.shared.counters.lost.add(1);
            self.shared.pool.manager().broke(session);
            return result;
        }
        if let Err(DatabaseError::Unavailable { .. }) = &result {
            // What a connection may do is decided when it is made, on some servers: what has been mended since would
            // not be noticed on this one.
            return result;
        }
        // What was committed is committed, whether the others can be told or not.
        if session.take_news() && timeout(NEWS_TIMEOUT, session.spread_news()).await.is_err() {
            return result;
        }
        lease.give_back();
        result
    }

    async fn lease(&self) -> Result<Lease, DatabaseError> {
        self.shared.pool.get().await.map(Lease::new).map_err(|error| match error {
            PoolError::Backend(error) => error,
            error => DatabaseError::unavailable(error.to_string()),
        })
    }
}

/// Runs an operation between `BEGIN` and `COMMIT`.
pub(crate) async fn transact<T>(
    session: &mut Session,
    begin: Begin,
    operation: &impl Operation<T>,
) -> Result<T, DatabaseError> {
    session.begin(begin).await?;
    match operation(session.connection()).await {
        Ok(answer) => {
            session.commit().await?;
            Ok(answer)
        }
        // There is nobody to tell.
        Err(error @ DatabaseError::Lost { .. }) => Err(error),
        Err(error) => {
            session.roll_back().await?;
            Err(error)
        }
    }
}

/// Between half and all of a time that doubles with every attempt.
pub(crate) fn wait_after(attempt: u32) -> Duration {
    let whole = FIRST_WAIT.saturating_mul(1 << attempt.min(10)).min(LONGEST_WAIT);
    let half = whole / 2;
    let random = RandomState::new().hash_one(attempt) % 1000;
    half + half * u32::try_from(random).unwrap_or_default() / 1000
}
