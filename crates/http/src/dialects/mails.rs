//! What has every dialect in common about accounts that are looked after by mail?
//!
//! No contract of an older backend knows any of it: what is asked for and what is said are of our making, in what form is up
//! to each dialect.

use portcullis_core::crypto::Password;
use portcullis_core::crypto::one_time::{OneTimeCode, OneTimeToken};
use portcullis_core::flows::one_time::Proof;
use portcullis_core::model::Email;

use crate::extract::{Fields, Wrong, texts};
use crate::problem::Problem;

/// Told to who knows the password only.
pub(super) const NOT_VERIFIED: &str = "Verify your email address first";
/// Where accounts are for those who were invited. That is done at the native API.
pub(super) const INVITED_ONLY: &str = "Registration is by invitation only";
/// About an invitation that is none, or is somebody else's.
pub(super) const INVITATION_INVALID: &str = "The invitation is not valid";
/// Where nobody has said by which server mails go.
pub(super) const NOT_CONFIGURED: &str = "This server sends no mails";
/// About whatever came out of a mail, or did not.
pub(super) const NOT_GOOD: &str = "The token or code is not valid";
/// About an address that somebody else was faster with.
pub(super) const ADDRESS_TAKEN: &str = "The email address is taken";
/// About a password that is another one than that of the account or the registration.
pub(super) const WRONG_PASSWORD: &str = "The password is not the one that was chosen for the account";
/// About a username that somebody else was faster with.
pub(super) const USERNAME_TAKEN: &str = "The username is taken";
/// SECURITY: one sentence, whether or not there is such an account.
pub(super) const ON_ITS_WAY: &str = "If there is something to send to this address, it is on its way";
/// After a verification.
pub(super) const VERIFIED: &str = "Email address verified";
/// After a reset.
pub(super) const PASSWORD_SET: &str = "Password changed";

/// Where an account has to have an address.
pub(super) fn required() -> Wrong {
    Wrong::new("required", "must be given")
}

/// Where what came by mail proves an address.
pub(super) fn password_required() -> Wrong {
    Wrong::new("required", "must be given: the one that was chosen for the account")
}

/// `{email}`
pub(super) fn read_address(mut fields: Fields) -> Result<Email, Problem> {
    let email = fields.text_as("email", |text| Email::parse(text).map_err(texts::email));
    fields.finish_leniently(email)
}

/// `{token, password}`. Without the token where the text is none.
pub(super) fn read_reset(mut fields: Fields) -> Result<(Option<OneTimeToken>, Password), Problem> {
    let token = fields.text_as("token", |text| Ok(OneTimeToken::parse(text)));
    let password = fields.password("password");
    fields.finish_leniently(token.zip(password))
}

/// `{token}` or `{email, code}`, and perhaps `password`. `None` where the text is no token or no code.
pub(super) fn read_proof(mut fields: Fields) -> Result<Option<(Proof, Option<Password>)>, Problem> {
    let proof = if let Some(token) = fields.optional_as("token", |text| Ok(OneTimeToken::parse(text))) {
        Some(token.map(Proof::Token))
    } else {
        let email = fields.text_as("email", |text| Email::parse(text).map_err(texts::email));
        let code = fields.text_as("code", |text| Ok(OneTimeCode::parse(text)));
        email.zip(code).map(|(email, code)| code.map(|code| Proof::Code { email, code }))
    };
    let password = fields.optional_password("password");
    Ok(fields.finish_leniently(proof)?.map(|proof| (proof, password)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const TOKEN: &str = "pc_ot_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    fn fields(body: &str) -> Fields {
        Fields::parse(body.as_bytes()).ok().unwrap()
    }

    #[test]
    fn a_proof_is_a_token_or_an_address_and_its_code() {
        let read = |body: &str| read_proof(fields(body)).ok().unwrap();
        assert!(matches!(read(&format!(r#"{{"token": "{TOKEN}"}}"#)), Some((Proof::Token(_), None))));
        let by_code = r#"{"email": "ada@example.com", "code": "abcd-2345", "more": 1}"#;
        assert!(matches!(read(by_code), Some((Proof::Code { .. }, None))));
        let (_, password) = read(&format!(r#"{{"token": "{TOKEN}", "password": "correct"}}"#)).unwrap();
        assert_eq!(password.unwrap().expose(), "correct");
        // What can be neither is answered like what is not good.
        assert!(read(r#"{"token": "x"}"#).is_none());
        assert!(read(r#"{"email": "ada@example.com", "code": "x"}"#).is_none());
    }

    #[test]
    fn what_is_missing_is_named() {
        for body in
            ["{}", r#"{"email": "ada@example.com"}"#, r#"{"token": 7}"#, r#"{"email": "ada", "code": "x"}"#]
        {
            assert!(read_proof(fields(body)).is_err(), "{body}");
        }
        let no_password = format!(r#"{{"token": "{TOKEN}"}}"#);
        for body in ["{}", r#"{"password": "correct horse"}"#, &no_password] {
            assert!(read_reset(fields(body)).is_err(), "{body}");
        }
        assert!(read_address(fields(r#"{"email": ["ada@example.com"]}"#)).is_err());
    }
}
