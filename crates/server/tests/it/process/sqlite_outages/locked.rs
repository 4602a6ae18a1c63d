//! What happens while another process keeps the database locked?

use std::fs::OpenOptions;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, fcntl_lock};
use serde_json::Value;

use super::{PASSWORD, assert_come_back, assert_recovers, assert_serves_reads, assert_stops_being_ready};
use crate::process::deployment::Deployment;

/// How long a write waits for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

#[tokio::test]
async fn writes_are_refused_after_a_while_and_taken_when_the_other_process_lets_go() {
    let deployment = Deployment::new();
    let server = deployment.start().await;
    let api = server.api();
    let alice = api.newcomer("alice", PASSWORD).await;
    // Who holds any lock on the index of the log keeps others from the lock of the writer, which is in it.
    let index = deployment.data_dir().join("portcullis.db-shm");
    let index = OpenOptions::new().read(true).open(index).unwrap();
    fcntl_lock(&index, FlockOperation::LockShared).unwrap();

    let begun = Instant::now();
    let (refused, (), ()) = tokio::join!(
        api.register("somebody", PASSWORD),
        assert_stops_being_ready(&api),
        assert_serves_reads(&api, &alice)
    );
    assert_come_back(&refused.unwrap());
    assert!(begun.elapsed() >= BUSY_TIMEOUT, "{:?}", begun.elapsed());

    // One who waits when it lets go need not come back.
    let (taken, ()) = tokio::join!(api.register("patient", PASSWORD), async {
        assert_serves_reads(&api, &alice).await;
        drop(index);
    });
    taken.unwrap().expect(201);
    assert_recovers(&api, alice).await;
}

#[tokio::test]
async fn what_the_audit_log_does_not_take_at_a_stop_is_in_the_servers_own_log() {
    let deployment = Deployment::new();
    let mut server = deployment.start().await;
    let index = OpenOptions::new().read(true).open(deployment.data_dir().join("portcullis.db-shm")).unwrap();
    fcntl_lock(&index, FlockOperation::LockShared).unwrap();
    assert_eq!(server.api().log_in("mallory", PASSWORD).await.unwrap().status, 401);
    server.terminate();
    assert!(server.end().await.success());
    drop(index);
    let log = server.log();
    let line =
        log.lines().find(|line| line.contains("not in the audit log")).unwrap_or_else(|| panic!("{log}"));
    let (begin, end) = (line.find('{').unwrap(), line.rfind('}').unwrap());
    let entry: Value = serde_json::from_str(&line[begin..=end]).unwrap();
    assert_eq!((&entry["kind"], &entry["detail"]), (&"login_failed".into(), &"unknown_account".into()));
    assert_eq!(deployment.run(&["audit", "list", "--kind", "login_failed"]).text(), "");
}
