//! What does each route do?

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};

use super::{reveal, wire};
use crate::dialects::answer::{Refusal, json, text};
use crate::dialects::authorization::Authorization;
use crate::dialects::contract::Contract;
use crate::dialects::mails;
use crate::extract::{Fields, FromClient};
use crate::layers::RequestContext;
use crate::problem::Problem;

/// A body that may be absent. What is wrong with it is answered by each route in its own way.
type Body = Result<Option<Fields>, Problem>;

pub(super) async fn register(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    body: Body,
) -> Result<Response, Refusal> {
    let auth = contract.auth.auth();
    let id = wire::object_id(auth.now(), auth.random());
    let new = fields(body).and_then(|fields| wire::read_registration(fields, id));
    let new = new.map_err(reveal::registration)?;
    let email = new.email.clone();
    let grant = auth.register_and_log_in(new, &client).await;
    let grant = grant.map_err(|refused| reveal::register(refused, email.as_ref()))?;
    Ok(json(StatusCode::OK, &wire::Tokens::from(&contract.mint(&grant)?)))
}

pub(super) async fn log_in(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    body: Body,
) -> Result<Response, Refusal> {
    let attempt = fields(body).and_then(wire::read_login).map_err(reveal::login)?;
    let grant = contract.auth.auth().log_in(attempt, &client).await.map_err(reveal::log_in)?;
    Ok(text(StatusCode::OK, contract.mint(&grant)?.access.expose()))
}

pub(super) async fn refresh(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    body: Body,
) -> Result<Response, Refusal> {
    let token = fields(body).and_then(wire::read_refresh).map_err(reveal::refresh_body)?;
    let token = token.ok_or_else(reveal::no_refresh_token)?;
    let grant = contract.auth.refresh(&token, &client).await.map_err(reveal::refresh)?;
    Ok(json(StatusCode::OK, &wire::Tokens::from(&contract.mint(&grant)?)))
}

/// Ends the session of the access token, or else that of the refresh token in the body. Without either there is
/// nothing to end, and that is no fault.
pub(super) async fn log_out(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    Extension(context): Extension<Arc<RequestContext>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let refresh_token = fields(body).and_then(wire::read_refresh).map_err(reveal::refresh_body)?;
    let actor = match Authorization::of(&headers) {
        Authorization::Token(token) => Some(contract.actor(token, client.clone(), &context).await),
        Authorization::Absent | Authorization::Empty => None,
    };
    match (actor, refresh_token) {
        (Some(Ok(actor)), _) => contract.log_out(&actor).await?,
        (Some(Err(_)) | None, Some(token)) => {
            contract.auth.log_out_by_refresh_token(&token, &client).await.map_err(reveal::refresh)?;
        }
        (Some(Err(refused)), None) => return Err(reveal::authenticate(refused)),
        (None, None) => {}
    }
    Ok(text(StatusCode::OK, "Logout router"))
}

/// The protected route.
pub(super) async fn root(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    Extension(context): Extension<Arc<RequestContext>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let Authorization::Token(token) = Authorization::of(&headers) else { return Err(reveal::nobody()) };
    contract.actor(token, client, &context).await.map_err(reveal::authenticate)?;
    Ok(text(StatusCode::OK, "It works!"))
}

/// Asks for a mail to choose another password with.
pub(super) async fn forgot_password(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    body: Body,
) -> Result<Response, Refusal> {
    let email = fields(body).and_then(mails::read_address).map_err(reveal::registration)?;
    contract.auth.auth().forgot_password(email, &client).await.map_err(reveal::request_mail)?;
    Ok(text(StatusCode::ACCEPTED, mails::ON_ITS_WAY))
}

/// Takes another password, with what came by mail. All sessions end.
pub(super) async fn reset_password(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    body: Body,
) -> Result<Response, Refusal> {
    let (token, password) = fields(body).and_then(mails::read_reset).map_err(reveal::registration)?;
    let token = token.ok_or_else(reveal::not_good)?;
    let reset = contract.auth.auth().reset_password(&token, &password, &client).await;
    reset.map_err(reveal::reset_password)?;
    Ok(text(StatusCode::OK, mails::PASSWORD_SET))
}

/// Takes what came by mail as a proof that somebody reads it.
pub(super) async fn verify_email(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    body: Body,
) -> Result<Response, Refusal> {
    let proof = fields(body).and_then(mails::read_proof).map_err(reveal::registration)?;
    let (proof, password) = proof.ok_or_else(reveal::not_good)?;
    let verified = contract.auth.auth().verify_email(&proof, password.as_ref(), &client).await;
    verified.map_err(reveal::one_time)?;
    Ok(text(StatusCode::OK, mails::VERIFIED))
}

/// Asks for another mail to verify an address with.
pub(super) async fn resend_verification(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    body: Body,
) -> Result<Response, Refusal> {
    let email = fields(body).and_then(mails::read_address).map_err(reveal::registration)?;
    contract.auth.auth().request_verification(email, &client).await.map_err(reveal::request_mail)?;
    Ok(text(StatusCode::ACCEPTED, mails::ON_ITS_WAY))
}

/// An absent body has no fields.
fn fields(body: Body) -> Result<Fields, Problem> {
    body.map(Option::unwrap_or_default)
}
