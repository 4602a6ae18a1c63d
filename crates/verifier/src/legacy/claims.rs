//! What does an access token of an older backend say?

use std::fmt;

use serde_json::{Map, Value};

use super::LegacyShape;
use crate::VerifyError;
use crate::claims::{optional, seconds, text};

/// What an access token says that is good under the shared secret. Times are seconds since the Unix epoch.
///
/// It says how things stood when it was issued: the email address may have been changed since, and the account may be
/// gone.
#[derive(Clone, Debug, PartialEq)]
pub struct LegacyClaims {
    /// Whose token it is.
    pub account: LegacyAccount,
    /// The email address, in [`LegacyShape::UsersCookies`] and [`LegacyShape::ApiSession`].
    pub email: Option<String>,
    /// The username, in [`LegacyShape::ApiSession`] and [`LegacyShape::BearerSingle`].
    pub username: Option<String>,
    /// When the token was issued.
    pub iat: i64,
    /// From this second on the token is no longer good. `None` only as
    /// [`LegacyVerifier::accept_without_exp`](crate::LegacyVerifier::accept_without_exp) says.
    pub exp: Option<i64>,
    /// Before this second the token is not good yet.
    pub nbf: Option<i64>,
    /// Who issued it, in [`LegacyShape::AuthRouter`].
    pub iss: Option<String>,
    /// The account id of Portcullis, a UUID. `None` in a token of the older backend.
    pub sub: Option<String>,
    /// The session of Portcullis, a UUID. `None` in a token of the older backend.
    pub sid: Option<String>,
    /// The id of the token. `None` in a token of the older backend.
    pub jti: Option<String>,
    /// All other claims.
    pub extra: Map<String, Value>,
}

/// How a token names its account.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LegacyAccount {
    /// By its number, 1 or more: [`LegacyShape::BearerPair`], [`LegacyShape::UsersCookies`],
    /// [`LegacyShape::ApiSession`].
    Number(i64),
    /// By an opaque id: [`LegacyShape::AuthRouter`].
    Id(String),
    /// By its username, in which case counts: [`LegacyShape::BearerSingle`].
    Username(String),
}

impl fmt::Display for LegacyAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Id(text) | Self::Username(text) => f.write_str(text),
        }
    }
}

impl LegacyClaims {
    /// Reads the claims of a token of this shape.
    pub(super) fn read(shape: LegacyShape, mut object: Map<String, Value>) -> Result<Self, VerifyError> {
        let Named { account, email, username } = Named::read(shape, &mut object)?;
        Ok(Self {
            account,
            email,
            username,
            iat: seconds(&mut object, "iat")?,
            exp: optional(&mut object, "exp", seconds)?,
            nbf: optional(&mut object, "nbf", seconds)?,
            iss: optional(&mut object, "iss", text)?,
            sub: optional(&mut object, "sub", text)?,
            sid: optional(&mut object, "sid", text)?,
            jti: optional(&mut object, "jti", text)?,
            extra: object,
        })
    }
}

/// What differs between the shapes.
struct Named {
    account: LegacyAccount,
    email: Option<String>,
    username: Option<String>,
}

impl Named {
    fn read(shape: LegacyShape, object: &mut Map<String, Value>) -> Result<Self, VerifyError> {
        Ok(match shape {
            LegacyShape::BearerPair => Self {
                account: LegacyAccount::Number(number(object, "userId")?),
                email: None,
                username: None,
            },
            LegacyShape::UsersCookies => Self {
                account: LegacyAccount::Number(number(object, "id")?),
                email: Some(some_text(object, "email")?),
                username: None,
            },
            LegacyShape::ApiSession => {
                let Some(Value::Object(mut data)) = object.remove("data") else {
                    return Err(VerifyError::Claim("data"));
                };
                let named = Self {
                    account: LegacyAccount::Number(number(&mut data, "id")?),
                    email: Some(some_text(&mut data, "email")?),
                    username: Some(some_text(&mut data, "username")?),
                };
                if !data.is_empty() {
                    object.insert("data".to_owned(), data.into());
                }
                named
            }
            LegacyShape::BearerSingle => {
                let username = some_text(object, "username")?;
                Self {
                    account: LegacyAccount::Username(username.clone()),
                    email: None,
                    username: Some(username),
                }
            }
            // SECURITY: one text only. An array would let a token speak for several accounts.
            LegacyShape::AuthRouter => {
                Self { account: LegacyAccount::Id(some_text(object, "aud")?), email: None, username: None }
            }
        })
    }
}

/// The number of an account. SECURITY: `"12"`, `1.5` and `{"$gt":0}` are no numbers; a reader behind us might make an
/// account of them, or a query.
fn number(object: &mut Map<String, Value>, name: &'static str) -> Result<i64, VerifyError> {
    let number = object.remove(name).and_then(|value| value.as_i64());
    number.filter(|number| *number > 0).ok_or(VerifyError::Claim(name))
}

/// A text that names somebody, so that it is not empty.
fn some_text(object: &mut Map<String, Value>, name: &'static str) -> Result<String, VerifyError> {
    text(object, name).and_then(|text| if text.is_empty() { Err(VerifyError::Claim(name)) } else { Ok(text) })
}
