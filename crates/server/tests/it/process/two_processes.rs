//! Do processes on one database know what the others did?

use std::time::Duration;

use portcullis_every_engine::every_engine;
use serde_json::Value;

use super::client::{Answer, Api};
use super::deployment::Deployment;
use super::server::within;

const PASSWORD: &str = "correct horse battery";
/// When every process knows what one of them did.
const SOON: Duration = Duration::from_secs(2);

/// Waits until an access token is refused.
async fn refused_soon(api: &Api, access: &str) -> Answer {
    within(SOON, "the access token is refused", async || {
        let answer = api.check(access).await.unwrap();
        (answer.status != 200).then_some(answer)
    })
    .await
}

fn kids_of(keys: &Value) -> Vec<String> {
    let access = keys["keys"].as_array().unwrap().iter().filter(|key| key["purpose"] == "access_token");
    access.map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[every_engine]
async fn an_account_disabled_on_the_command_line_is_refused_by_the_running_server() {
    let deployment = Deployment::on_this_engine().await;
    let server = deployment.start().await;
    let api = server.api();
    let alice = api.newcomer("alice", PASSWORD).await;
    let bob = api.newcomer("bob", PASSWORD).await;

    deployment.run(&["account", "disable", "alice"]).text();
    assert_eq!(refused_soon(&api, &alice.access).await.refusal(401), "session_ended");
    assert_eq!(api.refresh(&alice.refresh).await.unwrap().refusal(401), "invalid_refresh_token");
    assert_eq!(api.log_in("alice", PASSWORD).await.unwrap().refusal(403), "account_disabled");
    api.check(&bob.access).await.unwrap().expect(200);

    deployment.run(&["account", "enable", "alice"]).text();
    api.log_in("alice", PASSWORD).await.unwrap().expect(200);
    assert_eq!(api.check(&alice.access).await.unwrap().refusal(401), "session_ended");
}

#[every_engine]
async fn a_password_set_on_the_command_line_ends_the_sessions_of_the_running_server() {
    let deployment = Deployment::on_this_engine().await;
    let server = deployment.start().await;
    let api = server.api();
    let alice = api.newcomer("alice", PASSWORD).await;
    let arguments = ["account", "set-password", "alice", "--password-stdin", "--json"];
    let answer = deployment.run_with_input(&arguments, "another good password\n").json();
    assert_eq!(answer["sessions_ended"], 1);
    assert_eq!(refused_soon(&api, &alice.access).await.refusal(401), "session_ended");
    assert_eq!(api.log_in("alice", PASSWORD).await.unwrap().refusal(401), "invalid_credentials");
    api.log_in("alice", "another good password").await.unwrap().expect(200);
}

#[every_engine]
async fn keys_rotated_on_the_command_line_are_published_by_the_running_server() {
    let deployment = Deployment::on_this_engine().await;
    let server = deployment.start().await;
    let api = server.api();
    let before = api.published_kids().await;
    let alice = api.newcomer("alice", PASSWORD).await;

    let keys = deployment.run(&["keys", "rotate", "--json"]).json();
    let mut expected = kids_of(&keys);
    expected.sort();
    assert!(expected.iter().any(|kid| !before.contains(kid)));
    within(SOON, "the new keys are published", async || {
        let mut published = api.published_kids().await;
        published.sort();
        (published == expected).then_some(())
    })
    .await;

    // What the old keys signed stays good, and what is signed now is signed by the new ones.
    api.check(&alice.access).await.unwrap().expect(200);
    let fresh = api.refresh(&alice.refresh).await.unwrap().tokens();
    assert_ne!(header_of(&fresh.access)["kid"], header_of(&alice.access)["kid"]);
    api.check(&fresh.access).await.unwrap().expect(200);
}

#[every_engine]
async fn after_an_emergency_rotation_the_running_server_refuses_what_the_old_key_signed() {
    let deployment = Deployment::on_this_engine().await;
    let server = deployment.start().await;
    let api = server.api();
    let alice = api.newcomer("alice", PASSWORD).await;
    deployment.run(&["keys", "rotate", "--purpose", "access", "--emergency"]).text();
    assert_eq!(refused_soon(&api, &alice.access).await.refusal(401), "invalid_access_token");
    let fresh = api.refresh(&alice.refresh).await.unwrap().tokens();
    api.check(&fresh.access).await.unwrap().expect(200);
}

#[every_engine]
async fn a_session_that_ended_at_one_server_is_refused_at_the_other() {
    let deployment = Deployment::on_this_engine().await;
    let (one, other) = (deployment.start().await, deployment.start().await);
    assert_ne!(one.address, other.address);
    let (one, other) = (one.api(), other.api());
    let alice = one.newcomer("alice", PASSWORD).await;
    other.check(&alice.access).await.unwrap().expect(200);
    let alice = other.refresh(&alice.refresh).await.unwrap().tokens();
    one.check(&alice.access).await.unwrap().expect(200);

    one.log_out(&alice.access).await.unwrap().expect(204);
    assert_eq!(one.check(&alice.access).await.unwrap().refusal(401), "session_ended");
    assert_eq!(other.refresh(&alice.refresh).await.unwrap().refusal(401), "invalid_refresh_token");
    assert_eq!(refused_soon(&other, &alice.access).await.refusal(401), "session_ended");
}

/// What the head of a JWT says.
fn header_of(token: &str) -> Value {
    use base64::Engine as _;
    let head = token.split('.').next().unwrap();
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(head).unwrap();
    serde_json::from_slice(&json).unwrap()
}
