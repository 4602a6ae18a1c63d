//! Which lines are about mails: one-time tokens, the outbox, and from where people have logged in?

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis_core::crypto::one_time::Digest;
use portcullis_core::model::{
    AccountId, Locale, MailId, MailKind, MailState, Purpose, QueuedMail, StoredToken, Timestamp, TokenId,
};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::LineError;
use super::checks::{client, email, locale, named, refused, time, word};
use super::fields::{Text, text};
use crate::transfer::record::KnownClient;

/// More than any remark has.
const TEXT_BYTES: usize = 32 * 1024;
/// More than any payload has: of a registration that waits, texts of 16400 characters, each up to twelve bytes as JSON.
const PAYLOAD_BYTES: usize = 256 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OneTimeTokenFields<'a> {
    id: Uuid,
    purpose: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account_id: Option<Uuid>,
    email: Text<'a>,
    email_key: Text<'a>,
    /// Base64.
    digest: Text<'a>,
    /// Base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code_digest: Option<Text<'a>>,
    /// JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payload: Option<Text<'a>>,
    created_at: i64,
    expires_at: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MailFields<'a> {
    id: Uuid,
    kind: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account_id: Option<Uuid>,
    email: Text<'a>,
    email_key: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    locale: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<IpAddr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_agent: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    detail: Option<Text<'a>>,
    created_at: i64,
    state: Text<'a>,
    attempts: u32,
    due_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_error: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    finished_at: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KnownClientFields<'a> {
    account_id: Uuid,
    /// Base64.
    place: Text<'a>,
    seen_at: i64,
}

impl<'a> OneTimeTokenFields<'a> {
    pub(super) fn of(token: &'a StoredToken) -> Self {
        Self {
            id: token.id.as_uuid(),
            purpose: Text::Borrowed(token.purpose.as_str()),
            account_id: token.account_id.map(AccountId::as_uuid),
            email: Text::Borrowed(token.email.as_str()),
            email_key: Text::Borrowed(token.email.key()),
            digest: encoded(token.digest.as_bytes()),
            code_digest: token.code.map(|code| encoded(code.as_bytes())),
            payload: text(token.payload.as_deref()),
            created_at: token.created_at.as_millis(),
            expires_at: token.expires_at.as_millis(),
        }
    }

    pub(super) fn check(self) -> Result<StoredToken, LineError> {
        let is_json = |text: &str| serde_json::from_str::<IgnoredAny>(text).is_ok();
        let payload = self.payload.map(Text::into_owned);
        if payload.as_deref().is_some_and(|text| text.len() > PAYLOAD_BYTES || !is_json(text)) {
            return Err(refused("payload"));
        }
        let code = self.code_digest.map(|code| decoded(&code, "code_digest")).transpose()?;
        Ok(StoredToken {
            id: TokenId::from_uuid(named(self.id)?),
            purpose: word(&self.purpose, "purpose", Purpose::parse)?,
            account_id: self.account_id.map(AccountId::from_uuid),
            email: email(&self.email, &self.email_key)?,
            digest: Digest::from_stored(decoded(&self.digest, "digest")?),
            code: code.map(Digest::from_stored),
            payload,
            created_at: time(self.created_at),
            expires_at: time(self.expires_at),
        })
    }
}

impl<'a> MailFields<'a> {
    pub(super) fn of(mail: &'a QueuedMail) -> Self {
        Self {
            id: mail.id.as_uuid(),
            kind: Text::Borrowed(mail.kind.as_str()),
            account_id: mail.account_id.map(AccountId::as_uuid),
            email: Text::Borrowed(mail.email.as_str()),
            email_key: Text::Borrowed(mail.email.key()),
            locale: text(mail.locale.map(Locale::as_str)),
            address: mail.client.address,
            user_agent: text(mail.client.user_agent.as_deref()),
            token_id: mail.token_id.map(TokenId::as_uuid),
            detail: text(mail.detail.as_deref()),
            created_at: mail.created_at.as_millis(),
            state: Text::Borrowed(mail.state.as_str()),
            attempts: mail.attempts,
            due_at: mail.due_at.as_millis(),
            last_error: text(mail.last_error.as_deref()),
            finished_at: mail.finished_at.map(Timestamp::as_millis),
        }
    }

    pub(super) fn check(self) -> Result<QueuedMail, LineError> {
        let state = word(&self.state, "state", MailState::parse)?;
        if (state == MailState::Pending) != self.finished_at.is_none() {
            return Err(LineError::new("what is pending has no finished_at, and all else has"));
        }
        Ok(QueuedMail {
            id: MailId::from_uuid(named(self.id)?),
            kind: word(&self.kind, "kind", MailKind::parse)?,
            account_id: self.account_id.map(AccountId::from_uuid),
            email: email(&self.email, &self.email_key)?,
            locale: self.locale.as_deref().map(locale).transpose()?,
            client: client(self.address, self.user_agent.as_deref())?,
            token_id: self.token_id.map(TokenId::from_uuid),
            detail: limited(self.detail, "detail")?,
            created_at: time(self.created_at),
            state,
            attempts: self.attempts,
            due_at: time(self.due_at),
            last_error: limited(self.last_error, "last_error")?,
            finished_at: self.finished_at.map(time),
        })
    }
}

impl KnownClientFields<'_> {
    pub(super) fn of(known: &KnownClient) -> Self {
        let KnownClient { account_id, place, seen_at } = known;
        Self { account_id: account_id.as_uuid(), place: encoded(place), seen_at: seen_at.as_millis() }
    }

    pub(super) fn check(self) -> Result<KnownClient, LineError> {
        Ok(KnownClient {
            account_id: AccountId::from_uuid(named(self.account_id)?),
            place: decoded(&self.place, "place")?,
            seen_at: time(self.seen_at),
        })
    }
}

/// A text that every database takes.
fn limited(text: Option<Text<'_>>, field: &str) -> Result<Option<String>, LineError> {
    if text.as_ref().is_some_and(|text| text.len() > TEXT_BYTES || text.contains(char::is_control)) {
        return Err(refused(field));
    }
    Ok(text.map(Text::into_owned))
}

fn encoded(bytes: &[u8]) -> Text<'static> {
    Text::Owned(STANDARD.encode(bytes))
}

fn decoded(text: &str, field: &str) -> Result<[u8; 32], LineError> {
    let bytes = STANDARD.decode(text.as_bytes()).map_err(|_| refused(field))?;
    <[u8; 32]>::try_from(bytes).map_err(|_| refused(field))
}
