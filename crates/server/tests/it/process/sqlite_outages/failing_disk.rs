//! What happens while the disk is full, or takes no writes, and afterwards?

use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Resource, Rlimit, getrlimit, prlimit};
use tokio::task::JoinSet;

use super::disk::Disk;
use super::{PASSWORD, assert_recovers, assert_serves_without_writing, assert_whole, stopped};
use crate::process::client::Api;
use crate::process::deployment::Deployment;
use crate::process::server::eventually;

/// What was registered and acknowledged by somebody who never stops.
struct Registrations {
    acknowledged: Vec<String>,
    refused: usize,
}

async fn register_until(stop: &'static AtomicBool, api: Api, person: usize) -> Registrations {
    let mut done = Registrations { acknowledged: Vec::new(), refused: 0 };
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let username = format!("person-{person}-{number}");
        let answer = api.register(&username, PASSWORD).await.unwrap();
        match answer.status {
            201 => done.acknowledged.push(username),
            503 => done.refused += 1,
            _ => panic!("{answer:?}"),
        }
    }
    done
}

#[tokio::test]
async fn a_full_disk_stops_writes_only_and_they_go_on_when_there_is_room() {
    let (disk, deployment) = Disk::under(Deployment::new(), 4);
    let server = deployment.start().await;
    let api = server.api();
    let mut alice = api.newcomer("alice", PASSWORD).await;
    disk.fill();
    assert_serves_without_writing(&api, &alice).await;
    disk.make_room();
    alice = assert_recovers(&api, alice).await;

    stopped(server).await;
    assert_whole(&deployment);
    let server = deployment.start().await;
    server.api().refresh(&alice.refresh).await.unwrap().tokens();
    server.api().log_in("somebody", PASSWORD).await.unwrap().expect(200);
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_the_disk_fills_up_again_and_again() {
    static STOP: AtomicBool = AtomicBool::new(false);
    let (disk, deployment) = Disk::under(Deployment::new().with("PORTCULLIS_LOG_LEVEL", "off"), 4);
    let mut server = deployment.start().await;
    let api = server.api();
    let mut people = JoinSet::new();
    for person in 0..4 {
        people.spawn(register_until(&STOP, server.api(), person));
    }
    for round in 0..6 {
        let becomes = async |status: u16| {
            eventually("registrations are refused and taken by turns", async || {
                let name = format!("looker-{round}-{status}");
                let answer = api.register(&name, PASSWORD).await.unwrap();
                (answer.status == status).then_some(())
            })
            .await;
        };
        becomes(201).await;
        disk.fill();
        becomes(503).await;
        disk.make_room();
    }
    STOP.store(true, Ordering::Relaxed);
    let people = people.join_all().await;
    // The hardest end: whatever is in the log now has to be found again.
    server.kill();

    let server = deployment.start().await;
    let api = server.api();
    for Registrations { acknowledged, refused } in people {
        assert!(refused > 0 && !acknowledged.is_empty());
        for username in acknowledged {
            api.log_in(&username, PASSWORD).await.unwrap().expect(200);
        }
    }
    assert_whole(&deployment);
}

#[test]
fn a_start_on_a_full_disk_is_refused_with_the_reason_and_succeeds_when_there_is_room() {
    let (disk, deployment) = Disk::under(Deployment::new(), 1);
    disk.fill();
    let complaint = deployment.refused().complaint(1);
    assert!(complaint.contains("No space left") || complaint.contains("disk is full"), "{complaint}");
    disk.make_room();
    deployment.run(&["migrate"]).text();
    assert_whole(&deployment);
}

#[tokio::test]
async fn a_disk_that_takes_no_writes_stops_them_only_until_it_does_again() {
    // A disk that fails or that the kernel has made read-only refuses each write; so does this limit, which a
    // process is told about by a signal unless it ignores it.
    let deployment = Deployment::new().launched_by(&["sh", "-c", "trap '' XFSZ; exec \"$@\"", "sh"]);
    let server = deployment.start().await;
    let api = server.api();
    let alice = api.newcomer("alice", PASSWORD).await;
    let usual = getrlimit(Resource::Fsize);
    let none = Rlimit { current: Some(0), maximum: usual.maximum };
    prlimit(Some(server.pid()), Resource::Fsize, none).unwrap();
    assert_serves_without_writing(&api, &alice).await;
    prlimit(Some(server.pid()), Resource::Fsize, usual).unwrap();
    assert_recovers(&api, alice).await;
    stopped(server).await;
    assert_whole(&deployment);
}
