//! Where does the server know from that a password was stolen elsewhere?
//!
//! | module | answer |
//! |---|---|
//! | `file` | a filter that `portcullis passwords build` made of a list; nothing leaves the machine |
//! | `service` | a range service, which is told five of forty digits of the password's SHA-1 |
//! | `filter` | what such a file looks like |
//! | `build` | how it comes out of a list of a thousand million lines, in a bounded memory |
//!
//! Both are asked by the core, and only when a password is set.

pub(crate) mod build;
mod file;
mod filter;
mod service;

pub(crate) use file::{FilterFile, Opening};
pub(crate) use service::{DEADLINE, RangeService};
