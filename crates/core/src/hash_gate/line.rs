//! Whose password is hashed next, and who gives way when the line is full?
//!
//! Time to hash is shared: equally between the networks that wait, and within a network equally between the accounts.
//! Whoever is served stands back by what that cost, so a dear hash counts for more than a cheap one.
//!
//! Invariants
//! - What one network asks for beyond its share makes nobody else wait longer; the same for the accounts of a network.
//! - At most `capacity` jobs wait. When one more comes, the network that has most of them gives up the newest of its
//!   account that has most: a flood displaces only itself.
//! - Jobs of one account are served in the order in which they came.
//! - What is remembered of networks and accounts grows with those who wait, not with those who ever came.

mod turns;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::Duration;

use ipnet::IpNet;

use self::turns::Turns;

/// For whom something is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Asker {
    /// The network of the client; `None` for the operator, and where it is not known.
    pub(super) network: Option<IpNet>,
    /// What stands for the account, whether there is one or not.
    pub(super) subject: [u8; 16],
}

/// All that wait, in the order in which they came.
#[derive(Debug)]
pub(super) struct Line<T> {
    waiting: Vec<Waiting<T>>,
    capacity: usize,
    networks: Turns<Option<IpNet>>,
    /// Those of each network in which somebody waits.
    accounts: HashMap<Option<IpNet>, Turns<[u8; 16]>>,
}

#[derive(Debug)]
struct Waiting<T> {
    asker: Asker,
    /// As far as is known beforehand.
    cost: Duration,
    job: T,
}

/// What became of a job that came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Admission<T> {
    /// It waits.
    Waits,
    /// It waits in the place of another one, which is given back.
    InPlaceOf(T),
    /// It is given back: its own network or account has most of the line.
    Full(T),
}

impl<T> Line<T> {
    /// Nobody waits.
    pub(super) fn new(capacity: usize) -> Self {
        Self { waiting: Vec::new(), capacity, networks: Turns::default(), accounts: HashMap::new() }
    }

    /// How many wait.
    pub(super) const fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Takes a job in.
    pub(super) fn admit(&mut self, asker: Asker, cost: Duration, job: T) -> Admission<T> {
        if self.waiting.len() < self.capacity {
            self.push(asker, cost, job);
            return Admission::Waits;
        }
        match self.displace_for(asker) {
            Some(old) => {
                self.push(asker, cost, job);
                Admission::InPlaceOf(old)
            }
            None => Admission::Full(job),
        }
    }

    /// How much is hashed before a job of `asker` that costs so much would be done, if nobody else comes.
    pub(super) fn work_until_done(&self, asker: Asker, cost: Duration) -> Duration {
        let of_its_account = cost + self.work(|other| other == asker);
        let mut accounts: HashMap<Asker, Duration> = HashMap::new();
        let mut networks: HashMap<Option<IpNet>, Duration> = HashMap::new();
        for other in &self.waiting {
            if other.asker.network != asker.network {
                *networks.entry(other.asker.network).or_default() += other.cost;
            } else if other.asker != asker {
                *accounts.entry(other.asker).or_default() += other.cost;
            }
        }
        let of_its_network =
            of_its_account + accounts.values().map(|work| of_its_account.min(*work)).sum::<Duration>();
        of_its_network + networks.values().map(|work| of_its_network.min(*work)).sum::<Duration>()
    }

    /// The job whose turn it is, if it fits, and after it up to `most` in all that go with it.
    pub(super) fn next(
        &mut self,
        fits: impl FnOnce(&T) -> bool,
        goes_with: impl Fn(&T, &T) -> bool,
        most: usize,
    ) -> Vec<T> {
        // One that does not fit is not passed by others, or it might wait for ever.
        let mut taken: Vec<T> = self.take(|_| true, fits).into_iter().collect();
        while let Some(first) = taken.first().filter(|_| taken.len() < most) {
            let Some(job) = self.take(|job| goes_with(first, job), |_| true) else { break };
            taken.push(job);
        }
        taken
    }

