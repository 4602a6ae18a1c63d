//! `POST /v1/me/reauthenticate`: is it still the same person?

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use utoipa::ToSchema;

use super::login::{Tokens, Transport, tokens_of};
use crate::extract::caller::Credentials;
use crate::extract::{Caller, Fields};
use crate::face::Face;
use crate::problem::answers::{BODY, CALLER, problems};
use crate::problem::{Code, Problem};

/// What proves it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body; `reauthenticate` reads it")]
pub(crate) struct ReauthenticateBody {
    /// The password.
    #[schema(format = Password, example = "correct horse battery staple")]
    password: String,
}

problems!(
    Problems: BODY,
    CALLER,
    &[Code::WrongPassword, Code::TooManyAttempts, Code::AccountDisabled, Code::CsrfFailed]
);

/// Proves the password again, for what is sensitive.
///
/// The session goes on with new tokens, in the body or in the cookies that it travels in; the refresh token of before
/// counts as exchanged. `auth_time` in the access token says when this was, to this server and to services, which may
/// ask for it with a challenge of RFC 9470.
#[utoipa::path(
    post,
    path = "/v1/me/reauthenticate",
    operation_id = "reauthenticate",
    tag = "sessions",
    security(("bearer" = []), ("cookie" = [])),
    request_body = ReauthenticateBody,
    responses((status = 200, description = "The session goes on.", body = Tokens), Problems),
)]
pub(crate) async fn reauthenticate(
    State(face): State<Face>,
    caller: Caller,
    headers: HeaderMap,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let password = fields.password("password");
    let password = fields.finish(password)?;
    let transport = match Credentials::of(&headers) {
        Credentials::Cookie(_) => Transport::Cookie,
        Credentials::Bearer(_) | Credentials::None => Transport::Bearer,
    };
    let grant = face.auth.reauthenticate(&caller.actor, &password).await?;
    let (cookies, tokens) = tokens_of(&face.auth, &grant, transport)?;
    Ok((cookies, Json(tokens)).into_response())
}
