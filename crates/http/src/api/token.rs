//! `POST /v1/token/refresh`, `GET /v1/token/check`: may a session go on, and whose is it?

use std::fmt::Write as _;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use portcullis_core::flows::refresh::RefreshError;
use utoipa::ToSchema;
use uuid::Uuid;

use super::login::{Tokens, Transport, tokens_of};
use super::wire::Time;
use crate::cookies;
use crate::extract::caller::Proven;
use crate::extract::{Fields, FromClient, same_site};
use crate::face::Face;
use crate::problem::answers::{BODY, CALLER, problems};
use crate::problem::{Code, Problem};

/// What a refresh takes. A browser session sends no body: its refresh token is in a cookie.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body; `refresh` reads it")]
pub(crate) struct RefreshBody {
    /// The refresh token.
    #[schema(example = "pc_rt_dDszNgGh_HbUFnvQgdWBcBm53RYAAAACfx-swDvTyTuDTrG9meI8qo3xdiGPr5mY")]
    refresh_token: Option<String>,
}

problems!(
    RefreshProblems: BODY,
    &[Code::InvalidRefreshToken, Code::RefreshTokenReused, Code::CsrfFailed, Code::TooManyRequests]
);

/// Exchanges a refresh token for the next pair of tokens.
///
/// A token that was exchanged a moment ago may be sent again, so that an answer that was lost, or a second tab, costs
/// nobody their session. One that comes back later, or from elsewhere, ends the session: somebody has copied it.
///
/// A browser session sends its cookie and the header `X-CSRF-Token`; when it is refused, its cookies are taken away.
#[utoipa::path(
    post,
    path = "/v1/token/refresh",
    operation_id = "refresh",
    tag = "sessions",
    request_body = Option<RefreshBody>,
    responses((status = 200, description = "The session goes on.", body = Tokens), RefreshProblems),
)]
pub(crate) async fn refresh(
    State(face): State<Face>,
    FromClient(client): FromClient,
    method: Method,
    headers: HeaderMap,
    fields: Option<Fields>,
) -> Result<Response, Problem> {
    let mut fields = fields.unwrap_or_default();
    let sent = fields.optional_text("refresh_token");
    let sent = fields.finish(Some(sent))?;
    let (token, transport) = match (&sent, cookies::find(&headers, cookies::REFRESH)) {
        (Some(token), _) => (token.as_str(), Transport::Bearer),
        (None, Some(cookie)) => (cookie, Transport::Cookie),
        (None, None) => {
            return Err(Problem::new(Code::InvalidRefreshToken).detail("There is none in the request."));
        }
    };
    if transport == Transport::Cookie {
        let session = face.auth.session_of_refresh_token(token).await;
        let session = session.map_err(|error| refusal(face.auth.refuse_junk(error, &client), transport))?;
        same_site::check(&face, &method, &headers, session)?;
    }
    let refreshed = face.auth.refresh(token, &client).await;
    let grant = refreshed.map_err(|error| refusal(error, transport))?;
    let (cookies, tokens) = tokens_of(&face.auth, &grant, transport)?;
    Ok((cookies, Json(tokens)).into_response())
}

/// A browser must not go on sending cookies that are no good. Trouble of the server's own says nothing about them.
fn refusal(error: RefreshError, transport: Transport) -> Problem {
    let in_trouble = matches!(error, RefreshError::Trouble(_) | RefreshError::Throttled { .. });
    let problem = Problem::from(error);
    if transport == Transport::Cookie && !in_trouble { cookies::clear_with(problem) } else { problem }
}

/// Whose access token it is.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body; `check` writes it")]
pub(crate) struct CheckAnswer {
    /// The account.
    account_id: Uuid,
    /// The session.
    session_id: Uuid,
    /// `user` or `admin`, as it was when the token was made.
    #[schema(example = "user")]
    role: String,
    /// When the access token ends.
    expires_at: Time,
}

const ACCOUNT_ID: HeaderName = HeaderName::from_static("x-portcullis-account-id");
const SESSION_ID: HeaderName = HeaderName::from_static("x-portcullis-session-id");
const ROLE: HeaderName = HeaderName::from_static("x-portcullis-role");

problems!(CheckProblems: CALLER);

/// Tells whose access token the request carries.
///
/// For a reverse proxy that asks before it lets a request through (`auth_request` of nginx, forward auth of Traefik
/// and Caddy): the headers of the answer can be handed on. Answered without the database, unless the
/// server is set up to ask here for a verified email address and the token does not tell of one. It does not check for
/// requests that another site forged; with cookies, the application behind the proxy has to.
#[utoipa::path(
    get,
    path = "/v1/token/check",
    operation_id = "check_token",
    tag = "sessions",
    security(("bearer" = []), ("cookie" = [])),
    responses(
        (
            status = 200,
            description = "The access token is good.",
            body = CheckAnswer,
            headers(
                ("X-Portcullis-Account-Id" = String, description = "As in the body."),
                ("X-Portcullis-Session-Id" = String, description = "As in the body."),
                ("X-Portcullis-Role" = String, description = "As in the body."),
            )
        ),
        CheckProblems
    ),
)]
pub(crate) async fn check(Proven { principal }: Proven) -> Response {
    let (mut account_id, mut session_id) = (Uuid::encode_buffer(), Uuid::encode_buffer());
    let account_id = &*principal.account_id.as_uuid().hyphenated().encode_lower(&mut account_id);
    let session_id = &*principal.session_id.as_uuid().hyphenated().encode_lower(&mut session_id);
    let (role, expires_at) = (principal.role.as_str(), Time(principal.expires_at));

    // Written by hand: ids, a word and a time need no escapes, and this is the route that everything waits for.
    let mut body = String::with_capacity(192);
    let _ = write!(
        body,
        r#"{{"account_id":"{account_id}","session_id":"{session_id}","role":"{role}","expires_at":"{expires_at}"}}"#
    );
    let mut response = Response::new(body.into());
    let headers = response.headers_mut();
    headers.reserve(16);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ROLE, HeaderValue::from_static(role));
    for (name, id) in [(ACCOUNT_ID, account_id), (SESSION_ID, session_id)] {
        if let Ok(value) = HeaderValue::from_str(id) {
            headers.insert(name, value);
        }
    }
    response
}