    /// Takes out whatever nobody wants any more; answers how many.
    pub(super) fn retain(&mut self, is_wanted: impl Fn(&T) -> bool) -> usize {
        let left: Vec<_> = self.waiting.extract_if(.., |waiting| !is_wanted(&waiting.job)).collect();
        for Waiting { asker, .. } in &left {
            self.leave(*asker, Duration::ZERO);
        }
        left.len()
    }

    fn push(&mut self, asker: Asker, cost: Duration, job: T) {
        self.networks.enter(asker.network);
        self.accounts.entry(asker.network).or_default().enter(asker.subject);
        self.waiting.push(Waiting { asker, cost, job });
    }

    /// A job of somebody waits no more, which costs so much.
    fn leave(&mut self, asker: Asker, cost: Duration) {
        self.networks.leave(&asker.network, cost);
        if let Entry::Occupied(mut accounts) = self.accounts.entry(asker.network) {
            accounts.get_mut().leave(&asker.subject, cost);
            if accounts.get().is_empty() {
                accounts.remove();
            }
        }
    }

    /// Of those that are eligible the one whose turn it is, if it passes.
    fn take(&mut self, is_eligible: impl Fn(&T) -> bool, passes: impl FnOnce(&T) -> bool) -> Option<T> {
        let eligible = || self.waiting.iter().enumerate().filter(|(_, waiting)| is_eligible(&waiting.job));
        let (_, first) =
            eligible().min_by_key(|(place, waiting)| (self.standing(waiting.asker).0, *place))?;
        let network = first.asker.network;
        let in_it = eligible().filter(|(_, waiting)| waiting.asker.network == network);
        let (place, next) = in_it.min_by_key(|(place, waiting)| (self.standing(waiting.asker).1, *place))?;
        if !passes(&next.job) {
            return None;
        }
        let Waiting { asker, cost, job } = self.waiting.remove(place);
        self.leave(asker, cost);
        Some(job)
    }

    /// Where the network of somebody stands, and where the account within it.
    fn standing(&self, asker: Asker) -> (Duration, Duration) {
        let accounts = self.accounts.get(&asker.network);
        let of_account = accounts.map(|accounts| accounts.standing(&asker.subject));
        (self.networks.standing(&asker.network), of_account.unwrap_or_default())
    }

    /// Makes room for somebody, at the cost of whoever has most; `None` when that is the one who comes.
    fn displace_for(&mut self, asker: Asker) -> Option<T> {
        let (mut networks, mut accounts) = (HashMap::new(), HashMap::new());
        for Waiting { asker: other, .. } in &self.waiting {
            *networks.entry(other.network).or_insert(0_usize) += 1;
            *accounts.entry(*other).or_insert(0_usize) += 1;
        }
        let of_network = |network| networks.get(&network).copied().unwrap_or(0);
        let of_account = |account| accounts.get(&account).copied().unwrap_or(0);
        // Of equals the one that came last.
        let places = || self.waiting.iter().map(|waiting| waiting.asker).enumerate();
        let (_, greedy) = places().max_by_key(|(place, other)| (of_network(other.network), *place))?;
        let is_own = greedy.network == asker.network;
        if !is_own && of_network(greedy.network) <= of_network(asker.network) + 1 {
            return None;
        }
        let in_it = places().filter(|(_, other)| other.network == greedy.network);
        let (newest, account) = in_it.max_by_key(|(place, other)| (of_account(*other), *place))?;
        if is_own && of_account(account) <= of_account(asker) + 1 {
            return None;
        }
        let Waiting { asker, job, .. } = self.waiting.remove(newest);
        self.leave(asker, Duration::ZERO);
        Some(job)
    }

    /// How many networks and accounts are remembered.
    #[cfg(test)]
    fn remembered(&self) -> usize {
        self.networks.known() + self.accounts.values().map(Turns::known).sum::<usize>()
    }

    fn work(&self, is_meant: impl Fn(Asker) -> bool) -> Duration {
        self.waiting.iter().filter(|waiting| is_meant(waiting.asker)).map(|waiting| waiting.cost).sum()
    }
}

#[cfg(test)]
mod tests;
