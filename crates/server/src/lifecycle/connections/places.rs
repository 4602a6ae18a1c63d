//! Who may be connected, and who gives way when all places are taken?
//!
//! A place is a connection, from the moment it is accepted. While there are free ones, everybody gets one. When there are
//! none, somebody who only waits makes room for who comes: first of the client with the most places, and of those who
//! waits for its next request longest. So nobody keeps others out by connecting and asking nothing, or half of something,
//! be it from one address or from thousands; who is being answered is not sent away.
//!
//! Invariants
//! - No more than `max` places are taken; one more connection waits at the door.
//! - For a place nobody gives way who has not waited for [`PATIENCE`]: what has just come gets its handshake and its
//!   request through.
//! - When all clients together have begun too much that they do not finish, those with the most of it leave at once.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use super::unfinished::{HEAVY_BYTES, MOST_BYTES, Saying, Unfinished};

/// How long one may wait for its next request before it gives way.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);
/// How soon it is looked again for somebody to give way.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// Which part of all places is made free at once, so that looking for them costs little for each.
const PART: usize = 64;

/// All places of a server.
#[derive(Debug)]
pub(super) struct Places {
    max: usize,
    free: Arc<Semaphore>,
    opened: Instant,
    taken: Mutex<Taken>,
    /// What all have begun and not finished.
    unfinished_bytes: Arc<AtomicUsize>,
}

#[derive(Debug, Default)]
struct Taken {
    next: u64,
    guests: HashMap<u64, Arc<Guest>>,
}

/// A place that is taken, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    number: u64,
    guest: Arc<Guest>,
    places: Arc<Places>,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    /// Who has it.
    pub(super) const fn guest(&self) -> &Arc<Guest> {
        &self.guest
    }

    /// What it is one of.
    pub(super) const fn places(&self) -> &Arc<Places> {
        &self.places
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // The permit is let go of after this.
        self.places.taken.lock().unwrap_or_else(PoisonError::into_inner).guests.remove(&self.number);
    }
}

impl Places {
    /// So many.
    pub(super) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self {
            max,
            free: Arc::new(Semaphore::new(max)),
            opened: Instant::now(),
            taken: Mutex::default(),
            unfinished_bytes: Arc::default(),
        })
    }

    /// A place for a connection of this address, as soon as there is one.
    pub(super) async fn take(self: &Arc<Self>, address: IpAddr) -> Place {
        let permit = loop {
            let free = Arc::clone(&self.free);
            if let Ok(permit) = Arc::clone(&free).try_acquire_owned() {
                break permit;
            }
            self.make_room();
            // The semaphore is never closed.
            if let Ok(Ok(permit)) = timeout(LOOK_AGAIN, free.acquire_owned()).await {
                break permit;
            }
        };
        let guest = Arc::new(Guest {
            client: client_of(address),
            opened: self.opened,
            answering: AtomicU32::new(0),
            has_asked: AtomicBool::new(false),
            waits_since: AtomicU64::new(self.now()),
            unfinished: Unfinished::among(&self.unfinished_bytes),
            leaving: AtomicU8::new(Leaving::No as u8),
            leave: Notify::new(),
        });
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let number = taken.next;
        taken.next += 1;
        taken.guests.insert(number, Arc::clone(&guest));
        drop(taken);
        Place { number, guest, places: Arc::clone(self), _permit: permit }
    }

    /// Asks those to leave that can be spared most.
    fn make_room(&self) {
        let patience = u64::try_from(PATIENCE.as_millis()).unwrap_or(u64::MAX);
        let Some(latest) = self.now().checked_sub(patience) else { return };
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let mut places_of: HashMap<IpAddr, usize> = HashMap::new();
        for guest in taken.guests.values() {
            *places_of.entry(guest.client).or_default() += 1;
        }
        let spared = taken.guests.values().filter_map(|guest| {
            let since = guest.waits_since(latest)?;
            Some((Reverse(places_of.get(&guest.client).copied()), since, guest))
        });
        let mut spared: Vec<_> = spared.collect();
        let wanted = (self.max / PART).max(1);
        if spared.len() > wanted {
            spared.select_nth_unstable_by_key(wanted - 1, |(places, since, _)| (*places, *since));
        }
        for (_, _, guest) in spared.into_iter().take(wanted) {
            guest.is_to_leave(Leaving::Soon);
        }
    }

    /// Asks those to leave at once that have begun most and do not finish it, if all together have too much.
    pub(super) fn lighten(&self) {
        if self.unfinished_bytes.load(Ordering::Relaxed) <= MOST_BYTES {
            return;
        }
        // Whoever has the lock takes a moment, and the next bytes look again.
        let Ok(taken) = self.taken.try_lock() else { return };
        let mut bytes_of: HashMap<IpAddr, usize> = HashMap::new();
        let (mut staying, mut heavy) = (0_usize, Vec::new());
        for guest in taken.guests.values().filter(|guest| guest.leaving() != Leaving::AtOnce) {
            let bytes = guest.unfinished.bytes();
            staying = staying.saturating_add(bytes);
            let of_client = bytes_of.entry(guest.client).or_default();
            *of_client = of_client.saturating_add(bytes);
            if bytes > 0 && (bytes > HEAVY_BYTES || !guest.is_being_answered()) {
                heavy.push((bytes, guest));
            }
        }
        heavy.sort_unstable_by_key(|(bytes, guest)| Reverse((bytes_of.get(&guest.client).copied(), *bytes)));
        for (bytes, guest) in heavy {
            if staying <= MOST_BYTES - MOST_BYTES / 4 {
                break;
            }
            guest.is_to_leave(Leaving::AtOnce);
            staying -= bytes;
        }
    }

    fn now(&self) -> u64 {
        millis_since(self.opened)
    }
}

