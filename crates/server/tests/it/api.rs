//! What does the native API answer to good and bad requests?
//!
//! The real router, called in process, over a real database of each engine, with a clock that stands still and entropy from a
//! seed. Every answer is held against the published description of the API, every access token against the
//! verifier that services use; see `client`.
//!
//! - `app`, `client`, `persona`: the server, how it is called, by whom.
//! - `contract`: which routes there are, and which answers each of them documents.
//! - `forge`: tokens that this server did not make.
//! - `mailbox`: where its mails arrive.
//! - `transcript`: an answer as a text to compare.
//! - `watched_store`: a database that can be counted, broken, silenced and held up.
//! - all else: the tests, by topic.

pub mod app;
pub mod client;
mod contract;
pub mod forge;
pub mod mailbox;
pub mod persona;
mod transcript;
pub mod watched_store;

/// A database that fails whatever it is asked.
pub const fn outage() -> watched_store::Outage {
    watched_store::Outage::Failed
}

mod access_tokens;
mod admin;
mod bodies;
mod cookies;
mod cors;
mod documented_answers;
mod events;
mod headers;
mod keys_of_others;
mod lockout;
mod login;
mod logout;
mod me;
mod origin_of_requests;
mod outage;
mod passwords;
mod problem_codes;
mod public;
mod refresh;
mod refresh_tokens;
mod register;
mod revocations;
mod session_limits;
mod sessions;
mod silence;
mod step_up;
mod texts;
mod throttling;
