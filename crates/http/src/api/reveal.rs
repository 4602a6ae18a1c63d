//! How much of what the core knows does a client hear?
//!
//! Every error of the core is matched by name: a new one does not compile before somebody has decided. What the
//! core tells apart and a stranger must not, stands in one arm.

use std::time::Duration;

use portcullis_core::flows::Trouble;
use portcullis_core::flows::administer::AdministerError;
use portcullis_core::flows::authenticate::AuthenticateError;
use portcullis_core::flows::change_password::ChangePasswordError;
use portcullis_core::flows::log_in::LogInError;
use portcullis_core::flows::own_account::OwnAccountError;
use portcullis_core::flows::reauthenticate::{ReauthenticateError, ReauthenticationRequired};
use portcullis_core::flows::refresh::RefreshError;
use portcullis_core::flows::register::RegisterError;
use portcullis_core::flows::rotate_keys::RotateKeysError;
use portcullis_core::hash_gate::HashError;
use portcullis_core::ports::StoreError;
use portcullis_core::verifier::VerifyError;

pub(crate) use crate::extract::texts::{email, field_name, password, profile_text, username};
use crate::problem::{Code, FieldError, Problem};

impl From<AuthenticateError> for Problem {
    fn from(error: AuthenticateError) -> Self {
        Self::new(match error {
            // Only a token whose signature is good is told that it has expired or that its session has ended.
            AuthenticateError::Token(VerifyError::Expired) => Code::AccessTokenExpired,
            AuthenticateError::SessionRevoked => Code::SessionEnded,
            AuthenticateError::Token(
                VerifyError::Malformed
                | VerifyError::TooLong
                | VerifyError::UnsupportedHeader(_)
                | VerifyError::UnknownKey
                | VerifyError::AlgorithmMismatch
                | VerifyError::BadSignature
                | VerifyError::NotYetValid
                | VerifyError::IssuedInFuture
                | VerifyError::WrongIssuer
                | VerifyError::WrongAudience
                | VerifyError::WrongType
                | VerifyError::Claim(_),
            )
            | AuthenticateError::Incomplete(_) => Code::InvalidAccessToken,
        })
    }
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::NoIdentifier => Self::invalid(vec![
                FieldError::new("email", "required", "must be given, or a username"),
                FieldError::new("username", "required", "must be given, or an email address"),
            ]),
            RegisterError::Password(problem) => Self::invalid(vec![password(problem).of("password")]),
            RegisterError::Profile(field, error) => {
                Self::invalid(vec![profile_text(error).of(field_name(field))])
            }
            RegisterError::EmailTaken => Self::new(Code::EmailTaken).field(FieldError::new(
                "email",
                "taken",
                "must not belong to another account",
            )),
            RegisterError::UsernameTaken => Self::new(Code::UsernameTaken).field(FieldError::new(
                "username",
                "taken",
                "must not belong to another account",
            )),
            RegisterError::Throttled { retry_after } => Self::too_many_requests(retry_after),
            RegisterError::Trouble(trouble) => trouble.into(),
        }
    }
}

impl From<LogInError> for Problem {
    fn from(error: LogInError) -> Self {
        match error {
            // SECURITY: told apart, these would say who has an account here.
            LogInError::UnknownAccount | LogInError::NoPassword | LogInError::WrongPassword => {
                Self::new(Code::InvalidCredentials)
            }
            LogInError::AccountDisabled => Self::new(Code::AccountDisabled),
            LogInError::Throttled { retry_after } => Self::too_many_attempts(retry_after),
            LogInError::Trouble(trouble) => trouble.into(),
        }
    }
}

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Invalid(_)
            | RefreshError::Unknown
            | RefreshError::Expired
            | RefreshError::Revoked
            | RefreshError::AccountDisabled
            | RefreshError::NotBelieved => Self::new(Code::InvalidRefreshToken),
            // The owner's client can warn its user. A thief learns what the next try would show anyway.
            RefreshError::Reused { .. } => Self::new(Code::RefreshTokenReused).detail(
                "The session was ended, because a copy of its refresh token is in use. Log in again; if nobody but you \
                 should have had it, change your password and look at your sessions.",
            ),
            RefreshError::Throttled { retry_after } => Self::too_many_requests(retry_after),
            RefreshError::Trouble(trouble) => trouble.into(),
        }
    }
}

