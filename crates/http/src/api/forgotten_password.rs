//! `POST /v1/password/forgot` and `/v1/password/reset`: how does somebody get another password who has lost it?

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use portcullis_core::crypto::Password;
use portcullis_core::crypto::one_time::OneTimeToken;
use utoipa::ToSchema;

use super::email::EmailBody;
use super::one_time;
use super::wire::{MAIL_ON_ITS_WAY, MailOnItsWay, SessionsEnded};
use crate::extract::{Fields, FromClient};
use crate::face::Face;
use crate::problem::answers::{BODY, problems};
use crate::problem::{Code, Problem};

problems!(ForgotProblems: BODY, &[Code::TooManyRequests, Code::MailNotConfigured]);

/// Asks for a mail with which another password is chosen.
///
/// The answer is the same for every address, and comes as fast. A mail goes out if there is an account.
#[utoipa::path(
    post,
    path = "/v1/password/forgot",
    operation_id = "forgot_password",
    tag = "mail",
    request_body = EmailBody,
    responses((status = 202, description = "The same for every address.", body = MailOnItsWay), ForgotProblems),
)]
pub(crate) async fn forgot(
    State(face): State<Face>,
    FromClient(client): FromClient,
    fields: Fields,
) -> Result<(StatusCode, Json<MailOnItsWay>), Problem> {
    face.auth.forgot_password(one_time::read_email(fields)?, &client).await?;
    Ok((StatusCode::ACCEPTED, Json(MAIL_ON_ITS_WAY)))
}

/// What sets another password.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body; `read` reads it")]
pub(crate) struct ResetPasswordBody {
    /// What stands after `?token=` in the link.
    token: String,
    /// The password as it shall be.
    #[schema(format = Password, example = "correct horse battery staple")]
    new_password: String,
}

problems!(
    ResetProblems: BODY,
    &[Code::InvalidOneTimeToken, Code::AccountDisabled, Code::TooManyAttempts]
);

/// Sets another password by the link of a mail, and ends all sessions.
///
/// It does not log in; do that next. A password that is refused leaves the token good for another try.
#[utoipa::path(
    post,
    path = "/v1/password/reset",
    operation_id = "reset_password",
    tag = "mail",
    request_body = ResetPasswordBody,
    responses((status = 200, description = "How many sessions ended.", body = SessionsEnded), ResetProblems),
)]
pub(crate) async fn reset(
    State(face): State<Face>,
    FromClient(client): FromClient,
    fields: Fields,
) -> Result<Json<SessionsEnded>, Problem> {
    let (token, new) = read(fields)?;
    let sessions_ended = face.auth.reset_password(&token, &new, &client).await?;
    Ok(Json(SessionsEnded { sessions_ended }))
}

fn read(mut fields: Fields) -> Result<(OneTimeToken, Password), Problem> {
    let token = one_time::token(&mut fields);
    let new = fields.password("new_password");
    let (token, new) = fields.finish(token.zip(new))?;
    Ok((token?, new))
}
