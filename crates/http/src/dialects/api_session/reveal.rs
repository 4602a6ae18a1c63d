//! Which error becomes which status and body?

use std::borrow::Cow;

use http::StatusCode;
use portcullis_core::flows::log_in::LogInError;
use portcullis_core::flows::one_time::OneTimeError;
use portcullis_core::flows::own_account::OwnAccountError;
use portcullis_core::flows::register::RegisterError;
use portcullis_core::flows::request_mail::RequestMailError;
use portcullis_core::flows::reset_password::ResetPasswordError;
use portcullis_core::legacy::LegacyAuthenticateError;
use portcullis_core::policy::PasswordProblem;
use serde::Serialize;
use serde_json::{Map, Value};

use super::wire;
use crate::dialects::answer::Refusal;
use crate::dialects::mails;
use crate::extract::{Wrong, texts};
use crate::problem::{Code, FieldError, Problem};

/// `{title, message, errors}`, as every route answers.
#[derive(Serialize)]
struct Body<'m> {
    title: &'m str,
    message: &'m str,
    errors: Map<String, Value>,
}

fn refusal(status: StatusCode, title: &str, message: &str, errors: Map<String, Value>) -> Refusal {
    Refusal::json(status, &Body { title, message, errors })
}

/// What is about no field has its message in the place of one.
fn error(status: StatusCode, title: &str, message: &str) -> Refusal {
    refusal(status, title, message, entry("message", message))
}

fn entry(name: &str, text: &str) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), text.into())])
}

/// What no handler has answered.
pub(super) fn problem(problem: &Problem) -> Refusal {
    let code = problem.code();
    match code {
        Code::InvalidRequest => invalid(problem, |_| None),
        Code::NotFound | Code::MethodNotAllowed => {
            error(StatusCode::NOT_FOUND, "Resource Not Found", "The requested resource couldn't be found.")
        }
        Code::CsrfFailed => untitled(code.status(), "invalid csrf token"),
        Code::BodyTooLarge => untitled(code.status(), "request entity too large"),
        _ => untitled(code.status(), code.title()),
    }
}

/// Such backends have this title where no route gives another, whatever the status.
fn untitled(status: StatusCode, message: &str) -> Refusal {
    error(status, "Server Error", message)
}

/// A body of which fields are missing or wrong, each in the words of the contract where it has any.
fn invalid(problem: &Problem, words: impl Fn(&FieldError) -> Option<Cow<'static, str>>) -> Refusal {
    const MESSAGE: &str = "Bad request.";
    let said = |wrong: &FieldError| words(wrong).map_or_else(|| sentence(wrong), Cow::into_owned);
    let errors: Map<String, Value> =
        problem.errors().iter().map(|wrong| (wrong.field.clone().into_owned(), said(wrong).into())).collect();
    let errors = if errors.is_empty() { entry("message", MESSAGE) } else { errors };
    refusal(StatusCode::BAD_REQUEST, "Bad Request", MESSAGE, errors)
}

/// `Username must be 30 characters or less.`
fn sentence(wrong: &FieldError) -> String {
    let mut chars = wrong.field.chars();
    let first = chars.next().map(|first| first.to_ascii_uppercase());
    first
        .into_iter()
        .chain(chars)
        .chain(" ".chars())
        .chain(wrong.message.chars())
        .chain(".".chars())
        .collect()
}

/// A body that is no registration.
pub(super) fn registration(refused: Problem, min_password_chars: usize) -> Refusal {
    if refused.code() != Code::InvalidRequest {
        return refused.into();
    }
    invalid(&refused, |wrong| match (&*wrong.field, wrong.code) {
        ("email", "duplicate" | "domain_not_allowed") => None,
        ("email", _) => Some("Please provide a valid email.".into()),
        ("username", "required" | "wrong_type" | "too_short") => {
            Some("Please provide a username with at least 4 characters.".into())
        }
        ("username", "is_email") => Some("Username cannot be an email.".into()),
        ("password", "required" | "wrong_type" | "too_short") => {
            Some(format!("Password must be {min_password_chars} characters or more.").into())
        }
        _ => None,
    })
}

/// A body that is no login.
pub(super) fn login(refused: Problem) -> Refusal {
    if refused.code() != Code::InvalidRequest {
        return refused.into();
    }
    invalid(&refused, |wrong| match (&*wrong.field, wrong.code) {
        ("credential", "required" | "wrong_type") => Some("Please provide a valid email or username.".into()),
        ("password", "required" | "wrong_type") => Some("Please provide a password.".into()),
        _ => None,
    })
}

pub(super) fn register(refused: RegisterError) -> Refusal {
    let field = |name: &'static str, wrong: Wrong| Problem::invalid(vec![wrong.of(name)]);
    match refused {
        RegisterError::NoIdentifier => {
            registration(field("email", Wrong::new("required", "must be given")), 0)
        }
        RegisterError::Password(problem) => new_password(problem),
        RegisterError::Profile(name, problem) => {
            registration(field(texts::field_name(name), texts::profile_text(problem)), 0)
        }
        RegisterError::EmailRequired => registration(field("email", mails::required()), 0),
        RegisterError::Domain(refused) => registration(field("email", texts::domain(refused)), 0),
        RegisterError::InvitationRequired => untitled(StatusCode::FORBIDDEN, mails::INVITED_ONLY),
        // No route of the contract takes an invitation.
        RegisterError::InvitationInvalid | RegisterError::OtherAddressInvited => {
            untitled(StatusCode::BAD_REQUEST, mails::INVITATION_INVALID)
        }
        RegisterError::MailNotConfigured => no_mails(),
        RegisterError::EmailTaken => taken("email", "email must be unique"),
        RegisterError::UsernameTaken => taken("username", "username must be unique"),
        RegisterError::Throttled { retry_after } => Problem::too_many_requests(retry_after).into(),
        RegisterError::Trouble(trouble) => Problem::from(trouble).into(),
    }
}

