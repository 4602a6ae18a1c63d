//! Which error becomes which status and body?
//!
//! A login says in `message` what is wrong, everything else in `error`: clients of each look there.

use http::StatusCode;
use portcullis_core::flows::log_in::LogInError;
use portcullis_core::flows::one_time::OneTimeError;
use portcullis_core::flows::register::RegisterError;
use portcullis_core::flows::request_mail::RequestMailError;
use portcullis_core::flows::reset_password::ResetPasswordError;
use portcullis_core::legacy::LegacyAuthenticateError;
use serde::Serialize;

use crate::dialects::answer::Refusal;
use crate::dialects::mails;
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
        RegisterError::EmailRequired => field("email", mails::required()),
        RegisterError::Domain(refused) => field("email", texts::domain(refused)),
        RegisterError::InvitationRequired => error(StatusCode::FORBIDDEN, mails::INVITED_ONLY),
        // No route of the contract takes an invitation.
        RegisterError::InvitationInvalid | RegisterError::OtherAddressInvited => {
            error(StatusCode::BAD_REQUEST, mails::INVITATION_INVALID)
        }
        RegisterError::MailNotConfigured => no_mails(),
        RegisterError::EmailTaken | RegisterError::UsernameTaken => {
            error(StatusCode::CONFLICT, "username is already taken")
        }
        RegisterError::Throttled { retry_after } => Problem::too_many_requests(retry_after).into(),
        RegisterError::Trouble(trouble) => Problem::from(trouble).into(),
    }
}

/// Where a mail is needed, and none is sent.
pub(super) fn no_mails() -> Refusal {
    error(StatusCode::NOT_IMPLEMENTED, mails::NOT_CONFIGURED)
}

pub(super) fn log_in(refused: LogInError) -> Refusal {
    match refused {
        LogInError::UnknownAccount
        | LogInError::NoPassword
        | LogInError::WrongPassword
        // SECURITY: a client that knows nothing of disabled accounts must not be told that the password was right.
        | LogInError::AccountDisabled => message(StatusCode::UNAUTHORIZED, "Authentication failed"),
        LogInError::EmailNotVerified => message(StatusCode::UNAUTHORIZED, mails::NOT_VERIFIED),
        LogInError::Throttled { retry_after } => {
            message(StatusCode::TOO_MANY_REQUESTS, "Too many attempts, try again later").retry_after(retry_after)
        }
        LogInError::Trouble(trouble) => at_login(Problem::from(trouble)),
    }
}

/// What came by mail, if it did, is not good (any more).
pub(super) fn not_good() -> Refusal {
    error(StatusCode::BAD_REQUEST, mails::NOT_GOOD)
}

pub(super) fn request_mail(refused: RequestMailError) -> Refusal {
    match refused {
        RequestMailError::NotConfigured => no_mails(),
        RequestMailError::Throttled { retry_after } => Problem::too_many_requests(retry_after).into(),
        RequestMailError::Trouble(trouble) => Problem::from(trouble).into(),
    }
}

pub(super) fn one_time(refused: OneTimeError) -> Refusal {
    match refused {
        OneTimeError::Invalid => not_good(),
        OneTimeError::PasswordRequired => field("password", mails::password_required()),
        OneTimeError::WrongPassword => error(StatusCode::BAD_REQUEST, mails::WRONG_PASSWORD),
        OneTimeError::EmailTaken => error(StatusCode::CONFLICT, mails::ADDRESS_TAKEN),
        OneTimeError::UsernameTaken => error(StatusCode::CONFLICT, mails::USERNAME_TAKEN),
        OneTimeError::Throttled { retry_after } => Problem::too_many_attempts(retry_after).into(),
        OneTimeError::Trouble(trouble) => Problem::from(trouble).into(),
    }
}

pub(super) fn reset_password(refused: ResetPasswordError) -> Refusal {
    match refused {
        // A disabled account is no different to a client that knows nothing of such a thing.
        ResetPasswordError::Invalid | ResetPasswordError::AccountDisabled => not_good(),
        ResetPasswordError::Password(problem) => field("password", texts::password(problem)),
        ResetPasswordError::Throttled { retry_after } => Problem::too_many_attempts(retry_after).into(),
        ResetPasswordError::Trouble(trouble) => Problem::from(trouble).into(),
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
