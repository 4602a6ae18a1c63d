//! What does the body of a request say?
//!
//! A body is one JSON object of a few flat members. All that is wrong with it is told at once: each accessor
//! notes what it does not like, and [`Fields::finish`] answers either what the handler made of the body, or
//! every note, unknown members included.
//!
//! ```text
//! let name = fields.text("name");
//! let password = fields.password("password");
//! let (name, password) = fields.finish(name.zip(password))?;
//! ```
//!
//! Texts are overwritten in memory when nobody takes them: any of them may be a password in the wrong place.

mod members;

use std::borrow::Cow;
use std::pin::pin;

use axum::body::Body;
use axum::extract::{FromRef, FromRequest, OptionalFromRequest, Request};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body::Body as _;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use portcullis_core::crypto::Password;
use portcullis_core::model::Change;
use portcullis_core::policy::password::MAX_PASSWORD_BYTES;

use self::members::{Member, Members};
use crate::face::Face;
use crate::problem::{Code, FieldError, Problem};

/// Why a text is not what a field takes: a stable word, and a sentence that begins with "must".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) code: &'static str,
    pub(crate) message: Cow<'static, str>,
}

impl Wrong {
    pub(crate) fn new(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into() }
    }

    /// Says of which field it is wrong.
    pub(crate) fn of(self, field: impl Into<Cow<'static, str>>) -> FieldError {
        FieldError::new(field, self.code, self.message)
    }
}

/// The members of a body. Deliberately without `Debug`.
#[derive(Default)]
pub(crate) struct Fields {
    members: Members,
    errors: Vec<FieldError>,
}

impl Fields {
    /// A text that has to be there.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        self.text_as(name, |text| Ok(std::mem::take(text)))
    }

    /// A text that has to be there and to be read by `read`, which may take it.
    pub(crate) fn text_as<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut String) -> Result<T, Wrong>,
    ) -> Option<T> {
        let before = self.errors.len();
        let value = self.optional_as(name, read);
        if value.is_none() && self.errors.len() == before {
            self.refuse(name, Wrong::new("required", "must be given"));
        }
        value
    }

    /// Whether there is a value that nobody has taken yet.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.members.has_value(name)
    }

    /// Whether anything was refused so far.
    pub(crate) const fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    /// A text that may be absent or `null`.
    pub(crate) fn optional_text(&mut self, name: &'static str) -> Option<String> {
        self.optional_as(name, |text| Ok(std::mem::take(text)))
    }

    /// A text that may be absent or `null`, and is read by `read`.
    pub(crate) fn optional_as<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut String) -> Result<T, Wrong>,
    ) -> Option<T> {
        match self.members.take(name)? {
            Member::Null => None,
            Member::Text(mut text) => read(&mut text).map_err(|wrong| self.refuse(name, wrong)).ok(),
            Member::Flag(_) | Member::Other => {
                self.refuse(name, Wrong::new("wrong_type", "must be a string"));
                None
            }
        }
    }

    /// A truth value that may be absent or `null`.
    pub(crate) fn flag(&mut self, name: &'static str) -> Option<bool> {
        match self.members.take(name)? {
            Member::Null => None,
            Member::Flag(flag) => Some(flag),
            Member::Text(_) | Member::Other => {
                self.refuse(name, Wrong::new("wrong_type", "must be true or false"));
                None
            }
        }
    }

    /// A password that has to be there. It is not looked at, only kept from being a load.
    pub(crate) fn password(&mut self, name: &'static str) -> Option<Password> {
        self.text_as(name, read_password)
    }

    /// A password that may be absent or `null`.
    pub(crate) fn optional_password(&mut self, name: &'static str) -> Option<Password> {
        self.optional_as(name, read_password)
    }

    /// What happens to a value: absent keeps it, `null` clears it, a text replaces it.
    pub(crate) fn change(
        &mut self,
        name: &'static str,
        check: impl FnOnce(&str) -> Result<(), Wrong>,
    ) -> Change {
        if self.members.is_null(name) {
            self.members.take(name);
            return Change::Clear;
        }
        let text = self.optional_as(name, |text| check(text).map(|()| std::mem::take(text)));
        text.map_or(Change::Keep, Change::Set)
    }

    /// One of a few words; absent or `null` is none of them.
    pub(crate) fn one_of<T: Copy>(&mut self, name: &'static str, words: &[(&'static str, T)]) -> Option<T> {
        self.optional_as(name, |text| {
            let known = words.iter().find(|(word, _)| word == text).map(|(_, meaning)| *meaning);
            known.ok_or_else(|| {
                let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                Wrong::new("unknown_value", format!("must be one of: {}", words.join(", ")))
            })
        })
    }

    /// Notes that something is wrong with a field.
    pub(crate) fn refuse(&mut self, name: &'static str, wrong: Wrong) {
        self.errors.push(wrong.of(name));
    }

    /// What the handler read, if nothing was wrong and nothing is left over.
    pub(crate) fn finish<T>(mut self, read: Option<T>) -> Result<T, Problem> {
        self.errors.extend(self.members.complaints());
        match read {
            Some(read) if self.errors.is_empty() => Ok(read),
            None if self.errors.is_empty() => Err(Problem::internal("a field was refused without a reason")),
            _ => Err(Problem::invalid(self.errors)),
        }
    }

    /// The same for a contract whose clients may send more than is read.
    pub(crate) fn finish_leniently<T>(mut self, read: Option<T>) -> Result<T, Problem> {
        self.members.forget_unknown();
        self.finish(read)
    }

    /// Reads the body of a request that somebody else is to read again.
    pub(crate) async fn ahead(request: Request, limit_bytes: usize) -> Result<(Self, Request), Problem> {
        require_json(request.headers())?;
        let (parts, body) = request.into_parts();
        let bytes = read(body, limit_bytes).await?;
        Ok((Self::parse(&bytes)?, Request::from_parts(parts, Body::from(bytes))))
    }

    /// Reads a whole body.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Problem> {
        Ok(Self { members: Members::parse(body)?, errors: Vec::new() })
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields
where
    Face: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        require_json(&parts.headers)?;
        Self::parse(&read(body, Face::from_ref(state).rules.settings.body_limit_bytes).await?)
    }
}

