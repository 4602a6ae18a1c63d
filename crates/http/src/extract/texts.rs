//! What is wrong with a text that the core refuses? The same words for every face of the server.

use portcullis_core::model::{EmailError, Locale, ProfileField, ProfileTextError, UsernameError};
use portcullis_core::policy::PasswordProblem;
use portcullis_core::policy::mail::DomainRefused;

use super::Wrong;

/// What is wrong with an email address.
pub(crate) fn email(error: EmailError) -> Wrong {
    let code = match error {
        EmailError::Empty => "required",
        EmailError::TooLong => "too_long",
        EmailError::NotAnAddress => "invalid",
    };
    Wrong::new(code, error.to_string())
}

/// What is wrong with the domain of an email address.
pub(crate) fn domain(error: DomainRefused) -> Wrong {
    Wrong::new("domain_not_allowed", error.to_string())
}

/// The language that a text names, or that it is none that there is.
pub(crate) fn locale(text: &str) -> Result<Locale, Wrong> {
    Locale::parse(text).ok_or_else(|| {
        let known = Locale::ALL.map(Locale::as_str).join(", ");
        Wrong::new("unknown_value", format!("must be one of: {known}"))
    })
}

/// What is wrong with a username.
pub(crate) fn username(error: UsernameError) -> Wrong {
    let code = match error {
        UsernameError::Length => "wrong_length",
        UsernameError::Character => "invalid",
    };
    Wrong::new(code, error.to_string())
}

/// What is wrong with a username that need not have our form.
pub(crate) fn lenient_username(error: UsernameError) -> Wrong {
    match error {
        UsernameError::Length => Wrong::new("wrong_length", "must be 1 to 255 bytes long, and not blank"),
        UsernameError::Character => Wrong::new("invalid", "must not contain control characters"),
    }
}

/// What is wrong with a text of a profile.
pub(crate) fn profile_text(error: ProfileTextError) -> Wrong {
    let code = match error {
        ProfileTextError::TooLong { .. } => "too_long",
        ProfileTextError::ContainsNul => "invalid",
    };
    Wrong::new(code, error.to_string())
}

/// What is wrong with a new password.
pub(crate) fn password(problem: PasswordProblem) -> Wrong {
    let code = match problem {
        PasswordProblem::TooShort { .. } => "too_short",
        PasswordProblem::TooLong { .. } => "too_long",
        PasswordProblem::ContainsNul => "invalid",
        PasswordProblem::Common => "too_common",
        PasswordProblem::MadeOfIdentifier => "made_of_identifier",
        PasswordProblem::MadeOfBlockedWord => "made_of_service_name",
        PasswordProblem::Breached => "breached",
    };
    Wrong::new(code, problem.to_string())
}

/// The JSON name of a profile field.
pub(crate) const fn field_name(field: ProfileField) -> &'static str {
    match field {
        ProfileField::Name => "name",
        ProfileField::Bio => "bio",
        ProfileField::Contact => "contact",
    }
}
