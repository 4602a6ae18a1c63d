//! What does the first start make, and what does the second one find?

use std::fs;

use super::deployment::{Deployment, mode_of};

const MASTER_KEY: &str = "b41f7c09e2d85a6391c07ef24d1b8a5f60e93d7c28f4ab16057dce9b3182f64a";
const PASSWORD: &str = "correct horse battery";

#[tokio::test]
async fn the_first_start_makes_its_files_for_their_owner_only() {
    let deployment = Deployment::new();
    let server = deployment.start().await;
    server.api().newcomer("alice", PASSWORD).await;

    assert_eq!(mode_of(&deployment.data_dir()), 0o700);
    let mut names = Vec::new();
    for entry in fs::read_dir(deployment.data_dir()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(mode_of(&entry.path()), 0o600, "{}", entry.path().display());
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["master.key", "portcullis.db", "portcullis.db-shm", "portcullis.db-wal"]);
}

#[tokio::test]
async fn the_first_start_says_where_the_server_is_and_what_to_try_next() {
    let server = Deployment::new().start().await;
    let (log, url) = (server.log(), server.public_url());
    for line in [
        format!("server    {url}\n"),
        format!("docs      {url}/docs\n"),
        format!("curl {url}/v1/register"),
        "key       ".to_owned(),
    ] {
        assert!(log.contains(&line), "{log}");
    }
    assert_eq!(server.api().get("/docs", None).await.unwrap().status, 200);
}

#[tokio::test]
async fn the_second_start_finds_keys_accounts_and_sessions() {
    let deployment = Deployment::new();
    let mut server = deployment.start().await;
    let api = server.api();
    let ended = api.newcomer("bob", PASSWORD).await;
    api.log_out(&ended.access).await.unwrap().expect(204);
    let tokens = api.newcomer("alice", PASSWORD).await;
    let kids = api.published_kids().await;
    let master_key = fs::read(deployment.master_key()).unwrap();
    server.terminate();
    assert!(server.end().await.success());

    let server = deployment.start().await;
    let api = server.api();
    assert!(server.log().contains("is ready after"), "{}", server.log());
    assert_eq!(api.published_kids().await, kids);
    api.check(&tokens.access).await.unwrap().expect(200);
    let tokens = api.refresh(&tokens.refresh).await.unwrap().tokens();
    api.get("/v1/me", Some(&tokens.access)).await.unwrap().expect(200);
    assert_eq!(api.check(&ended.access).await.unwrap().refusal(401), "session_ended");
    assert_eq!(api.refresh(&ended.refresh).await.unwrap().refusal(401), "invalid_refresh_token");
    assert_eq!(fs::read(deployment.master_key()).unwrap(), master_key);
}

#[tokio::test]
async fn a_server_that_stopped_leaves_one_file_to_copy() {
    let deployment = Deployment::new();
    let mut server = deployment.start().await;
    server.api().newcomer("alice", PASSWORD).await;
    server.terminate();
    assert!(server.end().await.success());

    assert!(!deployment.data_dir().join("portcullis.db-wal").exists());
    let copy = Deployment::new();
    fs::create_dir(copy.data_dir()).unwrap();
    fs::copy(deployment.database(), copy.database()).unwrap();
    fs::copy(deployment.master_key(), copy.master_key()).unwrap();
    let server = copy.start().await;
    server.api().log_in("alice", PASSWORD).await.unwrap().expect(200);
}

#[tokio::test]
async fn production_starts_with_everything_it_asks_for() {
    let deployment = Deployment::new()
        .with("NODE_ENV", "production")
        .with("HOST", "127.0.0.1")
        .with("PORTCULLIS_PUBLIC_URL", "https://auth.example.com")
        .with("PORTCULLIS_MASTER_KEY", MASTER_KEY);
    let server = deployment.start().await;
    server.api().newcomer("alice", PASSWORD).await;

    assert!(!deployment.master_key().exists());
    for line in server.log().lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(event["level"].is_string(), "{line}");
    }
    assert!(!server.log().contains("alice") && !server.log().contains(PASSWORD), "{}", server.log());
}
