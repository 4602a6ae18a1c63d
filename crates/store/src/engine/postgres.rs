//! How does the store run on PostgreSQL?

pub(crate) mod connect;
pub(crate) mod connection;
pub(crate) mod failure;
pub(crate) mod news;
