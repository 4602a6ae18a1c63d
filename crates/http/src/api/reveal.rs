//! How much of what the core knows does a client hear?
//!
//! Every error of the core is matched by name: a new one does not compile before somebody has decided. What the
//! core tells apart and a stranger must not, stands in one arm.

use std::time::Duration;

use portcullis_core::flows::Trouble;
use portcullis_core::flows::administer::AdministerError;
use portcullis_core::flows::authenticate::AuthenticateError;
use portcullis_core::flows::change_email::ChangeEmailError;
use portcullis_core::flows::change_password::ChangePasswordError;
use portcullis_core::flows::invite::InviteError;
use portcullis_core::flows::log_in::LogInError;
use portcullis_core::flows::one_time::OneTimeError;
use portcullis_core::flows::own_account::{NotVerified, OwnAccountError};
use portcullis_core::flows::reauthenticate::{ReauthenticateError, ReauthenticationRequired};
use portcullis_core::flows::refresh::RefreshError;
use portcullis_core::flows::register::RegisterError;
use portcullis_core::flows::request_mail::RequestMailError;
use portcullis_core::flows::reset_password::ResetPasswordError;
use portcullis_core::flows::rotate_keys::RotateKeysError;
use portcullis_core::hash_gate::HashError;
use portcullis_core::ports::StoreError;
use portcullis_core::verifier::VerifyError;

pub(crate) use crate::extract::texts::{domain, email, field_name, locale, password, profile_text, username};
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
            RegisterError::EmailRequired => {
                Self::invalid(vec![FieldError::new("email", "required", "must be given")])
            }
            RegisterError::Domain(refused) => Self::invalid(vec![domain(refused).of("email")]),
            RegisterError::InvitationRequired => Self::new(Code::InvitationRequired),
            RegisterError::InvitationInvalid => invalid_invitation(),
            RegisterError::OtherAddressInvited => Self::invalid(vec![FieldError::new(
                "email",
                "not_invited",
                "must be the address that the invitation went to, or absent",
            )]),
            RegisterError::MailNotConfigured => Self::new(Code::MailNotConfigured),
            RegisterError::EmailTaken => taken(Code::EmailTaken, "email"),
            RegisterError::UsernameTaken => taken(Code::UsernameTaken, "username"),
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
            LogInError::EmailNotVerified => Self::new(Code::EmailNotVerified),
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

impl From<NotVerified> for Problem {
    fn from(error: NotVerified) -> Self {
        match error {
            NotVerified::NotVerified => Self::new(Code::EmailNotVerified),
            NotVerified::Trouble(trouble) => trouble.into(),
        }
    }
}

impl From<OneTimeError> for Problem {
    fn from(error: OneTimeError) -> Self {
        match error {
            OneTimeError::Invalid => Self::new(Code::InvalidOneTimeToken),
            OneTimeError::PasswordRequired => Self::invalid(vec![FieldError::new(
                "password",
                "required",
                "must be given: the one that was chosen for the account",
            )]),
            OneTimeError::WrongPassword => Self::new(Code::WrongPassword).field(FieldError::new(
                "password",
                "wrong",
                "must be the one that was chosen for the account",
            )),
            // Whoever holds a good token has read the mail; the names are those of the own registration.
            OneTimeError::EmailTaken => {
                Self::new(Code::EmailTaken).detail("It belongs to another account by now.")
            }
            OneTimeError::UsernameTaken => Self::new(Code::UsernameTaken)
                .detail("It belongs to another account by now. Register again with another one."),
            OneTimeError::Throttled { retry_after } => Self::too_many_attempts(retry_after),
            OneTimeError::Trouble(trouble) => trouble.into(),
        }
    }
}

impl From<RequestMailError> for Problem {
    fn from(error: RequestMailError) -> Self {
        match error {
            RequestMailError::NotConfigured => Self::new(Code::MailNotConfigured),
            RequestMailError::Throttled { retry_after } => Self::too_many_requests(retry_after),
            RequestMailError::Trouble(trouble) => trouble.into(),
        }
    }
}

impl From<ResetPasswordError> for Problem {
    fn from(error: ResetPasswordError) -> Self {
        match error {
            ResetPasswordError::Invalid => Self::new(Code::InvalidOneTimeToken),
            ResetPasswordError::Password(problem) => {
                Self::invalid(vec![password(problem).of("new_password")])
            }
            ResetPasswordError::AccountDisabled => Self::new(Code::AccountDisabled),
            ResetPasswordError::Throttled { retry_after } => Self::too_many_attempts(retry_after),
            ResetPasswordError::Trouble(trouble) => trouble.into(),
        }
    }
}

