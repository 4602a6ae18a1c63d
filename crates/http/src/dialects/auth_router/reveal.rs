//! Which error becomes which status and body?

use http::StatusCode;
use portcullis_core::flows::log_in::LogInError;
use portcullis_core::flows::one_time::OneTimeError;
use portcullis_core::flows::refresh::RefreshError;
use portcullis_core::flows::register::RegisterError;
use portcullis_core::flows::request_mail::RequestMailError;
use portcullis_core::flows::reset_password::ResetPasswordError;
use portcullis_core::legacy::LegacyAuthenticateError;
use portcullis_core::model::Email;
use serde::Serialize;

use crate::dialects::answer::Refusal;
use crate::dialects::mails;
use crate::extract::{Wrong, texts};
use crate::problem::{Code, Problem};

#[derive(Serialize)]
struct Body<'m> {
    error: Fault<'m>,
}

#[derive(Serialize)]
struct Fault<'m> {
    status: u16,
    message: &'m str,
}

/// `{error: {status, message}}`, as every route answers.
fn error(status: StatusCode, message: &str) -> Refusal {
    Refusal::json(status, &Body { error: Fault { status: status.as_u16(), message } })
}

/// Says no more than the status does, as npm `http-errors` words it.
fn bare(status: StatusCode) -> Refusal {
    error(status, status.canonical_reason().unwrap_or_default())
}

/// What no handler has answered. A field that is wrong is named; nothing of ours is told beyond that.
pub(super) fn problem(problem: &Problem) -> Refusal {
    let status = problem.code().status();
    match problem.errors() {
        [first, ..] => error(status, &first.sentence()),
        [] => bare(status),
    }
}

/// A body that is no registration. The first fault is told.
pub(super) fn registration(problem: Problem) -> Refusal {
    match problem.errors() {
        [first, ..] => unprocessable(&first.sentence()),
        [] => problem.into(),
    }
}

/// A body that is no login.
pub(super) fn login(problem: Problem) -> Refusal {
    if problem.code() == Code::InvalidRequest {
        return error(StatusCode::BAD_REQUEST, "Invalid username, email or password");
    }
    problem.into()
}

fn unprocessable(sentence: &str) -> Refusal {
    error(StatusCode::UNPROCESSABLE_ENTITY, sentence)
}

fn field(name: &'static str, wrong: Wrong) -> Refusal {
    unprocessable(&wrong.of(name).sentence())
}

/// `email` is what the account was to have.
pub(super) fn register(refused: RegisterError, email: Option<&Email>) -> Refusal {
    match refused {
        RegisterError::NoIdentifier => unprocessable("email must be given"),
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
            let email = email.map(Email::as_str).unwrap_or_default();
            error(StatusCode::CONFLICT, &format!("{email} is already registered"))
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
        // SECURITY: the contract answers an unknown address with 404, and so tells who has an account. A disabled
        // account is no different to a client that knows nothing of such a thing.
        LogInError::UnknownAccount
        | LogInError::NoPassword
        | LogInError::WrongPassword
        | LogInError::AccountDisabled => error(StatusCode::UNAUTHORIZED, "Email or password not valid"),
        LogInError::EmailNotVerified => error(StatusCode::UNAUTHORIZED, mails::NOT_VERIFIED),
        LogInError::Throttled { retry_after } => bare(StatusCode::TOO_MANY_REQUESTS).retry_after(retry_after),
        LogInError::Trouble(trouble) => Problem::from(trouble).into(),
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
        OneTimeError::Throttled { retry_after } => {
            bare(StatusCode::TOO_MANY_REQUESTS).retry_after(retry_after)
        }
        OneTimeError::Trouble(trouble) => Problem::from(trouble).into(),
    }
}

pub(super) fn reset_password(refused: ResetPasswordError) -> Refusal {
    match refused {
        // A disabled account is no different to a client that knows nothing of such a thing.
        ResetPasswordError::Invalid | ResetPasswordError::AccountDisabled => not_good(),
        ResetPasswordError::Password(problem) => field("password", texts::password(problem)),
        ResetPasswordError::Throttled { retry_after } => {
            bare(StatusCode::TOO_MANY_REQUESTS).retry_after(retry_after)
        }
        ResetPasswordError::Trouble(trouble) => Problem::from(trouble).into(),
    }
}

/// Without a token, or with one that proves nothing.
pub(super) fn nobody() -> Refusal {
    bare(StatusCode::UNAUTHORIZED)
}

pub(super) fn authenticate(refused: LegacyAuthenticateError) -> Refusal {
    match refused {
        // Clients look for these words to know that a refresh will help.
        LegacyAuthenticateError::Expired => error(StatusCode::UNAUTHORIZED, "jwt expired"),
        LegacyAuthenticateError::Token(_)
        | LegacyAuthenticateError::Forged
        | LegacyAuthenticateError::NotAccess
        | LegacyAuthenticateError::Unexpiring
        | LegacyAuthenticateError::NoAccount
        | LegacyAuthenticateError::AccountDisabled
        | LegacyAuthenticateError::SessionRevoked => nobody(),
        LegacyAuthenticateError::Throttled { retry_after } => Problem::too_many_requests(retry_after).into(),
        LegacyAuthenticateError::Trouble(trouble) => Problem::from(trouble).into(),
    }
}

/// Without a refresh token.
pub(super) fn no_refresh_token() -> Refusal {
    bare(StatusCode::BAD_REQUEST)
}

/// A body whose refresh token cannot be read. What is no text is no token.
pub(super) fn refresh_body(problem: Problem) -> Refusal {
    if problem.errors().iter().any(|field| field.code == "wrong_type") {
        return nobody();
    }
    problem.into()
}

pub(super) fn refresh(refused: RefreshError) -> Refusal {
    match refused {
        RefreshError::Invalid(_)
        | RefreshError::Unknown
        | RefreshError::Expired
        | RefreshError::Revoked
        | RefreshError::Reused { .. }
        | RefreshError::AccountDisabled
        | RefreshError::NotBelieved => nobody(),
        RefreshError::Throttled { retry_after } => Problem::too_many_requests(retry_after).into(),
        RefreshError::Trouble(trouble) => Problem::from(trouble).into(),
    }
}
