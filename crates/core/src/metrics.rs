//! How is something counted that everybody may do at once?
//!
//! Counting is an addition to a number: nobody waits for a lock, nothing is allocated. Whoever looks sees each number
//! as it is, not all of them at one moment.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// Nothing has happened yet.
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// So many more.
    pub fn add(&self, more: usize) {
        self.0.fetch_add(u64::try_from(more).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// How many so far.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How often something took how long, while it goes on. `bounds` are the upper ends of its classes, growing; above the
/// last there is one more class.
#[derive(Debug)]
pub struct Histogram<const N: usize> {
    bounds: &'static [Duration; N],
    classes: [AtomicU64; N],
    above: AtomicU64,
    sum_nanos: AtomicU64,
}

/// What a [`Histogram`] showed at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times<const N: usize> {
    /// The upper ends of the classes.
    pub bounds: &'static [Duration; N],
    /// How often it took at most as long as the bound in the same place, and longer than the one before.
    pub classes: [u64; N],
    /// How often it took longer than all.
    pub above: u64,
    /// All of it together.
    pub sum: Duration,
}

impl<const N: usize> Histogram<N> {
    /// Nothing has happened yet.
    pub const fn new(bounds: &'static [Duration; N]) -> Self {
        Self {
            bounds,
            classes: [const { AtomicU64::new(0) }; N],
            above: AtomicU64::new(0),
            sum_nanos: AtomicU64::new(0),
        }
    }

    /// It happened once more.
    pub fn note(&self, took: Duration) {
        let class = self.bounds.iter().position(|bound| took <= *bound);
        let count = class.and_then(|class| self.classes.get(class)).unwrap_or(&self.above);
        count.fetch_add(1, Ordering::Relaxed);
        // Room for five hundred years of them.
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.sum_nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    /// What it shows now.
    pub fn times(&self) -> Times<N> {
        Times {
            bounds: self.bounds,
            classes: self.classes.each_ref().map(|count| count.load(Ordering::Relaxed)),
            above: self.above.load(Ordering::Relaxed),
            sum: Duration::from_nanos(self.sum_nanos.load(Ordering::Relaxed)),
        }
    }
}

impl<const N: usize> Times<N> {
    /// How often it happened.
    pub fn count(&self) -> u64 {
        self.classes.iter().sum::<u64>() + self.above
    }
}

/// Words for what can come of something.
macro_rules! outcomes {
    ($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $variant_doc:literal])+ $variant:ident = $word:literal,)+ }) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $name { $($(#[doc = $variant_doc])+ $variant,)+ }

        impl $crate::metrics::Outcome for $name {
            type Counts = [$crate::metrics::Count; <Self as $crate::metrics::Outcome>::WORDS.len()];
            const WORDS: &'static [&'static str] = &[$($word,)+];

            fn place(self) -> usize {
                self as usize
            }
        }
    };
}
pub(crate) use outcomes;

/// What can come of something.
pub(crate) trait Outcome: Copy + 'static {
    /// A count for each.
    type Counts: AsRef<[Count]> + Default + std::fmt::Debug;
    /// A word for each.
    const WORDS: &'static [&'static str];
    /// Where it stands among them.
    fn place(self) -> usize;
}

/// How often what came of something.
#[derive(Debug)]
pub(crate) struct Outcomes<O: Outcome>(O::Counts);

impl<O: Outcome> Default for Outcomes<O> {
    fn default() -> Self {
        Self(O::Counts::default())
    }
}

impl<O: Outcome> Outcomes<O> {
    /// This came of it once more.
    pub(crate) fn note(&self, outcome: O) {
        if let Some(count) = self.0.as_ref().get(outcome.place()) {
            count.add(1);
        }
    }

    /// How often each, by its word.
    pub(crate) fn counts(&self) -> Vec<(&'static str, u64)> {
        O::WORDS.iter().zip(self.0.as_ref()).map(|(word, count)| (*word, count.get())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(10)];

    #[test]
    fn a_time_belongs_to_the_first_class_whose_end_it_does_not_pass() {
        let histogram = Histogram::new(&BOUNDS);
        for micros in [0, 1_000, 1_001, 10_000, 10_001, 5_000_000] {
            histogram.note(Duration::from_micros(micros));
        }
        let times = histogram.times();
        assert_eq!((times.classes, times.above, times.count()), ([2, 2], 2, 6));
        assert_eq!(times.sum, Duration::from_micros(5_022_002));
    }

    outcomes! {
        /// Of a coin.
        Side {
            /// Up.
            Heads = "heads",
            /// Down.
            Tails = "tails",
        }
    }

    #[test]
    fn outcomes_are_counted_by_their_words_those_that_never_came_too() {
        let sides = Outcomes::<Side>::default();
        assert_eq!(sides.counts(), [("heads", 0), ("tails", 0)]);
        for side in [Side::Tails, Side::Heads, Side::Tails] {
            sides.note(side);
        }
        assert_eq!(sides.counts(), [("heads", 1), ("tails", 2)]);
    }
}
