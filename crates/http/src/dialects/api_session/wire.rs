//! What do bodies, cookies and tokens say?

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use portcullis_core::crypto::Password;
use portcullis_core::flows::log_in::{LogIn, SentIdentifier};
use portcullis_core::flows::register::Register;
use portcullis_core::model::{Account, AccountName, Email, Identifier, Profile, Timestamp, Username};
use portcullis_core::policy::PasswordPolicy;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::cookies;
use crate::dialects::clock::Iso;
use crate::dialects::cookies::{Cookie, Reach, Transport};
use crate::extract::{Fields, Wrong, texts};
use crate::problem::Problem;

/// Holds the secret that a browser's CSRF tokens are for.
pub(super) const SECRET_COOKIE: &str = "_csrf";
/// What a body has the CSRF token in that has it in no header.
pub(super) const TOKEN_MEMBER: &str = "_csrf";

const USERNAME_CHARS: std::ops::RangeInclusive<usize> = 4..=30;

/// The claims of a token.
pub(super) fn claims(account: &Account) -> Map<String, Value> {
    let (username, email) =
        (account.username.as_ref().map(Username::as_str), account.email.as_ref().map(Email::as_str));
    let data = json!({ "id": account.number, "username": username, "email": email });
    Map::from_iter([("data".to_owned(), data)])
}

/// Whose token it is.
pub(super) fn account_of(claims: &Map<String, Value>) -> Option<AccountName> {
    claims.get("data")?.get("id")?.as_i64().map(AccountName::Number)
}

/// `{username, email, password}`. All that is wrong with them is told at once, so the password is looked at here as well.
pub(super) fn read_registration(mut fields: Fields, policy: &PasswordPolicy) -> Result<Register, Problem> {
    let username = fields.text_as("username", |text| read_username(text));
    let email = fields.text_as("email", |text| read_email(text));
    let password = fields.text_as("password", |text| {
        let password = Password::from(std::mem::take(text));
        let names = [username.as_ref().map(Username::as_str), email.as_ref().map(Email::as_str)];
        let names: Vec<&str> = names.into_iter().flatten().collect();
        policy.check(&password, &names).map_err(texts::password)?;
        Ok(password)
    });
    let (username, (email, password)) = fields.finish_leniently(username.zip(email.zip(password)))?;
    Ok(Register {
        email: Some(email),
        username: Some(username),
        password,
        profile: Profile::default(),
        external_id: None,
    })
}

fn read_username(text: &str) -> Result<Username, Wrong> {
    let chars = text.chars().count();
    if chars > *USERNAME_CHARS.end() {
        return Err(Wrong::new("too_long", "must be 30 characters or less"));
    }
    if chars < *USERNAME_CHARS.start() || text.trim().is_empty() {
        return Err(Wrong::new("too_short", "must be 4 characters or more"));
    }
    // SECURITY: it could be somebody else's address, and a login tells the two apart by their form.
    if read_email(text).is_ok() {
        return Err(Wrong::new("is_email", "must not be an email address"));
    }
    Username::lenient(text).map_err(texts::lenient_username)
}

/// An address whose domain has a dot, without white space around it.
fn read_email(text: &str) -> Result<Email, Wrong> {
    let invalid = || Wrong::new("invalid", "must be an email address like name@example.com");
    let email = Email::parse(text).map_err(texts::email)?;
    let has_dot = email.key().rsplit_once('@').is_some_and(|(_, domain)| domain.contains('.'));
    if has_dot && email.as_str() == text { Ok(email) } else { Err(invalid()) }
}

/// `{credential, password}`
pub(super) fn read_login(mut fields: Fields) -> Result<LogIn, Problem> {
    let credential = fields.text_as("credential", |text| {
        if text.trim().is_empty() {
            return Err(Wrong::new("required", "must be given"));
        }
        Ok(SentIdentifier::read(text, identifier(text)))
    });
    let password = fields.text_as("password", |text| match text.as_str() {
        "" => Err(Wrong::new("required", "must be given")),
        _ => Ok(Password::from(std::mem::take(text))),
    });
    let (identifier, password) = fields.finish_leniently(credential.zip(password))?;
    Ok(LogIn { identifier, password })
}

fn identifier(text: &str) -> Option<Identifier> {
    match read_email(text) {
        Ok(email) => Some(Identifier::Email(email)),
        Err(_) => Username::lenient(text).ok().map(Identifier::Username),
    }
}

/// The token of a request; nothing and an empty one are the same.
pub(super) fn token(headers: &HeaderMap) -> Option<&str> {
    cookies::find(headers, "token").filter(|token| !token.is_empty())
}

/// The cookie with the token.
pub(super) fn token_cookie(
    token: &str,
    lives: (Timestamp, Duration),
    transport: Transport,
) -> (HeaderName, HeaderValue) {
    Cookie { value: token, lives: Some(lives), ..cookie("token", Reach::HttpOnly, transport) }.set()
}

/// Takes the token away.
pub(super) fn no_token_cookie() -> (HeaderName, HeaderValue) {
    cookie("token", Reach::Scripts, Transport::Any).clear()
}

/// The cookie with the secret that CSRF tokens are for.
pub(super) fn secret_cookie(secret: &str, transport: Transport) -> HeaderValue {
    Cookie { value: secret, ..cookie(SECRET_COOKIE, Reach::HttpOnly, transport) }.set().1
}

/// The cookie with the CSRF token, for the application to read.
pub(super) fn csrf_cookie(token: &str, transport: Transport) -> (HeaderName, HeaderValue) {
    Cookie { value: token, ..cookie("XSRF-TOKEN", Reach::Scripts, transport) }.set()
}

fn cookie(name: &'static str, reach: Reach, transport: Transport) -> Cookie<'static> {
    let same_site = match transport {
        Transport::Https => Some("Lax"),
        Transport::Any => None,
    };
    Cookie { name, value: "", lives: None, reach, transport, same_site }
}

/// The CSRF token.
#[derive(Serialize)]
pub(super) struct Csrf<'t> {
    #[serde(rename = "XSRF-Token")]
    pub(super) token: &'t str,
}

/// Who is logged in, if anybody.
#[derive(Serialize)]
pub(super) struct Session<'a> {
    pub(super) user: Option<User<'a>>,
}

/// What is shown of an account.
#[derive(Serialize)]
pub(super) struct User<'a> {
    id: i64,
    username: Option<&'a str>,
    email: Option<&'a str>,
}

impl<'a> From<&'a Account> for User<'a> {
    fn from(account: &'a Account) -> Self {
        Self {
            id: account.number,
            username: account.username.as_ref().map(Username::as_str),
            email: account.email.as_ref().map(Email::as_str),
        }
    }
}

/// What a route that needs a login shows of the account.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DatedUser<'a> {
    #[serde(flatten)]
    user: User<'a>,
    created_at: Iso,
    updated_at: Iso,
}

impl<'a> From<&'a Account> for DatedUser<'a> {
    fn from(account: &'a Account) -> Self {
        Self {
            user: account.into(),
            created_at: Iso(account.created_at),
            updated_at: Iso(account.updated_at),
        }
    }
}

/// What was done.
#[derive(Serialize)]
pub(super) struct Done {
    pub(super) message: &'static str,
}

/// After a logout.
pub(super) const DONE: Done = Done { message: "success" };
