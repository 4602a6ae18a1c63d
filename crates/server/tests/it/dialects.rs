//! Do clients of older backends get what they are used to?
//!
//! The real router, in process, over a real database of each engine, with a clock that stands still.
//!
//! - `server`: a server that speaks a dialect, accounts that come from an older backend, and how it is called.
//! - `forge`: tokens that this server did not make.
//! - `replay`: what real backends were seen to answer (`transcripts/`), and what is answered here instead, and why
//!   (`transcripts/*.hardened.json`).
//! - all else: the tests, by dialect.

mod forge;
mod interop;
mod replay;
mod server;

mod api_session;
mod auth_router;
mod bearer_pair;
mod bearer_single;
mod beside;
mod mails;
mod passwords;
mod too_many;
mod users_cookies;