impl<S: Send + Sync> OptionalFromRequest<S> for Fields
where
    Face: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        let (parts, body) = request.into_parts();
        if body.is_end_stream() {
            return Ok(None);
        }
        let bytes = read(body, Face::from_ref(state).rules.settings.body_limit_bytes).await?;
        if bytes.is_empty() {
            return Ok(None);
        }
        require_json(&parts.headers)?;
        Self::parse(&bytes).map(Some)
    }
}

fn read_password(text: &mut String) -> Result<Password, Wrong> {
    if text.len() > MAX_PASSWORD_BYTES {
        let message = format!("must be at most {MAX_PASSWORD_BYTES} bytes long when written in UTF-8");
        return Err(Wrong::new("too_long", message));
    }
    Ok(Password::from(std::mem::take(text)))
}

/// The whole body, unless it is longer than `limit_bytes`.
async fn read(body: Body, limit_bytes: usize) -> Result<Bytes, Problem> {
    let too_large = || Problem::new(Code::BodyTooLarge).detail(format!("It may have {limit_bytes} bytes."));
    if usize::try_from(body.size_hint().lower()).map_or(true, |announced| announced > limit_bytes) {
        return Err(too_large());
    }
    let mut body = pin!(Limited::new(body, limit_bytes));
    // SECURITY: copied together, because a frame of one byte would keep a whole buffer of the connection alive.
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => bytes.extend_from_slice(frame.data_ref().map_or(&[], |data| data)),
            Err(error) if error.is::<LengthLimitError>() => return Err(too_large()),
            Err(_broken_off) => return Err(Problem::new(Code::MalformedJson).detail("The body ended early.")),
        }
    }
    Ok(bytes.freeze())
}

/// SECURITY: a form of another site can send text that looks like JSON, but not under this type without asking
/// first (CORS).
fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let media_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = media_type.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    // RFC 8259 §8.1: JSON is UTF-8. Whoever says that theirs is not would be misread.
    let is_utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => ["utf-8", "utf8", "us-ascii"]
            .iter()
            .any(|known| value.trim_matches('"').eq_ignore_ascii_case(known)),
        Some(_) | None => true,
    });
    if is_json && is_utf8 {
        return Ok(());
    }
    Err(Problem::new(Code::UnsupportedMediaType))
}

#[cfg(test)]
mod tests;
