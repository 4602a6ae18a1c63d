//! What happens while another process keeps the database locked?

use std::fs::OpenOptions;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, fcntl_lock};

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
    fcntl_lock(&index, FlockOperation::NonBlockingLockShared).unwrap();

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
