//! What do bodies and tokens say?

use portcullis_core::flows::log_in::{LogIn, SentIdentifier};
use portcullis_core::flows::register::Register;
use portcullis_core::legacy::LegacyTokens;
use portcullis_core::model::{Account, AccountName, Email, Identifier, Profile, Username};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::dialects::clock::Iso;
use crate::extract::{Fields, texts};
use crate::problem::Problem;

/// The claims of a token of either kind.
pub(super) fn claims(account: &Account) -> Map<String, Value> {
    Map::from_iter([("userId".to_owned(), account.number.into())])
}

/// Whose token it is.
pub(super) fn account_of(claims: &Map<String, Value>) -> Option<AccountName> {
    claims.get("userId")?.as_i64().map(AccountName::Number)
}

/// `{username, email, password}`
pub(super) fn read_registration(mut fields: Fields) -> Result<Register, Problem> {
    let username =
        fields.text_as("username", |text| Username::lenient(text).map_err(texts::lenient_username));
    let email = fields.text_as("email", |text| Email::parse(text).map_err(texts::email));
    let password = fields.password("password");
    let (username, (email, password)) = fields.finish_leniently(username.zip(email.zip(password)))?;
    Ok(Register {
        email: Some(email),
        username: Some(username),
        password,
        profile: Profile::default(),
        external_id: None,
    })
}

/// `{email, password}`
pub(super) fn read_login(mut fields: Fields) -> Result<LogIn, Problem> {
    let email = fields.text("email");
    let password = fields.password("password");
    let (email, password) = fields.finish_leniently(email.zip(password))?;
    let identifier = Email::lenient(&email).ok().map(Identifier::Email);
    Ok(LogIn { identifier: SentIdentifier::read(&email, identifier), password })
}

/// A new account.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    id: i64,
    username: String,
    email: String,
    updated_at: Iso,
    created_at: Iso,
}

impl From<Account> for User {
    fn from(account: Account) -> Self {
        Self {
            id: account.number,
            username: account.username.map(|name| name.as_str().to_owned()).unwrap_or_default(),
            email: account.email.map(|email| email.as_str().to_owned()).unwrap_or_default(),
            updated_at: Iso(account.updated_at),
            created_at: Iso(account.created_at),
        }
    }
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

/// What was done, where the contract has no word for it.
#[derive(Serialize)]
pub(super) struct Done {
    pub(super) message: &'static str,
}
