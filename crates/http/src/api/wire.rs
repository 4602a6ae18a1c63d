//! What JSON does the native API answer?
//!
//! Names are `snake_case`, times RFC 3339 in UTC with milliseconds, a list is `{"<noun>s": […], "next": …}` with
//! the cursor of the next page or `null`. A member that has no value is `null`, never absent, unless it says so.

use portcullis_core::flows;
use portcullis_core::flows::own_account::AccountExport;
use portcullis_core::model;
use portcullis_core::model::{Page, SessionId, Timestamp};
use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use utoipa::ToSchema;
use uuid::Uuid;

/// An account.
#[derive(Serialize, ToSchema)]
pub(crate) struct Account {
    /// Its name, for ever.
    id: Uuid,
    /// A number that grows with each account and is never given twice.
    number: i64,
    /// The email address.
    #[schema(required)]
    email: Option<String>,
    /// Whether somebody has shown that they read the mails of that address.
    email_verified: bool,
    /// The username.
    #[schema(required)]
    username: Option<String>,
    /// What the person is called.
    #[schema(required)]
    name: Option<String>,
    /// A text about the person.
    #[schema(required)]
    bio: Option<String>,
    /// How the person can be reached.
    #[schema(required)]
    contact: Option<String>,
    /// The language that the person is written to: `en` or `de`; `null` when none was chosen.
    #[schema(required, example = "en")]
    locale: Option<&'static str>,
    /// `user` or `admin`.
    #[schema(example = "user")]
    role: &'static str,
    /// When it was registered.
    created_at: Time,
    /// When anything of it last changed.
    updated_at: Time,
}

impl From<model::Account> for Account {
    fn from(account: model::Account) -> Self {
        let model::Profile { name, bio, contact } = account.profile;
        Self {
            id: account.id.as_uuid(),
            number: account.number,
            email_verified: account.email_verified_at.is_some(),
            email: account.email.map(|email| email.as_str().to_owned()),
            username: account.username.map(|username| username.as_str().to_owned()),
            name,
            bio,
            contact,
            locale: account.locale.map(model::Locale::as_str),
            role: account.role.as_str(),
            created_at: Time(account.created_at),
            updated_at: Time(account.updated_at),
        }
    }
}

/// An answer that holds one account.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccountAnswer {
    /// The account.
    pub(crate) account: Account,
}

impl From<model::Account> for AccountAnswer {
    fn from(account: model::Account) -> Self {
        Self { account: account.into() }
    }
}

/// A session of an account.
#[derive(Serialize, ToSchema)]
pub(crate) struct Session {
    /// Its name.
    id: Uuid,
    /// Whether it is the one that asks.
    current: bool,
    /// When it began.
    created_at: Time,
    /// The login or the last refresh.
    last_seen_at: Time,
    /// When it ends unless it is refreshed.
    idle_expires_at: Time,
    /// When it ends in any case.
    expires_at: Time,
    /// The address of the client that logged in or refreshed last.
    #[schema(required)]
    address: Option<String>,
    /// What that client calls itself.
    #[schema(required)]
    user_agent: Option<String>,
}

impl Session {
    /// As it is shown to who asks from the session `current`.
    pub(crate) fn seen_from(session: model::Session, current: Option<SessionId>) -> Self {
        Self {
            id: session.id.as_uuid(),
            current: current == Some(session.id),
            created_at: Time(session.created_at),
            last_seen_at: Time(session.last_seen_at),
            idle_expires_at: Time(session.idle_expires_at),
            expires_at: Time(session.expires_at),
            address: session.client.address.map(|address| address.to_string()),
            user_agent: session.client.user_agent,
        }
    }
}

/// A page of sessions, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionList {
    /// The sessions.
    sessions: Vec<Session>,
    /// What to pass as `after` for the next page; `null` at the end.
    #[schema(required)]
    next: Option<String>,
}

