//! What does each route do?

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode, header};
use portcullis_core::flows::{Actor, Grant};
use portcullis_core::model::{Account, Client};

use super::{reveal, wire};
use crate::dialects::answer::{Refusal, json};
use crate::dialects::contract::Contract;
use crate::dialects::cookies::Transport;
use crate::dialects::mails;
use crate::extract::{Fields, FromClient};
use crate::layers::RequestContext;
use crate::problem::Problem;

/// Lets no other site cause a request that changes something, unless a header proves its caller: no site can write one
/// for another.
///
/// SECURITY: the contract has cookies and nothing against forged requests. A login is no exception: a site could log
/// its visitor in to an account of its own.
pub(super) async fn check_origin(
    State(contract): State<Contract>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let headers = request.headers();
    let is_by_header = headers.contains_key(header::AUTHORIZATION) && !headers.contains_key(header::COOKIE);
    if !request.method().is_safe() && !is_by_header {
        contract.check_origin(headers)?;
    }
    Ok(next.run(request).await)
}

pub(super) async fn register(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    fields: Option<Fields>,
) -> Result<Response, Refusal> {
    let new = wire::read_registration(fields.unwrap_or_default()).map_err(reveal::registration)?;
    let account = contract.auth.auth().register(new, &client).await.map_err(reveal::register)?;
    Ok(json(StatusCode::CREATED, &wire::User::from(account)))
}

pub(super) async fn log_in(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    fields: Option<Fields>,
) -> Result<Response, Refusal> {
    let attempt = wire::read_login(fields.unwrap_or_default()).map_err(reveal::login)?;
    let grant = contract.auth.auth().log_in(attempt, &client).await.map_err(reveal::log_in)?;
    let tokens = contract.mint(&grant)?;
    let body = wire::LoggedIn { user: grant.account.into(), tokens: wire::Tokens::from(&tokens) };
    Ok((wire::cookies(&body.tokens, transport(&contract)), json(StatusCode::OK, &body)).into_response())
}

pub(super) async fn refresh(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    headers: HeaderMap,
    fields: Option<Fields>,
) -> Result<Response, Refusal> {
    let token = refresh_token(&headers, fields).map_err(reveal::refresh_body)?.ok_or_else(reveal::nobody)?;
    let grant: Grant = contract.auth.refresh(&token, &client).await.map_err(reveal::refresh)?;
    let tokens = contract.mint(&grant)?;
    let body = wire::Tokens::from(&tokens);
    Ok((wire::cookies(&body, transport(&contract)), json(StatusCode::OK, &body)).into_response())
}

pub(super) async fn profile(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    Extension(context): Extension<Arc<RequestContext>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let actor = caller(&contract, &headers, client, &context).await?;
    let account: Account = contract.auth.auth().own_account(&actor).await.map_err(reveal::own_account)?;
    Ok(json(StatusCode::OK, &wire::User::from(account)))
}

pub(super) async fn update_profile(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    Extension(context): Extension<Arc<RequestContext>>,
    headers: HeaderMap,
    fields: Option<Fields>,
) -> Result<Response, Refusal> {
    let actor = caller(&contract, &headers, client, &context).await?;
    let change = wire::read_profile_change(fields.unwrap_or_default())?;
    if change.is_empty() {
        return Err(reveal::nothing_to_update());
    }
    let updated = contract.auth.auth().update_own_profile(&actor, &change).await;
    Ok(json(StatusCode::OK, &wire::User::from(updated.map_err(reveal::own_account)?)))
}

pub(super) async fn delete(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    Extension(context): Extension<Arc<RequestContext>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let actor = caller(&contract, &headers, client, &context).await?;
    contract.auth.auth().delete_own_account_unasked(&actor).await.map_err(reveal::own_account)?;
    Ok(without_cookies(&contract, "User deleted successfully"))
}

/// Ends the session of the access token, or, when that is no longer good, of the refresh token.
pub(super) async fn log_out(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    Extension(context): Extension<Arc<RequestContext>>,
    headers: HeaderMap,
    fields: Option<Fields>,
) -> Result<Response, Refusal> {
    let token = refresh_token(&headers, fields).map_err(reveal::refresh_body)?;
    match (caller(&contract, &headers, client.clone(), &context).await, token) {
        (Ok(actor), _) => contract.log_out(&actor).await?,
        (Err(refused), None) => return Err(refused),
        (Err(refused), Some(token)) => {
            let ended = contract.auth.log_out_by_refresh_token(&token, &client).await;
            if !ended.map_err(reveal::refresh)? {
                return Err(refused);
            }
        }
    }
    Ok(without_cookies(&contract, "User logged out successfully"))
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

/// Who proves by an access token that they call.
async fn caller(
    contract: &Contract,
    headers: &HeaderMap,
    client: Client,
    context: &RequestContext,
) -> Result<Actor, Refusal> {
    let token = wire::access_token(headers).ok_or_else(reveal::nobody)?;
    contract.actor(token, client, context).await.map_err(reveal::authenticate)
}

/// The refresh token of a request: that of the cookie, else that of the body.
fn refresh_token(headers: &HeaderMap, fields: Option<Fields>) -> Result<Option<String>, Problem> {
    match wire::refresh_cookie(headers) {
        Some(token) => Ok(Some(token.to_owned())),
        None => wire::read_refresh(fields.unwrap_or_default()),
    }
}

fn without_cookies(contract: &Contract, message: &'static str) -> Response {
    (wire::no_cookies(transport(contract)), json(StatusCode::OK, &wire::Done { message })).into_response()
}

fn transport(contract: &Contract) -> Transport {
    Transport::of(contract.is_https_only())
}
