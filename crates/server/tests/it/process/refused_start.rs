//! Does a server that cannot run well refuse to, and say what to do?

use std::fs;

use super::deployment::Deployment;
use super::server::Server;

const MASTER_KEY: &str = "b41f7c09e2d85a6391c07ef24d1b8a5f60e93d7c28f4ab16057dce9b3182f64a";

/// What SQLite reads at once.
const PAGE_BYTES: usize = 4096;

/// Stops a server that has made its files and one account.
async fn used_once(deployment: &Deployment) {
    let mut server = Server::start(deployment).await;
    server.api().newcomer("alice", "correct horse battery").await;
    server.terminate();
    assert!(server.end().await.success());
}

fn assert_says(complaint: &str, words: &[&str]) {
    for word in words {
        assert!(complaint.contains(word), "{word:?} is missing:\n{complaint}");
    }
}

#[tokio::test]
async fn a_port_that_is_in_use_is_named_before_anything_is_made() {
    let server = Deployment::new().start().await;
    let port = server.address.port().to_string();
    let second = Deployment::new().with("PORTCULLIS_PORT", &port);
    let complaint = second.refused().complaint(1);
    assert_says(&complaint, &[&format!("port {port} is in use"), "fix: ", "PORTCULLIS_PORT"]);
    assert!(!second.data_dir().exists());
}

#[test]
fn production_says_all_that_is_missing_and_makes_nothing() {
    let deployment = Deployment::new().with("PORTCULLIS_ENV", "production");
    let complaint = deployment.refused().complaint(1);
    assert_says(
        &complaint,
        &[
            "PORTCULLIS_MASTER_KEY",
            "PORTCULLIS_PUBLIC_URL",
            "PORTCULLIS_TRUSTED_PROXIES",
            "openssl rand -hex 32",
        ],
    );
    assert_eq!(complaint.matches("fix: ").count(), 3, "{complaint}");
    assert!(!deployment.data_dir().exists());
}

#[test]
fn production_refuses_plain_http_and_a_weak_master_key_without_showing_it() {
    let deployment = Deployment::new()
        .with("PORTCULLIS_ENV", "production")
        .with("PORTCULLIS_PUBLIC_URL", "http://auth.example.com")
        .with("PORTCULLIS_MASTER_KEY", &"0".repeat(64));
    let complaint = deployment.refused().complaint(1);
    assert_says(&complaint, &["https", "master_key"]);
    assert!(!complaint.contains("0000"), "{complaint}");
}

#[test]
fn an_unknown_variable_of_ours_is_named_with_the_one_that_was_meant() {
    let deployment = Deployment::new().with("PORTCULLIS_PUBLIC_ULR", "https://auth.example.com");
    assert_says(&deployment.refused().complaint(1), &["PORTCULLIS_PUBLIC_ULR", "PORTCULLIS_PUBLIC_URL"]);
}

#[test]
fn a_bad_value_is_named_with_the_line_of_the_file_that_it_stands_in() {
    let deployment = Deployment::new();
    fs::write(deployment.directory().join("portcullis.toml"), "[session]\n\nidle = \"soon\"\n").unwrap();
    fs::write(deployment.directory().join(".env"), "PORTCULLIS_SESSION_ACCESS=never\n").unwrap();
    let complaint = deployment.refused().complaint(1);
    assert_says(&complaint, &["portcullis.toml:3", "session.idle", ".env:1", "session.access"]);
}

#[tokio::test]
async fn another_master_key_does_not_open_the_database() {
    let deployment = Deployment::new();
    used_once(&deployment).await;
    let before = fs::read(deployment.database()).unwrap();
    let deployment = deployment.with("PORTCULLIS_MASTER_KEY", MASTER_KEY);
    assert_says(&deployment.refused().complaint(1), &["master key", "fix: ", "first started with"]);
    assert_eq!(fs::read(deployment.database()).unwrap(), before);
}

#[tokio::test]
async fn a_master_key_that_was_lost_is_not_replaced_silently() {
    let deployment = Deployment::new();
    used_once(&deployment).await;
    fs::remove_file(deployment.master_key()).unwrap();
    assert_says(&deployment.refused().complaint(1), &["master.key", "No such file", "fix: "]);
    assert!(!deployment.master_key().exists());
}

#[tokio::test]
async fn a_database_that_is_damaged_where_the_start_reads_is_refused() {
    for damaged in [0..1, 1..usize::MAX] {
        let deployment = Deployment::new();
        used_once(&deployment).await;
        let mut bytes = fs::read(deployment.database()).unwrap();
        let pages = bytes.chunks_mut(PAGE_BYTES).enumerate().filter(|(number, _)| damaged.contains(number));
        pages.for_each(|(_, page)| page.fill(0xa5));
        fs::write(deployment.database(), &bytes).unwrap();
        let complaint = deployment.refused().complaint(1);
        assert_says(&complaint, &["damaged", "backup"]);
        assert_eq!(fs::read(deployment.database()).unwrap(), bytes);
    }
}

#[test]
fn a_database_of_another_program_is_left_alone() {
    let deployment = Deployment::new();
    fs::create_dir(deployment.data_dir()).unwrap();
    fs::write(deployment.database(), "not a database at all, but somebody's notes\n".repeat(100)).unwrap();
    let before = fs::read(deployment.database()).unwrap();
    assert_says(&deployment.refused().complaint(1), &["portcullis.db", "not an SQLite database"]);
    assert_eq!(fs::read(deployment.database()).unwrap(), before);
}

#[test]
fn a_data_directory_that_cannot_be_made_is_named() {
    let deployment = Deployment::new();
    fs::write(deployment.data_dir(), "a file is in the way").unwrap();
    assert_says(&deployment.refused().complaint(1), &["data", "fix: ", "PORTCULLIS_DATA_DIR"]);
}
