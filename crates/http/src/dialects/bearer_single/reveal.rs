//! Which error becomes which status and body?
//!
//! A login says in `message` what is wrong, everything else in `error`: clients of each look there.

use http::StatusCode;
use portcullis_core::flows::log_in::LogInError;
use portcullis_core::flows::register::RegisterError;
use portcullis_core::legacy::LegacyAuthenticateError;
use serde::Serialize;

use crate::dialects::answer::Refusal;
use crate::extract::{Wrong, texts};
use crate::problem::Problem;

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Body<'m> {
    Error(&'m str),
    Message(&'m str),
}

fn error(status: StatusCode, text: &str) -> Refusal {
    Refusal::json(status, &Body::Error(text))
}

fn message(status: StatusCode, text: &str) -> Refusal {
    Refusal::json(status, &Body::Message(text))
}

/// What no handler has answered. A field that is missing or wrong is named; nothing of ours is told beyond that.
pub(super) fn problem(problem: &Problem) -> Refusal {
    error(problem.code().status(), &sentence(problem))
}

/// The same at the login.
pub(super) fn at_login(problem: Problem) -> Refusal {
    Refusal::of(problem, |problem| message(problem.code().status(), &sentence(problem)))
}

fn sentence(problem: &Problem) -> String {
    match problem.errors() {
        [first, ..] => first.sentence(),
        [] => problem.code().title().to_owned(),
    }
}

fn field(name: &'static str, wrong: Wrong) -> Refusal {
    error(StatusCode::BAD_REQUEST, &wrong.of(name).sentence())
}

pub(super) fn register(refused: RegisterError) -> Refusal {
    match refused {
        RegisterError::NoIdentifier => error(StatusCode::BAD_REQUEST, "username must be given"),
        RegisterError::Password(problem) => field("password", texts::password(problem)),
        RegisterError::Profile(name, problem) => field(texts::field_name(name), texts::profile_text(problem)),
        RegisterError::EmailTaken | RegisterError::UsernameTaken => {
            error(StatusCode::CONFLICT, "username is already taken")
        }
        RegisterError::Throttled { retry_after } => Problem::too_many_requests(retry_after).into(),
        RegisterError::Trouble(trouble) => Problem::from(trouble).into(),
    }
}

pub(super) fn log_in(refused: LogInError) -> Refusal {
    match refused {
        LogInError::UnknownAccount
        | LogInError::NoPassword
        | LogInError::WrongPassword
        // SECURITY: a client that knows nothing of disabled accounts must not be told that the password was right.
        | LogInError::AccountDisabled => message(StatusCode::UNAUTHORIZED, "Authentication failed"),
        LogInError::Throttled { retry_after } => {
            message(StatusCode::TOO_MANY_REQUESTS, "Too many attempts, try again later").retry_after(retry_after)
        }
        LogInError::Trouble(trouble) => at_login(Problem::from(trouble)),
    }
}

/// Without the header.
pub(super) fn nobody() -> Refusal {
    Refusal::status(StatusCode::UNAUTHORIZED)
}

/// With a header that has no good token in it.
pub(super) fn forbidden() -> Refusal {
    Refusal::status(StatusCode::FORBIDDEN)
}

pub(super) fn authenticate(refused: LegacyAuthenticateError) -> Refusal {
    match refused {
        LegacyAuthenticateError::Token(_)
        | LegacyAuthenticateError::Forged
        | LegacyAuthenticateError::NotAccess
        | LegacyAuthenticateError::Expired
        | LegacyAuthenticateError::Unexpiring
        | LegacyAuthenticateError::NoAccount
        | LegacyAuthenticateError::AccountDisabled
        | LegacyAuthenticateError::SessionRevoked => forbidden(),
        LegacyAuthenticateError::Throttled { retry_after } => Problem::too_many_requests(retry_after).into(),
        LegacyAuthenticateError::Trouble(trouble) => Problem::from(trouble).into(),
    }
}