fn new_password(problem: PasswordProblem) -> Refusal {
    let wrong = texts::password(problem).of("password");
    let min_chars = match problem {
        PasswordProblem::TooShort { min_chars } => min_chars,
        PasswordProblem::TooLong { .. }
        | PasswordProblem::ContainsNul
        | PasswordProblem::Common
        | PasswordProblem::MadeOfIdentifier
        | PasswordProblem::MadeOfBlockedWord
        | PasswordProblem::Breached => 0,
    };
    registration(Problem::invalid(vec![wrong]), min_chars)
}

/// Where a mail is needed, and none is sent.
pub(super) fn no_mails() -> Refusal {
    untitled(StatusCode::NOT_IMPLEMENTED, mails::NOT_CONFIGURED)
}

fn taken(field: &str, message: &str) -> Refusal {
    refusal(StatusCode::BAD_REQUEST, "Validation error", "Validation error", entry(field, message))
}

pub(super) fn log_in(refused: LogInError) -> Refusal {
    const FAILED: &str = "Login failed";
    match refused {
        // SECURITY: a disabled account is no different to a client that knows nothing of such a thing.
        LogInError::UnknownAccount
        | LogInError::NoPassword
        | LogInError::WrongPassword
        | LogInError::AccountDisabled => {
            let errors = entry("credential", "The provided credentials were invalid.");
            refusal(StatusCode::UNAUTHORIZED, FAILED, FAILED, errors)
        }
        LogInError::EmailNotVerified => {
            refusal(StatusCode::UNAUTHORIZED, FAILED, FAILED, entry("credential", mails::NOT_VERIFIED))
        }
        LogInError::Throttled { retry_after } => {
            let message = "Too many attempts, try again later.";
            // Where the form of such applications shows it.
            let errors = entry("credential", message);
            refusal(StatusCode::TOO_MANY_REQUESTS, FAILED, message, errors).retry_after(retry_after)
        }
        LogInError::Trouble(trouble) => Problem::from(trouble).into(),
    }
}

/// What came by mail, if it did, is not good (any more).
pub(super) fn not_good() -> Refusal {
    error(StatusCode::BAD_REQUEST, "Bad Request", mails::NOT_GOOD)
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
        OneTimeError::PasswordRequired => {
            invalid(&Problem::invalid(vec![mails::password_required().of("password")]), |_| None)
        }
        OneTimeError::WrongPassword => {
            let errors = entry("password", mails::WRONG_PASSWORD);
            refusal(StatusCode::BAD_REQUEST, "Bad Request", mails::WRONG_PASSWORD, errors)
        }
        OneTimeError::EmailTaken => taken("email", "email must be unique"),
        OneTimeError::UsernameTaken => taken("username", "username must be unique"),
        OneTimeError::Throttled { retry_after } => Problem::too_many_attempts(retry_after).into(),
        OneTimeError::Trouble(trouble) => Problem::from(trouble).into(),
    }
}

pub(super) fn reset_password(refused: ResetPasswordError) -> Refusal {
    match refused {
        // A disabled account is no different to a client that knows nothing of such a thing.
        ResetPasswordError::Invalid | ResetPasswordError::AccountDisabled => not_good(),
        ResetPasswordError::Password(problem) => new_password(problem),
        ResetPasswordError::Throttled { retry_after } => Problem::too_many_attempts(retry_after).into(),
        ResetPasswordError::Trouble(trouble) => Problem::from(trouble).into(),
    }
}

/// A token that makes its bearer nobody; anything else is an error.
pub(super) fn authenticate(refused: LegacyAuthenticateError) -> Result<(), Problem> {
    match refused {
        LegacyAuthenticateError::Token(_)
        | LegacyAuthenticateError::Forged
        | LegacyAuthenticateError::NotAccess
        | LegacyAuthenticateError::Expired
        | LegacyAuthenticateError::Unexpiring
        | LegacyAuthenticateError::NoAccount
        | LegacyAuthenticateError::AccountDisabled
        | LegacyAuthenticateError::SessionRevoked
        // Whoever sends junk is nobody, and may log in.
        | LegacyAuthenticateError::Throttled { .. } => Ok(()),
        LegacyAuthenticateError::Trouble(trouble) => Err(trouble.into()),
    }
}

/// An account that makes its bearer nobody; anything else is an error.
pub(super) fn own_account(refused: OwnAccountError) -> Result<(), Problem> {
    match refused {
        OwnAccountError::NoAccount | OwnAccountError::AccountDisabled => Ok(()),
        // Nothing is changed and no password asked for where an account is only read.
        OwnAccountError::Profile(..) | OwnAccountError::WrongPassword | OwnAccountError::Throttled { .. } => {
            Err(Problem::internal(refused))
        }
        OwnAccountError::Trouble(trouble) => Err(trouble.into()),
    }
}

/// Where a login is needed.
pub(super) fn nobody() -> Refusal {
    const MESSAGE: &str = "Authentication required";
    error(StatusCode::UNAUTHORIZED, MESSAGE, MESSAGE)
}

/// The same to whoever has a token that is good for nothing.
pub(super) fn nobody_any_more() -> Refusal {
    let (name, value) = wire::no_token_cookie();
    nobody().header(name, value)
}
