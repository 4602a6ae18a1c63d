//! What does each route do?

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse as _, Response};
use http::{HeaderMap, StatusCode};
use portcullis_core::flows::Grant;
use portcullis_core::model::{Account, Client};

use super::csrf::ClientSecret;
use super::{reveal, wire};
use crate::dialects::answer::{Refusal, json, text};
use crate::dialects::contract::Contract;
use crate::dialects::cookies::Transport;
use crate::dialects::mails;
use crate::extract::{Fields, FromClient};
use crate::layers::RequestContext;
use crate::problem::Problem;

/// Shows that the server is there, and gives the browser its CSRF token.
pub(super) async fn hello_world(
    State(contract): State<Contract>,
    Extension(secret): Extension<ClientSecret>,
) -> Response {
    let cookie = wire::csrf_cookie(&secret.token(&contract), transport(&contract));
    (AppendHeaders([cookie]), text(StatusCode::OK, "Hello World!")).into_response()
}

pub(super) async fn restore_csrf(
    State(contract): State<Contract>,
    Extension(secret): Extension<ClientSecret>,
) -> Response {
    let token = secret.token(&contract);
    let cookie = wire::csrf_cookie(&token, transport(&contract));
    (AppendHeaders([cookie]), json(StatusCode::OK, &wire::Csrf { token: &token })).into_response()
}

pub(super) async fn sign_up(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    fields: Option<Fields>,
) -> Result<Response, Refusal> {
    let auth = contract.auth.auth();
    let policy = &auth.policy().password;
    let new = wire::read_registration(fields.unwrap_or_default(), policy)
        .map_err(|problem| reveal::registration(problem, policy.min_chars))?;
    let grant = auth.register_and_log_in(new, &client).await.map_err(reveal::register)?;
    Ok(logged_in(&contract, StatusCode::CREATED, &grant)?)
}

pub(super) async fn log_in(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    fields: Option<Fields>,
) -> Result<Response, Refusal> {
    let attempt = wire::read_login(fields.unwrap_or_default()).map_err(reveal::login)?;
    let grant = contract.auth.auth().log_in(attempt, &client).await.map_err(reveal::log_in)?;
    Ok(logged_in(&contract, StatusCode::OK, &grant)?)
}

fn logged_in(contract: &Contract, status: StatusCode, grant: &Grant) -> Result<Response, Problem> {
    let tokens = contract.mint(grant)?;
    let lives = (grant.now, tokens.access_expires_at.since(grant.now));
    let cookie = wire::token_cookie(tokens.access.expose(), lives, transport(contract));
    let body = wire::Session { user: Some(wire::User::from(&grant.account)) };
    Ok((AppendHeaders([cookie]), json(status, &body)).into_response())
}

/// Who is logged in.
pub(super) async fn session(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    Extension(context): Extension<Arc<RequestContext>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let nobody = || json(StatusCode::OK, &wire::Session { user: None });
    Ok(match restore(&contract, &headers, client, &context).await? {
        Visitor::User(account) => {
            json(StatusCode::OK, &wire::Session { user: Some(wire::User::from(&*account)) })
        }
        Visitor::Nobody => nobody(),
        Visitor::NobodyAnyMore => (AppendHeaders([wire::no_token_cookie()]), nobody()).into_response(),
    })
}

/// Shows the account to its owner.
pub(super) async fn require_auth(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    Extension(context): Extension<Arc<RequestContext>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    match restore(&contract, &headers, client, &context).await? {
        Visitor::User(account) => Ok(json(StatusCode::OK, &wire::DatedUser::from(&*account))),
        Visitor::Nobody => Err(reveal::nobody()),
        Visitor::NobodyAnyMore => Err(reveal::nobody_any_more()),
    }
}

/// Ends the session, if there is one: whoever asks is nobody afterwards.
pub(super) async fn log_out(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    Extension(context): Extension<Arc<RequestContext>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    if let Some(token) = wire::token(&headers) {
        match contract.actor(token, client, &context).await {
            Ok(actor) => contract.log_out(&actor).await?,
            Err(refused) => reveal::authenticate(refused)?,
        }
    }
    Ok((AppendHeaders([wire::no_token_cookie()]), json(StatusCode::OK, &wire::DONE)).into_response())
}

/// Asks for a mail to choose another password with.
pub(super) async fn forgot_password(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    fields: Option<Fields>,
) -> Result<Response, Refusal> {
    let email = mails::read_address(fields.unwrap_or_default())?;
    contract.auth.auth().forgot_password(email, &client).await.map_err(reveal::request_mail)?;
    Ok(json(StatusCode::ACCEPTED, &wire::Done { message: mails::ON_ITS_WAY }))
}

/// Takes another password, with what came by mail. All sessions end.
pub(super) async fn reset_password(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    fields: Option<Fields>,
) -> Result<Response, Refusal> {
    let (token, password) = mails::read_reset(fields.unwrap_or_default())?;
    let token = token.ok_or_else(reveal::not_good)?;
    let reset = contract.auth.auth().reset_password(&token, &password, &client).await;
    reset.map_err(reveal::reset_password)?;
    Ok(json(StatusCode::OK, &wire::Done { message: mails::PASSWORD_SET }))
}

/// Takes what came by mail as a proof that somebody reads it.
pub(super) async fn verify_email(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    fields: Option<Fields>,
) -> Result<Response, Refusal> {
    let proof = mails::read_proof(fields.unwrap_or_default())?;
    let (proof, password) = proof.ok_or_else(reveal::not_good)?;
    let verified = contract.auth.auth().verify_email(&proof, password.as_ref(), &client).await;
    verified.map_err(reveal::one_time)?;
    Ok(json(StatusCode::OK, &wire::Done { message: mails::VERIFIED }))
}

/// Asks for another mail to verify an address with.
pub(super) async fn resend_verification(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    fields: Option<Fields>,
) -> Result<Response, Refusal> {
    let email = mails::read_address(fields.unwrap_or_default())?;
    contract.auth.auth().request_verification(email, &client).await.map_err(reveal::request_mail)?;
    Ok(json(StatusCode::ACCEPTED, &wire::Done { message: mails::ON_ITS_WAY }))
}

pub(super) fn transport(contract: &Contract) -> Transport {
    Transport::of(contract.is_https_only())
}

/// Who visits.
enum Visitor {
    /// Somebody who is logged in.
    User(Box<Account>),
    /// Somebody without a token.
    Nobody,
    /// Somebody with a token that is good for nothing, or no longer.
    NobodyAnyMore,
}

/// Reads the account at every request: one that is gone or disabled is nobody's at once.
async fn restore(
    contract: &Contract,
    headers: &HeaderMap,
    client: Client,
    context: &RequestContext,
) -> Result<Visitor, Problem> {
    let Some(token) = wire::token(headers) else { return Ok(Visitor::Nobody) };
    let actor = match contract.actor(token, client, context).await {
        Ok(actor) => actor,
        Err(refused) => {
            reveal::authenticate(refused)?;
            return Ok(Visitor::NobodyAnyMore);
        }
    };
    match contract.auth.auth().own_account(&actor).await {
        Ok(account) => Ok(Visitor::User(Box::new(account))),
        Err(refused) => {
            reveal::own_account(refused)?;
            Ok(Visitor::NobodyAnyMore)
        }
    }
}
