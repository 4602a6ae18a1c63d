//! Which columns make an entry of the audit log?

use portcullis_core::model::{AuditEvent, AuditKind};

use super::session::client;
use super::{Columns, FromRow, Row};
use crate::connection::DatabaseError;

/// The columns of an [`AuditEvent`].
macro_rules! audit_event_columns {
    () => {
        "id, happened_at, kind, actor_id, account_id, session_id, address, user_agent"
    };
}
pub(crate) use audit_event_columns;

impl FromRow for AuditEvent {
    fn from_row<C: Columns>(row: &mut Row<'_, C>) -> Result<Self, DatabaseError> {
        Ok(Self {
            id: row.value()?,
            at: row.value()?,
            kind: row.parsed(AuditKind::parse)?,
            actor_id: row.optional()?,
            account_id: row.optional()?,
            session_id: row.optional()?,
            client: client(row)?,
        })
    }
}