/// Whether somebody gives way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Leaving {
    /// Not yet.
    No,
    /// When the answer is there that is on its way.
    Soon,
    /// Whatever is on its way.
    AtOnce,
}

/// Whose connection it is, and what it does.
#[derive(Debug)]
pub(super) struct Guest {
    client: IpAddr,
    opened: Instant,
    answering: AtomicU32,
    has_asked: AtomicBool,
    /// In milliseconds since `opened`.
    waits_since: AtomicU64,
    unfinished: Unfinished,
    /// A [`Leaving`].
    leaving: AtomicU8,
    leave: Notify,
}

impl Guest {
    /// Has asked something, in a head of so many bytes; is being answered until what this returns is dropped.
    pub(super) fn asks(self: &Arc<Self>, head_bytes: usize) -> Answering {
        self.has_asked.store(true, Ordering::Relaxed);
        self.is_answered();
        Answering { guest: Arc::clone(self), head_bytes, saying: None }
    }

    /// Has begun to ask something with a body; is being answered from its end.
    pub(super) fn begins_to_ask(self: &Arc<Self>, head_bytes: usize) -> (Answering, Arc<Saying>) {
        self.has_asked.store(true, Ordering::Relaxed);
        self.waits_since.store(millis_since(self.opened), Ordering::Relaxed);
        let saying = Saying::of(Arc::clone(self));
        (Answering { guest: Arc::clone(self), head_bytes, saying: Some(Arc::clone(&saying)) }, saying)
    }

