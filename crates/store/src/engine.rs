//! Where do the engines differ? Here and in `migrations/`, nowhere else.

pub(crate) mod sqlite;
