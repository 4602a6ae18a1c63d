//! Who may hash a password now, and who is told to come back later?
//!
//! Hashing is the one expensive thing that a stranger can ask for, so it has threads of its own and a line that is
//! bounded in length, in time and in memory:
//! - at most `workers` batches run at once, and never more than the memory budget allows;
//! - the line is shared fairly between the networks and accounts that wait (`line`);
//! - whoever could not be served before the `deadline` is refused at once, and who has waited longer is refused then;
//! - a job whose caller has gone away is dropped without being hashed.
//!
//! bcrypt is bound by latency: a worker computes up to three of the same cost at once, which takes little longer than
//! one (`portcullis_crypto::password::compute`).

mod line;
pub mod metrics;
mod pace;
mod worker;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use portcullis_crypto::digest;
use portcullis_crypto::password::{
    BcryptKernel, Computation, ComputationKind, Computed, PasswordError, Scheme, StoredHash,
};
use portcullis_crypto::secret::Password;
use tokio::sync::oneshot;

use self::line::Admission;
pub use self::line::Asker;
pub use self::metrics::HashGateMetrics;
use self::worker::{Job, Shop, State};
use crate::model::Client;

/// How much hashing is allowed.
#[derive(Debug, Clone, Copy)]
pub struct HashGateLimits {
    /// Threads that hash.
    pub workers: NonZeroUsize,
    /// Jobs that may wait.
    pub capacity: usize,
    /// How long a caller waits before it is told to come back.
    pub deadline: Duration,
    /// The most memory in KiB that hashes need at once. A hash that needs more by itself is computed alone.
    pub memory_kib: u32,
    /// What computes bcrypt.
    pub kernel: BcryptKernel,
    /// What a worker does first, on its own thread: such as standing back behind the threads that answer requests.
    pub prepare_worker: fn(),
}

impl Default for HashGateLimits {
    /// One worker, 256 jobs, five seconds, 256 MiB, interleaved bcrypt, threads as they are.
    fn default() -> Self {
        Self {
            workers: NonZeroUsize::MIN,
            capacity: 256,
            deadline: Duration::from_secs(5),
            memory_kib: 256 * 1024,
            kernel: BcryptKernel::Interleaved,
            prepare_worker: || {},
        }
    }
}

impl Asker {
    /// Somebody at a client who names an account, whether there is one or not.
    pub fn new(client: &Client, account: &[u8]) -> Self {
        let mut subject = [0; 16];
        let digest = digest::sha256("portcullis/asker/v1", &[account]);
        subject.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Self { network: client.network(), subject }
    }

    /// What stands for the account.
    pub(crate) const fn subject(&self) -> &[u8; 16] {
        &self.subject
    }

    /// Nobody from outside.
    pub const fn operator() -> Self {
        Self { network: None, subject: [0; 16] }
    }
}

/// The gate. Dropping it lets the workers finish what they are at and ends them.
#[derive(Debug)]
pub struct HashGate {
    shop: Arc<Shop>,
    limits: HashGateLimits,
}

impl HashGate {
    /// Starts the workers.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(limits: HashGateLimits) -> std::io::Result<Self> {
        let shop = Arc::new(Shop::new(&limits));
        for number in 1..=limits.workers.get() {
            let shop = Arc::clone(&shop);
            #[expect(
                clippy::disallowed_methods,
                reason = "the gate owns its threads; they end when it is dropped"
            )]
            std::thread::Builder::new().name(format!("hash-{number}")).spawn(move || {
                (limits.prepare_worker)();
                shop.work();
            })?;
        }
        Ok(Self { shop, limits })
    }

    /// Whether the password belongs to the hash.
    pub async fn verify(
        &self,
        hash: &StoredHash,
        password: &Password,
        asker: Asker,
    ) -> Result<bool, HashError> {
        match self.compute(Computation::verification(hash, password), asker).await? {
            Computed::Verified(fits) => Ok(fits),
            Computed::Hashed(_) => Err(HashError::Failed),
        }
    }

    /// A new hash of the password.
    pub async fn hash(
        &self,
        scheme: Scheme,
        password: &Password,
        salt: [u8; 16],
        asker: Asker,
    ) -> Result<StoredHash, HashError> {
        let computation = Computation::hashing(scheme, password, salt).map_err(HashError::Password)?;
        match self.compute(computation, asker).await? {
            Computed::Hashed(hash) => Ok(hash),
            Computed::Verified(_) => Err(HashError::Failed),
        }
    }

    /// What the gate has done so far.
    pub fn metrics(&self) -> HashGateMetrics {
        let counters = &self.shop.counters;
        let state = self.shop.state();
        HashGateMetrics {
            waiting: state.line.len(),
            memory_kib: state.memory_kib,
            verified: counters.verified.get(),
            hashed: counters.hashed.get(),
            refused: counters.refused.get(),
            displaced: counters.displaced.get(),
            abandoned: counters.abandoned.get(),
            interleaved: counters.interleaved.get(),
            kinds: state.pace.counts(),
            waited: counters.waited.times(),
            worked: counters.worked.times(),
        }
    }

    async fn compute(&self, computation: Computation, asker: Asker) -> Result<Computed, HashError> {
        let (reply, answer) = oneshot::channel();
        self.admit(Job::new(computation, reply), asker)?;
        match tokio::time::timeout(self.limits.deadline, answer).await {
            Ok(Ok(answer)) => answer,
            // Dropping the receiver is what tells the worker that nobody waits any more.
            Err(_too_late) => Err(self.refusal(self.limits.deadline)),
            Ok(Err(_worker_died)) => Err(HashError::Failed),
        }
    }

    fn admit(&self, job: Job, asker: Asker) -> Result<(), HashError> {
        let mut state = self.shop.state();
        let mut wait = self.foretell(&state, asker, job.kind());
        if wait > self.limits.deadline || state.line.len() >= self.limits.capacity {
            // Those who gave up stand in the line until somebody looks.
            self.shop.drop_abandoned(&mut state);
            wait = self.foretell(&state, asker, job.kind());
        }
        if wait > self.limits.deadline {
            return Err(self.refusal(wait));
        }
        let cost = state.pace.of(job.kind());
        match state.line.admit(asker, cost, job) {
            Admission::Waits => {}
            Admission::InPlaceOf(other) => {
                self.shop.counters.displaced.add(1);
                other.refuse(self.refusal(self.limits.deadline));
            }
            Admission::Full(_) => return Err(self.refusal(self.limits.deadline)),
        }
        drop(state);
        self.shop.wake_one();
        Ok(())
    }

    /// How long a job of somebody would wait from now on.
    fn foretell(&self, state: &State, asker: Asker, kind: ComputationKind) -> Duration {
        let cost = state.pace.of(kind);
        let work = state.line.work_until_done(asker, cost).saturating_sub(cost);
        work / u32::try_from(self.limits.workers.get()).unwrap_or(u32::MAX)
    }

    fn refusal(&self, retry_after: Duration) -> HashError {
        self.shop.counters.refused.add(1);
        HashError::Overloaded { retry_after: retry_after.max(Duration::from_secs(1)) }
    }
}

impl Drop for HashGate {
    fn drop(&mut self) {
        self.shop.close();
    }
}

/// Why nothing was hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Too many wait already.
    #[error("too many passwords are being checked")]
    Overloaded {
        /// When to try again.
        retry_after: Duration,
    },
    /// This scheme does not take this password.
    #[error("the password does not fit the hash")]
    Password(PasswordError),
    /// A worker broke down.
    #[error("a hashing worker broke down")]
    Failed,
}

#[cfg(test)]
mod tests;
