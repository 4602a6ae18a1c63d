//! Which documents about ended sessions are signed, and how often?
//!
//! Anybody may ask, with any number, as often as they want; a signature is work. So an answer may begin earlier than
//! was asked for, which does no harm, and few different answers are left. Each is signed once a second, whoever asks, and
//! nobody waits for the one that somebody else has asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::End;
use crate::model::Timestamp;

/// The most entries of one document: about 140 KB.
pub(crate) const PAGE_ENTRIES: u64 = 2048;

/// So many documents of one stand are kept, 9 MB at most, and those [that anybody needs](Start::is_for_all) besides.
const KEPT_DOCUMENTS: usize = 64;

/// Answers by the time begin at whole ones of these.
const TIMES_APART: Duration = Duration::from_secs(30);

/// What all documents that are signed at the same moment have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stand {
    /// The latest entry.
    pub(crate) last: u64,
    /// The second.
    pub(crate) at_seconds: i64,
    /// Up to when what others did is known.
    pub(crate) as_of: Timestamp,
    /// Who says it.
    pub(crate) issuer: String,
    /// With which key.
    pub(crate) kid: String,
}

/// Where a document begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Start {
    /// With everything.
    Whole,
    /// With what this node learned of after a number.
    News(u64),
    /// With what ended at a time.
    At(Timestamp),
    /// With what ended after another.
    After(End),
}

impl Start {
    /// For who knows what this node has numbered up to `known`; `before` and `last` are the
    /// [numbers](super::RevokedSessions::numbers) that there are. It never leaves anything out, and a document from
    /// there is not longer than a page.
    pub(crate) fn by_number(known: u64, before: u64, last: u64) -> Self {
        match last.saturating_sub(known) {
            // SECURITY: what is forgotten has no entries, but as many different beginnings as one likes.
            _ if known < before => Self::Whole,
            0 => Self::News(last),
            behind if behind <= PAGE_ENTRIES => Self::News(last.saturating_sub(behind.next_power_of_two())),
            _ => Self::Whole,
        }
    }

    /// For who knows what ended before a time; `first` is when the first ended that is not forgotten.
    pub(crate) fn by_time(known: Timestamp, first: Option<Timestamp>) -> Self {
        let apart = i64::try_from(TIMES_APART.as_millis()).unwrap_or(i64::MAX);
        let millis = known.as_millis();
        let start = Timestamp::from_millis(millis.saturating_sub(millis.rem_euclid(apart)));
        if first.is_some_and(|first| first < start) { Self::At(start) } else { Self::Whole }
    }

    /// Whether services need it that do nothing special. There are less than twenty of these.
    const fn is_for_all(self) -> bool {
        matches!(self, Self::Whole | Self::News(_))
    }
}

/// Documents that were signed just now, by where they begin.
#[derive(Debug, Default)]
pub(crate) struct Publications(Mutex<Signed>);

#[derive(Debug, Default)]
struct Signed {
    stand: Option<Stand>,
    documents: HashMap<Start, Place>,
}

/// Where a document is, or is being made.
type Place = Arc<Mutex<Option<Arc<str>>>>;

impl Publications {
    /// The document that begins somewhere, made now if it is not there. Others can be had meanwhile.
    pub(crate) fn get_or_make<E>(
        &self,
        stand: &Stand,
        start: Start,
        make: impl FnOnce() -> Result<String, E>,
    ) -> Result<Arc<str>, E> {
        let place = self.place(stand, start);
        let mut kept = lock(&place);
        if let Some(document) = &*kept {
            return Ok(Arc::clone(document));
        }
        let document: Arc<str> = make()?.into();
        *kept = Some(Arc::clone(&document));
        Ok(document)
    }