impl SessionList {
    /// As it is shown to who asks from the session `current`.
    pub(crate) fn seen_from(page: Page<model::Session, SessionId>, current: Option<SessionId>) -> Self {
        Self {
            sessions: page.items.into_iter().map(|session| Session::seen_from(session, current)).collect(),
            next: page.next.map(|cursor| cursor.to_string()),
        }
    }
}

/// How many sessions ended.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionsEnded {
    /// How many.
    pub(crate) sessions_ended: usize,
}

/// What is answered to who asks for a mail.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailOnItsWay {
    /// The same sentence for every address.
    #[schema(example = "If this address can be used, a mail is on its way to it.")]
    message: &'static str,
}

/// The answer to who asks for a mail.
///
/// SECURITY: one for every address and every username. Another one would say who has an account here.
pub(crate) const MAIL_ON_ITS_WAY: MailOnItsWay =
    MailOnItsWay { message: "If this address can be used, a mail is on its way to it." };

/// The address that a mail was about.
#[derive(Serialize, ToSchema)]
pub(crate) struct EmailAnswer {
    /// The email address.
    #[schema(example = "alice@example.com")]
    email: String,
}

impl From<model::Email> for EmailAnswer {
    fn from(email: model::Email) -> Self {
        Self { email: email.as_str().to_owned() }
    }
}

/// An account is about to be deleted.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeletionScheduled {
    /// When it is deleted, unless the link in the mail about it is used before.
    pub(crate) delete_at: Time,
}

/// An entry of the audit log.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditEvent {
    /// Its name.
    id: Uuid,
    /// When it happened.
    at: Time,
    /// What happened.
    #[schema(example = "logged_in")]
    kind: String,
    /// `success`, or `failure` when something was refused or looks like an attack.
    #[schema(example = "success")]
    outcome: &'static str,
    /// What the kind leaves open, such as why something failed.
    #[schema(required)]
    detail: Option<String>,
    /// The account that did it; `null` for the operator or somebody unknown.
    #[schema(required)]
    actor_id: Option<Uuid>,
    /// The account that it happened to.
    #[schema(required)]
    account_id: Option<Uuid>,
    /// The session in which, or to which, it happened.
    #[schema(required)]
    session_id: Option<Uuid>,
    /// From which address.
    #[schema(required)]
    address: Option<String>,
    /// What the client called itself.
    #[schema(required)]
    user_agent: Option<String>,
    /// The `X-Request-Id` of the answer, by which the log of requests is searched.
    #[schema(required)]
    request_id: Option<String>,
}

impl From<model::AuditEvent> for AuditEvent {
    fn from(event: model::AuditEvent) -> Self {
        Self {
            id: event.id.as_uuid(),
            at: Time(event.at),
            kind: event.kind.as_str().to_owned(),
            outcome: event.kind.outcome().as_str(),
            detail: event.detail.map(|detail| detail.as_str().to_owned()),
            actor_id: event.actor_id.map(model::AccountId::as_uuid),
            account_id: event.account_id.map(model::AccountId::as_uuid),
            session_id: event.session_id.map(SessionId::as_uuid),
            address: event.client.address.map(|address| address.to_string()),
            user_agent: event.client.user_agent,
            request_id: event.client.request_id,
        }
    }
}

/// Something that happened to the account of who asks.
#[derive(Serialize, ToSchema)]
pub(crate) struct OwnEvent {
    /// Its name.
    id: Uuid,
    /// When it happened.
    at: Time,
    /// What happened.
    #[schema(example = "login_failed")]
    kind: String,
    /// `success`, or `failure` when something was refused or looks like an attack.
    #[schema(example = "failure")]
    outcome: &'static str,
    /// What the kind leaves open, such as why something failed.
    #[schema(required)]
    detail: Option<String>,
    /// `owner`, `administrator`, or `unknown` where nobody proved who they are.
    #[schema(example = "unknown")]
    by: &'static str,
    /// The session in which, or to which, it happened.
    #[schema(required)]
    session_id: Option<Uuid>,
    /// From which address; `null` when it was an administrator.
    #[schema(required)]
    address: Option<String>,
    /// What the client called itself; `null` when it was an administrator.
    #[schema(required)]
    user_agent: Option<String>,
}

