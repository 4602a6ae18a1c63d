//! What stands in the audit log of old data?

use portcullis_core::model::{AuditEvent, AuditKind, Client, EventId, NewSession};
use uuid::Uuid;

use super::{
    ADOPTION, LAST_NUMBER, LEAVING, MAILS, account_id, ago, new_session, number, phone, plain_account,
    session_id, thief, uuid,
};

/// The audit log, oldest first. Its ids grow in this order.
pub(crate) fn events(version: i64) -> Vec<AuditEvent> {
    let mut events: Vec<_> =
        (1..=LAST_NUMBER).map(|number| happened(AuditKind::AccountCreated, number)).collect();
    let by_admin =
        |kind, account, at| AuditEvent { at, actor_id: Some(account_id(1)), ..happened(kind, account) };
    events.extend([
        AuditEvent {
            at: ago(210),
            actor_id: None,
            client: Client::default(),
            ..happened(AuditKind::RoleChanged, 1)
        },
        by_admin(AuditKind::AccountDisabled, 3, ago(200)),
        by_admin(AuditKind::AccountDisabled, 6, ago(195)),
        by_admin(AuditKind::AccountEnabled, 6, ago(190)),
    ]);
    events.extend(
        [number::EXPIRED, number::LIVE, number::QUIET, number::STOLEN, number::RETRIED].map(logged_in),
    );
    events.extend([number::OUTDATED, number::LOGGED_OUT, number::GONE, number::THROWN_OUT].map(logged_in));
    events.extend([
        AuditEvent {
            at: ago(10),
            actor_id: None,
            session_id: Some(session_id(number::STOLEN)),
            client: thief(),
            ..happened(AuditKind::RefreshTokenReused, 7)
        },
        AuditEvent {
            at: ago(5),
            actor_id: None,
            session_id: Some(session_id(number::RETRIED)),
            ..happened(AuditKind::RefreshRetriedLate, 7)
        },
        AuditEvent {
            at: ago(5),
            session_id: Some(session_id(number::LOGGED_OUT)),
            ..happened(AuditKind::SessionRevoked, 1)
        },
        AuditEvent { at: ago(4), ..happened(AuditKind::PasswordChanged, 7) },
        by_admin(AuditKind::SessionsRevoked, 8, ago(3)),
        by_admin(AuditKind::AccountDeleted, 5, ago(2)),
        AuditEvent { at: ago(2), ..happened(AuditKind::AccountDeleted, LAST_NUMBER) },
    ]);
    events.extend((0..5).map(|_| AuditEvent {
        at: ago(1),
        actor_id: None,
        account_id: None,
        ..happened(AuditKind::KeysRotated, 1)
    }));
    if version >= ADOPTION {
        events.push(AuditEvent { kind: AuditKind::SessionAdopted, ..logged_in(number::ADOPTED) });
    }
    if version >= MAILS {
        events.push(AuditEvent { at: ago(2), ..happened(AuditKind::DeletionScheduled, LEAVING) });
    }
    for (number, event) in (1..).zip(&mut events) {
        event.id = EventId::from_uuid(uuid(0xe, number));
    }
    events
}

fn happened(kind: AuditKind, number: i64) -> AuditEvent {
    AuditEvent {
        id: EventId::from_uuid(Uuid::nil()),
        at: plain_account(number).created_at,
        kind,
        actor_id: Some(account_id(number)),
        account_id: Some(account_id(number)),
        session_id: None,
        client: phone(),
        detail: None,
    }
}

fn logged_in(session: i64) -> AuditEvent {
    let NewSession { id, account_id, client, created_at, .. } = new_session(session);
    AuditEvent {
        id: EventId::from_uuid(Uuid::nil()),
        at: created_at,
        kind: AuditKind::LoggedIn,
        actor_id: Some(account_id),
        account_id: Some(account_id),
        session_id: Some(id),
        client,
        detail: None,
    }
}
