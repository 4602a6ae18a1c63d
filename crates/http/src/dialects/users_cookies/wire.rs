//! What do bodies, tokens and cookies say?

use axum::response::AppendHeaders;
use http::{HeaderMap, HeaderName, HeaderValue};
use portcullis_core::flows::log_in::{LogIn, SentIdentifier};
use portcullis_core::flows::register::Register;
use portcullis_core::legacy::LegacyTokens;
use portcullis_core::model::{Account, AccountName, Change, Email, Identifier, Profile, ProfileChange};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::cookies;
use crate::dialects::authorization::bare_token;
use crate::dialects::cookies::{Cookie, Reach, Transport};
use crate::extract::{Fields, Wrong, texts};
use crate::problem::Problem;

/// The cookie, and the member of bodies, that an access token is in.
const ACCESS: &str = "accessToken";
/// The same for a refresh token.
const REFRESH: &str = "refreshToken";

/// How many characters the columns of such a backend take.
const NAME_CHARS: usize = 100;
const EMAIL_CHARS: usize = 100;
const CONTACT_CHARS: usize = 20;

/// The claims of an access token.
pub(super) fn access_claims(account: &Account) -> Map<String, Value> {
    let email = account.email.as_ref().map(Email::as_str);
    Map::from_iter([("id".to_owned(), account.number.into()), ("email".to_owned(), json!(email))])
}

/// The claims of a refresh token. It is to fit a column of 255 characters, so there is no more in it.
pub(super) fn refresh_claims(account: &Account) -> Map<String, Value> {
    Map::from_iter([("id".to_owned(), account.number.into())])
}

/// Whose token it is.
pub(super) fn account_of(claims: &Map<String, Value>) -> Option<AccountName> {
    claims.get("id")?.as_i64().map(AccountName::Number)
}

/// The access token of a request: that of the cookie, else that of the `Authorization` header.
pub(super) fn access_token(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, ACCESS).or_else(|| bare_token(headers))
}

/// The refresh token in the cookie.
pub(super) fn refresh_cookie(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, REFRESH)
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    cookies::find(headers, name).filter(|value| !value.is_empty())
}

/// The refresh token in the body, if there is any.
pub(super) fn read_refresh(mut fields: Fields) -> Result<Option<String>, Problem> {
    let token = fields.optional_text(REFRESH);
    let token = fields.finish_leniently(Some(token))?;
    Ok(token.filter(|token| !token.is_empty()))
}

/// `{name, email, password}`, none of them blank.
pub(super) fn read_registration(mut fields: Fields) -> Result<Register, Problem> {
    let name = fields.text_as("name", |text| {
        if is_blank(text) {
            return Err(required());
        }
        at_most(text, NAME_CHARS).map(|()| std::mem::take(text))
    });
    let email = fields.text_as("email", |text| {
        at_most(text.trim(), EMAIL_CHARS)?;
        Email::lenient(text).map_err(texts::email)
    });
    let password = fields.password("password");
    if password.as_ref().is_some_and(|password| is_blank(password.expose())) {
        fields.refuse("password", required());
    }
    let (name, (email, password)) = fields.finish_leniently(name.zip(email.zip(password)))?;
    let profile = Profile { name: Some(name), ..Profile::default() };
    Ok(Register { email: Some(email), username: None, password, profile, external_id: None })
}

/// `{email, password}`, none of them empty.
pub(super) fn read_login(mut fields: Fields) -> Result<LogIn, Problem> {
    let email = fields.text_as("email", |text| match text.as_str() {
        "" => Err(required()),
        _ => Ok(std::mem::take(text)),
    });
    let password = fields.password("password");
    if password.as_ref().is_some_and(|password| password.expose().is_empty()) {
        fields.refuse("password", required());
    }
    let (email, password) = fields.finish_leniently(email.zip(password))?;
    let identifier = Email::lenient(&email).ok().map(Identifier::Email);
    Ok(LogIn { identifier: SentIdentifier::read(&email, identifier), password })
}

/// Any of `{name, bio, contact}`. `null` takes away what an account need not have.
pub(super) fn read_profile_change(mut fields: Fields) -> Result<ProfileChange, Problem> {
    let name = fields
        .optional_as("name", |text| at_most(text, NAME_CHARS).map(|()| std::mem::take(text)))
        .map_or(Change::Keep, Change::Set);
    let bio = fields.change("bio", |_| Ok(()));
    let contact = fields.change("contact", |text| at_most(text, CONTACT_CHARS));
    fields.finish_leniently(Some(ProfileChange { name, bio, contact, locale: Change::Keep }))
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

fn required() -> Wrong {
    Wrong::new("required", "must not be empty")
}

fn at_most(text: &str, limit_chars: usize) -> Result<(), Wrong> {
    if text.chars().count() > limit_chars {
        return Err(Wrong::new("too_long", format!("must be at most {limit_chars} characters long")));
    }
    Ok(())
}

/// An account, as its owner sees it.
#[derive(Serialize)]
pub(super) struct User {
    id: i64,
    name: Option<String>,
    email: Option<String>,
    bio: Option<String>,
    contact: Option<String>,
}

impl From<Account> for User {
    fn from(account: Account) -> Self {
        let Profile { name, bio, contact } = account.profile;
        let email = account.email.map(|email| email.as_str().to_owned());
        Self { id: account.number, name, email, bio, contact }
    }
}

/// A session that has just begun.
#[derive(Serialize)]
pub(super) struct LoggedIn<'t> {
    pub(super) user: User,
    #[serde(flatten)]
    pub(super) tokens: Tokens<'t>,
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

/// What was done.
#[derive(Serialize)]
pub(super) struct Done {
    pub(super) message: &'static str,
}

/// The headers that set or take away both cookies.
pub(super) type Cookies = AppendHeaders<[(HeaderName, HeaderValue); 2]>;

/// The cookies of a session. They live until the browser is closed.
pub(super) fn cookies(tokens: &Tokens<'_>, transport: Transport) -> Cookies {
    let access = cookie_of(ACCESS, tokens.access_token, transport);
    let refresh = cookie_of(REFRESH, tokens.refresh_token, transport);
    AppendHeaders([access.set(), refresh.set()])
}

/// Takes both cookies away.
pub(super) fn no_cookies(transport: Transport) -> Cookies {
    AppendHeaders([ACCESS, REFRESH].map(|name| cookie_of(name, "", transport).clear()))
}

fn cookie_of<'v>(name: &'static str, value: &'v str, transport: Transport) -> Cookie<'v> {
    Cookie { name, value, lives: None, reach: Reach::HttpOnly, transport, same_site: Some("Lax") }
}
