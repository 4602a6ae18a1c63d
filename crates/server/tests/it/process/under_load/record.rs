//! How did all requests of a crowd end, and when?

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Where what was measured is written down besides, as lines of `run, measure, value` with tabs between.
const RESULTS: &str = "PORTCULLIS_TEST_RESULTS";

/// Everything that happened to a crowd.
pub struct Record {
    begun: Instant,
    limit: Duration,
    happened: Mutex<Happened>,
}

#[derive(Default)]
struct Happened {
    answers: Vec<(Duration, Outcome)>,
    slowest: Duration,
    /// What was done to the servers, and when.
    marks: Vec<(Duration, String)>,
    /// Successes since somebody was last turned away.
    calm: usize,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was answered.
    Done,
    /// It was turned away with 503.
    Refused,
    /// The connection broke.
    Broken,
}

impl Record {
    /// No answer may take longer than `limit`.
    pub fn begin(limit: Duration) -> Self {
        Self { begun: Instant::now(), limit, happened: Mutex::default() }
    }

    /// A request has ended.
    pub fn note(&self, outcome: Outcome, took: Duration) {
        assert!(took < self.limit, "an answer took {took:?}");
        let mut happened = self.lock();
        happened.answers.push((self.begun.elapsed(), outcome));
        happened.slowest = happened.slowest.max(took);
        happened.calm = if outcome == Outcome::Done { happened.calm + 1 } else { 0 };
    }

    /// Something is done to the servers now. All is well only after new successes.
    pub fn mark(&self, what: &str) {
        let mut happened = self.lock();
        happened.marks.push((self.begun.elapsed(), what.to_owned()));
        happened.calm = 0;
    }

    /// Successes since the last mark, and since somebody was last turned away.
    pub(super) fn calm(&self) -> usize {
        self.lock().calm
    }

    pub(super) fn successes(&self) -> usize {
        self.lock().count(Outcome::Done)
    }

    pub(super) fn has_trouble_since_mark(&self) -> bool {
        let happened = self.lock();
        let since = happened.marks.last().map_or(Duration::ZERO, |(at, _)| *at);
        happened.answers.iter().rev().take_while(|(at, _)| *at >= since).any(|(_, how)| *how != Outcome::Done)
    }

    /// Writes down what was measured, under a name.
    pub fn publish(&self, run: &str) {
        let happened = self.lock();
        let mut measures = vec![
            ("requests".to_owned(), happened.answers.len().to_string()),
            ("answered 503".to_owned(), happened.count(Outcome::Refused).to_string()),
            ("broken connections".to_owned(), happened.count(Outcome::Broken).to_string()),
            ("slowest answer".to_owned(), seconds(happened.slowest)),
            ("longest time without a success".to_owned(), seconds(happened.longest_silence())),
        ];
        for (place, (at, what)) in happened.marks.iter().enumerate() {
            let until = happened.marks.get(place + 1).map_or(Duration::MAX, |(next, _)| *next);
            let troubles = happened
                .answers
                .iter()
                .filter(|(when, how)| *how != Outcome::Done && (*at..until).contains(when));
            let lasted = troubles.map(|(when, _)| when.saturating_sub(*at)).max().unwrap_or_default();
            measures.push((format!("{what}: nobody turned away after"), seconds(lasted)));
        }
        publish(run, &measures);
    }

    fn lock(&self) -> MutexGuard<'_, Happened> {
        self.happened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Happened {
    fn count(&self, outcome: Outcome) -> usize {
        self.answers.iter().filter(|(_, how)| *how == outcome).count()
    }

    fn longest_silence(&self) -> Duration {
        let mut last = Duration::ZERO;
        let mut longest = Duration::ZERO;
        for (at, outcome) in &self.answers {
            if *outcome == Outcome::Done {
                longest = longest.max(at.saturating_sub(last));
                last = *at;
            }
        }
        longest
    }
}

/// A time as a table shows it.
pub fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// Shows what was measured, and adds it to the file that the environment names.
pub fn publish(run: &str, measures: &[(String, String)]) {
    let mut lines = String::new();
    for (measure, value) in measures {
        writeln!(lines, "{run}\t{measure}\t{value}").unwrap();
    }
    print!("{lines}");
    #[expect(clippy::disallowed_methods, reason = "it is the test's own setting")]
    if let Some(path) = std::env::var_os(RESULTS) {
        let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        file.write_all(lines.as_bytes()).unwrap();
    }
}
