//! How does a try begin, wait, and end?
//!
//! Invariants
//! - What a try has begun ends, whatever becomes of its request: by [`Try::end`], or as a failure when it is dropped.
//! - Whoever is refused has waited for nobody. Whoever waits has a place in a line, and does so for [`PATIENCE`] at most.

use std::pin::pin;
use std::time::Duration;

use portcullis_crypto::device::Device;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep, timeout_at};

use super::counting::{Away, Place};
use super::ending::{MOST_CONFLICTS, Unsettled, step_aside};
use super::limits::{Standing, Subject, Tried};
use super::look::{LOOK_AGAIN_EVERY, Look, Read, Reservation};
use super::{Ending, Throttle, TooManyTries};
use crate::model::{Client, Timestamp};
use crate::policy::ThrottlePolicy;
use crate::ports::Clock;
use crate::ports::throttle::{CounterKey, Replaced};

/// For how long tries wait for others, and when they are told to come back.
const PATIENCE: Duration = Duration::from_secs(5);
const COME_BACK: Duration = Duration::from_secs(1);

/// A password is being tried. Dropped without an ending it has failed.
pub(crate) struct Try<'a> {
    throttle: &'a Throttle,
    clock: &'a dyn Clock,
    /// Nothing where nothing is limited, and once it has ended.
    open: Option<Box<Unsettled>>,
    device: Option<Device>,
}

enum Attempt {
    Begun(Box<Unsettled>),
    Refused(Duration),
    /// Others are in the way; after how long to look again.
    Busy(Duration),
    /// Somebody else was faster.
    Conflict,
}

/// Where somebody stands who wants to begin.
struct Line<'l> {
    /// What was found to be the client's own bucket, at the last look.
    bucket: CounterKey,
    standing: Option<Standing>,
    /// Whoever has waited once has it.
    place: Option<SemaphorePermit<'l>>,
    until: Instant,
    conflicts: u32,
}

