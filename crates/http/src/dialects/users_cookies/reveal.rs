//! Which error becomes which status and body?

use http::StatusCode;
use portcullis_core::flows::log_in::LogInError;
use portcullis_core::flows::one_time::OneTimeError;
use portcullis_core::flows::own_account::OwnAccountError;
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

/// `ApiError`, as the error middleware of such backends writes it.
#[derive(Serialize)]
struct Body<'m> {
    success: bool,
    message: &'m str,
    errors: [(); 0],
}

/// `{success: false, message, errors: []}`, as every route answers.
pub(super) fn error(status: StatusCode, message: &str) -> Refusal {
    Refusal::json(status, &Body { success: false, message, errors: [] })
}

/// What no handler has answered. A field that is wrong is named; nothing of ours is told beyond that.
pub(super) fn problem(problem: &Problem) -> Refusal {
    let code = problem.code();
    match (problem.errors(), code) {
        ([first, ..], _) => error(code.status(), &first.sentence()),
        ([], Code::BodyTooLarge) => error(code.status(), "request entity too large"),
        ([], _) => error(code.status(), code.title()),
    }
}

/// A body that is no registration.
pub(super) fn registration(problem: Problem) -> Refusal {
    incomplete(problem, "All fields are required")
}

/// A body that is no login.
pub(super) fn login(problem: Problem) -> Refusal {
    incomplete(problem, "Email and password are required")
}

/// Has one message for whatever is missing, and names what is there and wrong.
fn incomplete(problem: Problem, message: &str) -> Refusal {
    if problem.errors().iter().any(|field| field.code == "required") {
        return error(StatusCode::BAD_REQUEST, message);
    }
    problem.into()
}

fn field(name: &'static str, wrong: Wrong) -> Refusal {
    error(StatusCode::BAD_REQUEST, &wrong.of(name).sentence())
}

pub(super) fn register(refused: RegisterError) -> Refusal {
    match refused {
        RegisterError::NoIdentifier => error(StatusCode::BAD_REQUEST, "All fields are required"),
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
            error(StatusCode::CONFLICT, "User with this email already exists")
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
        // SECURITY: a disabled account is no different to a client that knows nothing of such a thing.
        LogInError::UnknownAccount
        | LogInError::NoPassword
        | LogInError::WrongPassword
        | LogInError::AccountDisabled => error(StatusCode::UNAUTHORIZED, "Invalid email or password"),
        LogInError::EmailNotVerified => error(StatusCode::UNAUTHORIZED, mails::NOT_VERIFIED),
        LogInError::Throttled { retry_after } => too_many_attempts().retry_after(retry_after),
        LogInError::Trouble(trouble) => Problem::from(trouble).into(),
    }
}

fn too_many_attempts() -> Refusal {
    error(StatusCode::TOO_MANY_REQUESTS, "Too many attempts, try again later")
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

/// Without a token.
pub(super) fn nobody() -> Refusal {
    error(StatusCode::UNAUTHORIZED, "Unauthorized request")
}

fn no_access() -> Refusal {
    error(StatusCode::UNAUTHORIZED, "Invalid access token")
}

pub(super) fn authenticate(refused: LegacyAuthenticateError) -> Refusal {
    match refused {
        // It was good once, and its client may refresh it.
        LegacyAuthenticateError::Expired => error(StatusCode::UNAUTHORIZED, "Access token is expired"),
        LegacyAuthenticateError::Token(_)
        | LegacyAuthenticateError::Forged
        | LegacyAuthenticateError::NotAccess
        | LegacyAuthenticateError::Unexpiring
        | LegacyAuthenticateError::NoAccount
        | LegacyAuthenticateError::AccountDisabled
        | LegacyAuthenticateError::SessionRevoked => no_access(),
        LegacyAuthenticateError::Throttled { retry_after } => Problem::too_many_requests(retry_after).into(),
        LegacyAuthenticateError::Trouble(trouble) => Problem::from(trouble).into(),
    }
}

pub(super) fn own_account(refused: OwnAccountError) -> Refusal {
    match refused {
        // No route of the contract asks for the password of who is logged in.
        OwnAccountError::NoAccount | OwnAccountError::AccountDisabled | OwnAccountError::WrongPassword => {
            no_access()
        }
        OwnAccountError::Profile(name, problem) => {
            field(texts::field_name(name), texts::profile_text(problem))
        }
        OwnAccountError::Throttled { retry_after } => too_many_attempts().retry_after(retry_after),
        OwnAccountError::Trouble(trouble) => Problem::from(trouble).into(),
    }
}

/// A profile change that changes nothing.
pub(super) fn nothing_to_update() -> Refusal {
    error(StatusCode::BAD_REQUEST, "No fields to update")
}

fn no_refresh() -> Refusal {
    error(StatusCode::UNAUTHORIZED, "Invalid refresh token")
}

/// A body whose refresh token is no text.
pub(super) fn refresh_body(_: Problem) -> Refusal {
    no_refresh()
}

pub(super) fn refresh(refused: RefreshError) -> Refusal {
    match refused {
        RefreshError::Invalid(_) => no_refresh(),
        // SECURITY: one answer for what is well signed, whether or not there is such an account.
        RefreshError::Unknown
        | RefreshError::Expired
        | RefreshError::Revoked
        | RefreshError::Reused { .. }
        | RefreshError::AccountDisabled
        | RefreshError::NotBelieved => error(StatusCode::UNAUTHORIZED, "Refresh token is expired or used"),
        RefreshError::Throttled { retry_after } => Problem::too_many_requests(retry_after).into(),
        RefreshError::Trouble(trouble) => Problem::from(trouble).into(),
    }
}
