//! `POST /v1/login`: how does somebody get a session?

use axum::Json;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse as _, Response};
use http::HeaderMap;
use portcullis_core::Auth;
use portcullis_core::crypto::jwt::AccessToken;
use portcullis_core::crypto::refresh::RefreshToken;
use portcullis_core::flows::Grant;
use portcullis_core::flows::log_in::{LogIn, SentIdentifier};
use portcullis_core::model::Client;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

use super::wire::Account;
use crate::cookies;
use crate::extract::{Fields, FromClient, same_site};
use crate::face::Face;
use crate::problem::answers::{BODY, problems};
use crate::problem::{Code, Problem};

/// How the tokens of a session travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    /// In bodies and the `Authorization` header.
    Bearer,
    /// In cookies that no script can read.
    Cookie,
}

/// What a login takes.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body; `log_in` reads it")]
pub(crate) struct LoginBody {
    /// The email address or the username.
    #[schema(example = "alice@example.com")]
    identifier: String,
    /// The password.
    #[schema(format = Password, example = "correct horse battery staple")]
    password: String,
    /// `bearer`, which is the default, or `cookie`.
    #[schema(example = "bearer")]
    transport: Option<String>,
}

/// A session that has just begun.
#[derive(Serialize, ToSchema)]
pub(crate) struct LoginAnswer {
    /// The account.
    account: Account,
    #[serde(flatten)]
    tokens: Tokens,
}

/// The tokens of a session: in the body, or in cookies beside it.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Tokens {
    /// Transport `bearer`.
    Bearer(BearerTokens),
    /// Transport `cookie`.
    Cookie(CookieTokens),
}

/// Tokens that the client keeps.
#[derive(Serialize, ToSchema)]
pub(crate) struct BearerTokens {
    /// The session.
    session_id: Uuid,
    /// `Bearer`.
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// A JWT, to be sent as `Authorization: Bearer …`.
    #[schema(value_type = String)]
    #[serde(serialize_with = "write_access_token")]
    access_token: AccessToken,
    /// Seconds until the access token ends.
    #[schema(example = 900)]
    expires_in: u64,
    /// What the next pair of tokens is asked for with.
    #[schema(value_type = String)]
    #[serde(serialize_with = "write_refresh_token")]
    refresh_token: RefreshToken,
    /// Seconds until the refresh token ends unless it is used.
    #[schema(example = 1_209_600)]
    refresh_expires_in: u64,
}

/// Tokens that are in cookies.
#[derive(Serialize, ToSchema)]
pub(crate) struct CookieTokens {
    /// The session.
    session_id: Uuid,
    /// To be sent as `X-CSRF-Token` with every request that changes something.
    csrf_token: String,
    /// Seconds until the access token ends.
    #[schema(example = 900)]
    expires_in: u64,
    /// Seconds until the refresh token ends unless it is used.
    #[schema(example = 1_209_600)]
    refresh_expires_in: u64,
}

problems!(
    Problems: BODY,
    &[
        Code::InvalidCredentials,
        Code::TooManyAttempts,
        Code::AccountDisabled,
        Code::EmailNotVerified,
        Code::CsrfFailed
    ]
);

/// Logs in with a password and begins a session.
///
/// With the transport `cookie` the tokens come as cookies that no script can read, and the body holds a CSRF token
/// instead; another site cannot ask for that.
///
/// An unknown identifier and a wrong password get the same answer after the same time. After many of them the next
/// ones are not looked at, good or bad, until the time in `Retry-After` has passed.
#[utoipa::path(
    post,
    path = "/v1/login",
    operation_id = "log_in",
    tag = "sessions",
    request_body = LoginBody,
    responses((status = 200, description = "The session has begun.", body = LoginAnswer), Problems),
)]
pub(crate) async fn log_in(
    State(face): State<Face>,
    FromClient(client): FromClient,
    headers: HeaderMap,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let identifier = fields.text("identifier");
    let password = fields.password("password");
    let transport =
        fields.one_of("transport", &[("bearer", Transport::Bearer), ("cookie", Transport::Cookie)]);
    let (identifier, password) = fields.finish(identifier.zip(password))?;
    let transport = transport.unwrap_or(Transport::Bearer);
    if transport == Transport::Cookie {
        same_site::check_origin(&face.rules.cors, &headers)?;
    }
    let attempt = LogIn { identifier: SentIdentifier::parse(&identifier), password };
    let grant = face.auth.log_in(attempt, &client).await?;
    if transport == Transport::Cookie {
        end_session_before(&face, &headers, &client).await;
    }
    let (mut cookies, tokens) = tokens_of(&face.auth, &grant, transport)?;
    cookies
        .0
        .extend(face.auth.devices_after_login(&grant, &client).map(|devices| cookies::set_device(&devices)));
    Ok((cookies, Json(LoginAnswer { account: grant.account.into(), tokens })).into_response())
}

/// Ends the session whose cookies the new ones take the place of: nobody could end it afterwards but its owner, by
/// hand. A refresh cookie that is none says nothing.
async fn end_session_before(face: &Face, headers: &HeaderMap, client: &Client) {
    let Some(token) = cookies::find(headers, cookies::REFRESH) else { return };
    let Ok(session) = face.auth.session_of_refresh_token(token).await else { return };
    if let Err(error) = face.auth.log_out_session(session, client).await {
        // It ends by itself, only later.
        tracing::warn!(%error, "the session before a login could not be ended");
    }
}

/// Headers that set cookies, if any.
pub(crate) type Cookies = AppendHeaders<Vec<(http::HeaderName, http::HeaderValue)>>;

/// The tokens of a session that was just begun or refreshed, and the cookies that go with them.
pub(crate) fn tokens_of(
    auth: &Auth,
    grant: &Grant,
    transport: Transport,
) -> Result<(Cookies, Tokens), Problem> {
    let pair = auth.mint(grant)?;
    let session_id = grant.session.id.as_uuid();
    let expires_in = pair.access_expires_at.since(grant.now).as_secs();
    let refresh_expires_in = pair.refresh_expires_at.since(grant.now).as_secs();
    Ok(match transport {
        Transport::Bearer => {
            let (access_token, refresh_token) = (pair.access, pair.refresh);
            let token_type = "Bearer";
            let tokens = BearerTokens {
                session_id,
                token_type,
                access_token,
                expires_in,
                refresh_token,
                refresh_expires_in,
            };
            (AppendHeaders(Vec::new()), Tokens::Bearer(tokens))
        }
        Transport::Cookie => {
            let csrf_token = auth.csrf_token(grant.session.id);
            let tokens = CookieTokens { session_id, csrf_token, expires_in, refresh_expires_in };
            (AppendHeaders(cookies::set(&pair, grant.now).into()), Tokens::Cookie(tokens))
        }
    })
}

fn write_access_token<S: Serializer>(token: &AccessToken, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(token.expose())
}

fn write_refresh_token<S: Serializer>(token: &RefreshToken, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(token.expose())
}
