//! Which error becomes which status and body?

use http::StatusCode;
use portcullis_core::flows::log_in::LogInError;
use portcullis_core::flows::one_time::OneTimeError;
use portcullis_core::flows::refresh::RefreshError;
use portcullis_core::flows::register::RegisterError;
use portcullis_core::flows::request_mail::RequestMailError;
use portcullis_core::flows::reset_password::ResetPasswordError;
use portcullis_core::legacy::LegacyAuthenticateError;
use serde::Serialize;

use crate::dialects::answer::Refusal;
use crate::dialects::mails;
use crate::extract::{Wrong, texts};
use crate::problem::{Code, Problem};

#[derive(Serialize)]
struct Body<'m> {
    error: &'m str,
}

/// `{error}`, as every route but the protected one answers.
pub(super) fn error(status: StatusCode, message: &str) -> Refusal {
    Refusal::json(status, &Body { error: message })
}

/// What no handler has answered. A field that is missing or wrong is named; nothing of ours is told beyond that.
pub(super) fn problem(problem: &Problem) -> Refusal {
    let code = problem.code();
    match problem.errors() {
        [first, ..] => error(code.status(), &first.sentence()),
        [] => error(code.status(), code.title()),
    }
}

fn field(name: &'static str, wrong: Wrong) -> Refusal {
    error(StatusCode::BAD_REQUEST, &wrong.of(name).sentence())
}

pub(super) fn register(refused: RegisterError) -> Refusal {
    match refused {
        RegisterError::NoIdentifier => error(StatusCode::BAD_REQUEST, "email must be given"),
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
            error(StatusCode::BAD_REQUEST, "Validation error")
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
        // SECURITY: the contract tells an unknown address from a wrong password, and so who has an account. A disabled
        // account is no different to a client that knows nothing of such a thing.
        LogInError::UnknownAccount
        | LogInError::NoPassword
        | LogInError::WrongPassword
        | LogInError::AccountDisabled => error(StatusCode::BAD_REQUEST, "Invalid email or password"),
        LogInError::EmailNotVerified => error(StatusCode::BAD_REQUEST, mails::NOT_VERIFIED),
        LogInError::Throttled { retry_after } => too_many_attempts().retry_after(retry_after),
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
        OneTimeError::EmailTaken => error(StatusCode::BAD_REQUEST, mails::ADDRESS_TAKEN),
        OneTimeError::UsernameTaken => error(StatusCode::BAD_REQUEST, mails::USERNAME_TAKEN),
        OneTimeError::Throttled { retry_after } => too_many_attempts().retry_after(retry_after),
        OneTimeError::Trouble(trouble) => Problem::from(trouble).into(),
    }
}

pub(super) fn reset_password(refused: ResetPasswordError) -> Refusal {
    match refused {
        // A disabled account is no different to a client that knows nothing of such a thing.
        ResetPasswordError::Invalid | ResetPasswordError::AccountDisabled => not_good(),
        ResetPasswordError::Password(problem) => field("password", texts::password(problem)),
        ResetPasswordError::Throttled { retry_after } => too_many_attempts().retry_after(retry_after),
        ResetPasswordError::Trouble(trouble) => Problem::from(trouble).into(),
    }
}

fn too_many_attempts() -> Refusal {
    error(StatusCode::TOO_MANY_REQUESTS, "Too many attempts, try again later")
}

/// Without a token.
pub(super) fn nobody() -> Refusal {
    Refusal::status(StatusCode::UNAUTHORIZED)
}

/// At the protected route.
pub(super) fn authenticate(refused: LegacyAuthenticateError) -> Refusal {
    no_access(refused, Refusal::status(StatusCode::FORBIDDEN))
}

/// At a logout, for which the contract has one refusal.
pub(super) fn log_out(refused: LegacyAuthenticateError) -> Refusal {
    no_access(refused, nobody())
}

fn no_access(refused: LegacyAuthenticateError, answer: Refusal) -> Refusal {
    match refused {
        LegacyAuthenticateError::Token(_)
        | LegacyAuthenticateError::Forged
        | LegacyAuthenticateError::NotAccess
        | LegacyAuthenticateError::Expired
        | LegacyAuthenticateError::Unexpiring
        | LegacyAuthenticateError::NoAccount
        | LegacyAuthenticateError::AccountDisabled
        | LegacyAuthenticateError::SessionRevoked => answer,
        LegacyAuthenticateError::Throttled { retry_after } => Problem::too_many_requests(retry_after).into(),
        LegacyAuthenticateError::Trouble(trouble) => Problem::from(trouble).into(),
    }
}

/// Without a refresh token.
pub(super) fn no_refresh_token() -> Refusal {
    error(StatusCode::UNAUTHORIZED, Code::AuthenticationRequired.title())
}

pub(super) fn refresh(refused: RefreshError) -> Refusal {
    no_refresh(refused, error(StatusCode::FORBIDDEN, Code::InvalidRefreshToken.title()))
}

/// At a logout that names its session by a refresh token.
pub(super) fn log_out_by_refresh(refused: RefreshError) -> Refusal {
    no_refresh(refused, nobody())
}

fn no_refresh(refused: RefreshError, answer: Refusal) -> Refusal {
    match refused {
        RefreshError::Invalid(_)
        | RefreshError::Unknown
        | RefreshError::Expired
        | RefreshError::Revoked
        | RefreshError::Reused { .. }
        | RefreshError::AccountDisabled
        | RefreshError::NotBelieved => answer,
        RefreshError::Throttled { retry_after } => Problem::too_many_requests(retry_after).into(),
        RefreshError::Trouble(trouble) => Problem::from(trouble).into(),
    }
}
