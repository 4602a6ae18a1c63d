//! With what is a password compared when there is nobody whose it could be?
//!
//! With a hash that no password belongs to, of a kind that stored hashes have: it costs what theirs cost. Where stored
//! hashes are of several kinds, each name that belongs to nobody has one of them, as often as accounts have it.
//!
//! SECURITY: whoever measures an answer learns the kind of a hash, and every kind is also that of many names that
//! nobody has. A name keeps its kind over restarts, at every node, and while others come and go (rendezvous hashing);
//! a kind that changed from one request to the next would tell that nobody is there.
//!
//! SECURITY: a kind that only accounts have would tell who has one. So the kind that new hashes have is there from the
//! start, before the first account has it, and when others are made or seen, or many, what is stored is counted anew.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};

use portcullis_crypto::digest;
use portcullis_crypto::password::{ComputationKind, StoredHash};
use portcullis_crypto::seal::MasterKey;
use secrecy::{ExposeSecret, SecretString};

/// The part of all names that have the kind which new hashes have, beside those that stand for accounts.
const EXPECTED_SHARE: u64 = 100;
/// What is stored is counted anew when it may be another in one part of so many.
const CHANGED_SHARE: u64 = 50;

/// The kinds of the hashes that are stored, with how many there are of each.
#[derive(Debug, Default)]
pub(crate) struct Census(HashMap<ComputationKind, (StoredHash, u64)>);

impl Census {
    /// Counts a stored hash. `random` is for what stands for its kind.
    pub(crate) fn count(&mut self, hash: &StoredHash, random: impl FnOnce() -> [u8; 192]) {
        let make = || (hash.decoy(&random()), 0);
        self.0.entry(hash.kind()).or_insert_with(make).1 += 1;
    }

    /// When all are counted: a hash of the kind that new ones will have, which nobody has the password of.
    pub(crate) fn expect(&mut self, hash: &StoredHash) {
        let share = (self.counted() / EXPECTED_SHARE).max(1);
        self.0.entry(hash.kind()).or_insert_with(|| (hash.clone(), 0)).1 += share;
    }

    fn counted(&self) -> u64 {
        self.0.values().map(|(_, count)| count).sum()
    }
}

/// The hashes that nobody has the password of.
pub(crate) struct Decoys {
    /// The same at all nodes.
    secret: SecretString,
    /// None before the first census, and where nobody has a password.
    kinds: RwLock<Arc<[Decoy]>>,
    /// How many hashes were counted.
    counted: AtomicU64,
    /// How many were made since.
    made: AtomicU64,
    /// Whether there was one since of a kind that nobody else has.
    saw_another_kind: AtomicBool,
}

#[derive(Debug)]
struct Decoy {
    hash: StoredHash,
    /// How many accounts have one like this.
    weight: f64,
}

impl Decoys {
    /// Before the first census.
    pub(crate) fn new(master_key: &MasterKey) -> Self {
        Self {
            secret: master_key.derive_secret("portcullis/decoys/v1"),
            kinds: RwLock::default(),
            counted: AtomicU64::new(0),
            made: AtomicU64::new(0),
            saw_another_kind: AtomicBool::new(false),
        }
    }

    /// What is stored is counted from now on.
    pub(crate) fn begin_census(&self) -> Census {
        self.made.store(0, Relaxed);
        self.saw_another_kind.store(false, Relaxed);
        Census::default()
    }

    /// What is stored has been counted.
    pub(crate) fn take_in(&self, census: Census) {
        #[expect(clippy::cast_precision_loss, reason = "a share of all; nobody notices the 53rd bit")]
        let decoy = |(hash, count): (StoredHash, u64)| Decoy { hash, weight: count as f64 };
        self.counted.store(census.counted(), Relaxed);
        let kinds = census.0.into_values().map(decoy).collect();
        *self.kinds.write().unwrap_or_else(PoisonError::into_inner) = kinds;
    }

    /// Somebody will have this hash.
    pub(crate) fn made(&self, hash: &StoredHash) {
        self.made.fetch_add(1, Relaxed);
        self.saw(hash);
    }

    /// Somebody has this hash, or nobody.
    pub(crate) fn saw(&self, hash: &StoredHash) {
        let kind = hash.kind();
        if !self.kinds().iter().any(|decoy| decoy.hash.kind() == kind) {
            self.saw_another_kind.store(true, Relaxed);
        }
    }

    /// Whether what is stored may be quite another by now.
    pub(crate) fn is_census_due(&self) -> bool {
        let made = self.made.load(Relaxed);
        let are_many = made > 0 && made.saturating_mul(CHANGED_SHARE) >= self.counted.load(Relaxed);
        are_many || self.saw_another_kind.load(Relaxed)
    }

    /// The one for a name; `None` before the first census, and where nobody has a password.
    pub(crate) fn pick(&self, subject: &[u8; 16]) -> Option<StoredHash> {
        let kinds = self.kinds();
        let best =
            kinds.iter().max_by(|one, other| self.score(one, subject).total_cmp(&self.score(other, subject)));
        best.map(|decoy| decoy.hash.clone())
    }