impl From<flows::audit::OwnEvent> for OwnEvent {
    fn from(flows::audit::OwnEvent { event, by }: flows::audit::OwnEvent) -> Self {
        Self {
            id: event.id.as_uuid(),
            at: Time(event.at),
            kind: event.kind.as_str().to_owned(),
            outcome: event.kind.outcome().as_str(),
            detail: event.detail.map(|detail| detail.as_str().to_owned()),
            by: by.as_str(),
            session_id: event.session_id.map(SessionId::as_uuid),
            address: event.client.address.map(|address| address.to_string()),
            user_agent: event.client.user_agent,
        }
    }
}

/// A page of what happened to an account, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct OwnEventList {
    /// What happened.
    events: Vec<OwnEvent>,
    /// What to pass as `after` for the next page; `null` at the end.
    #[schema(required)]
    next: Option<String>,
}

impl From<Page<flows::audit::OwnEvent, model::EventId>> for OwnEventList {
    fn from(page: Page<flows::audit::OwnEvent, model::EventId>) -> Self {
        Self {
            events: page.items.into_iter().map(OwnEvent::from).collect(),
            next: page.next.map(|cursor| cursor.to_string()),
        }
    }
}

/// Everything that is kept about an account.
#[derive(Serialize, ToSchema)]
pub(crate) struct Export {
    /// The account.
    account: Account,
    /// Its live sessions, newest first.
    sessions: Vec<Session>,
    /// What the audit log says about it, newest first; at most the latest 1000 entries.
    events: Vec<OwnEvent>,
}

impl Export {
    /// As it is shown to who asks from the session `current`.
    pub(crate) fn seen_from(export: AccountExport, current: SessionId) -> Self {
        let session = |session| Session::seen_from(session, Some(current));
        Self {
            account: export.account.into(),
            sessions: export.sessions.into_iter().map(session).collect(),
            events: export.events.into_iter().map(OwnEvent::from).collect(),
        }
    }
}

/// A point in time: RFC 3339, UTC, milliseconds.
#[derive(Clone, Copy, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00.000Z")]
pub(crate) struct Time(pub(crate) Timestamp);

const RFC_3339: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let nanoseconds = i128::from(self.0.as_millis()) * 1_000_000;
        // A time beyond the year 9999 has no RFC 3339 form; the nearest that has one is meant.
        let moment = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).unwrap_or(LAST_MOMENT);
        let text = moment.format(RFC_3339).map_err(|_| std::fmt::Error)?;
        f.write_str(&text)
    }
}

/// A point in time as somebody else wrote it: RFC 3339, in any zone.
impl std::str::FromStr for Time {
    type Err = time::error::Parse;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let moment = OffsetDateTime::parse(text, &Rfc3339)?;
        let millis = moment.unix_timestamp_nanos().div_euclid(1_000_000);
        Ok(Self(Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))))
    }
}

const LAST_MOMENT: OffsetDateTime = time::macros::datetime!(9999-12-31 23:59:59.999 UTC);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_milliseconds_and_says_that_it_is_utc() {
        assert_eq!(Time(Timestamp::from_millis(0)).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Time(Timestamp::from_millis(1_769_860_800_007)).to_string(), "2026-01-31T12:00:00.007Z");
        assert_eq!(Time(Timestamp::from_millis(i64::MAX)).to_string(), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn a_time_is_read_in_any_zone() {
        let read = |text: &str| text.parse::<Time>().map(|time| time.0.as_millis()).ok();
        assert_eq!(read("2026-01-31T12:00:00.007Z"), Some(1_769_860_800_007));
        assert_eq!(read("2026-01-31T13:00:00+01:00"), Some(1_769_860_800_000));
        for odd in ["", "2026-01-31", "now", "1769860800", "2026-01-31T25:00:00Z"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
