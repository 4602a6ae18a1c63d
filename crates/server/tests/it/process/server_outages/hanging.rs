//! What happens when the database server hangs?

use portcullis_every_engine::every_server;
use portcullis_store::testing::OwnServer;

use super::site::{DEADLINE, POOL_SIZE, Site};
use super::visit::{Alice, rush};
use crate::process::server::eventually;
use crate::process::under_load::record::{publish, seconds};

const AT_ONCE: usize = 300;
/// What a listener and a connection that is just ending add to the pool.
const FEW: usize = 2;
/// Far more than the requests of these tests need, far less than what grows without bound.
const MOST_KILOBYTES: u64 = 50 * 1024;

#[every_server]
async fn a_server_that_hangs_holds_nobody_longer_than_the_deadline_and_nothing_piles_up() {
    let site = Site::new().await.with_administrator().await;
    let server = site.deployment().start().await;
    let api = server.api();
    let mut alice = Alice::arrives(&api).await;
    let before = server.resident_kilobytes();

    site.undergoes(OwnServer::pause).await;
    let mut slowest = rush(&api, &alice, AT_ONCE).await;
    alice.is_turned_away(&api).await;
    slowest = slowest.max(rush(&api, &alice, AT_ONCE).await);
    alice.sees_it_go(&api).await;
    assert!(slowest < DEADLINE * 4, "the slowest of {AT_ONCE} answers took {slowest:?}");
    let grown = server.resident_kilobytes().saturating_sub(before);
    assert!(grown < MOST_KILOBYTES, "the node has grown by {grown} kB");

    site.undergoes(OwnServer::resume).await;
    let took = alice.sees_it_back(&api).await;
    let mut administrator = site.administrator().await;
    let connections = eventually("the server has forgotten those who left", async || {
        let connections = site.connections(&mut administrator).await;
        (connections <= POOL_SIZE + FEW).then_some(connections)
    })
    .await;
    let measured = [
        (format!("the slowest of {} answers, deadline {DEADLINE:?}", 2 * AT_ONCE), seconds(slowest)),
        ("memory of the node grew by".to_owned(), format!("{} MB", grown.div_ceil(1024))),
        (format!("connections afterwards, pool of {POOL_SIZE}"), connections.to_string()),
        ("hanging and back: until all was well".to_owned(), seconds(took)),
    ];
    publish(&format!("hanging, {}", site.either("PostgreSQL", "MariaDB")), &measured);
}
