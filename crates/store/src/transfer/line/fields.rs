//! Which fields does a line have?
//!
//! What is absent is left out. Times are milliseconds since the epoch.

use std::borrow::Cow;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis_core::crypto::keyring::KeyRecord;
use portcullis_core::model::{
    AccountId, AuditDetail, AuditEvent, AuditSeal, Email, Locale, Revocation, RevokeReason, Session,
    SessionId, Timestamp, Username,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::transfer::record::{AccountRecord, AdoptedSession};

pub(super) type Text<'a> = Cow<'a, str>;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountFields<'a> {
    pub(super) id: Uuid,
    pub(super) number: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) external_id: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) email: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) email_key: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) username: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) username_key: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) bio: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) contact: Option<Text<'a>>,
    pub(super) role: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) disabled_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cut_over_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) disowned_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) locale: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) email_verified_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) deletion_requested_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) delete_at: Option<i64>,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) password: Option<PasswordFields<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordFields<'a> {
    pub(super) hash: Text<'a>,
    pub(super) updated_at: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SessionFields<'a> {
    pub(super) id: Uuid,
    pub(super) account_id: Uuid,
    pub(super) generation: u32,
    /// `generation@exchanged@seen`, separated by spaces.
    pub(super) rotations: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<IpAddr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) user_agent: Option<Text<'a>>,
    pub(super) created_at: i64,
    /// Absent where no credential was proved since the session began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) authenticated_at: Option<i64>,
    pub(super) last_seen_at: i64,
    pub(super) expires_at: i64,
    pub(super) idle_expires_at: i64,
    pub(super) access_expires_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) revoked_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) revoke_reason: Option<Text<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RevocationFields {
    pub(super) session_id: Uuid,
    pub(super) revoked_at: i64,
    pub(super) expires_at: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyFields<'a> {
    pub(super) kid: Text<'a>,
    pub(super) purpose: Text<'a>,
    pub(super) algorithm: Text<'a>,
    pub(super) state: Text<'a>,
    /// Base64.
    pub(super) sealed: Text<'a>,
    pub(super) created_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) activated_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) retired_at: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventFields<'a> {
    pub(super) id: Uuid,
    pub(super) happened_at: i64,
    pub(super) kind: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) actor_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) account_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) session_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<IpAddr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) user_agent: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) request_id: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) detail: Option<Text<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AdoptedSessionFields {
    pub(super) session_id: Uuid,
    pub(super) expires_at: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SealFields<'a> {
    pub(super) seq: i64,
    pub(super) event_id: Uuid,
    /// Base64.
    pub(super) seal: Text<'a>,
}

impl<'a> AccountFields<'a> {
    pub(super) fn of(record: &'a AccountRecord) -> Self {
        let account = &record.account;
        Self {
            id: account.id.as_uuid(),
            number: account.number,
            external_id: text(account.external_id.as_deref()),
            email: text(account.email.as_ref().map(Email::as_str)),
            email_key: text(account.email.as_ref().map(Email::key)),
            username: text(account.username.as_ref().map(Username::as_str)),
            username_key: text(account.username.as_ref().map(Username::key)),
            name: text(account.profile.name.as_deref()),
            bio: text(account.profile.bio.as_deref()),
            contact: text(account.profile.contact.as_deref()),
            role: Text::Borrowed(account.role.as_str()),
            disabled_at: account.disabled_at.map(Timestamp::as_millis),
            cut_over_at: account.cut_over_at.map(Timestamp::as_millis),
            disowned_at: account.disowned_at.map(Timestamp::as_millis),
            locale: text(account.locale.map(Locale::as_str)),
            email_verified_at: account.email_verified_at.map(Timestamp::as_millis),
            deletion_requested_at: account.deletion.map(|deletion| deletion.requested_at.as_millis()),
            delete_at: account.deletion.map(|deletion| deletion.due_at.as_millis()),
            created_at: account.created_at.as_millis(),
            updated_at: account.updated_at.as_millis(),
            password: record.password.as_ref().map(|password| PasswordFields {
                hash: Text::Borrowed(password.hash.as_str()),
                updated_at: password.updated_at.as_millis(),
            }),
        }
    }
}

impl<'a> SessionFields<'a> {
    pub(super) fn of(session: &'a Session) -> Self {
        Self {
            id: session.id.as_uuid(),
            account_id: session.account_id.as_uuid(),
            generation: session.generation,
            rotations: Text::Owned(session.rotations.to_text()),
            address: session.client.address,
            user_agent: text(session.client.user_agent.as_deref()),
            created_at: session.created_at.as_millis(),
            authenticated_at: Some(session.authenticated_at)
                .filter(|at| *at != session.created_at)
                .map(Timestamp::as_millis),
            last_seen_at: session.last_seen_at.as_millis(),
            expires_at: session.expires_at.as_millis(),
            idle_expires_at: session.idle_expires_at.as_millis(),
            access_expires_at: session.access_expires_at.as_millis(),
            revoked_at: session.revoked.map(|(at, _)| at.as_millis()),
            revoke_reason: session.revoked.map(|(_, reason)| Text::Borrowed(RevokeReason::as_str(reason))),
        }
    }
}

impl RevocationFields {
    pub(super) fn of(revocation: &Revocation) -> Self {
        Self {
            session_id: revocation.session_id.as_uuid(),
            revoked_at: revocation.revoked_at.as_millis(),
            expires_at: revocation.expires_at.as_millis(),
        }
    }
}

impl<'a> KeyFields<'a> {
    pub(super) fn of(key: &'a KeyRecord) -> Self {
        Self {
            kid: Text::Borrowed(&key.kid),
            purpose: Text::Borrowed(key.purpose.as_str()),
            algorithm: Text::Borrowed(&key.algorithm),
            state: Text::Borrowed(key.state.as_str()),
            sealed: Text::Owned(STANDARD.encode(&key.sealed)),
            created_at: key.created_at,
            activated_at: key.activated_at,
            retired_at: key.retired_at,
        }
    }
}

impl<'a> EventFields<'a> {
    pub(super) fn of(event: &'a AuditEvent) -> Self {
        Self {
            id: event.id.as_uuid(),
            happened_at: event.at.as_millis(),
            kind: Text::Borrowed(event.kind.as_str()),
            actor_id: event.actor_id.map(AccountId::as_uuid),
            account_id: event.account_id.map(AccountId::as_uuid),
            session_id: event.session_id.map(SessionId::as_uuid),
            address: event.client.address,
            user_agent: text(event.client.user_agent.as_deref()),
            request_id: text(event.client.request_id.as_deref()),
            detail: text(event.detail.as_ref().map(AuditDetail::as_str)),
        }
    }
}

impl SealFields<'_> {
    pub(super) fn of(seal: &AuditSeal) -> Self {
        let AuditSeal { seq, event_id, seal } = seal;
        Self { seq: *seq, event_id: event_id.as_uuid(), seal: Text::Owned(STANDARD.encode(seal)) }
    }
}

impl AdoptedSessionFields {
    pub(super) fn of(adopted: &AdoptedSession) -> Self {
        Self { session_id: adopted.session_id.as_uuid(), expires_at: adopted.expires_at.as_millis() }
    }
}

pub(super) fn text(text: Option<&str>) -> Option<Text<'_>> {
    text.map(Text::Borrowed)
}
