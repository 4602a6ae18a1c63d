//! Which columns make a signing key?

use portcullis_core::crypto::keyring::{KeyPurpose, KeyRecord, KeyState};

use super::{Columns, FromRow, Row};
use crate::connection::DatabaseError;

/// The columns of a [`KeyRecord`].
macro_rules! key_columns {
    () => {
        "kid, purpose, algorithm, state, sealed, created_at, activated_at, retired_at"
    };
}
pub(crate) use key_columns;

impl FromRow for KeyRecord {
    fn from_row<C: Columns>(row: &mut Row<'_, C>) -> Result<Self, DatabaseError> {
        Ok(Self {
            kid: row.value()?,
            purpose: row.parsed(KeyPurpose::parse)?,
            algorithm: row.value()?,
            state: row.parsed(KeyState::parse)?,
            sealed: row.value()?,
            created_at: row.value()?,
            activated_at: row.optional()?,
            retired_at: row.optional()?,
        })
    }
}
