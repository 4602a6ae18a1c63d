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
use crate::extract::{Fields, FromClient};
use crate::layers::RequestContext;
use crate::problem::Problem;

pub(super) async fn register(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    fields: Fields,
) -> Result<Response, Refusal> {
    let new = wire::read_registration(fields)?;
    contract.auth.auth().register(new, &client).await.map_err(reveal::register)?;
    Ok(json(StatusCode::CREATED, &wire::Registered::new()))
}

pub(super) async fn log_in(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    fields: Result<Fields, Problem>,
) -> Result<Response, Refusal> {
    let attempt = fields.and_then(wire::read_login).map_err(reveal::at_login)?;
    let grant = contract.auth.auth().log_in(attempt, &client).await.map_err(reveal::log_in)?;
    let tokens = contract.mint(&grant).map_err(reveal::at_login)?;
    Ok(json(StatusCode::OK, &wire::Token::from(&tokens)))
}

pub(super) async fn protected(
    State(contract): State<Contract>,
    FromClient(client): FromClient,
    Extension(context): Extension<Arc<RequestContext>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let token = match Authorization::of(&headers) {
        Authorization::Absent => return Err(reveal::nobody()),
        Authorization::Empty => return Err(reveal::forbidden()),
        Authorization::Token(token) => token,
    };
    contract.actor(token, client, &context).await.map_err(reveal::authenticate)?;
    Ok(text(StatusCode::OK, "Protected resource accessed successfully"))
}
