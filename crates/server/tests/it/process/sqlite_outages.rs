//! What does a server on SQLite do when its disk or its files fail?
//!
//! It tells nobody that something is kept which is not, answers what needs no database, and goes on by itself once
//! the cause is gone. Linux only: the disks are made with namespaces.
//!
//! - `disk`: a disk that a test may fill or make read-only.
//! - all else: the tests, by what fails.

mod damage;
mod disk;
mod failing_disk;
mod locked;
mod moved_files;
mod refused_files;

use std::time::Duration;

use serde_json::Value;

use super::client::{Answer, Api, Tokens};
use super::deployment::Deployment;
use super::server::{Server, within};

const PASSWORD: &str = "correct horse battery";
/// A look of `/readyz` counts for a second.
const SOON: Duration = Duration::from_secs(20);

/// What is asked while nothing can be written; every write is refused and may be tried again.
async fn assert_serves_without_writing(api: &Api, known: &Tokens) {
    assert_come_back(&api.register("somebody", PASSWORD).await.unwrap());
    assert_come_back(&api.refresh(&known.refresh).await.unwrap());
    assert_come_back(&api.log_out(&known.access).await.unwrap());
    assert_stops_being_ready(api).await;
    assert_eq!(api.get("/livez", None).await.unwrap().status, 200);
    assert_serves_reads(api, known).await;
}

async fn assert_stops_being_ready(api: &Api) {
    within(SOON, "the server is not ready", async || {
        let answer = api.get("/readyz", None).await.unwrap();
        (answer.status == 503).then(|| assert_come_back(&answer))
    })
    .await;
}

/// What needs no write works.
async fn assert_serves_reads(api: &Api, known: &Tokens) {
    api.check(&known.access).await.unwrap().expect(200);
    let me = api.get("/v1/me", Some(&known.access)).await.unwrap().expect(200);
    assert_eq!(me["account"]["username"], "alice");
    assert!(!api.published_kids().await.is_empty());
}

fn assert_come_back(answer: &Answer) {
    assert_eq!((answer.status, &answer.body["code"]), (503, &"unavailable".into()), "{}", answer.body);
    assert_eq!(answer.retry_after, Some(1));
}

async fn assert_becomes_ready(api: &Api) {
    within(SOON, "the server is ready again", async || {
        (api.get("/readyz", None).await.unwrap().status == 200).then_some(())
    })
    .await;
}

/// Asks a server to stop, and waits until it has.
async fn stopped(mut server: Server) {
    server.terminate();
    assert!(server.end().await.success());
}

/// The server is ready again without a restart, and what was refused was not half done.
async fn assert_recovers(api: &Api, known: Tokens) -> Tokens {
    assert_becomes_ready(api).await;
    assert_serves_reads(api, &known).await;
    api.register("somebody", PASSWORD).await.unwrap().expect(201);
    let known = api.refresh(&known.refresh).await.unwrap().tokens();
    api.check(&known.access).await.unwrap().expect(200);
    known
}

/// The doctor finds nothing wrong with the database. What it thinks of the machine does not matter here.
pub fn assert_whole(deployment: &Deployment) {
    let answer: Value = serde_json::from_str(&deployment.run(&["doctor", "--json"]).stdout).unwrap();
    for check in ["database", "integrity", "migrations", "keys"] {
        let finding = answer["findings"].as_array().unwrap().iter().find(|finding| finding["check"] == check);
        assert_eq!(finding.unwrap()["verdict"], "ok", "{answer:#}");
    }
}
