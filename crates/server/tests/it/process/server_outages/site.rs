//! Where does a test have a database server that it may maltreat?

use std::sync::Arc;
use std::time::Duration;

use portcullis_store::testing::{OwnServer, ServerKind, TestEngine, Visitor};

use crate::engine;
use crate::process::deployment::Deployment;

/// How long an operation may take in these tests, the wait for a connection included.
pub const DEADLINE: Duration = Duration::from_secs(2);
/// The most connections of a node in these tests.
pub const POOL_SIZE: usize = 6;

/// A database server of the engine that the test is for.
pub struct Site {
    server: Arc<OwnServer>,
    kind: ServerKind,
}

impl Site {
    /// Starts one.
    pub async fn new() -> Self {
        let kind = match engine::current() {
            TestEngine::Postgres => ServerKind::Postgres,
            TestEngine::MariaDb => ServerKind::MariaDb,
            TestEngine::Sqlite => panic!("SQLite is no server"),
        };
        let server = in_background(move || OwnServer::start(kind, &[])).await;
        Self { server: Arc::new(server), kind }
    }

    /// Settings for a node that uses it.
    pub fn deployment(&self) -> Deployment {
        deployment_at(self.server.url())
    }

    /// Where it is reached.
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// Does something to it while everything else goes on.
    pub async fn undergoes(&self, what: impl FnOnce(&OwnServer) + Send + 'static) {
        let server = Arc::clone(&self.server);
        in_background(move || what(&server)).await;
    }

    /// Somebody who may do everything.
    pub async fn administrator(&self) -> Visitor {
        Visitor::at(&self.administrators_url()).await
    }

    /// One of the two, by engine.
    pub fn either<T>(&self, postgres: T, mariadb: T) -> T {
        if self.kind == ServerKind::Postgres { postgres } else { mariadb }
    }

    /// Ends every connection of our nodes.
    pub async fn cut_connections(&self, administrator: &mut Visitor) {
        if self.kind == ServerKind::Postgres {
            let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'portcullis'";
            return administrator.run(cut).await;
        }
        let ours = "SELECT id FROM information_schema.processlist WHERE user = 'portcullis'";
        for id in administrator.numbers(ours).await {
            // It may have ended by itself.
            let kill = format!(
                "BEGIN NOT ATOMIC DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END; KILL {id}; END"
            );
            administrator.run(&kill).await;
        }
    }

    /// How many connections our nodes have.
    pub async fn connections(&self, administrator: &mut Visitor) -> usize {
        let question = self.either(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'portcullis'",
            "SELECT count(*) FROM information_schema.processlist WHERE user = 'portcullis'",
        );
        usize::try_from(administrator.numbers(question).await[0]).unwrap()
    }

    /// The URL of somebody else than our nodes.
    fn administrators_url(&self) -> String {
        let (_, rest) = self.server.url().split_once('@').unwrap();
        let (place, _) = rest.split_once('/').unwrap();
        self.either(
            format!("postgres://postgres:portcullis@{place}/postgres"),
            format!("mysql://administrator:portcullis@{place}/mysql"),
        )
    }

    /// On MariaDB only our own user may come over the network at first.
    pub async fn with_administrator(self) -> Self {
        if self.kind == ServerKind::MariaDb {
            let mut visitor = Visitor::at(self.url()).await;
            visitor
                .run(
                    "CREATE USER administrator IDENTIFIED BY 'portcullis'; \
                     GRANT ALL PRIVILEGES ON *.* TO administrator WITH GRANT OPTION",
                )
                .await;
            visitor.leave().await;
        }
        self
    }
}

/// Settings for a node that uses the servers of a URL.
pub fn deployment_at(url: &str) -> Deployment {
    Deployment::new()
        .without_limits()
        .with("PORTCULLIS_DATABASE_URL", url)
        .with("PORTCULLIS_DATABASE_TLS", "off")
        .with("PORTCULLIS_DATABASE_TIMEOUT", &format!("{}s", DEADLINE.as_secs()))
        .with("PORTCULLIS_DATABASE_POOL_SIZE", &POOL_SIZE.to_string())
        .with("PORTCULLIS_LOG_LEVEL", "info")
}

/// Runs something that takes its time on another thread.
pub async fn in_background<T: Send + 'static>(what: impl FnOnce() -> T + Send + 'static) -> T {
    #[expect(clippy::disallowed_methods, reason = "a script, not a hash")]
    tokio::task::spawn_blocking(what).await.unwrap()
}
