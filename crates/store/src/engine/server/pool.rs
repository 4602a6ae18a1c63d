//! How does the pool get a connection, and which does it keep?

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use tokio::time::{Instant, timeout};

use super::hosts::Hosts;
use super::session::Session;
use crate::connection::DatabaseError;
use crate::engine::mysql::connect as mysql;
use crate::engine::postgres::connect as postgres;
use crate::engine::postgres::news::Listening;
use crate::options::{Host, Pooling, PostgresOptions, ServerOptions};

/// How long one server may take to let us in, at most; every server of the list gets its turn within the deadline of
/// an operation.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// No connection is kept for longer, so that changes of passwords, names and limits are noticed.
pub(crate) const LONGEST_LIFE: Duration = Duration::from_mins(30);
/// After so long without work a connection may have been cut by something on the way.
const STALE_AFTER: Duration = Duration::from_secs(30);
/// How long the sign of life of a stale connection is waited for.
const PING_TIMEOUT: Duration = Duration::from_secs(1);

/// Knows the servers of a database and how to connect to them.
pub(crate) struct Connector {
    target: Target,
    hosts: Hosts,
    /// The connection that was made to see whether all is well.
    first: Mutex<Option<Session>>,
    /// When an operation last got no answer in time: what was used before has to give a sign of life.
    late_at: Mutex<Option<Instant>>,
}

/// Which engine, and what only it needs to know.
enum Target {
    Postgres(PostgresOptions),
    MySql(ServerOptions),
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConnectError {
    /// `host:port` of the server, or of all that were tried.
    pub(crate) server: String,
    /// What went wrong.
    pub(crate) cause: String,
    /// What to do about it.
    pub(crate) advice: Option<String>,
    /// Whether it may pass by itself.
    pub(crate) is_temporary: bool,
}

impl ConnectError {
    /// Something that may pass by itself.
    pub(crate) fn temporary(cause: impl Into<String>) -> Self {
        Self { server: String::new(), cause: cause.into(), advice: None, is_temporary: true }
    }

    /// Something that stays until somebody does something about it.
    pub(crate) fn lasting(cause: impl Into<String>, advice: impl Into<String>) -> Self {
        let advice = Some(advice.into());
        Self { server: String::new(), cause: cause.into(), advice, is_temporary: false }
    }

    pub(super) fn of_pool(cause: &str) -> Self {
        Self { server: String::new(), cause: cause.to_owned(), advice: None, is_temporary: false }
    }

    fn at(self, host: &Host) -> Self {
        Self { server: host.to_string(), ..self }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.server, self.cause)
    }
}

// While serving, whatever keeps us out is an outage: the operator mends it, and the server goes on.
impl From<ConnectError> for DatabaseError {
    fn from(error: ConnectError) -> Self {
        Self::unavailable(format!("no connection to {error}"))
    }
}

impl Connector {
    /// For PostgreSQL.
    pub(crate) fn postgres(options: PostgresOptions) -> Self {
        let hosts = Hosts::new(options.server.hosts.clone());
        Self { target: Target::Postgres(options), hosts, first: Mutex::default(), late_at: Mutex::default() }
    }

    /// For MySQL and MariaDB.
    pub(crate) fn mysql(options: ServerOptions) -> Self {
        let hosts = Hosts::new(options.hosts.clone());
        Self { target: Target::MySql(options), hosts, first: Mutex::default(), late_at: Mutex::default() }
    }

    /// What all engines need to know.
    pub(crate) const fn options(&self) -> &ServerOptions {
        match &self.target {
            Target::Postgres(options) => &options.server,
            Target::MySql(options) => options,
        }
    }

    /// Whether something between us and the server hands connections around.
    pub(super) const fn pooling(&self) -> Pooling {
        match &self.target {
            Target::Postgres(options) => options.pooling,
            Target::MySql(_) => Pooling::Session,
        }
    }

