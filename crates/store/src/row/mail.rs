//! Which columns make an entry of the outbox?

use portcullis_core::model::{Email, Locale, MailKind, MailState, QueuedMail};

use super::session::client;
use super::{Columns, FromRow, Row};
use crate::connection::DatabaseError;

/// The columns of a [`QueuedMail`].
macro_rules! mail_columns {
    () => {
        "id, kind, account_id, email, email_key, locale, address, user_agent, token_id, detail, created_at, state, \
         attempts, due_at, last_error, finished_at"
    };
}
pub(crate) use mail_columns;

impl FromRow for QueuedMail {
    fn from_row<C: Columns>(row: &mut Row<'_, C>) -> Result<Self, DatabaseError> {
        Ok(Self {
            id: row.value()?,
            kind: row.parsed(MailKind::parse)?,
            account_id: row.optional()?,
            email: email(row)?,
            locale: row.optional_parsed(Locale::parse)?,
            client: client(row)?,
            token_id: row.optional()?,
            detail: row.optional()?,
            created_at: row.value()?,
            state: row.parsed(MailState::parse)?,
            attempts: row.value()?,
            due_at: row.value()?,
            last_error: row.optional()?,
            finished_at: row.optional()?,
        })
    }
}

/// The columns `email, email_key`.
pub(super) fn email<C: Columns>(row: &mut Row<'_, C>) -> Result<Email, DatabaseError> {
    Ok(Email::from_stored(row.value()?, row.value()?))
}
