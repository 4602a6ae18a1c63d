//! Does the real binary survive what happens to processes?
//!
//! Every test has a data directory of its own, a clean environment and ports that the system gave. A process is
//! ended through its own handle, at the latest when the test lets go of it.
//!
//! - `deployment`: a directory with settings, in which the binary is run; what a command answered.
//! - `server`: a server that runs in the background.
//! - `client`: what a client of the server sends, and when an answer was lost.
//! - `under_load`: a crowd that uses servers which fail, and remembers what it was told.
//! - all else: the tests, by topic.

mod client;
mod deployment;
mod server;
mod under_load;

mod cluster;
mod command_accounts;
mod command_audit;
mod command_line;
mod crash;
mod dialects_start;
mod export_to;
mod first_start;
mod guessing;
mod import_from;
mod key_rotation;
mod mails;
mod master_key;
mod metrics;
mod moving;
mod nodes;
mod passwords;
mod refused_start;
mod resource_server;
mod seed;
mod server_outages;
mod sqlite_outages;
mod stolen_token;
mod stop;
mod takeover;
mod throttle_command;
mod tls;
#[cfg(feature = "otel")]
mod traces;
mod two_processes;
mod wire;
