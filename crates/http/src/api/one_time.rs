//! How is read what a mail brought, or whom it goes to?
//!
//! SECURITY: a text that cannot be a token or a code is answered like one that is not good, and is overwritten in memory.
//! What can be one is kept in types that do not print.

use portcullis_core::crypto::one_time::{OneTimeCode, OneTimeToken};
use portcullis_core::model::Email;
use utoipa::ToSchema;

use super::reveal;
use crate::extract::Fields;
use crate::problem::{Code, Problem};

/// The token of a link.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body; `read_token` reads it")]
pub(crate) struct TokenBody {
    /// What stands after `?token=` in the link.
    token: String,
}

/// A body that is a token and nothing else.
pub(super) fn read_token(mut fields: Fields) -> Result<OneTimeToken, Problem> {
    let token = token(&mut fields);
    fields.finish(token)?
}

/// The token of a body, or the answer to a text that cannot be one. That is given when the rest of the body is right.
pub(super) fn token(fields: &mut Fields) -> Option<Result<OneTimeToken, Problem>> {
    fields.text_as("token", |text| Ok(parse_token(text)))
}

/// A token.
pub(super) fn parse_token(text: &str) -> Result<OneTimeToken, Problem> {
    OneTimeToken::parse(text).ok_or_else(not_good)
}

/// A code, as people type it.
pub(super) fn parse_code(text: &str) -> Result<OneTimeCode, Problem> {
    OneTimeCode::parse(text).ok_or_else(not_good)
}

/// A body that is an address and nothing else.
pub(super) fn read_email(mut fields: Fields) -> Result<Email, Problem> {
    let email = email(&mut fields);
    fields.finish(email)
}

/// The address of a body.
pub(super) fn email(fields: &mut Fields) -> Option<Email> {
    fields.text_as("email", |text| Email::parse(text).map_err(reveal::email))
}

fn not_good() -> Problem {
    Problem::new(Code::InvalidOneTimeToken)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn fields(body: &str) -> Fields {
        Fields::parse(body.as_bytes()).ok().unwrap()
    }

    #[test]
    fn a_token_is_read_and_what_cannot_be_one_is_not_good() {
        let token = format!("pc_ot_{}", "A".repeat(43));
        let read = read_token(fields(&format!(r#"{{"token": "{token}"}}"#))).ok().unwrap();
        assert_eq!(read.expose(), token);
        assert_eq!(format!("{read:?}"), "OneTimeToken(..)");
        for (body, code) in [
            (r#"{"token": "x"}"#, Code::InvalidOneTimeToken),
            (r#"{"token": ""}"#, Code::InvalidOneTimeToken),
            (r#"{"token": null}"#, Code::InvalidRequest),
            ("{}", Code::InvalidRequest),
            (r#"{"token": "x", "email": "a@example.com"}"#, Code::InvalidRequest),
        ] {
            assert_eq!(read_token(fields(body)).err().unwrap().code(), code, "{body}");
        }
    }

    #[test]
    fn an_address_is_read_and_nothing_beside_it() {
        let email = read_email(fields(r#"{"email": "A@example.com"}"#)).ok().unwrap();
        assert_eq!(email.as_str(), "A@example.com");
        assert!(read_email(fields(r#"{"email": "nobody"}"#)).is_err());
        assert!(read_email(fields(r#"{"email": "a@example.com", "username": "a"}"#)).is_err());
    }
}
