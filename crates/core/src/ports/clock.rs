//! What time is it?

use crate::model::Timestamp;

/// The wall clock. [`crate::Auth`] reads it once per flow.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;
}