    fn kinds(&self) -> Arc<[Decoy]> {
        Arc::clone(&self.kinds.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Weighted rendezvous hashing: the highest of `weight / -ln(u)` falls on a kind in proportion to its weight, and
    /// moves only from and to kinds whose weight changes.
    fn score(&self, decoy: &Decoy, subject: &[u8; 16]) -> f64 {
        let kind = format!("{:?}", decoy.hash.kind());
        let parts: [&[u8]; 3] = [self.secret.expose_secret().as_bytes(), kind.as_bytes(), subject];
        let digest = digest::sha256("portcullis/decoy/v1", &parts);
        let bits = digest.iter().take(4).fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let uniform = (f64::from(bits) + 0.5) / (f64::from(u32::MAX) + 1.0);
        decoy.weight / -uniform.ln()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const CHEAP: &str = "$2b$04$CCCCCCCCCCCCCCCCCCCCC.f/Fm9DOYGp2ai9rjxvG4QHlhtDCuDuu";

    fn bcrypt(cost: u32) -> StoredHash {
        StoredHash::parse(&CHEAP.replace("$04$", &format!("${cost:02}$"))).unwrap()
    }

    fn census(decoys: &Decoys, counts: &[(u32, usize)]) -> Census {
        let mut census = decoys.begin_census();
        for (cost, count) in counts {
            for _ in 0..*count {
                census.count(&bcrypt(*cost), || [1; 192]);
            }
        }
        census
    }

    fn decoys(counts: &[(u32, usize)]) -> Decoys {
        let decoys = Decoys::new(&MasterKey::from_bytes([9; 32]));
        decoys.take_in(census(&decoys, counts));
        decoys
    }

    fn kinds(decoys: &Decoys) -> Vec<ComputationKind> {
        (0..4000_u32).map(|name| decoys.pick(&subject(name)).unwrap().kind()).collect()
    }

    fn subject(name: u32) -> [u8; 16] {
        u128::from(name).to_be_bytes()
    }

    #[test]
    fn without_stored_hashes_there_is_nothing_to_look_like() {
        assert!(decoys(&[]).pick(&subject(1)).is_none());
    }

    #[test]
    fn names_have_the_kinds_of_accounts_as_often_as_accounts() {
        let all = kinds(&decoys(&[(10, 750), (12, 250)]));
        let dear = all.iter().filter(|kind| **kind == bcrypt(12).kind()).count();
        assert!((900..=1100).contains(&dear), "{dear} of 4000");
        assert!(all.iter().all(|kind| [bcrypt(10).kind(), bcrypt(12).kind()].contains(kind)));
    }

    #[test]
    fn a_name_keeps_its_kind_over_restarts_and_while_accounts_come() {
        let before = kinds(&decoys(&[(10, 750), (12, 250)]));
        assert_eq!(kinds(&decoys(&[(10, 750), (12, 250)])), before);
        let after = kinds(&decoys(&[(10, 780), (12, 250), (11, 10)]));
        let moved = before.iter().zip(&after).filter(|(before, after)| before != after).count();
        assert!(moved < 120, "{moved} of 4000 moved");
    }

    #[test]
    fn before_the_first_account_has_a_hash_of_the_new_kind_a_few_names_have_it() {
        let decoys = decoys(&[]);
        for (counts, expected) in
            [(&[(10, 1000)][..], 20..=65), (&[(10, 980), (12, 20)], 85..=160), (&[], 4000..=4000)]
        {
            let mut census = census(&decoys, counts);
            census.expect(&bcrypt(12));
            decoys.take_in(census);
            let new = kinds(&decoys).iter().filter(|kind| **kind == bcrypt(12).kind()).count();
            assert!(expected.contains(&new), "{new} of 4000, after {counts:?}");
        }
    }

    #[test]
    fn what_is_stored_is_counted_anew_after_a_hash_of_another_kind_or_many() {
        let decoys = decoys(&[(10, 100)]);
        assert!(!decoys.is_census_due());
        decoys.saw(&bcrypt(10));
        decoys.made(&bcrypt(10));
        assert!(!decoys.is_census_due());
        decoys.saw(&bcrypt(11));
        assert!(decoys.is_census_due());
        decoys.take_in(census(&decoys, &[(10, 100), (11, 1)]));
        assert!(!decoys.is_census_due());
        for _ in 0..3 {
            assert!(!decoys.is_census_due());
            decoys.made(&bcrypt(11));
        }
        assert!(decoys.is_census_due());
    }

    #[test]
    fn a_decoy_is_a_hash_that_no_password_fits() {
        let decoy = decoys(&[(4, 1)]).pick(&subject(1)).unwrap();
        let mut scratch = portcullis_crypto::password::Scratch::new();
        assert!(!decoy.verify(&portcullis_crypto::secret::Password::from("a".to_owned()), &mut scratch));
        assert_eq!(decoy.kind(), bcrypt(4).kind());
    }
}
