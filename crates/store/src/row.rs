//! How is a row read?
//!
//! A row is read from left to right: the fields of a struct literal are evaluated in the order they are
//! written, and each takes the next column. The column lists stand beside the readers, in this folder.

pub(crate) mod account;
pub(crate) mod audit_event;
pub(crate) mod key;
pub(crate) mod mail;
pub(crate) mod one_time_token;
pub(crate) mod session;

use portcullis_core::model::{AccountId, EventId, MailId, SessionId, Timestamp, TokenId};
use uuid::Uuid;

use crate::connection::DatabaseError;

/// The columns of one row, by position from 0. `None` is NULL.
pub(crate) trait Columns {
    /// A whole number.
    fn integer(&self, column: usize) -> Result<Option<i64>, DatabaseError>;
    /// Text.
    fn text(&self, column: usize) -> Result<Option<String>, DatabaseError>;
    /// Bytes.
    fn bytes(&self, column: usize) -> Result<Option<Vec<u8>>, DatabaseError>;
    /// A UUID.
    fn id(&self, column: usize) -> Result<Option<Uuid>, DatabaseError>;
}

/// A row and how far it has been read.
pub(crate) struct Row<'r, C> {
    columns: &'r C,
    next: usize,
}

/// What can be read from the next columns of a row.
pub(crate) trait FromRow: Sized {
    /// Takes as many columns as it needs.
    fn from_row<C: Columns>(row: &mut Row<'_, C>) -> Result<Self, DatabaseError>;
}

/// What one column can hold.
pub(crate) trait FromColumn: Sized {
    /// Reads one column.
    fn from_column<C: Columns>(columns: &C, column: usize) -> Result<Option<Self>, DatabaseError>;
}

/// A row of one column that is never NULL.
pub(crate) struct Single<T>(pub(crate) T);

impl<'r, C: Columns> Row<'r, C> {
    /// A row of which nothing has been read.
    pub(crate) const fn new(columns: &'r C) -> Self {
        Self { columns, next: 0 }
    }

    /// The next column, which may be NULL.
    pub(crate) fn optional<T: FromColumn>(&mut self) -> Result<Option<T>, DatabaseError> {
        let column = self.next;
        self.next += 1;
        T::from_column(self.columns, column)
    }

    /// The next column.
    pub(crate) fn value<T: FromColumn>(&mut self) -> Result<T, DatabaseError> {
        let column = self.next;
        self.optional()?.ok_or_else(|| DatabaseError::failed(format!("column {column} of a row is NULL")))
    }

    /// The next column, a text that `parse` understands.
    pub(crate) fn parsed<T>(&mut self, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, DatabaseError> {
        let column = self.next;
        let text: String = self.value()?;
        parse(&text).ok_or_else(|| unreadable(column))
    }

    /// The next column, NULL or a text that `parse` understands.
    pub(crate) fn optional_parsed<T>(
        &mut self,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, DatabaseError> {
        let column = self.next;
        let text: Option<String> = self.optional()?;
        text.map(|text| parse(&text).ok_or_else(|| unreadable(column))).transpose()
    }
}

// The content stays out of the message: it may be a secret or personal data.
fn unreadable(column: usize) -> DatabaseError {
    DatabaseError::failed(format!("column {column} of a row holds something that this version cannot read"))
}

impl<T: FromColumn> FromRow for Single<T> {
    fn from_row<C: Columns>(row: &mut Row<'_, C>) -> Result<Self, DatabaseError> {
        row.value().map(Self)
    }
}

impl<A: FromRow, B: FromRow> FromRow for (A, B) {
    fn from_row<C: Columns>(row: &mut Row<'_, C>) -> Result<Self, DatabaseError> {
        Ok((A::from_row(row)?, B::from_row(row)?))
    }
}

impl FromColumn for i64 {
    fn from_column<C: Columns>(columns: &C, column: usize) -> Result<Option<Self>, DatabaseError> {
        columns.integer(column)
    }
}

impl FromColumn for u32 {
    fn from_column<C: Columns>(columns: &C, column: usize) -> Result<Option<Self>, DatabaseError> {
        let number = columns.integer(column)?;
        number.map(|number| Self::try_from(number).map_err(|_| unreadable(column))).transpose()
    }
}

impl FromColumn for Timestamp {
    fn from_column<C: Columns>(columns: &C, column: usize) -> Result<Option<Self>, DatabaseError> {
        Ok(columns.integer(column)?.map(Self::from_millis))
    }
}

impl FromColumn for String {
    fn from_column<C: Columns>(columns: &C, column: usize) -> Result<Option<Self>, DatabaseError> {
        columns.text(column)
    }
}

impl FromColumn for Vec<u8> {
    fn from_column<C: Columns>(columns: &C, column: usize) -> Result<Option<Self>, DatabaseError> {
        columns.bytes(column)
    }
}

/// Bytes of that length.
impl<const N: usize> FromColumn for [u8; N] {
    fn from_column<C: Columns>(columns: &C, column: usize) -> Result<Option<Self>, DatabaseError> {
        let bytes = columns.bytes(column)?;
        bytes.map(|bytes| Self::try_from(bytes).map_err(|_| unreadable(column))).transpose()
    }
}

macro_rules! id_from_column {
    ($($id:ident)*) => {$(
        impl FromColumn for $id {
            fn from_column<C: Columns>(columns: &C, column: usize) -> Result<Option<Self>, DatabaseError> {
                Ok(columns.id(column)?.map(Self::from_uuid))
            }
        }
    )*};
}

id_from_column!(AccountId EventId MailId SessionId TokenId);
