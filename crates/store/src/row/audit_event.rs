//! Which columns make an entry of the audit log?

use portcullis_core::model::audit::{Found, SealedEntry};
use portcullis_core::model::{
    AuditDetail, AuditEntry, AuditEvent, AuditKind, AuditSeal, Client, EventId, Timestamp,
};

use super::session::client;
use super::{Columns, FromRow, Row};
use crate::connection::DatabaseError;

/// The columns of an [`AuditEvent`].
macro_rules! audit_event_columns {
    () => {
        "id, happened_at, kind, actor_id, account_id, session_id, address, user_agent, request_id, detail"
    };
}
pub(crate) use audit_event_columns;

impl FromRow for AuditEvent {
    fn from_row<C: Columns>(row: &mut Row<'_, C>) -> Result<Self, DatabaseError> {
        Ok(Self {
            id: row.value()?,
            at: row.value()?,
            kind: AuditKind::read(&row.value::<String>()?),
            actor_id: row.optional()?,
            account_id: row.optional()?,
            session_id: row.optional()?,
            client: client_with_request(row)?,
            detail: row.optional::<String>()?.as_deref().map(AuditDetail::read),
        })
    }
}

/// The columns `address, user_agent, request_id`.
fn client_with_request<C: Columns>(row: &mut Row<'_, C>) -> Result<Client, DatabaseError> {
    let client = client(row)?;
    Ok(Client { request_id: row.optional()?, ..client })
}

/// The same columns as they are, whatever they hold.
impl FromRow for AuditEntry {
    fn from_row<C: Columns>(row: &mut Row<'_, C>) -> Result<Self, DatabaseError> {
        let id = row.value()?;
        entry(id, row)
    }
}

/// The columns after the id.
fn entry<C: Columns>(id: EventId, row: &mut Row<'_, C>) -> Result<AuditEntry, DatabaseError> {
    Ok(AuditEntry {
        id,
        at: row.value::<Timestamp>()?,
        kind: row.value()?,
        actor_id: row.optional()?,
        account_id: row.optional()?,
        session_id: row.optional()?,
        address: row.optional()?,
        user_agent: row.optional()?,
        request_id: row.optional()?,
        detail: row.optional()?,
    })
}

/// The columns `seq, event_id, seal`.
impl FromRow for AuditSeal {
    fn from_row<C: Columns>(row: &mut Row<'_, C>) -> Result<Self, DatabaseError> {
        Ok(Self { seq: row.value()?, event_id: row.value()?, seal: row.value()? })
    }
}

/// The columns of a seal, then those of its entry, which are all NULL when there is none.
impl FromRow for SealedEntry {
    fn from_row<C: Columns>(row: &mut Row<'_, C>) -> Result<Self, DatabaseError> {
        let seal = AuditSeal::from_row(row)?;
        let found = match row.optional()? {
            Some(id) => Found::Entry(Box::new(entry(id, row)?)),
            None => Found::Nothing,
        };
        Ok(Self { seal, found })
    }
}
