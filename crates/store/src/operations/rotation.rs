//! What happens to a session when a refresh token comes in?
//!
//! The rules are `portcullis_core::policy::refresh::judge`. Here the verdict meets the row: it is carried out
//! by an update that only matches the row that was judged. If somebody else was faster, it is judged again.

use portcullis_core::model::{
    Account, AuditEvent, AuditKind, MailId, MailKind, NewMail, RevokeReason, Session, SessionId, Timestamp,
};
use portcullis_core::policy::refresh::{Repeat, Rotations, Verdict, judge};
use portcullis_core::ports::store::{RotationOutcome, SessionRotation};

use super::{audit, outbox, revocations, sessions};
use crate::connection::{Connection, DatabaseError};
use crate::row::account::account_columns;
use crate::row::session::session_columns;
use crate::statement::statements;

/// How often a session is judged before giving up because it changes under every attempt.
pub(super) const ATTEMPTS: usize = 8;

statements! {
    SELECT = "SELECT ", session_columns!(), ", ", account_columns!(), " \
              FROM sessions s JOIN accounts a ON a.id = s.account_id WHERE s.id = $1";
    // Not `revoked_at IS NULL`: MariaDB would go by the index of that column, and take its locks in an order that is
    // not that of others.
    ROTATE = "UPDATE sessions SET generation = $1, rotations = $2, address = $3, user_agent = $4, \
              authenticated_at = $5, last_seen_at = $6, idle_expires_at = $7, access_expires_at = $8 \
              WHERE id = $9 AND generation = $10 AND COALESCE(revoked_at, 0) = 0";
    REPEAT = "UPDATE sessions SET rotations = $1, access_expires_at = $2 \
              WHERE id = $3 AND generation = $4 AND COALESCE(revoked_at, 0) = 0";
}

/// Around which statements is there a transaction?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Around all.
    All,
    /// Around each alone.
    Each,
}

/// Judges a refresh token and does what the verdict says, in the caller's transaction.
pub(crate) async fn rotate(
    connection: &mut Connection<'_>,
    rotation: &SessionRotation,
) -> Result<RotationOutcome, DatabaseError> {
    let outcome = judge_and_do(connection, rotation, Scope::All).await?;
    outcome.ok_or_else(|| DatabaseError::failed("a refresh token needs more than a transaction"))
}

/// The same without a transaction, which saves two round trips to a server; `None`, with nothing done, when the
/// verdict takes more than one statement. Whoever runs it again after it succeeded is answered as a retry.
pub(crate) async fn rotate_alone(
    connection: &mut Connection<'_>,
    rotation: &SessionRotation,
) -> Result<Option<RotationOutcome>, DatabaseError> {
    judge_and_do(connection, rotation, Scope::Each).await
}

async fn judge_and_do(
    connection: &mut Connection<'_>,
    rotation: &SessionRotation,
    scope: Scope,
) -> Result<Option<RotationOutcome>, DatabaseError> {
    for _ in 0..ATTEMPTS {
        let Some((session, account)) = find(connection, rotation.session_id).await? else {
            return Ok(Some(RotationOutcome::Unknown));
        };
        if account.is_disabled() {
            return Ok(Some(RotationOutcome::AccountDisabled));
        }
        let verdict = judge(&session, rotation.generation, &rotation.client, rotation.now, rotation.grace);
        let repeated = match verdict {
            Verdict::Again(repeat) => Some(repeat),
            _ => None,
        };
        let continued = match verdict {
            Verdict::Expired => return Ok(Some(RotationOutcome::Expired)),
            Verdict::Revoked => return Ok(Some(RotationOutcome::Revoked)),
            Verdict::NeverIssued => return Ok(Some(RotationOutcome::Unknown)),
            Verdict::Reuse | Verdict::Again(Repeat::Late) if scope == Scope::Each => return Ok(None),
            Verdict::Reuse => match end_stolen(connection, &session, rotation).await? {
                Some(access_expires_at) => {
                    let account_id = account.id;
                    return Ok(Some(RotationOutcome::Reused { account_id, access_expires_at }));
                }
                None => None,
            },
            Verdict::Rotate => exchange(connection, session, rotation).await?,
            Verdict::Again(repeat) => repeat_answer(connection, session, rotation, repeat).await?,
        };
        if let Some(session) = continued {
            let (session, account) = (Box::new(session), Box::new(account));
            return Ok(Some(RotationOutcome::Continued { session, account, repeated }));
        }
    }
    Err(DatabaseError::unavailable("a session changed under every attempt to rotate it"))
}