    /// One more request is there as a whole.
    pub(super) fn is_answered(&self) {
        self.answering.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether a request of it is there as a whole, and its answer is not.
    pub(super) fn is_being_answered(&self) -> bool {
        self.answering.load(Ordering::Relaxed) > 0
    }

    /// What it has begun and not finished.
    pub(super) const fn unfinished(&self) -> &Unfinished {
        &self.unfinished
    }

    /// Whether there was a request.
    pub(super) fn has_asked(&self) -> bool {
        self.has_asked.load(Ordering::Relaxed)
    }

    /// Ends when this one is to give way, and each time that it is to do so faster.
    pub(super) async fn leaves(&self) -> Leaving {
        self.leave.notified().await;
        self.leaving()
    }

    /// How long it has waited for its next request, if it does.
    pub(super) fn waits_for(&self) -> Option<Duration> {
        let since = self.waits_since(u64::MAX)?;
        Some(Duration::from_millis(millis_since(self.opened).saturating_sub(since)))
    }

    fn is_to_leave(&self, leaving: Leaving) {
        self.leaving.store(leaving as u8, Ordering::Relaxed);
        self.leave.notify_one();
    }

    fn leaving(&self) -> Leaving {
        match self.leaving.load(Ordering::Relaxed) {
            0 => Leaving::No,
            1 => Leaving::Soon,
            _ => Leaving::AtOnce,
        }
    }

    /// Since when it waits, if it does, has not left yet, and began to at `latest`.
    fn waits_since(&self, latest: u64) -> Option<u64> {
        if self.is_being_answered() || self.leaving() != Leaving::No {
            return None;
        }
        Some(self.waits_since.load(Ordering::Relaxed)).filter(|since| *since <= latest)
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(super) struct Answering {
    guest: Arc<Guest>,
    head_bytes: usize,
    /// Its body, if it has one.
    saying: Option<Arc<Saying>>,
}

impl Drop for Answering {
    fn drop(&mut self) {
        let Self { guest, head_bytes, saying } = self;
        guest.waits_since.store(millis_since(guest.opened), Ordering::Relaxed);
        let body_bytes = saying.as_ref().map_or(0, |saying| saying.bytes());
        guest.unfinished.is_dealt_with(head_bytes.saturating_add(body_bytes));
        // One whose body never came to an end was not counted.
        if saying.as_ref().is_none_or(|saying| saying.ends()) {
            guest.answering.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn millis_since(opened: Instant) -> u64 {
    u64::try_from(opened.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Whose an address is: of IPv6, a client has a network.
fn client_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use futures_util::FutureExt;
    use tokio::time::advance;

    use super::*;

    const GREEDY: &str = "203.0.113.1";
    const MODEST: &str = "198.51.100.1";

    async fn place(places: &Arc<Places>, address: &str) -> Place {
        places.take(address.parse().unwrap()).await
    }

    fn gives_way(place: &Place) -> bool {
        place.guest.leaves().now_or_never().is_some()
    }

    #[tokio::test(start_paused = true)]
    async fn while_there_are_free_places_nobody_gives_way() {
        let places = Places::new(2);
        let first = place(&places, GREEDY).await;
        advance(PATIENCE * 10).await;
        let second = place(&places, GREEDY).await;
        assert!(!gives_way(&first) && !gives_way(&second));
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_the_most_gives_way_first_and_of_those_who_waits_longest() {
        let places = Places::new(4);
        let modest = place(&places, MODEST).await;
        let mut greedy = Vec::new();
        for _ in 0..3 {
            advance(Duration::from_millis(10)).await;
            greedy.push(place(&places, GREEDY).await);
        }
        // The first of them asks again, so that it is no longer the one that waits longest.
        advance(Duration::from_millis(10)).await;
        drop(greedy[0].guest.asks(0));
        advance(PATIENCE).await;
        assert!(place(&places, "192.0.2.1").now_or_never().is_none());
        assert_eq!(greedy.iter().map(gives_way).collect::<Vec<_>>(), [false, true, false]);
        assert!(!gives_way(&modest));
        greedy.remove(1);
        assert!(place(&places, "192.0.2.1").now_or_never().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_being_answered_or_has_just_come_does_not_give_way() {
        let places = Places::new(2);
        let busy = place(&places, GREEDY).await;
        let answering = busy.guest.asks(0);
        advance(PATIENCE).await;
        let fresh = place(&places, GREEDY).await;
        assert!(place(&places, MODEST).now_or_never().is_none());
        assert!(!gives_way(&busy) && !gives_way(&fresh));
        drop(answering);
        advance(PATIENCE / 2).await;
        assert!(place(&places, MODEST).now_or_never().is_none());
        assert!(!gives_way(&busy) && !gives_way(&fresh));
        advance(PATIENCE / 2).await;
        assert!(place(&places, MODEST).now_or_never().is_none());
        assert!(gives_way(&busy) != gives_way(&fresh));
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_waits_until_a_place_is_free() {
        let places = Places::new(1);
        let busy = place(&places, GREEDY).await;
        let answering = busy.guest.asks(0);
        let mut waiting = Box::pin(place(&places, MODEST));
        assert!((&mut waiting).now_or_never().is_none());
        advance(LOOK_AGAIN * 100).await;
        assert!((&mut waiting).now_or_never().is_none());
        drop((answering, busy));
        waiting.await;
    }

    #[test]
    fn a_client_with_ipv6_is_its_network() {
        let client = |text: &str| client_of(text.parse().unwrap()).to_string();
        assert_eq!(client("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(client("203.0.113.9"), "203.0.113.9");
        assert_eq!(client("::ffff:203.0.113.9"), "203.0.113.9");
    }
}
