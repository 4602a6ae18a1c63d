//! Do mails go out?
//!
//! SECURITY: to an address without an account nothing is sent. So what was sent and what was dropped is one number: whoever
//! sees it and asks for a mail must not learn which of the two it was.

use std::sync::{PoisonError, RwLock};

use portcullis_core::model::MailState;

use super::text::Page;

/// What came of an entry, where that says nothing about whom it was for.
const DONE: &str = "done";
/// The words that are one number.
const ONE: [&str; 2] = [MailState::Sent.as_str(), MailState::Dropped.as_str()];
/// The states that an operator has to do with.
const SHOWN: [MailState; 2] = [MailState::Pending, MailState::Dead];

/// How many mails there are of each state, as it was when somebody last counted.
#[derive(Debug, Default)]
pub(crate) struct Outbox(RwLock<Option<Vec<(MailState, u64)>>>);

impl Outbox {
    /// Somebody has counted.
    pub(crate) fn note(&self, counts: Vec<(MailState, u64)>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(counts);
    }

    /// Writes it, and what came of entries by `outcomes`. Nothing about the outbox before the first count.
    pub(super) fn write(&self, page: &mut Page, outcomes: &[(&'static str, u64)]) {
        let mut family =
            page.counter("portcullis_mails_total", "Entries of the outbox that were taken up, by outcome.");
        let (done, others): (Vec<_>, Vec<_>) =
            outcomes.iter().partition(|(outcome, _)| ONE.contains(outcome));
        family.of(&[("outcome", DONE)], done.iter().map(|(_, count)| count).sum::<u64>());
        for (outcome, count) in others {
            family.of(&[("outcome", outcome)], count);
        }
        let counts = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut family = page
            .gauge("portcullis_outbox_mails", "Entries of the outbox that wait or were given up, by state.");
        let Some(counts) = counts.as_ref() else { return };
        for state in SHOWN {
            let count =
                counts.iter().filter(|(other, _)| *other == state).map(|(_, count)| count).sum::<u64>();
            family.of(&[("state", state.as_str())], count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_not_told_from_what_was_dropped() {
        let outbox = Outbox::default();
        outbox.note(vec![(MailState::Pending, 3), (MailState::Sent, 4), (MailState::Dropped, 5)]);
        let mut page = Page::default();
        outbox.write(&mut page, &[("sent", 4), ("postponed", 1), ("dead", 0), ("dropped", 5)]);
        let text = page.finish();
        let samples: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(
            samples,
            [
                "portcullis_mails_total{outcome=\"done\"} 9",
                "portcullis_mails_total{outcome=\"postponed\"} 1",
                "portcullis_mails_total{outcome=\"dead\"} 0",
                "portcullis_outbox_mails{state=\"pending\"} 3",
                "portcullis_outbox_mails{state=\"dead\"} 0",
            ]
        );
    }
}
