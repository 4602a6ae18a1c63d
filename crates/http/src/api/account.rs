//! `POST /v1/account/keep`: how does somebody get an account back that is about to be deleted?

use axum::extract::State;
use http::StatusCode;

use super::one_time;
use crate::extract::{Fields, FromClient};
use crate::face::Face;
use crate::problem::answers::{BODY, problems};
use crate::problem::{Code, Problem};

problems!(Problems: BODY, &[Code::InvalidOneTimeToken, Code::TooManyAttempts]);

/// Keeps an account that is about to be deleted, by the link of the mail about that.
///
/// It may log in again. Its sessions have ended.
#[utoipa::path(
    post,
    path = "/v1/account/keep",
    operation_id = "keep_account",
    tag = "mail",
    request_body = one_time::TokenBody,
    responses((status = 204, description = "The account stays."), Problems),
)]
pub(crate) async fn keep(
    State(face): State<Face>,
    FromClient(client): FromClient,
    fields: Fields,
) -> Result<StatusCode, Problem> {
    face.auth.keep_account(&one_time::read_token(fields)?, &client).await?;
    Ok(StatusCode::NO_CONTENT)
}
