//! Portcullis, an authentication server: accounts, login, sessions and tokens in one binary.
//!
//! | module | what it decides |
//! |---|---|
//! | `breached` | which passwords are known from breaches |
//! | `cli` | what the command line means, and what it answers |
//! | `config` | which settings hold, and where they come from |
//! | `wiring` | how the other crates are put together |
//! | `lifecycle` | how the server starts, accepts connections and ends |
//! | `jobs` | what it does without being asked |
//! | `acme` | how it gets a certificate from an authority |
//! | `logging` | where the log goes |
//! | `metrics` | what an operator sees of it |
//! | `traces` | where the time of its requests went |

#[cfg(feature = "acme")]
mod acme;
mod breached;
mod cli;
mod config;
mod jobs;
mod lifecycle;
mod logging;
mod metrics;
mod traces;
mod wiring;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(std::time::Instant::now())
}
