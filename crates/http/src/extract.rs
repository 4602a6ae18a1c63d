//! How is a request read?
//!
//! A handler takes these as arguments; each refuses what is wrong with a [`crate::problem::Problem`] that names it.
//!
//! | extractor | what it reads |
//! |---|---|
//! | [`Caller`] | who calls, by access token or cookie; checks for forgery by another site |
//! | [`FromClient`] | from where |
//! | [`Fields`] | the JSON object of the body; `Option<Fields>` where there may be none |
//! | [`Query`] | the query; [`PageQuery`] where it only asks for a page of a list |
//! | [`PathId`] | the id in the path |

pub(crate) mod caller;
mod fields;
mod from_client;
mod path_id;
mod query;
pub(crate) mod same_site;
pub(crate) mod texts;
pub(crate) mod verified_email;

pub(crate) use caller::Caller;
pub(crate) use fields::{Fields, Wrong};
pub(crate) use from_client::FromClient;
pub(crate) use path_id::PathId;
pub(crate) use query::{PageQuery, Query};
