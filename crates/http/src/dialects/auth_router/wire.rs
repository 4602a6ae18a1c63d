//! What do bodies and tokens say?

use portcullis_core::crypto::Password;
use portcullis_core::flows::log_in::{LogIn, SentIdentifier};
use portcullis_core::flows::register::Register;
use portcullis_core::legacy::LegacyTokens;
use portcullis_core::model::{
    Account, AccountId, AccountName, Email, EmailError, Identifier, Profile, Timestamp,
};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::extract::{Fields, Wrong, texts};
use crate::problem::Problem;

/// The claim that names the account.
const ACCOUNT: &str = "aud";

/// The claims of a token of either kind.
pub(super) fn claims(account: &Account) -> Map<String, Value> {
    let id = account.external_id.clone().unwrap_or_else(|| account.id.to_string());
    Map::from_iter([(ACCOUNT.to_owned(), id.into())])
}

/// Whose token it is.
///
/// SECURITY: one text only. An array would let a token speak for several accounts.
pub(super) fn account_of(claims: &Map<String, Value>) -> Option<AccountName> {
    let id = claims.get(ACCOUNT)?.as_str()?;
    // Ids of ours are UUIDv7. An older backend may have had others, which came along as texts.
    let is_own = |own: &AccountId| own.as_uuid().get_version_num() == 7 && own.to_string() == id;
    match id.parse::<AccountId>() {
        Ok(own) if is_own(&own) => Some(AccountName::Id(own)),
        Ok(_) | Err(_) => Some(AccountName::ExternalId(id.to_owned())),
    }
}

/// A new id of an account as `MongoDB` makes them (`ObjectId`): the time in seconds and eight bytes, in hexadecimal. So
/// the account can go back to where the others came from.
pub(super) fn object_id(now: Timestamp, random: [u8; 8]) -> String {
    // They have room for the time up to the year 2106.
    let seconds = u32::try_from(now.as_seconds()).unwrap_or(u32::MAX);
    format!("{seconds:08x}{:016x}", u64::from_be_bytes(random))
}

/// `{name, email, password}` and no more, to become the account of this id.
pub(super) fn read_registration(mut fields: Fields, id: String) -> Result<Register, Problem> {
    let name = fields.text_as("name", |text| filled(text).map(std::mem::take));
    let email = fields.text_as("email", |text| new_email(text));
    let password = password(&mut fields);
    let (name, (email, password)) = fields.finish(name.zip(email.zip(password)))?;
    let profile = Profile { name: Some(name), ..Profile::default() };
    Ok(Register { email: Some(email), username: None, password, profile, external_id: Some(id) })
}

/// `{email, password}` and no more.
pub(super) fn read_login(mut fields: Fields) -> Result<LogIn, Problem> {
    let email = fields.text_as("email", |text| {
        let is_address = text.contains('@') && !has_space_around(text);
        if is_address { Ok(std::mem::take(text)) } else { Err(no_address()) }
    });
    let password = password(&mut fields);
    let (email, password) = fields.finish(email.zip(password))?;
    let identifier = Email::lenient(&email).ok().map(Identifier::Email);
    Ok(LogIn { identifier: SentIdentifier::read(&email, identifier), password })
}

/// `{refreshToken}`, if it is there and not empty.
pub(super) fn read_refresh(mut fields: Fields) -> Result<Option<String>, Problem> {
    let token = fields.optional_text("refreshToken");
    let token = fields.finish_leniently(Some(token))?;
    Ok(token.filter(|token| !token.is_empty()))
}

/// The address of a new account, which is kept in lower case. Stricter than the server's own rule, as clients know it:
/// the domain has a dot, and there is no space around it.
fn new_email(text: &str) -> Result<Email, Wrong> {
    let email = Email::parse(&text.to_lowercase()).map_err(texts::email)?;
    let (_, domain) = email.key().rsplit_once('@').unwrap_or_default();
    if has_space_around(text) || !domain.contains('.') {
        return Err(no_address());
    }
    Ok(email)
}

fn has_space_around(text: &str) -> bool {
    text.trim() != text
}

fn no_address() -> Wrong {
    texts::email(EmailError::NotAnAddress)
}

fn password(fields: &mut Fields) -> Option<Password> {
    let password = fields.password("password");
    if password.as_ref().is_some_and(|password| password.expose().is_empty()) {
        fields.refuse("password", empty());
    }
    password
}

fn filled(text: &mut String) -> Result<&mut String, Wrong> {
    if text.is_empty() { Err(empty()) } else { Ok(text) }
}

fn empty() -> Wrong {
    Wrong::new("required", "must not be empty")
}

/// A session's tokens.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tokens<'t> {
    access_token: &'t str,
    refresh_token: &'t str,
}

impl<'t> From<&'t LegacyTokens> for Tokens<'t> {
    fn from(tokens: &'t LegacyTokens) -> Self {
        Self {
            access_token: tokens.access.expose(),
            refresh_token: tokens.refresh.as_ref().map_or("", |refresh| refresh.expose()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use serde_json::json;

    use super::*;

    #[test]
    fn an_id_of_our_making_looks_like_one_of_mongodb() {
        let id = object_id(Timestamp::from_seconds(0x65f0_c0ff), [0xee, 0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(id, "65f0c0ffee00010203040506");
        assert_eq!(object_id(Timestamp::from_millis(0), [0; 8]), "0".repeat(24));
    }

    #[test]
    fn one_text_names_the_account_and_nothing_else_does() {
        let of = |claims: Value| account_of(claims.as_object().unwrap());
        let id = AccountId::new(Timestamp::from_seconds(1_800_000_000), [7; 10]);
        assert!(of(json!({ "aud": id.to_string() })) == Some(AccountName::Id(id)));
        for text in [
            "65f0c0ffee65f0c0ffee65f0",
            "",
            "x",
            &id.to_string().to_uppercase(),
            &id.to_string().replace('-', ""),
        ] {
            assert!(of(json!({ "aud": text })) == Some(AccountName::ExternalId(text.to_owned())), "{text}");
        }
        for aud in
            [json!(null), json!(1), json!(true), json!(["65f0c0ffee65f0c0ffee65f0"]), json!({ "$gt": "" })]
        {
            assert!(of(json!({ "aud": aud })).is_none(), "{aud}");
        }
        assert!(of(json!({})).is_none());
    }

    #[test]
    fn a_new_address_is_kept_in_lower_case() {
        assert_eq!(new_email("BOB@Example.COM").unwrap().as_str(), "bob@example.com");
        for text in
            ["", "bob", " bob@example.com", "bob@example.com ", "bob@localhost", "@example.com", "a b@c.d"]
        {
            assert!(new_email(text).is_err(), "{text:?}");
        }
    }
}
