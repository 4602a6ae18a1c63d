//! `POST /v1/logout`: how does somebody end sessions?

use axum::extract::State;
use axum::response::AppendHeaders;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use portcullis_core::flows::Actor;
use portcullis_core::flows::authenticate::AuthenticateError;
use portcullis_core::flows::log_out::LogOut;
use portcullis_core::model::{Client, SessionId};
use utoipa::ToSchema;

use crate::cookies;
use crate::extract::caller::Credentials;
use crate::extract::{Fields, FromClient, same_site};
use crate::face::Face;
use crate::problem::answers::{ACCESS_TOKEN, BODY, problems};
use crate::problem::{Code, Problem};

/// What a logout may take.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body; `log_out` reads it")]
pub(crate) struct LogoutBody {
    /// `this`, which is the default, `others` or `all`.
    #[schema(example = "this")]
    sessions: Option<String>,
    /// Names the session instead of an access token, which may have expired. Ends that session only.
    refresh_token: Option<String>,
}

problems!(
    Problems: BODY,
    ACCESS_TOKEN,
    &[Code::InvalidRefreshToken, Code::CsrfFailed, Code::ReauthenticationRequired]
);

/// Ends the session, all others, or all.
///
/// The session is named by the access token, by a refresh token in the body, or by the cookies of a browser session,
/// which are taken away. A session that has ended already is no error. To end others takes a proof of the person that is
/// not older than `session.step_up`.
#[utoipa::path(
    post,
    path = "/v1/logout",
    operation_id = "log_out",
    tag = "sessions",
    security((), ("bearer" = []), ("cookie" = [])),
    request_body = Option<LogoutBody>,
    responses((status = 204, description = "The sessions have ended."), Problems),
)]
pub(crate) async fn log_out(
    State(face): State<Face>,
    FromClient(client): FromClient,
    method: Method,
    headers: HeaderMap,
    fields: Option<Fields>,
) -> Result<(StatusCode, AppendHeaders<Vec<(HeaderName, HeaderValue)>>), Problem> {
    let mut fields = fields.unwrap_or_default();
    let words =
        [("this", LogOut::ThisSession), ("others", LogOut::OtherSessions), ("all", LogOut::AllSessions)];
    let which = fields.one_of("sessions", &words);
    let refresh_token = fields.optional_text("refresh_token");
    let which = fields.finish(Some(which))?.unwrap_or(LogOut::ThisSession);

    let way_out = WayOut { face: &face, client, which };
    if let Some(token) = refresh_token {
        way_out.by_refresh_token(&token).await?;
        return Ok(gone(Cookies::Stay));
    }
    match Credentials::of(&headers) {
        Credentials::Bearer(token) => {
            way_out.by_access_token(token, |_| Ok(())).await?;
            Ok(gone(Cookies::Stay))
        }
        Credentials::Cookie(token) => {
            let check = |session| same_site::check(&face, &method, &headers, session);
            match way_out.by_access_token(token, check).await {
                // It has expired, or its key was revoked; the refresh cookie still names the session.
                Err(problem)
                    if matches!(problem.code(), Code::AccessTokenExpired | Code::InvalidAccessToken) =>
                {
                    way_out.by_refresh_cookie(&method, &headers).await?;
                }
                outcome => outcome?,
            }
            Ok(gone(which_cookies(which)))
        }
        Credentials::None => {
            way_out.by_refresh_cookie(&method, &headers).await?;
            Ok(gone(which_cookies(which)))
        }
    }
}

/// One request to end sessions.
struct WayOut<'a> {
    face: &'a Face,
    client: Client,
    which: LogOut,
}

impl WayOut<'_> {
    async fn by_access_token(
        &self,
        token: &str,
        check: impl FnOnce(SessionId) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let principal = match self.face.auth.authenticate(token) {
            Ok(principal) => principal,
            // The session has ended already, which is what is asked for. Forged or not, nothing changes.
            Err(AuthenticateError::SessionRevoked) if self.which == LogOut::ThisSession => return Ok(()),
            Err(error) => {
                let wait = self.face.auth.wait_after_junk(&error, &self.client);
                return Err(wait.map_or_else(|| error.into(), Problem::too_many_requests));
            }
        };
        check(principal.session_id)?;
        if self.which != LogOut::ThisSession {
            // SECURITY: whoever holds a stolen session must not throw its owner out of the others (ASVS 5.0, 7.5.2).
            self.face.auth.check_recent(&principal)?;
        }
        self.face.auth.log_out(&Actor { principal, client: self.client.clone() }, self.which).await?;
        Ok(())
    }

    async fn by_refresh_token(&self, token: &str) -> Result<(), Problem> {
        self.by_session_of(token, |_| Ok(())).await
    }

    async fn by_refresh_cookie(&self, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
        let Some(token) = cookies::find(headers, cookies::REFRESH) else {
            return Err(Problem::new(Code::AuthenticationRequired));
        };
        self.by_session_of(token, |session| same_site::check(self.face, method, headers, session)).await
    }

    async fn by_session_of(
        &self,
        refresh_token: &str,
        check: impl FnOnce(SessionId) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let session = self.face.auth.session_of_refresh_token(refresh_token).await;
        let session = session.map_err(|error| self.face.auth.refuse_junk(error, &self.client))?;
        check(session)?;
        if self.which != LogOut::ThisSession {
            // SECURITY: a refresh token that was exchanged long ago still names its session. It must not end others.
            let detail = "A refresh token ends its own session only; for others an access token is needed.";
            return Err(Problem::new(Code::AuthenticationRequired).detail(detail));
        }
        self.face.auth.log_out_session(session, &self.client).await?;
        Ok(())
    }
}

/// What becomes of the cookies of a browser.
#[derive(Clone, Copy)]
enum Cookies {
    Stay,
    Go,
}

/// The session that stays keeps its cookies.
fn which_cookies(which: LogOut) -> Cookies {
    match which {
        LogOut::OtherSessions => Cookies::Stay,
        LogOut::ThisSession | LogOut::AllSessions => Cookies::Go,
    }
}

fn gone(cookies: Cookies) -> (StatusCode, AppendHeaders<Vec<(HeaderName, HeaderValue)>>) {
    let headers = match cookies {
        Cookies::Stay => Vec::new(),
        Cookies::Go => cookies::clear().into(),
    };
    (StatusCode::NO_CONTENT, AppendHeaders(headers))
}