impl From<ChangeEmailError> for Problem {
    fn from(error: ChangeEmailError) -> Self {
        match error {
            ChangeEmailError::WrongPassword => wrong_password("password"),
            ChangeEmailError::NoAccount => Self::new(Code::InvalidAccessToken),
            ChangeEmailError::AccountDisabled => Self::new(Code::AccountDisabled),
            ChangeEmailError::Domain(refused) => Self::invalid(vec![domain(refused).of("email")]),
            ChangeEmailError::NotConfigured => Self::new(Code::MailNotConfigured),
            ChangeEmailError::Throttled { retry_after } => Self::too_many_attempts(retry_after),
            ChangeEmailError::TooManyMails { retry_after } => Self::too_many_requests(retry_after),
            ChangeEmailError::Trouble(trouble) => trouble.into(),
        }
    }
}

impl From<InviteError> for Problem {
    fn from(error: InviteError) -> Self {
        match error {
            InviteError::EmailTaken => taken(Code::EmailTaken, "email"),
            InviteError::Administer(error) => error.into(),
            InviteError::Trouble(trouble) => trouble.into(),
        }
    }
}

impl From<AdministerError> for Problem {
    fn from(error: AdministerError) -> Self {
        match error {
            AdministerError::Forbidden => Self::new(Code::Forbidden),
            // To an administrator it is no secret which of the two is missing.
            AdministerError::NoAccount => Self::new(Code::NotFound).detail("There is no such account."),
            AdministerError::NoEmail => Self::new(Code::NotFound).detail("The account has no email address."),
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

/// What a text is answered that cannot be an invitation, like one that is none.
pub(crate) fn invalid_invitation() -> Problem {
    Problem::new(Code::InvitationInvalid).field(FieldError::new(
        "invite",
        "invalid",
        "must be the token of an invitation that is still good",
    ))
}

fn taken(code: Code, field: &'static str) -> Problem {
    Problem::new(code).field(FieldError::new(field, "taken", "must not belong to another account"))
}

fn wrong_password(field: &'static str) -> Problem {
    Problem::new(Code::WrongPassword).field(FieldError::new(
        field,
        "wrong",
        "must be the password of the account",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(7);

    fn shown(problem: &Problem) -> (u16, &'static str, Vec<String>) {
        let errors = problem.errors().iter().map(|error| format!("{} {}", error.field, error.code));
        (problem.code().status().as_u16(), problem.code().as_str(), errors.collect())
    }

    fn assert_shown(error: impl Into<Problem>, status: u16, code: &str, errors: &[&str]) {
        let problem = error.into();
        let (is_status, is_code, is_errors) = shown(&problem);
        assert_eq!((is_status, is_code), (status, code));
        assert_eq!(is_errors, errors);
    }

    #[test]
    fn a_registration_hears_what_is_wrong_with_its_address_or_invitation() {
        assert_shown(RegisterError::EmailRequired, 400, "invalid_request", &["email required"]);
        let refused = portcullis_core::policy::mail::DomainRefused;
        assert_shown(RegisterError::Domain(refused), 400, "invalid_request", &["email domain_not_allowed"]);
        assert_shown(RegisterError::InvitationRequired, 403, "invitation_required", &[]);
        assert_shown(RegisterError::InvitationInvalid, 400, "invitation_invalid", &["invite invalid"]);
        assert_shown(RegisterError::OtherAddressInvited, 400, "invalid_request", &["email not_invited"]);
        assert_shown(RegisterError::MailNotConfigured, 501, "mail_not_configured", &[]);
        assert_shown(RegisterError::EmailTaken, 409, "email_taken", &["email taken"]);
    }

    #[test]
    fn who_brings_a_token_or_a_code_hears_whether_it_is_good() {
        assert_shown(OneTimeError::Invalid, 400, "invalid_one_time_token", &[]);
        assert_shown(OneTimeError::PasswordRequired, 400, "invalid_request", &["password required"]);
        assert_shown(OneTimeError::WrongPassword, 403, "wrong_password", &["password wrong"]);
        assert_shown(OneTimeError::EmailTaken, 409, "email_taken", &[]);
        assert_shown(OneTimeError::Throttled { retry_after: SOON }, 429, "too_many_attempts", &[]);
        assert_shown(ResetPasswordError::Invalid, 400, "invalid_one_time_token", &[]);
        assert_shown(ResetPasswordError::Throttled { retry_after: SOON }, 429, "too_many_attempts", &[]);
    }

    #[test]
    fn who_asks_for_mails_hears_nothing_about_the_address() {
        assert_shown(RequestMailError::NotConfigured, 501, "mail_not_configured", &[]);
        let problem = Problem::from(RequestMailError::Throttled { retry_after: SOON });
        assert_eq!(shown(&problem), (429, "too_many_requests", vec![]));
        assert_eq!(
            problem.headers().get(http::header::RETRY_AFTER).map(http::HeaderValue::as_bytes),
            Some(&b"7"[..])
        );
    }

    #[test]
    fn an_address_that_is_not_verified_is_told_to_who_proved_the_account() {
        assert_shown(LogInError::EmailNotVerified, 403, "email_not_verified", &[]);
        assert_shown(NotVerified::NotVerified, 403, "email_not_verified", &[]);
        assert_shown(AdministerError::NoEmail, 404, "not_found", &[]);
    }
}
