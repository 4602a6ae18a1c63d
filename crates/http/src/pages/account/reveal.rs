//! What is a person told about the outcome of a flow?
//!
//! Whoever has the token of a mail has read the mail: all may be told that helps. About accounts that are not theirs a page
//! tells nothing.

use std::sync::Arc;

use axum::response::Response;
use http::StatusCode;
use portcullis_core::flows::one_time::OneTimeError;
use portcullis_core::flows::register::RegisterError;
use portcullis_core::flows::reset_password::ResetPasswordError;
use portcullis_core::flows::verify_email::Verified;
use portcullis_core::model::{Email, EmailError, ProfileTextError, UsernameError};
use portcullis_core::policy::PasswordProblem;

use crate::dialects::Noted;
use crate::problem::{Code, Problem};

/// What was done.
#[derive(Debug)]
pub(super) enum Done {
    /// An address was verified, and what waited for that is done.
    Verified(Verified),
    /// There is another password.
    PasswordSet,
    /// The account has this address again.
    EmailBack(Email),
    /// The account is not deleted.
    AccountKept,
    /// There is a new account.
    Registered,
}

/// Why nothing was done, and the form is of no more use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// The link has no token, or half of one.
    Incomplete,
    /// The token is not good (any more).
    NotGood,
    /// Somebody else has the address by now.
    EmailTaken,
    /// Somebody else has the username by now.
    UsernameTaken,
    /// An administrator has disabled the account.
    AccountDisabled,
    /// Too many tries.
    TooMany,
    /// The server has no time.
    Busy,
    /// The request is none of a browser that shows our form.
    Unreadable,
    /// The server is broken.
    Broken,
}

/// What is to be put right in a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The address is none.
    Email(EmailError),
    /// The code is not good for that address.
    Code,
    /// The username is none.
    Username(UsernameError),
    /// Somebody else has it.
    UsernameTaken,
    /// The name does not fit.
    Name(ProfileTextError),
    /// The password does not meet the policy.
    Password(PasswordProblem),
    /// The password of the account is needed, or the one of the registration.
    ChosenPasswordMissing,
    /// It is another one.
    ChosenPasswordWrong,
    /// The link had no token, or half of one. A code does as well.
    Incomplete,
}

/// Why nothing was done.
pub(super) enum Refused {
    Final(Reason),
    Fault(Fault),
    Problem(Problem),
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// About the token of a link.
pub(super) fn one_time(error: OneTimeError) -> Refused {
    match error {
        OneTimeError::Invalid => Refused::Final(Reason::NotGood),
        OneTimeError::PasswordRequired => Refused::Fault(Fault::ChosenPasswordMissing),
        OneTimeError::WrongPassword => Refused::Fault(Fault::ChosenPasswordWrong),
        OneTimeError::EmailTaken => Refused::Final(Reason::EmailTaken),
        OneTimeError::UsernameTaken => Refused::Final(Reason::UsernameTaken),
        OneTimeError::Throttled { retry_after } => Refused::Problem(Problem::too_many_attempts(retry_after)),
        OneTimeError::Trouble(trouble) => Refused::Problem(trouble.into()),
    }
}

/// About a code that somebody typed: there is another try.
pub(super) fn code(error: OneTimeError) -> Refused {
    match error {
        OneTimeError::Invalid => Refused::Fault(Fault::Code),
        OneTimeError::PasswordRequired
        | OneTimeError::WrongPassword
        | OneTimeError::EmailTaken
        | OneTimeError::UsernameTaken
        | OneTimeError::Throttled { .. }
        | OneTimeError::Trouble(_) => one_time(error),
    }
}

pub(super) fn reset_password(error: ResetPasswordError) -> Refused {
    match error {
        ResetPasswordError::Invalid => Refused::Final(Reason::NotGood),
        ResetPasswordError::Password(problem) => Refused::Fault(Fault::Password(problem)),
        ResetPasswordError::AccountDisabled => Refused::Final(Reason::AccountDisabled),
        ResetPasswordError::Throttled { retry_after } => {
            Refused::Problem(Problem::too_many_attempts(retry_after))
        }
        ResetPasswordError::Trouble(trouble) => Refused::Problem(trouble.into()),
    }
}

pub(super) fn register(error: RegisterError) -> Refused {
    match error {
        RegisterError::Password(problem) => Refused::Fault(Fault::Password(problem)),
        RegisterError::Profile(_, problem) => Refused::Fault(Fault::Name(problem)),
        RegisterError::UsernameTaken => Refused::Fault(Fault::UsernameTaken),
        RegisterError::EmailTaken => Refused::Final(Reason::EmailTaken),
        RegisterError::InvitationInvalid | RegisterError::OtherAddressInvited | RegisterError::Domain(_) => {
            Refused::Final(Reason::NotGood)
        }
        // An invitation has an address, and nothing else is asked for.
        RegisterError::NoIdentifier
        | RegisterError::EmailRequired
        | RegisterError::InvitationRequired
        | RegisterError::MailNotConfigured => Refused::Problem(Problem::internal(error)),
        RegisterError::Throttled { retry_after } => Refused::Problem(Problem::too_many_requests(retry_after)),
        RegisterError::Trouble(trouble) => Refused::Problem(trouble.into()),
    }
}

/// What a page says about a problem that is not one of the person's input.
pub(super) fn reason(code: Code) -> Reason {
    match code.status() {
        StatusCode::TOO_MANY_REQUESTS => Reason::TooMany,
        StatusCode::SERVICE_UNAVAILABLE => Reason::Busy,
        status if status.is_client_error() => Reason::Unreadable,
        _ => Reason::Broken,
    }
}

/// Takes over the headers of a problem, and notes it for the log.
pub(super) fn noted(mut answer: Response, problem: Problem) -> Response {
    answer.headers_mut().extend(problem.headers().clone());
    answer.extensions_mut().insert(Noted(Arc::new(problem)));
    answer
}
