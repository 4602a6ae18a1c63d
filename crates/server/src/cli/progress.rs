//! How does a person see that something long is going on?
//!
//! On a terminal one line is drawn again and again; otherwise a line is added every few seconds. Scripts that ask for
//! JSON see nothing. All of it goes to stderr.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often the line on a terminal is drawn again.
const DRAW_EVERY: Duration = Duration::from_millis(100);
/// How often a line is added elsewhere.
const TELL_EVERY: Duration = Duration::from_secs(5);
/// How many records go by between two looks at the clock.
const LOOK_EVERY: u64 = 256;

/// Tells how far something has come.
pub(super) struct Progress {
    manner: Manner,
    what: &'static str,
    /// How many there will be, if that is known.
    of: Option<u64>,
    begun: Instant,
    told: Instant,
    has_drawn: bool,
}

enum Manner {
    Drawn,
    Told,
    Silent,
}

impl Progress {
    /// Silent for those who asked for JSON.
    pub(super) fn new(as_json: bool) -> Self {
        let manner = match (as_json, io::stderr().is_terminal()) {
            (true, _) => Manner::Silent,
            (false, true) => Manner::Drawn,
            (false, false) => Manner::Told,
        };
        let now = Instant::now();
        Self { manner, what: "", of: None, begun: now, told: now, has_drawn: false }
    }

    /// Something else begins, with so many records in all if that is known.
    pub(super) fn begin(&mut self, what: &'static str, of: Option<u64>) {
        self.clear();
        (self.what, self.of) = (what, of);
        (self.begun, self.told) = (Instant::now(), Instant::now());
    }

    /// So many records are done.
    pub(super) fn at(&mut self, count: u64) {
        if count.is_multiple_of(LOOK_EVERY) {
            self.tell(count);
        }
    }

    fn tell(&mut self, count: u64) {
        let pause = match self.manner {
            Manner::Drawn => DRAW_EVERY,
            Manner::Told => TELL_EVERY,
            Manner::Silent => return,
        };
        if self.told.elapsed() < pause {
            return;
        }
        self.told = Instant::now();
        let line = line(self.what, count, self.of, self.begun.elapsed());
        // A terminal that is gone is no reason to stop.
        let _ = match self.manner {
            Manner::Drawn => write!(io::stderr(), "\r\x1b[K{line}"),
            Manner::Told | Manner::Silent => writeln!(io::stderr(), "{line}"),
        };
        self.has_drawn = true;
    }

    /// Takes the line from the terminal.
    fn clear(&mut self) {
        if self.has_drawn && matches!(self.manner, Manner::Drawn) {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
        self.has_drawn = false;
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

fn line(what: &str, count: u64, of: Option<u64>, taken: Duration) -> String {
    let millis = u64::try_from(taken.as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = count.saturating_mul(1000) / millis;
    match of {
        Some(of) => {
            let percent = count.saturating_mul(100) / of.max(1);
            format!("{what}: {count} of {of} records, {percent} %, {rate} a second")
        }
        None => format!("{what}: {count} records, {rate} a second"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_how_many_of_how_many_and_how_fast() {
        let second = Duration::from_secs(1);
        assert_eq!(
            line("importing", 500, Some(2000), second),
            "importing: 500 of 2000 records, 25 %, 500 a second"
        );
        assert_eq!(line("exporting", 512, None, 2 * second), "exporting: 512 records, 256 a second");
        assert_eq!(
            line("exporting", 0, Some(0), Duration::ZERO),
            "exporting: 0 of 0 records, 0 %, 0 a second"
        );
    }
}
