//! Where does a test have a cluster, and nodes of ours before it?

use std::sync::Arc;
use std::time::Duration;

use portcullis_store::testing::{OwnServer, ServerKind};

use crate::process::deployment::Deployment;
use crate::process::server::{Server, eventually};
use crate::process::server_outages::site::in_background;
use crate::process::under_load::Nodes;

/// How many nodes there are, of the database and of ours.
pub const NODES: usize = 3;
/// How long an operation may take, the wait for a connection included. A cluster gives up a dead node after five
/// seconds, and nothing is committed until then.
pub const DEADLINE: Duration = Duration::from_secs(3);
/// One for all nodes, as an operator gives it.
const MASTER_KEY: &str = "8f3c1a5be07742d9961f0b6e2ad4c783519e6fb07d2c48a3e1905bd6f72a8c4e";

/// Which node of the database ours prefer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preference {
    /// All the same one.
    TheFirst,
    /// Each its own.
    Own,
}

/// A cluster of three, and three of ours before it.
pub struct Site {
    cluster: Arc<OwnServer>,
    deployments: Vec<Deployment>,
    pub servers: Vec<Server>,
    pub nodes: Nodes,
}

impl Site {
    /// Starts all of it.
    pub async fn new(preference: Preference) -> Self {
        let cluster = Arc::new(in_background(|| OwnServer::start(ServerKind::Galera, &[])).await);
        let deployments: Vec<_> =
            (0..NODES).map(|node| deployment(&url_of(cluster.urls(), node, preference))).collect();
        // All at once, on a database without tables and keys.
        let mut servers: Vec<_> = deployments.iter().map(Server::begin).collect();
        for server in &mut servers {
            server.becomes_ready().await;
        }
        let nodes = Nodes::new(servers.iter().map(Server::api));
        Self { cluster, deployments, servers, nodes }
    }

    /// Does something to the cluster while everything else goes on.
    pub async fn undergoes(&self, what: impl FnOnce(&OwnServer) + Send + 'static) {
        let cluster = Arc::clone(&self.cluster);
        in_background(move || what(&cluster)).await;
    }

    /// Runs a command beside the first of ours, again if the database is too busy for it.
    pub async fn commands(&self, arguments: &'static [&'static str]) {
        eventually("the command succeeds", async || {
            let deployment = self.deployments[0].clone();
            let outcome = in_background(move || deployment.run(arguments)).await;
            eprint!("{}", outcome.stderr);
            (outcome.code == Some(0)).then_some(())
        })
        .await;
    }

    /// Ends one of ours as a crash would.
    pub fn kill(&mut self, node: usize) {
        self.nodes.doom(node);
        self.servers[node].kill();
    }

    /// Starts one of ours again.
    pub async fn restart(&mut self, node: usize) {
        self.servers[node] = self.deployments[node].start().await;
        self.nodes.redeem(node, self.servers[node].api());
    }
}

fn deployment(url: &str) -> Deployment {
    Deployment::new()
        .without_limits()
        .with("PORTCULLIS_DATABASE_URL", url)
        .with("PORTCULLIS_DATABASE_TLS", "off")
        .with("PORTCULLIS_DATABASE_TIMEOUT", &format!("{}s", DEADLINE.as_secs()))
        .with("PORTCULLIS_MASTER_KEY", MASTER_KEY)
        .with("PORTCULLIS_LOG_LEVEL", "warn")
}

/// All hosts in one URL, the preferred one first.
fn url_of(urls: &[String], node: usize, preference: Preference) -> String {
    let parts: Vec<(&str, &str)> = urls.iter().map(|url| url.rsplit_once('@').unwrap()).collect();
    let (before, _) = parts[0];
    let places: Vec<(&str, &str)> = parts.iter().map(|(_, rest)| rest.split_once('/').unwrap()).collect();
    let (_, database) = places[0];
    let mut hosts: Vec<&str> = places.iter().map(|(host, _)| *host).collect();
    if preference == Preference::Own {
        hosts.rotate_left(node);
    }
    format!("{before}@{}/{database}", hosts.join(","))
}
