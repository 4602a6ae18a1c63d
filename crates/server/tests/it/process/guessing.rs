//! Does the running server hold up whoever guesses passwords, and can that be switched off?

use std::net::SocketAddr;

use super::client::Api;
use super::deployment::Deployment;

const PASSWORD: &str = "correct horse battery";
const MASTER_KEY: &str = "b41f7c09e2d85a6391c07ef24d1b8a5f60e93d7c28f4ab16057dce9b3182f64a";

/// The statuses of wrong passwords, one after the other.
async fn guess(address: SocketAddr, times: usize) -> Vec<u16> {
    let api = Api::new(address);
    let mut statuses = Vec::new();
    for _ in 0..times {
        statuses.push(api.log_in("alice", "wrong").await.unwrap().status);
    }
    statuses
}

#[tokio::test]
async fn guesses_are_limited_by_default_and_the_log_says_it_once() {
    let server = Deployment::new().with("PORTCULLIS_THROTTLE_LONGEST_DELAY", "0s").start().await;
    server.api().newcomer("alice", PASSWORD).await;
    assert_eq!(guess(server.address, 15).await, [[401; 10].as_slice(), &[429; 5]].concat());
    let refused = server.api().log_in("alice", PASSWORD).await.unwrap();
    assert!(refused.retry_after.is_some_and(|seconds| (1..=30).contains(&seconds)), "{refused:?}");
    assert_eq!(refused.refusal(429), "too_many_attempts");

    let log = server.log();
    let told: Vec<&str> = log.lines().filter(|line| line.contains("many wrong passwords")).collect();
    assert_eq!(told.len(), 1, "{log}");
    assert!(told[0].contains("WARN") && told[0].contains("127.0.0.1/32"), "{}", told[0]);
    assert!(!log.contains("alice"), "{log}");
}

#[tokio::test]
async fn the_switch_takes_the_limit_away_and_production_warns_of_it() {
    let deployment = Deployment::new()
        .with("NODE_ENV", "production")
        .with("HOST", "127.0.0.1")
        .with("PORTCULLIS_PUBLIC_URL", "https://auth.example.com")
        .with("PORTCULLIS_MASTER_KEY", MASTER_KEY);
    let limited = deployment.start().await;
    assert!(!limited.log().contains("throttle"), "{}", limited.log());
    limited.api().newcomer("alice", PASSWORD).await;
    drop(limited);

    let server = deployment.with("PORTCULLIS_THROTTLE_ENABLED", "false").start().await;
    assert!(server.log().contains("throttle.enabled is false"), "{}", server.log());
    assert_eq!(guess(server.address, 30).await, [401; 30]);
    server.api().log_in("alice", PASSWORD).await.unwrap().expect(200);
}