/// A session and its account.
pub(super) async fn find(
    connection: &mut Connection<'_>,
    id: SessionId,
) -> Result<Option<(Session, Account)>, DatabaseError> {
    connection.one(&SELECT, &[id.into()]).await
}

/// Makes the next generation current. `None` when somebody else was faster.
pub(super) async fn exchange(
    connection: &mut Connection<'_>,
    session: Session,
    rotation: &SessionRotation,
) -> Result<Option<Session>, DatabaseError> {
    let now = rotation.now;
    let exchanged = session.generation;
    let session = Session {
        generation: exchanged.saturating_add(1),
        rotations: session.rotations.with(exchanged, now, rotation.grace),
        client: rotation.client.clone(),
        last_seen_at: now,
        idle_expires_at: now.plus(rotation.idle).min(session.expires_at),
        access_expires_at: now.plus(rotation.access).max(session.access_expires_at),
        ..session
    };
    let rotations = session.rotations.to_text();
    let address = session.client.address.map(|address| address.to_string());
    let values = [
        session.generation.into(),
        rotations.as_str().into(),
        address.as_deref().into(),
        session.client.user_agent.as_deref().into(),
        session.authenticated_at.into(),
        session.last_seen_at.into(),
        session.idle_expires_at.into(),
        session.access_expires_at.into(),
        session.id.into(),
        exchanged.into(),
    ];
    let matched = connection.execute(&ROTATE, &values).await?;
    Ok((matched == 1).then_some(session))
}

/// Lets the current generation be given once more. `None` when the session changed meanwhile.
async fn repeat_answer(
    connection: &mut Connection<'_>,
    mut session: Session,
    rotation: &SessionRotation,
    repeat: Repeat,
) -> Result<Option<Session>, DatabaseError> {
    session.access_expires_at = rotation.now.plus(rotation.access).max(session.access_expires_at);
    session.rotations = Rotations::repeated(&session, rotation.generation, &rotation.client, rotation.now);
    let rotations = session.rotations.to_text();
    let values = [
        rotations.as_str().into(),
        session.access_expires_at.into(),
        session.id.into(),
        session.generation.into(),
    ];
    if connection.execute(&REPEAT, &values).await? == 0 {
        return Ok(None);
    }
    if repeat == Repeat::Late {
        audit::append(connection, &event(&session, rotation, AuditKind::RefreshRetriedLate)).await?;
    }
    Ok(Some(session))
}

/// Ends a session whose refresh token was copied; answers when its last access token ends. `None` when
/// somebody else ended the session meanwhile.
async fn end_stolen(
    connection: &mut Connection<'_>,
    session: &Session,
    rotation: &SessionRotation,
) -> Result<Option<Timestamp>, DatabaseError> {
    let reason = RevokeReason::RefreshTokenReused;
    if !revocations::end_one(connection, session.account_id, session.id, reason, rotation.now).await? {
        return Ok(None);
    }
    audit::append(connection, &event(session, rotation, AuditKind::RefreshTokenReused)).await?;
    if let Some(id) = rotation.mail_id {
        outbox::put(connection, &warning(id, session, rotation)).await?;
    }
    // Read again: a rotation may have moved it before the session ended.
    let ended = sessions::find(connection, session.id).await?;
    Ok(ended.map(|session| session.access_expires_at))
}

/// Tells the owner of the account.
fn warning(id: MailId, session: &Session, rotation: &SessionRotation) -> NewMail {
    NewMail {
        id,
        kind: MailKind::RefreshTokenReused,
        account_id: Some(session.account_id),
        email: None,
        locale: rotation.client.locale,
        client: rotation.client.clone(),
        token_id: None,
        detail: None,
        at: rotation.now,
    }
}

fn event(session: &Session, rotation: &SessionRotation, kind: AuditKind) -> AuditEvent {
    AuditEvent {
        id: rotation.event_id,
        at: rotation.now,
        kind,
        // Who it was is the very question.
        actor_id: None,
        account_id: Some(session.account_id),
        session_id: Some(session.id),
        client: rotation.client.clone(),
        detail: None,
    }
}
