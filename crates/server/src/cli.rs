//! stub
pub(crate) mod output;
