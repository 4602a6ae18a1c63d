//! What happens to a session when its owner proves again who they are?

use portcullis_core::model::{AuditEvent, Session};
use portcullis_core::ports::store::{Reauthentication, ReauthenticationOutcome, SessionRotation};

use super::rotation::{ATTEMPTS, exchange, find};
use super::{accounts, audit, passwords};
use crate::connection::{Connection, DatabaseError};

/// Notes the proof in a live session and makes its next generation current, if the password is still the one that was
/// checked.
pub(crate) async fn reauthenticate(
    connection: &mut Connection<'_>,
    proof: &Reauthentication,
    event: &AuditEvent,
) -> Result<ReauthenticationOutcome, DatabaseError> {
    let Some(standing) = accounts::lock(connection, proof.account_id).await? else {
        return Ok(ReauthenticationOutcome::NoAccount);
    };
    if standing.disabled_at.is_some() {
        return Ok(ReauthenticationOutcome::AccountDisabled);
    }
    // SECURITY: whoever knew the old password must not slip in while it is being replaced.
    if !passwords::is_current(connection, proof.account_id, &proof.checked).await? {
        return Ok(ReauthenticationOutcome::PasswordChanged);
    }
    for _ in 0..ATTEMPTS {
        let found = find(connection, proof.session_id).await?;
        let is_live = |session: &Session| {
            session.account_id == proof.account_id
                && session.revoked.is_none()
                && !session.is_expired(event.at)
        };
        let Some((session, account)) = found.filter(|(session, _)| is_live(session)) else {
            return Ok(ReauthenticationOutcome::SessionOver);
        };
        let rotation = SessionRotation {
            session_id: session.id,
            generation: session.generation,
            client: event.client.clone(),
            now: event.at,
            grace: proof.grace,
            idle: proof.idle,
            access: proof.access,
            event_id: event.id,
            mail_id: None,
        };
        let session = Session { authenticated_at: event.at, ..session };
        if let Some(session) = exchange(connection, session, &rotation).await? {
            audit::append(connection, event).await?;
            let (session, account) = (Box::new(session), Box::new(account));
            return Ok(ReauthenticationOutcome::Noted { session, account });
        }
    }
    Err(DatabaseError::unavailable("a session changed under every attempt to note a proof in it"))
}
