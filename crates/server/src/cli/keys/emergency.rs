//! Is it understood what an emergency of the refresh keys means?

use std::io::{self, BufRead, IsTerminal};

use anyhow::{Context, bail};

/// Says that everybody is logged out, and asks where somebody can answer. Elsewhere a script means what it says.
pub(super) fn announce(is_agreed: bool) -> anyhow::Result<()> {
    eprintln!(
        "portcullis: the refresh keys are revoked: every refresh token ends, and everybody has to log in again"
    );
    if is_agreed || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(());
    }
    eprint!("Type yes to go on: ");
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).context("no answer was read")?;
    if answer.trim() != "yes" {
        bail!("nothing was done");
    }
    Ok(())
}
