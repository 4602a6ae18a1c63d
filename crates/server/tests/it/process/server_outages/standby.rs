//! Do nodes find the server that may be written to, and follow when it becomes another one?

use std::sync::Arc;
use std::time::Instant;

use portcullis_store::testing::{OwnServer, ServerKind, Visitor};

use super::site::{DEADLINE, deployment_at, in_background};
use crate::process::server::{Server, eventually};
use crate::process::under_load::record::{publish, seconds};
use crate::process::under_load::{Crowd, Nodes};

const PEOPLE: usize = 8;
/// One for both nodes.
const MASTER_KEY: &str = "8f3c1a5be07742d9961f0b6e2ad4c783519e6fb07d2c48a3e1905bd6f72a8c4e";

/// A PostgreSQL server and a hot standby of it.
struct Pair {
    primary: Arc<OwnServer>,
    standby: OwnServer,
}

impl Pair {
    async fn new() -> Self {
        in_background(|| {
            let primary = OwnServer::start(ServerKind::Postgres, &[]);
            let standby = OwnServer::start(ServerKind::Standby, &[primary.url()]);
            Self { primary: Arc::new(primary), standby }
        })
        .await
    }

    /// Both in one URL, the standby first if that is wanted.
    fn url(&self, first: ServerKind) -> String {
        let (before, primary) = self.primary.url().rsplit_once('@').unwrap();
        let (_, standby) = self.standby.url().rsplit_once('@').unwrap();
        let ((primary, database), (standby, _)) =
            (primary.split_once('/').unwrap(), standby.split_once('/').unwrap());
        if first == ServerKind::Standby {
            format!("{before}@{standby},{primary}/{database}")
        } else {
            format!("{before}@{primary},{standby}/{database}")
        }
    }

    /// Nothing is committed that the standby does not have: what an operator sets who may not lose anything.
    async fn is_synchronous(&self) {
        let mut administrator = superuser_at(&self.primary).await;
        administrator.run("ALTER SYSTEM SET synchronous_standby_names = '*'").await;
        administrator.run("SELECT pg_reload_conf()").await;
        eventually("the standby is waited for", async || {
            let question = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
            (administrator.numbers(question).await == [1]).then_some(())
        })
        .await;
        administrator.leave().await;
    }

    /// Makes the standby the server that is written to.
    async fn is_promoted(&self) {
        let mut administrator = superuser_at(&self.standby).await;
        administrator.run("SELECT pg_promote()").await;
        administrator.leave().await;
    }
}

async fn superuser_at(server: &OwnServer) -> Visitor {
    Visitor::at(&server.url().replace("portcullis:portcullis@", "postgres:portcullis@")).await
}

async fn follows(end: fn(&OwnServer), how: &str) {
    let pair = Pair::new().await;
    pair.is_synchronous().await;
    let mut servers = Vec::new();
    // One of them meets the standby first, and passes it by.
    for first in [ServerKind::Postgres, ServerKind::Standby] {
        let deployment = deployment_at(&pair.url(first)).with("PORTCULLIS_MASTER_KEY", MASTER_KEY);
        servers.push(deployment.with("PORTCULLIS_LOG_LEVEL", "warn").start().await);
    }
    let nodes = Nodes::new(servers.iter().map(Server::api));
    let mut crowd = Crowd::begin(PEOPLE, &nodes, DEADLINE * 5);
    crowd.succeeds(400).await;

    crowd.record.mark(&format!("primary {how}"));
    let primary = Arc::clone(&pair.primary);
    in_background(move || end(&primary)).await;
    crowd.is_turned_away().await;
    crowd.record.mark("standby promoted");
    let begun = Instant::now();
    pair.is_promoted().await;
    let took = begun.elapsed();
    crowd.is_calm().await;
    crowd.succeeds(300).await;

    let record = crowd.compare().await;
    let run = format!("hot standby, primary {how}");
    record.publish(&run);
    publish(&run, &[("the promotion itself took".to_owned(), seconds(took))]);
}

#[tokio::test]
async fn nodes_follow_when_the_primary_is_killed_and_the_standby_promoted_on_postgres() {
    follows(OwnServer::kill, "killed").await;
}

#[tokio::test]
async fn nodes_follow_when_the_primary_hangs_and_the_standby_is_promoted_on_postgres() {
    follows(OwnServer::pause, "hanging").await;
}
