//! Who has a connection of the pool, and in what state does it come back?

use deadpool::managed::Object;

use super::pool::Connector;
use super::session::Session;
use crate::connection::DatabaseError;

/// A connection of the pool for as long as one attempt takes. Unless it is given back it is closed at once: whoever
/// lets go of it half-way leaves an answer unread on it, or a transaction open that holds rows.
pub(super) struct Lease(Option<Object<Connector>>);

impl Lease {
    /// Takes over a connection of the pool.
    pub(super) const fn new(object: Object<Connector>) -> Self {
        Self(Some(object))
    }

    /// The connection.
    pub(super) fn session(&mut self) -> Result<&mut Session, DatabaseError> {
        let session = self.0.as_deref_mut();
        session.ok_or_else(|| DatabaseError::failed("the connection was given back before"))
    }

    /// Nothing is under way on it: the next caller may have it.
    pub(super) fn give_back(mut self) {
        drop(self.0.take());
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        drop(self.0.take().map(Object::take));
    }
}
