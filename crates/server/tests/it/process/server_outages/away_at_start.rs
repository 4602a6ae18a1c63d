//! What does a start do while the database server is away?

use std::time::{Duration, Instant};

use portcullis_every_engine::every_server;
use portcullis_store::testing::OwnServer;

use super::site::{Site, deployment_at, in_background};
use super::visit::Alice;
use crate::engine::{self, TestEngine};
use crate::process::deployment::Deployment;
use crate::process::server::{Server, eventually};

/// Port 1 of this machine: nobody listens there.
fn nowhere() -> Deployment {
    let scheme = if engine::current() == TestEngine::Postgres { "postgres" } else { "mysql" };
    deployment_at(&format!("{scheme}://portcullis:portcullis@127.0.0.1:1/portcullis"))
}

#[every_server]
async fn a_start_waits_for_the_server_and_goes_on_by_itself() {
    let site = Site::new().await;
    site.undergoes(OwnServer::stop).await;
    let mut server = Server::begin(&site.deployment());
    eventually("it says what it waits for", async || {
        let log = server.log();
        (log.contains("waiting for the database") && log.contains("cannot be reached")).then_some(())
    })
    .await;
    site.undergoes(OwnServer::restart).await;
    server.becomes_ready().await;
    Alice::arrives(&server.api()).await;
}

#[every_server]
async fn a_start_that_has_waited_long_enough_ends_with_advice() {
    let begun = Instant::now();
    let deployment = nowhere().with("PORTCULLIS_DATABASE_STARTUP_TIMEOUT", "2s");
    let outcome = in_background(move || deployment.refused()).await;
    assert!((2..12).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    for part in [
        "waiting for the database",
        "gave up after 2 seconds",
        "127.0.0.1:1",
        "PORTCULLIS_DATABASE_STARTUP_TIMEOUT",
    ] {
        assert!(outcome.stderr.contains(part), "{part}: {}", outcome.stderr);
    }
}

#[every_server]
async fn a_start_that_waits_ends_at_once_when_it_is_told_to() {
    let mut server = Server::begin(&nowhere());
    eventually("it waits", async || server.log().contains("waiting for the database").then_some(())).await;
    let told = Instant::now();
    server.terminate();
    assert_eq!(server.end().await.code(), Some(0));
    assert!(told.elapsed() < Duration::from_secs(5), "{:?}", told.elapsed());
}
