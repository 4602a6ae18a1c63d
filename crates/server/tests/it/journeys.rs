//! What do people do by mail, from the first request to the last link?
//!
//! Each journey goes through the HTTP API and the mailbox, on every engine. `docs/journeys.md` draws them.
//!
//! - `registration`, `invitation`, `verification`, `reset`, `change_email`, `deletion`: what somebody wants.
//! - `notices`: what somebody must hear; `audit`: what is written down of it.
//! - `pages`: what stands behind the links.
//! - `outbox`: limits, retries, several nodes.
//! - `silence`: whether anything tells who has an account.

mod audit;
mod change_email;
mod deletion;
mod invitation;
mod notices;
mod outbox;
mod pages;
mod registration;
mod reset;
mod silence;
mod verification;

use serde_json::{Value, json};

use crate::api::app::App;
use crate::api::client::Answer;

/// Uses a token, or anything else that such a route takes.
async fn verify(app: &App, body: Value) -> Answer {
    app.post("/v1/email/verify").json(&body).await
}

/// Does what the link of a mail does, for Alice.
async fn verify_as_alice(app: &App, token: &str) -> Answer {
    verify(app, json!({"token": token, "password": app.alice().password()})).await
}

async fn forget_password(app: &App, email: &str) -> Answer {
    app.post("/v1/password/forgot").json(&json!({"email": email})).await
}

async fn reset_password(app: &App, token: &str, new: &str) -> Answer {
    app.post("/v1/password/reset").json(&json!({"token": token, "new_password": new})).await
}

async fn log_in(app: &App, identifier: &str, password: &str) -> Answer {
    app.post("/v1/login").json(&json!({"identifier": identifier, "password": password})).await
}
