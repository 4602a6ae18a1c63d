//! How is everything answered that is not a success?
//!
//! As a problem document (RFC 9457) with a stable [`Code`]. A handler answers a [`Problem`]; the envelope that
//! every request goes through writes its body, because it knows the request id, and logs its cause.
//! Nothing of a cause gets into a body.

pub(crate) mod answers;
mod code;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

pub use code::Code;

/// What a problem document may carry as `errors`: one entry for each thing to put right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// The field of the body or the parameter of the query.
    #[schema(value_type = String, example = "email")]
    pub(crate) field: Cow<'static, str>,
    /// A stable word for what is wrong with it.
    #[schema(example = "required")]
    pub(crate) code: &'static str,
    /// A sentence for people; begins with "must".
    #[schema(value_type = String, example = "must be given")]
    pub(crate) message: Cow<'static, str>,
}

impl FieldError {
    pub(crate) fn new(
        field: impl Into<Cow<'static, str>>,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { field: field.into(), code, message: message.into() }
    }

    /// All of it in one sentence.
    pub(crate) fn sentence(&self) -> String {
        format!("{} {}", self.field, self.message)
    }
}

/// Everything that is not a success.
#[derive(Clone)]
pub(crate) struct Problem(Box<Parts>);

#[derive(Clone)]
struct Parts {
    code: Code,
    detail: Option<Cow<'static, str>>,
    errors: Vec<FieldError>,
    headers: HeaderMap,
    cause: Option<String>,
}

