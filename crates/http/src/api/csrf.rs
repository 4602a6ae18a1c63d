//! `GET /v1/csrf`: how does a page that was loaded anew get the CSRF token of its session?

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use portcullis_core::flows::refresh::RefreshError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::cookies;
use crate::extract::caller::Credentials;
use crate::face::Face;
use crate::problem::answers::problems;
use crate::problem::{Code, Problem};

/// The CSRF token of a browser session.
#[derive(Serialize, ToSchema)]
pub(crate) struct CsrfAnswer {
    /// To be sent as `X-CSRF-Token` with every request that changes something.
    csrf_token: String,
}

problems!(Problems: &[Code::AuthenticationRequired]);

/// The CSRF token of a browser session.
///
/// It is good for as long as the session, and for that session only. The refresh cookie is enough, so that a page
/// whose access token has expired can refresh.
#[utoipa::path(
    get,
    path = "/v1/csrf",
    operation_id = "get_csrf_token",
    tag = "sessions",
    security(("cookie" = [])),
    responses((status = 200, description = "The token.", body = CsrfAnswer), Problems),
)]
pub(crate) async fn csrf_token(
    State(face): State<Face>,
    headers: HeaderMap,
) -> Result<Json<CsrfAnswer>, Problem> {
    let by_access = match Credentials::of(&headers) {
        Credentials::Cookie(token) => {
            face.auth.authenticate(token).ok().map(|principal| principal.session_id)
        }
        Credentials::Bearer(_) | Credentials::None => None,
    };
    let session = match (by_access, cookies::find(&headers, cookies::REFRESH)) {
        (Some(session), _) => session,
        (None, Some(token)) => face.auth.session_of_refresh_token(token).await.map_err(refusal)?,
        (None, None) => return Err(Problem::new(Code::AuthenticationRequired)),
    };
    Ok(Json(CsrfAnswer { csrf_token: face.auth.csrf_token(session) }))
}

/// A cookie that is no good counts as none. Trouble of the server's own says nothing about it.
fn refusal(error: RefreshError) -> Problem {
    match error {
        RefreshError::Trouble(trouble) => trouble.into(),
        _ => Problem::new(Code::AuthenticationRequired),
    }
}
