//! Who waits for a thread, and how many may?
//!
//! First come, first served; bounded, so that a slow disk turns callers away instead of piling them up. What
//! was accepted before the queue was closed is still handed out.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A bounded queue between many callers and a few threads.
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    arrival: Condvar,
    capacity: usize,
}

struct State<T> {
    waiting: VecDeque<T>,
    is_closed: bool,
}

/// Why something was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// As many are waiting as may.
    Full,
    /// Nothing is accepted any more.
    Closed,
}

impl<T> Queue<T> {
    /// An empty queue in which `capacity` may wait.
    pub(crate) fn new(capacity: usize) -> Self {
        let state = State { waiting: VecDeque::new(), is_closed: false };
        Self { state: Mutex::new(state), arrival: Condvar::new(), capacity }
    }

    /// Joins the queue.
    pub(crate) fn push(&self, item: T) -> Result<(), Refusal> {
        let mut state = self.lock();
        if state.is_closed {
            return Err(Refusal::Closed);
        }
        if state.waiting.len() >= self.capacity {
            return Err(Refusal::Full);
        }
        state.waiting.push_back(item);
        drop(state);
        self.arrival.notify_one();
        Ok(())
    }

    /// Waits for the next. `None` once the queue is closed and empty.
    pub(crate) fn pop(&self) -> Option<T> {
        let mut state = self.lock();
        loop {
            if let Some(item) = state.waiting.pop_front() {
                return Some(item);
            }
            if state.is_closed {
                return None;
            }
            state = self.arrival.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The next if one is waiting.
    pub(crate) fn try_pop(&self) -> Option<T> {
        self.lock().waiting.pop_front()
    }

    /// Accepts nothing any more.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.arrival.notify_all();
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.lock().waiting.len()
    }

    // Nothing under the lock can panic half-way, so a poisoned one is as good as any.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_joins_first_leaves_first_and_a_full_queue_refuses() {
        let queue = Queue::new(2);
        assert_eq!(queue.push(1), Ok(()));
        assert_eq!(queue.push(2), Ok(()));
        assert_eq!(queue.push(3), Err(Refusal::Full));
        assert_eq!((queue.pop(), queue.try_pop(), queue.try_pop()), (Some(1), Some(2), None));
        assert_eq!(queue.push(4), Ok(()));
        assert_eq!(queue.len(), 1);
    }

    #[test]
    fn a_closed_queue_hands_out_what_it_accepted_and_then_ends() {
        let queue = Queue::new(2);
        assert_eq!(queue.push(1), Ok(()));
        queue.close();
        assert_eq!(queue.push(2), Err(Refusal::Closed));
        assert_eq!((queue.pop(), queue.pop()), (Some(1), None));
    }

    #[test]
    fn closing_wakes_whoever_waits() {
        let queue = Queue::<u8>::new(1);
        std::thread::scope(|scope| {
            let waiting = [scope.spawn(|| queue.pop()), scope.spawn(|| queue.pop())];
            queue.close();
            for thread in waiting {
                assert_eq!(thread.join().ok(), Some(None));
            }
        });
    }
}
