//! What do clients notice when the database server goes away, hangs, is slow, or wants us no more?
//!
//! Every test has a database server of its own. While it is of no use, whatever needs it is answered with 503 and
//! `Retry-After` in bounded time; what is in memory goes on; and when it is back, so is everything else, without a
//! restart and with every session.
//!
//! - `site`: a database server, and what one does to it.
//! - `visit`: what a client finds while it is of use, and while it is not.
//! - all else: the tests, by what happens to the server.

pub mod site;
mod visit;

mod away;
mod away_at_start;
mod hanging;
mod killed_under_load;
mod slow;
mod standby;
mod unwelcome;
