//! What does a database reach without the server?
//!
//! The database drivers stay in `store`, so a bench of that crate does it, in a process of its own. Where its program
//! is, `run` says in `PORTCULLIS_BENCH_WORKER`.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::scenario::Rate;

/// A process that fills a database and measures what it is told to.
pub struct Worker {
    child: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Worker {
    /// Starts one; returns when the database is full.
    pub fn start(work: &str, url: &str) -> Self {
        let program =
            std::env::var("PORTCULLIS_BENCH_WORKER").expect("run crates/server/benches/run databases");
        let mut child = Command::new(program)
            .args([work, url])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (commands, answers) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        let mut worker = Self { child, commands, answers };
        assert_eq!(worker.line(), "ready");
        worker
    }

    /// A round of what `command` says.
    pub fn round(&mut self, command: &str) -> Rate {
        writeln!(self.commands.as_ref().unwrap(), "{command}").unwrap();
        let line = self.line();
        let (per_second, p99) = line.split_once(' ').unwrap();
        let p99 = Duration::from_micros(p99.parse().unwrap());
        Rate { per_second: per_second.parse().unwrap(), p99 }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It ends with its commands.
        self.commands.take();
        let _ = self.child.wait();
    }
}