impl Problem {
    pub(crate) fn new(code: Code) -> Self {
        let mut parts =
            Parts { code, detail: None, errors: Vec::new(), headers: HeaderMap::new(), cause: None };
        if let Some(challenge) = challenge(code) {
            parts.headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        // Whoever does not know when to come back comes back at once.
        if code.status() == StatusCode::TOO_MANY_REQUESTS {
            parts.headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        Self(Box::new(parts))
    }

    /// Fields or parameters that are not acceptable.
    pub(crate) fn invalid(errors: Vec<FieldError>) -> Self {
        let mut problem = Self::new(Code::InvalidRequest);
        problem.0.errors = errors;
        problem
    }

    /// Something broke in the server. The cause goes to the log.
    pub(crate) fn internal(cause: impl std::fmt::Display) -> Self {
        let mut problem = Self::new(Code::InternalError);
        problem.0.cause = Some(cause.to_string());
        problem
    }

    /// The server is too busy. The cause goes to the log.
    pub(crate) fn unavailable(retry_after: Duration, cause: impl std::fmt::Display) -> Self {
        let mut problem = Self::new(Code::Unavailable).retry_after(retry_after);
        problem.0.cause = Some(cause.to_string());
        problem
    }

    /// Too many passwords were wrong.
    pub(crate) fn too_many_attempts(retry_after: Duration) -> Self {
        Self::new(Code::TooManyAttempts).retry_after(retry_after)
    }

    /// The person has to prove again who they are. No 401, which clients answer with a refresh: that would prove nothing
    /// new. The challenge (RFC 9470 §3) may stand in any answer (RFC 9110 §11.6.1).
    pub(crate) fn reauthentication_required(max_age: Duration) -> Self {
        let challenge = format!(
            r#"Bearer realm="portcullis", error="insufficient_user_authentication", error_description="A more recent authentication is required", max_age="{}""#,
            max_age.as_secs()
        );
        let problem = Self::new(Code::ReauthenticationRequired);
        match HeaderValue::try_from(challenge) {
            Ok(challenge) => problem.header(header::WWW_AUTHENTICATE, challenge),
            Err(_) => problem,
        }
    }

    /// Too much of something that takes no password.
    pub(crate) fn too_many_requests(retry_after: Duration) -> Self {
        Self::new(Code::TooManyRequests).retry_after(retry_after)
    }

    /// The database does not answer. Whoever looked has logged why.
    pub(crate) fn not_ready() -> Self {
        Self::new(Code::Unavailable).retry_after(Duration::from_secs(1))
    }

    /// The request took too long.
    pub(crate) fn timeout() -> Self {
        let mut problem = Self::new(Code::Timeout).retry_after(Duration::from_secs(1));
        problem.0.cause = Some("the request took too long and was given up".into());
        problem
    }

    /// Says more about this occurrence.
    pub(crate) fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Names the field that this is about.
    pub(crate) fn field(mut self, error: FieldError) -> Self {
        self.0.errors.push(error);
        self
    }

    /// Adds a header to the answer.
    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.append(name, value);
        self
    }

    pub(crate) fn code(&self) -> Code {
        self.0.code
    }

    /// What is to be put right.
    pub(crate) fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// What the answer has besides its body.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// What went wrong, for the log only.
    pub(crate) fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// The body.
    pub(crate) fn to_json(&self, request_id: &str) -> Vec<u8> {
        let Parts { code, detail, errors, .. } = &*self.0;
        let document = ProblemDocument {
            type_uri: code.type_uri(),
            title: code.title(),
            status: code.status().as_u16(),
            code: code.as_str(),
            detail: detail.as_deref(),
            errors,
            request_id,
        };
        // Texts and a number always have a JSON form; an empty body would still carry the right status.
        serde_json::to_vec(&document).unwrap_or_default()
    }

    /// Whole seconds, rounded up, at least one (RFC 9110 §10.2.3).
    fn retry_after(mut self, after: Duration) -> Self {
        let seconds = after.as_millis().div_ceil(1000).max(1);
        if let Ok(value) = HeaderValue::try_from(seconds.to_string()) {
            self.0.headers.insert(header::RETRY_AFTER, value);
        }
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        *response.status_mut() = self.0.code.status();
        response.headers_mut().clone_from(&self.0.headers);
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// A problem document (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemDocument<'a> {
    /// Names the kind of problem: `urn:portcullis:problem:` and the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:portcullis:problem:invalid_request")]
    type_uri: &'a str,
    /// The same sentence for every occurrence of the code.
    title: &'a str,
    /// The status of the answer.
    #[schema(example = 400)]
    status: u16,
    /// The stable word to branch on.
    #[schema(example = "invalid_request")]
    code: &'a str,
    /// More about this occurrence.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    /// What to put right.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
    /// Under what the server's log knows this request.
    request_id: &'a str,
}

/// What a 401 has to say about how to authenticate (RFC 9110 §15.5.2, RFC 6750 §3).
const fn challenge(code: Code) -> Option<&'static str> {
    match code {
        Code::AuthenticationRequired
        | Code::InvalidCredentials
        | Code::InvalidRefreshToken
        | Code::RefreshTokenReused => Some(r#"Bearer realm="portcullis""#),
        Code::InvalidAccessToken => Some(
            r#"Bearer realm="portcullis", error="invalid_token", error_description="The access token is not valid""#,
        ),
        Code::AccessTokenExpired => Some(
            r#"Bearer realm="portcullis", error="invalid_token", error_description="The access token has expired""#,
        ),
        Code::SessionEnded => Some(
            r#"Bearer realm="portcullis", error="invalid_token", error_description="The session was ended""#,
        ),
        Code::MalformedJson
        | Code::InvalidRequest
        | Code::InvalidOneTimeToken
        | Code::InvitationInvalid
        | Code::AccountDisabled
        | Code::EmailNotVerified
        | Code::InvitationRequired
        | Code::WrongPassword
        | Code::ReauthenticationRequired
        | Code::CsrfFailed
        | Code::Forbidden
        | Code::NotFound
        | Code::MethodNotAllowed
        | Code::EmailTaken
        | Code::UsernameTaken
        | Code::OwnAccount
        | Code::Conflict
        | Code::BodyTooLarge
        | Code::UnsupportedMediaType
        | Code::TooManyAttempts
        | Code::TooManyRequests
        | Code::InternalError
        | Code::MailNotConfigured
        | Code::Unavailable
        | Code::Timeout => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;

    #[test]
    fn a_document_names_code_field_and_request() {
        let problem = Problem::invalid(vec![FieldError::new("email", "required", "must be given")]);
        let body = String::from_utf8(problem.to_json("req-1")).unwrap();
        assert_eq!(
            body,
            r#"{"type":"urn:portcullis:problem:invalid_request","title":"The request is not valid","status":400,"code":"invalid_request","errors":[{"field":"email","code":"required","message":"must be given"}],"request_id":"req-1"}"#
        );
    }

    #[test]
    fn a_cause_is_kept_for_the_log_and_out_of_the_body() {
        let problem = Problem::unavailable(Duration::from_millis(1_200), "the disk at /secret is full");
        assert_eq!(problem.cause(), Some("the disk at /secret is full"));
        assert!(!String::from_utf8(problem.to_json("r")).unwrap().contains("disk"));
        let response = problem.into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
    }

    #[test]
    fn every_429_says_when_to_come_back() {
        let refusals = Code::ALL.iter().filter(|code| code.status() == StatusCode::TOO_MANY_REQUESTS);
        let mut count = 0;
        for code in refusals {
            assert_eq!(Problem::new(*code).into_response().headers()[header::RETRY_AFTER], "1", "{code:?}");
            count += 1;
        }
        assert_eq!(count, 2);
        let soon = Problem::too_many_requests(Duration::from_millis(1_001)).into_response();
        assert_eq!(soon.headers()[header::RETRY_AFTER], "2");
    }

    #[test]
    fn every_401_says_how_to_authenticate_and_nothing_else_does() {
        for code in Code::ALL {
            let response = Problem::new(*code).into_response();
            let challenged = response.headers().contains_key(header::WWW_AUTHENTICATE);
            assert_eq!(challenged, code.status() == StatusCode::UNAUTHORIZED, "{code:?}");
        }
    }
}