impl Throttle {
    /// Begins a try, unless too many have failed.
    pub(super) async fn begin<'a>(
        &'a self,
        subject: Subject<'_>,
        client: &Client,
        policy: &ThrottlePolicy,
        clock: &'a dyn Clock,
    ) -> Result<Try<'a>, TooManyTries> {
        let tried = self.names.tried(subject, client, clock.now());
        let until = Instant::now() + PATIENCE;
        let mut line = Line { bucket: tried.subject, standing: None, place: None, until, conflicts: 0 };
        loop {
            // Taken before the look, so that no end in between is missed.
            let before = line.bucket;
            let mut ended = pin!(self.lanes.of(before).ended.notified());
            ended.as_mut().enable();
            let look_again = match self.attempt(&tried, policy, clock, &mut line).await? {
                Attempt::Begun(open) => {
                    self.counts.known.add(u64::from(line.standing != Some(Standing::Stranger)));
                    let device = tried.device;
                    return Ok(Try { throttle: self, clock, open: Some(open), device });
                }
                Attempt::Refused(retry_after) => return Err(self.refuse(retry_after)),
                Attempt::Conflict if line.conflicts < MOST_CONFLICTS && Instant::now() < until => {
                    line.conflicts += 1;
                    step_aside(line.conflicts).await;
                    continue;
                }
                Attempt::Conflict => LOOK_AGAIN_EVERY,
                Attempt::Busy(wait) => wait,
            };
            self.stand_in(&mut line)?;
            if Instant::now() >= until {
                return Err(self.refuse(COME_BACK));
            }
            if line.bucket != before {
                ended.set(self.lanes.of(line.bucket).ended.notified());
            }
            // Late or not: it looks again.
            let _ = timeout_at(until.min(Instant::now() + look_again), ended).await;
            line.conflicts = 0;
        }
    }

    /// Looks, and begins if it may.
    async fn attempt<'l>(
        &'l self,
        tried: &Tried,
        policy: &ThrottlePolicy,
        clock: &dyn Clock,
        line: &mut Line<'l>,
    ) -> Result<Attempt, TooManyTries> {
        // Whoever is known to be a stranger asks nobody while all strangers are held up.
        if line.standing == Some(Standing::Stranger)
            && tried.is_stranger()
            && let Some(wait) = self.slowed(policy, clock.now())
        {
            return Ok(Attempt::Busy(wait));
        }
        let now = clock.now();
        let (read, look) = self.look(tried, policy, now).await;
        (line.bucket, line.standing) = (read.bucket(tried), Some(read.standing));
        let reservation = match look {
            Look::May(reservation) => reservation,
            Look::Refused(wait) => return Ok(Attempt::Refused(wait)),
            Look::Busy(wait) => return Ok(Attempt::Busy(wait)),
        };
        let turn = &self.lanes.of(line.bucket).turn;
        if read.place == Place::Own {
            return Ok(self.write(tried, policy, (read, reservation), now).await);
        }
        if let Ok(_turn) = turn.try_lock() {
            return Ok(self.write(tried, policy, (read, reservation), now).await);
        }
        // What was read is old when it is this one's turn.
        drop(reservation);
        self.stand_in(line)?;
        let Ok(_turn) = timeout_at(line.until, turn.lock()).await else {
            return Ok(Attempt::Refused(COME_BACK));
        };
        let now = clock.now();
        let (read, look) = self.look(tried, policy, now).await;
        Ok(match look {
            Look::May(reservation) => self.write(tried, policy, (read, reservation), now).await,
            Look::Refused(wait) => Attempt::Refused(wait),
            Look::Busy(wait) => Attempt::Busy(wait),
        })
    }

    fn stand_in<'l>(&'l self, line: &mut Line<'l>) -> Result<(), TooManyTries> {
        if line.place.is_some() {
            return Ok(());
        }
        self.counts.waited.add(1);
        let places: &Semaphore = match line.standing {
            None | Some(Standing::Stranger) => &self.strangers,
            Some(Standing::Device | Standing::Address | Standing::Network) => &self.acquaintances,
        };
        line.place = Some(places.try_acquire().map_err(|_| self.refuse(COME_BACK))?);
        Ok(())
    }

    fn refuse(&self, retry_after: Duration) -> TooManyTries {
        self.counts.refused.add(1);
        TooManyTries { retry_after }
    }

    /// Writes that a try begins, if nothing has changed since it was judged.
    async fn write(
        &self,
        tried: &Tried,
        policy: &ThrottlePolicy,
        (read, reservation): (Read, Reservation),
        now: Timestamp,
    ) -> Attempt {
        let bucket = read.bucket(tried);
        let Read { place, mut held, noted, .. } = read;
        let changes: Vec<_> = held.iter_mut().filter_map(|held| held.begin(now)).collect();
        match self.counting.replace(place, &changes, now).await {
            Ok(Replaced::All) => {}
            // Away means that the next look goes elsewhere.
            Ok(Replaced::Nothing) | Err(Away) => return Attempt::Conflict,
        }
        for change in &changes {
            for held in &mut held {
                held.has_begun(change);
            }
        }
        let (tried, policy) = (*tried, policy.clone());
        let open = Unsettled { place, bucket, held, tried, noted, policy, _reservation: reservation };
        Attempt::Begun(Box::new(open))
    }
}

impl<'a> Try<'a> {
    /// One that is not counted.
    pub(super) const fn unlimited(throttle: &'a Throttle, clock: &'a dyn Clock) -> Self {
        Self { throttle, clock, open: None, device: None }
    }

    /// By which device it was admitted.
    pub(crate) const fn device(&self) -> Option<Device> {
        self.device
    }

    /// It is over. Returns when its answer may be given.
    pub(crate) async fn end(mut self, ending: Ending) {
        // Stays where it is until it is written: whoever hangs up now has failed.
        let Some(open) = &mut self.open else { return };
        let delay = self.throttle.settle(open, ending, self.clock.now()).await;
        if let Some(open) = self.open.take() {
            self.throttle.told_of_end(*open);
        }
        if !delay.is_zero() {
            self.throttle.counts.delayed.add(1);
            sleep(delay).await;
        }
    }
}

impl Drop for Try<'_> {
    fn drop(&mut self) {
        if let Some(open) = self.open.take() {
            self.throttle.drop_try(open, self.clock);
        }
    }
}
