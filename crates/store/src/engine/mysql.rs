//! How does the store run on MySQL and MariaDB?

pub(crate) mod connect;
pub(crate) mod connection;
pub(crate) mod failure;