    /// Connects to the first server that lets us in.
    pub(super) async fn connect(&self) -> Result<Session, ConnectError> {
        let mut failures: Vec<ConnectError> = Vec::new();
        let turns = u32::try_from(self.hosts.count()).unwrap_or(u32::MAX).max(1);
        let turn = CONNECT_TIMEOUT.min(self.options().timeout / turns);
        for (place, host) in self.hosts.in_order() {
            let connecting = timeout(turn, self.connect_to(place, host)).await;
            let late = |_| Err(ConnectError::temporary("it did not answer in time"));
            match connecting.unwrap_or_else(late) {
                Ok(session) => {
                    self.hosts.trust(place);
                    return Ok(session);
                }
                Err(error) => {
                    self.hosts.distrust(place);
                    failures.push(error.at(host));
                }
            }
        }
        Err(all(failures))
    }

    /// What is needed to hear the news of the server that this session is with, if the engine has any.
    pub(super) fn listening(&self, session: &Session) -> Option<Listening> {
        match &self.target {
            Target::Postgres(options) if options.pooling == Pooling::Session => {
                session.schema().map(|schema| Listening::new(options, schema))
            }
            Target::Postgres(_) | Target::MySql(_) => None,
        }
    }

    /// Hands out this connection instead of the next one that would be made.
    pub(super) fn keep(&self, session: Session) {
        *self.first.lock().unwrap_or_else(PoisonError::into_inner) = Some(session);
    }

    /// This session broke: so did, most likely, all that were made to the same server before.
    pub(super) fn broke(&self, session: &Session) {
        self.hosts.broke(session.host());
    }

    /// An operation got no answer in time. Whether a server hangs or a row was held, nobody knows: the connections
    /// that were used before are asked for a sign of life first.
    pub(super) fn was_late(&self) {
        *self.late_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn was_late_since(&self, moment: Instant) -> bool {
        self.late_at.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|at| at >= moment)
    }

    async fn connect_to(&self, place: usize, host: &Host) -> Result<Session, ConnectError> {
        match &self.target {
            Target::Postgres(options) => {
                Ok(Session::postgres(postgres::connect(options, host).await?, place))
            }
            Target::MySql(options) => Ok(Session::mysql(mysql::connect(options, host).await?, place)),
        }
    }
}

impl Manager for Connector {
    type Type = Session;
    type Error = DatabaseError;

    async fn create(&self) -> Result<Session, DatabaseError> {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        match first {
            Some(session) => Ok(session),
            // Boxed, as below: what is seldom done shall not make the future of every operation twelve times as large.
            None => Ok(Box::pin(self.connect()).await?),
        }
    }

    async fn recycle(&self, session: &mut Session, metrics: &Metrics) -> RecycleResult<DatabaseError> {
        if metrics.age() > LONGEST_LIFE {
            return Err(RecycleError::message("it is old"));
        }
        let used_at = Instant::now() - metrics.last_used();
        if self.hosts.has_broken_since(session.host(), used_at) {
            return Err(RecycleError::message("others to the same server broke"));
        }
        if metrics.last_used() < STALE_AFTER && !self.was_late_since(used_at) {
            return Ok(());
        }
        let pinged = Box::pin(timeout(PING_TIMEOUT, session.ping())).await;
        let alive = pinged.unwrap_or_else(|_| Err(DatabaseError::unavailable("no sign of life")));
        alive.inspect_err(|_| self.hosts.broke(session.host()))?;
        Ok(())
    }
}

fn all(failures: Vec<ConnectError>) -> ConnectError {
    let server = failures.iter().map(|error| error.server.as_str()).collect::<Vec<_>>().join(", ");
    let is_temporary = failures.iter().any(|error| error.is_temporary);
    let mut causes: Vec<String> = Vec::new();
    for error in &failures {
        if !causes.contains(&error.cause) {
            causes.push(error.cause.clone());
        }
    }
    let advice = failures.into_iter().find_map(|error| error.advice);
    ConnectError { server, cause: causes.join("; "), advice, is_temporary }
}
