//! Which server of a database is asked first?
//!
//! At first in the order in which they are written down; from then on the one that let us in last: a node stays with its
//! server until that fails, because an old primary that comes back and takes writes would otherwise divide the nodes.
//! One that failed comes after the others for a while, so that not every new connection waits for it in vain. One that
//! broke takes the connections with it that were made before.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::options::Host;

/// For how long a server that failed comes last.
const DISTRUSTED_FOR: Duration = Duration::from_secs(5);

/// The servers of a database.
#[derive(Debug)]
pub(super) struct Hosts {
    list: Vec<Host>,
    /// The one that let us in last.
    current: AtomicUsize,
    /// What is known against each.
    records: Mutex<Vec<Record>>,
}

/// What is known against a server.
#[derive(Debug, Clone, Copy, Default)]
struct Record {
    /// Until when it comes last.
    distrusted_until: Option<Instant>,
    /// When a connection to it was last found broken.
    broke_at: Option<Instant>,
}

impl Hosts {
    pub(super) fn new(list: Vec<Host>) -> Self {
        let records = Mutex::new(vec![Record::default(); list.len()]);
        Self { list, current: AtomicUsize::new(0), records }
    }

    /// All servers with their places, the one to ask first at the front.
    pub(super) fn in_order(&self) -> Vec<(usize, &Host)> {
        let records = self.lock();
        let now = Instant::now();
        let is_distrusted = |place: usize| {
            records.get(place).and_then(|record| record.distrusted_until).is_some_and(|until| until > now)
        };
        let mut ordered: Vec<_> = self.list.iter().enumerate().collect();
        let current = self.current.load(Ordering::Relaxed);
        // Stable: among equals the order in which they are written down stays.
        ordered.sort_by_key(|(place, _)| (is_distrusted(*place), *place != current));
        ordered
    }

    /// The server let us in.
    pub(super) fn trust(&self, place: usize) {
        if self.current.swap(place, Ordering::Relaxed) != place
            && let Some(host) = self.list.get(place)
        {
            tracing::warn!(server = %host, "another server of the database is used from now on");
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.list.len()
    }

    /// The server did not let us in.
    pub(super) fn distrust(&self, place: usize) {
        if let Some(record) = self.lock().get_mut(place) {
            record.distrusted_until = Some(Instant::now() + DISTRUSTED_FOR);
        }
    }

    /// A connection to the server broke: most likely all of them did.
    pub(super) fn broke(&self, place: usize) {
        self.distrust(place);
        if let Some(record) = self.lock().get_mut(place) {
            record.broke_at = Some(Instant::now());
        }
    }

    /// Whether a connection to the server broke after this moment.
    pub(super) fn has_broken_since(&self, place: usize, moment: Instant) -> bool {
        self.lock().get(place).and_then(|record| record.broke_at).is_some_and(|at| at >= moment)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::{DISTRUSTED_FOR, Host, Hosts, Instant};

    fn order(hosts: &Hosts) -> Vec<usize> {
        hosts.in_order().into_iter().map(|(place, _)| place).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_failed_comes_last_for_a_while() {
        let host = |name: &str| Host { name: name.into(), port: 1 };
        let hosts = Hosts::new(vec![host("a"), host("b"), host("c")]);
        assert_eq!(order(&hosts), [0, 1, 2]);
        hosts.distrust(0);
        assert_eq!(order(&hosts), [1, 2, 0]);
        hosts.distrust(1);
        assert_eq!(order(&hosts), [2, 0, 1]);
        advance(DISTRUSTED_FOR).await;
        assert_eq!(order(&hosts), [0, 1, 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_stays_with_its_server_until_that_fails() {
        let host = |name: &str| Host { name: name.into(), port: 1 };
        let hosts = Hosts::new(vec![host("a"), host("b"), host("c")]);
        hosts.distrust(0);
        hosts.trust(1);
        advance(DISTRUSTED_FOR).await;
        assert_eq!(order(&hosts), [1, 0, 2]);
        hosts.broke(1);
        assert_eq!(order(&hosts), [0, 2, 1]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_broke_takes_only_its_own_older_connections_with_it() {
        let host = |name: &str| Host { name: name.into(), port: 1 };
        let hosts = Hosts::new(vec![host("a"), host("b")]);
        let before = Instant::now();
        hosts.distrust(0);
        assert!(!hosts.has_broken_since(0, before));
        advance(DISTRUSTED_FOR).await;
        hosts.broke(0);
        assert_eq!(order(&hosts), [1, 0]);
        assert!(hosts.has_broken_since(0, before) && !hosts.has_broken_since(1, before));
        advance(DISTRUSTED_FOR).await;
        assert!(!hosts.has_broken_since(0, Instant::now()));
    }
}
