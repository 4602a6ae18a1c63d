//! Portcullis, an authentication server: accounts, login, sessions and tokens in one binary.
//!
//! | module | what it decides |
//! |---|---|
//! | `cli` | what the command line means, and what it answers |
//! | `config` | which settings hold, and where they come from |
//! | `wiring` | how the other crates are put together |
//! | `lifecycle` | how the server starts, accepts connections and ends |
//! | `jobs` | what it does without being asked |
//! | `logging` | where the log goes |

mod cli;
mod config;
mod jobs;
mod lifecycle;
mod logging;
mod wiring;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(std::time::Instant::now())
}
