//! Which files does a server refuse to start on, and what does it say?

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::process::getuid;

use super::disk::Disk;
use super::{PASSWORD, assert_whole, stopped};
use crate::process::deployment::Deployment;

/// Runs a server that makes its files and one account, and stops it.
async fn used_once(deployment: &Deployment) {
    let server = deployment.start().await;
    server.api().newcomer("alice", PASSWORD).await;
    stopped(server).await;
}

/// The same, but the server is killed: the account is in the log only.
async fn used_and_killed(deployment: &Deployment) {
    let mut server = deployment.start().await;
    server.api().newcomer("alice", PASSWORD).await;
    server.kill();
}

/// The server does not start and says these words; the doctor sees it, too.
fn assert_refused(deployment: &Deployment, words: &[&str]) {
    let complaint = deployment.refused().complaint(1);
    let examined = deployment.run(&["doctor"]);
    assert_eq!(examined.code, Some(1), "{examined:?}");
    let failure = examined.stdout.lines().find(|line| line.starts_with("fail  database")).unwrap();
    for word in words {
        assert!(complaint.contains(word), "{word:?} is missing:\n{complaint}");
        assert!(failure.contains(word), "{word:?} is missing:\n{failure}");
    }
}

async fn assert_alice_is_there(deployment: &Deployment) {
    let server = deployment.start().await;
    server.api().log_in("alice", PASSWORD).await.unwrap().expect(200);
    assert_whole(deployment);
}

/// Starts processes that must obey the modes of files, also when the test runs as root.
fn obeying_modes(deployment: Deployment) -> Deployment {
    if !getuid().is_root() {
        return deployment;
    }
    deployment.launched_by(&["setpriv", "--bounding-set=-dac_override,-dac_read_search"])
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn a_file_system_that_is_read_only() {
    let (disk, deployment) = Disk::under(Deployment::new(), 4);
    used_and_killed(&deployment).await;
    disk.remount("ro");
    assert_refused(&deployment, &["portcullis.db: Read-only file system", "not read-only"]);
    disk.remount("rw");
    assert_alice_is_there(&deployment).await;
}

#[tokio::test]
async fn files_and_directories_that_the_user_may_not_write_to() {
    let deployment = obeying_modes(Deployment::new());
    used_and_killed(&deployment).await;
    for name in ["portcullis.db", "portcullis.db-wal", "portcullis.db-shm"] {
        let path = deployment.data_dir().join(name);
        set_mode(&path, 0o400);
        assert_refused(&deployment, &[&format!("{name}: Permission denied"), "must be able to write"]);
        set_mode(&path, 0o600);
    }
    assert_alice_is_there(&deployment).await;

    // Nothing can be made in the directory, and the log has to be.
    stopped(deployment.start().await).await;
    set_mode(&deployment.data_dir(), 0o500);
    assert_refused(&deployment, &["portcullis.db", "must be able to write", "directory"]);
    set_mode(&deployment.data_dir(), 0o700);
    assert_alice_is_there(&deployment).await;
}

#[tokio::test]
async fn a_directory_in_the_place_of_a_file() {
    for name in ["portcullis.db", "portcullis.db-wal"] {
        let deployment = Deployment::new();
        used_once(&deployment).await;
        let (place, kept) = (deployment.data_dir().join(name), deployment.directory().join("kept"));
        let _ = fs::rename(&place, &kept);
        fs::create_dir(&place).unwrap();
        assert_refused(&deployment, &[&format!("{name}: Is a directory")]);
        fs::remove_dir(&place).unwrap();
        let _ = fs::rename(&kept, &place);
        assert_alice_is_there(&deployment).await;
    }
}

#[tokio::test]
async fn a_log_whose_database_is_missing_or_empty() {
    let deployment = Deployment::new();
    used_and_killed(&deployment).await;
    let kept = deployment.directory().join("kept");
    fs::rename(deployment.database(), &kept).unwrap();
    let complaint = deployment.refused().complaint(1);
    assert!(complaint.contains("portcullis.db-wal") && complaint.contains("missing or empty"), "{complaint}");
    assert!(!deployment.database().exists());

    fs::write(deployment.database(), "").unwrap();
    assert_refused(&deployment, &["portcullis.db-wal", "missing or empty", "bring the database back"]);
    fs::rename(&kept, deployment.database()).unwrap();
    assert_alice_is_there(&deployment).await;
}

#[tokio::test]
async fn a_log_that_is_garbage_is_passed_over() {
    let deployment = Deployment::new();
    used_once(&deployment).await;
    fs::write(deployment.data_dir().join("portcullis.db-wal"), vec![0xa5; 20_000]).unwrap();
    assert_alice_is_there(&deployment).await;
}
