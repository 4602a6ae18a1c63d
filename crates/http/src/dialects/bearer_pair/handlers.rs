//! What does each route do?

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode};

use super::{reveal, wire};
use crate::dialects::answer::{Refusal, json, text};
use crate::dialects::authorization::Authorization;
use crate::dialects::contract::Contract;
use crate::dialects::mails;
use crate::extract::{Fields, FromClient};
use crate::layers::RequestContext;

pub(super) async fn register(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    fields: Fields,
) -> Result<Response, Refusal> {
    let new = wire::read_registration(fields)?;
    let account = contract.auth.auth().register(new, &client).await.map_err(reveal::register)?;
    Ok(json(StatusCode::CREATED, &wire::User::from(account)))
}

pub(super) async fn log_in(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    fields: Fields,
) -> Result<Response, Refusal> {
    let attempt = wire::read_login(fields)?;
    let grant = contract.auth.auth().log_in(attempt, &client).await.map_err(reveal::log_in)?;
    let tokens = contract.mint(&grant)?;
    Ok(json(StatusCode::OK, &wire::Tokens::from(&tokens)))
}

pub(super) async fn protected(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    Extension(context): Extension<Arc<RequestContext>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Authorization::Token(token) = Authorization::of(&headers) else { return Err(reveal::nobody()) };
    contract.actor(token, client, &context).await.map_err(reveal::authenticate)?;
    Ok(text(StatusCode::OK, "This is a protected route"))
}

pub(super) async fn refresh(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    fields: Option<Fields>,
) -> Result<Response, Refusal> {
    let mut fields = fields.unwrap_or_default();
    let token = fields.optional_text("refreshToken");
    let Some(token) = fields.finish_leniently(Some(token))?.filter(|token| !token.is_empty()) else {
        return Err(reveal::no_refresh_token());
    };
    let grant = contract.auth.refresh(&token, &client).await.map_err(reveal::refresh)?;
    let tokens = contract.mint(&grant)?;
    Ok(json(StatusCode::OK, &wire::Tokens::from(&tokens)))
}

/// Ends the session of the access token, or of a refresh token in the body.
pub(super) async fn log_out(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    Extension(context): Extension<Arc<RequestContext>>,
    headers: HeaderMap,
    fields: Option<Fields>,
) -> Result<Response, Refusal> {
    let mut fields = fields.unwrap_or_default();
    let refresh_token = fields.optional_text("refreshToken");
    let refresh_token = fields.finish_leniently(Some(refresh_token))?;
    match (Authorization::of(&headers), refresh_token) {
        (Authorization::Token(token), _) => {
            let actor = contract.actor(token, client, &context).await.map_err(reveal::log_out)?;
            contract.log_out(&actor).await?;
        }
        (Authorization::Absent | Authorization::Empty, Some(token)) => {
            contract
                .auth
                .log_out_by_refresh_token(&token, &client)
                .await
                .map_err(reveal::log_out_by_refresh)?;
        }
        (Authorization::Absent | Authorization::Empty, None) => return Err(reveal::nobody()),
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Asks for a mail to choose another password with.
pub(super) async fn forgot_password(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    fields: Fields,
) -> Result<Response, Refusal> {
    let email = mails::read_address(fields)?;
    contract.auth.auth().forgot_password(email, &client).await.map_err(reveal::request_mail)?;
    Ok(json(StatusCode::ACCEPTED, &wire::Done { message: mails::ON_ITS_WAY }))
}

/// Takes another password, with what came by mail. All sessions end.
pub(super) async fn reset_password(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    fields: Fields,
) -> Result<Response, Refusal> {
    let (token, password) = mails::read_reset(fields)?;
    let token = token.ok_or_else(reveal::not_good)?;
    let reset = contract.auth.auth().reset_password(&token, &password, &client).await;
    reset.map_err(reveal::reset_password)?;
    Ok(json(StatusCode::OK, &wire::Done { message: mails::PASSWORD_SET }))
}

/// Takes what came by mail as a proof that somebody reads it.
pub(super) async fn verify_email(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    fields: Fields,
) -> Result<Response, Refusal> {
    let proof = mails::read_proof(fields)?;
    let (proof, password) = proof.ok_or_else(reveal::not_good)?;
    let verified = contract.auth.auth().verify_email(&proof, password.as_ref(), &client).await;
    verified.map_err(reveal::one_time)?;
    Ok(json(StatusCode::OK, &wire::Done { message: mails::VERIFIED }))
}

/// Asks for another mail to verify an address with.
pub(super) async fn resend_verification(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    fields: Fields,
) -> Result<Response, Refusal> {
    let email = mails::read_address(fields)?;
    contract.auth.auth().request_verification(email, &client).await.map_err(reveal::request_mail)?;
    Ok(json(StatusCode::ACCEPTED, &wire::Done { message: mails::ON_ITS_WAY }))
}
