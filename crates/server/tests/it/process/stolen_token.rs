//! Does the log of the running server say that a refresh token was stolen, and nothing that helps a thief?

use super::deployment::Deployment;

#[tokio::test]
async fn a_token_that_was_used_twice_is_a_warning_with_session_and_network() {
    let server = Deployment::new().with("PORTCULLIS_SESSION_REFRESH_GRACE", "0s").start().await;
    let api = server.api();
    let stolen = api.newcomer("alice", "correct horse battery").await.refresh;
    let first = api.refresh(&stolen).await.unwrap().tokens();
    let second = api.refresh(&first.refresh).await.unwrap().tokens();
    let session = api.check(&second.access).await.unwrap().expect(200)["session_id"].clone();

    let refused = api.refresh(&stolen).await.unwrap().expect(401);
    assert_eq!(refused["code"], "refresh_token_reused");
    assert!(refused["detail"].as_str().unwrap().contains("Log in again"), "{refused}");
    assert_eq!(api.check(&second.access).await.unwrap().refusal(401), "session_ended");

    let log = server.log();
    let told: Vec<&str> = log.lines().filter(|line| line.contains("refresh token was used twice")).collect();
    assert_eq!(told.len(), 1, "{log}");
    assert!(told[0].contains("WARN") && told[0].contains("127.0.0.0/24"), "{}", told[0]);
    assert!(told[0].contains(session.as_str().unwrap()), "{}", told[0]);
    assert!(!log.contains("pc_rt_") && !log.contains("eyJ"), "{log}");
}