impl From<ChangePasswordError> for Problem {
    fn from(error: ChangePasswordError) -> Self {
        match error {
            ChangePasswordError::WrongPassword => wrong_password("current_password"),
            ChangePasswordError::Password(problem) => {
                Self::invalid(vec![password(problem).of("new_password")])
            }
            ChangePasswordError::NoAccount => Self::new(Code::InvalidAccessToken),
            ChangePasswordError::AccountDisabled => Self::new(Code::AccountDisabled),
            ChangePasswordError::Throttled { retry_after } => Self::too_many_attempts(retry_after),
            ChangePasswordError::Trouble(trouble) => trouble.into(),
        }
    }
}

impl From<ReauthenticateError> for Problem {
    fn from(error: ReauthenticateError) -> Self {
        match error {
            ReauthenticateError::WrongPassword => wrong_password("password"),
            ReauthenticateError::SessionOver => Self::new(Code::SessionEnded),
            ReauthenticateError::NoAccount => Self::new(Code::InvalidAccessToken),
            ReauthenticateError::AccountDisabled => Self::new(Code::AccountDisabled),
            ReauthenticateError::Throttled { retry_after } => Self::too_many_attempts(retry_after),
            ReauthenticateError::Trouble(trouble) => trouble.into(),
        }
    }
}

impl From<ReauthenticationRequired> for Problem {
    fn from(required: ReauthenticationRequired) -> Self {
        Self::reauthentication_required(required.max_age)
    }
}

impl From<OwnAccountError> for Problem {
    fn from(error: OwnAccountError) -> Self {
        match error {
            OwnAccountError::NoAccount => Self::new(Code::InvalidAccessToken),
            OwnAccountError::AccountDisabled => Self::new(Code::AccountDisabled),
            OwnAccountError::Profile(field, error) => {
                Self::invalid(vec![profile_text(error).of(field_name(field))])
            }
            OwnAccountError::WrongPassword => wrong_password("password"),
            OwnAccountError::Throttled { retry_after } => Self::too_many_attempts(retry_after),
            OwnAccountError::Trouble(trouble) => trouble.into(),
        }
    }
}

impl From<AdministerError> for Problem {
    fn from(error: AdministerError) -> Self {
        match error {
            AdministerError::Forbidden => Self::new(Code::Forbidden),
            // To an administrator it is no secret which of the two is missing.
            AdministerError::NoAccount => Self::new(Code::NotFound).detail("There is no such account."),
            AdministerError::NoSession => {
                Self::new(Code::NotFound).detail("The account has no such live session.")
            }
            AdministerError::OwnAccount => Self::new(Code::OwnAccount),
            AdministerError::ReauthenticationRequired(required) => required.into(),
            AdministerError::CountersAway => Self::unavailable(Duration::from_secs(1), error),
            AdministerError::Trouble(trouble) => trouble.into(),
        }
    }
}

impl From<RotateKeysError> for Problem {
    fn from(error: RotateKeysError) -> Self {
        match error {
            RotateKeysError::Raced | RotateKeysError::TooSoon => Self::new(Code::Conflict),
            // The server keeps an active and a next key of each purpose: its database was tampered with.
            RotateKeysError::Missing(_) => Self::internal(error),
            RotateKeysError::Trouble(trouble) => trouble.into(),
        }
    }
}

impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Store(error) => error.into(),
            Trouble::Hash(HashError::Overloaded { retry_after }) => Self::unavailable(retry_after, trouble),
            // A flow checks a password against its policy, the scheme included, before it has it hashed.
            Trouble::Hash(HashError::Password(_) | HashError::Failed)
            | Trouble::Minting { .. }
            | Trouble::Sealing(_) => Self::internal(trouble),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable { retry_after, .. } => Self::unavailable(retry_after, error),
            StoreError::Failed { .. } => Self::internal(error),
        }
    }
}

fn wrong_password(field: &'static str) -> Problem {
    Problem::new(Code::WrongPassword).field(FieldError::new(
        field,
        "wrong",
        "must be the password of the account",
    ))
}
