//! Which columns make a session, and which an entry of the revocation feed?

use portcullis_core::model::{Client, Revocation, RevokeReason, Session};
use portcullis_core::policy::refresh::Rotations;

use super::{Columns, FromRow, Row};
use crate::connection::DatabaseError;

/// The columns of a [`Session`], of a table `sessions s`.
macro_rules! session_columns {
    () => {
        "s.id, s.account_id, s.generation, s.rotations, s.address, s.user_agent, s.created_at, \
         COALESCE(s.authenticated_at, s.created_at), s.last_seen_at, s.expires_at, s.idle_expires_at, \
         s.access_expires_at, s.revoked_at, s.revoke_reason"
    };
}
pub(crate) use session_columns;

impl FromRow for Session {
    fn from_row<C: Columns>(row: &mut Row<'_, C>) -> Result<Self, DatabaseError> {
        Ok(Self {
            id: row.value()?,
            account_id: row.value()?,
            generation: row.value()?,
            rotations: row.parsed(Rotations::parse)?,
            client: client(row)?,
            created_at: row.value()?,
            authenticated_at: row.value()?,
            last_seen_at: row.value()?,
            expires_at: row.value()?,
            idle_expires_at: row.value()?,
            access_expires_at: row.value()?,
            revoked: row.optional()?.zip(row.optional_parsed(RevokeReason::parse)?),
        })
    }
}

/// The columns `session_id, revoked_at, expires_at`.
impl FromRow for Revocation {
    fn from_row<C: Columns>(row: &mut Row<'_, C>) -> Result<Self, DatabaseError> {
        Ok(Self { session_id: row.value()?, revoked_at: row.value()?, expires_at: row.value()? })
    }
}

/// The columns `address, user_agent`.
pub(super) fn client<C: Columns>(row: &mut Row<'_, C>) -> Result<Client, DatabaseError> {
    Ok(Client {
        address: row.optional_parsed(|text| text.parse().ok())?,
        user_agent: row.optional()?,
        ..Client::default()
    })
}
