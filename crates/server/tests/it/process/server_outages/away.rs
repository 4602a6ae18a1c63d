//! What happens when the database server goes away while we serve?

use portcullis_every_engine::every_server;
use portcullis_store::testing::OwnServer;

use super::site::Site;
use super::visit::Alice;
use crate::process::under_load::record::{publish, seconds};

#[every_server]
async fn while_the_server_is_away_clients_are_turned_away_and_nobody_loses_a_session() {
    let site = Site::new().await;
    let server = site.deployment().start().await;
    let api = server.api();
    let mut alice = Alice::arrives(&api).await;
    let mut measured = Vec::new();
    for way in ["stopped", "killed"] {
        site.undergoes(if way == "stopped" { OwnServer::stop } else { OwnServer::kill }).await;
        alice.is_turned_away(&api).await;
        alice.sees_it_go(&api).await;
        alice.is_turned_away(&api).await;
        site.undergoes(OwnServer::restart).await;
        let took = alice.sees_it_back(&api).await;
        measured.push((format!("{way} and back: until all was well"), seconds(took)));
    }
    publish(&format!("away, {}", site.either("PostgreSQL", "MariaDB")), &measured);
}
