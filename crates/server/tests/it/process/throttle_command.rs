//! What does `portcullis throttle` do beside a running server, wherever wrong passwords are counted?

use std::time::Duration;

use portcullis_store::testing::{OwnServer, ServerKind};
use serde_json::{Value, json};

use super::client::Api;
use super::deployment::Deployment;
use super::server::within;

const PASSWORD: &str = "correct horse battery";

fn deployment() -> Deployment {
    Deployment::new().with("PORTCULLIS_THROTTLE_LONGEST_DELAY", "0s")
}

/// Wrong passwords until there are too many.
async fn use_up(api: &Api, username: &str) {
    for _ in 0..10 {
        assert_eq!(api.log_in(username, "wrong").await.unwrap().status, 401);
    }
    assert_eq!(api.log_in(username, "wrong").await.unwrap().refusal(429), "too_many_attempts");
}

#[tokio::test]
async fn what_a_server_counts_in_memory_is_cleared_by_a_note() {
    let deployment = deployment();
    let server = deployment.start().await;
    server.api().register("alice", PASSWORD).await.unwrap().expect(201);
    use_up(&server.api(), "alice").await;
    let complaint = deployment.run(&["throttle", "show", "alice"]).complaint(1);
    assert!(complaint.contains("in the memory of the running server"), "{complaint}");
    assert!(
        complaint.contains("fix: ask the server") && complaint.contains("/v1/admin/throttles"),
        "{complaint}"
    );

    let text = deployment.run(&["throttle", "clear", "alice"]).text();
    assert!(text.contains("within two seconds"), "{text}");
    let api = server.api();
    within(Duration::from_secs(10), "alice may try again", async || {
        (api.log_in("alice", PASSWORD).await.unwrap().status == 200).then_some(())
    })
    .await;
    let log = deployment.run(&["audit", "list", "--kind", "throttle_cleared", "--json"]).text();
    assert_eq!(log.lines().count(), 1, "{log}");
}

#[tokio::test]
async fn what_is_counted_in_the_database_is_seen_and_cleared_at_once() {
    let deployment = deployment().with("PORTCULLIS_THROTTLE_COUNTERS", "database");
    let server = deployment.start().await;
    server.api().register("alice", PASSWORD).await.unwrap().expect(201);
    use_up(&server.api(), "alice").await;
    sees_and_clears(&deployment, &server.api()).await;
}

#[tokio::test]
async fn what_is_counted_in_redis_is_seen_and_cleared_at_once_and_its_outage_is_told() {
    let redis = OwnServer::start(ServerKind::Redis, &[]);
    let deployment = deployment()
        .with("PORTCULLIS_THROTTLE_COUNTERS", "redis")
        .with("PORTCULLIS_THROTTLE_REDIS_URL", redis.url());
    let server = deployment.start().await;
    server.api().register("alice", PASSWORD).await.unwrap().expect(201);
    use_up(&server.api(), "alice").await;
    sees_and_clears(&deployment, &server.api()).await;
    redis.stop();
    for _ in 0..5 {
        server.api().log_in("alice", PASSWORD).await.unwrap().expect(200);
    }
    let log = server.log();
    let told = log.lines().filter(|line| line.contains("counters of wrong passwords are away")).count();
    assert_eq!(told, 1, "{log}");
    let complaint = deployment.run(&["throttle", "show"]).complaint(1);
    assert!(complaint.contains("the counters of wrong passwords are away"), "{complaint}");
    let found = deployment.run(&["doctor"]).text();
    assert!(found.contains("warn  counters       the Redis does not answer"), "{found}");
}

async fn sees_and_clears(deployment: &Deployment, api: &Api) {
    let shown = |arguments: &[&str]| {
        let arguments = [&["throttle", "show", "--json"], arguments].concat();
        let json = deployment.run(&arguments).json();
        let throttles = json["throttles"].as_array().unwrap();
        throttles
            .iter()
            .map(|entry| json!([entry["kind"], entry["network"], entry["failures"]]))
            .collect::<Vec<Value>>()
    };
    assert_eq!(shown(&[]), [json!(["identifier_and_network", "127.0.0.0/24", 10])]);
    assert_eq!(shown(&["alice"]).len(), 2);
    assert_eq!(shown(&["nobody"]).len(), 0);
    let table = deployment.run(&["throttle", "show"]).text();
    assert!(table.contains("one identifier from one network") && table.contains("127.0.0.0/24"), "{table}");
    assert_eq!(deployment.run(&["throttle", "clear", "--network", "127.0.0.1"]).text(), "cleared 3\n");
    assert_eq!(shown(&[]).len(), 1, "what weighs on an identifier stays");
    let cleared = deployment.run(&["throttle", "clear", "--kind", "identifier", "--json"]).json();
    assert_eq!(cleared["cleared"], 1);
    let cleared = deployment.run(&["throttle", "clear", "alice", "--json"]).json();
    assert_eq!(cleared["cleared"], 1);
    api.log_in("alice", PASSWORD).await.unwrap().expect(200);
}

#[test]
fn an_identifier_or_a_network_is_to_be_named() {
    let deployment = deployment();
    for arguments in [&["throttle", "clear"][..], &["throttle", "clear", "alice", "--network", "10.0.0.1"]] {
        let complaint = deployment.run(arguments).complaint(2);
        assert!(complaint.contains("--network"), "{complaint}");
    }
    let complaint = deployment.run(&["throttle", "clear", "--kind", "all"]).complaint(2);
    assert!(complaint.contains("identifiers_of_password"), "{complaint}");
    let complaint = deployment.run(&["throttle", "clear", "--network", "home"]).complaint(2);
    assert!(complaint.contains("203.0.113.0/24"), "{complaint}");
}

#[test]
fn contradictions_about_where_to_count_stop_the_start() {
    let complaint = deployment().with("PORTCULLIS_THROTTLE_COUNTERS", "redis").refused().complaint(1);
    assert!(complaint.contains("needs `throttle.redis_url`"), "{complaint}");
    let url = ("PORTCULLIS_THROTTLE_REDIS_URL", "redis://:secret@127.0.0.1:1");
    let complaint = deployment().with(url.0, url.1).refused().complaint(1);
    assert!(complaint.contains("nothing is counted there") && !complaint.contains("secret"), "{complaint}");
    let complaint = deployment().with(url.0, "http://:secret@127.0.0.1").refused().complaint(1);
    assert!(complaint.contains("is no URL of a Redis") && !complaint.contains("secret"), "{complaint}");
}
