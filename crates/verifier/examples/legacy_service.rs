//! How does a service go on checking the tokens of an older backend after Portcullis took its place?
//!
//! ```text
//! ACCESS_TOKEN_SECRET=... cargo run -p portcullis-verifier --example legacy_service users-cookies
//! curl -H "Authorization: Bearer $ACCESS_TOKEN" http://127.0.0.1:4000/hello
//! curl -b "accessToken=$ACCESS_TOKEN" http://127.0.0.1:4000/hello
//! ```
//!
//! The argument is the dialect. The secret is that of the older backend: `ACCESS_TOKEN_SECRET`, or `JWT_SECRET` for
//! `api-session`. `PORT` (4000) is where this service listens.

use std::env;
use std::error::Error;

use axum::routing::get;
use axum::{Json, Router};
use portcullis_verifier::{LegacyClaims, LegacyShape, LegacyTokenLayer, LegacyVerifier};
use serde_json::{Value, json};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let dialect = env::args().nth(1).ok_or("name a dialect, such as bearer-pair")?;
    let shape = LegacyShape::parse(&dialect).ok_or("this is no dialect")?;
    let secret = match shape {
        LegacyShape::ApiSession => setting("JWT_SECRET")?,
        _ => setting("ACCESS_TOKEN_SECRET")?,
    };
    if secret.len() < 32 {
        eprintln!(
            "the secret is short: whoever holds a token can search for it, and sign tokens for everybody"
        );
    }

    let verifier = LegacyVerifier::new(shape, secret)?;
    let app = Router::new().route("/hello", get(hello)).layer(LegacyTokenLayer::new(verifier));

    let port = setting("PORT").map_or(Ok(4000), |port| port.parse())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

/// The session is that of Portcullis, and absent from tokens of the older backend.
async fn hello(claims: LegacyClaims) -> Json<Value> {
    Json(json!({ "account": claims.account.to_string(), "email": claims.email, "session": claims.sid }))
}

#[expect(clippy::disallowed_methods, reason = "an example has no other settings")]
fn setting(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set"))
}
