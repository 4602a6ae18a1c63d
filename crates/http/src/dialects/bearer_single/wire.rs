//! What do bodies and tokens say?

use portcullis_core::flows::log_in::{LogIn, SentIdentifier};
use portcullis_core::flows::register::Register;
use portcullis_core::legacy::LegacyTokens;
use portcullis_core::model::{Account, AccountName, Identifier, Profile, Username};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::extract::{Fields, texts};
use crate::problem::Problem;

/// The claims of a token.
///
/// SECURITY: the key, not the spelling. Somebody who registers with the native API as `Bob` has the key `bob`; by the
/// spelling, services would take them for the `Bob` of this contract.
pub(super) fn claims(account: &Account) -> Map<String, Value> {
    account.username.iter().map(|name| ("username".to_owned(), name.key().into())).collect()
}

/// Whose token it is.
pub(super) fn account_of(claims: &Map<String, Value>) -> Option<AccountName> {
    let name = claims.get("username")?.as_str()?;
    Username::exact(name).ok().map(AccountName::Username)
}

/// `{username, password}` of a new account.
pub(super) fn read_registration(mut fields: Fields) -> Result<Register, Problem> {
    let username = fields.text_as("username", |text| Username::exact(text).map_err(texts::lenient_username));
    let password = fields.password("password");
    let (username, password) = fields.finish_leniently(username.zip(password))?;
    Ok(Register {
        email: None,
        username: Some(username),
        password,
        profile: Profile::default(),
        external_id: None,
    })
}

/// `{username, password}` of somebody who logs in.
pub(super) fn read_login(mut fields: Fields) -> Result<LogIn, Problem> {
    let username = fields.text("username");
    let password = fields.password("password");
    let (username, password) = fields.finish_leniently(username.zip(password))?;
    let identifier = Username::exact(&username).ok().map(Identifier::Username);
    Ok(LogIn { identifier: SentIdentifier::read(&username, identifier), password })
}

/// What was done.
#[derive(Serialize)]
pub(super) struct Done {
    pub(super) message: &'static str,
}

/// What a registration answers. It logs nobody in.
pub(super) const REGISTERED: Done = Done { message: "User registered successfully" };

/// The token of a session.
#[derive(Serialize)]
pub(super) struct Token<'t> {
    token: &'t str,
}

impl<'t> From<&'t LegacyTokens> for Token<'t> {
    fn from(tokens: &'t LegacyTokens) -> Self {
        Self { token: tokens.access.expose() }
    }
}
