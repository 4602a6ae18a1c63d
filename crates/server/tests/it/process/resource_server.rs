//! Can a service protect its routes with the verifier and nothing but the server's URL?

use std::time::Duration;

use axum::routing::get;
use axum::{Json, Router};
use portcullis_verifier::{AccessTokenLayer, Claims, OnOutage, RevocationSettings, Verifier};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::client::Api;
use super::deployment::Deployment;
use super::server::{Server, eventually, within};

const PASSWORD: &str = "correct horse battery";

/// When a service that follows the feed knows what has ended: two seconds between its questions, one between the looks
/// of the server at its database, and some for a busy machine.
const SOON: Duration = Duration::from_secs(4);

/// A service as the example of the verifier builds it; it ends with the tasks.
pub async fn service(server: &Server, tasks: &mut JoinSet<()>) -> Api {
    serve(Verifier::builder(server.public_url()).audience("portcullis").build().unwrap(), tasks).await
}

/// The same for one that follows the feed of ended sessions.
async fn following_service(server: &Server, settings: RevocationSettings, tasks: &mut JoinSet<()>) -> Api {
    let verifier = Verifier::builder(server.public_url()).audience("portcullis").revocations(settings);
    serve(verifier.build().unwrap(), tasks).await
}

async fn serve(verifier: Verifier, tasks: &mut JoinSet<()>) -> Api {
    let hello = async |claims: Claims| -> Json<Value> {
        Json(json!({ "account": claims.sub, "session": claims.sid, "role": claims.role }))
    };
    let anybody = Router::new().route("/hello", get(hello)).layer(AccessTokenLayer::new(verifier.clone()));
    let admins =
        Router::new().route("/admin", get(hello)).layer(AccessTokenLayer::new(verifier).with_role("admin"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = anybody.merge(admins);
    tasks.spawn(async move { axum::serve(listener, routes).await.unwrap() });
    Api::new(address)
}

#[tokio::test]
async fn a_service_takes_the_tokens_of_the_server_and_no_others() {
    let deployment = Deployment::new().without("PORTCULLIS_TOKEN_ISSUER");
    let server = deployment.start().await;
    let mut tasks = JoinSet::new();
    let service = service(&server, &mut tasks).await;
    let api = server.api();
    let alice = api.newcomer("alice", PASSWORD).await;
    let me = api.get("/v1/me", Some(&alice.access)).await.unwrap().expect(200);

    let hello = service.get("/hello", Some(&alice.access)).await.unwrap().expect(200);
    assert_eq!((&hello["account"], &hello["role"]), (&me["account"]["id"], &json!("user")));
    assert_eq!(service.get("/hello", None).await.unwrap().refusal(401), "token_required");
    assert_eq!(service.get("/hello", Some(&alice.refresh)).await.unwrap().refusal(401), "invalid_token");
    assert_eq!(service.get("/admin", Some(&alice.access)).await.unwrap().refusal(403), "insufficient_role");

    let stranger = Deployment::new().with("PORTCULLIS_TOKEN_ISSUER", &server.public_url());
    let stranger = stranger.start().await.api().newcomer("alice", PASSWORD).await;
    assert_eq!(service.get("/hello", Some(&stranger.access)).await.unwrap().refusal(401), "invalid_token");
}

#[tokio::test]
async fn a_service_follows_a_rotation_of_the_keys() {
    let deployment = Deployment::new().without("PORTCULLIS_TOKEN_ISSUER");
    let server = deployment.start().await;
    let mut tasks = JoinSet::new();
    let service = service(&server, &mut tasks).await;
    let api = server.api();
    let alice = api.newcomer("alice", PASSWORD).await;
    service.get("/hello", Some(&alice.access)).await.unwrap().expect(200);

    let before = api.published_kids().await;
    deployment.run(&["keys", "rotate", "--purpose", "access"]).text();
    eventually("the running server has the new keys", async || {
        (api.published_kids().await != before).then_some(())
    })
    .await;
    let fresh = api.refresh(&alice.refresh).await.unwrap().tokens();
    service.get("/hello", Some(&fresh.access)).await.unwrap().expect(200);
    service.get("/hello", Some(&alice.access)).await.unwrap().expect(200);
}

#[tokio::test]
async fn a_service_that_follows_the_feed_refuses_a_session_within_seconds_of_its_end() {
    let deployment = Deployment::new().without("PORTCULLIS_TOKEN_ISSUER");
    let (server, mut tasks) = (deployment.start().await, JoinSet::new());
    let service = following_service(&server, RevocationSettings::default(), &mut tasks).await;
    let api = server.api();
    let (alice, bob) = (api.newcomer("alice", PASSWORD).await, api.newcomer("bob", PASSWORD).await);
    for tokens in [&alice, &bob] {
        service.get("/hello", Some(&tokens.access)).await.unwrap().expect(200);
    }
    api.log_out(&alice.access).await.unwrap().expect(204);
    let refused = within(SOON, "the service refuses the session", async || {
        let answer = service.get("/hello", Some(&alice.access)).await.unwrap();
        (answer.status != 200).then_some(answer)
    });
    assert_eq!(refused.await.refusal(401), "session_ended");
    service.get("/hello", Some(&bob.access)).await.unwrap().expect(200);

    // What another process ends comes the same way.
    deployment.run(&["account", "disable", "bob"]).text();
    let refused = within(SOON, "the service refuses the disabled account", async || {
        let answer = service.get("/hello", Some(&bob.access)).await.unwrap();
        (answer.status != 200).then_some(answer)
    });
    assert_eq!(refused.await.refusal(401), "session_ended");
}

#[tokio::test]
async fn a_service_that_follows_the_feed_refuses_a_leaked_key_within_seconds() {
    let deployment = Deployment::new().without("PORTCULLIS_TOKEN_ISSUER");
    let (server, mut tasks) = (deployment.start().await, JoinSet::new());
    let following = following_service(&server, RevocationSettings::default(), &mut tasks).await;
    let other = service(&server, &mut tasks).await;
    let api = server.api();
    let alice = api.newcomer("alice", PASSWORD).await;
    for service in [&following, &other] {
        service.get("/hello", Some(&alice.access)).await.unwrap().expect(200);
    }
    deployment.run(&["keys", "rotate", "--purpose", "access", "--emergency"]).text();
    let refused = within(SOON, "the service refuses what the old key signed", async || {
        let answer = following.get("/hello", Some(&alice.access)).await.unwrap();
        (answer.status != 200).then_some(answer)
    });
    assert_eq!(refused.await.refusal(401), "invalid_token");
    other.get("/hello", Some(&alice.access)).await.unwrap().expect(200);
    let fresh = api.refresh(&alice.refresh).await.unwrap().tokens();
    following.get("/hello", Some(&fresh.access)).await.unwrap().expect(200);

    // The feed goes on, signed by the new key.
    api.log_out(&fresh.access).await.unwrap().expect(204);
    let refused = within(SOON, "the service refuses the session", async || {
        let answer = following.get("/hello", Some(&fresh.access)).await.unwrap();
        (answer.status != 200).then_some(answer)
    });
    assert_eq!(refused.await.refusal(401), "session_ended");
}

#[tokio::test]
async fn a_service_gets_by_without_the_server_or_stops_as_it_was_told() {
    let deployment = Deployment::new().without("PORTCULLIS_TOKEN_ISSUER");
    let (mut server, mut tasks) = (deployment.start().await, JoinSet::new());
    // Longer than a question takes on a busy machine, and than a second by the calendar, in which the server says how old
    // its knowledge is.
    let settings = || RevocationSettings::default().stale_after(Duration::from_secs(5));
    let strict = settings().every(Duration::from_millis(200)).on_outage(OnOutage::Refuse);
    let strict = following_service(&server, strict, &mut tasks).await;
    let lenient = following_service(&server, settings(), &mut tasks).await;
    let alice = server.api().newcomer("alice", PASSWORD).await;
    for service in [&strict, &lenient] {
        eventually("the service knows what has ended", async || {
            let answer = service.get("/hello", Some(&alice.access)).await.unwrap();
            (answer.status == 200).then_some(())
        })
        .await;
    }
    server.kill();
    let refused = eventually("the strict service refuses everybody", async || {
        let answer = strict.get("/hello", Some(&alice.access)).await.unwrap();
        (answer.status != 200).then_some(answer)
    })
    .await;
    assert!(refused.retry_after.is_some());
    assert_eq!(refused.refusal(503), "revocations_unavailable");
    lenient.get("/hello", Some(&alice.access)).await.unwrap().expect(200);
}
