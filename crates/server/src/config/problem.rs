//! What is wrong with the configuration, and how is it put right?
//!
//! Invariants
//! - A problem names the key (or the file), where the value was written, what is wrong and what to do.
//! - No problem quotes the value of a secret key.

use std::fmt;

/// One thing that stops the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// What is wrong with what, and where it was written: one line without a full stop.
    pub(crate) what: String,
    /// What to do about it: one line without a full stop.
    pub(crate) fix: String,
}

impl Problem {
    /// A problem and its remedy.
    pub(crate) fn new(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.into(), fix: fix.into() }
    }
}

/// One thing that a start bears with, and that is seldom wise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Warning {
    /// What it is about, in a word.
    pub(crate) about: &'static str,
    /// What is not wise, and where it was written: one line without a full stop.
    pub(crate) what: String,
    /// What to do about it: one line without a full stop.
    pub(crate) advice: String,
}

/// All problems of a configuration: at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    /// `None` when there is nothing wrong.
    pub(crate) fn from_vec(problems: Vec<Problem>) -> Option<Self> {
        (!problems.is_empty()).then_some(Self(problems))
    }

    /// One problem, and perhaps others.
    pub(crate) fn of(first: Problem, others: impl IntoIterator<Item = Problem>) -> Self {
        Self(std::iter::once(first).chain(others).collect())
    }

    /// Each of them.
    pub(crate) fn all(&self) -> &[Problem] {
        &self.0
    }

    /// A default of the key table that its own type refuses; a test shows that there is none.
    pub(crate) fn unreadable_default() -> Self {
        Self(vec![Problem::new("a built-in default cannot be read", "report this as a bug of Portcullis")])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => f.write_str("the configuration has a problem:")?,
            count => write!(f, "the configuration has {count} problems:")?,
        }
        for problem in &self.0 {
            write!(f, "\n  {}\n    fix: {}", problem.what, problem.fix)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// The known word that was probably meant, if any is close.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest_within(1 + word.chars().count() / 5, word, known)
}

/// The known word that is at most so many slips of the finger away.
pub(crate) fn nearest_within<'a>(
    slips: usize,
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let word = word.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= slips)
        .min()
        .map(|(_, candidate)| candidate)
}
