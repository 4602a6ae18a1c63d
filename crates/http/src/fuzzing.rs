//! What can be fed with any bytes, without a server around it? For the fuzz targets only.

use http::HeaderMap;
use portcullis_core::crypto::Password;
use portcullis_core::model::Change;

use crate::cookies;
use crate::extract::Fields;
use crate::extract::caller::Credentials;

/// What a handler read of a body: one field of each kind. Deliberately without `Debug`.
pub struct Body {
    /// A text that may be absent.
    pub email: Option<String>,
    /// A password that has to be there.
    pub password: Password,
    /// A value that can be kept, cleared or set.
    pub name: Change,
    /// A truth value that may be absent.
    pub remember: Option<bool>,
}

/// Reads a body as a handler does; `None` if it is refused.
pub fn body(bytes: &[u8]) -> Option<Body> {
    let mut fields = Fields::parse(bytes).ok()?;
    let email = fields.optional_text("email");
    let password = fields.password("password");
    let name = fields.change("name", |_| Ok(()));
    let remember = fields.flag("remember");
    fields.finish(password.map(|password| Body { email, password, name, remember })).ok()
}

/// The value of the cookie `name`.
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    cookies::find(headers, name)
}

/// The text that is looked at as an access token, from the `Authorization` header or the cookie.
pub fn access_token(headers: &HeaderMap) -> Option<&str> {
    match Credentials::of(headers) {
        Credentials::Bearer(token) | Credentials::Cookie(token) => Some(token),
        Credentials::None => None,
    }
}
