//! What does a form say that a browser sends?
//!
//! `application/x-www-form-urlencoded` as browsers write it, and nothing else: a field that occurs twice, a `%` that begins
//! nothing and bytes that are no UTF-8 are refused. Texts are overwritten in memory when they are no longer needed.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use http::{HeaderMap, header};
use portcullis_core::crypto::Password;
use portcullis_core::policy::PasswordProblem;
use portcullis_core::policy::password::MAX_PASSWORD_BYTES;
use zeroize::Zeroizing;

use super::reveal::Fault;
use crate::problem::{Code, Problem};

/// The most fields that are read.
const MAX_FIELDS: usize = 16;

/// The fields of a form. Deliberately without `Debug`.
#[derive(Default)]
pub(super) struct Sent(Vec<(String, Zeroizing<String>)>);

impl Sent {
    /// Reads the body of a request.
    pub(super) async fn read(request: Request, limit_bytes: usize) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        if !is_form(&parts.headers) {
            return Err(Problem::new(Code::UnsupportedMediaType));
        }
        Self::parse(&whole(body, limit_bytes).await?)
    }

    /// Reads what stands between `&`.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Problem> {
        let unreadable = || Problem::new(Code::InvalidRequest);
        let mut fields: Vec<(String, Zeroizing<String>)> = Vec::new();
        for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut parts = pair.splitn(2, |byte| *byte == b'=');
            let name = parts.next().and_then(decode).ok_or_else(unreadable)?;
            let value = decode(parts.next().unwrap_or_default()).ok_or_else(unreadable)?;
            if fields.len() == MAX_FIELDS || fields.iter().any(|(known, _)| *known == *name) {
                return Err(unreadable());
            }
            fields.push((name.to_string(), value));
        }
        Ok(Self(fields))
    }

    /// One field.
    pub(super) fn of(name: &str, value: String) -> Self {
        Self(vec![(name.to_owned(), Zeroizing::new(value))])
    }

    /// A field; one that is absent is empty.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The same, and it is gone.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let position = self.0.iter().position(|(known, _)| known == name)?;
        Some(std::mem::take(&mut *self.0.swap_remove(position).1))
    }

    /// The password. It is not looked at, only kept from being a load.
    pub(super) fn take_password(&mut self) -> Result<Password, Fault> {
        let password = Password::from(self.take("password").unwrap_or_default());
        if password.expose().len() > MAX_PASSWORD_BYTES {
            return Err(Fault::Password(PasswordProblem::TooLong { limit_bytes: MAX_PASSWORD_BYTES }));
        }
        Ok(password)
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = media_type.and_then(|text| text.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

async fn whole(body: Body, limit_bytes: usize) -> Result<Zeroizing<Vec<u8>>, Problem> {
    // Broken off or too long: whoever sent that sees no page anyway, or knows.
    let bytes = to_bytes(body, limit_bytes).await.map_err(|_| Problem::new(Code::BodyTooLarge))?;
    Ok(Zeroizing::new(bytes.to_vec()))
}

/// `+` is a blank, `%` and two hexadecimal digits a byte.
fn decode(text: &[u8]) -> Option<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => 16 * digit(rest.next()?)? + digit(rest.next()?)?,
            other => other,
        });
    }
    std::str::from_utf8(&bytes).ok().map(|text| Zeroizing::new(text.to_owned()))
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_form_is_read_as_browsers_write_it() {
        let mut sent =
            Sent::parse(b"token=pc_ot_x&name=Ada+L%C3%B6ffel&password=a%2Bb%26c%3Dd&empty=").ok().unwrap();
        assert_eq!(sent.get("token"), "pc_ot_x");
        assert_eq!(sent.get("name"), "Ada L\u{f6}ffel");
        assert_eq!(sent.get("empty"), "");
        assert_eq!(sent.get("absent"), "");
        assert_eq!(sent.take("password").unwrap(), "a+b&c=d");
        assert_eq!(sent.take("password"), None);
    }

    #[test]
    fn what_no_browser_writes_is_refused() {
        for text in ["a=1&a=2", "a=%", "a=%4", "a=%zz", "a=%FF", "%FF=a"] {
            assert!(Sent::parse(text.as_bytes()).is_err(), "{text}");
        }
        let many: Vec<String> = (0..=MAX_FIELDS).map(|number| format!("f{number}=")).collect();
        assert!(Sent::parse(many.join("&").as_bytes()).is_err());
    }
}
