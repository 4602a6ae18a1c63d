//! Is everything that was acknowledged still there when the database server is killed under load?

use portcullis_every_engine::every_server;
use portcullis_store::testing::OwnServer;

use super::site::{DEADLINE, Site};
use crate::process::server::Server;
use crate::process::under_load::{Crowd, Nodes};

const PEOPLE: usize = 10;
const KILLS: usize = 2;

#[every_server]
async fn nothing_acknowledged_is_lost_when_the_server_is_killed_under_load() {
    let site = Site::new().await;
    let deployment = site.deployment().with("PORTCULLIS_LOG_LEVEL", "warn");
    let servers = [deployment.start().await, deployment.start().await];
    let nodes = Nodes::new(servers.iter().map(Server::api));
    let mut crowd = Crowd::begin(PEOPLE, &nodes, DEADLINE * 5);
    crowd.succeeds(400).await;
    for _ in 0..KILLS {
        crowd.record.mark("database server killed");
        site.undergoes(OwnServer::kill).await;
        crowd.is_turned_away().await;
        crowd.record.mark("database server started again");
        site.undergoes(OwnServer::restart).await;
        crowd.is_calm().await;
        crowd.succeeds(300).await;
    }
    let record = crowd.compare().await;
    record.publish(&format!("killed under load, {}", site.either("PostgreSQL", "MariaDB")));
}