    fn place(&self, stand: &Stand, start: Start) -> Place {
        let mut signed = lock(&self.0);
        if signed.stand.as_ref() != Some(stand) {
            *signed = Signed { stand: Some(stand.clone()), documents: HashMap::new() };
        }
        if let Some(place) = signed.documents.get(&start) {
            return Arc::clone(place);
        }
        let place = Place::default();
        // SECURITY: a stranger who asks for many shall not take the place of what everybody asks for.
        if start.is_for_all() || signed.documents.len() < KEPT_DOCUMENTS {
            signed.documents.insert(start, Arc::clone(&place));
        }
        place
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nobody_is_left_without_what_they_do_not_know(
            known in 0..6_000_u64,
            before in 0..4_000_u64,
            alive in 0..4_000_u64,
        ) {
            let last = before + alive;
            match Start::by_number(known.min(last), before, last) {
                Start::News(start) => {
                    prop_assert!(start <= known && last - start <= PAGE_ENTRIES);
                }
                start => prop_assert_eq!(start, Start::Whole),
            }
        }
    }

    #[test]
    fn there_are_few_different_documents_however_much_is_forgotten() {
        let starts: HashSet<_> =
            (0..=1_000_000).map(|known| Start::by_number(known, 990_000, 1_000_000)).collect();
        assert!(starts.len() < 20, "{}", starts.len());
        assert_eq!(Start::by_number(5, 10, 10), Start::Whole, "nothing is alive");
    }

    #[test]
    fn by_the_time_an_answer_begins_a_little_earlier_and_not_before_there_is_anything() {
        let at = Timestamp::from_millis;
        assert_eq!(Start::by_time(at(89_999), Some(at(59_999))), Start::At(at(60_000)));
        assert_eq!(Start::by_time(at(60_000), Some(at(1))), Start::At(at(60_000)));
        assert_eq!(Start::by_time(at(89_999), Some(at(60_000))), Start::Whole);
        assert_eq!(Start::by_time(at(89_999), None), Start::Whole);
        assert_eq!(Start::by_time(at(i64::MIN), Some(at(0))), Start::Whole);
    }

    fn stand(at_seconds: i64) -> Stand {
        let as_of = Timestamp::from_millis(1);
        Stand { last: 7, at_seconds, as_of, issuer: "i".into(), kid: "k".into() }
    }

    #[test]
    fn a_document_is_made_once_a_second() {
        let publications = Publications::default();
        let get = |second, number, text: &str| {
            let start = Start::News(number);
            let made = publications.get_or_make(&stand(second), start, || Ok::<_, ()>(text.to_owned()));
            made.unwrap().to_string()
        };
        assert_eq!(get(1, 0, "first"), "first");
        assert_eq!(get(1, 0, "never made"), "first");
        assert_eq!(get(1, 4, "other"), "other");
        assert_eq!(get(2, 0, "second"), "second");
        assert!(publications.get_or_make(&stand(3), Start::News(0), || Err(())).is_err());
        assert_eq!(get(3, 0, "third"), "third");
    }

    #[test]
    fn while_one_document_is_made_another_can_be_had() {
        let publications = Publications::default();
        let get = |start, make: &dyn Fn() -> String| {
            publications.get_or_make(&stand(1), start, || Ok::<_, ()>(make())).unwrap().to_string()
        };
        let outer = get(Start::Whole, &|| get(Start::News(1), &|| "inner".to_owned()) + " and outer");
        assert_eq!(outer, "inner and outer");
    }

    #[test]
    fn a_stranger_who_asks_for_many_takes_no_place_from_what_everybody_asks_for() {
        let publications = Publications::default();
        let get = |start, text: &str| {
            let made = publications.get_or_make(&stand(1), start, || Ok::<_, ()>(text.to_owned()));
            made.unwrap().to_string()
        };
        for millis in 0..1000 {
            get(Start::At(Timestamp::from_millis(millis)), "");
        }
        assert_eq!(publications.0.lock().unwrap().documents.len(), KEPT_DOCUMENTS);
        for start in [Start::Whole, Start::News(4)] {
            assert_eq!(get(start, "made"), "made");
            assert_eq!(get(start, "never made"), "made");
        }
    }
}
