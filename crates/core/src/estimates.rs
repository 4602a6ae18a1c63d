//! Whose password is estimated next, and who is told to come back later?
//!
//! SECURITY: an estimate takes up to ten milliseconds, and anybody may ask for it:
//! - There is one at a time, and then a rest of three times as long: all of them together take a quarter of one core at most.
//! - Few wait, and fewer of one address: whoever asks for very many gets no answer, and others do.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ipnet::IpNet;
use tokio::sync::OwnedMutexGuard;

/// The longest that an estimate waits for others.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);
/// The longest rest after an estimate.
const REST_MAX: Duration = Duration::from_millis(30);
/// How many wait. Their estimates and rests take no longer than they would wait.
const MOST_WAITING: usize = 24;
/// How many of one address or /64.
const MOST_OF_ONE_ADDRESS: usize = 8;

/// Those who wait for estimates.
#[derive(Default)]
pub(crate) struct Estimates {
    /// When the next one may begin.
    next_at: Arc<tokio::sync::Mutex<Option<Instant>>>,
    /// Where those are who wait, or are estimated for.
    waiting: Mutex<Vec<Option<IpNet>>>,
}

/// There are too many.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

/// A place among those who wait, to be kept until there is an answer.
pub(crate) struct Place<'a> {
    waiting: &'a Mutex<Vec<Option<IpNet>>>,
    address: Option<IpNet>,
}

/// Leave for one estimate, while there is no other.
pub(crate) struct Turn(OwnedMutexGuard<Option<Instant>>);

impl Estimates {
    /// Waits for the turn of somebody at an address.
    pub(crate) async fn turn(&self, address: Option<IpNet>) -> Result<(Place<'_>, Turn), TooMany> {
        let place = self.place(address)?;
        let turn = tokio::time::timeout(PATIENCE, self.rested()).await.map_err(|_| TooMany)?;
        Ok((place, turn))
    }

    fn place(&self, address: Option<IpNet>) -> Result<Place<'_>, TooMany> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let of_address = waiting.iter().filter(|other| **other == address).count();
        if waiting.len() >= MOST_WAITING || of_address >= MOST_OF_ONE_ADDRESS {
            return Err(TooMany);
        }
        waiting.push(address);
        Ok(Place { waiting: &self.waiting, address })
    }

    async fn rested(&self) -> Turn {
        let next_at = Arc::clone(&self.next_at).lock_owned().await;
        if let Some(at) = *next_at {
            tokio::time::sleep(at.saturating_duration_since(Instant::now())).await;
        }
        Turn(next_at)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = waiting.iter().position(|other| *other == self.address) {
            waiting.swap_remove(at);
        }
    }
}

impl Turn {
    /// Makes an estimate, and lets it rest.
    pub(crate) fn run<T>(mut self, estimate: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let estimate = estimate();
        *self.0 = Some(Instant::now() + rest_after(begun.elapsed()));
        estimate
    }
}

fn rest_after(estimate: Duration) -> Duration {
    (estimate * 3).min(REST_MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn address(number: u8) -> Option<IpNet> {
        IpNet::new([192, 0, 2, number].into(), 32).ok()
    }

    #[tokio::test]
    async fn whoever_comes_after_an_estimate_waits_until_its_rest_is_over() {
        assert_eq!(rest_after(Duration::from_millis(2)), Duration::from_millis(6));
        assert_eq!(rest_after(Duration::from_secs(1)), REST_MAX);
        let estimates = Estimates::default();
        let at = Instant::now() + Duration::from_millis(20);
        *estimates.next_at.lock().await = Some(at);
        let (_place, turn) = estimates.turn(address(1)).await.unwrap();
        assert!(Instant::now() >= at);
        assert_eq!(turn.run(|| 7), 7);
        assert!(estimates.next_at.lock().await.unwrap() > at);
    }

    #[tokio::test]
    async fn whoever_asks_for_very_many_gets_no_more_and_others_do() {
        let estimates = Estimates::default();
        let flood: Vec<_> = (0..MOST_OF_ONE_ADDRESS).map(|_| estimates.place(address(1)).unwrap()).collect();
        assert_eq!(estimates.turn(address(1)).await.err(), Some(TooMany));
        assert!(estimates.turn(address(2)).await.is_ok());
        drop(flood);
        assert!(estimates.turn(address(1)).await.is_ok());
        let many: Vec<_> = (0..24).map(|number| estimates.place(address(number)).unwrap()).collect();
        assert_eq!(estimates.turn(address(200)).await.err(), Some(TooMany));
        drop(many);
        assert!(estimates.waiting.lock().unwrap().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_too_long_is_told_to_come_back_and_leaves() {
        let estimates = Estimates::default();
        let turn = estimates.rested().await;
        assert_eq!(estimates.turn(address(1)).await.err(), Some(TooMany));
        assert!(estimates.waiting.lock().unwrap().is_empty());
        drop(turn);
        assert!(estimates.turn(address(1)).await.is_ok());
    }
}
