//! Can a service protect its routes with the verifier and nothing but the server's URL?

use axum::routing::get;
use axum::{Json, Router};
use portcullis_verifier::{AccessTokenLayer, Claims, Verifier};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::client::Api;
use super::deployment::Deployment;
use super::server::{Server, eventually};

const PASSWORD: &str = "correct horse battery";

/// A service as the example of the verifier builds it; it ends with the tasks.
async fn service(server: &Server, tasks: &mut JoinSet<()>) -> Api {
    let verifier = Verifier::builder(server.public_url()).audience("portcullis").build().unwrap();
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
