//! How does a service protect a route with the access tokens of Portcullis?
//!
//! ```text
//! cargo run -p portcullis-verifier --example protected_route
//! curl -H "Authorization: Bearer $ACCESS_TOKEN" http://127.0.0.1:4000/hello
//! ```
//!
//! `PORTCULLIS_URL` (`http://localhost:3000`) is the issuer, `PORTCULLIS_AUDIENCE` (portcullis) the audience, `PORT`
//! (4000) where this service listens.

use std::env;
use std::error::Error;

use axum::routing::get;
use axum::{Json, Router};
use portcullis_verifier::{AccessTokenLayer, Claims, RevocationSettings, Verifier};
use serde_json::{Value, json};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let issuer = setting("PORTCULLIS_URL", "http://localhost:3000");
    let verifier = Verifier::builder(issuer)
        .audience(setting("PORTCULLIS_AUDIENCE", "portcullis"))
        .revocations(RevocationSettings::default())
        .build()?;

    let protected =
        Router::new().route("/hello", get(hello)).layer(AccessTokenLayer::new(verifier.clone())).merge(
            Router::new()
                .route("/admin", get(hello))
                .layer(AccessTokenLayer::new(verifier).with_role("admin")),
        );
    let app = Router::new().route("/", get(async || "Nobody needs a token here.\n")).merge(protected);

    let listener = TcpListener::bind(("127.0.0.1", setting("PORT", "4000").parse()?)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

async fn hello(claims: Claims) -> Json<Value> {
    Json(json!({ "account": claims.sub, "session": claims.sid, "role": claims.role }))
}

#[expect(clippy::disallowed_methods, reason = "an example has no other settings")]
fn setting(name: &str, default: &str) -> String {
    env::var(name).unwrap_or_else(|_| default.to_owned())
}
