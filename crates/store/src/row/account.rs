//! Which columns make an account?

use portcullis_core::crypto::password::StoredHash;
use portcullis_core::model::{
    Account, AccountSecret, Email, Locale, PendingDeletion, Profile, Role, Username,
};

use super::{Columns, FromRow, Row};
use crate::connection::DatabaseError;

/// The columns of an [`Account`], of a table `accounts a`.
macro_rules! account_columns {
    () => {
        "a.id, a.number, a.external_id, a.email, a.email_key, a.username, a.username_key, \
         a.name, a.bio, a.contact, a.role, a.disabled_at, a.cut_over_at, a.disowned_at, \
         a.locale, a.email_verified_at, a.deletion_requested_at, a.delete_at, a.created_at, a.updated_at"
    };
}
pub(crate) use account_columns;

impl FromRow for Account {
    fn from_row<C: Columns>(row: &mut Row<'_, C>) -> Result<Self, DatabaseError> {
        Ok(Self {
            id: row.value()?,
            number: row.value()?,
            external_id: row.optional()?,
            email: spelling_and_key(row)?.map(|(address, key)| Email::from_stored(address, key)),
            username: spelling_and_key(row)?.map(|(name, key)| Username::from_stored(name, key)),
            profile: Profile { name: row.optional()?, bio: row.optional()?, contact: row.optional()? },
            role: row.parsed(Role::parse)?,
            disabled_at: row.optional()?,
            cut_over_at: row.optional()?,
            disowned_at: row.optional()?,
            locale: row.optional_parsed(Locale::parse)?,
            email_verified_at: row.optional()?,
            deletion: deletion(row)?,
            created_at: row.value()?,
            updated_at: row.value()?,
        })
    }
}

/// An account followed by the columns `p.hash, p.updated_at`.
impl FromRow for AccountSecret {
    fn from_row<C: Columns>(row: &mut Row<'_, C>) -> Result<Self, DatabaseError> {
        let account = Account::from_row(row)?;
        let password = row.optional_parsed(|hash| StoredHash::parse(hash).ok())?;
        Ok(Self { account, password, password_set_at: row.optional()? })
    }
}

fn spelling_and_key<C: Columns>(row: &mut Row<'_, C>) -> Result<Option<(String, String)>, DatabaseError> {
    let (spelling, key) = (row.optional()?, row.optional()?);
    Ok(spelling.zip(key))
}

/// The columns `deletion_requested_at, delete_at`.
pub(crate) fn deletion<C: Columns>(row: &mut Row<'_, C>) -> Result<Option<PendingDeletion>, DatabaseError> {
    let (requested_at, due_at) = (row.optional()?, row.optional()?);
    Ok(requested_at.zip(due_at).map(|(requested_at, due_at)| PendingDeletion { requested_at, due_at }))
}
