//! Which columns make a one-time token?

use portcullis_core::crypto::one_time::Digest;
use portcullis_core::model::{Purpose, StoredToken};

use super::{Columns, FromRow, Row};
use crate::connection::DatabaseError;
use crate::row::mail::email;

/// The columns of a [`StoredToken`].
macro_rules! one_time_token_columns {
    () => {
        "id, purpose, account_id, email, email_key, digest, code_digest, payload, created_at, expires_at"
    };
}
pub(crate) use one_time_token_columns;

impl FromRow for StoredToken {
    fn from_row<C: Columns>(row: &mut Row<'_, C>) -> Result<Self, DatabaseError> {
        Ok(Self {
            id: row.value()?,
            purpose: row.parsed(Purpose::parse)?,
            account_id: row.optional()?,
            email: email(row)?,
            digest: row.value().map(Digest::from_stored)?,
            code: row.optional()?.map(Digest::from_stored),
            payload: row.optional()?,
            created_at: row.value()?,
            expires_at: row.value()?,
        })
    }
}
